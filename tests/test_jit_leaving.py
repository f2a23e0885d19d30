"""Loops left in the midst, loops of few turns, powers of two: as Python has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import abreast as ab


def primes(n: int, out: Any) -> None:
    found = 0
    for p in range(2, n):
        prime = True
        d = 2
        while d * d <= p:
            if p % d == 0:
                prime = False
                break
            d += 1
        if prime:
            found += 1
    out[0] = found


def divisors(n: int, out: Any) -> None:
    """Where the loop was left is asked for."""
    for p in range(2, n):
        d = 2
        while d * d <= p:
            if p % d == 0:
                break
            d += 1
        out[p % len(out)] += d * p


def looked_up(n: int, out: Any) -> None:
    """What is carried is an index, which must not be used once the loop was left."""
    for p in range(n):
        k = 0
        s = 0
        while True:
            if k >= len(out):
                break
            s += int(out[k]) % 7
            if s > p % 50:
                break
            k += 1
        out[p % len(out)] += s


def two_ways(n: int, out: Any) -> None:
    for p in range(1, n):
        x = p
        y = 1
        turns = 0
        while turns < 40:
            if x % 3 == 1:
                x = x // 2
            else:
                if y > 1000:
                    break
                y = y + x
                x = x + 5
            turns += 1
        out[p % len(out)] += turns


def first_of(n: int, out: Any) -> None:
    for p in range(n):
        for k in range(len(out)):
            if out[k] == p:
                out[k] -= 3
                break
        else:
            out[0] += 1


@pytest.mark.parametrize("function", [primes, divisors, looked_up, two_ways, first_of])
def test_loops_that_are_left(function: Callable[..., None]) -> None:
    compiled = ab.jit(function)
    for n in (0, 1, 3, 200):
        mine, wanted = np.arange(11), np.arange(11)
        compiled(n, mine)
        function(n, wanted)
        assert np.array_equal(mine, wanted), n


def halves(x: Any, out: Any) -> None:
    for i in range(len(x)):
        out[i] = x[i] // 2 + 3 * (x[i] % 2) + 5 * (x[i] // 64) + 7 * (x[i] % 64) + x[i] // 1
        out[i] += 11 * (x[i] // -4) + 13 * (x[i] % -4) + x[i] % (1 << 62)


def steps(x: Any, out: Any) -> None:
    for i in range(len(x)):
        at = abs(x[i]) % 10_000 + 1
        count = 0
        while at != 1:
            at = at // 2 if at % 2 == 0 else 3 * at + 1
            count += 1
        out[i] = count


@pytest.mark.parametrize("function", [halves, steps])
def test_powers_of_two(function: Callable[..., None]) -> None:
    compiled = ab.jit(function)
    rng = np.random.default_rng(2)
    x = np.concatenate([np.arange(-70, 71), rng.integers(-(1 << 40), 1 << 40, 50)])
    mine, wanted = np.zeros_like(x), np.zeros_like(x)
    compiled(x, mine)
    function([int(each) for each in x], wanted)
    assert np.array_equal(mine, wanted)


def stencil(image: Any, k: Any, out: Any) -> None:
    for i in range(1, image.shape[0] - 1):
        for j in range(1, image.shape[1] - 1):
            s = 0.0
            for a in range(3):
                for b in range(3):
                    s += image[i + a - 1, j + b - 1] * k[a, b]
            out[i, j] = s


def larger(image: Any, k: Any, out: Any) -> None:
    for i in ab.prange(image.shape[0] - 4):
        for j in range(image.shape[1] - 4):
            s = k[0, 0]
            t = 0.0
            for a in range(5):
                for b in range(1, 4):
                    s += image[i + a, j + b] * k[a % 3, b - 1]
                t = t + s
            out[i, j] = s - t


def triangle(image: Any, k: Any, out: Any) -> None:
    for i in range(image.shape[0] - 2):
        for j in range(image.shape[1] - 2):
            s = k[1, 1]
            for a in range(3):
                for b in range(a, 3):
                    s += image[i + a, j + b] * k[a, b]
                for b in range(a):
                    s -= image[i + a, j + b]
            out[i, j] = s


def points(image: Any, k: Any, out: Any) -> None:
    for i in range(image.shape[0]):
        s = 0.0
        for a in range(3):
            t = image[i, a] - k[a, 0]
            s += t * t
        out[i, 0] = math.sqrt(s)


@pytest.mark.parametrize("function", [stencil, larger, triangle, points])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_loops_of_few_turns(function: Callable[..., None], dtype: str) -> None:
    compiled = ab.jit(function)
    rng = np.random.default_rng(3)
    k = rng.integers(-3, 4, (3, 3)).astype(dtype)
    for shape in [(5, 5), (6, 40), (23, 70), (9, 17)]:
        image = rng.integers(-3, 4, shape).astype(dtype)
        mine, wanted = np.zeros(shape, dtype), np.zeros(shape, dtype)
        compiled(image, k, mine)
        function(image, k, wanted)
        assert np.array_equal(mine, wanted), shape
    with pytest.raises(IndexError):
        compiled(image, k[:2, :2], mine)


def search(point: Any, centres: Any, out: Any) -> None:
    least, best = math.inf, 0
    for c in range(centres.shape[0]):
        far = 0.0
        for d in range(len(point)):
            far += (point[d] - centres[c, d]) ** 2
        if far < least:
            least, best = far, c
    out[0] = best


def test_the_report_names_searches_and_loops_left_by_lanes() -> None:
    found = ab.jit(search)
    found(np.ones(4), np.ones((20, 4)), np.zeros(1, np.int64))
    assert "what waits for no turn before it" in str(found.report())
    counted = ab.jit(steps)
    counted(np.arange(20), np.zeros(20, np.int64))
    assert "until the last of them has left" in str(counted.report())
