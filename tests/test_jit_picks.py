"""Arrays as indices in compiled functions, beside NumPy."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import abreast as ab


def check(function: Any, *arguments: Any) -> None:
    first, second = copy.deepcopy(arguments), copy.deepcopy(arguments)
    expected = function(*first)
    found = ab.jit(function)(*second)
    assert np.array_equal(found, expected) if expected is not None else found is None
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    assert all(np.array_equal(x, y) for x, y in zip(first, second, strict=True))


def named(a, idx):
    return a[idx]


def turned(a, idx):
    a[:] = a[idx] * 2
    return a[idx]


def masked(a, b):
    a[a > 3] = 0
    a[(a < b) & ~(b < 2)] += 10
    m = b > 5
    a[m] = -1.5


def zeroed(a, m):
    a[m] = 0


def test_integers_name_elements():
    a = np.arange(8.0) ** 2
    check(named, a, np.array([3, 0, -1, 7]))
    check(named, a, np.array([[3, 0], [-8, 7]], np.int32))
    check(named, a.astype(np.int16), np.zeros(0, np.int64))
    check(turned, a, np.arange(8)[::-1].copy())
    for bad in (8, -9):
        with pytest.raises(IndexError):
            ab.jit(named)(a, np.array([0, bad]))


def test_masks_choose_elements():
    check(masked, np.arange(8.0), np.arange(8.0)[::-1].copy())
    check(masked, np.arange(12).reshape(3, 4), np.arange(12).reshape(3, 4)[::-1].copy())
    words = "boolean index did not match indexed array along axis 0; size of axis is 8 but size"
    with pytest.raises(IndexError, match=words):
        ab.jit(zeroed)(np.arange(8.0), np.ones(9, bool))
