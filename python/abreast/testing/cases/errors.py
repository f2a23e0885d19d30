"""What tasks raise arrives as itself, and the first of several is the one that is raised."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import asyncio
import sys
import traceback
from typing import Any

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, fresh_main, nap


class TwoNeeded(Exception):
    """Cannot be made from its own `args`."""

    def __init__(self, code: int, where: str) -> None:
        super().__init__(f"code {code} at {where}")
        self.code, self.where = code, where


class Mute(Exception):
    """Cannot be printed."""

    def __str__(self) -> str:
        raise ValueError("no text")


def fail(error: BaseException) -> None:
    """Raise the argument."""
    raise error


def fails_at(*places: int) -> Any:
    """Return a function that raises for these items."""

    def task(item: int) -> int:
        if item in places:
            raise ValueError(f"item {item}")
        return item

    return task


@case()
def of_the_language() -> Any:
    """Exceptions of the language keep type, arguments and text."""
    errors = [
        ValueError("a", 1),
        KeyError("k"),
        FileNotFoundError(2, "missing", "name.txt"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
        StopIteration(3),
        AssertionError(),
        MemoryError("much"),
        ExceptionGroup("two", [ValueError(1), ExceptionGroup("one", [TypeError("t")])]),
    ]
    return [caught(ab.map, fail, [error]) for error in errors]


@case()
def beyond_exception() -> Any:
    """What is no `Exception` arrives too: `sys.exit`, a cancelled coroutine."""
    return [
        caught(ab.map, sys.exit, [3]),
        caught(ab.map, fail, [asyncio.CancelledError("c")]),
        caught(ab.submit(sys.exit, 4).result),
        ab.map(same, range(5)),
    ]


@case()
def with_their_own_constructor() -> Any:
    """Exceptions whose constructor takes other arguments than it stores arrive as themselves."""

    def task(item: int) -> None:
        raise TwoNeeded(item, "here")

    error = caught(ab.map, task, [7])
    return error, getattr(error, "code", None), getattr(error, "where", None)


@case("main")
def of_main() -> Any:
    """Exceptions of classes of `__main__` can be caught by these classes."""
    main = fresh_main(
        "class Odd(Exception):\n"
        "    def __init__(self, a, *, b): super().__init__(a); self.b = b\n"
        "def task(x): raise Odd(x, b=[x])\n"
    )
    error = caught(ab.map, main["task"], [1, 2])
    return type(error) is main["Odd"], getattr(error, "args", None), getattr(error, "b", None)


@case()
def without_a_text() -> Any:
    """An exception whose own `__str__` raises arrives as well as another."""
    return caught(ab.map, fail, [Mute("quiet")])


@case()
def with_notes() -> Any:
    """Notes are kept, and one more says which task it was."""

    def noted(item: int) -> None:
        error = ValueError(item)
        error.add_note("mine")
        raise error

    error = caught(ab.map, noted, [1])
    return error, list(getattr(error, "__notes__", ()))


@case("traceback")
def with_their_traceback() -> Any:
    """The traceback names the line of the task that raised."""

    def divides(x: int) -> float:
        return x / 0  # the line that fails

    error = caught(ab.map, divides, [1])
    assert isinstance(error, BaseException)
    text = "".join(traceback.format_exception(error))
    return "the line that fails" in text, "in divides" in text, "ZeroDivisionError" in text


@case("order")
def the_first_one_is_raised() -> Any:
    """Of several tasks that fail, the first of their order is raised, not the first in time."""

    def task(item: int) -> int:
        if item == 2:
            nap(0.15)
            raise ValueError("slow and first")
        if item > 3:
            raise KeyError(item)
        return item

    return caught(ab.map, task, range(30)), caught(list, ab.imap(task, range(30)))


@case()
def as_results() -> Any:
    """`on_error="return"` puts exceptions in the place of results."""
    return ab.map(fails_at(0, 7, 299), range(300), on_error="return")


@case()
def at_the_end() -> Any:
    """`on_error="finish"` runs everything, raises the first error and names the others."""
    return [
        caught(ab.map, fails_at(*places), range(60), on_error="finish")
        for places in [(3,), (40, 9, 10), tuple(range(20, 60))]
    ]


@case()
def then_work_goes_on() -> Any:
    """After a failed call the plan works as before."""
    return [(caught(ab.map, fails_at(n), range(50)), ab.map(same, range(n))) for n in range(15)]


@case("usage")
def wrong_calls() -> Any:
    """Calls that make no sense are refused in the same words."""
    return [
        caught(ab.map, 3, [1]),
        caught(ab.map, abs),
        caught(ab.map, abs, 3),
        caught(ab.map, max, [1, 2], [3]),
        caught(ab.map, max, iter([1, 2]), iter([3])),
        caught(ab.map, abs, [1], on_error="ignore"),
        caught(ab.imap, abs, [1], window=0),
        caught(ab.submit, None),
        caught(ab.wait, 3),
        caught(ab.map, lambda a, b: a + b, [1]),
        caught(ab.map, lambda: None, [1]),
    ]


@case("iterables")
def of_the_items() -> Any:
    """An exception of the iterable itself reaches the caller of `map`."""

    def items() -> Any:
        yield from range(20)
        raise OSError("the source ended")

    return caught(ab.map, same, items()), ab.map(same, range(3))


@case("iterables", "order", answer=("ValueError", "item 3"))
def of_a_task_before_the_items_fail() -> Any:
    """When a task failed before the iterable does, the task's exception is the one raised."""

    def items() -> Any:
        yield from range(20)
        nap(0.3)
        raise OSError("the source ended")

    error = caught(ab.map, fails_at(3), items())
    return type(error).__name__, str(error)


@case()
def deep_recursion() -> Any:
    """A task without end in its recursion raises `RecursionError`, and the plan goes on."""

    def endless(n: int) -> int:
        return endless(n + 1) + 1

    return type(caught(ab.map, endless, [0])), ab.map(same, [1])
