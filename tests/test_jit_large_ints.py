"""Ints from 2**63 to 2**64 - 1 beside `np.uint64`: hashes and generators as they are published."""

import numpy as np
import pytest

import abreast as ab

PRIME = 1099511628211
BASIS = 14695981039346656037
MASK = 0xFFFFFFFFFFFFFFFF


def fnv(data):
    h = np.uint64(14695981039346656037)
    for byte in data:
        h = ((h ^ byte) * PRIME) & MASK
    return h


def fnv_of_names(data):
    h = np.uint64(BASIS)
    for byte in data:
        h ^= np.uint64(byte)
        h *= np.uint64(PRIME)
    return h


@pytest.mark.parametrize("function", [fnv, fnv_of_names])
@pytest.mark.parametrize(
    ("data", "want"), [(b"", 0xCBF29CE484222325), (b"foobar", 0x85944171F73967E8)]
)
def test_fnv_1a_as_published(function, data, want):
    found = ab.jit(function)(np.frombuffer(data, np.uint8))
    assert found == want
    assert type(found) is np.uint64


def splitmix(state, n):
    out = np.empty(n, np.uint64)
    for i in range(n):
        state += 0x9E3779B97F4A7C15
        z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out[i] = z ^ (z >> 31)
    return out


def test_splitmix_as_published():
    found = ab.jit(splitmix)(np.uint64(1234567), 3)
    assert found.tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def of_numbers(x):
    return (
        x > 0x8000000000000000,
        0x8000000000000000 <= x,  # noqa: SIM300
        x % 0xFFFFFFFFFFFFFFC5,
        0xFFFFFFFFFFFFFFC5 // x,
        x == 0xFFFFFFFFFFFFFFFF,
        x | 0x8000000000000000,
    )


def of_arrays(a):
    b = a * 0x9E3779B97F4A7C15
    a ^= 0xFFFFFFFFFFFFFFFF
    a[0] = 0xFFFFFFFFFFFFFFFE
    a[1:3] = 0x8000000000000001
    return b, a, b > 0x8000000000000000, (a + b) & 0xF000000000000000


def of_floats(x):
    return x * 0xFFFFFFFFFFFFFFFF, x < 9223372036854775808, float(0xFFFFFFFFFFFFFFFF) - x


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (of_numbers, np.uint64(5)),
        (of_numbers, np.uint64(2**63)),
        (of_numbers, np.uint64(2**64 - 1)),
        (of_arrays, np.arange(5, dtype=np.uint64)),
        (of_floats, 2.5),
        (of_floats, np.float32(2.5)),
    ],
)
def test_values_are_numpys(function, argument):
    with np.errstate(over="ignore"):
        want = function(argument.copy() if isinstance(argument, np.ndarray) else argument)
    found = ab.jit(function)(argument)
    for mine, numpys in zip(found, want, strict=True):
        assert type(mine) is type(numpys)
        assert np.asarray(mine).tobytes() == np.asarray(numpys).tobytes()


def test_the_lowest_int():
    assert ab.jit(lambda x: x - -9223372036854775808)(-1) == 2**63 - 1


def test_beside_ints_it_is_refused():
    with pytest.raises(ab.LanguageError, match=r"more than 63 bits[\s\S]*np\.uint64"):
        ab.jit(lambda x: x & 0xFFFFFFFFFFFFFFFF)(2)
    with pytest.raises(ab.LanguageError, match="more than 63 bits"):
        ab.jit(lambda x: x & MASK)(np.int64(2))
    with pytest.raises(ab.LanguageError, match="an int that is too large"):
        ab.jit(lambda x: x & 0x1FFFFFFFFFFFFFFFF)(np.uint64(2))
