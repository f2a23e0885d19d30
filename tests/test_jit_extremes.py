"""`min` and `max` with `key=`, `round` to digits, and small things beside them, as in CPython."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import abreast as ab

LINE = np.array([3.0, -7.5, 2.0, 7.5, -2.0, 2.0])


@ab.jit
def nearest(v):
    return abs(v - 2.5)


FUNCTIONS = [
    lambda x, n: min(x, key=lambda v: (v - n) ** 2),
    lambda x, n: (max(x, key=abs), min(x, key=nearest), max(x, key=None)),
    lambda x, n: min((v * v for v in x if v > 2), key=lambda v: -v),
    lambda x, n: (max(range(10), key=lambda i: i * (7 - i)), min((3, -5, n), key=abs)),
    lambda x, n: (min(n, 4, key=lambda v: -v), max(n, 4, 7, key=lambda v: v % 4)),
    lambda x, n: sum(max(range(5), key=lambda i: (i * 3 + k) % 5) for k in range(n)),
    lambda x, n: divmod(7.5, x[1]),
    lambda x, n: (x[1].is_integer(), x[0].is_integer(), (n / 2).is_integer()),
    lambda x, n: (x.dtype == np.float64, x.dtype == float, x.dtype != np.int32),
    lambda x, n: (x.clip(-1, n), x.clip(None, 0), np.arange(n).clip(1, 2)),
    lambda x, n: (round(x[1], 0), round(x[0] / 7, 3), round(n, 2)),
]


def same(found: Any, expected: Any) -> None:
    if isinstance(expected, tuple):
        assert len(found) == len(expected)
        for x, y in zip(found, expected, strict=True):
            same(x, y)
        return
    assert type(found) is type(expected)
    assert np.array_equal(found, expected), (found, expected)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_as_cpython(function: Any) -> None:
    same(ab.jit(function)(LINE, 3), function(LINE, 3))


@pytest.mark.parametrize("value", [0, 1, -1, 5, -256, 2**63 - 1, -(2**63), True, -7])
def test_bits(value: int) -> None:
    function = ab.jit(lambda x: (x.bit_length(), x.bit_count()))
    assert function(value) == (value.bit_length(), value.bit_count())


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "int64", "uint64"])
def test_bits_of_numbers_of_numpy(dtype: str) -> None:
    function = ab.jit(lambda x: (x[0].bit_length(), x[0].bit_count()))
    limits = np.iinfo(dtype)
    for value in (limits.min, 0, 3, limits.max):
        x = np.array([value], dtype)
        assert function(x) == (int(value).bit_length(), int(value).bit_count())


def test_bits_of_floats_are_refused():
    with pytest.raises(ab.LanguageError, match=r"bit_length of a float"):
        ab.jit(lambda x: x.bit_length())(1.5)


def test_of_nothing():
    with pytest.raises(ValueError, match="empty"):
        ab.jit(lambda x: min(x, key=abs))(np.zeros(0))
    assert ab.jit(lambda x: min(x, key=abs, default=-1.0))(np.zeros(0)) == -1
    with pytest.raises(ZeroDivisionError, match=r"float divmod\(\)|division by zero"):
        ab.jit(lambda x: divmod(x, 0.0))(1.5)


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda x: min(x, key=lambda a, b: a), "not just one argument"),
        (lambda x: min(x, key=5), "key= with a int"),
        (lambda x: max(x, key=lambda v: x), "a key that is"),
    ],
)
def test_keys_that_are_none(function, why):
    with pytest.raises(ab.LanguageError, match=why):
        ab.jit(function)(LINE)


def digits(x):
    return round(x, 0), round(x, 1), round(x, 2), round(x, 7), round(x, 15), round(x, 22)


def test_rounding_is_pythons():
    """To the nearest decimal number of what the float is: 2.675 lies below the middle."""
    compiled = ab.jit(digits)
    rng = np.random.default_rng(8)
    numbers = [2.675, 1.005, 0.125, 0.5, 1.5, 2.5, -0.4, -0.0, 5e-324, 1e300, 2.0**52 + 0.5]
    numbers += [2.0**53 - 1, 4503599627370497.5 / 10, math.inf, -math.inf]
    numbers += list(rng.normal(size=300) * 10.0 ** rng.integers(-20, 20, 300))
    numbers += [(2 * int(it) + 1) / 2000 for it in rng.integers(0, 10**6, 300)]
    numbers += [int(it) / 2**12 for it in rng.integers(-(10**6), 10**6, 300)]
    for x in map(float, numbers):
        assert str(compiled(x)) == str(digits(x)), x
    assert all(map(math.isnan, compiled(math.nan)))
