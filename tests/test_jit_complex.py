"""Compiled loops over complex arrays: the values that CPython and NumPy give, in any layout."""

from __future__ import annotations

import numpy as np
import pytest

import abreast as ab

DTYPES = ("complex64", "complex128")


def numbers(n, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=n) + 1j * rng.normal(size=n)).astype(dtype)


def layouts(x):
    """The same numbers, lying in memory in several ways."""
    spread = np.zeros((len(x), 3), x.dtype)
    spread[:, 1] = x
    return {"along": x.copy(), "apart": spread[:, 1], "backwards": x[::-1].copy()[::-1]}


def butterflies(x, out, twiddles):
    half = len(x) // 2
    for k in range(half):
        turned = twiddles[k] * x[half + k]
        out[k] = x[k] + turned
        out[half + k] = x[k] - turned


def fourier(x):
    """The discrete Fourier transform, in place: powers of two."""
    n = len(x)
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j ^= bit
        if i < j:
            x[i], x[j] = x[j], x[i]
    length = 2
    while length <= n:
        angle = -2 * np.pi / length
        for begin in range(0, n, length):
            for k in range(length // 2):
                w = complex(np.cos(angle * k), np.sin(angle * k))
                even, odd = x[begin + k], w * x[begin + k + length // 2]
                x[begin + k] = even + odd
                x[begin + k + length // 2] = even - odd
        length *= 2


def mandelbrot(c, out, limit):
    for i in range(len(c)):
        z = 0j
        n = 0
        while n < limit and z.real * z.real + z.imag * z.imag <= 4.0:
            z = z * z + c[i]
            n += 1
        out[i] = n


def totals(x):
    total = 0j
    product = 1 + 0j
    size = 0.0
    for i in range(len(x)):
        total += x[i]
        product *= x[i] / abs(x[i])
        size += abs(x[i])
    return total, product, size


def product(a, b, c):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0j
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            c[i, j] = total


def parts(x, real, imag):
    for i in range(len(x)):
        real[i] = x[i].real
        imag[i] = x[i].imag


@pytest.mark.parametrize("layout", ["along", "apart", "backwards"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_butterflies(dtype, layout):
    call = ab.jit(butterflies)
    for half in (0, 1, 5, 8, 16, 37, 300):
        x = layouts(numbers(2 * half, dtype))[layout]
        twiddles = np.exp(-1j * np.pi * np.arange(half) / max(half, 1)).astype(dtype)
        out, wanted = np.zeros_like(x), np.zeros_like(x)
        call(x, out, twiddles)
        with np.errstate(all="ignore"):
            butterflies(x, wanted, twiddles)
        np.testing.assert_allclose(out, wanted, rtol=1e-5 if dtype == "complex64" else 1e-14)


def test_a_fourier_transform():
    call = ab.jit(fourier)
    for n in (1, 2, 8, 64, 1024):
        x = numbers(n, "complex128", n)
        expected = np.fft.fft(x)
        call(x)
        np.testing.assert_allclose(x, expected, atol=1e-10)


@pytest.mark.parametrize("layout", ["along", "apart", "backwards"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_mandelbrot(dtype, layout):
    c = layouts(numbers(203, dtype, 1))[layout]
    out, wanted = np.zeros(203, np.int64), np.zeros(203, np.int64)
    ab.jit(mandelbrot)(c, out, 60)
    mandelbrot(c.astype(complex) if dtype == "complex64" else c, wanted, 60)
    assert np.array_equal(out, wanted)


@pytest.mark.parametrize("layout", ["along", "apart", "backwards"])
def test_accumulators(layout):
    for n in (0, 1, 100):
        x = layouts(numbers(n, "complex128", 2))[layout]
        np.testing.assert_allclose(ab.jit(totals)(x), totals(x), rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_products_of_matrices(dtype, order):
    call = ab.jit(product)
    for n, m, k in ((1, 1, 1), (5, 7, 3), (33, 40, 18)):
        a = np.asarray(numbers(n * k, dtype, 3).reshape(n, k), order=order)
        b = np.asarray(numbers(k * m, dtype, 4).reshape(k, m), order=order)
        c = np.zeros((n, m), dtype, order=order)
        call(a, b, c)
        np.testing.assert_allclose(c, a @ b, rtol=1e-4 if dtype == "complex64" else 1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_parts(dtype):
    for n in (1, 8, 100):
        for x in layouts(numbers(n, dtype)).values():
            real, imag = np.zeros(n), np.zeros(n)
            ab.jit(parts)(x, real, imag)
            assert np.array_equal(real, x.real)
            assert np.array_equal(imag, x.imag)


def test_overlapping_arrays_are_taken_in_order():
    whole = numbers(41, "complex128", 5)
    expected = whole.copy()
    for i in range(40):
        expected[i + 1] = expected[i] * 0.5 + expected[i + 1]

    @ab.jit
    def shift(x, y):
        for i in range(len(x)):
            y[i] = x[i] * 0.5 + y[i]

    shift(whole[:-1], whole[1:])
    np.testing.assert_allclose(whole, expected, rtol=1e-14)


def test_parallel_loops():
    @ab.jit
    def scaled(x, y, by):
        for i in ab.prange(len(x)):
            y[i] = x[i] * by + 1

    x = numbers(300_001, "complex128", 6)
    y = np.zeros_like(x)
    with ab.threads(2):
        scaled(x, y, 2 - 3j)
    np.testing.assert_allclose(y, x * (2 - 3j) + 1, rtol=1e-14)
