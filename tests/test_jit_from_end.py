"""Indices from the end, rows whose ends are data, ways that merge: as CPython has them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import abreast as ab

LOWEST, HIGHEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def gathered(x, at, out):
    for i in range(len(at)):
        out[i] = x[at[i]]


def walked(x, at, out):
    # The index is used again after its check, and its value is seen.
    i = at[0]
    s = 0.0
    while x[i] > 0.0:
        s += x[i] * 2.0 + i
        x[i] += 1.0
        i -= 1
    out[0] = s
    out[1] = i


def sometimes(x, at, out):
    # What one way checks, the other does not.
    for i in range(len(at)):
        j = at[i]
        if i % 2 == 0:
            out[i] = x[j] + 1.0
        else:
            out[i] = j
        if j > 0:
            out[i] += x[j - 1]


def squares(x, at, out):
    n = 4
    m = x[:16].reshape(4, 4)
    for i in range(len(at)):
        out[i] = m[at[i] // 4, at[i] % n]


def part(x, at, out):
    y = x[2:9]
    for i in range(len(at)):
        out[i] = y[at[i] // 3]


def outcome(call: Any, x: list[float], at: list[int]) -> tuple[Any, list[Any]]:
    arrays = [np.array(x), np.array(at, np.int64), np.zeros(max(2, len(at)))]
    try:
        call(*arrays)
        said = None
    except Exception as error:
        said = (type(error), str(error))
    return said, [each.tolist() for each in arrays]


@pytest.mark.parametrize("function", [gathered, walked, sometimes, squares, part])
def test_any_index_is_as_in_python(function):
    compiled = ab.jit(function)
    rng = np.random.default_rng(4)
    failed = 0
    for turn in range(150):
        n = int(rng.integers(17, 24))
        x = [float(each) for each in rng.integers(-1, 9, n)]
        at = [int(each) for each in rng.integers(-n, n, 9)]
        if turn % 3 == 0:
            at[int(rng.integers(9))] = int(rng.choice([n, -n - 1, LOWEST, HIGHEST, -1, 2**62]))
        wanted = outcome(function, x, at)
        assert outcome(compiled, x, at) == wanted, (x, at)
        failed += wanted[0] is not None
    assert 10 < failed < 150


def rows(data, begins, out):
    for i in range(len(out)):
        s = 0.0
        for k in range(begins[i], begins[i + 1]):
            s += data[k]
        out[i] = s


def reversed_rows(data, begins, out):
    for i in range(len(out)):
        s = 0.0
        for k in range(begins[i + 1] - 1, begins[i] - 1, -1):
            s += data[k]
        out[i] = s


@pytest.mark.parametrize("function", [rows, reversed_rows])
def test_rows_end_where_data_says(function):
    """Ends beyond the array, empty rows, and numbers near the ends of their type."""
    compiled = ab.jit(function)
    far = LOWEST if function is rows else -(2**61)
    raised = 0
    for begins in itertools.product([0, 3, 6, 7, -1, -6, far, far + 1, 2**40], repeat=3):
        # No loop runs 2**62 times.
        if max(begins[1] - begins[0], begins[2] - begins[1]) >= 2**62:
            continue
        data = [1.5, -2.0, 0.25, 8.0, 1e-3, 7.0]
        wanted = row_outcome(function, data, begins)
        assert row_outcome(compiled, data, begins) == wanted, begins
        raised += wanted[0] is not None
    assert 100 < raised < 600


def row_outcome(call: Any, data: list[float], begins: tuple[int, ...]) -> tuple[Any, Any]:
    out = np.zeros(2)
    with np.errstate(over="ignore"):
        try:
            call(np.array(data), np.array(begins, np.int64), out)
        except IndexError as error:
            return str(error), out.tolist()
    return None, out.tolist()


def merge(a, b, out):
    i = j = k = 0
    while i < len(a) and j < len(b):
        if a[i] <= b[j]:
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1
        k += 1
    return i, j, k


def split(a, b, out):
    low = 0
    high = len(out)
    for i in range(len(a)):
        if a[i] < b[0]:
            low += 1
            out[low - 1] = a[i]
        else:
            high -= 1
            out[high] = a[i]
    return low, high


@pytest.mark.parametrize("function", [merge, split])
def test_ways_that_store_alike(function):
    compiled = ab.jit(function)
    rng = np.random.default_rng(7)
    raised = 0
    for turn in range(80):
        a, b = rng.normal(size=(2, 30)).round(1)
        if function is merge:
            a.sort()
            b.sort()
        if turn % 5 == 0:
            a[rng.integers(30)] = np.nan
        ends = []
        for call in (function, compiled):
            out = np.zeros([60, 12, 45][turn % 3])
            try:
                said = call(a, b, out)
            except IndexError as error:
                said = str(error)
            ends.append((said, out.tobytes()))
        assert ends[0] == ends[1]
        raised += isinstance(ends[0][0], str)
    assert 10 < raised < 80


def counted(begins, ends, out):
    for i in range(len(out)):
        s = 0
        for k in range(begins[i], ends[i]):
            s += k
        out[i] = s


def test_loops_that_end_before_they_begin_have_no_turns():
    compiled = ab.jit(counted)
    begins = np.array([3, 1, HIGHEST, 0, 5, LOWEST, 2, 1, -4], np.int64)
    ends = np.array([LOWEST, LOWEST, -2, LOWEST, 9, LOWEST, 2, LOWEST + 5, 0], np.int64)
    for count in (1, 2, 5, 9):
        found, wanted = np.zeros((2, count), np.int64)
        counted(begins, ends, wanted)
        compiled(begins, ends, found)
        assert found.tolist() == wanted.tolist()
