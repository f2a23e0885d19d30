"""Choices in loops that run in lanes: values as in Python, nothing read that no turn reads."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import abreast as ab

LENGTHS = (0, 1, 3, 7, 8, 16, 31, 63, 64, 65, 127, 130, 200)


def life(old: Any, new: Any) -> None:
    n, m = old.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            near = old[i - 1, j - 1] + old[i - 1, j] + old[i - 1, j + 1]
            near += old[i, j - 1] + old[i, j + 1]
            near += old[i + 1, j - 1] + old[i + 1, j] + old[i + 1, j + 1]
            if near == 3 or (near == 2 and old[i, j] == 1):
                new[i, j] = 1
            else:
                new[i, j] = 0


def same_place(x: Any, y: Any, out: Any) -> None:
    for i in range(len(x)):
        if x[i] > 0:
            y[i] = x[i] + 1
            out[i] = x[i] * 2
        elif x[i] < -1:
            y[i] = x[i] - 1
            out[i] = y[i] - 3
        else:
            y[i] = 0
            out[i] = -x[i]


def other_places(x: Any, y: Any, out: Any) -> None:
    for i in range(len(x)):
        if x[i] > 0:
            y[i] = 1
            out[i] = 5
        else:
            out[i] = 7
            y[i] = 2


def before(x: Any, y: Any, out: Any) -> None:
    for i in range(len(x)):
        left = 0
        if i > 0:
            left = y[i - 1]
        out[i] = x[i] - left


@pytest.mark.parametrize("function", [same_place, other_places, before])
@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "int64", "float32", "float64"])
def test_values(function: Callable[..., None], dtype: str) -> None:
    compiled = ab.jit(function)
    rng = np.random.default_rng(3)
    for n in LENGTHS:
        x = rng.integers(-4 if dtype[0] != "u" else 0, 5, n).astype(dtype)
        given = [x, x[::-1].copy(), np.full(n, 9, dtype)]
        expected = [each.copy() for each in given]
        with np.errstate(over="ignore"):
            function(*expected)
        compiled(*given)
        for mine, theirs in zip(given, expected, strict=True):
            np.testing.assert_array_equal(mine, theirs, strict=True)


def test_neighbours() -> None:
    compiled = ab.jit(life)
    rng = np.random.default_rng(4)
    for shape in [(3, 3), (2, 9), (5, 66), (4, 67), (9, 131), (6, 200)]:
        old = rng.integers(0, 2, shape).astype(np.uint8)
        mine, theirs = np.full(shape, 7, np.uint8), np.full(shape, 7, np.uint8)
        compiled(old, mine)
        life(old, theirs)
        np.testing.assert_array_equal(mine, theirs)


def test_nothing_else_is_read() -> None:
    """The array begins where memory begins that may be read."""
    page = mmap.PAGESIZE
    with mmap.mmap(-1, 2 * page) as memory:
        whole = np.frombuffer(memory, np.uint8)
        libc = ctypes.CDLL(None, use_errno=True)
        protect = libc.mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        y = whole[page : page + 100]
        y[:] = np.arange(100)
        x, out = np.full(100, 200, np.uint8), np.zeros(100, np.uint8)
        assert protect(whole.ctypes.data, page, 0) == 0, ctypes.get_errno()
        try:
            ab.jit(before)(x, y, out)
        finally:
            assert protect(whole.ctypes.data, page, 3) == 0
        np.testing.assert_array_equal(out, x - np.concatenate([[0], y[:-1]]))
        del whole, y
