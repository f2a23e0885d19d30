"""Loops along rows inside of lanes, searches prepared in lanes: to the bit as Python has them."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import abreast as ab

SHAPES = [(1, 1), (3, 20), (8, 8), (9, 7), (17, 33), (33, 16), (40, 9), (65, 24), (70, 3)]


def by_vector(a: Any, x: Any, y: Any) -> None:
    for i in range(a.shape[0]):
        s = y[i]
        for j in range(a.shape[1]):
            s += a[i, j] * x[j]
        y[i] = s


def in_parallel(a: Any, x: Any, y: Any) -> None:
    for i in ab.prange(a.shape[0]):
        s = y[i]
        for j in range(a.shape[1]):
            s += a[i, j] * x[j]
        y[i] = s


def two_sums(a: Any, x: Any, y: Any) -> None:
    """Of some rows alone, from the third column on."""
    for i in range(a.shape[0]):
        if y[i] > 0:
            s = y[i]
            t = y[i]
            for j in range(2, a.shape[1]):
                s = s * a[i, j] + x[j]
                t -= a[i, j] * a[i, 0]
            y[i] = s - t


def diagonals(a: Any, x: Any, y: Any) -> None:
    for i in range(min(a.shape)):
        s = a[0, 0]
        for j in range(a.shape[1] - min(a.shape)):
            s += a[i, j] - x[i + j]
        y[i] = s


@pytest.mark.parametrize("function", [by_vector, in_parallel, two_sums, diagonals])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int16"])
def test_rows(function: Callable[..., None], dtype: str) -> None:
    compiled = ab.jit(function)
    rng = np.random.default_rng(1)
    for n, m in SHAPES:
        wide = rng.integers(-4, 5, (2 * n, 2 * m)).astype(dtype)
        if dtype[0] == "f":
            wide += rng.random((2 * n, 2 * m)).astype(dtype)
        x, y = wide[0, :m].copy(), wide[:n, 1].copy()
        for a in (wide[:n, :m], wide[::2, :m], wide[::-2, m:], wide[:n, ::2], wide[n:, :m].copy()):
            mine, theirs = y.copy(), y.copy()
            with np.errstate(over="ignore"):
                function(a, x, theirs)
            compiled(a, x, mine)
            np.testing.assert_array_equal(mine, theirs, strict=True)


def test_nothing_behind_the_rows_is_read() -> None:
    """The matrix ends where memory ends that may be read."""
    page = mmap.PAGESIZE
    with mmap.mmap(-1, 3 * page) as memory:
        whole = np.frombuffer(memory)
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        end = whole.ctypes.data + 2 * page
        assert protect(end, page, 0) == 0
        try:
            for n, m in SHAPES[:-3]:
                a = whole[2 * page // 8 - n * m : 2 * page // 8].reshape(n, m)
                a[:] = np.arange(n * m).reshape(n, m)
                y = np.zeros(n)
                ab.jit(by_vector)(a, np.ones(m), y)
                np.testing.assert_array_equal(y, a.sum(axis=1))
                del a
        finally:
            assert protect(end, page, 3) == 0
        del whole


def pairs(x: Any, y: Any, out: Any) -> None:
    """Many points share the rows that they look at."""
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            s = x[i, 0] * 0
            for k in range(x.shape[1]):
                t = x[i, k] - y[j, k]
                s += t * t
            out[i, j] = s


def pairs_from(x: Any, y: Any, out: Any) -> None:
    """From the second row, column and element on, with something computed for each row before."""
    for i in range(1, x.shape[0]):
        first = x[i, 0] - x[0, 0]
        for j in range(1, y.shape[0]):
            s = first
            t = y[j, 0]
            for k in range(1, x.shape[1]):
                s = s + y[j, k] * x[i, k]
                t = t - y[j, k]
            out[i, j] = s - t


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
@pytest.mark.parametrize("begin", [0, 1])
def test_rows_that_many_points_share(begin: int, dtype: str) -> None:
    compiled = ab.jit(pairs_from if begin else pairs)
    rng = np.random.default_rng(4)
    for n, m, length in [(1, 1, 1), (3, 9, 2), (8, 8, 8), (9, 31, 7), (15, 257, 3), (21, 300, 17)]:
        x, y = (10 * rng.normal(size=(count, length)).astype(dtype) for count in (n, m))
        mine = rng.normal(size=(n, m)).astype(dtype)
        theirs = mine.copy()
        i, j = x[begin:, None], y[None, begin:]
        if begin:
            s = (i[..., 0] - x[0, 0]) + 0 * j[..., 0]
            t = 0 * i[..., 0] + j[..., 0]
            for k in range(1, length):
                s, t = s + j[..., k] * i[..., k], t - j[..., k]
            theirs[1:, 1:] = s - t
        else:
            s = np.zeros((n, m), dtype)
            for k in range(length):
                s += (i[..., k] - j[..., k]) ** 2
            theirs[:] = s
        compiled(x, y, mine)
        np.testing.assert_array_equal(mine, theirs, strict=True)


def nearest(points: Any, centres: Any, labels: Any, least: Any) -> None:
    for i in range(points.shape[0]):
        best = 0
        so_far = np.inf
        for c in range(centres.shape[0]):
            far = 0.0
            for d in range(points.shape[1]):
                step = points[i, d] - centres[c, d]
                far += step * step
            if far < so_far:
                so_far = far
                best = c
        labels[i] = best
        least[i] = so_far


def history(points: Any, centres: Any, labels: Any, least: Any) -> None:
    """Every turn stores, and some of it is checked."""
    for i in range(points.shape[0]):
        last = 0.0
        for c in range(1, centres.shape[0]):
            dot = 1.0
            for d in range(points.shape[1]):
                dot = dot * 0.5 + points[i, d] * centres[c, d]
            last = last * 0.25 + dot + c
            labels[labels[c % len(labels)] % len(labels)] = c
        least[i] = last


def changing(points: Any, centres: Any, labels: Any, least: Any) -> None:
    """What is read changes from turn to turn."""
    for i in range(points.shape[0]):
        last = 0.0
        for c in range(centres.shape[0] - 1):
            dot = 0.0
            for d in range(centres.shape[1]):
                dot += centres[c, d]
            last = last * 0.5 + dot
            centres[c + 1, 0] = last
        least[i] = last


@pytest.mark.parametrize("function", [nearest, history, changing])
@pytest.mark.parametrize("boundscheck", [True, False])
def test_searches(function: Callable[..., None], boundscheck: bool) -> None:
    compiled = ab.jit(function, boundscheck=boundscheck)
    rng = np.random.default_rng(2)
    for count in (1, 7, 8, 9, 16, 19):
        for length in (1, 4, 8, 11, 16, 18):
            points, centres = rng.normal(size=(5, length)), rng.normal(size=(count, length))
            if count > 8:
                centres[3] = centres[7]
                points[1] = np.nan
                points[2] = centres[7]
            given = (points, centres, np.zeros(5, np.int64), np.zeros(5))
            expected = tuple(each.copy() for each in given)
            function(*expected)
            compiled(*given)
            for mine, theirs in zip(given, expected, strict=True):
                np.testing.assert_array_equal(mine, theirs, strict=True)


def failing(points: Any, places: Any, out: Any) -> None:
    last = 0.0
    for c in range(points.shape[0]):
        far = 0.0
        for d in range(points.shape[1]):
            far += points[c, d]
        last += far
        out[places[c]] = last


def test_the_turns_before_an_error() -> None:
    points = np.random.default_rng(3).normal(size=(21, 9))
    for at in (0, 5, 8, 13, 20):
        places = np.arange(21)
        places[at] = 100
        mine, theirs = np.zeros(21), np.zeros(21)
        for function, out in ((ab.jit(failing), mine), (failing, theirs)):
            with pytest.raises(IndexError):
                function(points, places, out)
        np.testing.assert_array_equal(mine, theirs)
