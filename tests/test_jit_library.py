"""Functions of NumPy's that compiled functions have in their own language, beside NumPy."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import abreast as ab


def check(function: Any, *arguments: Any) -> None:
    compiled = function if isinstance(function, ab.JitFunction) else ab.jit(function)
    expected = compiled.plain(*copy.deepcopy(arguments))
    found = compiled(*copy.deepcopy(arguments))
    many = expected if isinstance(expected, tuple) else (expected,)
    ours = found if isinstance(expected, tuple) else (found,)
    for x, y in zip(ours, many, strict=True):
        assert np.shape(x) == np.shape(y) and np.asarray(x).dtype == np.asarray(y).dtype
        assert np.allclose(x, y, rtol=1e-12, equal_nan=True), (arguments, x, y)


@ab.jit
def sorts(a):
    return np.sort(a), np.unique(a), np.median(a)


@ab.jit
def moves(a, n):
    return np.diff(a), np.roll(a, n), np.repeat(a, 3), np.tile(a, 2), np.ptp(a), np.outer(a, a[:3])


@ab.jit
def squares(m, k):
    return np.diag(m), np.diag(m[0]), np.trace(m), np.tril(m, k), np.triu(m), np.diff(m)


@ab.jit
def searches(x, a, f):
    return np.searchsorted(a, x), np.interp(x, a, f), np.linalg.norm(x), np.nansum(x), np.nanmean(x)


@ab.jit
def counts(x, w, n):
    return np.bincount(x), np.bincount(x, minlength=n), np.bincount(x, w)


def test_sorts():
    rng = np.random.default_rng(4)
    for n in (1, 2, 15, 16, 17, 100, 1000):
        check(sorts, rng.integers(0, n, n))
        check(sorts, rng.random(n).astype(np.float32).astype(np.float64))
    a = rng.random(90)
    a[::7] = np.nan
    a[::11] = np.inf
    check(lambda a: np.sort(a), a)
    check(lambda a: np.median(a), a)
    check(lambda a: np.sort(a), rng.random(40).astype("f4"))


def test_moves():
    for n in (-7, -1, 0, 2, 9):
        check(moves, np.arange(5.0) ** 2, n)
        check(moves, np.arange(6, dtype=np.int16), n)


def test_squares():
    for k in (-2, 0, 1):
        check(squares, np.arange(12.0).reshape(3, 4), k)
        check(squares, np.arange(12).reshape(4, 3)[::-1], k)


def test_searches():
    rng = np.random.default_rng(5)
    a = np.sort(rng.random(30))
    x = np.concatenate([rng.random(40) * 1.2 - 0.1, a[::5], [np.nan]])
    check(searches, x, a, rng.random(30))


def test_counts():
    check(counts, np.array([3, 1, 1, 0, 5]), np.arange(5.0) / 4, 9)
    with pytest.raises(ValueError, match="negative"):
        counts(np.array([1, -1]), np.ones(2), 2)
