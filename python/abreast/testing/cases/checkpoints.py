"""What is stored is not run again."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import abreast as ab
from abreast.testing.case import case
from abreast.testing.tools import scratch


def note(folder: str, x: int) -> Any:
    """Note that task `x` ran, and answer something of each kind."""
    file = os.open(Path(folder, "ran"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{x}\n".encode())
    os.close(file)
    return [x, (x, str(x)), {x: {x}}, np.full(x * 1000, float(x))]


def drawn(folder: str, x: int, rng: Any) -> Any:
    """As `note`, with a number of the task's own stream."""
    return note(folder, x)[0], rng.normal()


def fail_once(folder: str, x: int) -> int:
    """Fail for 3, until a file is there."""
    if x == 3 and not Path(folder, "mended").exists():
        raise LookupError(x)
    return int(note(folder, x)[0])


def ran(folder: str) -> list[int]:
    """Return which tasks ran since this was asked last."""
    path = Path(folder, "ran")
    found = sorted(map(int, path.read_text().split())) if path.exists() else []
    path.unlink(missing_ok=True)
    return found


@case("checkpoint")
def the_same_call_again() -> Any:
    """The second time nothing runs, and the answer is the same, from a list and from a stream."""
    with scratch() as folder:
        path, function = Path(folder, "checkpoint"), partial(note, folder)
        first = ab.map(function, range(30), checkpoint=path)
        before = ran(folder)
        again = ab.map(function, iter(range(30)), checkpoint=path)
        stream = list(ab.imap(function, range(30), checkpoint=path, window=3))
        return first, before, again, stream, ran(folder)


@case("checkpoint", "seeds")
def more_items_with_a_seed() -> Any:
    """New items behind the old ones run alone, with the streams that they always have."""
    with scratch() as folder:
        path, function = Path(folder, "checkpoint"), partial(drawn, folder)
        part = ab.map(function, range(10), seed=5, checkpoint=path)
        before = ran(folder)
        whole = ab.map(function, range(25), seed=5, checkpoint=path)
        return part, before, whole, ran(folder), ab.map(function, range(25), seed=5) == whole


@case("checkpoint", "errors")
def what_failed_runs_again() -> Any:
    """Errors are not stored; everything else is."""
    with scratch() as folder:
        path, function = Path(folder, "checkpoint"), partial(fail_once, folder)
        first = ab.map(function, range(6), checkpoint=path, on_error="return")
        before = ran(folder)
        Path(folder, "mended").touch()
        again = ab.map(function, range(6), checkpoint=path)
        return [str(each) for each in first], before, again, ran(folder)
