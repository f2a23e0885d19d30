"""Messages of exceptions with numbers of the run in them: those of CPython."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import abreast as ab

LIMIT = 7


class TooLarge(Exception):
    """An exception of the user's."""


def of_ints(n, x):
    if n > 3:
        raise ValueError(f"n is {n}, not {LIMIT}: {n:>5}|{n:x} {n!r} {-n}")
    return n


def of_floats(n, x):
    if n > 3:
        raise ArithmeticError(f'{x} {x:.3f} {x * 2!r} {x=} {x=:.1e} "quoted" \n{{}} é')
    return n


def of_bools(n, x):
    assert n <= 3, f"{n > 3} {x > 0.0!r} {n:+d}"
    return n


def of_elements(n, x):
    y = np.float32(n) * np.float32(0.1)
    if n > 3:
        raise TooLarge(f"{y} {y!r} {np.int8(n)!r} {np.uint64(n)}")
    return n


def in_a_loop(n, x):
    s = 0
    for i in range(n):
        s += i * i
        if s > 20:
            raise ValueError(f"{s} at {i}")
        assert i < 90, f"{i} of {n}"
    return s


FUNCTIONS = [of_ints, of_floats, of_bools, of_elements, in_a_loop]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda it: it.__name__)
@pytest.mark.parametrize("given", [(2, 0.5), (40, 0.1), (5, -1e300), (4, float("inf"))])
def test_messages_are_those_of_cpython(function: Any, given: tuple[Any, ...]):
    compiled = ab.jit(function)
    try:
        expected: Any = function(*given)
    except Exception as error:
        expected = error
    for _ in range(2):
        if not isinstance(expected, Exception):
            assert compiled(*given) == expected
            continue
        with pytest.raises(type(expected)) as found:
            compiled(*given)
        # What comes after the first line of an assertion is pytest's.
        lines = str(expected).splitlines()
        if isinstance(expected, AssertionError):
            lines = lines[:1]
        assert str(found.value).splitlines() == lines
        place = expected.__traceback__.tb_next.tb_lineno
        assert found.traceback[-1].lineno + 1 == place


def test_what_was_written_before_stays_and_nan_is_told():
    @ab.jit
    def fill(x, stop):
        for i in range(len(x)):
            if not x[i] < stop:
                raise ValueError(f"x[{i}] = {x[i]}")
            x[i] = -1.0

    x = np.array([1.0, 2.0, np.nan, 3.0])
    with pytest.raises(ValueError, match=r"^x\[2\] = nan$"):
        fill(x, 5.0)
    assert x[:2].tolist() == [-1.0, -1.0]


def test_with_races_and_what_is_refused():
    @ab.jit(races=True)
    def both(x, n):
        if n > 2:
            raise ValueError(f"n={n}")
        for i in ab.prange(n):
            x[i // 2] = i

    with pytest.raises(ValueError, match=r"^n=3$"):
        both(np.zeros(3), 3)
    with pytest.raises(ab.RaceError):
        both(np.zeros(3), 2)

    @ab.jit
    def inside(x):
        for i in ab.prange(len(x)):
            assert x[i] > 0, f"{i}"

    with pytest.raises(ab.LanguageError, match="made inside of prange"):
        inside(np.zeros(3))

    @ab.jit
    def arrays(x):
        raise ValueError(f"{x}")

    with pytest.raises(ab.LanguageError, match="array of float64 in a message"):
        arrays(np.zeros(3))
