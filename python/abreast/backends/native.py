"""Thread pools inside libraries (BLAS, OpenMP, ...): each worker gets its share of the cores.

Worker processes are told by variables, before anything reads them. Threads share one process, whose
libraries are loaded already: there the limit is set at run time, where each library asks for it.
OpenMP keeps it per thread, so every worker thread sets its own; OpenBLAS and MKL keep one for the
process, which stays as it is while the threads of a plan are alive.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["VARIABLES", "Capped", "environment", "limit_here"]

VARIABLES = (
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


_here = threading.local()


def limit_here(threads: int) -> None:
    """Let native pools use at most `threads` when called from this thread.

    Looks again when modules were imported since the last time; otherwise costs a comparison.
    """
    loaded = len(sys.modules)
    if getattr(_here, "seen", None) == (loaded, threads):
        return
    _here.seen = (loaded, threads)
    if any(name in sys.modules for name in _LOADED_FIRST):
        import threadpoolctl

        # Kept: the limits hold as long as nobody restores them.
        _here.limits = threadpoolctl.threadpool_limits(limits=threads)


class Capped:
    """A function that sees to the limits of the thread it runs on."""

    __slots__ = ("__wrapped__", "threads")

    def __init__(self, function: Callable[..., Any], threads: int) -> None:
        self.__wrapped__ = function
        self.threads = threads

    @classmethod
    def wrap(cls, function: Callable[..., Any] | None, threads: int) -> Any:
        """Wrap `function` if there is anything to limit."""
        if function is None or not any(name in sys.modules for name in _LOADED_FIRST):
            return function
        return cls(function, threads)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        limit_here(self.threads)
        return self.__wrapped__(*args, **kwargs)
