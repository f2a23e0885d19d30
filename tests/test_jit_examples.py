"""The programs that people compile first, in our words: the same as CPython runs them.

They are those that Numba's guide shows, with loops, generators, and arrays that are passed in.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import abreast as ab


def sum_of_all(x):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += x[i, j]
    return total


def trace_of_tanh(x, out):
    trace = 0.0
    for i in range(x.shape[0]):
        trace += np.tanh(x[i, i])
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] + trace
    return trace


def mandelbrot_point(x, y, turns):
    c, z = complex(x, y), 0.0j
    for i in range(turns):
        z = z * z + c
        if z.real * z.real + z.imag * z.imag >= 4:
            return i
    return 255


def mandelbrot(low_x, high_x, low_y, high_y, image, turns):
    height, width = image.shape
    step_x, step_y = (high_x - low_x) / width, (high_y - low_y) / height
    for x in range(width):
        for y in range(height):
            c, z, found = complex(low_x + x * step_x, low_y + y * step_y), 0.0j, 255
            for i in range(turns):
                z = z * z + c
                if z.real * z.real + z.imag * z.imag >= 4:
                    found = i
                    break
            image[y, x] = found


def moving_average(x, window, out):
    total = 0.0
    count = 0
    for i in range(window):
        total += x[i]
        count += 1
        out[i] = total / count
    for i in range(window, len(x)):
        total += x[i] - x[i - window]
        out[i] = total / count


def laplace(a, new):
    error = 0.0
    n, m = a.shape
    for j in range(1, n - 1):
        for i in range(1, m - 1):
            new[j, i] = 0.25 * (a[j, i + 1] + a[j, i - 1] + a[j - 1, i] + a[j + 1, i])
            error = max(error, abs(new[j, i] - a[j, i]))
    return error


def bubble_sort(x):
    for end in range(len(x), 1, -1):
        for i in range(end - 1):
            current = x[i]
            if current > x[i + 1]:
                x[i], x[i + 1] = x[i + 1], current


def normal_below(d):
    a1, a2, a3, a4, a5 = 0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429
    k = 1.0 / (1.0 + 0.2316419 * abs(d))
    poly = k * (a1 + k * (a2 + k * (a3 + k * (a4 + k * a5))))
    found = 0.39894228040143267794 * math.exp(-0.5 * d * d) * poly
    return 1.0 - found if d > 0 else found


def black_scholes(call, put, price, strike, years, rate, volatility):
    below = ab_normal_below
    for i in range(len(call)):
        root = math.sqrt(years[i])
        d1 = (math.log(price[i] / strike[i]) + (rate + 0.5 * volatility**2) * years[i]) / (
            volatility * root
        )
        d2 = d1 - volatility * root
        discount = math.exp(-rate * years[i])
        call[i] = price[i] * below(d1) - strike[i] * discount * below(d2)
        put[i] = strike[i] * discount * (1.0 - below(d2)) - price[i] * (1.0 - below(d1))


ab_normal_below = ab.jit(normal_below)


def life(board, new):
    n, m = board.shape
    for i in range(n):
        for j in range(m):
            count = 0
            for a in range(-1, 2):
                for b in range(-1, 2):
                    if a != 0 or b != 0:
                        count += board[(i + a) % n, (j + b) % m]
            new[i, j] = 1 if count == 3 or (board[i, j] == 1 and count == 2) else 0


def kelly(rng, chance, odds, fraction, bets, wealth):
    for i in range(len(wealth)):
        have = 1.0
        for _ in range(bets):
            stake = have * fraction
            if rng.random() < chance:
                have += stake * odds
            else:
                have -= stake
        wealth[i] = have


def sieve(flags):
    count = 0
    flags[:] = True
    for i in range(2, len(flags)):
        if flags[i]:
            count += 1
            for j in range(i * i, len(flags), i):
                flags[j] = False
    return count


def collatz(most):
    best, longest = 0, 0
    for start in range(1, most):
        n, steps = start, 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        if steps > longest:
            best, longest = start, steps
    return best, longest


def pairwise(x, out):
    for i in ab.prange(x.shape[0]):
        for j in range(x.shape[0]):
            total = 0.0
            for k in range(x.shape[1]):
                difference = x[i, k] - x[j, k]
                total += difference * difference
            out[i, j] = np.sqrt(total)


def histogram(x, edges, counts):
    for value in x:
        low, high = 0, len(edges) - 1
        if value < edges[low] or value > edges[high]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if value < edges[middle]:
                high = middle
            else:
                low = middle
        counts[low] += 1


def count_large(x, limit):
    count = 0
    for i in ab.prange(len(x)):
        if x[i] > limit:
            count += 1
    return count


def filtered(image, kernel, out):
    m, n = image.shape
    height, width = kernel.shape
    for i in range(height // 2, m - height // 2):
        for j in range(width // 2, n - width // 2):
            total = 0.0
            for a in range(height):
                for b in range(width):
                    total += kernel[a, b] * image[i - height // 2 + a, j - width // 2 + b]
            out[i, j] = total


def random_numbers() -> Any:
    return np.random.default_rng(5)


def given() -> dict[Any, tuple[Any, ...]]:
    rng = random_numbers()
    grid, line = rng.random((12, 9)), rng.random(60)
    prices = [rng.uniform(1.0, 30.0, 40) for _ in range(2)]
    return {
        sum_of_all: (grid,),
        trace_of_tanh: (grid[:9].copy(), np.empty((9, 9))),
        mandelbrot_point: (-0.7, 0.3, 100),
        mandelbrot: (-2.0, 1.0, -1.0, 1.0, np.zeros((20, 30), np.uint8), 50),
        moving_average: (line, 7, np.empty(60)),
        laplace: (grid, grid.copy()),
        bubble_sort: (line.copy(),),
        normal_below: (0.3,),
        black_scholes: (*np.empty((2, 40)), *prices, rng.uniform(0.25, 10.0, 40), 0.02, 0.3),
        life: (rng.integers(0, 2, (11, 13)), np.zeros((11, 13), np.int64)),
        kelly: (random_numbers(), 0.55, 1.0, 0.1, 50, np.empty(20)),
        sieve: (np.zeros(500, bool),),
        collatz: (2000,),
        pairwise: (grid, np.empty((12, 12))),
        histogram: (line, np.linspace(0.0, 0.8, 9), np.zeros(8, np.int64)),
        count_large: (line, 0.4),
        filtered: (grid, rng.random((3, 3)), np.zeros((12, 9))),
    }


def copied(arguments: tuple[Any, ...]) -> list[Any]:
    return [
        it.copy()
        if isinstance(it, np.ndarray)
        else random_numbers()
        if isinstance(it, np.random.Generator)
        else it
        for it in arguments
    ]


@pytest.mark.parametrize("function", list(given()), ids=lambda it: it.__name__)
def test_the_same_as_cpython(function):
    ours, theirs = copied(given()[function]), copied(given()[function])
    compiled = ab.jit(function)
    for _ in range(2):
        found, expected = compiled(*ours), function(*theirs)
        assert type(found) is type(expected)
        # Elementary functions may differ in the last digit.
        np.testing.assert_allclose(found or 0, expected or 0, rtol=1e-14)
        for one, other in zip(ours, theirs, strict=True):
            if isinstance(one, np.ndarray):
                np.testing.assert_allclose(one, other, rtol=1e-12)
            elif isinstance(one, np.random.Generator):
                assert one.bit_generator.state == other.bit_generator.state


def test_functions_of_numbers_over_arrays():
    rng = random_numbers()
    x, y = rng.random((4, 5)), rng.random(5)
    for function, given in (
        (lambda a, b: a + b, (x, y)),
        (lambda a, b: math.sqrt(a * a + b * b), (x, 2.0)),
        (mandelbrot_point, (3 * x - 2, 2 * y - 1, 40)),
        (normal_below, (4 * x - 2,)),
    ):
        expected = np.vectorize(function)(*given)
        np.testing.assert_allclose(ab.vectorize(function)(*given), expected, rtol=1e-14)
