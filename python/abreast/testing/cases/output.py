"""Output: what tasks print, warn and log shows as if they had run one after the other."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

import abreast as ab
from abreast.testing.case import case
from abreast.testing.tools import caught, nap

log = logging.getLogger("abreast.testing.output")


class Records(logging.Handler):
    """Keeps what was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep level and text."""
        self.seen.append((record.levelname, record.getMessage()))


def said(call: Callable[[], Any]) -> Any:
    """Return what a call answers, and all that was printed, warned and logged meanwhile."""
    out, err, records = io.StringIO(), io.StringIO(), Records()
    log.addHandler(records)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(record=True) as seen,
        ):
            warnings.simplefilter("always")
            value = call()
    finally:
        log.removeHandler(records)
    told = [(each.category, str(each.message)) for each in seen]
    return value, out.getvalue(), err.getvalue(), told, records.seen


def speaks(n: int) -> int:
    """Say something in every way, at odd times."""
    print("begins", n)
    if n % 3 == 0:
        nap(0.01)
        print("error", n, file=sys.stderr)
    if n % 4 == 1:
        warnings.warn(f"warning {n}", UserWarning, stacklevel=1)
    if n % 5 == 2:
        log.warning("record %d", n)
    print("half ", end="")
    nap(0.001 * (n % 2))
    print("ends", n)
    return n


def fails(n: int) -> int:
    """Say something, and fail at 7."""
    print("task", n)
    if n == 7:
        raise ValueError(f"task {n}")
    return n


@case("order")
def in_order() -> Any:
    """What tasks of `map` print, warn and log shows in their order."""
    return said(lambda: ab.map(speaks, range(20)))


@case("order")
def of_streams() -> Any:
    """What tasks of `imap` print, warn and log shows in their order."""
    return said(lambda: list(ab.imap(speaks, range(20))))


@case("errors")
def of_failed_tasks() -> Any:
    """What a failed task printed comes before its exception, and nothing of tasks after it."""
    finished = said(lambda: ab.map(fails, range(20), on_error="return"))
    return said(lambda: caught(ab.map, fails, range(20))), finished


@case("nesting")
def of_nested_maps() -> Any:
    """What tasks of tasks print stands where the outer task prints."""

    def outer(n: int) -> Any:
        print("outer", n)
        values = ab.map(fails, range(3))
        print("outer ends", n)
        return values

    return said(lambda: ab.map(outer, range(4)))


@case()
def of_submitted_tasks() -> Any:
    """What a submitted task printed is there when its result is."""

    def call() -> Any:
        result = ab.submit(speaks, 2).result()
        print("result", result)
        return result

    return said(call)


@case()
def tagged() -> Any:
    """With `output` "tagged", each line names its task."""
    value, out, *_ = said(lambda: ab.map(fails, range(6), output="tagged"))
    return value, sorted(out.splitlines())


def sums(parts: list[int]) -> int:
    """Say something, and add up."""
    print("sum of", parts)
    nap(0.002 * (parts[0] % 3))
    print("half ", end="")
    log.warning("%s added", parts)
    return sum(parts)


def graph(n: int) -> Any:
    """Sums of what speaking tasks gave."""
    leaves = [ab.delayed(speaks)(k) for k in range(n)]
    parts = [ab.delayed(sums)(leaves[k : k + 3]) for k in range(0, n, 3)]
    return ab.delayed(sums)(parts)


@case("order", "graphs")
def of_graphs() -> Any:
    """What tasks of a graph print, warn and log shows in the serial order of the graph."""
    return said(lambda: ab.compute(graph(40)))


@case("errors", "graphs")
def of_failed_graphs() -> Any:
    """What the failed task of a graph printed shows, and nothing of tasks after it."""
    tasks = [ab.delayed(fails)(n) for n in range(12)]
    return said(lambda: caught(ab.compute, tasks))


@case("nesting", "graphs")
def of_nested_graphs() -> Any:
    """What tasks of tasks of a graph print stands where the outer task prints."""

    def outer(n: int) -> Any:
        print("outer", n)
        values = ab.map(fails, range(3)), ab.compute(graph(4))
        print("outer ends", n)
        return values

    return said(lambda: ab.compute([ab.delayed(outer)(n) for n in range(4)]))


@case("graphs")
def tagged_graphs() -> Any:
    """With `output` "tagged", each line of a graph names its task and its place in the order."""

    def call(tasks: Any, **settings: Any) -> Any:
        value, out, *_ = said(lambda: ab.compute(tasks, **settings))
        return value, sorted(out.splitlines())

    tasks = [ab.delayed(fails)(n) for n in range(6)]
    stated = ab.options(output="tagged").delayed(fails)
    return call(tasks, output="tagged"), call([stated(n) for n in range(3)])


@case()
def tagged_submits() -> Any:
    """Lines of a task that was submitted with `output` "tagged" name it and its number."""
    tagged = ab.options(output="tagged")

    def call() -> Any:
        futures = [tagged.submit(speaks, n) for n in (6, 4)]
        with_seed = ab.options(output="tagged", seed=1).submit(draws, 2)
        return ab.gather([*futures, with_seed])

    value, out, err, _, _ = said(call)
    tags = [line.split()[0] for line in out.splitlines()]
    # The number goes on counting from plan to plan.
    return value, sorted(tags), sorted(line.partition("] ")[2] for line in (out + err).splitlines())


def draws(n: int, rng: Any) -> int:
    """Say how many, and draw them."""
    print("draws", n)
    return int(rng.integers(100, size=n).sum())
