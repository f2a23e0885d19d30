"""Few tasks and many, small ones and large ones."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.random import draw
from abreast.testing.cases.values import same
from abreast.testing.tools import here, nap, spin


def remainder(a: int, b: int) -> int:
    """Divide."""
    return a % b


@case("iterables")
def none() -> Any:
    """No items give an empty list, and an empty stream."""
    return ab.map(same, []), ab.map(same, iter(())), list(ab.imap(same, ())), ab.gather([])


@case()
def one_and_two() -> Any:
    """One task and two tasks."""
    return ab.map(same, [1]), ab.map(same, [1, 2]), list(ab.imap(same, [None]))


@case()
def around_the_number_of_workers() -> Any:
    """As many tasks as workers, one fewer and one more."""
    return [ab.map(same, range(n)) for n in (6, 7, 8, 9)]


@case()
def a_thousand() -> Any:
    """A thousand tasks, from a list and from a generator of unknown length."""
    return ab.map(remainder, range(1000), [7] * 1000), ab.map(same, (str(n) for n in range(1000)))


@case("large")
def a_hundred_thousand() -> Any:
    """A hundred thousand tasks of no length."""
    found = ab.map(remainder, range(100_000), [7] * 100_000)
    return len(found), sum(found), found[-3:]


@case("large", "numpy")
def ten_megabytes() -> Any:
    """One item of ten megabytes goes there and comes back, as bytes and as an array."""
    data = bytes(range(256)) * 40960
    array = np.arange(1_310_720, dtype="f8")
    (back,) = ab.map(same, [data])
    (other,) = ab.map(same, [array])
    return back == data, other.dtype, other.tobytes() == array.tobytes()


@case("large")
def large_among_small() -> Any:
    """Items and results whose sizes differ by a factor of a million, in one call."""
    items = [b"x" * (1_000_000 if n % 50 == 7 else n) for n in range(200)]
    return [len(each) for each in ab.map(lambda data: data + data, items)]


@case("order")
def uneven() -> Any:
    """Tasks whose lengths differ by a factor of a thousand."""
    return ab.map(lambda n: (spin(0.03 if n % 40 == 0 else 0.00003), n), range(200))


@case("order")
def tasks_that_become_longer() -> Any:
    """Blocks that were right for the first tasks do not hold up the last ones."""
    return ab.map(lambda n: (spin(0.02 if n > 4990 else 0.0), n)[1], range(5000))


@case(requires="concurrent", answer=(True, True))
def two_at_a_time() -> Any:
    """On two workers, two tasks of a call are under way at one time, whatever ran before."""
    ab.map(same, range(10_000))
    start = time.monotonic()
    ab.map(nap, [0.4, 0.4])
    both = time.monotonic() - start
    start = time.monotonic()
    # Of the short ones nobody may take so many that a long one waits behind another.
    ab.map(nap, [*[0.0] * 50, 0.4, 0.4])
    return both < 0.75 or here().workers < 2, time.monotonic() - start < 0.75


@case("callables", answer=True)
def builtins_cost_no_more() -> Any:
    """A call with a builtin function takes as long as one with a function of the user's."""
    # Workers look for shared streams of random numbers once those can exist.
    ab.map(draw, range(8), seed=1)
    start = time.monotonic()
    ab.map(abs, range(-10, 10))
    ab.map(math.hypot, [3.0, 5.0], [4.0, 12.0])
    return time.monotonic() - start < 1.0
