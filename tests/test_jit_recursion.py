"""Compiled functions that call themselves: with a signature, compared with CPython."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from typing import NamedTuple

import numpy as np
import pytest

import abreast as ab


@ab.jit("int64(int64)")
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


@ab.jit("int64(int64, int64)")
def gcd(a, b):
    return a if b == 0 else gcd(b, a % b)


@ab.jit("int64(int64, int64)")
def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


@ab.jit("int64(float64[:], float64, int64, int64)")
def search(a, x, low, high):
    if low >= high:
        return low
    middle = (low + high) // 2
    if a[middle] < x:
        return search(a, x, middle + 1, high)
    return search(a, x, low, middle)


@ab.jit("float64(float64, float64, float64, int64)")
def integral(low, high, limit, depth):
    middle = 0.5 * (low + high)
    width = high - low
    coarse = width * (math.sin(low) + math.sin(high)) / 2
    fine = width * (math.sin(low) + 2 * math.sin(middle) + math.sin(high)) / 4
    if depth == 0 or abs(fine - coarse) < limit:
        return fine
    left = integral(low, middle, limit / 2, depth - 1)
    return left + integral(middle, high, limit / 2, depth - 1)


def test_numbers_as_cpython():
    assert [fib(n) for n in range(20)] == [fib.plain(n) for n in range(20)]
    pairs = [(12, 18), (17, 5), (0, 7), (7, 0), (10**12, 2**20), (-12, 18)]
    assert [gcd(a, b) for a, b in pairs] == [gcd.plain(a, b) for a, b in pairs]
    assert [ackermann(2, n) for n in range(9)] == [2 * n + 3 for n in range(9)]
    assert ackermann(3, 6) == 2**9 - 3
    assert integral(0.0, 3.0, 1e-9, 30) == pytest.approx(integral.plain(0.0, 3.0, 1e-9, 30), 1e-14)


def test_types_are_those_of_the_signature():
    @ab.jit("float32(int32)")
    def halves(n):
        return np.float32(1.0) if n <= 0 else halves(n - 1) / 2

    assert halves(5) == 1 / 32 and halves(5).dtype == np.float32

    @ab.jit("int64(float64)")
    def steps(x):
        return 0 if x < 1 else 1 + steps(x / 3)

    assert steps(1000.0) == 7

    @ab.jit("bool(int64)")
    def even(n):
        return n == 0 or not even(n - 1)

    assert [bool(even(n)) for n in range(5)] == [True, False, True, False, True]

    @ab.jit("complex128(complex128, int64)")
    def power(z, n):
        return 1 + 0j if n == 0 else z * power(z, n - 1)

    assert power(1 + 2j, 6) == pytest.approx((1 + 2j) ** 6)


def test_arrays_are_handed_on():
    values = np.sort(np.random.default_rng(1).random(1000))
    for x in (-1.0, 0.25, 0.5, 2.0, values[17]):
        assert search(values, x, 0, 1000) == np.searchsorted(values, x)

    @ab.jit("float64(float64[:])")
    def total(x):
        if len(x) <= 3:
            s = 0.0
            for i in range(len(x)):
                s += x[i]
            return s
        return total(x[: len(x) // 2]) + total(x[len(x) // 2 :])

    x = np.arange(1000.0)
    assert total(x) == x.sum() and total(x[::-3]) == x[::-3].sum()

    @ab.jit("void(int64[:], int64, int64)")
    def quicksort(a, low, high):
        if low >= high:
            return
        pivot = a[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while a[i] < pivot:
                i += 1
            while a[j] > pivot:
                j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i += 1
                j -= 1
        quicksort(a, low, j)
        quicksort(a, i, high)

    a = np.random.default_rng(2).integers(0, 500, 2000)
    wanted = np.sort(a)
    assert quicksort(a, 0, len(a) - 1) is None
    assert (a == wanted).all()

    @ab.jit("int64(int64[:, :], int64, int64)")
    def paths(grid, row, column):
        if row == grid.shape[0] - 1 and column == grid.shape[1] - 1:
            return 1
        found = 0
        if row + 1 < grid.shape[0] and grid[row + 1, column] == 0:
            found += paths(grid, row + 1, column)
        if column + 1 < grid.shape[1] and grid[row, column + 1] == 0:
            found += paths(grid, row, column + 1)
        return found

    grid = np.zeros((6, 7), dtype=np.int64)
    grid[2, 3] = grid[4, 1] = 1
    assert paths(grid, 0, 0) == paths.plain(grid, 0, 0)


def test_arrays_that_change_places():
    @ab.jit("void(float64[:], float64[:], int64, int64)")
    def mergesort(a, work, low, high):
        if high - low < 2:
            return
        middle = (low + high) // 2
        mergesort(work, a, low, middle)
        mergesort(work, a, middle, high)
        i, j = low, middle
        for k in range(low, high):
            if i < middle and (j >= high or work[i] <= work[j]):
                a[k] = work[i]
                i += 1
            else:
                a[k] = work[j]
                j += 1

    a = np.random.default_rng(3).random(777)
    wanted = np.sort(a)
    mergesort(a, a.copy(), 0, len(a))
    assert (a == wanted).all()


def test_called_from_other_functions():
    @ab.jit
    def both(n, out):
        for i in ab.prange(n):
            out[i] = fib(i) + gcd(2 * i, 6)
        return fib(n) * 2

    out = np.zeros(20, dtype=np.int64)
    assert both(20, out) == 2 * fib(20)
    assert list(out) == [fib(i) + math.gcd(2 * i, 6) for i in range(20)]

    @ab.jit
    def summed(n):
        s = 0
        for i in ab.prange(n):
            s += fib(i % 10)
        return s

    assert summed(1000) == 100 * sum(fib(i) for i in range(10))


@ab.jit("bool(int64)")
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@ab.jit("bool(int64)")
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def test_two_that_call_each_other():
    assert [bool(is_even(n)) for n in range(6)] == [True, False] * 3
    assert [bool(is_odd(n)) for n in range(6)] == [False, True] * 3
    assert not is_even(1001)


def test_errors_inside_have_their_line():
    @ab.jit("int64(int64[:], int64)")
    def walk(a, i):
        return i if a[i] < 0 else walk(a, i + 1)

    assert walk(np.array([1, 2, -1]), 0) == 2
    with pytest.raises(
        IndexError, match="index 3 is out of bounds for axis 0 with size 3"
    ) as caught:
        walk(np.array([1, 2, 3]), 0)
    last = caught.traceback[-1]
    assert last.name == "walk" and last.lineno + 1 == walk.plain.__code__.co_firstlineno + 2

    @ab.jit("float64(int64, float64[:])")
    def count(n, out):
        out[0] += 1
        if n == 0:
            raise ValueError(f"enough at {n}")
        return count(n - 1, out) + 1 / (n - 2)

    out = np.zeros(1)
    with pytest.raises(ValueError, match="enough at 0"):
        count(5, out)
    assert out[0] == 6  # what was stored before stays

    @ab.jit("float64(int64)")
    def divided(n):
        assert n > 0
        return 1 / n + divided(n - 1)

    with pytest.raises(AssertionError):
        divided(3)


@ab.jit("int64(int64)")
def down(n):
    return 0 if n == 0 else 1 + down(n - 1)


def test_how_deep_calls_may_stand():
    assert down(9_000) == 9_000
    for function in (down, down.plain):
        with pytest.raises(RecursionError, match="maximum recursion depth exceeded"):
            function(1_000_000)
    assert down(100) == 100


def test_threads_with_small_stacks():
    found = []

    def run():
        try:
            down(1_000_000)
        except RecursionError:
            found.append("deep")

    before = threading.stack_size(128 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == ["deep"]

    @ab.jit
    def all_deep(n, out):
        for i in ab.prange(n):
            out[i] = down(1_000_000 + i)

    with pytest.raises(RecursionError):
        all_deep(64, np.zeros(64))


def test_ctrl_c_stops_it(tmp_path):
    script = tmp_path / "endless.py"
    script.write_text(
        "import abreast as ab\n"
        "@ab.jit('int64(int64)')\n"
        "def fib(n):\n"
        "    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
        "fib(3)\n"
        "print('ready', flush=True)\n"
        "try:\n"
        "    fib(90)\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped', flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        begun = time.monotonic()
        assert process.communicate(timeout=20)[0] == "stopped\n"
        assert time.monotonic() - begun < 5
    finally:
        process.kill()


def test_a_name_that_meant_something_else(monkeypatch):
    monkeypatch.setitem(globals(), "down", None)

    @ab.jit("int64(int64)")
    def down(n):
        return 0 if n == 0 else 2 + down(n - 1)

    assert down(5) == 10


def test_what_is_refused():
    @ab.jit
    def unsigned(n):
        return n if n < 2 else unsigned(n - 1)

    with pytest.raises(ab.LanguageError, match=r"calls itself(.|\n)*hint: (.|\n)*signature"):
        unsigned(3)
    with pytest.raises(ab.LanguageError, match="int64 on one way through the program and None"):

        @ab.jit("(int64)")
        def unsaid(n):
            return n if n < 2 else unsaid(n - 1)

    with pytest.raises(ab.LanguageError, match=r"made makes arrays(.|\n)*hint: turns would"):

        @ab.jit("float64(int64)")
        def made(n):
            x = np.zeros(n)
            return x.sum() if n < 2 else made(n - 1)

        @ab.jit
        def turns(x):
            for i in ab.prange(len(x)):
                x[i] = made(i)

        turns(np.zeros(3))

    with pytest.raises(ab.LanguageError, match="which its signature does not say"):

        @ab.jit("float64(float64[:], int64)")
        def mixed(x, n):
            return 0.0 if n == 0 else mixed(n, n)

    with pytest.raises(ab.LanguageError, match="takes 1 arguments, not 2"):

        @ab.jit("int64(int64)")
        def many(n):
            return 0 if n == 0 else many(n, n)


def test_defaults_and_keywords():
    @ab.jit("int64(int64, int64)")
    def power(base, exponent=3):
        return 1 if exponent == 0 else base * power(exponent=exponent - 1, base=base)

    assert power(2, 10) == 1024

    @ab.jit
    def cube(x):
        return power(x)

    assert cube(5) == 125


@ab.jit("void(float64[:])")
def merged(x):
    n = len(x)
    if n < 2:
        return
    left, right = x[: n // 2].copy(), x[n // 2 :].copy()
    merged(left)
    merged(right)
    i = j = 0
    for k in range(n):
        if j >= len(right) or (i < len(left) and left[i] <= right[j]):
            x[k] = left[i]
            i += 1
        else:
            x[k] = right[j]
            j += 1


@ab.jit("float64(float64[:, :])")
def determinant(a):
    n = a.shape[0]
    if n == 1:
        return a[0, 0]
    total = 0.0
    for column in range(n):
        minor = np.empty((n - 1, n - 1))
        for i in range(1, n):
            for j in range(n - 1):
                minor[i - 1, j] = a[i, j + (j >= column)]
        total += (1 - 2 * (column % 2)) * a[0, column] * determinant(minor)
    return total


@ab.jit("int64(int64)")
def weighed(n):
    own = np.array([n, n + 1, n + 2])
    if n == 0:
        return 0
    before = weighed(n - 1)
    return before + own[0] + own[2] - own[1]


def test_each_call_has_arrays_of_its_own():
    draw = np.random.default_rng(5)
    for n in (0, 1, 2, 5, 300):
        x = draw.random(n)
        expected = np.sort(x)
        merged(x)
        assert np.array_equal(x, expected)

    @ab.jit
    def ordered(x):
        y = x * 2
        merged(y)
        return y

    x = draw.random(50)
    assert np.array_equal(ordered(x), np.sort(x * 2))
    a = draw.random((5, 5))
    assert np.isclose(determinant(a), np.linalg.det(a))
    assert weighed(9) == weighed.plain(9) and weighed(3000) == 3000 * 3001 // 2 + 3000
    with pytest.raises(RecursionError):
        weighed(20000)


@ab.jit("Tuple((int64, int64, int64))(int64, int64)")
def bezout(a, b):
    if b == 0:
        return a, 1, 0
    g, x, y = bezout(b, a % b)
    return g, y, x - (a // b) * y


@ab.jit("complex128((float64, complex128), int64)")
def walked(p, n):
    x, z = p
    return z if n == 0 else walked((x + 0.5, z * 1j + x), n - 1)


class Best(NamedTuple):
    value: float
    at: int


@ab.jit("Best(float64[:], int64, int64)")
def highest(a, low, high):
    if high - low == 1:
        return Best(a[low], low)
    middle = (low + high) // 2
    left, right = highest(a, low, middle), highest(a, middle, high)
    return left if left.value >= right.value else right


def test_tuples_are_given_and_handed_back():
    for a, b in [(240, 46), (17, 5), (0, 3), (12, 0)]:
        assert bezout(a, b) == bezout.plain(a, b)
    assert walked((1.0, 2j), 5) == walked.plain((1.0, 2j), 5)
    a = np.random.default_rng(3).normal(size=77)
    found = highest(a, 0, 77)
    assert type(found) is Best
    assert found == (a.max(), a.argmax())


def test_arrays_are_not_handed_back():
    with pytest.raises(ab.LanguageError, match="pass an array that results are stored to"):

        @ab.jit("(int64, float64[:])(float64[:], int64)")
        def doubled(a, n):
            return (n, a) if n == 0 else doubled(a, n - 1)

        doubled(np.zeros(3), 2)
