"""The journal of this process: who ran which task, when and for how long."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from abreast import _abreast
from abreast.backends.contract import Call, Level
from abreast.config import keeps_journal

__all__ = ["CAPACITY", "name_of", "plan_of", "shared", "split", "splits", "title"]

CAPACITY = 200_000
"""Runs that are remembered, of 72 bytes each."""

BUNDLES = 20_000
"""Bundles of graphs of which the tasks are remembered, at most."""

_journal: _abreast.Journal | None = None
_forgotten: list[_abreast.Journal] = []
_splits: dict[tuple[int, int], tuple[tuple[str, ...], bytes]] = {}
_split = 0
"""Tasks of these bundles."""


def shared() -> _abreast.Journal:
    """Return it; made when first asked for."""
    global _journal
    if _journal is None:
        _journal = _abreast.Journal(CAPACITY)
        # What a worker runs inside of its tasks is part of these.
        _journal.turn("abreast.backends.worker" not in sys.modules and keeps_journal())
    return _journal


def plan_of(level: Level) -> str:
    """Return a plan as a user would write it."""
    return level.name if level.name == "serial" else f"{level.name}:{level.workers}"


def title(call: Call) -> tuple[str, str]:
    """Return how the journal calls a call: who made it, and of which function."""
    # What the workers of a graph run is a part of the library.
    graph = call.caller == "compute"
    return call.caller or "call", "a graph" if graph else name_of(call.function)


def name_of(function: Any) -> str:
    """Return a function's name, without what was wrapped around it."""
    try:
        name = function.__qualname__
    except AttributeError:
        inner = getattr(function, "__wrapped__", None) or getattr(function, "func", None)
        return type(function).__name__ if inner is None else name_of(inner)
    if "<locals>" in name:
        name = name.rpartition("<locals>.")[2]
    return str(name)


def split(call: int, bundle: int, names: Iterable[str], nanos: bytes) -> None:
    """Note what a bundle of a graph ran: names of functions, and how long each took (doubles)."""
    global _split
    ran = tuple(names)
    _split += len(ran)
    while _splits and (len(_splits) >= BUNDLES or _split > CAPACITY):
        _split -= len(_splits.pop(next(iter(_splits)))[0])
    _splits[call, bundle] = ran, nanos


def splits() -> dict[tuple[int, int], tuple[tuple[str, ...], bytes]]:
    """Return what the bundles of graphs ran."""
    return dict(_splits)


def _disarm() -> None:
    """In a forked child: its lock may be held by a thread that is not there."""
    global _journal
    if _journal is not None:
        _forgotten.append(_journal)
        _journal = None


os.register_at_fork(after_in_child=_disarm)
