"""Compiled functions beside CPython: values, types, exceptions and what was written before them."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import abreast as ab


def run(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    """What a call returns or raises, and its arguments afterwards."""
    given = copy.deepcopy(arguments)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return function(*given), given
        except Exception as error:
            return error, given


def alike(found: Any, expected: Any) -> bool:
    if isinstance(expected, tuple):
        return (
            isinstance(found, tuple)
            and len(found) == len(expected)
            and all(map(alike, found, expected))
        )
    if isinstance(expected, Exception):
        return type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        return found.dtype == expected.dtype and np.allclose(
            found, expected, rtol=1e-12, atol=0, equal_nan=True
        )
    if expected is None:
        return found is None
    if type(found) is not type(expected):
        return False
    if isinstance(expected, float | complex | np.inexact):
        digits = 1e-3 if getattr(expected, "dtype", None) == np.float16 else 1e-6
        if getattr(expected, "dtype", np.dtype(float)).itemsize >= 8:
            digits = 1e-12
        return bool(np.isclose(found, expected, rtol=digits, atol=0, equal_nan=True))
    return bool(found == expected)


def check(function: Any, *arguments: Any) -> None:
    expected, after = run(function.__wrapped__, arguments)
    found, given = run(function, arguments)
    shown = f"{function.__name__}{arguments}: {found!r}, not {expected!r}"
    assert alike(found, expected), shown
    assert alike(given, after), f"{function.__name__}{arguments}: arguments {given}, not {after}"


NUMBERS = [0, 1, -7, 3, 2**40, 0.0, 1.5, -2.25, True, np.int8(5), np.uint8(200), np.int32(-9)]
NUMBERS += [np.float32(0.3), np.float64(-1.5), np.int64(0), np.bool_(True), np.uint64(7)]


@ab.jit
def plus(x, y):
    return x + y, x - y, x * y


@ab.jit
def over(x, y):
    return x / y


@ab.jit
def floor(x, y):
    return x // y


@ab.jit
def rest(x, y):
    return x % y


@ab.jit
def order(x, y):
    return x < y, x <= y, x == y, x != y, x > y, x >= y


@ab.jit
def extremes(x, y):
    return abs(x), not x, bool(y), int(x), float(y), -x if x > 1 else +x


@pytest.mark.parametrize("function", [plus, over, floor, rest, order, extremes])
def test_operators_over_types(function):
    if function is not extremes:
        pairs = [(x, y) for x in NUMBERS[:9] for y in NUMBERS[:9]]
        pairs += [(x, y) for x in NUMBERS[9:] for y in [*NUMBERS[:6:2], *NUMBERS[9:]]]
        pairs += [(y, x) for x in NUMBERS[9:] for y in NUMBERS[:6:2]]
    else:
        pairs = [(x, x) for x in NUMBERS if not isinstance(x, np.bool_)]
    for x, y in pairs:
        kinds = {np.asarray(x).dtype.kind, np.asarray(y).dtype.kind}
        if function is plus and (isinstance(x, np.bool_) or isinstance(y, np.bool_)):
            continue  # CPython refuses some of these
        if type(x) is int and x < 0 and kinds & set("u"):
            continue  # CPython refuses or compares beyond 64 bits
        if type(x) is int and isinstance(y, np.generic) and abs(x) > 100:
            continue
        if type(y) is int and isinstance(x, np.generic) and (abs(y) > 100 or y < 0):
            continue
        if function is plus and 2**40 in (x, y):
            continue
        check(function, x, y)


@ab.jit
def bits(x, y):
    return x & y, x | y, x ^ y, ~x, x << 2, x >> 1


def test_bits():
    for x in (0, 5, -9, 2**50):
        for y in (3, -1):
            check(bits, x, y)
    check(bits, np.int16(-9), np.int16(12))


@ab.jit
def powers(x):
    return x**2, x**3, x**0, x**-1, x**0.5


@ab.jit
def power(x, y):
    return x**y


def test_powers():
    for x in (1, 2, 7, 1.5, 100.0, np.float32(2.5)):
        check(powers, x)
    for x, y in ((2, 10), (3, 0), (2.0, 0.5), (2.0, -3), (0.0, -1.0), (10.0, 400.0), (-2.0, 3.0)):
        check(power, x, y)


@ab.jit
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2:
            n = 3 * n + 1
        else:
            n //= 2
        steps += 1
    return steps


@ab.jit
def first_over(a, limit):
    for i in range(len(a)):
        if a[i] > limit:
            return i, a[i]
    return -1, a[0]


@ab.jit
def search(a, x):
    for i, value in enumerate(a):
        if value == x:
            found = i
            break
        if value < 0:
            continue
    else:
        found = -1
    return found


@ab.jit
def primes(n):
    count = 0
    for i in range(2, n):
        for j in range(2, i):
            if j * j > i:
                count += 1
                break
            if i % j == 0:
                break
        else:
            count += 1
    return count


@ab.jit
def loops(n):
    total = 0
    for i in range(n, -n, -3):
        total = total * 3 + i
    for i in reversed(range(1, n, 2)):
        total = total * 3 + i
    for i, j in zip(range(n), range(10, 0, -1), strict=False):
        total = total * 3 + i - j
    for i in reversed((1, 2, 5)):
        total += i
    return total % 1000003


@ab.jit
def last(n):
    for i in range(n):  # noqa: B007
        pass
    return i


@ab.jit
def swap(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@ab.jit
def maybe(x):
    if x > 0:
        y = 1
    return y


@ab.jit
def raising(x):
    assert x != 3, "three"
    if x > 5:
        raise ValueError("too large")
    if x > 4:
        raise KeyError
    return x


@ab.jit
def short(a, i):
    return bool(i < len(a) and a[i] > 0), bool(i >= len(a) or a[i] > 0), 0 <= i < len(a) <= 10


@ab.jit
def walrus(n):
    total = 0
    while (n := n - 1) > 0:
        if (m := n * 2) > 5:
            total += m
    return total


@ab.jit
def mixed(n):
    s = 0
    for i in range(n):
        s += 0.5 if i % 2 else 1
    return s


@ab.jit
def nested(n):
    for i in range(n):
        for j in range(n):
            if i * j == 12:
                return i, j
            if j > i:
                break
        else:
            continue
        if i > 100:
            break
    return -1, -1


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (collatz, [(27,), (1,), (97,)]),
        (first_over, [(np.arange(5.0), 2), (np.arange(5.0), 9), (np.arange(3), 0.5)]),
        (search, [(np.array([3, 1, 4]), 4), (np.array([3, 1, 4]), 9), (np.arange(0), 1)]),
        (primes, [(50,), (2,), (0,)]),
        (loops, [(0,), (1,), (9,)]),
        (last, [(3,), (0,)]),
        (swap, [(0,), (30,)]),
        (maybe, [(1,), (-1,)]),
        (raising, [(1,), (3,), (5,), (6,)]),
        (short, [(np.array([1, -1]), 0), (np.array([1, -1]), 1), (np.array([1, -1]), 2)]),
        (walrus, [(7,), (0,)]),
        (mixed, [(5,), (2,)]),
        (nested, [(3,), (13,), (20,)]),
    ],
)
def test_control(function, arguments):
    for given in arguments:
        check(function, *given)


@ab.jit
def pick(a, i):
    return a[i]


@ab.jit
def shift(a, by):
    for i in range(len(a)):
        a[i] = a[i + by]


@ab.jit
def fill(a, x):
    a[1:-1] = x
    a[::2] += x
    return a


@ab.jit
def stencil(a, b):
    n, m = a.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            b[i, j] = (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1]) / 4


@ab.jit
def views(a):
    s = a[0, 0] * 0
    for row in a[1:, ::2]:
        for x in row[::-1]:
            s = s * 2 + x
    for column in a.T:
        s += column[-1]
    b = a[None, ..., 0]
    return s, len(b), b.shape, b.ndim, a.size, b[0, -1]


def test_arrays():
    for dtype in ("int8", "int64", "uint16", "float32", "float64", "complex128", "bool"):
        a = np.arange(5).astype(dtype)
        for i in (0, 4, -1, -5, 5, -6, np.int32(2), np.uint8(3)):
            check(pick, a, i)
            check(pick, a[::-2], i)
    for by in (0, 1, 2, -1):
        check(shift, np.arange(6.0), by)
        check(shift, np.arange(12)[::2], by)
    check(fill, np.arange(7.0), 3)
    check(fill, np.arange(7, dtype=np.int16), 3)
    for a in (
        np.random.default_rng(1).random((5, 6)),
        np.asfortranarray(np.arange(30.0).reshape(5, 6)),
    ):
        check(stencil, a, np.zeros((5, 6)))
        check(stencil, a[::-1], np.zeros((5, 6)))
        check(views, a)
    check(views, np.arange(12).reshape(3, 4))


@ab.jit
def store(a, x):
    a[0] = 1
    a[1] = x
    a[2] = 3


def test_stores_convert_as_numpy_does():
    for dtype in ("int8", "uint8", "int32", "float32", "bool", "complex64"):
        for x in (3, 3.7, True, np.int64(100), np.float32(2.5)):
            check(store, np.zeros(3, dtype), x)
    check(store, np.zeros(3, "uint8"), 300)
    check(store, np.zeros(3, "int8"), -129)
    frozen = np.zeros(3)
    frozen.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        store(frozen, 1.0)


@ab.jit
def mathematics(x):
    return (
        math.sin(x),
        math.cos(x) + math.tan(x),
        math.exp(x),
        math.atan2(x, 2),
        math.hypot(x, 3.0),
        math.floor(x),
        math.ceil(x),
        math.isnan(x),
        math.pi * math.fabs(x),
        math.degrees(x),
        math.copysign(2.0, x),
    )


@ab.jit
def roots(x):
    return math.sqrt(x), math.log(x)


@ab.jit
def numpys(x, y):
    return (
        np.sqrt(x),
        np.exp(y),
        np.maximum(x, y),
        np.where(x > y, x, y),
        np.arctan2(x, y),
        np.abs(y),
    )


@ab.jit
def builtin(x, y):
    return (
        float(min(x, y, 3)),
        float(max(x, y)),
        divmod(x, y),
        pow(x, 2),
        round(x),
        sum((x, y)),
        int(y),
        float(x),
    )


def test_functions():
    for x in (0.5, -1.25, 2, True, np.float32(0.5)):
        check(mathematics, x)
    for x in (4.0, 0.0, -1.0, 9, math.inf, math.nan):
        check(roots, x)
    for x in (800.0, math.nan, math.inf):
        check(mathematics, x)
    for x, y in ((1.5, 2.5), (np.float32(2), 1), (3, 4), (np.float64(2), np.float32(1))):
        check(numpys, x, y)
    for x, y in ((7, 2), (-7, 2), (7.5, -2), (1, 0), (2.5, 1.5)):
        check(builtin, x, y)


@ab.jit
def complexes(z, w):
    return z + w, z - w, z * w, z / w, abs(z), z.real, z.imag, z.conjugate(), z**2, -z, z == w


@ab.jit
def julia(z, c, n):
    for i in range(n):
        if abs(z) > 2:
            return i
        z = z * z + c
    return n


@ab.jit
def scale(a, z):
    for i in range(len(a)):
        a[i] *= z


def test_complex():
    for z, w in ((1 + 2j, 3 - 1j), (0.5j, 2.0), (1.5, 2 + 0j), (1j, 0j)):
        check(complexes, complex(z), complex(w))
    check(julia, 0.1 + 0.2j, 0.3 + 0.5j, 60)
    check(scale, np.arange(4) + 1j, 2 - 1j)
    check(scale, (np.arange(4) + 1j).astype("complex64"), 2.0)


SIZE = 3
TABLE = np.arange(10.0)
PAIR = (2, 4.5)


@ab.jit
def inner(x, by=2):
    if x < 0:
        return 0.0
    return x * by


@ab.jit
def outer(x):
    return inner(x) + inner(x, 3) + inner(by=-1, x=x) + SIZE + TABLE[SIZE] + PAIR[0] * PAIR[1]


def test_other_functions_and_closures():
    for x in (1.5, -2.5, np.float64(3)):
        expected = inner.__wrapped__(x) + inner.__wrapped__(x, 3) + inner.__wrapped__(x, -1)
        expected += SIZE + TABLE[SIZE] + 9.0
        assert outer(x) == expected

    offset = 4
    table = np.arange(5)

    @ab.jit
    def local(i):
        return table[i] + offset

    assert local(2) == 6
    table[2] = 10
    assert local(2) == 14
    with pytest.raises(IndexError):
        local(7)


def test_lambdas_on_one_line():
    f, g = ab.jit(lambda x: x + 1), ab.jit(lambda x, y=3: x * y)
    assert (f(2), g(2), g(2, 5), g(y=1, x=7)) == (3, 6, 10, 7)


@ab.jit
def tuples(t, i):
    a, (b, c) = t
    s = 0
    for x in (a, b, c):
        s += x
    for k, x in enumerate((a, 2 * b)):
        s += k * x
    return s, float((a, b, c)[i]), t[1], t[1][0:1], len(t), (a,) + t[1]


def test_tuples():
    check(tuples, (1, (2, 3)), 1)
    check(tuples, (1.5, (2, 3)), -1)
    check(tuples, (1, (2, 3)), 5)
