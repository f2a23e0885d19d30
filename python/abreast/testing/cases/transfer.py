"""What cannot go from one process to another fails its own task, and no other."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import sys
import threading
from typing import Any

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.values import same
from abreast.testing.tools import caught


class KeepsLock(Exception):
    """Has an attribute that stays in its process."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock, self.code = threading.Lock(), 5


class Stubborn(Exception):
    """Cannot be pickled at all."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("never")

    def __init__(self, text: str) -> None:
        super().__init__(text)


class Explosive:
    """Pickles, and cannot be read back."""

    def __reduce__(self) -> Any:
        return _explode, ("where it is read",)


def _explode(where: str) -> None:
    raise LookupError(f"cannot be read {where}")


@case("errors", requires="isolated")
def exceptions_that_cannot_be_sent() -> Any:
    """Of an exception that cannot be sent, what can be sent arrives."""

    def locked(item: int) -> None:
        raise KeepsLock(f"item {item}")

    def stubborn(item: int) -> None:
        raise Stubborn(f"item {item}")

    error = caught(ab.map, locked, [1])
    return (
        error,
        getattr(error, "code", None),
        hasattr(error, "lock"),
        caught(ab.map, stubborn, [1]),
    )


@case("errors", requires="isolated")
def arguments_that_cannot_be_sent() -> Any:
    """An argument that cannot be pickled fails its own task, which the error names."""
    items = [0, 1, (n for n in "ab"), 3, [lambda: (_ for _ in ()), iter("x"), sys._getframe()], 5]
    kept = ab.map(repr_of_numbers, items, on_error="return")
    kinds = [(type(each), getattr(each, "index", None)) for each in kept]
    error = caught(ab.map, repr_of_numbers, items)
    stream = list(ab.imap(repr_of_numbers, items, on_error="return"))
    return kinds, [each for each in kept if isinstance(each, str)], error, len(stream)


def repr_of_numbers(item: Any) -> str:
    """Print a number."""
    return repr(item)


@case("errors", requires="isolated")
def results_that_cannot_be_sent() -> Any:
    """A result that cannot be pickled fails its own task, which the error names."""

    def task(item: int) -> Any:
        return (n for n in "ab") if item % 3 == 1 else item

    return ab.map(task, range(8), on_error="return"), caught(ab.map, task, range(8))


@case("errors", requires="isolated")
def results_that_cannot_be_read() -> Any:
    """A result that pickles and cannot be read back fails its own task."""

    def task(item: int) -> Any:
        return Explosive() if item == 2 else item

    kept = ab.map(task, range(4), on_error="return")
    return [(type(each), getattr(each, "index", each)) for each in kept]


@case("errors", requires="isolated")
def arguments_that_cannot_be_read() -> Any:
    """An argument that pickles and cannot be read in the worker fails its own task alone."""
    kept = ab.map(type, [0, Explosive(), 2], on_error="return")
    return [type(each) if isinstance(each, BaseException) else each for each in list[Any](kept)]


@case("errors", requires="isolated")
def functions_that_cannot_be_sent() -> Any:
    """A function that cannot be pickled is refused before any task runs."""
    generator = (n for n in "ab")
    errors = [caught(ab.map, lambda _x: generator, [1]), caught(ab.imap, generator.send, [1])]
    return [(type(each), getattr(each, "index", "-")) for each in errors], ab.map(same, [1])
