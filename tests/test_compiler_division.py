"""Division of integers in vectors: the bits of the interpreter, and the numbers of Python."""

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
    x = sample(dtype, 500)
    for y in (0, 1, 7, 10, np.iinfo(DTYPES[dtype]).max, np.iinfo(DTYPES[dtype]).min):
        bits = y % 2 ** np.iinfo(DTYPES[dtype]).bits
        both(text, [x.size, x, bits], [np.zeros_like(x)])
