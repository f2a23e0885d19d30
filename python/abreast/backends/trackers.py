"""Processes that pools of loky start beside their workers, which stay as long as the interpreter.

There is one of each kind for all pools, also for those that others make. It ends when nobody holds
its pipe, and each worker of each pool does; what is registered with it is removed then. So it is
told to end with the last pool, if nobody else is seen to use it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

__all__ = ["end_with"]

LOKYS, CPYTHONS = "loky.backend.resource_tracker", "multiprocessing.resource_tracker"
GRACE = 3.0
"""Seconds for one to end. It cannot while somebody unseen holds its pipe."""

_lock = threading.Lock()
_pools: set[int] = set()
_others: set[str] = set()
"""Those that ran before the first pool."""


def end_with(make: Callable[[], Executor]) -> Executor:
    """Make an executor with which the trackers end, if it is the last one that uses them."""
    with _lock:
        if not _pools:
            _others.clear()
            _others.update(name for name in (LOKYS, CPYTHONS) if _running(name) is not None)
        executor = make()
        _pools.add(id(executor))
    shutdown = executor.shutdown

    def stop(*args: Any, **kwargs: Any) -> None:
        shutdown(*args, **kwargs)
        with _lock:
            last = _pools == {id(executor)}
            _pools.discard(id(executor))
            if last:
                _end_all()

    executor.shutdown = stop  # type: ignore[method-assign]
    return executor


def _running(name: str) -> Any:
    tracker = getattr(sys.modules.get(name), "_resource_tracker", None)
    return None if getattr(tracker, "_fd", None) is None else tracker


def _end_all() -> None:
    """End the trackers; they start again by themselves."""
    pools = getattr(sys.modules.get("loky.process_executor"), "_threads_wakeups", {})
    if any(thread.is_alive() for thread in list(pools)):
        return
    ending = []
    for name in (LOKYS, CPYTHONS):
        tracker = _running(name)
        if tracker is None or name in _others or (name == CPYTHONS and _shares_memory()):
            continue
        with tracker._lock, contextlib.suppress(OSError):
            ending.append(tracker._pid)
            os.close(tracker._fd)
            tracker._fd = tracker._pid = None
    # Its own `_stop` may wait for ever. One may hold the pipe of the other, so all are told first.
    deadline = time.monotonic() + GRACE
    for pid in ending:
        with contextlib.suppress(OSError):
            while os.waitpid(pid, os.WNOHANG)[0] == 0 and time.monotonic() < deadline:
                time.sleep(0.01)


def _shares_memory() -> bool:
    """Whether there is an object of CPython's that shares memory: its name would be removed."""
    module = sys.modules.get("multiprocessing.shared_memory")
    if module is None:
        return False
    return any(issubclass(type(it), module.SharedMemory) for it in gc.get_objects())
