"""A large result on an engine: it stays in memory of the machine, where tasks find it.

The caller holds a descriptor, and reads the value only if somebody asks for it. A task that takes
the result is told where it is. So what only tasks take never travels, and the memory outlives the
worker that made it.
"""

from __future__ import annotations

import pickle
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from abreast.backends.away import Away
from abreast.backends.room import Room

if TYPE_CHECKING:
    from abreast.backends.stock import Stock

__all__ = [
    "Arrivals",
    "Kept",
    "arriving",
    "handed",
    "hands_over",
    "leaving",
    "read",
    "returned",
    "returning",
    "sealed",
    "seals",
]

_here = threading.local()


class Kept:
    """What a task returned: a pickle, and where its large memory is."""

    __slots__ = ("__weakref__", "data", "hub", "keys", "lock", "rooms", "size")

    def __init__(
        self, hub: Stock, data: bytes | None, rooms: Sequence[Room | Away], size: int
    ) -> None:
        self.hub = hub
        self.size = size
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
        return _claim, (_number(listed, self),)


def read(data: Any, contents: list[Any]) -> Any:
    """Read a pickle whose large memory is beside it; and it too, if it is large."""
    if data is None:
        data, *contents = contents
    return pickle.loads(data, buffers=contents)


def _number(listed: list[Any], wanted: Any) -> int:
    """Return the place of an object in a list; it is appended if it is not there."""
    for number, each in enumerate(listed):
        if each is wanted:
            return number
    listed.append(wanted)
    return len(listed) - 1


def _itself(value: Any) -> Any:
    return value


class Arrivals(Protocol):
    """What was kept, by the numbers that a pickle has for it."""

    def value(self, number: int) -> Any:
        """Return the value."""

    def sealed(self, number: int) -> Any:
        """Return a parcel of it."""


def _claim(number: int) -> Any:
    """Take the place of a kept result where a task reads its arguments."""
    return _here.arriving.value(number)


def sealed(number: int) -> Any:
    """Take the place of a parcel there: it is not opened."""
    return _here.arriving.sealed(number)


def seals(kept: Kept) -> int | None:
    """Return the number under which a parcel goes to a task; None if it has to travel."""
    listed: list[Kept] | None = getattr(_here, "leaving", None)
    hub = getattr(_here, "hub", None)
    if listed is None or (hub is not None and (kept.hub is not hub or hub.closing)):
        return None
    return _number(listed, kept)


@contextmanager
def leaving(hub: Stock | None = None) -> Iterator[list[Kept]]:
    """Collect what is kept in values that are pickled for a task: it does not go along.

    Parcels stay as well, if they are of this `hub`.
    """
    before = getattr(_here, "leaving", None), getattr(_here, "hub", None)
    _here.leaving, _here.hub = [], hub
    try:
        yield _here.leaving
    finally:
        _here.leaving, _here.hub = before


@contextmanager
def arriving(arrivals: Arrivals) -> Iterator[None]:
    """Have arguments read with what was kept."""
    before = getattr(_here, "arriving", None)
    _here.arriving = arrivals
    try:
        yield
    finally:
        _here.arriving = before


def handed(number: int) -> Any:
    """Take the place of a parcel in a result."""
    return _here.returned[number]


def hands_over(made: Any) -> int | None:
    """Return the number under which a parcel leaves with a result; None if it has to travel."""
    listed: list[Any] | None = getattr(_here, "returning", None)
    return None if listed is None else _number(listed, made)


@contextmanager
def returning() -> Iterator[list[Any]]:
    """Collect parcels in a result that is pickled: they stay where they are."""
    _here.returning = []
    try:
        yield _here.returning
    finally:
        _here.returning = None


@contextmanager
def returned(parcels: Sequence[Any]) -> Iterator[None]:
    """Have a result read with the parcels that were in it."""
    before = getattr(_here, "returned", None)
    _here.returned = parcels
    try:
        yield
    finally:
        _here.returned = before
