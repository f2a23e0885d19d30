"""Few elements: by other ways than many, and with the same answers."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp

COUNTS = (1, 2, 7, 10, 32, 33, 100, 1000, 4096, 4097)

CHAINS: tuple[Callable[..., Any], ...] = (
    lambda np, x, y, i: 2.0 * x + 1.0,
    lambda np, x, y, i: x + x * x + x * x * x,
    lambda np, x, y, i: (x > 0) & (y < 0),
    lambda np, x, y, i: np.where(x > y, x, y) - 1,
    lambda np, x, y, i: np.sqrt(np.abs(x)),
    lambda np, x, y, i: x[::-1] - y,
    lambda np, x, y, i: x[:, None][::3] + y[:5],
    lambda np, x, y, i: i * i // 7 - i % 7,
    lambda np, x, y, i: (i // 3).astype(np.float64) * x,
    lambda np, x, y, i: np.maximum(x, 0) * np.ones(len(x)),
    lambda np, x, y, i: np.isnan(x / (y - y)),
    lambda np, x, y, i: np.floor(x * 3).astype(np.int32),
    lambda np, x, y, i: x.argmax() + i.argmin(),
    lambda np, x, y, i: (i > 5).any() | (i < 0).all(),
    lambda np, x, y, i: np.zeros(3) + 1,
    lambda np, x, y, i: (x * 1j + y)[1:] * 2,
)


def given(count: int) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(count)
    theirs = [
        rng.integers(-40, 40, count) / 4,
        rng.integers(-40, 40, count) / 4,
        rng.integers(-1000, 1000, count),
    ]
    return theirs, [anp.asarray(it) for it in theirs]


@pytest.mark.parametrize("number", range(len(CHAINS)))
def test_chains_are_numpys(number: int) -> None:
    # The first makes a recipe, the others find it, over other elements.
    for count, turn in product(COUNTS, range(3)):
        theirs, ours = given(count)
        moved = [it + turn for it in theirs]
        with np.errstate(all="ignore"):
            wanted = CHAINS[number](np, *moved)
        found = CHAINS[number](anp, *(anp.asarray(it) for it in moved))
        np.testing.assert_array_equal(np.asarray(found), wanted)
        assert found.dtype == wanted.dtype
        for mine, them in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(np.asarray(mine), them)


def test_scalars_of_a_recipe_change() -> None:
    x = anp.asarray(np.arange(50.0))
    for factor in (2, 3.5, -1):
        found = anp.exp(x * 0) * factor + factor
        np.testing.assert_array_equal(np.asarray(found), np.full(50, 2.0 * factor))


def test_two_threads_ask_for_one_array() -> None:
    source = np.arange(500.0)
    wrong: list[Any] = []

    def ask(array: Any, wanted: Any) -> None:
        if not np.array_equal(np.asarray(array), wanted):
            wrong.append(array)

    for turn in range(200):
        base = anp.asarray(source) * turn + 1
        array = base - base.mean()
        wanted = source * turn + 1
        wanted = wanted - wanted.mean()
        if turn < 3:
            np.testing.assert_allclose(np.asarray(array + 0), wanted, atol=1e-9)
        threads = [threading.Thread(target=ask, args=(array, np.asarray(array + 0.0)))]
        threads.append(threading.Thread(target=ask, args=(base, source * turn + 1)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.parametrize("dtype", "bhilBHIL")
def test_integers_by_one_number(dtype: str) -> None:
    info = np.iinfo(dtype)
    low, high = int(info.min), int(info.max)
    rng = np.random.default_rng(3)
    edges = np.array([low, low + 1, high, high - 1, 0, 1, 2, 3, high // 2, high // 2 + 1], dtype)
    x = np.concatenate([edges, rng.integers(low, high, 300, dtype=dtype, endpoint=True)])
    powers = [1 << k for k in range(info.bits - 1)]
    divisors = {1, 3, 5, 7, 10, 255, 641, high, high - 1, high // 2 + 1, high // 3}
    divisors |= {power + off for power in powers for off in (-1, 0, 1)}
    divisors |= {int(it) for it in rng.integers(1, high, 30, dtype=dtype)}
    divisors |= {-it for it in divisors} | {low}
    ours = anp.asarray(x)
    for divisor in sorted(it for it in divisors if low <= it <= high and it != 0):
        one = np.array(divisor, dtype)[()]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("floor_divide", "remainder"):
                found = np.asarray(getattr(anp, name)(ours, divisor))
                np.testing.assert_array_equal(found, getattr(np, name)(x, one), str(divisor))


def test_division_still_warns() -> None:
    x = anp.asarray(np.array([5, -128], np.int8))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert np.asarray(x // 0).tolist() == [0, 0]
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert np.asarray(x // -1).tolist() == [-5, -128]
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert np.asarray((x // anp.asarray(np.zeros(2, np.int8))) + 1).tolist() == [1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.asarray((x + 1) // 2 + x % 3).tolist() == [5, -63]


@pytest.mark.parametrize("dtype", ["?", "b", "H", "i", "l", "L", "e", "f", "d"])
def test_orders_are_numpys(dtype: str) -> None:
    for count, many in product((1, 2, 10, 64, 96, 97, 500, 1000, 4096, 5000), (True, False)):
        rng = np.random.default_rng(count)
        with np.errstate(all="ignore"):
            x = (rng.standard_normal(count) * (3 if many else 1e6)).astype(dtype)
        if x.dtype.kind == "f":
            x[rng.random(count) < 0.2] = 0.0
            x[rng.random(count) < 0.1] = -0.0
            x[rng.random(count) < 0.1] = np.nan
        ours = anp.asarray(x)
        np.testing.assert_array_equal(np.asarray(anp.sort(ours)), np.sort(x, kind="stable"))
        if x.dtype.kind == "f":
            np.testing.assert_array_equal(
                np.signbit(np.asarray(anp.sort(ours))[: count // 2]),
                np.signbit(np.sort(x, kind="stable")[: count // 2]),
            )
        wanted = np.argsort(x, kind="stable")
        np.testing.assert_array_equal(np.asarray(anp.argsort(ours)), wanted)


def test_orders_of_close_numbers() -> None:
    # They differ in bits that a place takes the room of.
    x = 1 + np.random.default_rng(0).integers(0, 9, 1000) * np.finfo(float).eps
    x[::7] = -1e300
    found = np.asarray(anp.argsort(anp.asarray(x)))
    np.testing.assert_array_equal(found, np.argsort(x, kind="stable"))


@pytest.mark.parametrize("axis", (-2, -1, 0, 1))
def test_arrays_one_after_the_other(axis: int) -> None:
    parts = [np.arange(6.0).reshape(2, 3), np.ones((2, 3)), np.arange(6.0).reshape(3, 2).T]
    ours = [anp.asarray(it) * 1 for it in parts]
    for name in ("concatenate", "stack"):
        wanted = getattr(np, name)(parts, axis=axis)
        found = getattr(anp, name)(ours, axis=axis)
        assert found.shape == wanted.shape
        np.testing.assert_array_equal(np.asarray(found), wanted)
    with pytest.raises(ValueError, match=r"axis|dimension"):
        anp.concatenate(ours, axis=5)
    with pytest.raises(ValueError, match=r"shape|dimension"):
        anp.concatenate([ours[0], anp.zeros((5, 5))], axis=axis)
    mixed = anp.concatenate([ours[0], anp.ones((2, 3), dtype="int32")])
    assert mixed.dtype == np.float64


def test_indices_and_shapes() -> None:
    x = np.arange(24)
    ours = anp.asarray(x)
    for key in (3, -1, slice(2, 5), slice(None, None, -2), slice(-3, None), slice(40, 2, -7)):
        np.testing.assert_array_equal(np.asarray(ours[key]), x[key])
    for shape in ((2, 12), (-1, 6), ((4, 6),), (2, 3, 4), ([3, 8],), (24,)):
        assert ours.reshape(*shape).shape == x.reshape(*shape).shape
    assert ours.reshape(4, 6, order="F").tolist() == x.reshape(4, 6, order="F").tolist()
    for wrong in ((5, 5), (-1, -1), (2.5,), ("a",)):
        with pytest.raises((TypeError, ValueError), match="hint"):
            ours.reshape(*wrong)
    with pytest.raises(TypeError, match="integers"):
        ours[1.5:2]
    with pytest.raises(IndexError, match="out of bounds"):
        ours[24]
    assert ours[::5].tolist() == x[::5].tolist()
    assert [type(it) for it in anp.asarray(np.array([1.5, 2])).tolist()] == [float, float]


@pytest.mark.parametrize("decimals", (0, 1, 2, 5, -1))
def test_rounded_as_numpy_rounds(decimals: int) -> None:
    x = np.random.default_rng(1).standard_normal(300) * 1000
    for array in (x, x.astype("f4"), x.astype(int), x + 1j):
        for found in (anp.round(anp.asarray(array), decimals), anp.asarray(array).round(decimals)):
            np.testing.assert_array_equal(np.asarray(found), np.round(array, decimals))


def test_magnitudes() -> None:
    parts = np.array([0, -0.0, 1, -3, 4, 1e300, 1e-300, 5e-324, np.inf, -np.inf, np.nan, 0.1])
    z = np.empty((len(parts), len(parts)), complex)
    z.real, z.imag = parts[:, None], parts
    z = z.ravel()
    for kind in ("c16", "c8"):
        with np.errstate(all="ignore"):
            given, wanted = z.astype(kind), np.abs(z.astype(kind))
        for count in (1, 3, 10, 144):
            found = np.asarray(abs(anp.asarray(given[:count])))
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted[:count], rtol=3e-7 if kind == "c8" else 3e-16)
