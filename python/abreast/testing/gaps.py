"""Known gaps: what a backend does not do yet, and why, as data.

A case listed here is expected to fail and counts as skipped; when it passes after all, that is a
failure, so the list cannot grow stale.
"""

from __future__ import annotations

__all__ = ["GAPS"]

_UNTOLD = "Dask does not tell with which signal or status a worker ended"
_BESIDE = "Dask runs tasks on a thread beside the main one, which alone may set signal handlers"
_LATE = "abort() ends a process by way of its main thread; a task beside it may end before"

GAPS: dict[tuple[str, str], str] = {
    ("dask", "graphs.lost"): _UNTOLD,
    ("dask", "crash.exit_status"): _UNTOLD,
    ("dask", "crash.killed"): _UNTOLD,
    ("dask", "crash.faulted"): _BESIDE,
    ("dask", "crash.aborted"): _LATE + "; and " + _UNTOLD,
    ("dask", "crash.others_keep_their_results"): _UNTOLD,
    ("dask", "crash.futures"): _UNTOLD,
    ("dask", "crash.streams"): _UNTOLD,
}
"""(name of the backend, id of the case) -> reason."""
