"""Minima and maxima in loops that carry something: CPython's bits, whatever comes first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import abreast as ab


def edit(a, b, table):
    for i in range(len(a)):
        for j in range(len(b)):
            cost = 0 if a[i] == b[j] else 1
            table[i + 1, j + 1] = min(table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + cost)


def largest(a, b, table):
    for i in range(1, table.shape[0]):
        for j in range(1, table.shape[1]):
            best = max(table[i, j - 1] - 1, table[i - 1, j] - 2)
            best = max(best, table[i - 1, j - 1] + a[i - 1] * b[j - 1])
            table[i, j] = max(best, 0)


def mixed(a, b, table):
    low = high = a[0]
    for i in range(len(a)):
        low = min(max(low - 1, b[i]), a[i], 5)
        high = a[i] if a[i] > min(high, b[i]) else min(high, b[i])
        table[i, 0] = low
        table[i, 1] = high


@pytest.mark.parametrize("function", [edit, largest, mixed])
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.float64])
def test_as_by_python(function: Any, dtype: Any):
    call = ab.jit(function)
    rng = np.random.default_rng(0)
    for n in (1, 2, 7, 20):
        a, b = rng.integers(0, 9, (2, n)).astype(dtype)
        table = rng.integers(0, 9, (n + 1, n + 1)).astype(dtype)
        if dtype is np.float64:
            table[n // 2, :2] = np.nan
            a[n // 2] = -0.0
        mine, theirs = table.copy(), table.copy()
        with np.errstate(all="ignore"):
            call(a, b, mine)
            function(a, b, theirs)
        assert mine.tobytes() == theirs.tobytes()
