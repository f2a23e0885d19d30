"""Functions that are made of others: the values, types and shapes of NumPy, without NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast.numpy import Array, fallback, handover, manipulation, reduction

RNG = np.random.default_rng(7)
DTYPES = ("bool", "int8", "int64", "float16", "float32", "float64", "complex64")


def given(dtype: str, shape: tuple[int, ...]) -> Any:
    x = RNG.normal(size=shape) * 4
    if dtype == "bool":
        return x > 0
    if np.dtype(dtype).kind in "iu":
        return abs(x).astype(dtype) if dtype.startswith("u") else x.astype(dtype)
    made = (x + 1j * RNG.normal(size=shape) if dtype.startswith("c") else x).astype(dtype)
    if made.size > 4:
        made.flat[2] = np.nan
        made.flat[4] = -np.inf if dtype == "float64" else 0
    return made


def same(found: Any, expected: Any, loss: float) -> None:
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other, loss)
        return
    if isinstance(expected, bool):
        assert found is expected
        return
    assert isinstance(found, Array)
    seen, expected = np.asarray(found), np.asarray(expected)
    assert (seen.dtype, seen.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(seen, expected, rtol=loss, atol=loss)


REDUCTIONS = ("nansum", "nanprod", "nanmin", "nanmax", "nanmean", "nanvar", "nanstd", "ptp")
Case = Callable[[Any, Any], Any]
ONE: dict[str, Case] = {
    **{
        name: lambda xp, x, name=name: [
            getattr(xp, name)(x, axis=axis, **more)
            for axis, more in [
                (None, {}),
                (0, {}),
                (-1, {"keepdims": True}),
                (tuple(range(x.ndim)), {}),
            ][: 4 if x.dtype == "float64" else 2]
        ]
        for name in REDUCTIONS
    },
    "nanvar of samples": lambda xp, x: xp.nanvar(x, axis=-1, ddof=1),
    "nanmean in float64": lambda xp, x: xp.nanmean(x, dtype="float64"),
    "nancumsum": lambda xp, x: [xp.nancumsum(x), xp.nancumsum(x, axis=-1)],
    "nancumprod": lambda xp, x: xp.nancumprod(x, axis=0),
    "nan_to_num": lambda xp, x: [xp.nan_to_num(x), xp.nan_to_num(x, nan=2.0, neginf=-1.0)],
    "amax": lambda xp, x: [xp.amax(x, 0), xp.amin(x, axis=-1)],
    "average": lambda xp, x: [xp.average(x), xp.average(x, axis=0)],
    "diff": lambda xp, x: [xp.diff(x), xp.diff(x, 2, axis=0), xp.diff(x, n=0)],
    "ediff1d": lambda xp, x: xp.ediff1d(x),
    "trapezoid": lambda xp, x: [xp.trapezoid(x), xp.trapezoid(x, dx=0.5, axis=0)],
    "gradient": lambda xp, x: [xp.gradient(x), xp.gradient(x, 0.5, axis=0, edge_order=2)],
    "deg2rad": lambda xp, x: [xp.deg2rad(x), xp.radians(x), xp.rad2deg(x), xp.degrees(x)],
    "fabs": lambda xp, x: [xp.fabs(x), xp.rint(x), xp.modf(x)],
    "fix": lambda xp, x: xp.fix(x),
    "angle": lambda xp, x: [xp.angle(x), xp.angle(x, deg=True)],
    "sinc": lambda xp, x: xp.sinc(x),
    "heaviside": lambda xp, x: xp.heaviside(x, 0.5),
    "logaddexp2": lambda xp, x: xp.logaddexp2(x, 1.5),
    "float_power": lambda xp, x: xp.float_power(x, 2),
    "divmod": lambda xp, x: xp.divmod(x, 3),
    "round": lambda xp, x: [xp.round(x, 2), xp.around(x, decimals=-1), xp.round(x)],
    "isclose": lambda xp, x: [xp.isclose(x, x + 1e-9), xp.isclose(x, x, equal_nan=True)],
    "allclose": lambda xp, x: [xp.allclose(x, x), xp.allclose(x, x, equal_nan=True)],
    "array_equal": lambda xp, x: [xp.array_equal(x, x), xp.array_equal(x, x, equal_nan=True)],
    "isposinf": lambda xp, x: [xp.isposinf(x), xp.isneginf(x)],
    "isreal": lambda xp, x: [xp.isreal(x), xp.iscomplex(x)],
    "tile": lambda xp, x: [xp.tile(x, 2), xp.tile(x, (2, 1, 3)), xp.tile(x, 0)],
    "repeat": lambda xp, x: [xp.repeat(x, 3), xp.repeat(x, 2, axis=-1), xp.repeat(x, 0)],
    "atleast": lambda xp, x: [xp.atleast_1d(x), xp.atleast_2d(x[0]), xp.atleast_3d(x)],
    "rot90": lambda xp, x: [xp.rot90(x, k, axes=(0, -1)) for k in range(-1, 5)],
    "tril": lambda xp, x: [xp.tril(x), xp.tril(x, -1), xp.triu(x), xp.triu(x, 2)],
    "outer": lambda xp, x: [xp.outer(x, x[0]), xp.outer(x, [1, 2])],
    "kron": lambda xp, x: [xp.kron(x, x[:2]), xp.kron([1, 2], x)],
    "polyval": lambda xp, x: [xp.polyval([1.0, -2.0, 0.5], x), xp.polyval([3], x)],
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ONE)
def test_values_types_and_shapes_are_numpys(name: str) -> None:
    for dtype in DTYPES:
        for shape in ((5, 7), (3, 4, 6), (0, 3)) if dtype == "float64" else ((3, 5),):
            x = given(dtype, shape)
            loss = {2: 2e-2, 4: 2e-5}.get(x.real.itemsize, 1e-11)
            if x.dtype.kind not in "fc":
                loss = 1e-2 if x.itemsize == 1 else 1e-4
            try:
                expected = ONE[name](np, x)
            except Exception as error:
                with pytest.raises(type(error)):
                    ONE[name](anp, anp.asarray(x))
                continue
            same(ONE[name](anp, anp.asarray(x)), expected, loss)
            if dtype == "float32":
                # NumPy's own function answers with arrays of abreast too.
                same(ONE[name](np, anp.asarray(x)), expected, loss)


@pytest.mark.parametrize("name", ONE)
def test_common_calls_leave_numpy_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def by_numpy(function: Any, *_: Any) -> None:
        raise AssertionError(f"{function} of NumPy's was called")

    for module in (fallback, handover, manipulation, reduction):
        monkeypatch.setattr(module, "by_numpy", by_numpy)
    x = anp.asarray(given("float64", (5, 7)))
    ONE[name](anp, x)


@pytest.mark.filterwarnings("ignore")
def test_several_operands() -> None:
    x, y = given("float64", (4, 6)), given("float32", (4, 6))
    weights = abs(given("float32", (6,))) + 1
    weights[np.isnan(weights)] = 1
    plain = np.nan_to_num(x, neginf=0)
    cases: list[Case] = [
        lambda xp, x: xp.average(x, axis=1, weights=xp.asarray(weights)),
        lambda xp, x: xp.average(x, weights=abs(x) + 1, returned=True),
        lambda xp, x: xp.average(x, 0, abs(x) + 1, keepdims=True),
        lambda xp, x: xp.average(x > 0, axis=-1, weights=[1, 2, 3, 4, 5, 6]),
        lambda xp, x: xp.trapezoid(x, xp.asarray(weights.cumsum())),
        lambda xp, x: xp.trapezoid(x, x * 2, axis=0),
        lambda xp, x: xp.select([x > 2, x < -1], [x, -1], 5.5),
        lambda xp, x: xp.select([x > 2, x < -1], [1, x > 0]),
        lambda xp, x: xp.tri(4, 6, -1, dtype="int8"),
        lambda xp, x: xp.tri(3),
        lambda xp, x: xp.heaviside(x, xp.asarray(y)),
        lambda xp, x: xp.isclose(x, xp.asarray(y), rtol=0.5, atol=1),
        lambda xp, x: xp.array_equal(x, x.T),
        lambda xp, x: xp.divmod(x, xp.asarray(y)),
        lambda xp, x: xp.nansum(x, where=x > 0),
        lambda xp, x: xp.nanmean(x, axis=0, where=x < 1),
        lambda xp, x: xp.diff(x, prepend=0, append=[[1]] * 4),
        lambda xp, x: xp.repeat(x, [1, 0, 2, 3], axis=0),
        lambda xp, x: xp.gradient(x, xp.asarray([0.0, 1, 3, 4]), axis=0),
        lambda xp, x: xp.gradient(x, 2.0, 0.5),
        lambda xp, x: xp.round(x, decimals=3),
        lambda xp, x: xp.outer(x[0], xp.asarray(y)),
        lambda xp, x: xp.deg2rad(x, dtype="float32"),
    ]
    for case in cases:
        same(case(anp, anp.asarray(plain)), case(np, plain), 1e-6)
    assert anp.hypot(anp.ones(2, dtype="int8"), 1.5).dtype == "float64"
    assert anp.atan2(anp.ones(2, dtype="int8"), 2).dtype == "float16"
    assert np.round(anp.asarray([1.26]), 1).tolist() == [1.3]
    assert anp.asarray([1.26]).round(1).tolist() == [1.3]
    assert isinstance(np.deg2rad(anp.asarray([90.0])), Array)


def test_what_is_asked_wrongly() -> None:
    x = anp.ones((2, 3))
    cases: list[tuple[type[Exception], str, Callable[[], Any]]] = [
        (ValueError, r"diff: n=-1 is negative\nhint: ", lambda: anp.diff(x, -1)),
        (ValueError, r"diff: a single float64 has no neighbours\nhint", lambda: anp.diff(3.0)),
        (ValueError, r"diff: axis 2 .*\(2, 3\), which has 2 axes\nhint", lambda: anp.diff(x, 1, 2)),
        (TypeError, "trapezoid: axis='x' is no integer", lambda: anp.trapezoid(x, axis="x")),
        (ZeroDivisionError, r"weights of shape \(3,\) sum to zero",
         lambda: anp.average(x, 1, [0, 0, 0])),
        (ValueError, "select: 2 conditions and 1 choices", lambda: anp.select([x, x], [x])),
        (TypeError, r"condition 1 is float64 of shape \(2, 3\), not bool\nhint",
         lambda: anp.select([x > 0, x], [x, x])),
        (TypeError, "isposinf: complex128 .* has no largest", lambda: anp.isposinf(x * 1j)),
        (ValueError, r"\(2, 3\).*\(2,\)", lambda: anp.isclose(x, [1, 2])),
        (ValueError, "zero-size array", lambda: anp.ptp(x[:0])),
        (ValueError, "zero-size array", lambda: anp.nanmax(x[:0], axis=0)),
    ]  # fmt: skip
    for kind, message, call in cases:
        with pytest.raises(kind, match=message):
            call()


def test_what_is_said_beside_the_error() -> None:
    x = anp.ones((2, 3))
    cases: list[tuple[type[Exception], str, Callable[[], Any]]] = [
        (TypeError, "floor, done by NumPy, was given complex128 of shape (2, 3)\n"
         "hint: it takes bool and integers, floats; x.real, x.imag and abs(x) are floats",
         lambda: anp.floor(x * 1j)),
        (TypeError, "hint: it takes bool and integers; x.astype(...) gives others", lambda: x & x),
        (ValueError, "hint: x.astype(float) ** y", lambda: anp.asarray([2]) ** anp.asarray([-1])),
        (ValueError, "nansum was given float64 of shape (2, 3), axis=5",
         lambda: anp.nansum(x, axis=5)),
        (TypeError, "diff was given float64 of shape (2, 3), 1.5", lambda: anp.diff(x, 1.5)),
        (TypeError, "average, done by NumPy, was given float64 of shape (2, 3), weights=[1, 2]",
         lambda: anp.average(x, weights=[1, 2])),
    ]  # fmt: skip
    for kind, message, call in cases:
        with pytest.raises(kind) as caught:
            call()
        assert message in "\n".join(caught.value.__notes__)
    for refused in (lambda: anp.nansum(x, out=x), lambda: np.deg2rad(x, out=x)):
        with pytest.raises(TypeError, match="out= is an array of abreast, and arrays do not"):
            refused()
