"""The shared memory of this process: one, whatever its plans."""

from __future__ import annotations

import os
import threading

from abreast import _abreast
from abreast.config import get, watch

__all__ = ["close", "shared", "tally"]

_lock = threading.Lock()
_memory: _abreast.Memory | None = None
_forgotten: list[_abreast.Memory] = []


def shared() -> _abreast.Memory:
    """Return it; made when first asked for."""
    global _memory
    found = _memory
    if found is not None:
        return found
    with _lock:
        if _memory is None:
            settings = get()
            _memory = _abreast.Memory(settings.memory, settings.keep, settings.spill)
            watch(_memory.bound)
        return _memory


def tally() -> dict[str, int] | None:
    """Return what happened to it so far, in bytes; None when nothing was ever shared."""
    found = _memory
    return None if found is None else found.tally()


def close() -> None:
    """Leave it if nobody has anything there; else give back what is kept for reuse."""
    global _memory
    with _lock:
        if _memory is not None:
            _memory.trim()
            if _memory.is_idle():
                _memory = None
                watch(None)


def _disarm() -> None:
    """In a forked child: all of it is the parent's."""
    global _memory, _lock
    _lock = threading.Lock()
    if _memory is not None:
        _memory.disarm()
        # Kept alive for ever: arrays of the parent's may still show it.
        _forgotten.append(_memory)
        _memory = None


os.register_at_fork(after_in_child=_disarm)
