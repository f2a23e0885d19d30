"""The edges of numbers: NumPy's values, and a warning of integers divided by zero."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp
from arrays import assert_same_as_numpy

SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
DIVISIONS = ["floor_divide", "remainder", "fmod"]


@contextmanager
def told() -> Iterator[list[str]]:
    """The warnings that come meanwhile."""
    messages: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield messages
    for it in caught:
        assert it.category is RuntimeWarning
        assert it.filename == __file__, it.filename
        messages.append(str(it.message))


def edges(dtype: str) -> Any:
    limits = np.iinfo(dtype)
    near = [limits.min, limits.min + 1, limits.max - 1, limits.max, limits.max // 2, 0, 1, 2, 7]
    if limits.min < 0:
        near += [-1, -2, -7]
    return np.array(near, dtype)


@pytest.mark.parametrize("dtype", SIGNED + UNSIGNED)
def test_integers_wrap_around(dtype: str) -> None:
    x = edges(dtype)
    y = x[:, None]
    pairs: list[Callable[[Any, Any, Any], Any]] = [
        lambda xp, x, y: x + y,
        lambda xp, x, y: x - y,
        lambda xp, x, y: x * y,
        lambda xp, x, y: -x,
        lambda xp, x, y: xp.abs(x),
        lambda xp, x, y: xp.square(x),
        lambda xp, x, y: x**3,
        lambda xp, x, y: x // y,
        lambda xp, x, y: x % y,
        lambda xp, x, y: xp.fmod(x, y),
        lambda xp, x, y: x / y,
        lambda xp, x, y: xp.sum(x, dtype=x.dtype),
        lambda xp, x, y: xp.prod(x, dtype=x.dtype),
        lambda xp, x, y: xp.sign(x),
    ]
    for number, pair in enumerate(pairs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            assert_same_as_numpy(pair, x, y, context=number, exact=True)
    for other in SIGNED + UNSIGNED + ["bool"]:
        assert_same_as_numpy(lambda xp, x, o=other: x.astype(o), x, context=other, exact=True)


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_become_the_nearest_integers(dtype: str) -> None:
    """NaN becomes 0, on every machine; NumPy leaves open what happens, and warns."""
    x = np.array([np.nan, np.inf, -np.inf, 300, -300, 6e4, -6e4, 0.9, -0.9, -0.0], dtype)
    for other in (*SIGNED, *UNSIGNED):
        limits = np.iinfo(other)
        expected = [
            0
            if np.isnan(value)
            else limits.max
            if value > limits.max
            else limits.min
            if value < limits.min
            else int(value)
            for value in x.astype("float64").tolist()
        ]
        with told() as messages:
            assert anp.asarray(x).astype(other).tolist() == expected, other
        assert messages == []
        # Within range that is NumPy's answer.
        assert_same_as_numpy(
            lambda xp, x, o=other: x.astype(o), np.abs(x[7:]), context=other, exact=True
        )
    assert_same_as_numpy(lambda xp, x: x.astype("bool"), x, exact=True)


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_go_to_infinity_and_nan_in_silence(dtype: str) -> None:
    x = np.array([np.finfo(dtype).max, 0, -1, np.inf, np.nan, 1], dtype)
    cases: list[Callable[[Any, Any], Any]] = [
        lambda xp, x: x * x,
        lambda xp, x: x / 0,
        lambda xp, x: x // 0,
        lambda xp, x: x % 0,
        lambda xp, x: xp.sqrt(x),
        lambda xp, x: xp.log(x),
        lambda xp, x: x - x,
        lambda xp, x: 1 / x,
        lambda xp, x: x.astype("float16"),
    ]
    for number, case in enumerate(cases):
        with told() as messages:
            found = np.asarray(case(anp, anp.asarray(x)))
        assert messages == [], number
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(found, case(np, x), rtol=1e-3, err_msg=str(number))


@pytest.mark.parametrize("name", DIVISIONS)
@pytest.mark.parametrize("size", [3, 1000])
def test_integers_divided_by_zero_are_told_of_when_computed(name: str, size: int) -> None:
    for dtype in (*SIGNED, *UNSIGNED):
        x, y = np.full(size, 7, dtype), np.full(size, 2, dtype)
        y[-2] = 0
        with told() as messages:
            made = getattr(anp, name)(anp.asarray(x), anp.asarray(y))
            assert messages == []
            made.block_until_ready()
            made.block_until_ready()
        assert messages == [f"divide by zero encountered in {name}"]
        with np.errstate(divide="ignore"):
            np.testing.assert_array_equal(np.asarray(made), getattr(np, name)(x, y))


def test_it_is_told_however_it_is_computed() -> None:
    x, y = anp.arange(1000), anp.arange(1000) % 10
    ways: list[Callable[[], Any]] = [
        lambda: (x // y).sum().block_until_ready(),
        lambda: float((x // y).sum()),
        lambda: np.asarray(x // y),
        lambda: repr(x // y),
        lambda: ab.compute(x // y, x + 1),
        lambda: anp.evaluate((x // y) * 2),
        lambda: (x[::-1].reshape(10, 100) // y.reshape(10, 100).T.reshape(10, 100)).tolist(),
        lambda: (x // 0).tolist(),
        lambda: np.floor_divide(x, y).tolist(),
        lambda: (anp.asarray(3) // anp.asarray(0)).item(),
        lambda: np.from_dlpack(x // y),
    ]
    for number, way in enumerate(ways):
        with told() as messages:
            way()
        assert messages == ["divide by zero encountered in floor_divide"], number
    with told() as messages:
        ab.compute(x // y, x % y, x // (y - y))
    assert messages == [
        "divide by zero encountered in floor_divide",
        "divide by zero encountered in remainder",
    ]


def test_what_is_no_division_by_zero() -> None:
    x, y = anp.arange(1000), anp.arange(1000) % 10
    with told() as messages:
        (x // 7).tolist()
        (x // (y + 1)).tolist()
        (x[:0] // y[:0]).tolist()
        (x % y.astype("float64")).tolist()
        (x // anp.full(1000, 3)).tolist()
        (x // anp.where(y == 0, 1, y)).tolist()
        lost = x // y
        del lost
    assert messages == []


def test_errstate_says_how() -> None:
    x = anp.asarray([1, 2, 3])
    with np.errstate(divide="ignore"), told() as messages:
        assert (x // 0).tolist() == [0, 0, 0]
    assert messages == []
    with np.errstate(divide="raise"):
        made = x % anp.asarray([0, 1, 2])
        with pytest.raises(FloatingPointError, match="divide by zero encountered in remainder"):
            made.block_until_ready()
    assert made.tolist() == [0, 0, 1]
    seen: list[Any] = []
    with np.errstate(divide="call", call=lambda *what: seen.append(what)):
        (x // 0).tolist()
    assert [what[0] for what in seen] == ["divide by zero"]


def test_loops_that_never_ask_are_told_too() -> None:
    x = anp.arange(1, 11)
    zeros = anp.asarray(np.zeros(10, int))
    with told() as messages:
        for _ in range(300):
            x = x // zeros + 5
        x.block_until_ready()
    assert set(messages) == {"divide by zero encountered in floor_divide"}
    assert 2 <= len(messages) <= 20
    with told() as messages:
        for _ in range(300):
            x = x // (zeros + 2) + 5
        assert x.tolist() == [9] * 10
    assert messages == []


def test_programs_that_divide_no_integers_pay_nothing() -> None:
    x = anp.asarray(np.arange(1000)) * 3
    assert anp.explain(x % 7).count("kernel @") == 1
    y = anp.asarray(np.arange(1000.0))
    assert anp.explain(y // y).count("kernel @") == 1


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
@pytest.mark.parametrize("count", [1, 20, 3000, 10_000])
@pytest.mark.parametrize("name", ["floor_divide", "remainder", "fmod"])
def test_the_smallest_by_minus_one(name: str, count: int, dtype: str) -> None:
    info = np.iinfo(dtype)
    divisor = np.full(count, -1 if info.min else 1, dtype)
    for first in (info.min, info.max, 5):
        dividend = np.full(count, 7, dtype)
        dividend[-1] = first
        for by in (divisor, int(divisor[0])):
            messages = []
            values = []
            for xp in (np, anp):
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    values.append(np.asarray(getattr(xp, name)(xp.asarray(dividend), by)))
                messages.append([str(each.message) for each in caught])
            assert messages[0] == messages[1], (first, by)
            assert np.array_equal(*values)


def test_quotients_that_are_too_large_heed_errstate() -> None:
    x = anp.asarray(np.array([np.iinfo(np.int64).min, 5]))
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow encountered"):
        (x // -1).block_until_ready()
    with np.errstate(over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.asarray(x // -1).tolist() == [np.iinfo(np.int64).min, -5]
    # Computed on the way, and by divisors that are themselves computed.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert int((((x + 0) // (anp.zeros(2, dtype="int64") - 1)) + 1).max()) == -4
    assert [str(each.message) for each in caught] == ["overflow encountered in floor_divide"]
