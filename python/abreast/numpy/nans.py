"""Reductions that leave NaN out."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array, array_function
from abreast.numpy import reduction
from abreast.numpy.convert import asarray, dtype_name
from abreast.numpy.handover import ByNumpy, composed

__all__ = [
    "nan_to_num",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]

Axis = int | tuple[int, ...] | None


def _without(x: Array, instead: Any) -> Array:
    """Return the elements with something in the place of NaN."""
    if x.dtype.kind not in "fc":
        return x
    changed: Array = array_function("where", array_function("isnan", x), instead, x)
    return changed


def _present(x: Array, axis: Axis, keepdims: bool) -> Array:
    """Return how many elements are not NaN."""
    there = array_function("logical_not", array_function("isnan", x))
    return reduction.count_nonzero(there, axis, keepdims=keepdims)


@composed
def nansum(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Array:
    """Return the sum of the elements along some axes, NaN counting as 0.

    Parameters
    ----------
    a : array_like
        The elements.
    axis : int or tuple of int, optional
        Which axes; by default all.
    dtype : dtype, optional
        In which type to sum.
    keepdims : bool
        Whether the axes stay, with length 1.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nansum([1.0, anp.nan, 2.0])
    Array(3.)
    """
    return reduction.sum(_without(asarray(a), 0), axis, dtype, keepdims=keepdims)


@composed
def nanprod(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Array:
    """Return the product of the elements, NaN counting as 1; parameters as for `nansum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nanprod([3.0, anp.nan, 2.0])
    Array(6.)
    """
    return reduction.prod(_without(asarray(a), 1), axis, dtype, keepdims=keepdims)


def _extreme(name: str, a: Any, axis: Axis, keepdims: bool, end: float) -> Array:
    x = asarray(a)
    made: Array = getattr(reduction, name)(_without(x, end), axis, keepdims=keepdims)
    if x.dtype.kind != "f":
        if x.dtype.kind == "c":
            raise ByNumpy
        return made
    none = reduction.all(array_function("isnan", x), axis, keepdims=keepdims)
    return asarray(array_function("where", none, np.nan, made))


@composed
def nanmin(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Return the smallest elements that are not NaN; NaN where there is none, as for `nansum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nanmin([[1.0, anp.nan], [anp.nan, anp.nan]], axis=1)
    Array([ 1., nan])
    """
    return _extreme("min", a, axis, keepdims, np.inf)


@composed
def nanmax(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Return the largest elements that are not NaN; NaN where there is none, as for `nansum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nanmax([1.0, anp.nan, 3.0])
    Array(3.)
    """
    return _extreme("max", a, axis, keepdims, -np.inf)


@composed
def nanmean(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Array:
    """Return the mean of the elements that are not NaN; parameters as for `nansum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nanmean([1.0, anp.nan, 2.0])
    Array(1.5)
    """
    x = asarray(a)
    if x.dtype.kind not in "fc":
        return reduction.mean(x, axis, dtype, keepdims=keepdims)
    kind = dtype_name(dtype) or x.dtype.name
    # Sums of float16 would lose what the mean can hold.
    wide = "float32" if kind == "float16" else kind
    total = reduction.sum(_without(x, 0), axis, wide, keepdims=keepdims)
    count = _present(x, axis, keepdims).cast(total.real.dtype.name)
    mean: Array = (total / count).cast(kind)
    return mean


@composed
def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    correction: float | None = None,
) -> Array:
    """Return the variance of the elements that are not NaN.

    Parameters
    ----------
    a, axis, dtype, keepdims
        As for `nansum`.
    ddof, correction : float
        Taken off the number of elements: NumPy's name for it, and that of the array API.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nanvar([1.0, anp.nan, 3.0])
    Array(1.)
    """
    x = asarray(a)
    less = ddof if correction is None else correction
    if x.dtype.kind not in "fc":
        return reduction.var(x, axis, dtype, ddof=less, keepdims=keepdims)
    kind = dtype_name(dtype) or x.dtype.name
    if np.dtype(kind).kind not in "fc":
        raise ByNumpy
    x = x.cast("float32" if kind == "float16" else kind)
    absent = array_function("isnan", x)
    apart = array_function("where", absent, 0, x - nanmean(x, axis, keepdims=True))
    if x.dtype.kind == "c":
        squares = apart.real * apart.real + apart.imag * apart.imag
    else:
        squares = apart * apart
    total = reduction.sum(squares, axis, keepdims=keepdims)
    left = _present(x, axis, keepdims).cast(total.dtype.name) - less
    var = array_function("where", left > 0, total / left, np.nan)
    return asarray(var.cast(np.empty(0, kind).real.dtype.name))


@composed
def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    correction: float | None = None,
) -> Array:
    """Return the square root of `nanvar`, whose parameters it takes.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nanstd([1.0, anp.nan, 3.0])
    Array(1.)
    """
    var = nanvar(a, axis, dtype, ddof=ddof, keepdims=keepdims, correction=correction)
    return asarray(array_function("sqrt", var))


@composed
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Array:
    """Return the sums of each element and all before it, NaN counting as 0.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nancumsum([1.0, anp.nan, 2.0])
    Array([1., 1., 3.])
    """
    return reduction.cumsum(_without(asarray(a), 0), axis, dtype)


@composed
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Array:
    """Return the products of each element and all before it, NaN counting as 1.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nancumprod([3.0, anp.nan, 2.0])
    Array([3., 3., 6.])
    """
    return reduction.cumprod(_without(asarray(a), 1), axis, dtype)


@composed
def nan_to_num(
    x: Any,
    copy: bool = True,  # noqa: ARG001 - nobody can write to either
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Array:
    """Return the elements with numbers in the place of NaN and of infinities.

    Parameters
    ----------
    x : array_like
        The elements.
    copy : bool
        Ignored: arrays do not change.
    nan, posinf, neginf : float, optional
        The numbers; by default 0, and the largest and the smallest of the type.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.nan_to_num([1.0, anp.nan], nan=7.0)
    Array([1., 7.])
    """
    array = asarray(x)
    if array.dtype.kind not in "fc":
        return array
    plain = all(type(end) in (int, float, type(None)) for end in (nan, posinf, neginf))
    if not plain or array.dtype.kind == "c":
        raise ByNumpy
    limits = np.finfo(array.dtype)
    most = float(limits.max) if posinf is None else posinf
    least = float(limits.min) if neginf is None else neginf
    made = array_function("where", array == np.inf, most, _without(array, nan))
    return asarray(array_function("where", array == -np.inf, least, made))
