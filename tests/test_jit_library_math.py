"""Functions of `math` and NumPy that are written in the language itself, beside the originals."""

from __future__ import annotations

import copy
import itertools
import math
from typing import Any

import numpy as np
import pytest

import abreast as ab

INTS = [0, 1, -1, 2, 12, 18, -7, 20, 21, 61, 10**9, 3037000499**2, 2**62, 2**63 - 1]
SMALL = [0, 1, -1, 5, 20, 30, 31, 61, 62, 70]
FLOATS = [0.0, -0.0, 1.0, -1.5, 2.5, 3.0, 7.0, 1e308, 5e-324, 0.1, math.inf, -math.inf, math.nan]

OF_INTS = [
    (lambda a, b: math.gcd(a, b), INTS),
    (lambda a, b: math.lcm(a, b), INTS),
    (lambda a, b: math.comb(a, b), SMALL),
    (lambda a, b: math.perm(a, b), SMALL),
    (lambda a, b: (math.factorial(a), math.perm(a), b), SMALL),
    (lambda a, b: (math.isqrt(a), b), INTS),
]
OF_FLOATS = [
    lambda a, b: math.isclose(a, b),
    lambda a, b: math.isclose(a, b, rel_tol=0.5, abs_tol=1.0),
    lambda a, b: math.remainder(a, b),
    lambda a, b: (math.modf(a), math.ulp(b)),
]


def outcome(function: Any, *arguments: Any) -> str:
    try:
        found = function(*arguments)
    except (ValueError, OverflowError) as error:
        return type(error).__name__
    wide = found if isinstance(found, tuple) else (found,)
    if any(isinstance(it, int) and it >= 2**63 for it in wide):
        return "OverflowError"
    return repr(found)


@pytest.mark.parametrize(("function", "numbers"), OF_INTS)
def test_ints(function, numbers):
    compiled = ab.jit(function)
    for a, b in itertools.product(numbers, numbers):
        assert outcome(compiled, a, b) == outcome(function, a, b), (a, b)


@pytest.mark.parametrize("function", OF_FLOATS)
def test_floats(function):
    compiled = ab.jit(function)
    for a, b in itertools.product(FLOATS, FLOATS):
        assert outcome(compiled, a, b) == outcome(function, a, b), (a, b)


def test_distances():
    compiled = ab.jit(lambda p, q: math.dist(p, q))
    for p, q in [((0.0, 1.0), (1.0, 2.0)), ((1, 2, 3), (4, 6, 3)), ((1e200,), (-1e200,))]:
        assert compiled(p, q) == pytest.approx(math.dist(p, q), rel=1e-15)


LINE = np.random.default_rng(3).normal(size=50)
NEAR = LINE + 1e-6 * LINE[::-1]
HOLES = np.where(np.arange(50) == 7, np.nan, np.where(np.arange(50) == 9, np.inf, LINE))
COUNTS = np.random.default_rng(4).integers(0, 9, 50)
GRID = np.random.default_rng(5).normal(size=(4, 5))

OF_ARRAYS = [
    (
        lambda a, b: (np.isclose(a, b), np.allclose(a, b)),
        [(LINE, NEAR), (HOLES, HOLES), (COUNTS, COUNTS + 1)],
    ),
    (lambda a, b: np.isclose(a, b, equal_nan=True), [(HOLES, HOLES)]),
    (lambda a, b: np.allclose(a, b, atol=1e-3), [(LINE, NEAR), (GRID, GRID)]),
    (
        lambda a, b: np.array_equal(a, b),
        [(LINE, NEAR), (LINE, LINE), (LINE, LINE[:3]), (GRID, LINE), (GRID, GRID.T)],
    ),
    (lambda a, b: (np.flip(a), np.flip(b), np.flip(b, 0), np.flip(b, axis=1)), [(LINE, GRID)]),
    (lambda a, b: (np.flip(b, -1), np.flip(b, -2), np.flipud(b), np.fliplr(b)), [(LINE, GRID)]),
    (
        lambda a, b: np.cross(a, b),
        [(LINE[:3], NEAR[:3]), (COUNTS[:3], LINE[:3]), (GRID[:, :3], GRID[:, 1:4])],
    ),
    (
        lambda a, b: np.argsort(a, kind="stable"),
        [(COUNTS, 0), (LINE, 0), (HOLES, 0), (LINE[:1], 0)],
    ),
    (
        lambda a, b: np.quantile(a, b),
        [(LINE, 0.3), (LINE, 0.0), (LINE, 1.0), (HOLES, 0.5), (COUNTS, 0.77)],
    ),
    (lambda a, b: np.percentile(a, b), [(LINE, 33), (LINE, 99.5), (LINE[:1], 50)]),
    (lambda a, b: np.convolve(a, b), [(LINE, NEAR[:4]), (COUNTS, COUNTS[:3]), (LINE[:2], NEAR)]),
    (
        lambda a, b: (np.convolve(a, b, "same"), np.convolve(a, b, mode="valid")),
        [(LINE, NEAR[:4]), (LINE[:3], NEAR)],
    ),
]


@pytest.mark.parametrize(("function", "given"), OF_ARRAYS)
def test_arrays(function, given):
    compiled = ab.jit(function)
    for arguments in given:
        expected = function(*copy.deepcopy(arguments))
        found = compiled(*copy.deepcopy(arguments))
        many = expected if isinstance(expected, tuple) else (expected,)
        ours = found if isinstance(expected, tuple) else (found,)
        for x, y in zip(ours, many, strict=True):
            assert type(x) is type(y) and np.asarray(x).dtype == np.asarray(y).dtype
            assert np.allclose(x, y, rtol=1e-12, atol=1e-13, equal_nan=True)


def test_integrals():
    compiled = ab.jit(lambda y, x: (np.trapezoid(y), np.trapezoid(y, x), np.trapezoid(y, dx=0.5)))
    expected = compiled.plain(LINE, NEAR)
    assert np.allclose(compiled(LINE, NEAR), expected, rtol=1e-12)
