"""Calls, runs and results that a checkpoint file knows, as its records tell."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field

from abreast.checkpoint.content import WIDTH

__all__ = ["Group", "Recorded", "Run", "key_of", "own"]

_NOTHING = bytes(WIDTH)


class Group:
    """The results of one call with one list of items, whichever of its runs brought them."""

    __slots__ = ("call", "hashes", "number", "offsets", "results")

    def __init__(self, number: int, call: int) -> None:
        self.number = number
        self.call = call
        self.hashes = bytearray()
        self.offsets: array[int] = array("Q")
        self.results = 0

    @property
    def items(self) -> int:
        """How many items were met so far, the last one counted."""
        return len(self.hashes) // WIDTH

    def hash(self, index: int) -> bytes | None:
        """Return the digest of an item, if it is known."""
        found = bytes(self.hashes[index * WIDTH : (index + 1) * WIDTH])
        return None if not found or found == _NOTHING else found

    def note(self, index: int, hashes: bytes) -> None:
        """Remember the digests of items from an index on."""
        start = index * WIDTH
        if len(self.hashes) < start:
            self.hashes.extend(bytes(start - len(self.hashes)))
        self.hashes[start : start + len(hashes)] = hashes

    def offset(self, index: int) -> int:
        """Return where the result of an item stands, 0 if it is not there."""
        return self.offsets[index] if index < len(self.offsets) else 0

    def put(self, index: int, offset: int) -> None:
        """Remember where a result stands; 0 forgets it."""
        offsets = self.offsets
        if index >= len(offsets):
            offsets.extend([0] * (index + 1 - len(offsets)))
        self.results += bool(offset) - bool(offsets[index])
        offsets[index] = offset

    def ahead(self, index: int, most: int) -> int:
        """Return how many results stand in a row from an index on, and their items are known."""
        most = min(most, len(self.offsets) - index, len(self.hashes) // WIDTH - index)
        count = 0
        while count < most and self.offsets[index + count]:
            count += 1
        return count


@dataclass
class Recorded:
    """A call that the file knows."""

    number: int
    function: str
    parts: dict[str, str]
    at: float
    groups: list[Group] = field(default_factory=list)
    dropped: bool = False


@dataclass
class Run:
    """A run of a call: whose results it adds to."""

    group: Group
    first: int = 0
    """From here on its results belong to the group."""
    earlier: list[tuple[int, Group]] = field(default_factory=list)

    def group_at(self, index: int) -> Group:
        """Return the group that the result of a task belongs to."""
        if index >= self.first:
            return self.group
        return next(group for first, group in reversed(self.earlier) if index >= first)


def own(run: Run) -> Group:
    """Return the group that began with a run."""
    return run.earlier[0][1] if run.earlier else run.group


def key_of(parts: dict[str, str]) -> str:
    """Return what tells one call from another."""
    return json.dumps(parts, sort_keys=True)
