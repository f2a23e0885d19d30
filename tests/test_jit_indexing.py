"""Arrays as indices in compiled functions, over types and shapes, beside NumPy."""

from __future__ import annotations

import copy
import itertools
import re
from typing import Any

import numpy as np
import pytest

import abreast as ab

LONG = [pytest.param(it, marks=pytest.mark.long) for it in ["i1", "u4", "i8", "f4"]]
KINDS = ["?", "f8", "c16", *LONG]


def outcome(function: Any, arguments: Any) -> tuple[Any, Any]:
    given = copy.deepcopy(arguments)
    try:
        return function(*given), given
    except (IndexError, ValueError) as error:
        return error, given


def said(error: Any) -> str:
    # Where several elements may fail at once, the numbers are left out.
    return re.sub(
        r"index (-?\d+ )?is out of bounds for axis (\d+).*", r"out of \2", str(error)
    ).strip()


def alike(found: Any, expected: Any) -> bool:
    if isinstance(expected, Exception):
        return type(found) is type(expected) and said(found) == said(expected)
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(alike, found, expected))
    if expected is None:
        return found is None
    same = np.asarray(found).dtype == np.asarray(expected).dtype
    return same and np.shape(found) == np.shape(expected) and np.array_equal(found, expected)


def check(function: Any, *arguments: Any) -> None:
    """Values, types, shapes, exceptions with their words, and what was written."""
    compiled = function if isinstance(function, ab.JitFunction) else ab.jit(function)
    expected, after = outcome(compiled.plain, arguments)
    found, given = outcome(compiled, arguments)
    where = f"{compiled.plain.__name__}{arguments}"
    assert alike(found, expected), f"{where}: {found!r}, not {expected!r}"
    assert alike(given, after), f"{where}: {given}, not {after}"


@ab.jit
def read(a, index):
    return a[index]


@ab.jit
def write(a, index, x):
    a[index] = x


@ab.jit
def add(a, index, x):
    a[index] += x


@ab.jit
def of_two(a, i, j):
    return a[i, j], a[i[:, None], j]


@ab.jit
def with_slices(a, i):
    return a[i, 1:], a[1:, i], a[i, 1], a[1, i], a[..., i], a[i, None], a[None, i], a[::-1, i]


@ab.jit
def of_three(a, i, j):
    return a[i, :, j], a[:, i, j], a[i, 0, j], a[i, j], a[0, :, i], a[i, :, 0], a[:, i], a[:, :, i]


@ab.jit
def of_masks(a, m, i):
    return a[m], a[m, 1], a[m, 1:], a[:, i][m], a[m][:, i]


@ab.jit
def positive(a, b):
    return a[a > 2], b[(a > 1) & ~(b > 6)], a[a > b].sum(), len(a[a > 99])


@ab.jit
def places(m):
    return np.nonzero(m), np.where(m), m.nonzero()


def values(kind: str, *shape: int) -> Any:
    return (np.arange(np.prod(shape)).reshape(shape) % 7 - (kind[0] in "if")).astype(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_elements_that_arrays_name(kind):
    line, table, cube = values(kind, 8), values(kind, 5, 4), values(kind, 4, 5, 4)
    i, j = np.array([3, 0, -1, 3]), np.array([1, -4, 2, 0], np.int32)
    for index in (i, j, i.reshape(2, 2), i[:0], i.astype(np.uint8) % 4, i[::2]):
        check(read, line, index)
        check(read, table, index)
        check(read, cube[:, ::2], index % 4)
    check(of_two, table, i, j)
    check(of_two, table.T, j, i)
    check(with_slices, table, i)
    check(of_three, cube, i, j)


@pytest.mark.parametrize("kind", KINDS)
def test_elements_that_masks_choose(kind):
    for shape in ((9,), (4, 5), (3, 1, 4), (0,), (1, 0)):
        a = values(kind, *shape)
        for m in (a == 1, a != 1, np.ones(shape, bool), np.zeros(shape, bool)):
            check(read, a, m)
            check(places, m)
            check(write, a, m, a[m][::-1].copy())
            check(add, a, m, a[m])
    table = values(kind, 5, 4)
    check(of_masks, table, table[:, 0] > 0, np.array([3, 0, 1]))
    check(read, values(kind, 3, 4, 2), values("?", 3, 4))
    check(write, values(kind, 3, 4, 2), values("?", 3, 4), values(kind, 2))


def test_masks_that_are_expressions():
    a, b = np.arange(10.0) % 4, np.arange(10.0)
    check(positive, a, b)
    check(positive, a.astype("i4"), b.astype("i2"))
    check(lambda a: a[np.sqrt(a) > 1.2], a)
    check(lambda a: a[~(a > 1)] * 2, a)
    check(lambda a: (a * 2)[1:4], a)
    check(lambda a: (np.flatnonzero(a > 1), np.take(a, np.flatnonzero(a < 2))), a)


@pytest.mark.parametrize("kind", KINDS)
def test_elements_that_arrays_name_are_assigned(kind):
    a, table = values(kind, 8), values(kind, 5, 4)
    i, twice = np.array([3, 0, -1]), np.array([2, 2, 1, -6, 2])
    check(write, a, i, 1)
    check(write, a, i, values(kind, 3))
    check(write, a, twice, values(kind, 5))
    check(write, a, twice, values(kind, 1))
    check(write, table, i, values(kind, 4))
    check(write, table, i, values(kind, 3, 4)[:, ::-1])
    check(write, table, i, values(kind, 3, 1))
    check(add, a, twice, values(kind, 5))
    check(add, a, twice, values(kind, 5)[0])
    check(add, table, i, values(kind, 4))


@ab.jit
def stores(a, i, x):
    a[i, 1] = x
    a[2:, i] += 1
    a[i, i[::-1]] -= x
    a[..., i] *= 2
    a[i, None, 0] = 9


@ab.jit
def themselves(a, i):
    a[i] = a[::-1]
    a[a] = a[i]
    a[a % 3] += a[a % 2]
    a[a > 2] = a[a > 2][::-1] * 2
    b = a[i]
    b[0] = -1
    return b


def test_places_with_slices_and_places_from_the_array_itself():
    for x in (5, np.array([1, 2, 3])):
        check(stores, np.arange(20).reshape(5, 4), np.array([1, 0, -1]), x)
        check(stores, np.arange(20.0).reshape(4, 5).T, np.array([3, 3, 2]), x)
    check(themselves, np.array([1, 0, 3, 2, 4]), np.array([4, 4, 0, 1, 1]))


def test_what_does_not_fit_is_an_error_before_anything_is_written():
    a, table = np.arange(8.0), np.arange(20.0).reshape(5, 4)
    for bad in (8, -9):
        for function, x in itertools.product((write, add), (1.0, np.arange(3.0))):
            check(function, a, np.array([0, bad, 1]), x)
        check(read, a, np.array([0, bad]))
        check(with_slices, table, np.array([0, bad]))
    check(write, a, np.array([0, 1, 2]), np.arange(2.0))
    check(write, a, a > 3, np.arange(3.0))
    check(write, table, table[:, 0] > 3, np.arange(3.0))
    check(read, a, np.ones(9, bool))
    check(read, table, np.ones((5, 3), bool))
    check(write, a, np.ones(9, bool), 1.0)
    check(of_two, table, np.array([1, 2]), np.array([1, 2, 3]))
    with pytest.raises(ab.LanguageError, match="an array of float64 as index"):
        read(a, a)
    with pytest.raises(ab.LanguageError, match="3 indices"):
        of_three(table, np.array([1]), np.array([1]))


@ab.jit
def of_rows(a, index, out):
    for r in ab.prange(len(a)):
        row = a[r][index[r]]
        row = row[row > 1]
        out[r] = row.sum()
        a[r, index[r]] += 1


def test_in_parallel_loops():
    a = np.arange(40.0).reshape(8, 5) % 6
    index = np.arange(24).reshape(8, 3) % 5
    one, two = (a.copy(), np.zeros(8)), (a.copy(), np.zeros(8))
    of_rows(one[0], index, one[1])
    for r in range(8):
        row = two[0][r][index[r]]
        two[1][r] = row[row > 1].sum()
        two[0][r, index[r]] += 1
    assert np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1])


def test_many_elements():
    rng = np.random.default_rng(3)
    a, index = rng.random(300_000), rng.integers(-300_000, 300_000, 200_000)
    check(read, a, index)
    check(read, a, a > 0.5)
    check(write, a, index, np.arange(200_000.0))
    check(add, a, a < 0.25, 1.0)
    check(positive, (a * 8).astype("i4"), (a[::-1] * 8).astype("i4"))
