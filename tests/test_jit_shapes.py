"""Shapes and lengths of arrays in compiled functions, beside NumPy."""

from __future__ import annotations

import copy
import gc
import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abreast as ab

KINDS = ["?", "i2", "f8", "c8"]


def outcome(function: Any, arguments: Any) -> Any:
    try:
        return function(*copy.deepcopy(arguments))
    except (IndexError, ValueError, MemoryError) as error:
        return error


def alike(found: Any, expected: Any) -> bool:
    if isinstance(expected, Exception):
        words = [re.sub(r"[\d.]+ \w?iB for |\s+", "", str(it)) for it in (found, expected)]
        return isinstance(found, type(expected).__mro__[-4]) and words[0] == words[1]
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(alike, found, expected))
    same = np.asarray(found).dtype == np.asarray(expected).dtype
    return same and np.shape(found) == np.shape(expected) and np.array_equal(found, expected)


def check(function: Any, *arguments: Any) -> None:
    compiled = function if isinstance(function, ab.JitFunction) else ab.jit(function)
    expected, found = outcome(compiled.plain, arguments), outcome(compiled, arguments)
    assert alike(found, expected), f"{compiled.plain.__name__}{arguments}: {found!r}, {expected!r}"


@ab.jit
def reshapes(x, n):
    return (
        x.reshape(2, n),
        x.reshape((n, 2)),
        np.reshape(x, (2, -1)),
        x.reshape(-1),
        (x + x).reshape(n, -1),
        x.reshape(1, n, 2, 1)[0, 1:],
    )


@ab.jit
def flat(x):
    b = (x == x).ravel()
    return x.ravel(), x.flatten(), np.ravel(x), b, x.T.ravel(), x.T.flatten(), (x + x).T


@ab.jit
def together(a, b):
    return (
        np.concatenate((a, b)),
        np.concatenate((a, b, a[:1]), axis=0),
        np.hstack((a, a)),
        np.stack((a, a)),
        np.stack((a, a + a), axis=-1),
    )


@ab.jit
def under(a, b):
    return np.vstack((a, b))


@ab.jit
def beside(a, b):
    return np.concatenate((a, b), axis=1), np.concatenate((a, b), -1), np.stack((a, a), axis=1)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes(kind):
    x = (np.arange(12) % 5).astype(kind)
    for given in (x, np.repeat(x, 2)[::2], x.reshape(3, 4), x.reshape(4, 3).T, x.reshape(2, 1, 6)):
        check(reshapes, given, 6)
    a, b = x.reshape(2, 3, 2)[:, ::2], x[:0].reshape(0, 3)
    for given in (x.reshape(3, 4), a, x.reshape(6, 2).T, b):
        check(flat, given)
    check(together, x, x[:5])
    check(under, x, x[::-1])
    check(under, x, x[:5])
    check(under, x.reshape(3, 4), x[:8].reshape(2, 4))
    check(together, x.reshape(3, 4), np.arange(8.0).reshape(2, 4))
    check(beside, x.reshape(3, 4), x.reshape(4, 3).T)


@ab.jit
def to_shape(x, a, b):
    return x.reshape(a, b), x.reshape(a, -1)


def test_what_does_not_fit():
    x = np.arange(12)
    check(to_shape, x, 4, 3)
    check(to_shape, x, 5, 2)
    check(lambda x: x.reshape(5, -1), x)
    check(lambda x: x.reshape(5), x)
    check(beside, x.reshape(3, 4), x.reshape(4, 3))
    check(together, x.reshape(3, 4), x.reshape(4, 3))


def test_what_numpy_shows_as_a_view_is_not_changed():
    def stored(x):
        y = x.reshape(2, 3)
        y[0, 0] = 1
        return y

    def changed(x):
        y = x.reshape(2, 3)
        x[0] = 1
        return y

    def copied(x):
        y = x.reshape(2, 3).copy()
        y[0, 0] = 1
        z = (x * 1).reshape(3, 2)
        z[1] = 7
        return y, z

    for function in (stored, changed):
        with pytest.raises(ab.LanguageError, match=r"copy\(\)"):
            ab.jit(function)(np.arange(6))
    check(copied, np.arange(6))


@ab.jit
def by_element(n, x):
    a = np.zeros(n[0])
    b = np.full((n[0], n[1]), 2.5)
    c = np.arange(int(x[0] * 2)) * 1.5
    b[:, 0] = a + 1
    return a, b, c, np.ones((2, int(x.sum())), np.int32)


@ab.jit
def grown(n):
    x = np.ones(1)
    for i in range(n):
        x = np.concatenate((x, x * i))
    return x, x.reshape(2, -1).sum(axis=0)


@ab.jit
def unique(x):
    x = np.sort(x) if False else x
    out = np.zeros(0)
    for i in range(len(x)):
        if not (out == x[i]).any():
            out = np.concatenate((out, x[i : i + 1]))
    return out


@ab.jit
def of_length(n):
    return np.zeros(n[0])


def test_lengths_that_elements_say():
    check(by_element, np.array([3, 4]), np.array([2.7, 1.0]))
    check(by_element, np.array([0, 1000]), np.array([0.2, 0.0]))
    check(grown, 0)
    check(grown, 6)
    check(unique, np.array([3.0, 1.0, 3.0, 2.0, 1.0]))
    check(of_length, np.array([-1]))
    with pytest.raises(MemoryError, match=r"shape \(1000000000000000,\) and data type float64"):
        of_length(np.array([10**15]))
    for _ in range(200):
        assert len(of_length(np.array([5]))) == 5


@ab.jit
def size_of_ones(n, m):
    return np.ones((n, m)).sum()


@ab.jit
def known_ones():
    return np.ones((2**32, 2**32)).sum()


@ab.jit
def stored_ones(n):
    x = np.ones((n, n))
    x[0] = 2
    return x.sum()


def test_sizes_that_wrap_are_errors():
    n = 2**32
    for function, given in ((size_of_ones, (n, n)), (known_ones, ()), (stored_ones, (n // 2,))):
        with pytest.raises(ValueError, match="array is too big"):
            function(*given)
    with pytest.raises((ValueError, MemoryError)):
        stored_ones(2**22)


@ab.jit
def fused(a, b):
    t = a * 2
    u = t + b
    s = u.sum()
    v = np.sqrt(b)
    w = v + np.ones((3, 1))
    a = a + 1
    c = a * b
    d = c[1:]
    return s, w, d


@ab.jit
def disturbed(a, b):
    t = a * 2
    a[0] = 100
    s = t.sum()
    u = a + 1
    a = b
    x = u - a
    v = a - 3
    b[1] += v[1]
    w = b * 3
    b += w
    return s, x, b


def test_arrays_that_are_read_once_are_never_stored():
    check(fused, np.arange(5.0), np.arange(5.0))
    check(disturbed, np.arange(5.0), np.arange(5.0) * 2)

    def one(a, b):
        t = a * b
        u = t + 1
        return u.sum()

    compiled = ab.jit(one)
    compiled(np.arange(4.0), np.arange(4.0))
    # There is no memory for arrays.
    assert "update" not in compiled.inspect("ir")


@ab.jit
def endless(n, x):
    a, b = np.zeros(n[0]), np.ones(len(x))
    while a[0] >= 0:
        a[0] += b[1]
    return a


@ab.jit
def fails(n, x):
    a, b = np.zeros(n[0]), x * 2
    return a[n[0]] + b[0]


def held() -> int:
    """Addresses that this process has, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def test_nothing_is_left_when_a_function_is_stopped():
    n, x = np.array([4]), np.arange(100_000.0)
    with pytest.raises(IndexError):
        fails(n, x)
    gc.collect()
    before = held()
    for _ in range(3):
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            endless(n, x)
        timer.join()
    for _ in range(20):
        with pytest.raises(IndexError):
            fails(n, x)
    gc.collect()
    assert held() - before < 200_000_000
