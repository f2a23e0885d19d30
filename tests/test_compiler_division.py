"""Division in vectors: the bits of the interpreter, and the numbers of Python and NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from abreast import _abreast
from test_compiler import DTYPES, both, kernel_of, sample

INTEGERS = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]
OPS = ["div", "floor_div", "rem", "fmod"]


def ends(dtype):
    """Numbers around powers of two and around zero."""
    info = np.iinfo(DTYPES[dtype])
    bits = info.bits
    powers = {0, 1, 8, 15, 16, 24, 31, 32, 52, 53, 54, 62, bits - 2, bits - 1, bits}
    near = {sign * (2**power + step) for power in powers for step in (-1, 0, 1) for sign in (1, -1)}
    near |= {0, 3, 7, 10, 3072, 3073, 6144, info.min, info.max}
    return sorted(each for each in near if info.min <= each <= info.max)


@pytest.mark.parametrize("vector", ["", ":32", ":16"])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_ends_by_ends(dtype, vector):
    pairs = np.array(list(itertools.product(ends(dtype), repeat=2)), dtype=DTYPES[dtype])
    x, y = np.ascontiguousarray(pairs.T)
    for op in OPS:
        both(kernel_of(op, [dtype, dtype], dtype), [x.size, x, y], [np.zeros_like(x)], vector)


@pytest.mark.parametrize("vector", ["", ":16"])
@pytest.mark.parametrize("dtype", ["i32", "i64", "u32", "u64"])
def test_around_multiples(dtype, vector):
    """Where a quotient of floats is closest to the wrong integer: one off a multiple."""
    info = np.iinfo(DTYPES[dtype])
    rng = np.random.default_rng(5)
    pairs = []
    for _ in range(3000):
        y = int(2 ** rng.uniform(0, info.bits - 1)) * int(rng.choice([1, -1] if info.min else [1]))
        y = y or 1
        most = info.max // abs(y)
        q = int(2 ** rng.uniform(0, max(most, 1).bit_length()))
        for factor in (min(q, most), most):
            for step in (-1, 0, 1):
                x = factor * y + step
                if info.min <= x <= info.max:
                    pairs.append((x, y))
    x, y = np.ascontiguousarray(np.array(pairs, dtype=DTYPES[dtype]).T)
    for op in OPS:
        both(kernel_of(op, [dtype, dtype], dtype), [x.size, x, y], [np.zeros_like(x)], vector)


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_every_pair_of_bytes_as_in_python(dtype):
    info = np.iinfo(DTYPES[dtype])
    numbers = range(info.min, info.max + 1)
    pairs = [(x, y) for x in numbers for y in numbers if y]
    x, y = np.ascontiguousarray(np.array(pairs, dtype=DTYPES[dtype]).T)

    def wrap(values):
        return np.array(values).astype(DTYPES[dtype])

    expected = {
        "floor_div": wrap([x // y for x, y in pairs]),
        "rem": wrap([x % y for x, y in pairs]),
        "fmod": wrap([x - y * int(x / y) for x, y in pairs]),
    }
    for op, answer in expected.items():
        found = np.zeros_like(x)
        _abreast.run_loop(kernel_of(op, [dtype, dtype], dtype), "cpu", [x.size, x, y, found])
        assert np.array_equal(found, answer)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("op", OPS)
def test_by_a_scalar(op, dtype):
    text = f"""
    kernel @by(%n: extent, %x: read {dtype}[unit], %y: {dtype}, %z: write {dtype}[unit]) {{
      for parallel (%i) in (%n) {{
        %1 = load %x[%i]
        %2 = {op} %1, %y
        store %2, %z[%i]
      }}
    }}
    """
    x = np.concatenate([sample(dtype, 500), np.array(ends(dtype), DTYPES[dtype])])
    info = np.iinfo(DTYPES[dtype])
    for y in (0, 1, -1, 7, -10, 3073, info.max // 2 + 2, info.max - 1, info.max, info.min):
        if info.min <= y <= info.max:
            # And what is closest to the wrong quotient: multiples, and one off them.
            near = x - x % max(abs(y), 1) if abs(y) <= info.max else x
            given = np.concatenate([x, near, near + 1, near - 1]).astype(x.dtype)
            both(text, [given.size, given, y % 2**info.bits], [np.zeros_like(given)])


FLOATS = ["f16", "f32", "f64"]
FLOAT_OPS = ["floor_div", "rem", "fmod"]


def special_floats(dtype):
    info = np.finfo(DTYPES[dtype])
    sizes = [0, 1, 2, 3, 0.1, 0.5, 1.5, 7.25, 1234.5, info.max, info.tiny, info.eps, np.inf, np.nan]
    sizes += [info.smallest_subnormal, info.tiny - info.smallest_subnormal, 2 * info.tiny]
    sizes += [2.0**k for k in (10, 11, 20, 21, 23, 24, 50, 52, 53, 54, 100)]
    with np.errstate(over="ignore"):
        sizes = np.array(sizes, object).astype(DTYPES[dtype])
    return np.concatenate([sizes, -sizes])


def float_pairs(dtype):
    """Operands whose quotients are special, close to whole numbers, common and huge."""
    kind = DTYPES[dtype]
    info = np.finfo(kind)
    rng = np.random.default_rng(11)
    special = special_floats(dtype)
    pairs = [(x, y) for x in special for y in special]
    divisors = rng.normal(size=500).astype(kind)
    bits = rng.uniform(0, min(info.nmant + 8, info.maxexp - 2), 500)
    with np.errstate(over="ignore"):
        products = (divisors * np.rint(2.0**bits)).astype(kind)
    for x in (products, np.nextafter(products, kind(0)), np.nextafter(products, kind(np.inf))):
        pairs += zip(x, divisors, strict=True)
    words = rng.integers(0, 2 ** (8 * info.dtype.itemsize), (2, 2000), dtype=np.uint64)
    pairs += zip(*words.astype(f"u{info.dtype.itemsize}").view(kind), strict=True)
    return pairs


@pytest.mark.parametrize("vector", ["", ":32", ":16"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_floats(dtype, vector):
    pairs = float_pairs(dtype)
    # Alone among common ones, and beside others that are not common.
    common = [(DTYPES[dtype](7.5), DTYPES[dtype](-2))] * 16
    alone = [each for pair in pairs[::7] for each in (pair, *common)]
    for some in (pairs, alone):
        x, y = np.ascontiguousarray(np.array(some, dtype=DTYPES[dtype]).T)
        for op in FLOAT_OPS:
            both(kernel_of(op, [dtype, dtype], dtype), [x.size, x, y], [np.zeros_like(x)], vector)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", FLOAT_OPS)
def test_floats_one_after_the_other(op, dtype):
    """In one lane, where a quotient is used by the next step."""
    text = f"""
    kernel @chain(%n: extent, %x: read {dtype}[unit], %y: read {dtype}[unit],
                  %z: write {dtype}[unit]) {{
      for (%i) in (%n) {{
        %1 = load %x[%i]
        %2 = load %y[%i]
        %3 = {op} %1, %2
        store %3, %z[%i]
      }}
    }}
    """
    x, y = np.ascontiguousarray(np.array(float_pairs(dtype), dtype=DTYPES[dtype]).T)
    both(text, [x.size, x, y], [np.zeros_like(x)])


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_floats_as_numpy_has_them(dtype):
    x, y = np.ascontiguousarray(np.array(float_pairs(dtype), dtype=DTYPES[dtype]).T)
    with np.errstate(all="ignore"):
        expected = {"rem": np.remainder(x, y), "fmod": np.fmod(x, y)}
    for op, answer in expected.items():
        found = np.zeros_like(x)
        _abreast.run_loop(kernel_of(op, [dtype, dtype], dtype), "cpu", [x.size, x, y, found])
        assert np.array_equal(found, answer, equal_nan=True)
        numbers = answer == answer
        assert np.array_equal(np.signbit(found[numbers]), np.signbit(answer[numbers]))
