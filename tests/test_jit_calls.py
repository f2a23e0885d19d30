"""Calls again and again: arguments that the quick way takes up, or leaves to the slow one.

The first call compiles, the second one finds code; so each is made several times, beside CPython.
"""

from __future__ import annotations

import ctypes
import itertools
import threading
from typing import Any

import numpy as np
import pytest

import abreast as ab


def added(a, b, out):
    for i in range(len(a)):
        out[i] = a[i] + 2 * b[i]
    return len(out)


def shifted(a, b):
    for i in range(len(a)):
        a[i] = b[i] + 1
    return a


def summed(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += a[i, j] * (1 + i + 10 * j)
    return s


GRID = np.arange(48.0).reshape(6, 8)


class Sub(np.ndarray[Any, Any]):
    """An array of a class below."""


@pytest.mark.parametrize(
    "array",
    [
        GRID,
        GRID.T,
        GRID[::-1],
        GRID[:, ::-1],
        GRID[::-2, ::3],
        GRID[1:2],
        GRID[:, 3:4],
        GRID[:0],
        GRID[:, :0],
        np.asfortranarray(GRID),
        np.broadcast_to(GRID[0], (5, 8)),
        np.broadcast_to(np.float64(3), (4, 4)),
        np.lib.stride_tricks.as_strided(GRID, (1, 8), (12345, 8)),
        GRID.view(Sub),
        GRID.astype(np.float32),
        GRID.astype(np.int16)[::2],
        GRID > 7,
    ],
)
def test_layouts_are_read_as_numpy_shows_them(array):
    call = ab.jit(summed)
    for _ in range(3):
        assert call(array) == summed(array)


def test_complex_and_mixed_arrays():
    @ab.jit
    def mixed(x, n, y, flag, nothing, by):
        s = 0j
        for i in range(n):
            s += x[i] * y[i] * by
        return s, flag, nothing

    x = (np.arange(9) + 1j)[::-2]
    y = np.arange(5, dtype=np.uint8)
    for _ in range(3):
        assert mixed(x, 5, y, True, None, 0.5) == ((x * y * 0.5).sum(), True, None)


def test_one_function_meets_many_layouts_in_turn():
    call = ab.jit(added)
    a, b = np.arange(10.0), np.arange(20.0)[::2]
    for turn in range(4):
        for length in (10, 0, 1, 7):
            for step in (1, -1):
                out, wanted = np.zeros(length), np.zeros(length)
                given = a[:length][::step], b[:length] + turn
                assert call(*given, out) == added(*given, wanted) == length
                assert out.tolist() == wanted.tolist()


def test_arrays_without_axes():
    @ab.jit
    def both(x, y):
        return x.ndim + len(y)

    for _ in range(3):
        assert both(np.array(4.0), np.ones(3)) == 3


def test_arrays_without_axes_have_no_lists_of_lengths():
    # NumPy leaves null pointers there, of which no list may be made, not even an empty one.
    point = np.array(4.0)
    for field in (32, 40):
        assert ctypes.c_void_p.from_address(id(point) + field).value is None

    @ab.jit
    def kinds(x, y, z):
        return x.ndim + y.ndim + z.ndim

    row = np.ones(3)
    for given in itertools.product(
        (point, point.copy(), row, row[:0], np.ones((2, 2)).T), repeat=3
    ):
        assert kinds(*given) == sum(it.ndim for it in given)
        kinds.compile(*given)


def test_arrays_may_get_another_shape_while_a_kernel_runs():
    @ab.jit
    def total(x, times):
        s = 0.0
        for _ in range(times):
            for i in range(x.shape[0]):
                for j in range(x.shape[1]):
                    s += x[i, j]
        return s

    x = np.ones((20, 30))
    assert total(x, 1) == 600
    stop = threading.Event()

    def turn():
        while not stop.is_set():
            for shape in ((30, 20), (600, 1), (1, 600), (20, 30)):
                x.shape = shape

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        assert [total(x, 2000) for _ in range(10)] == [1_200_000.0] * 10
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("shift", [-2, -1, 0, 1, 2, 5])
def test_overlapping_arrays_are_written_in_the_order_of_the_source(shift):
    call = ab.jit(shifted)
    apart = np.zeros(4)
    for _ in range(2):
        call(apart, np.ones(4))  # code for arrays that share nothing
    for _ in range(3):
        memory, wanted = np.arange(20.0), np.arange(20.0)
        view = memory[5:15]
        assert call(view, memory[5 + shift : 15 + shift]) is view
        shifted(wanted[5:15], wanted[5 + shift : 15 + shift])
        assert memory.tolist() == wanted.tolist()
    memory, wanted = np.arange(20.0), np.arange(20.0)
    for _ in range(2):
        call(memory, memory[::-1])
        shifted(wanted, wanted[::-1])
        assert memory.tolist() == wanted.tolist()


def test_the_same_array_twice_and_what_comes_back():
    call = ab.jit(shifted)
    x, y = np.zeros(3), np.arange(3.0)
    for turn in range(3):
        assert call(x, x) is x
        assert x.tolist() == [turn + 1] * 3
        z = np.empty(3)
        assert call(z, y) is z


def test_refusals_stay_after_calls_that_went_well():
    call = ab.jit(added)
    fine = [np.ones(4), np.ones(4), np.zeros(4)]
    for _ in range(3):
        assert call(*fine) == 4
    bytes_ = np.zeros(33, np.uint8)
    misaligned = bytes_[1:].view(np.float64)
    foreign = np.ones(4, np.dtype(np.float64).newbyteorder())
    for odd in (misaligned, foreign, np.array(["a"] * 4), np.ones(4, object)):
        for place in range(3):
            given = list(fine)
            given[place] = odd
            said = f"added: the argument {('a', 'b', 'out')[place]} is an array"
            with pytest.raises(TypeError, match=said):
                call(*given)
    locked = np.zeros(4)
    locked.flags.writeable = False
    for _ in range(2):
        assert call(locked, locked, fine[2]) == 4
        with pytest.raises((ab.LanguageError, ValueError, TypeError)):
            call(fine[0], fine[1], locked)
    assert locked.tolist() == [0.0] * 4
    with pytest.raises(TypeError, match="list"):
        call([1.0], *fine[1:])
    with pytest.raises(TypeError, match="missing required argument"):
        call(*fine[:2])
    assert call(*fine) == 4


def test_errors_and_numbers_of_calls_that_are_compiled_already():
    at = ab.jit(lambda x, i: x[i])
    x = np.arange(3, dtype=np.uint64) + np.uint64(2**64 - 3)
    for _ in range(3):
        assert at(x, -1) == 2**64 - 1
        assert type(at(x, 0)) is np.uint64
        with pytest.raises(IndexError):
            at(x, 3)
    twice = ab.jit(lambda n: n + n)
    for value in (3, -3, 2**62 - 1, -(2**62), True, 0.25, np.float32(0.5)):
        for _ in range(3):
            assert twice(value) == value + value
    with pytest.raises(OverflowError):
        twice(2**64)


def test_a_shape_that_changes_between_calls():
    call = ab.jit(summed)
    x = np.arange(12.0).reshape(3, 4)
    for shape in ((3, 4), (4, 3), (1, 12), (12, 1)):
        y = x.reshape(shape)
        assert call(y) == summed(y)


def test_more_than_the_quick_way_has_room_for():
    @ab.jit
    def many(a, b, c, d, e, f, g, h, i, j, k, m):
        return a[0] + b + c + d + e + f + g + h + i + j + k + m

    one = np.ones(1)
    for _ in range(3):
        assert many(one, *range(11)) == 56.0

    @ab.jit
    def deep(a, b, c, d, e):
        return a.ndim + b.shape[7] + c.shape[0] + len(d) + len(e)

    x = np.ones((2, 1, 2, 1, 2, 1, 2, 4))[::-1, :, :, :, ::-1]
    for _ in range(3):
        assert deep(x, x.copy(), x + 1, x + 2, x + 3) == 8 + 4 + 2 + 2 + 2


def test_tuples_keywords_and_closures():
    weights = np.arange(3.0)

    @ab.jit
    def dot(x, by=1.0):
        s = 0.0
        for i in range(3):
            s += x[i] * weights[i] * by
        return s

    x = np.ones(3)
    for _ in range(3):
        assert [dot(x), dot(x, 2.0), dot(x=x, by=3.0), dot(weights)] == [3.0, 6.0, 9.0, 5.0]
    pair = ab.jit(lambda p, x: p[0] * x[0] + p[1])
    for _ in range(3):
        assert pair((2.0, 1.0), x) == 3.0


def test_parallel_loops_and_reductions_of_small_and_large_arrays():
    @ab.jit
    def norm(x, out):
        s = 0.0
        for i in ab.prange(len(x)):
            out[i] = x[i] * x[i]
            s += x[i]
        return s

    for length in (3, 1000, 300_000, 3, 0):
        x = np.arange(float(length))
        for _ in range(2):
            out = np.empty(length)
            assert norm(x, out) == x.sum()
            assert np.array_equal(out, x * x)


def test_threads_call_one_function():
    call = ab.jit(added)
    wrong = []

    def run(seed: int) -> None:
        for length in range(1, 60):
            a, b = np.full(length, float(seed)), np.arange(float(length))
            out = np.empty(length)
            call(a, b[::-1] if length % 2 else b, out)
            wanted = np.empty(length)
            added(a, b[::-1] if length % 2 else b, wanted)
            if out.tolist() != wanted.tolist():
                wrong.append((seed, length))

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
