"""`races=True`: turns of `prange` that meet at an element, found while they run."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import abreast as ab

ORDER = np.array([4, 0, 3, 0, 2])


def scatter(out, where):
    for i in ab.prange(len(where)):
        out[where[i]] = i  # here


def gather(out, where):
    for i in ab.prange(1, len(where)):
        out[i] = out[where[i]] + 1.0


def rows(out, where):
    for i in ab.prange(0, 10, 2):
        for j in range(3):
            out[where[i // 2], j] += 1.0


def line_of(function: Any, text: str) -> int:
    import inspect

    lines, first = inspect.getsourcelines(function)
    return first + next(place for place, it in enumerate(lines) if text in it)


def test_two_writes_to_an_element_are_found():
    checked = ab.jit(scatter, races=True)
    with pytest.raises(ab.RaceError) as found:
        checked(np.zeros(5), ORDER)
    line = line_of(scatter, "# here")
    first, hint = str(found.value).splitlines()
    assert first == f"turn 3 of prange writes out[0], which turn 1 wrote too (line {line})"
    assert hint.startswith("hint: ")
    assert found.traceback[-1].lineno + 1 == line
    assert isinstance(found.value, RuntimeError)


def test_a_read_of_what_another_turn_writes_is_found():
    checked = ab.jit(gather, races=True)
    with pytest.raises(ab.RaceError, match=r"turn 4 of prange reads out\[2\], which turn 2 writes"):
        checked(np.zeros(5), np.array([0, 0, 0, 0, 2]))
    with pytest.raises(ab.RaceError, match=r"turn 3 of prange writes out\[3\], which turn 1 reads"):
        checked(np.zeros(5), np.array([0, 3, 0, 3, 4]))


def test_elements_of_several_axes_and_ranges_with_steps():
    checked = ab.jit(rows, races=True)
    with pytest.raises(ab.RaceError, match=r"turn 6 of prange .* out\[0, 0\], which turn 2 "):
        checked(np.zeros((5, 3)), ORDER)


@pytest.mark.parametrize("function", [scatter, gather, rows])
def test_turns_that_do_not_meet_compute_what_they_compute(function):
    where = np.arange(5)
    shape = (5, 3) if function is rows else 5
    found, expected = np.zeros(shape), np.zeros(shape)
    checked = ab.jit(function, races=True)
    for _ in range(3):  # what earlier calls wrote does not count
        checked(found, where)
        function(expected, where)
    np.testing.assert_array_equal(found, expected)


def test_loops_after_each_other_do_not_meet():
    @ab.jit(races=True)
    def twice(x):
        total = 0.0
        for _ in range(2):
            for i in ab.prange(len(x)):
                x[i] += 1.0
        for i in ab.prange(len(x)):
            total += x[len(x) - 1 - i]
        return total

    assert twice(np.arange(4.0)) == 6.0 + 8.0


def test_what_is_proved_is_found_there_as_well():
    @ab.jit(races=True)
    def neighbours(x):
        for i in ab.prange(1, len(x)):
            x[i] = x[i - 1]

    with pytest.raises(ab.RaceError, match=r"turn 2 of prange reads x\[1\], which turn 1 writes"):
        neighbours(np.arange(4.0))


def test_arrays_of_complex_numbers_of_a_closure_and_in_functions_that_are_called():
    seen = np.zeros(3, complex)

    @ab.jit
    def mark(x, at):
        x[at] = 1j

    @ab.jit(races=True)
    def marks(n):
        for i in ab.prange(n):
            mark(seen, i // 2)

    marks(1)
    with pytest.raises(ab.RaceError, match=r"turn 1 of prange writes .*\[0\], which turn 0 wrote"):
        marks(2)


def test_the_option_travels():
    checked = pickle.loads(pickle.dumps(ab.jit(scatter, races=True)))
    assert checked._settings["races"] is True
    signed = ab.jit("void(float64[:], int64[:])", races=True)(scatter)
    with pytest.raises(ab.RaceError):
        signed(np.zeros(5), ORDER)


def test_an_index_error_says_index_axis_and_size():
    @ab.jit
    def at(x, i, j):
        return x[i, j]

    x = np.zeros((3, 4))
    for i, j in ((3, 0), (-4, 0), (0, 4), (0, -5), (2**40, 0)):
        with pytest.raises(IndexError) as expected:
            at.plain(x, i, j)
        for _ in range(2):
            with pytest.raises(IndexError) as found:
                at(x, i, j)
            assert str(found.value) == str(expected.value)


def test_an_index_error_in_a_loop_says_the_first_index_that_is_outside():
    @ab.jit
    def shift(x, by):
        for i in range(len(x)):
            x[i] = x[i + by]

    found, expected = np.arange(5), np.arange(5)
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 5"):
        shift(found, 2)
    with pytest.raises(IndexError):
        shift.plain(expected, 2)
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(IndexError, match="index -6 is out of bounds for axis 0 with size 5"):
        shift(found, -6)


def test_an_index_error_inside_of_prange():
    @ab.jit
    def shift(x, out, by):
        for i in ab.prange(len(x)):
            out[i] = x[i + by]

    with pytest.raises(IndexError, match="out of bounds for axis 0"):
        shift(np.zeros(10_000), np.zeros(10_000), 9000)


def counted(n, where):
    counts = np.zeros(n, np.int32)
    for i in ab.prange(len(where)):
        counts[where[i]] += 1
    return counts


def exchanging(n, where):
    x, y = np.zeros(n), np.ones(n)
    for _ in range(3):
        for i in ab.prange(n):
            y[where[i]] = x[i] + 1
        x, y = y, x
    return x


def with_its_own(n):
    out = np.zeros((n, 3))
    for i in ab.prange(n):
        line = np.zeros(4)
        for k in range(4):
            line[k] = i
        out[i] = line.sum()
    return out


def of_threads(n, where):
    counts = np.zeros((ab.thread_count(), 4))
    for i in ab.prange(n):
        counts[ab.thread_id(), where[i]] += 1
    return counts.sum(axis=0)


def test_arrays_that_the_function_makes_are_watched():
    checked = ab.jit(counted, races=True)
    with pytest.raises(ab.RaceError, match=r"turn 2 of prange reads counts\[1\], which turn 0"):
        checked(5, np.array([1, 2, 1]))
    assert checked(5, np.array([1, 2, 4])).tolist() == [0, 1, 1, 0, 1]
    checked = ab.jit(exchanging, races=True)
    with pytest.raises(ab.RaceError, match=r"turn 2 of prange writes an array\[1\], which turn 1"):
        checked(4, np.array([0, 1, 1, 3]))
    assert checked(4, np.array([3, 1, 2, 0])).tolist() == [3.0] * 4


def test_arrays_of_turns_and_of_threads_meet_nobody():
    made = ab.jit(with_its_own, races=True)(6)
    assert np.array_equal(made, with_its_own(6))
    found = ab.jit(of_threads, races=True)(4, np.array([0, 1, 1, 3]))
    assert found.tolist() == [1, 2, 0, 1]
