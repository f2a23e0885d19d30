"""What an executor wants of each worker: a call before its first task, an end after some."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from abreast.interop.executor_future import InitializerFailed
from abreast.pickling import dumps, loads
from abreast.tasks.prepare import name_of

__all__ = ["Initialized", "Limited", "is_lock_of_tqdm"]


class Limited:
    """Calls a function, and has the worker replaced when it has done so `most` times.

    Examples
    --------
    >>> Limited("one of its own", 2)(pow, 2, 3)
    8
    """

    def __init__(self, key: str, most: int, then: Callable[..., Any] | None = None) -> None:
        self.key = key
        self.most = most
        self.then = then
        """Called with the function and its arguments, if there is something to do before."""

    def __call__(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        _counts[self.key] = _counts.get(self.key, 0) + 1
        if _counts[self.key] >= self.most:
            from abreast.backends.worker import leave

            leave()
        if self.then is not None:
            return self.then(function, *args, **kwargs)
        return function(*args, **kwargs)


_counts: dict[str, int] = {}
"""Calls for executors in this process."""


class _Here(threading.local):
    """Which executors have been here: in this thread, which in a worker process is the only one."""

    def __init__(self) -> None:
        self.done: dict[str, InitializerFailed | None] = {}


_here = _Here()


class Initialized:
    """Calls a function after the initializer, which it calls if nobody did so here.

    Examples
    --------
    >>> seen = []
    >>> call = Initialized("one of its own", seen.append, (1,), isolated=False)
    >>> call(abs, -2), call(abs, -3), seen
    (2, 3, [1])
    """

    def __init__(
        self,
        key: str,
        initializer: Callable[..., object],
        initargs: tuple[Any, ...],
        *,
        isolated: bool,
    ) -> None:
        self.key = key
        # Pickled once, not with each task; read once in each worker.
        self.what: Any = (initializer, initargs)
        self.data = dumps(self.what) if isolated else b""

    def __getstate__(self) -> tuple[str, bytes]:
        return self.key, self.data

    def __setstate__(self, state: tuple[str, bytes]) -> None:
        self.key, self.data = state
        self.what = None

    def __call__(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call `function`, if the initializer did well."""
        done = _here.done
        if self.key not in done:
            done[self.key] = self.initialize()
        failure = done[self.key]
        if failure is not None:
            raise InitializerFailed(*failure.args)
        return function(*args, **kwargs)

    def initialize(self) -> InitializerFailed | None:
        """Call the initializer; what it raises is logged here, as executors do."""
        initializer, initargs = self.what or loads(self.data)
        try:
            initializer(*initargs)
        except BaseException as error:
            import logging

            logging.getLogger("concurrent.futures").critical(
                "Exception in initializer:", exc_info=True
            )
            return InitializerFailed(
                f"the initializer {name_of(initializer)} raised "
                f"{type(error).__name__}: {error}; no task of this executor can run\n"
                "hint: its traceback went to the logger 'concurrent.futures'"
            )
        return None


def is_lock_of_tqdm(initializer: Any) -> bool:
    """Whether all that the initializer does is to hand a worker the lock of tqdm's bars.

    It is for processes that write to one terminal, and does not pickle. What our workers write
    goes through the caller.
    """
    tqdm = sys.modules.get("tqdm")
    bar = getattr(tqdm, "tqdm", None)
    own = getattr(getattr(bar, "set_lock", None), "__func__", None)
    return own is not None and getattr(initializer, "__func__", None) is own
