"""Loops with checks of values, in lanes until one fails: values, errors, writes are CPython's."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import abreast as ab

LENGTHS = (0, 1, 7, 8, 9, 31, 64, 200)


def logs(x, y):
    for i in range(len(x)):
        y[i] = math.log(x[i]) + math.sqrt(x[i])


def logs_backwards(x, y):
    for i in range(len(x) - 1, -1, -1):
        y[i] = math.log(x[i])


def logs_from(x, y):
    for i in range(1, len(x)):
        y[i] = 2.0 * math.log(x[i]) / 3


def looked_up(x, y, where):
    for i in range(len(where)):
        y[i] = x[where[i]] * 2 + math.exp(x[where[i] - 1] * 0.001)


def scattered(x, y, where):
    for i in range(len(where)):
        y[where[i]] = math.sqrt(abs(x[i])) + 1


def raised(x, y):
    for i in range(len(x)):
        z = x[i] * x[i] + 1.0
        if x[i] > 3.0:
            z = z / 2.0
        if not z < 2000.0:
            raise ArithmeticError("far")
        y[i] = z
        if z > 4.0:
            y[i] = z - x[i]


def between(x, y, z):
    for i in range(len(x)):
        y[i] = x[i] + 1.0
        z[i] = math.sqrt(x[i])


def in_place(x):
    for i in range(len(x)):
        x[i] = math.log(x[i]) * 2.0


def from_before(x):
    for i in range(1, len(x)):
        x[i] = math.log(x[i - 1] + x[i])


def inner(x, y):
    for t in range(3):
        for i in range(len(x)):
            y[i] += math.sqrt(x[i] - t * 0.25)


def outcome(function: Any, given: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    own = [each.copy() if isinstance(each, np.ndarray) else each for each in given]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*own), own
        except Exception as error:
            return type(error), own


def compare(plain: Any, call: Any, given: tuple[Any, ...]) -> None:
    (wanted, there), (found, here) = outcome(plain, given), outcome(call, given)
    assert found == wanted
    for mine, theirs in zip(here, there, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-15)


@pytest.mark.parametrize(
    "function", [logs, logs_backwards, logs_from, raised, between, in_place, from_before, inner]
)
def test_the_first_value_that_fails_ends_the_loop_where_the_source_does(function):
    call = ab.jit(function)
    rng = np.random.default_rng(0)
    arrays = function.__code__.co_argcount
    for n in LENGTHS:
        x = rng.uniform(1, 40, n)
        given = (x, *(np.zeros(n) for _ in range(arrays - 1)))
        compare(function, call, given)
        for bad in {0, 1, n // 2, n - 2, n - 1} & set(range(n)):
            for value in (-1.0, 0.0, math.nan, math.inf, 1e3):
                x[:] = rng.uniform(1, 40, n)
                x[bad] = value
                compare(function, call, given)
                x[-1] = -1.0
                compare(function, call, given)


@pytest.mark.parametrize("function", [looked_up, scattered])
def test_indices_from_data_are_checked_before_they_are_used(function):
    call = ab.jit(function)
    rng = np.random.default_rng(1)
    for n in LENGTHS:
        x, y = rng.uniform(1, 40, max(n, 1)), np.zeros(max(n, 1))
        where = rng.integers(0, max(n, 1), n)
        compare(function, call, (x, y, where))
        for bad in {0, n // 2, n - 1} & set(range(n)):
            for index in (-1, -n, n, -n - 1, 2**62, -(2**62)):
                there = where.copy()
                there[bad] = index
                compare(function, call, (x, y, there))


def test_parallel_loops_with_checks():
    @ab.jit
    def call(x, y):
        for i in ab.prange(len(x)):
            y[i] = math.log(x[i])

    x, y = np.random.default_rng(2).uniform(1, 2, 100_000), np.zeros(100_000)
    call(x, y)
    np.testing.assert_allclose(y, np.log(x), rtol=1e-15)
    x[70_001] = -1.0
    with pytest.raises(ValueError, match=r"domain error|positive"):
        call(x, y)


def test_arrays_that_overlap_are_checked_in_order():
    memory = np.random.default_rng(3).uniform(3, 9, 300)
    call = ab.jit(logs)
    for shift in (1, 3, 8, 40):
        compare(
            lambda it, shift=shift: logs(it[:-shift], it[shift:]),
            lambda it, shift=shift: call(it[:-shift], it[shift:]),
            (memory,),
        )
