"""Subclasses of NumPy's arrays: taken where they are their numbers, refused where they are more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import abreast as ab


class Named(np.ndarray):
    """With a name, and NumPy's arithmetic."""

    name = "weights"


class Metres(np.ndarray):
    """With a unit, as libraries have them."""

    def __array_ufunc__(self, *given: Any, **more: Any) -> Any:
        return NotImplemented


@ab.jit
def total(x):
    s = 0.0
    for i in range(len(x)):
        s += x[i]
    return s


@ab.vectorize
def twice(x):
    return 2 * x


def test_numbers_with_a_name(tmp_path):
    mapped = np.memmap(tmp_path / "numbers", dtype=np.float64, shape=(4,), mode="w+")
    mapped[:] = np.arange(4)
    for x in (mapped, np.arange(4.0).view(Named)):
        assert total(x) == 6.0
        assert twice(x).tolist() == [0.0, 2.0, 4.0, 6.0]


MORE = [
    np.ma.masked_array(np.arange(4.0), [0, 0, 1, 0]),
    np.ones((1, 2)).view(np.matrix),
    np.arange(4.0).view(Metres),
]


@pytest.mark.parametrize("x", MORE, ids=lambda it: type(it).__name__)
def test_numbers_that_mean_more(x):
    total(np.arange(3.0))  # compiled for such numbers
    kind = type(x).__name__
    for _ in range(2):
        with pytest.raises(TypeError, match=f"total: the argument x is a {kind}, which is more"):
            total(x)
        with pytest.raises(TypeError, match=f"twice: a {kind} is more than its numbers"):
            twice(x)
        with pytest.raises(TypeError, match="more than its numbers"):
            twice(np.arange(4.0), out=x)

    @ab.jit
    def around(i):
        return x[i]

    with pytest.raises(TypeError, match=r"around: an array from outside is a .* more than"):
        around(0)


def test_arguments_are_named_where_they_are_refused():
    @ab.jit
    def scaled(words, factor=2.0):
        return words * factor

    for given, name in (((["a"],), "words"), ((1.0, {}), "factor"), ((1.0, 2**80), "factor")):
        with pytest.raises((TypeError, OverflowError), match=f"scaled: the argument {name} is a"):
            scaled(*given)
    with pytest.raises(TypeError, match="scaled: the argument factor is a str"):
        scaled(1.0, factor="2")
