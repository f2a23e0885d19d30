"""Sums that are never negative need no check before a root; all others raise as CPython does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import abreast as ab


def squares(x, start):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * x[i]
    return math.sqrt(s)


def from_start(x, start):
    s = start
    for i in range(len(x)):
        s += x[i] * x[i]
    return math.sqrt(s)


def from_below(x, start):
    s = -1.0
    for i in range(len(x)):
        s += x[i] * x[i]
    return math.sqrt(s)


def products(x, start):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * start
    return math.sqrt(s)


def taken_away(x, start):
    s = 0.0
    for i in range(len(x)):
        s -= x[i] * x[i]
    return math.sqrt(s)


def exchanged(x, start):
    """What `s` becomes was never negative as long as nothing came from `t`."""
    s, t, u = 0.0, 0.0, 0.0
    for i in range(len(x)):
        s, t, u = s + t, u, u - abs(x[i])
    return math.sqrt(s)


def exchanged_above(x, start):
    s, t, u = 0.0, 0.0, 1.0
    for i in range(len(x)):
        s, t, u = s + t, u, u + abs(x[i])
    return math.sqrt(s)


def chosen(x, start):
    s = 0.0
    for i in range(len(x)):
        if x[i] > start:
            s += abs(x[i])
        else:
            s = s * 0.5
    return math.sqrt(s)


def chosen_below(x, start):
    s = 0.0
    for i in range(len(x)):
        if x[i] > start:
            s += abs(x[i])
        else:
            s = x[i]
    return math.sqrt(s)


def largest(x, start):
    s = 0.0
    for i in range(len(x)):
        s = max(s, x[i])
    return math.sqrt(s)


def smallest(x, start):
    s = 0.0
    for i in range(len(x)):
        s = min(s, x[i])
    return math.sqrt(s)


def inside(x, start):
    """The root is asked for in each turn."""
    s = r = 0.0
    for i in range(len(x)):
        r += math.sqrt(s)
        s += x[i] * x[i] * x[i] if x[i] < start else x[i] * x[i]
    return r


def outcome(function: Any, *given: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            found = function(*given)
    except ValueError as error:
        return str(error)
    return "nan" if math.isnan(found) else (found, math.copysign(1, found))


@pytest.mark.parametrize(
    "function",
    [squares, from_start, from_below, products, taken_away, exchanged, exchanged_above, chosen,
     chosen_below, largest, smallest, inside],
)  # fmt: skip
def test_roots_of_what_a_loop_carries(function):
    call = ab.jit(function)
    rng = np.random.default_rng(0)
    for n in (0, 1, 2, 3, 4, 9):
        for value in (None, math.nan, math.inf, -math.inf, -0.0, -3.0):
            for start in (0.0, -0.0, 0.25, -2.0, math.nan, 1e300):
                x = rng.normal(size=n)
                if value is not None and n:
                    x[n // 2] = value
                assert outcome(call, x, start) == outcome(function, x, start), (x, start)


def pairs(x, out):
    n, m = x.shape
    for i in range(n):
        for j in range(n):
            s = 0.0
            for k in range(m):
                t = x[i, k] - x[j, k]
                s += t * t
            out[i, j] = math.sqrt(s)


def test_distances_run_in_lanes():
    call = ab.jit(pairs)
    for shape in ((1, 0), (5, 1), (9, 3), (23, 8), (16, 17)):
        x = np.random.default_rng(1).normal(size=shape)
        found, wanted = np.zeros((shape[0],) * 2), np.zeros((shape[0],) * 2)
        call(x, found)
        pairs(x, wanted)
        np.testing.assert_array_equal(found, wanted)
    assert "in lanes" in call.report()
    assert "check" not in call.report().split("line")[2]
