"""Large values of graphs on an engine: packed where they were made, and opened where they are used.

What contract.py's `pack` answers. A parcel goes from worker to caller to worker as the name of
memory that stays where it is; whoever opens it gets a new copy, of which only what is written costs
memory.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from abreast.backends.kept import Kept, handed, hands_over, read, sealed, seals
from abreast.backends.room import Room, open_room
from abreast.pickling import dumps

__all__ = ["Loose", "Made", "Parcel", "Passing", "Sealed", "copied"]


class Loose:
    """One that is small, or has to travel: it brings its memory along."""

    __slots__ = ("contents", "data")

    def __init__(self, data: Any, contents: list[Any]) -> None:
        self.data = data
        self.contents = contents

    def __len__(self) -> int:
        return len(self.data) + sum(len(each) for each in self.contents)

    def open(self) -> Any:
        """Return a new copy of the value."""
        return pickle.loads(self.data, buffers=[bytearray(each) for each in self.contents])

    def __reduce_ex__(self, protocol: Any) -> Any:
        contents = self.contents
        if protocol >= 5:
            return Loose, (self.data, [pickle.PickleBuffer(each) for each in contents])
        return Loose, (self.data, [bytes(each) for each in contents])


class Parcel:
    """One that the caller holds: the memory is a result's, or was placed."""

    __slots__ = ("kept",)

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    def __len__(self) -> int:
        return self.kept.size

    def open(self) -> Any:
        """Return a new copy of the value."""
        return self.kept.open()

    def __reduce__(self) -> Any:
        number = seals(self.kept)
        return (sealed, (number,)) if number is not None else copied(self.open()).__reduce_ex__(5)


class Passing:
    """Arguments that are read where they were packed: what was kept stays so."""

    def __init__(self, kept: list[Kept]) -> None:
        self.kept = kept

    def value(self, number: int) -> Kept:
        """Return what a task takes the value of."""
        return self.kept[number]

    def sealed(self, number: int) -> Parcel:
        """Return a parcel."""
        return Parcel(self.kept[number])


class Sealed:
    """One that came to a worker: the memory is on its machine when it is opened."""

    __slots__ = ("reader",)

    def __init__(self, reader: Callable[[], Any]) -> None:
        self.reader = reader

    def open(self) -> Any:
        """Return a new copy of the value."""
        return self.reader()

    def __reduce__(self) -> Any:
        return copied(self.open()).__reduce_ex__(5)


class Made:
    """One that a task of a graph made, in memory that others of its machine find."""

    __slots__ = ("data", "rooms")

    def __init__(self, data: bytes | None, rooms: list[Room]) -> None:
        self.data = data
        self.rooms = rooms

    def open(self) -> Any:
        """Return a new copy of the value."""
        # By a way of its own, so that it shows who still has the memory.
        return read(self.data, [open_room(room.place()) for room in self.rooms])

    def __reduce__(self) -> Any:
        number = hands_over(self)
        return (handed, (number,)) if number is not None else copied(self.open()).__reduce_ex__(5)


def copied(value: Any) -> Loose:
    """Return a value as it is now."""
    found: list[Any] = []
    data = dumps(value, found)
    return Loose(data, [bytes(each.raw()) for each in found])
