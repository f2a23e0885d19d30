"""What tests of arrays share: NumPy as the oracle."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import abreast.numpy as anp
from abreast.numpy import Array

DTYPES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]

_TOLERANCE = {"float16": 2e-3, "float32": 1e-6, "complex64": 2e-6}


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, or the exception that it raises."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            value = call()
            return [np.asarray(x) for x in value] if isinstance(value, tuple) else np.asarray(value)
        except Exception as error:
            return error


def assert_same(
    found: Any, expected: Any, context: Any = "", exact: bool = False, scale: float = 1.0
) -> None:
    if isinstance(expected, Exception):
        assert isinstance(found, type(expected)), f"{context}: {found!r}, NumPy raises {expected!r}"
        return
    if isinstance(found, Exception):
        raise AssertionError(f"{context}: NumPy answers, we raise {found!r}") from found
    if isinstance(expected, list):
        assert len(found) == len(expected), context
        for mine, theirs in zip(found, expected, strict=True):
            assert_same(mine, theirs, context, exact, scale)
        return
    assert found.dtype == expected.dtype, f"{context}: {found.dtype}, NumPy {expected.dtype}"
    assert found.shape == expected.shape, f"{context}: {found.shape}, NumPy {expected.shape}"
    if exact or expected.dtype.kind in "biu":
        np.testing.assert_array_equal(found, expected, err_msg=str(context))
        return
    tolerance = scale * _TOLERANCE.get(expected.dtype.name, 4e-15)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(
            found, expected, rtol=tolerance, atol=tolerance, err_msg=str(context)
        )


def assert_same_as_numpy(
    function: Callable[..., Any],
    *operands: Any,
    context: Any = "",
    exact: bool = False,
    scale: float = 1.0,
) -> None:
    """Call a function of (namespace, *operands) with NumPy and with abreast.

    Both have the same value, element type and shape, or raise the same kind of exception.
    """

    def mine() -> Any:
        return function(anp, *map(ours, operands))

    expected = outcome(lambda: function(np, *operands))
    found = outcome(mine)
    shapes = [getattr(x, "shape", x) for x in operands]
    types = [getattr(x, "dtype", type(x).__name__) for x in operands]
    assert_same(found, expected, f"{context} {types} {shapes}", exact, scale)


def ours(value: Any) -> Any:
    return anp.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else value


def numbers(dtype: str, shape: Any = (3, 4), seed: int = 0) -> Any:
    """Numbers of a type: small ones, so that sums and powers stay in range."""
    rng = np.random.default_rng([seed, *dtype.encode()])
    kind = np.dtype(dtype).kind
    if kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if kind == "u":
        return rng.integers(0, 10, shape).astype(dtype)
    if kind == "i":
        return rng.integers(-9, 10, shape).astype(dtype)
    if kind == "c":
        return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)
    return rng.normal(size=shape).astype(dtype)


def views(dtype: str = "float64") -> dict[str, Any]:
    """Arrays of NumPy that lie in memory in all sorts of ways."""
    whole = numbers(dtype, (6, 8))
    return {
        "contiguous": whole,
        "fortran": np.asfortranarray(whole),
        "transposed": whole.T,
        "strided": whole[::2, ::3],
        "reversed": whole[::-1, ::-1],
        "row": whole[2],
        "column": whole[:, 3],
        "broadcast": np.broadcast_to(whole[0], (5, 8)),
        "0-d": np.array(whole[0, 0]),
        "empty": whole[:0],
        "empty inside": numbers(dtype, (3, 0, 2)),
        "one": whole[:1, :1],
        "10-d": numbers(dtype, (2, 1, 2, 1, 2, 1, 2, 1, 2, 1)),
        "long": numbers(dtype, (4097,)),
    }


def is_lazy(array: Array) -> bool:
    return not array.is_ready
