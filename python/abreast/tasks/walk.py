"""Finds delayed values and futures in lists, tuples and dicts, without recursion."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from abreast.pickling import PLAIN
from abreast.structure import DICT, LIST, NAMED, REF, SAME, TUPLE, VALUE
from abreast.tasks.delayed import Delayed

__all__ = ["Walk", "is_node"]

_CONTAINERS: dict[type, int] = {list: LIST, tuple: TUPLE, dict: DICT}


def is_node(value: Any) -> bool:
    """Whether the value stands for one that is still to come."""
    return isinstance(value, (Delayed, concurrent.futures.Future))


class _Frame:
    """A container that is being walked through."""

    __slots__ = ("circular", "container", "holes", "items", "start", "step", "width")

    def __init__(self, container: Any, step: int, start: int, holes: int) -> None:
        self.container = container
        self.step = step
        self.start = start
        self.holes = holes
        """How many the walk had found before."""
        self.circular = False
        items: Iterable[Any] = container
        if step == DICT:
            for key in container:
                if is_node(key) or (type(key) is tuple and any(map(is_node, key))):
                    raise TypeError(_misplaced(key, "a key of a dict"))
            items = (each for pair in list(container.items()) for each in pair)
        self.width = len(container)
        self.items: Iterator[Any] = iter(items)


class Walk:
    """Writes what it is given as a program for `structure.build`.

    A container without delayed values stays as it is; one with some is made anew. What stands
    twice is one object again.

    Parameters
    ----------
    number : callable
        Says which task a delayed value or future is.
    clean : dict
        Containers known to hold none, by identity; kept from walk to walk.
    """

    def __init__(self, number: Callable[[Any], int], clean: dict[int, Any]) -> None:
        self.number = number
        self.clean = clean
        self.program = bytearray()
        self.operands: list[Any] = []
        self.tasks: list[int] = []
        self._made: dict[int, int] = {}
        self._open: dict[int, _Frame] = {}
        self._count = 0
        self._holes = 0

    def add(self, item: Any) -> None:
        """Append the program for one value."""
        frames: list[_Frame] = []
        while True:
            if not self._simple(item):
                frame = self._enter(item)
                if frame is not None:
                    frames.append(frame)
            while frames:
                try:
                    item = next(frames[-1].items)
                    break
                except StopIteration:
                    self._leave(frames.pop())
            else:
                return

    def _emit(self, step: int, operand: Any) -> None:
        self.program.append(step)
        self.operands.append(operand)

    def _simple(self, item: Any) -> bool:
        """Whether it was no container to go into; then it is written."""
        kind = type(item)
        if kind in PLAIN:
            self._emit(VALUE, item)
        elif kind is Delayed or is_node(item):
            task = self.number(item)
            self.tasks.append(task)
            self._holes += 1
            self._emit(REF, task)
        elif kind in _CONTAINERS or (isinstance(item, tuple) and hasattr(kind, "_fields")):
            return False
        else:
            if isinstance(item, (set, frozenset)) and any(map(is_node, item)):
                raise TypeError(_misplaced(next(filter(is_node, item)), "in a set"))
            self._emit(VALUE, item)
        return True

    def _enter(self, item: Any) -> _Frame | None:
        known = id(item)
        if known in self._made:
            self._emit(SAME, self._made[known])
            self._holes += 1
            return None
        if known in self._open:
            self._open[known].circular = True
            self._emit(VALUE, item)
            return None
        if known in self.clean or _all_plain(item):
            self.clean[known] = item
            self._emit(VALUE, item)
            return None
        step = _CONTAINERS.get(type(item), NAMED)
        frame = _Frame(item, step, len(self.program), self._holes)
        if step == NAMED:
            self._emit(VALUE, type(item))
        self._open[known] = frame
        return frame

    def _leave(self, frame: _Frame) -> None:
        container = frame.container
        del self._open[id(container)]
        if self._holes == frame.holes:
            del self.program[frame.start :]
            del self.operands[frame.start :]
            if not frame.circular:
                self.clean[id(container)] = container
            self._emit(VALUE, container)
            return
        if frame.circular:
            raise ValueError(
                f"a {type(container).__name__} contains itself, and delayed values or futures "
                "besides\nhint: make one of them without the other"
            )
        self._emit(frame.step, frame.width)
        self._made[id(container)] = self._count
        self._count += 1


def _all_plain(container: Any) -> bool:
    """Whether nothing in it can hold a delayed value; quick for long lists of numbers."""
    if type(container) is dict:
        return PLAIN.issuperset(map(type, container.values())) and PLAIN.issuperset(
            map(type, container)
        )
    return PLAIN.issuperset(map(type, container))


def _misplaced(value: Any, where: str) -> str:
    return (
        f"{value!r} is {where}, where it cannot become its value\n"
        "hint: delayed values and futures may stand in lists, tuples and the values of dicts"
    )
