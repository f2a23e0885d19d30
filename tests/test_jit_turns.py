"""Variables of compiled functions that are one array and then another, beside NumPy."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

import abreast as ab


def check(function: Any, *arguments: Any) -> None:
    compiled = ab.jit(function)
    first, second = copy.deepcopy(arguments), copy.deepcopy(arguments)
    expected, found = function(*first), compiled(*second)
    many = expected if isinstance(expected, tuple) else (expected,)
    ours = found if isinstance(expected, tuple) else (found,)
    for x, y in zip(ours, many, strict=True):
        assert np.shape(x) == np.shape(y) and np.asarray(x).dtype == np.asarray(y).dtype
        assert np.allclose(x, y, rtol=1e-12, atol=1e-12), (x, y)
    assert all(map(np.array_equal, second, first))


def jacobi(a, b, tol):
    x = np.zeros(len(b))
    d = b * 0 + 4.0
    err, turns = 1.0, 0
    while err > tol:
        x_new = (b - (a @ x - d * x)) / d
        err = np.abs(x_new - x).max()
        x = x_new
        turns += 1
    return x, turns


def heat(u, tol):
    while True:
        v = u.copy()
        v[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
        err = np.abs(v - u).max()
        u = v
        if err < tol:
            break
    return u


def doubled(x, n):
    for _ in range(n):
        x = x * 2
    return x


def smoothed(x, n):
    for _ in range(n):
        x = 0.5 * x + 0.25 * (np.maximum(x[::-1], 0) + x.mean())
    return x


def swapped(n, turns):
    u, v = np.arange(n) * 1.0, np.zeros(n)
    for t in range(turns):
        v[1:-1] = u[:-2] + u[2:] + t
        u, v = v, u
    return u, v


def same(n, turns):
    x = np.arange(n) * 1.0
    y = x
    for _ in range(turns):
        y[0] += 1
        x = x * 2
        x[1] -= 1
        z = x
        z[2] = y[0]
    return x, y, z


def shrunk(x):
    turns = 0
    while len(x) > 1:
        x = x[x > x.mean()]
        turns += 1
    return x, turns


def halves(x):
    while len(x) > 2:
        x = x[1:] if x[0] > x[-1] else x[:-1]
    return x


def rotated(a, n):
    x, y, z = a + 1, a + 2, a + 3
    for _ in range(n):
        x, y, z = y, z, x
        x = x + y
    return x, y, z


def chosen(a, b, c):
    x = a if c else b
    y = a * 2 if c else b + 1
    z = y
    if c:
        z = a - 1
    return x, y, z


def powers(m, n):
    p, out = m, np.eye(len(m))
    while n > 0:
        if n % 2:
            out = out @ p
        p = p @ p
        n //= 2
    return out


def columns(a, n):
    s = a[0] * 0
    for _ in range(n):
        s = (a + s).sum(axis=0)
        s = s / s.max()
    return s


def pairs(n):
    t = (np.ones(n), np.zeros(n))
    for i in range(3):
        t = (t[1] + i, t[0] * 2)
    return t[0], t[1]


def kept(x, n):
    last = x
    best = x
    for i in range(n):
        new = last[::-1] * 0.5 + i
        if new.sum() > best.sum():
            best = new
        last = new
    return best, last


def test_loops_that_give_a_variable_a_new_array():
    rng = np.random.default_rng(1)
    a = rng.random((12, 12)) * 0.1
    np.fill_diagonal(a, 4.0)
    check(jacobi, a, rng.random(12), 1e-9)
    check(heat, rng.random((9, 7)), 1e-3)
    for kind in ("f8", "f4", "i4", "c16"):
        check(doubled, np.arange(6).astype(kind), 5)
        check(doubled, np.arange(6).astype(kind).reshape(2, 3), 0)
    check(smoothed, rng.random(11), 4)
    check(shrunk, rng.random(50))
    check(halves, rng.random(9))
    check(powers, rng.random((3, 3)), 5)
    check(columns, rng.random((5, 3)), 4)


def test_two_names_of_one_array_stay_one_array():
    for turns in (0, 1, 2, 5):
        check(swapped, 9, turns)
        check(rotated, np.arange(4.0), turns)
        check(kept, np.arange(5.0), turns)
        check(pairs, 4)
        if turns:
            check(same, 5, turns)


def test_choices():
    for c in (True, False):
        check(chosen, np.arange(4.0), np.arange(4.0)[::-1].copy(), c)


def test_in_parallel_loops():
    def rows(a, out):
        for r in ab.prange(len(a)):
            x = a[r]
            err = 1.0
            while err > 1e-3:
                new = 0.5 * x + 0.5 * x[::-1]
                err = np.abs(new - x).max()
                x = new
            out[r] = x

    a = np.random.default_rng(2).random((20, 6))
    one, two = np.zeros_like(a), np.zeros_like(a)
    ab.jit(rows)(a, one)
    rows(a, two)
    assert np.allclose(one, two)


def given_and_changed(x, n):
    for _ in range(n):
        x[0] = 1
        x = x * 2
    return x


def other_name_changed(x, n):
    y = x
    for _ in range(n):
        y[0] += 1
        x = x * 2
    return x


def other_type(x, n):
    for _ in range(n):
        x = x * 0.5
    return x


def test_what_would_tell_a_copy_is_no_copy():
    x = np.arange(4)
    for function in (given_and_changed, other_name_changed, other_type):
        for n in (0, 1, 3):
            check(function, x, n)
