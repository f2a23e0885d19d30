"""A large result on an engine: it stays in memory of the machine, where tasks find it.

The caller holds a descriptor, and reads the value only if somebody asks for it. A task that takes
the result is told where it is. So what only tasks take never travels, and the memory outlives the
worker that made it.
"""

from __future__ import annotations

import pickle
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from abreast.backends.away import Away
from abreast.backends.room import Room

if TYPE_CHECKING:
    from abreast.backends.stock import Stock

__all__ = ["Kept", "arriving", "leaving", "read"]

_here = threading.local()


class Kept:
    """What a task returned: a pickle, and where its large memory is."""

    __slots__ = ("__weakref__", "data", "hub", "keys", "lock", "rooms")

    def __init__(self, hub: Stock, data: bytes | None, rooms: Sequence[Room | Away]) -> None:
        self.hub = hub
        self.data = data
        """None: it is in the first of the rooms."""
        self.rooms = rooms
        self.keys = hub.keep(rooms)
        self.lock = threading.Lock()
        weakref.finalize(self, hub.let_fall, self.keys).atexit = False

    def open(self) -> Any:
        """Return the value; what is written to it stays in this process."""
        return read(self.data, self._contents())

    def _contents(self) -> list[Any]:
        if self.is_away():
            return list(self.hub.fetch(self.keys))
        return [room.content() for room in self.rooms if isinstance(room, Room)]

    def is_away(self) -> bool:
        """Whether it lies on another machine."""
        return any(isinstance(room, Away) for room in self.rooms)

    def bring(self) -> None:
        """Have it on this machine from now on; its plan ends."""
        self.rooms = [Room(content) for content in self.hub.fetch(self.keys)]

    def serves(self, backend: Any) -> bool:
        """Whether workers of a backend find it."""
        return getattr(backend, "hub", None) is self.hub and not self.hub.closing

    def __reduce__(self) -> Any:
        listed: list[Kept] | None = getattr(_here, "leaving", None)
        if listed is None:
            return _itself, (self.open(),)
        if self not in listed:
            listed.append(self)
        return _claim, (listed.index(self),)


def read(data: Any, contents: list[Any]) -> Any:
    """Read a pickle whose large memory is beside it; and it too, if it is large."""
    if data is None:
        data, *contents = contents
    return pickle.loads(data, buffers=contents)


def _itself(value: Any) -> Any:
    return value


def _claim(number: int) -> Any:
    """Take the place of a kept result where a task reads its arguments."""
    return _here.arriving(number)


@contextmanager
def leaving() -> Iterator[list[Kept]]:
    """Collect what is kept in values that are pickled for a task: it does not go along."""
    before = getattr(_here, "leaving", None)
    _here.leaving = []
    try:
        yield _here.leaving
    finally:
        _here.leaving = before


@contextmanager
def arriving(value: Callable[[int], Any]) -> Iterator[None]:
    """Have arguments read with ``value(n)`` for the n-th that was kept."""
    before = getattr(_here, "arriving", None)
    _here.arriving = value
    try:
        yield
    finally:
        _here.arriving = before
