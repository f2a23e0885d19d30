"""`del`, printed arrays, `np.arange` that has no length, functions that would be generators."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

import abreast as ab
from jit_oracle import beside

X = np.random.default_rng(4).random(5)


def shown(x):
    print(x)
    print("x", x, x[0], x.shape, sep="|")
    print((x, 1), x * 2, f"{x[1:3]} {x[0]:.2f}")
    for i in range(3):
        x[i] += x[i]
        print(i, x[::2])


def tables(a):
    print(a, a.T, a[::-1], a.astype(np.float32))
    raise ValueError("after it was printed")


def made(n):
    y = np.zeros(n)
    print(y, np.arange(n))


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (shown, X),
        (shown, X + 1j),
        (shown, X.astype(np.float16)),
        (shown, np.arange(5, dtype=np.uint64)),
        (tables, np.arange(6).reshape(2, 3)),
        (tables, np.zeros((3, 2), order="F")[::2]),
        (made, 0),
        (made, 3),
        (made, 2000),
    ],
)
def test_arrays_are_printed_as_numpy_prints_them(function, argument):
    texts = []
    for one in (function, ab.jit(function)):
        text = io.StringIO()
        given = argument.copy() if isinstance(argument, np.ndarray) else argument
        with contextlib.redirect_stdout(text):
            if function is tables:
                with pytest.raises(ValueError, match="after it"):
                    one(given)
            else:
                one(given)
        texts.append(text.getvalue())
    assert texts[0] == texts[1] != ""


def test_arrays_are_not_printed_in_prange():
    def turns(x):
        for _ in ab.prange(3):
            print(x)

    with pytest.raises(ab.LanguageError, match=r"print of an array inside of prange(.|\n)*hint"):
        ab.jit(turns)(X)


def deleted(x):
    y = x * 2
    z = y.sum() * 0 + x[1]
    del y
    a, b = z, z
    del a, (b)
    return z


def in_turns(n):
    a = 1
    for i in range(n):
        b = a + i
        a = b
        del b
    return a


def perhaps(gone):
    a = 1
    if gone:
        del a
    return a


def at_last(n):
    a = 1
    for i in range(n):
        if i == 2:
            del a
    return a


def test_names_are_deleted():
    beside(deleted, X)
    beside(in_turns, 3)
    for gone in (False, True):
        beside(perhaps, gone)
    for n in (2, 3, 5):
        beside(at_last, n)


def test_elements_are_not_deleted():
    def element(x):
        del x[0]

    with pytest.raises(ab.LanguageError, match=r"`del` of an element(.|\n)*hint"):
        ab.jit(element)(X)


@pytest.mark.parametrize(
    "numbers",
    [
        (0, 1, 0),
        (0.0, 1.0, 0.0),
        (0, 0, 0),
        (0, 1, 0.0),
        (0.0, np.inf, 1),
        (0.0, np.nan, 1),
        (0, 1, np.nan),
        (0.0, 1e30, 1.0),
        (0, 5, -1),
        (5, 0, -2),
    ],
)
def test_arange_that_has_no_length(numbers):
    beside(lambda a, b, c: np.arange(a, b, c), *numbers)


def test_generator_functions_are_refused():
    def never(n):
        return n
        yield n

    with pytest.raises(ab.LanguageError, match=r"a generator function(.|\n)*yield n(.|\n)*hint"):
        ab.jit(never)(3)
