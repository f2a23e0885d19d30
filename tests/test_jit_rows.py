"""Tuples and lists that are assigned to elements of arrays: NumPy's values, NumPy's errors."""

import numpy as np
import pytest

import abreast as ab


def agree(function, *arrays):
    """Compare with CPython: what is stored, and how it fails; answers the message."""
    compiled = ab.jit(function)
    here, there = ([array.copy(order="K") for array in arrays] for _ in range(2))
    try:
        function(*there)
    except (ValueError, OverflowError) as error:
        with pytest.raises(type(error)) as caught:
            compiled(*here)
        assert str(caught.value) == str(error)
        return str(error)
    compiled(*here)
    for mine, numpys in zip(here, there, strict=True):
        assert mine.tobytes() == numpys.tobytes()
    return None


def pairs(a):
    for i in range(len(a)):
        a[i] = i + 1.5, 2 * i


def parts(a):
    a[0] = [1, 2.5, 3]
    a[1] = (7,)
    a[1:] = 3, 4, 5
    a[:, 0] = 1, 2
    a[::-1, 2] = [5, 6.5]


def nested(a):
    a[:2, :2] = ((1, 2), (a[0, 0], 4.5))
    a[:] = [[a[1, 1], 8, a[0, 0]]]
    a[None] = [a]


def rows(a):
    # NumPy writes the first row before it reads the second; expressions are computed before.
    a[:2] = a[1], a[0]
    a[:2] = a[1] + 1, a[0] * 2
    a[0] = a[0, 1], a[0, 2], a[0, 0]


def from_arguments(a):
    t = a[0, 0], a[1, 1]
    a[0, :2] = t
    a[1, -2:] += t


@pytest.mark.parametrize("function", [pairs, parts, nested, rows, from_arguments])
@pytest.mark.parametrize("kind", ["f8", "f4", "i4", "c16", "u8"])
def test_rows_are_numpys(function, kind):
    array = np.arange(6).reshape(2, 3).astype(kind)
    agree(function, array[:, :2] if function is pairs else array)
    agree(function, np.asfortranarray(array[:, :2] if function is pairs else array))


def test_lengths_that_differ_are_numpys_errors():
    def two(a):
        a[1] = 1.0, 2.0

    def matrix(a):
        a[:] = a[0] + 1, a[1]

    assert "from shape (2,) into shape (3,)" in agree(two, np.zeros((2, 3)))
    assert "from shape (2,) into shape (1,)" in agree(two, np.zeros((2, 1)))
    assert "into shape (3,4)" in agree(matrix, np.zeros((3, 4)))


def test_what_an_element_does_not_hold():
    def nan(a):
        a[0] = 1.0, a[1, 0] / a[1, 1] - a[1, 0] / a[1, 1]

    def large(a):
        a[0] = 1, 300

    agree(large, np.zeros((2, 2), np.uint8))
    with np.errstate(all="ignore"):
        agree(nan, np.array([[0.0, 0.0], [1.0, 0.0]]))

    def deep(a):
        a[:] = [[8]]

    @ab.jit
    def one(a):
        a[0] = 1, 2

    with pytest.raises(ab.LanguageError, match="a tuple is assigned to one element"):
        one(np.zeros(3))
    with pytest.raises(ab.LanguageError, match="NumPy refuses it too"):
        ab.jit(deep)(np.zeros(3))


def test_rows_in_parallel():
    @ab.jit
    def squares(a):
        for i in ab.prange(len(a)):
            a[i] = i, i * i

    found = np.zeros((1000, 2))
    squares(found)
    index = np.arange(1000)
    assert (found == np.stack((index, index**2), axis=1)).all()
    with pytest.raises(ValueError, match="could not broadcast"):
        squares(np.zeros((10, 3)))
