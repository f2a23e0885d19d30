"""What comparisons with other people's programs found, and what was compiled for them."""

from __future__ import annotations

import cmath
import math
import warnings
from typing import Any

import numpy as np
import pytest

import abreast as ab
from foreign_arguments import difference


def built(a, b):
    return complex(a, b)


def parts(x):
    return x.real, x.imag, x.conjugate()


def log_of(z):
    return cmath.log(z)


def gamma_of(x):
    return math.lgamma(x)


def added(a, b):
    out = np.zeros(a.shape)
    np.add(a, b, out)
    np.sin(out, out=out)
    return out


def turned(a):
    return (
        np.transpose(a, (1, 0)),
        a.transpose(),
        np.swapaxes(a, 0, 1),
        np.transpose(a, axes=(0, 1)),
    )


def unpacked(a):
    x, y, z = a
    return x + y * z


def to_the_power(x, y):
    return x**y


def ordered(s, t):
    return s < t, s <= t, s > t, s >= t, s == t, s != t, s == 3, s in (t, None)


def summed_up(a):
    return np.cumsum(a, axis=0), a.cumsum(-1), np.cumprod(a, 0)


def spaced(a):
    return np.linspace(a, 2 * a + 1, 7)


def stored(a, x):
    a[1] = x
    return a[1]


def rounded(x):
    return np.round(x, 2), np.round(x), np.around(x, 1)


def named(x, y):
    both = np.logical_and(x > 0, y > 0)
    return both, np.less(x, y), np.heaviside(x, 0.5), np.degrees(x), np.logical_not(x)


def polar(z, w):
    return cmath.polar(z), cmath.rect(1.5, 0.3), cmath.sinh(z), cmath.log10(w), cmath.log(w, z)


def waits(a):
    ...  # noqa: PIE790 - it is what is tested
    return a[0]


LINE, INTS, GRID = np.arange(3.0), np.arange(5), np.arange(6.0).reshape(2, 3)
CASES: list[tuple[Any, tuple[Any, ...]]] = [
    *((built, it) for it in ((1.5 - 0.5j, 1.5 - 0.5j), (1, 2), (1j, 2.0), (2.0, 1j))),
    *((parts, (it,)) for it in (True, 2.5, 3, 1 + 2j, np.float32(2))),
    *((log_of, (it,)) for it in (0, 1j, -2.0)),
    *((gamma_of, (it,)) for it in (-2.0, -2.5, 0.0, 3, 1e306)),
    *((added, it) for it in ((LINE, LINE), (GRID, LINE), (LINE, GRID), (LINE, LINE[:1]))),
    (turned, (GRID,)),
    *((unpacked, (it,)) for it in (LINE, INTS, INTS[:2], GRID.T.copy(), (1, 2.5, 3))),
    *((to_the_power, it) for it in ((1 + 2j, 0.5), (1 + 2j, 1j), (0j, 1j), (0j, 2.0))),
    *((to_the_power, it) for it in ((0j, 0), (0j, -1), (2.0, 1 + 1j), (1e300 + 0j, 2 + 1j))),
    *((ordered, it) for it in (((1, 2), (1, 3)), ((1, 2), (1, 2, 3)), ((1.5, 2), (1, 2)))),
    *((ordered, it) for it in (((2,), ()), ((3, 3), (1, 4)), ((), ()))),
    *((spaced, (it,)) for it in (1 + 2j, 1.5, 2)),
    *((stored, (np.zeros(2, int), it)) for it in (1.5, math.nan, math.inf, np.float64("nan"))),
    *((stored, (np.zeros(2, np.int32), it)) for it in (-1.5, math.nan, np.float64(2.5))),
    *((rounded, (it,)) for it in (1.2345, 2.675, -0.5, 123.456, np.float32(1.239), LINE * 1.2345)),
    *((named, it) for it in ((LINE, LINE[::-1]), (1.0, 2.0), (INTS, INTS))),
    *((polar, it) for it in ((1 + 2j, 2j), (1j, 0j))),
    (waits, (LINE,)),
    *((summed_up, (it,)) for it in (LINE, INTS)),
]


def outcome(function: Any, given: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    arguments = [it.copy() if isinstance(it, np.ndarray) else it for it in given]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*arguments), arguments
        except (ArithmeticError, ValueError) as error:
            return error, arguments


@pytest.mark.parametrize(
    "function", dict.fromkeys(it[0] for it in CASES), ids=lambda it: it.__name__
)
def test_as_by_python(function):
    compiled = ab.jit(function)
    for given in (it[1] for it in CASES if it[0] is function):
        (found, changed), (expected, arguments) = outcome(compiled, given), outcome(function, given)
        assert not difference(found, expected), given
        assert not any(map(difference, changed, arguments)), given


def counted(a):
    return np.count_nonzero(a, axis=0)


def summed(a):
    return a.cumsum(dtype=np.float32)


def multiplied(a, b, out):
    return np.dot(a, b, out=out)


def in_place(x, y):
    x @= y
    return x


@pytest.mark.parametrize(
    ("function", "given", "message"),
    [
        (counted, (GRID,), "count_nonzero with axis="),
        (summed, (LINE,), "cumsum with dtype="),
        (multiplied, (GRID, GRID.T, np.eye(2)), "dot with out="),
        (in_place, (LINE, LINE), "something else than a matrix"),
        (lambda a: np.transpose(a, (0, 0)), (GRID,), "2 axes in the order of an array of 2"),
        (lambda a: np.sin(a, out=1.0), (GRID,), "an out that is a float"),
        (lambda a: np.sin(a, where=True), (GRID,), "sin with where="),
    ],
)
def test_what_would_mean_something_else_is_refused(function, given, message):
    with pytest.raises(ab.LanguageError, match=message):
        ab.jit(function)(*given)


def test_messages_in_prange_leave_numbers_out():
    @ab.jit
    def adds(a, b, out):
        for i in ab.prange(2):
            out[i] = (a + b).sum()

    with pytest.raises(ValueError, match=r"broadcast together \(numbers are left out in prange\)"):
        adds(LINE, INTS, np.zeros(2))
