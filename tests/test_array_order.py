"""Sorting: NumPy's stable order, to the bit, on every way that leads to it."""

import warnings
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast.numpy import Array, ordering
from arrays import DTYPES

RNG = np.random.default_rng(1)
SHAPES = [(0,), (1,), (65,), (1500,), (70, 9), (4, 3000), (2000, 3), (3, 1100, 2), (2, 0)]
CONTENTS: dict[str, Any] = {
    "spread": lambda shape: RNG.normal(size=shape) * 100,
    "few values": lambda shape: RNG.integers(0, 5, shape),
    "zeros of both signs": lambda shape: np.where(RNG.random(shape) < 0.5, -0.0, 0.0),
    "special": lambda shape: RNG.choice(
        [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 5e-324, -5e-324], shape
    ),
    "close": lambda shape: 1 + RNG.integers(0, 1000, shape) * 2.0**-52,
    "close but one": lambda shape: apart(1 + RNG.integers(0, 1000, shape) * 2.0**-52),
    "pairs that are close": lambda shape: apart(
        RNG.integers(0, 10**6, shape) * 2.0**-20 + RNG.integers(0, 2, shape) * 2.0**-52
    ),
    "rounded": lambda shape: np.round(RNG.normal(size=shape), 2),
    "all bits": lambda shape: RNG.integers(-(2**63), 2**63 - 1, shape, endpoint=True),
}


def apart(x: Any) -> Any:
    """With one element far from all others, so that few bits are left to tell those apart."""
    x.reshape(-1)[:1] = -1e300
    return x


def check(x: Any, axis: int) -> None:
    """Compare order and places with NumPy's, upwards and downwards."""
    line, places = np.sort(x, axis, kind="stable"), np.argsort(x, axis, kind="stable")
    found = np.asarray(anp.sort(x, axis))
    assert found.dtype == line.dtype
    np.testing.assert_array_equal(found, line)
    if x.dtype.kind == "f":
        np.testing.assert_array_equal(np.signbit(found[line == 0]), np.signbit(line[line == 0]))
    found = np.asarray(anp.argsort(x, axis))
    assert found.dtype == places.dtype
    np.testing.assert_array_equal(found, places)
    back = np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)
    down = x.shape[axis] - 1 - back
    np.testing.assert_array_equal(np.asarray(anp.argsort(x, axis, descending=True)), down)
    found = np.asarray(anp.sort(x, axis, descending=True))
    np.testing.assert_array_equal(found, np.take_along_axis(x, down, axis))


@pytest.mark.parametrize("content", list(CONTENTS))
def test_order_is_numpys_stable_one(content: str) -> None:
    for shape in SHAPES:
        for dtype in DTYPES:
            made = CONTENTS[content](shape)
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                x = made.astype("int64" if dtype == "uint64" else dtype)
            x = x.view("uint64") if dtype == "uint64" else x
            for axis in range(-1, len(shape) - 1):
                check(x, axis)


def test_long_lines() -> None:
    close = (
        1 + RNG.integers(0, 50, 100_000) * 2.0**-52 + RNG.integers(0, 50_000, 100_000) * 2.0**-16
    )
    mixed = RNG.normal(size=100_000)
    mixed[::3] = np.round(mixed[::3], 3)
    for x in (close, mixed):
        check(apart(x), 0)
    check(mixed[::-2], 0)
    check(np.asfortranarray(RNG.integers(-9, 9, (1200, 1100))), 0)


def test_what_is_too_close_goes_another_way() -> None:
    x = apart(1 + RNG.integers(0, 2**13, 8000) * 2.0**-52)
    assert ordering._packed(x) is None
    check(x, 0)


def test_options_are_numpys() -> None:
    x = RNG.normal(size=(3, 5))
    for options in ({"kind": "heapsort"}, {"kind": None}, {"stable": False}, {"order": None}):
        for name in ("sort", "argsort"):
            found = getattr(anp, name)(x, **options)
            np.testing.assert_array_equal(np.asarray(found), getattr(np, name)(x))
    for name in ("sort", "argsort"):
        for options in ({"kind": "bogus"}, {"axis": 2}, {"order": "a"}):
            with pytest.raises((ValueError, np.exceptions.AxisError)):
                getattr(anp, name)(x, **options)
    assert anp.argsort(anp.asarray(3.0), axis=None).tolist() == [0]
    assert isinstance(anp.asarray(x).argsort(), Array)
    line = np.asarray(anp.asarray(x[0]).argsort())
    np.testing.assert_array_equal(line, np.argsort(x[0], kind="stable"))
