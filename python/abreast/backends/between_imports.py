"""A fork at a moment when no thread imports: what it imports would be locked in the child for ever.

An executor may fork when it gets work. The fork itself has to wait, for between a look at the locks
of modules and the fork another thread may begin to import.
"""

from __future__ import annotations

import _imp
import importlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["forking_between_imports"]

PATIENCE = 2.0
"""Seconds after which it forks all the same: some imports wait for what comes after."""
_ALONE = 10.0
"""Seconds for which no other thread gets a turn of its own; the fork comes long before."""

_here = threading.local()
_is_registered = False


@contextmanager
def forking_between_imports() -> Iterator[None]:
    """Have this thread fork, if it does, only while no other one imports."""
    global _is_registered
    if not _is_registered:
        _is_registered = True
        os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
    _here.waits = True
    try:
        yield
    finally:
        _here.waits = False


def _before() -> None:
    if not getattr(_here, "waits", False):
        return
    interval = sys.getswitchinterval()
    deadline = time.monotonic() + PATIENCE
    while True:
        time.sleep(0.0)  # who asked for a turn earlier has it
        # From here to the fork no other thread runs, unless this one lets it.
        sys.setswitchinterval(_ALONE)
        _here.interval = interval
        if not _importing() or time.monotonic() > deadline:
            return
        _after()
        time.sleep(0.001)


def _after() -> None:
    interval, _here.interval = getattr(_here, "interval", None), None
    if interval is not None:
        sys.setswitchinterval(interval)


def _importing() -> bool:
    """Whether another thread holds the lock of a module, or is about to."""
    if _imp.lock_held():
        return True
    locks: dict[Any, Any] = getattr(importlib._bootstrap, "_module_locks", {})
    own = threading.get_ident()
    held = [lock() for lock in list(locks.values())]
    return any(getattr(lock, "owner", None) not in (None, own) for lock in held)
