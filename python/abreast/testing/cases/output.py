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
