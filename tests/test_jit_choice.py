"""Variables of compiled functions that are one thing and then another, as names are in Python."""

from __future__ import annotations

import numpy as np
import pytest

import abreast as ab
from jit_oracle import beside

CHANCE = np.random.default_rng(1)
A, B, C = CHANCE.random((3, 8))
TIMES = (0, 1, 2, 5)


def stencil(a, b, n):
    for _ in range(n):
        for i in range(1, len(a) - 1):
            b[i] = 0.5 * (a[i - 1] + a[i + 1])
        a, b = b, a
    return a


def whole(a, b, n):
    for _ in range(n):
        b[1:-1] = 0.5 * (a[2:] + a[:-2])
        a, b = b, a
    return a, b, n


def wave(a, b, c, n):
    for _ in range(n):
        c[1:-1] = 2 * b[1:-1] - a[1:-1] + 0.1 * (b[2:] - 2 * b[1:-1] + b[:-2])
        a, b, c = b, c, a
    return b


def parallel(a, b, n):
    for _ in range(n):
        for i in ab.prange(1, len(a) - 1):
            b[i] = 0.5 * (a[i - 1] + a[i + 1])
        a, b = b, a
    return a


def left(a, b, n):
    for _ in range(n):
        for i in range(len(a)):
            b[i] = a[i] + 1
        if b[0] > 3:
            break
        a, b = b, a
    return a[1] + b[0]


def returned(a, b, n):
    for _ in range(n):
        b[:] = a + 1
        if b[0] > 3:
            return b
        a, b = b, a
    return a


def sometimes(a, b, n):
    if n > 1:
        a, b = b, a
    a[0] = 5.0
    b[1] = a[2] + 1
    return b


def handed_on(a, b, n):
    for _ in range(n):
        step(a, b)
        a, b = b, a
    return a


@ab.jit
def step(a, b):
    for i in range(len(a)):
        b[i] = a[i] + 1


def nested(a, b, n):
    for _ in range(n):
        for _ in range(3):
            b[1:] = a[:-1] * 2
            a, b = b, a
        a[0] += 1
    return a


@pytest.mark.parametrize("n", TIMES)
@pytest.mark.parametrize(
    "function",
    [stencil, whole, parallel, left, returned, sometimes, handed_on, nested],
    ids=lambda it: it.__name__,
)
def test_arrays_that_were_passed_are_exchanged(function, n):
    beside(function, A, B, n)


@pytest.mark.parametrize("n", TIMES)
def test_three_arrays_in_turn(n):
    beside(wave, A, B, C, n)


def test_arrays_of_other_layouts_and_types():
    beside(stencil, A, B[::-1], 3)
    beside(stencil, A.astype(np.float32), B, 3)
    rows = CHANCE.random((2, 5, 3))
    beside(stencil, rows[0], np.asfortranarray(rows[1]), 3)
    same = A.copy()
    assert ab.jit(stencil)(same, same, 3) is same


def own(u, n):
    new = np.empty_like(u)
    for _ in range(n):
        for i in range(len(u)):
            new[i] = u[i] * 2 + i
        u, new = new, u
    return u


def copied(u, n):
    new = u.copy()
    for _ in range(n):
        new[1:-1] += u[:-2]
        u, new = new, u
    new[0] = 7
    return new


def made_inside(u, n):
    for i in range(n):
        y = u.copy()
        y[0] = i
        u = y
    return u


@pytest.mark.parametrize("n", TIMES)
@pytest.mark.parametrize("function", [own, copied, made_inside], ids=lambda it: it.__name__)
def test_an_array_that_was_passed_and_one_of_its_own(function, n):
    beside(function, A, n)


def until(a, b, tol):
    turns = 0
    while np.abs(a - b).max() > tol:
        for i in range(len(a)):
            b[i] = 0.5 * a[i]
        a, b = b, a
        turns += 1
    return a, turns


def test_conditions_of_while():
    beside(until, A, B, 1e-3)
    beside(until, A, A + 1e-9, 1e-3)


def distance(s, t, before, now):
    for i in range(len(s)):
        now[0] = i + 1
        for j in range(len(t)):
            now[j + 1] = min(before[j + 1] + 1, now[j] + 1, before[j] + (s[i] != t[j]))
        before, now = now, before
    return before[len(t)]


def test_rows_of_a_distance():
    s, t = CHANCE.integers(0, 4, 9), CHANCE.integers(0, 4, 7)
    beside(distance, s, t, np.arange(8), np.zeros(8, np.int64))


def perhaps(x, whole):
    if whole:
        return x
    return x[0], 1


def first(x):
    best = None
    for v in x:
        if best is None or v < best:
            best = v
    return best


def begun(n):
    x = None
    for i in range(n):
        if x is None:
            x = np.arange(3.0)
        else:
            x[1] += i
    return x


def typed(x, n):
    if n > 1:  # noqa: SIM108
        y = x.astype(np.float32)
    else:
        y = x
    y[0] = 1.1
    return y


def chosen(x, n):
    if n > 1:  # noqa: SIM108
        f = np.sin
    else:
        f = np.cos
    return f(x)


def test_results_and_variables_of_several_kinds():
    for n in TIMES:
        beside(perhaps, A, n)
        beside(begun, n)
        beside(typed, A, n)
    for n in (1, 2):
        compiled = ab.jit(chosen)
        assert np.allclose(compiled(A, n), chosen(A, n))
    beside(first, A)
    beside(first, np.zeros(0))


def many(a, b, n):
    c = d = e = f = a
    for i in range(n):
        if i % 2:
            c = b
        if i % 3:
            d = b
        if i % 5:
            e = b
        if i % 7:
            f = b
        c[0] += 1
        d[0] += 1
        e[0] += 1
        f[0] += 1


def test_too_many_things_are_refused():
    with pytest.raises(ab.LanguageError, match=r"different things in turn(.|\n)*hint: use fewer"):
        ab.jit(many)(A.copy(), B.copy(), 3)


def parts(x, n):
    y = x
    for _ in range(n):
        y = y[1:]
        y[0] = 3
    return y


def test_parts_are_views():
    first, second = A.copy(), A.copy()
    expected, found = parts(first, 3), ab.jit(parts)(second, 3)
    assert np.array_equal(found, expected)
    assert np.array_equal(second, first)
