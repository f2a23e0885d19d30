"""Variables that are one part of an array and then another, beside CPython."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import abreast as ab


def shortened(y):
    s = 0.0
    while len(y) > 1:
        y[0] += 1
        y = y[1:]
        s += y[0]
    return s


def shortened_copy(x):
    y = x.copy()
    while len(y) > 1:
        y[0] += 1
        y = y[1:]
        y *= 2
    return y


def eliminated(a):
    d = 1.0
    while a.shape[0] > 0:
        d *= a[0, 0] + 1
        a[1:, 1:] -= a[1:, :1] * a[:1, 1:] / (a[0, 0] + 1)
        a = a[1:, 1:]
    return d


def strided(y):
    for k in range(3):
        y = y[::2] if k % 2 else y[1:]
        y += 1
    return y.sum()


def half(y):
    v = y[:4]
    if y[0] == 0:
        v = y[4:]
    v += 1
    return v


def exchanged(y):
    lo = y[:4]
    hi = y[4:]
    for _ in range(3):
        lo, hi = hi, lo
        lo += 1
    return y.sum()


def best_row(m):
    best = m[0]
    for row in m:
        if row[1] > best[1]:
            best = row
    best[0] = -1
    return best


def last_part(y):
    for i in range(3):
        v = y[i : i + 2]
    v[0] = 7
    return v.sum()


def under_a_condition(y):
    n = len(y)
    if n > 2:
        m = n // 2
        v = y[m - 3 : m]
    return v.sum() + y[0]


LINE = np.arange(8.0)
GRID = np.asfortranarray(np.arange(16.0).reshape(4, 4) % 7)


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (shortened, LINE),
        (shortened, LINE[::-2]),
        (shortened_copy, LINE),
        (eliminated, GRID),
        (strided, LINE),
        (half, LINE),
        (half, LINE + 1),
        (exchanged, LINE),
        (best_row, GRID),
        (last_part, LINE),
        (under_a_condition, LINE),
    ],
)
def test_as_cpython(function: Any, argument: Any) -> None:
    first, second = copy.deepcopy(argument), copy.deepcopy(argument)
    expected, found = function(first), ab.jit(function)(second)
    assert type(found) is type(expected)
    assert np.array_equal(found, expected)
    assert np.array_equal(second, first)


def test_a_part_that_is_returned_is_one():
    x = LINE.copy()
    v = ab.jit(half)(x)
    assert np.shares_memory(v, x)
    v[:] = 0
    assert x.sum() == LINE[:4].sum()
