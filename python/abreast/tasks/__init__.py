"""Call functions many times: `map`, `imap`, `submit`, `delayed`, and what goes with them."""

from __future__ import annotations

from abreast.tasks.compute import compute, persist
from abreast.tasks.delayed import Delayed, delayed
from abreast.tasks.future import Future
from abreast.tasks.gather import as_completed, gather, wait
from abreast.tasks.imap import imap
from abreast.tasks.map import map
from abreast.tasks.options import Options, options
from abreast.tasks.submit import submit
from abreast.tasks.visualize import visualize

__all__ = [
    "Delayed",
    "Future",
    "Options",
    "as_completed",
    "compute",
    "delayed",
    "gather",
    "imap",
    "map",
    "options",
    "persist",
    "submit",
    "visualize",
    "wait",
]
