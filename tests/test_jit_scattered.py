"""Loops that count and add where data say: each check fails where CPython does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import abreast as ab

BEYOND = 2.0**63


def histogram(x, low, width, counts):
    for i in range(len(x)):
        b = int((x[i] - low) / width)
        if 0 <= b < len(counts):
            counts[b] += 1


def binned(x, counts):
    for i in range(len(x)):
        counts[int(x[i])] += 1


def add_at(out, at, x):
    for i in range(len(at)):
        out[at[i]] += x[i]


def byte_counts(text, counts):
    for i in range(len(text)):
        counts[text[i]] += 1


def chained(at, out):
    """Carries a number from turn to turn, behind a check."""
    s = 1
    for i in range(len(at)):
        out[at[i]] += s
        s = (s * 7 + at[i]) & 1023
    return s


def backwards(out, at):
    for i in range(len(at) - 1, -1, -1):
        out[at[i]] += i


def every_third(out, at):
    for i in range(1, len(at), 3):
        out[at[i]] -= i


def truncated(x, out):
    for i in range(len(x)):
        out[i] = int(x[i])


def truncated_singles(x, out):
    for i in range(len(x)):
        out[i] = int(x[i]) + int(x[i] * np.float32(0.5))


def rounded(x, out):
    for i in range(len(x)):
        out[i] = round(x[i])


def one(x):
    return int(x)


def outcome(function: Any, given: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    own = [each.copy() if isinstance(each, np.ndarray) else each for each in given]
    try:
        return function(*own), own
    except (ArithmeticError, IndexError, ValueError) as error:
        return (type(error), "NaN" in str(error), "infinity" in str(error)), own


def compare(plain: Any, call: Any, *given: Any) -> None:
    (wanted, there), (found, here) = outcome(plain, given), outcome(call, given)
    assert found == wanted
    for mine, theirs in zip(here, there, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("length", [0, 1, 3, 4, 5, 8, 11, 30])
def test_where_an_index_is_outside_the_turns_before_it_are_done(length):
    rng = np.random.default_rng(length)
    calls = {it: ab.jit(it) for it in (add_at, byte_counts, chained, backwards, every_third)}
    at, x = rng.integers(-5, 5, length), rng.normal(size=length)
    text = rng.integers(0, 6, length).astype(np.uint8)
    for bad in range(-1, length):
        for index in (5, -6, 2**62, -(2**63)) if bad >= 0 else (0,):
            there, said = at.copy(), text.copy()
            if bad >= 0:
                there[bad], said[bad] = index, 6 + index % 7
            compare(add_at, calls[add_at], np.zeros(5), there, x)
            compare(byte_counts, calls[byte_counts], said, np.zeros(6, np.int64))
            compare(chained, calls[chained], there, np.zeros(5, np.int64))
            compare(backwards, calls[backwards], np.zeros(5, np.int64), there)
            compare(every_third, calls[every_third], np.zeros(5, np.int64), there)
    compare(add_at, calls[add_at], np.zeros(5), at, x[:-1])


@pytest.mark.parametrize("length", [1, 4, 9, 40])
def test_a_float_that_is_no_int_ends_the_loop_where_it_stands(length):
    rng = np.random.default_rng(length)
    bins, counts = ab.jit(histogram), ab.jit(binned)
    zeros = np.zeros(7, np.int64)
    x = rng.uniform(-3, 9, length)
    compare(histogram, bins, x, -2.0, 1.25, zeros)
    compare(binned, counts, np.abs(x) % 7, zeros)
    for bad in range(length):
        for value in (math.nan, math.inf, -math.inf, 7.0, -7.5, -8.0, 1e15):
            given = np.abs(x) % 7
            given[bad] = value
            compare(histogram, bins, given, 0.0, 1.0, zeros)
            compare(binned, counts, given, zeros)


LIMITS = [0.0, -0.0, 0.999, -0.999, 1.5, 2.5, -2.5, 1e18, -1e18, math.nan, math.inf, -math.inf]
LIMITS += [BEYOND, -BEYOND, np.nextafter(BEYOND, 0), np.nextafter(-BEYOND, 0)]
LIMITS += [np.nextafter(-BEYOND, -np.inf), 1e300, -1e300, 2.0**53 + 2, 2.0**52 + 0.5]


@pytest.mark.parametrize("function", [truncated, rounded])
@pytest.mark.parametrize("length", [1, 8, 21])
def test_floats_at_the_limits_of_an_int(function, length):
    call = ab.jit(function)
    for value in LIMITS:
        for place in {0, length // 2, length - 1}:
            x = np.linspace(-9, 9, length)
            x[place] = value
            compare(function, call, x, np.zeros(length, np.int64))


def test_singles_and_one_number():
    call, alone = ab.jit(truncated_singles), ab.jit(one)
    for value in LIMITS:
        x = np.full(19, 2.75, np.float32)
        # The sum of both is to stay in the range of an int where each of them does.
        if not math.isfinite(value) or abs(value) < BEYOND / 2:
            x[7] = value
            compare(truncated_singles, call, x, np.zeros(19, np.int64))
        if not (math.isfinite(value) and not -BEYOND <= value < BEYOND):
            compare(one, alone, float(value))
        else:
            with pytest.raises(OverflowError, match="too large for an int of 64 bits"):
                alone(float(value))
