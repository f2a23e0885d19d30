"""A function on a plan, timed."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from time import perf_counter
from typing import Any

from abreast.backends.contract import Level
from abreast.comparison.arrival import arrive, is_late, refuse_unfinished
from abreast.plans import Plan

__all__ = ["Subject", "Values"]

SHORTEST = 50e-6
"""Seconds that are timed at one go, at least: the clock itself takes less than a thousandth."""
MOST = 50
"""Times that one turn takes, at most."""

Values = Callable[[], tuple[Any, ...]]
"""Makes the arguments of a call."""


class Subject:
    """What is compared with others: a function, the plan around it, and its times at one size."""

    def __init__(
        self,
        label: str,
        plan: str,
        name: str,
        function: Callable[..., Any],
        levels: tuple[Level, ...] | None,
        wait: Callable[[Any], Any] | None,
    ) -> None:
        self.label = label
        self.plan = plan
        self.name = name
        self._function = function
        self._levels = levels
        self._wait = wait
        self.medians: list[tuple[int, float]] = []
        self.begin()

    def begin(self) -> None:
        """Forget what was at the size before."""
        self.times: list[float] = []
        self.calls = 1
        self._arrive: Callable[[Any], Any] | None = self._wait or _see

    def attempt(self, arguments: tuple[Any, ...]) -> tuple[float, Any]:
        """Call it once, to learn what it returns; answer the seconds and the value."""
        with self._in_place():
            start = perf_counter()
            value = self._function(*arguments)
            if self._wait is None:
                refuse_unfinished(value)
                # From now on nothing looks for things to wait for where there are none.
                self._arrive = arrive if is_late(value) else None
                value = arrive(value) if self._arrive else value
            else:
                waited = self._wait(value)
                value = value if waited is None else waited
            return perf_counter() - start, value

    def calibrate(self, arguments: tuple[Any, ...], seconds: float) -> None:
        """Find how many calls take long enough for the clock."""
        if seconds >= 100 * SHORTEST:
            return
        with self._in_place():
            # The first call of a function is its slowest, and any may be held up.
            while (seconds := min(self._time(arguments), self._time(arguments))) < SHORTEST:
                grown = SHORTEST / max(seconds, 1e-9) * self.calls
                self.calls = max(self.calls + 1, min(math.ceil(1.2 * grown), 10 * self.calls))

    def turn(self, values: Values, seconds: float) -> None:
        """Take a time, and for so many seconds more of them."""
        with self._in_place():
            until = perf_counter() + seconds
            for _ in range(MOST):
                self.times.append(self._time(values()) / self.calls)
                if perf_counter() >= until:
                    break

    def expect(self, size: int) -> float:
        """Return how long a call at a larger size should take, by how it grew so far."""
        if not self.medians:
            return 0.0
        (before, earlier), (last, median) = (self.medians[-2:] * 2)[:2]
        if len(self.medians) == 1:
            return median * size / last
        earlier, median = max(earlier, 1e-9), max(median, 1e-9)
        power = math.log(median / earlier) / math.log(last / before)
        return float(median * (size / last) ** min(max(power, 0.0), 3.0))

    def _time(self, arguments: tuple[Any, ...]) -> float:
        function, arrive, calls = self._function, self._arrive, repeat(None, self.calls)
        if arrive is None:
            start = perf_counter()
            for _ in calls:
                function(*arguments)
        else:
            start = perf_counter()
            for _ in calls:
                arrive(function(*arguments))
        return perf_counter() - start

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        collects = gc.isenabled()
        gc.disable()
        try:
            if self._levels is None:
                yield
            else:
                with Plan(self._levels):
                    yield
        finally:
            if collects:
                gc.enable()


def _see(value: Any) -> Any:
    """Wait for a value of which nothing is known: no call came before the first that is timed."""
    refuse_unfinished(value)
    return arrive(value) if is_late(value) else value
