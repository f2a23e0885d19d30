"""The conformance suite: every plan gives what the serial plan gives.

``python -m abreast.testing --plan processes:4`` runs it; `run` does so from Python. It is shipped
with the library because it is how anybody proves a backend of their own:
`abreast/backends/CONTRACT.md` says what one has to do.
"""

from __future__ import annotations

from abreast.testing.report import Report, Result
from abreast.testing.supervise import run

__all__ = ["Report", "Result", "run"]
