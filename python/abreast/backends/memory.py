"""The shared memory of this process: one, whatever its plans."""

from __future__ import annotations

import os
import threading

from abreast import _abreast
from abreast.config import get, watch

__all__ = ["close", "shared", "tally"]

_COUNTED = ("fresh", "reused", "spilled", "passed", "returned", "peak")

_lock = threading.Lock()
_memory: _abreast.Memory | None = None
_loose: _abreast.LooseMemory | None = None
"""After `close`: it ends when the last array that somebody holds is gone, or serves again."""
_sums: dict[str, int] = {}
"""What happened to memory that is gone."""
_last: dict[str, int] = {}
"""What had happened at the last `close`."""
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
            _memory = _left()
            if _memory is None:
                _count_gone()
                _memory = _abreast.Memory(settings.memory, settings.keep, settings.spill)
            else:
                _memory.bound(settings.memory, settings.keep)
            watch(_memory.bound)
        return _memory


def _left() -> _abreast.Memory | None:
    """Return what was closed, if somebody still has something there."""
    return None if _loose is None else _loose.get()


def _count_gone() -> None:
    for name, count in _last.items():
        before = _sums.get(name, 0)
        _sums[name] = max(before, count) if name == "peak" else before + count
    _last.clear()


def tally() -> dict[str, int] | None:
    """Return what happened to it so far, in bytes; None when nothing was ever shared."""
    found = _memory or _left()
    if found is not None:
        now = found.tally()
    elif _last:
        now = {**_last, "used": 0, "kept": 0, "limit": get().memory}
    else:
        return None
    for name, before in _sums.items():
        now[name] = max(before, now[name]) if name == "peak" else before + now[name]
    return now


def close() -> None:
    """Leave it, and give back what is kept for reuse.

    Whoever holds an array there goes on to do so; with the last of them it is gone.
    """
    global _memory, _loose
    with _lock:
        if _memory is not None:
            _memory.bound(get().memory, 0)
            _memory.trim()
            tally = _memory.tally()
            _last.update({name: tally[name] for name in _COUNTED})
            _loose = _memory.loose()
            _memory = None
            watch(None)


def _disarm() -> None:
    """In a forked child: all of it is the parent's."""
    global _memory, _loose, _lock
    _lock = threading.Lock()
    found = _memory or _left()
    if found is not None:
        found.disarm()
        # Kept alive for ever: arrays of the parent's may still show it.
        _forgotten.append(found)
        _memory = _loose = None


os.register_at_fork(after_in_child=_disarm)
