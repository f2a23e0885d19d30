"""NumPy's functions that are written in the language itself, each beside NumPy's own."""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any

import numpy as np
import pytest

import abreast as ab

RNG = np.random.default_rng(3)
LINE = np.arange(6.0)
SEVEN = RNG.random(7)
TURNS = RNG.random(6) + 1j * RNG.random(6)
INTS = np.array([3, 1, 2, 3, -4])
SQUARE = RNG.random((4, 4))
WIDE = RNG.random((3, 5))
WHOLE = RNG.integers(-5, 9, (3, 4))
HOLES = np.array([np.nan, 1, 2, np.nan, -3, 0.5])
TURNED = SQUARE + 1j * SQUARE.T
STEEP = SQUARE @ SQUARE.T + np.eye(4)
CUBE = RNG.random((2, 3, 4))
SMALL = RNG.random(9).astype("f4")

with np.errstate(all="ignore"):
    CALLS: list[tuple[Any, list[tuple[Any, ...]]]] = [
        (
            lambda a, b: np.isclose(a, b),
            [(LINE, LINE + 1e-09), (HOLES, HOLES), (INTS, INTS + 1), (1.0, 1.0)],
        ),
        (lambda a, b: np.allclose(a, b), [(LINE, LINE + 1e-09), (HOLES, HOLES), (SQUARE, SQUARE)]),
        (lambda a, b: np.isclose(a, b, equal_nan=True), [(HOLES, HOLES)]),
        (
            lambda a, b: np.array_equal(a, b),
            [(LINE, LINE), (LINE, SEVEN), (LINE, SQUARE), (INTS, INTS)],
        ),
        (lambda a: np.isposinf(a), [(HOLES,)]),
        (lambda a: np.isneginf(a), [(-HOLES / 0,)]),
        (lambda a: np.isreal(a), [(TURNS,), (LINE,)]),
        (lambda a: np.iscomplex(a), [(TURNS,), (LINE,)]),
        (lambda a: np.nan_to_num(a), [(HOLES,), (HOLES / 0,), (INTS,), (SMALL / 0,)]),
        (lambda a: np.diag(a), [(LINE,), (SQUARE,), (WIDE,)]),
        (lambda a: np.diag(a, k=1), [(LINE,), (SQUARE,), (WIDE,)]),
        (lambda a: np.diag(a, -2), [(LINE,), (WIDE,)]),
        (lambda a: np.diagflat(a), [(SQUARE,), (LINE,)]),
        (lambda a: np.trace(a), [(SQUARE,), (WHOLE,), (TURNED,)]),
        (lambda a: np.trace(a, 1), [(WIDE,)]),
        (lambda: np.tri(3), [()]),
        (lambda a: np.tri(a, 4, 1), [(3,)]),
        (lambda a: np.tri(a, 4, -1), [(3,)]),
        (lambda a: np.tril(a, 1), [(CUBE,), (WHOLE,)]),
        (lambda a: np.triu(a, -1), [(CUBE,), (WHOLE,)]),
        (lambda a: np.tril_indices(a), [(4,)]),
        (lambda a: np.triu_indices(a, 1), [(4,)]),
        (lambda a: np.tril_indices_from(a), [(WIDE,)]),
        (lambda a: np.triu_indices_from(a, 1), [(WIDE,)]),
        (lambda a: np.vander(a), [(LINE,), (INTS,), (TURNS,)]),
        (lambda a: np.vander(a, 3, increasing=True), [(LINE,), (INTS,)]),
        (
            lambda a, b: np.cross(a, b),
            [(LINE[:3], SEVEN[:3]), (WHOLE[:, :3], INTS[:3]), (WIDE[:, :3], WIDE[:, 1:4])],
        ),
        (lambda a, b: np.inner(a, b), [(LINE, LINE), (SQUARE, SQUARE)]),
        (lambda a, b: np.kron(a, b), [(LINE, INTS), (WHOLE, SQUARE)]),
        (lambda a, b: np.outer(a, b), [(LINE, INTS)]),
        (lambda a, b: np.vdot(a, b), [(TURNS, TURNS), (SQUARE, SQUARE), (INTS, INTS)]),
        (lambda a: np.linalg.cholesky(a), [(STEEP,), (TURNED @ TURNED.conj().T + np.eye(4),)]),
        (
            lambda a: np.linalg.det(a),
            [(SQUARE,), (TURNED,), (WHOLE[:, :3],), (SQUARE.astype("f4"),)],
        ),
        (lambda a: np.linalg.inv(a), [(SQUARE,), (TURNED,), (WHOLE[:, :3],)]),
        (
            lambda a, b: np.linalg.solve(a, b),
            [
                (SQUARE, SEVEN[:4]),
                (SQUARE, SQUARE.T),
                (TURNED, SEVEN[:4]),
                (WHOLE[:, :3], INTS[:3]),
            ],
        ),
        (
            lambda a, b: np.linalg.matrix_power(a, b),
            [(WHOLE[:, :3], 3), (SQUARE, 0), (SQUARE, 6), (SQUARE, 1)],
        ),
        (lambda a: np.linalg.norm(a), [(SQUARE,), (TURNS,)]),
        (lambda a, b: np.append(a, b), [(LINE, SEVEN), (LINE, 2.5), (INTS, 2.5), (SQUARE, LINE)]),
        (lambda a: np.argwhere(a), [(WHOLE,), (LINE,)]),
        (lambda a: np.ascontiguousarray(a), [(SQUARE.T,)]),
        (lambda a: np.atleast_1d(a), [(LINE,), (3.5,)]),
        (lambda a: np.atleast_2d(a), [(LINE,), (SQUARE,), (2,)]),
        (lambda a: np.broadcast_to(a, (3, 6)), [(LINE,), (2.0,)]),
        (lambda a, b: np.column_stack((a, b)), [(LINE, LINE * 2), (SQUARE, SEVEN[:4])]),
        (lambda a, b: np.delete(a, b), [(LINE, 2), (LINE, -1), (LINE, np.array([0, 3, 3]))]),
        (lambda a: np.expand_dims(a, 0), [(LINE,), (SQUARE,)]),
        (lambda a: np.expand_dims(a, 1), [(LINE,), (SQUARE,)]),
        (lambda a: np.expand_dims(a, axis=-1), [(LINE,), (SQUARE,)]),
        (lambda a, b: np.extract(a > b, a), [(LINE, 2.0), (SQUARE, 0.5)]),
        (lambda a: np.flip(a), [(LINE,), (SQUARE,), (CUBE,)]),
        (lambda a: np.fliplr(a), [(SQUARE,)]),
        (lambda a: np.flipud(a), [(SQUARE,)]),
        (lambda a, b: np.insert(a, b, 9), [(LINE, 2), (LINE, -1), (LINE, 6), (INTS, 0)]),
        (lambda a, b: np.insert(a, 2, b), [(LINE, SEVEN)]),
        (lambda a: np.resize(a, 9), [(LINE,)]),
        (lambda a: np.resize(a, (2, 2)), [(LINE,), (SQUARE,)]),
        (lambda a: np.trim_zeros(a), [(np.array([0.0, 0, 1, 0, 2, 0]),), (LINE * 0,)]),
        (lambda a: np.argsort(a), [(LINE[::-1].copy(),), (HOLES,), (RNG.random(100),)]),
        (lambda a: np.argsort(a, kind="stable"), [(INTS,), (RNG.integers(0, 5, 200),)]),
        (
            lambda a, b: np.percentile(a, b),
            [
                (SEVEN, 30),
                (SEVEN, np.array([0, 25.0, 50, 99, 100])),
                (HOLES, 50),
                (INTS, 33.3),
                (SMALL, 50),
            ],
        ),
        (lambda a, b: np.quantile(a, b), [(SEVEN, 0.3), (INTS, 0.75), (SEVEN, 1)]),
        (lambda a: np.nanmedian(a), [(HOLES,), (SQUARE,)]),
        (lambda a: np.nanpercentile(a, 40), [(HOLES,)]),
        (lambda a: np.nanquantile(a, 0.4), [(HOLES,)]),
        (lambda a: np.unique(a), [(INTS,), (HOLES,), (WHOLE,)]),
        (lambda a, b: np.union1d(a, b), [(INTS, WHOLE), (LINE, INTS)]),
        (lambda a, b: np.intersect1d(a, b), [(INTS, WHOLE), (LINE, INTS)]),
        (lambda a, b: np.setxor1d(a, b), [(INTS, WHOLE.ravel()), (LINE, INTS)]),
        (lambda a, b: np.setdiff1d(a, b), [(WHOLE, INTS), (LINE, INTS)]),
        (lambda a, b: np.isin(a, b), [(WHOLE, INTS), (LINE, INTS), (HOLES, HOLES)]),
        (lambda a, b: np.isin(a, b, invert=True), [(WHOLE, INTS)]),
        (lambda a: np.sort(a), [(INTS,)]),
        (lambda a: np.median(a), [(SEVEN,)]),
        (lambda a, b: np.searchsorted(a, b), [(LINE, 2.0), (LINE, SQUARE * 5), (LINE, HOLES)]),
        (
            lambda a, b: np.searchsorted(a, b, side="right"),
            [(LINE, 2.0), (LINE, WHOLE), (LINE, HOLES)],
        ),
        (lambda a, b: np.searchsorted(a, b, "right"), [(LINE, 3)]),
        (
            lambda a, b: np.digitize(a, b),
            [(SEVEN * 6, LINE), (INTS, LINE), (SEVEN * 6, LINE[::-1].copy()), (SQUARE * 5, LINE)],
        ),
        (lambda a, b: np.digitize(a, b, right=True), [(INTS, LINE), (INTS, LINE[::-1].copy())]),
        (lambda a: np.histogram(a), [(SEVEN,)]),
        (lambda a: np.histogram(a, 4), [(SEVEN,), (WHOLE,)]),
        (lambda a: np.histogram(a, bins=5, range=(0.0, 1.0)), [(SEVEN,)]),
        (lambda a, b: np.histogram(a, b), [(SEVEN * 5, LINE)]),
        (lambda a, b: np.interp(a, b, b * b), [(2.5, LINE), (7, LINE), (SEVEN * 6, LINE)]),
        (lambda a: np.bincount(a), [(np.array([1, 4, 1]),)]),
        (lambda a: np.bartlett(a), [(7,), (1,), (6,)]),
        (lambda a: np.blackman(a), [(7,), (1,)]),
        (lambda a: np.hamming(a), [(7,), (1,)]),
        (lambda a: np.hanning(a), [(7,), (0,)]),
        (lambda a, b: np.convolve(a, b), [(LINE, SEVEN), (INTS, INTS), (LINE, TURNS)]),
        (
            lambda a, b: np.convolve(a, b, "same"),
            [(LINE, SEVEN), (SEVEN, LINE), (LINE, LINE[:2]), (LINE, LINE[:3]), (LINE[:3], LINE)],
        ),
        (lambda a, b: np.convolve(a, b, mode="valid"), [(LINE, SEVEN), (LINE, LINE[:2])]),
        (lambda a, b: np.correlate(a, b), [(LINE, LINE[:3]), (SEVEN, TURNS[:2]), (LINE[:3], LINE)]),
        (
            lambda a, b: np.correlate(a, b, "full"),
            [(LINE, SEVEN), (TURNS, TURNS[:2]), (TURNS[:2], TURNS)],
        ),
        (
            lambda a, b: np.correlate(a, b, "same"),
            [(LINE, SEVEN), (SEVEN, LINE), (LINE, LINE[:2]), (LINE[:2], LINE), (LINE[:3], LINE)],
        ),
        (lambda a, b: np.geomspace(a, b, 5), [(1.0, 100.0), (1, 1000), (-1.0, -8.0)]),
        (lambda a, b: np.logspace(a, b, 5), [(0, 2), (0.5, 1.5)]),
        (lambda a, b: np.polyval(a, b), [(LINE, 2.0), (INTS, SEVEN), (INTS, 3)]),
        (lambda a: np.sinc(a), [(LINE / 3,), (0.5,)]),
        (
            lambda a: np.unwrap(a),
            [(np.cumsum(RNG.random(30) * 5),), (np.array([0, np.pi, 0, 3 * np.pi, -np.pi]),)],
        ),
        (lambda a: np.average(a), [(LINE,), (SQUARE,)]),
        (lambda a, b: np.average(a, weights=b), [(LINE, SEVEN[:6]), (SQUARE, SQUARE)]),
        (lambda a: np.cov(a), [(WIDE,), (LINE,)]),
        (lambda a: np.cov(a, rowvar=False), [(WIDE,)]),
        (lambda a: np.cov(a, bias=True), [(WIDE,), (TURNS.reshape(2, 3),)]),
        (lambda a: np.corrcoef(a), [(WIDE,)]),
        (lambda a: np.diff(a), [(LINE,)]),
        (lambda a: np.ediff1d(a), [(SQUARE,)]),
        (lambda a: np.nancumprod(a), [(HOLES,)]),
        (lambda a: np.nancumsum(a), [(HOLES,), (INTS,)]),
        (lambda a: np.nanmax(a), [(HOLES,), (INTS,), (HOLES * np.nan,)]),
        (lambda a: np.nanmin(a), [(HOLES,), (SQUARE,)]),
        (lambda a: np.nanmean(a), [(HOLES,), (SMALL,), (INTS,)]),
        (lambda a: np.nanprod(a), [(HOLES,)]),
        (lambda a: np.nanstd(a), [(HOLES,), (SMALL,), (SQUARE,)]),
        (lambda a: np.nanstd(a, ddof=1), [(HOLES,)]),
        (lambda a: np.nanvar(a), [(HOLES,), (TURNS,)]),
        (lambda a: np.nansum(a), [(HOLES,)]),
        (lambda a: np.ptp(a), [(SEVEN,)]),
        (lambda a: np.trapezoid(a), [(LINE,), (INTS,)]),
        (lambda a, b: np.trapezoid(a, b), [(LINE, SEVEN[:6])]),
        (lambda a: np.trapezoid(a, dx=0.5), [(LINE,)]),
        (lambda a, b: np.fmax(a, b), [(INTS, INTS[::-1]), (3, 4), (HOLES, LINE)]),
        (lambda a, b: np.fmin(a[0], b[1]), [(INTS, INTS[::-1]), (HOLES, LINE)]),
        (
            lambda a, b: np.fmod(a, b),
            [(INTS, 3), (INTS, -3), (WHOLE, 0), (LINE, 2.5), (INTS, INTS[::-1])],
        ),
        (lambda a: np.isnan(a), [(TURNS * np.nan,), (TURNS,), (1j,)]),
        (lambda a: np.isfinite(a), [(TURNS / 0,), (TURNS,)]),
        (lambda a, b: a.reshape(b), [(LINE, -2), (LINE, -1), (LINE, 6)]),
        (lambda a, b: a.reshape((b, 3)), [(LINE, -5), (LINE, 2)]),
        (lambda a, b: a.reshape(b, -1), [(LINE, 3), (CUBE, 4)]),
        (lambda a, b: np.take(a, b), [(LINE > 2, LINE > 3), (LINE, np.array([1, -1]))]),
        (lambda a: (np.ndim(a), np.size(a), a.dtype == np.float64), [(LINE,), (WHOLE,)]),
        (lambda a: np.ndim(a) + np.size(a), [(2.5,), (CUBE,)]),
        (lambda a: np.sqrt((1.0, 4, a)), [(9,), (2.5,)]),
        (lambda a: np.add((1, 2), a), [(3,), (LINE[:2],)]),
        (lambda a: a.argsort(), [(HOLES,), (INTS,)]),
        (lambda a: a.repeat(3), [(LINE,)]),
        (lambda a: np.expand_dims(a, -2), [(SQUARE,), (LINE,)]),
        (lambda a: np.delete(a, 5), [(SQUARE,)]),
        (lambda a: np.insert(a, 2, 7), [(WHOLE,)]),
        (
            lambda a, b: np.percentile(a, b),
            [(SMALL, np.array([5, 95], "f4")), (SMALL, np.array([5, 95]))],
        ),
        (lambda a: np.tri(a), [(-2,)]),
        (lambda a: np.triu_indices(a), [(-2,)]),
        (lambda a: np.vander(a), [(np.arange(3, dtype="i4"),), (SMALL,)]),
        (lambda a: np.trapezoid(a), [(SQUARE,), (WHOLE,)]),
        (lambda a, b: np.trapezoid(a, b), [(SQUARE, SQUARE * 2), (SQUARE, LINE[:4])]),
        (lambda a, b: np.linalg.matrix_power(a, b), [(SQUARE, -3), (TURNED, -1)]),
        (lambda a, b: math.gcd(a, b), [(12, -18), (0, 0), (7, 0)]),
        (lambda a, b: math.lcm(a, b), [(4, 6), (0, 3), (-4, 6)]),
        (lambda a, b: math.comb(a, b), [(10, 3), (3, 10), (60, 30), (5, 0)]),
        (lambda a: math.factorial(a), [(0,), (20,)]),
        (
            lambda a, b: math.isclose(a, b),
            [(1.0, 1.0 + 1e-10), (1.0, 1.1), (np.inf, np.inf), (np.inf, 1.0)],
        ),
        (lambda a, b: math.isclose(a, b, rel_tol=0.1, abs_tol=0.5), [(1.0, 1.4), (10.0, 11.2)]),
    ]


def alike(found: Any, expected: Any) -> bool:
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(alike, found, expected))
    same = np.shape(found) == np.shape(expected)
    kinds = np.asarray(found).dtype, np.asarray(expected).dtype
    close = 1e-5 if kinds[1] == np.float32 else 1e-11
    return (
        same and kinds[0] == kinds[1] and np.allclose(found, expected, close, 1e-13, equal_nan=True)
    )


@pytest.mark.parametrize("place", range(len(CALLS)))
def test_beside_numpy(place: int) -> None:
    function, many = CALLS[place]
    compiled = ab.jit(function)
    for given in many:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = function(*copy.deepcopy(given))
        found = compiled(*copy.deepcopy(given))
        assert alike(found, expected), (compiled, given, found, expected)


ERRORS: list[tuple[Any, tuple[Any, ...]]] = [
    (lambda a: np.linalg.inv(a), (np.ones((2, 2)),)),
    (lambda a: np.linalg.det(a), (WIDE,)),
    (lambda a: np.linalg.cholesky(a), (-STEEP,)),
    (lambda a: np.quantile(a, 1.5), (LINE,)),
    (lambda a: np.percentile(a, -1), (LINE,)),
    (lambda a: np.average(a, weights=a * 0), (LINE,)),
    (lambda a: np.insert(a, 7, 1.0), (LINE,)),
    (lambda a: np.cross(a, a), (LINE,)),
    (lambda a: np.digitize(a, a), (np.array([1.0, 3.0, 2.0]),)),
    (lambda a: a.reshape(4, -1), (LINE,)),
    (lambda a, b: a.reshape(b, -1), (LINE, -3)),
    (lambda a, b: a.reshape(b, 2), (LINE, 4)),
    (lambda a, b: a.reshape(b, b), (LINE, -1)),
    (lambda a, b: a[::b], (LINE, 0)),
    (lambda a: math.factorial(a), (-1,)),
    (lambda a: math.comb(a, 2), (-1,)),
]


@pytest.mark.parametrize("place", range(len(ERRORS)))
def test_errors_are_numpys(place: int) -> None:
    function, given = ERRORS[place]
    with pytest.raises(Exception) as expected:
        function(*copy.deepcopy(given))
    with pytest.raises(type(expected.value)) as found:
        ab.jit(function)(*copy.deepcopy(given))
    assert type(found.value) is type(expected.value)
    assert str(found.value) == str(expected.value)


def test_slices_by_steps_that_vary():
    def cut(a, i, j, k):
        return a[i:j:k]

    compiled = ab.jit(cut)
    for i in (-9, -3, 0, 2, 9):
        for j in (-9, -2, 0, 4, 9):
            for k in (-(10**15), -3, -1, 1, 2, 10**15):
                assert np.array_equal(compiled(LINE, i, j, k), cut(LINE, i, j, k)), (i, j, k)


def test_slices_by_steps_that_vary_show_the_array():
    def fill(a, k):
        a[::k] = k
        a[1::2][::k] += 0.5
        return a[::k]

    for k in (-3, -1, 1, 2):
        ours, theirs = np.zeros((9, 2)), np.zeros((9, 2))
        assert np.array_equal(ab.jit(fill)(ours, k), fill(theirs, k))
        assert np.array_equal(ours, theirs)


def test_sort_in_place():
    def sorts(a):
        a.sort()
        a[1:4][::-1].sort()

    for a in (HOLES, INTS, LINE[::-1]):
        ours, theirs = a.copy(), a.copy()
        ab.jit(sorts)(ours)
        sorts(theirs)
        assert np.array_equal(ours, theirs, equal_nan=True)


def test_filled_diagonals():
    def fills(a):
        np.fill_diagonal(a, 7)

    ours, theirs = WIDE.copy(), WIDE.copy()
    ab.jit(fills)(ours)
    fills(theirs)
    assert np.array_equal(ours, theirs)


def test_refusals_show_the_line_of_the_caller():
    def traces(a):
        return 1 + np.trace(a)

    with pytest.raises(ab.LanguageError) as error:
        ab.jit(traces)(LINE)
    message = str(error.value)
    assert "jit of traces: np.trace of such arguments" in message
    assert "test_jit_numpy.py" in message and "library" not in message
    code, caret = message.splitlines()[2:4]
    assert code[caret.index("^") : caret.rindex("^") + 1] == "np.trace(a)"
    assert "hint: " in message
