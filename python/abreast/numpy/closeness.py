"""Whether elements are equal, or nearly so."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from abreast._abreast import Array, array_function
from abreast.numpy.convert import asarray
from abreast.numpy.handover import composed, floats

__all__ = [
    "allclose",
    "array_equal",
    "isclose",
    "iscomplex",
    "isneginf",
    "isposinf",
    "isreal",
]


@composed
def isclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    """Return for each element whether `abs(a - b) <= atol + rtol * abs(b)`, or both are equal.

    Parameters
    ----------
    a, b : array_like
        The elements.
    rtol, atol : float
        How far they may be apart, as a share of `b` and beside.
    equal_nan : bool
        Whether NaN is close to NaN.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.isclose([1.0, 2.0], [1.0 + 1e-9, 2.1])
    Array([ True, False])
    """
    x, y = asarray(a), asarray(b)
    if y.dtype.kind not in "fc":
        y = floats(y.cast("int64") if y.dtype.kind == "b" else y)
    apart = array_function("abs", array_function("subtract", x, y))
    near = array_function("less_equal", apart, atol + rtol * array_function("abs", y))
    near = near & array_function("isfinite", y)
    close = near | array_function("equal", x, y)
    if equal_nan:
        close = close | (array_function("isnan", x) & array_function("isnan", y))
    return asarray(close)


@composed
def allclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Return whether `isclose` holds for all elements.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.allclose([1.0, 2.0], [1.0 + 1e-9, 2.0])
    True
    """
    return builtins.bool(isclose(a, b, rtol, atol, equal_nan).reduced("all"))


@composed
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """Return whether two arrays have one shape and equal elements.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.array_equal([1, 2], [1, 2]), anp.array_equal([1], [1, 1])
    (True, False)
    """
    x, y = asarray(a1), asarray(a2)
    if x.shape != y.shape:
        return False
    same = array_function("equal", x, y)
    if equal_nan:
        same = same | (array_function("isnan", x) & array_function("isnan", y))
    return builtins.bool(asarray(same).reduced("all"))


def _infinite(name: str, x: Any, end: float) -> Array:
    array = asarray(x)
    if array.dtype.kind == "c":
        raise TypeError(
            f"{name}: {array.dtype} of shape {array.shape} has no largest and no smallest number\n"
            f"hint: anp.{name}(x.real), or anp.isinf(x)"
        )
    return asarray(array_function("equal", floats(array), end))


@composed
def isposinf(x: Any) -> Array:
    """Return whether elements are infinite and positive.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.isposinf([1.0, anp.inf, -anp.inf])
    Array([False,  True, False])
    """
    return _infinite("isposinf", x, np.inf)


@composed
def isneginf(x: Any) -> Array:
    """Return whether elements are infinite and negative.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.isneginf([1.0, anp.inf, -anp.inf])
    Array([False, False,  True])
    """
    return _infinite("isneginf", x, -np.inf)


@composed
def isreal(x: Any) -> Array:
    """Return whether elements have no imaginary part.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.isreal([1 + 1j, 2])
    Array([False,  True])
    """
    return asarray(array_function("equal", asarray(x).imag, 0))


@composed
def iscomplex(x: Any) -> Array:
    """Return whether elements have an imaginary part.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.iscomplex([1 + 1j, 2])
    Array([ True, False])
    """
    return asarray(array_function("not_equal", asarray(x).imag, 0))
