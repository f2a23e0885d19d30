"""Thread pools inside libraries (BLAS, OpenMP, ...): each worker gets its share of the cores.

Worker processes are told by variables, before anything reads them. Threads share one process, whose
libraries are loaded already: there the limit is set at run time, where each library asks for it.
OpenMP keeps it per thread, so every worker thread sets its own. OpenBLAS and MKL keep one for the
process: it is lowered while tasks run on threads and put back when the last has ended.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any

__all__ = [
    "VARIABLES",
    "Guest",
    "ProcessLimit",
    "allow",
    "allowed",
    "environment",
    "limit_all",
    "limit_here",
    "restore",
]

VARIABLES = (
    "ABREAST_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)
"""What libraries read when they are loaded."""

_LOADED_FIRST = ("numpy", "scipy", "sklearn", "torch", "mkl", "numexpr")
"""Without any of these in memory there is no native pool to limit."""


def environment(threads: int) -> list[tuple[str, str]]:
    """Variables for a worker that may use so many threads; a lower limit of the user's stays."""
    return [(name, str(min(threads, _number(name) or threads))) for name in VARIABLES]


def _number(name: str) -> int | None:
    text = os.environ.get(name, "")
    return int(text) if text.isdigit() and int(text) > 0 else None


allowed: ContextVar[int | None] = ContextVar("abreast threads", default=None)
"""Threads that a computation may use in this context; None: as the process says."""

Before = list[tuple[Any, int]]
"""Libraries, and the threads that they used before."""

_here = threading.local()


def limit_here(threads: int) -> None:
    """Let native pools use at most `threads` when called from this thread.

    Looks again when modules were imported since the last time; otherwise costs a comparison.
    """
    loaded = len(sys.modules)
    if getattr(_here, "seen", None) == (loaded, threads):
        return
    _here.seen = (loaded, threads)
    if _anything_loaded():
        for library in _libraries(per_thread=True):
            library.set_num_threads(threads)


def _anything_loaded() -> bool:
    return any(name in sys.modules for name in _LOADED_FIRST)


def _libraries(per_thread: bool) -> list[Any]:
    """Return the native pools of this process whose limit is of that kind.

    Looking for them takes a fraction of a millisecond, so only when modules were imported.
    """
    global _known
    loaded = len(sys.modules)
    if _known is None or _known[0] != loaded:
        import threadpoolctl

        _known = (loaded, threadpoolctl.ThreadpoolController().lib_controllers)
    return [each for each in _known[1] if _is_per_thread(each) == per_thread]


def _is_per_thread(library: Any) -> bool:
    return "openmp" in (library.user_api, getattr(library, "threading_layer", None))


_known: tuple[int, list[Any]] | None = None


def _set(library: Any, threads: int) -> None:
    """Set a limit of the whole process from this thread, and leave it free for others to set.

    threadpoolctl lets one thread control OpenBLAS and ignores all others, which would keep the
    last task's thread from putting back what the first caller's changed.
    """
    free = getattr(library, "clear_controlling_thread", None)
    if free is not None:
        free(force=True)
    library.set_num_threads(threads)
    if free is not None:
        free(force=True)


def limit_all(threads: int) -> Before:
    """Let native pools use so many threads: those of this thread, and those of the process."""
    before: Before = []
    if _anything_loaded():
        _here.seen = None
        for library in [*_libraries(per_thread=True), *_libraries(per_thread=False)]:
            found = library.get_num_threads()
            if found is not None and found != threads:
                before.append((library, found))
                _set(library, threads)
    return before


def restore(before: Before) -> None:
    """Put back what `limit_all` found."""
    for library, threads in before:
        _set(library, threads)


class ProcessLimit:
    """The limit of pools that know only one for the whole process, while somebody needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: list[tuple[Any, int]] = []

    def enter(self, threads: int) -> None:
        """Lower the limit; the first user's number counts."""
        with self._lock:
            self._users += 1
            if self._users > 1 or not _anything_loaded():
                return
            for library in _libraries(per_thread=False):
                before = library.get_num_threads()
                if before is not None and before > threads:
                    self._before.append((library, before))
                    _set(library, threads)

    def leave(self) -> None:
        """Put it back with the last user."""
        with self._lock:
            self._users -= 1
            if self._users > 0:
                return
            before, self._before = self._before, []
            for library, threads in before:
                _set(library, threads)


def allow(context: Context, threads: int) -> None:
    """Let computations in a context use at most so many threads."""
    before = context.get(allowed)
    context.run(allowed.set, threads if before is None else min(before, threads))


class Guest:
    """A function as it runs on a worker thread: in a context of its own, within its limits.

    Each call gets a copy of the context in which the job was made, so what it sees there (decimal
    precision, `numpy.errstate`) is what the caller set, and what it sets (a plan) is seen by no
    other task.
    """

    __slots__ = ("__wrapped__", "context", "threads")

    def __init__(self, function: Callable[..., Any], context: Context, threads: int) -> None:
        self.__wrapped__ = function
        self.context = context
        self.threads = threads

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if "numpy" in sys.modules:
            limit_here(self.threads)
        return self.context.copy().run(self.__wrapped__, *args, **kwargs)
