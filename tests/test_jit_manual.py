"""What the manual of Numba shows, in our words: compiled and compared with CPython, or refused.

In scope is what it compiles with `jit` and `vectorize` on a CPU: quick start, signatures, calls,
performance, parallel loops, trouble-shooting. `test_jit_examples.py` has its longer programs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import abreast as ab
from foreign_arguments import difference


def with_trace(x):
    trace = 0.0
    for i in range(x.shape[0]):
        trace += np.tanh(x[i, i])
    return x + trace


def both(x, y):
    return x + y


@ab.jit
def squared(x):
    return x**2


def longest_side(x, y):
    return math.sqrt(squared(x) + squared(y))


def one_by_expressions(x):
    return np.cos(x) ** 2 + np.sin(x) ** 2


def one_by_loops(x):
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = np.cos(x[i]) ** 2 + np.sin(x[i]) ** 2
    return out


def roots(x):
    total = 0.0
    for value in x:
        total += np.sqrt(value)
    return total


def there_and_back(x, y):
    return (x - y) + y


def roots_on_all_cores(x):
    total = 0.0
    for i in ab.prange(len(x)):
        total += np.sqrt(x[i])
    return total


def sum_on_all_cores(x):
    total = 0
    for i in ab.prange(x.shape[0]):
        total += x[i]
    return total


def regression(labels, points, weights, turns):
    for _ in range(turns):
        weights -= np.dot(
            ((1.0 / (1.0 + np.exp(-labels * np.dot(points, weights))) - 1.0) * labels), points
        )
    return weights


def nested_sums(x):
    n = x.shape[0]
    a = np.sin(x)
    b = np.cos(a * a)
    total = 0
    for i in ab.prange(n - 2):
        for j in range(n - 1):
            total += b[i] + b[j + 1]
    return total


def int_or_float(test):
    found = 1 if test else 2.5
    return found + 1


def shapes_by_tuple(a):
    shape = a.shape
    return np.zeros(shape) + shape[0]


def one_or_two(a, test):
    if test:
        return a.sum(), 1
    return a.max(), 2


def inverse(n):
    found = np.empty(n)
    for i in range(n):
        found[i] = 1 / (i + 1)
    return found


def last_digits(x):
    total = 0
    for i in range(x.shape[0]):
        for k in range(2):
            total += x[i] % (k + 2)
    return total


rng = np.random.default_rng(11)
GRID, LINE = rng.random((5, 5)), rng.random(40)
COMPILED: list[tuple[Any, tuple[Any, ...]]] = [
    (with_trace, (GRID,)),
    *((both, it) for it in ((1, 2), (1j, 2), (1.5, 2), (LINE, 1), (GRID, GRID[0]))),
    (longest_side, (3, 4.0)),
    (one_by_expressions, (LINE,)),
    (one_by_loops, (LINE,)),
    (roots, (LINE,)),
    (there_and_back, (0, np.inf)),
    (roots_on_all_cores, (LINE,)),
    (sum_on_all_cores, (np.arange(30),)),
    (regression, (np.sign(LINE - 0.5), rng.random((40, 3)), np.zeros(3), 5)),
    (nested_sums, (LINE,)),
    (shapes_by_tuple, (GRID,)),
    (one_or_two, (LINE, True)),
    (one_or_two, (LINE, False)),
    (inverse, (7,)),
    (last_digits, (np.arange(9),)),
]


def called(function: Any, given: tuple[Any, ...]) -> Any:
    with np.errstate(all="ignore"):
        return function(*[it.copy() if isinstance(it, np.ndarray) else it for it in given])


@pytest.mark.parametrize(
    "function", dict.fromkeys(it[0] for it in COMPILED), ids=lambda it: it.__name__
)
def test_compiled_as_by_python(function):
    compiled = ab.jit(function)
    for given in (it[1] for it in COMPILED if it[0] is function):
        assert not difference(called(compiled, given), called(function, given)), given


def whole_reduction(n):
    found = 2 * np.ones((13, 17), np.int64)
    twos = 2 * np.ones_like(found)
    for _ in ab.prange(n):
        found *= twos
    return found


def whole_sums(x):
    y = np.zeros(4)
    for i in ab.prange(x.shape[0]):
        y += x[i]
    return y


def through_a_slice(x):
    y = np.zeros(4)
    z = y[:]
    for i in ab.prange(x.shape[0]):
        z += x[i]
    return y


def slice_race(x):
    y = np.zeros(4)
    for i in ab.prange(x.shape[0]):
        y[:] += x[i]
    return y


def element_race(x, y):
    for i in ab.prange(x.shape[0]):
        y[i % 4] += x[i]
    return y


def collected(n):
    found = []
    for i in ab.prange(n):
        found.append(i)  # noqa: PERF402 - it is what is tested
    return found


def different_things(x):
    if x > 10:
        return (1,)
    return 1


def left_open(x):
    for i in range(x):
        if i > 3:
            found = i
    return found


def lists_of_lists(n):
    return [[i] for i in range(n)]


def converted(x):
    return str(x)


REFUSED: list[tuple[Any, tuple[Any, ...], str]] = [
    (whole_reduction, (4,), "prange"),
    (whole_sums, (LINE,), "prange"),
    (through_a_slice, (LINE,), "prange"),
    (slice_race, (LINE,), "prange"),
    (collected, (5,), "a list"),
    (lists_of_lists, (3,), "a list"),
    (converted, (3,), "str"),
]


@pytest.mark.parametrize(
    ("function", "given", "message"), REFUSED, ids=lambda it: getattr(it, "__name__", "")
)
def test_refused_with_a_hint(function, given, message):
    with pytest.raises(ab.LanguageError, match=message) as caught:
        ab.jit(function)(*given)
    assert "hint: " in str(caught.value)


def test_a_result_may_be_one_thing_or_another():
    compiled = ab.jit(different_things)
    assert compiled(3) == 1 and compiled(30) == (1,)


def test_an_int_or_a_float_is_a_float():
    assert ab.jit(int_or_float)(True) == 2.0
    assert ab.jit(int_or_float)(False) == 3.5


def test_turns_that_meet_are_found():
    with pytest.raises(ab.RaceError):
        ab.jit(element_race, races=True)(LINE, np.zeros(4))


def test_a_name_that_nobody_gave_a_value():
    with pytest.raises((UnboundLocalError, ab.LanguageError)):
        ab.jit(left_open)(2)


def test_signatures():
    assert ab.jit("int32(int32, int32)")(both)(3, 4) == 7
    assert ab.jit("float32(float32, float32)")(both)(0.1, 0.2) == np.float32(0.1) + np.float32(0.2)


def test_functions_of_numbers_over_arrays():
    twice, added = ab.vectorize(lambda x: x * 2), ab.vectorize(both)
    for x in (np.arange(6), np.linspace(0, 1, 6), np.arange(12, dtype=np.float32).reshape(3, 4)):
        assert np.array_equal(twice(x), x * 2)
        assert np.array_equal(added(x, x), x + x)
        assert added(x, x).dtype == x.dtype
    out = np.zeros(6)
    added(np.arange(6.0), 1.0, out=out)
    assert out.tolist() == [1, 2, 3, 4, 5, 6]
