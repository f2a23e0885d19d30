"""Memory of arrays that compiled functions make: bounded, and given back however a call ends."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

import abreast as ab

MB = 1 << 20


@pytest.fixture(autouse=True)
def _bounds():
    before = ab.memory()
    yield
    ab.memory(limit=before.limit or 0, keep=before.keep)


@ab.jit
def made_of_arguments(n):
    y = np.zeros(n)
    for i in range(n):
        y[i] = i
    return y


@ab.jit
def several(n):
    y, z = np.zeros(n), np.ones(n)
    for i in range(n):
        y[i] = z[n - 1 - i] + i
        z[i] = y[i // 2]
    return z


@ab.jit
def of_an_element(lengths):
    y = np.zeros(lengths[0])
    for i in range(lengths[0]):
        y[i] = i
    return y[:3].copy()


@ab.jit
def in_turns(n, rows):
    s = 0.0
    for i in ab.prange(rows):
        y = np.zeros(n)
        for k in range(n):
            y[k] = k * i
        for k in range(n):
            s += y[n - 1 - k]
    return s


@ab.vectorize
def square(x):
    return x * x


@ab.jit
def whole(x):
    y = np.cumsum(x)
    return np.sort(y) + y[::-1]


LENGTHS = np.array([MB], np.int64)
CALLS = [
    (made_of_arguments, (MB,)),
    (several, (MB // 2,)),
    (of_an_element, (LENGTHS,)),
    (in_turns, (MB, 4)),
    (square, (np.ones(MB),)),
    (whole, (np.ones(MB),)),
]


@pytest.mark.parametrize(("function", "given"), CALLS, ids=lambda it: getattr(it, "__name__", ""))
def test_the_limit_holds(function, given):
    wanted = function(*given)
    del wanted
    gc.collect()
    before = ab.memory().used
    for bound in (6 * MB, MB // 2):
        ab.memory(limit=before + bound)
        for _ in range(3):
            with pytest.raises(MemoryError, match=r"no memory for an array of|Unable to allocate"):
                function(*given)
        assert ab.memory().used == before
    ab.memory(limit=before + 400 * MB)
    found = function(*given)
    ab.memory(limit=0)
    assert np.array_equal(found, function(*given))
    del found
    gc.collect()
    assert ab.memory().used == before


def test_small_arrays_are_within_the_limit_too():
    assert len(made_of_arguments(1000)) == 1000
    ab.memory(limit=ab.memory().used + 5000)
    for _ in range(2):
        with pytest.raises(MemoryError, match=r"7\.8 KiB: arrays have .*, and 4\.9 KiB are free"):
            made_of_arguments(1000)
        assert made_of_arguments(500)[499] == 499
    ab.memory(limit=0)
    assert made_of_arguments(1000)[999] == 999


def test_what_is_held_counts():
    made_of_arguments(3)
    before = ab.memory().used
    ab.memory(limit=before + 20 * MB)
    held = [made_of_arguments(MB) for _ in range(2)]
    assert ab.memory().used == before + 16 * MB
    with pytest.raises(MemoryError):
        made_of_arguments(MB)
    del held[0]
    held.append(made_of_arguments(MB))
    assert held[-1][MB - 1] == MB - 1


@ab.jit
def fails_late(n, at, kind):
    y = np.zeros(n)
    z = y + 1.0
    for i in range(n):
        y[i] = z[i] * i
        if i == at:
            if kind == 0:
                raise ValueError("in the middle")
            if kind == 1:
                y[i + n] = 1.0
            if kind == 2:
                return y[: 1 // (i - at)]
            assert kind == 4, "neither"
    return y


@ab.jit
def fails_in_turns(n, at):
    s = 0.0
    for i in ab.prange(n):
        y = np.zeros(n)
        for k in range(n):
            y[k] = k + i
        if i == at:
            y[i + n] = 2.0
        s += y[n - 1]
    return s


@ab.jit
def fails_with_lengths(lengths, at):
    y = np.zeros(lengths[0])
    for i in range(lengths[0]):
        y[i] = i
    return y[at]


ERRORS = [ValueError, IndexError, ZeroDivisionError, AssertionError]


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def mapped() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * 4096


def fail_often(turns: int, n: int) -> None:
    for turn in range(turns):
        kind = turn % 4
        with pytest.raises(ERRORS[kind]):
            fails_late(n, n // 2, kind)
        if turn % 4 == 0:
            with pytest.raises(IndexError):
                fails_in_turns(40, turn % 40)
        if turn % 4 == 1:
            with pytest.raises(IndexError):
                fails_with_lengths(np.array([n]), n + turn)
        if turn % 100 == 0:
            assert len(fails_late(n, -1, 9)) == n


@pytest.mark.parametrize(("turns", "n"), [(10_000, 200), (300, 400_000)])
def test_ten_thousand_calls_that_fail(turns, n):
    fail_often(turns // 10, n)
    gc.collect()
    ab.memory(keep=0)
    before = ab.memory().used, resident(), mapped()
    fail_often(turns, n)
    gc.collect()
    ab.memory(keep=0)
    assert ab.memory().used == before[0]
    assert resident() - before[1] < 8 * MB
    assert mapped() - before[2] < 64 * MB


FEW_ADDRESSES = """
import resource
import numpy as np
import abreast as ab

@ab.jit
def two(lengths):
    y, z = np.zeros(lengths[0]), np.zeros((lengths[0], 2))
    for i in range(lengths[0]):
        y[i] = i
        z[i, 1] = y[i // 2]
    return z.sum()

with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
two(np.array([2]))
resource.setrlimit(resource.RLIMIT_AS, (now + (1 << 30), resource.RLIM_INFINITY))
for n in (10, 100_000):
    assert two(np.array([n])) == sum(i // 2 for i in range(n))
for _ in range(100):
    try:
        two(np.array([1 << 40]))
    except MemoryError as error:
        assert "Unable to allocate an array with shape (1099511627776,)" in str(error), error
    else:
        raise AssertionError("8 TiB in 1 GiB")
assert two(np.array([10])) == 20
"""


def test_where_addresses_are_few(run):
    run(FEW_ADDRESSES)
