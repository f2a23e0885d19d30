"""Functions of the elements along some axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array
from abreast.numpy.convert import asarray, dtype_name
from abreast.numpy.fallback import by_numpy

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]

Axis = int | tuple[int, ...] | None


def _axes(name: str, axis: Any) -> list[int] | None:
    if axis is None:
        return None
    if isinstance(axis, tuple):
        return [axis_of(name, part) for part in axis]
    return [axis_of(name, axis)]


def axis_of(name: str, axis: Any) -> int:
    """Return an axis as an integer."""
    try:
        return int(axis.__index__())
    except (AttributeError, TypeError):
        raise TypeError(
            f"{name}: axis={axis!r} is no integer\n"
            "hint: axes count from 0, or from -1 backwards; sums and the like take tuples of them"
        ) from None


def _reduce(
    name: str,
    x: Any,
    axis: Any,
    keepdims: bool,
    options: dict[str, Any],
    dtype: Any = None,
    correction: float = 0.0,
) -> Array:
    axes = _axes(name, axis)
    if not options:
        made = asarray(x).reduced(name, axes, bool(keepdims), dtype_name(dtype), correction)
        if made is not None:
            return made
    # What no kernel does: complex numbers in order, a start, a mask, a place for the result.
    options = {**options, "axis": axis, "keepdims": keepdims}
    if dtype is not None:
        options["dtype"] = dtype
    if correction:
        options["correction"] = correction
    made = by_numpy(getattr(np, name), (x,), options)
    return made if options.get("out") is not None else asarray(made)


def _with(out: Any, options: dict[str, Any]) -> dict[str, Any]:
    return options if out is None else {**options, "out": out}


def sum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    **options: Any,
) -> Array:
    """Return the sum of the elements along some axes, or all.

    Parameters
    ----------
    a : array_like
        The elements. `bool` and small integers are summed as the default integer.
    axis : int or tuple of int, optional
        Which axes.
    dtype : dtype, optional
        In which type to sum.
    out : numpy.ndarray, optional
        Where NumPy is to write the result.
    keepdims : bool
        Whether the axes stay, with length 1.
    **options
        What else NumPy takes, `initial` and `where`; such sums run through NumPy.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.sum([[1, 2], [3, 4]], axis=1)
    Array([3, 7])
    """
    return _reduce("sum", a, axis, keepdims, _with(out, options), dtype)


def prod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    **options: Any,
) -> Array:
    """Return the product of the elements along some axes; parameters as for `sum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.prod([2.0, 3.0])
    Array(6.)
    """
    return _reduce("prod", a, axis, keepdims, _with(out, options), dtype)


def min(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, **options: Any
) -> Array:
    """Return the smallest element along some axes, NaN if one is; parameters as for `sum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.min([[3, 1], [2, 4]], axis=0)
    Array([2, 1])
    """
    return _reduce("min", a, axis, keepdims, _with(out, options))


def max(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, **options: Any
) -> Array:
    """Return the largest element along some axes, NaN if one is; parameters as for `sum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.max([[3, 1], [2, 4]])
    Array(4)
    """
    return _reduce("max", a, axis, keepdims, _with(out, options))


amin, amax = min, max


def mean(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    **options: Any,
) -> Array:
    """Return the mean of the elements along some axes; parameters as for `sum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.mean([1, 2])
    Array(1.5)
    """
    return _reduce("mean", a, axis, keepdims, _with(out, options), dtype)


def var(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0.0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
    **options: Any,
) -> Array:
    """Return the variance of the elements along some axes.

    Parameters
    ----------
    x, axis, dtype, out, keepdims, **options
        As for `sum`.
    ddof, correction : float
        Taken off the number of elements: NumPy's name for it, and that of the array API.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.var([1.0, 3.0], correction=1)
    Array(2.)
    """
    less = ddof if correction is None else correction
    return _reduce("var", a, axis, keepdims, _with(out, options), dtype, float(less))


def std(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0.0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
    **options: Any,
) -> Array:
    """Return the square root of the variance; parameters as for `var`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.std([1.0, 3.0])
    Array(1.)
    """
    less = ddof if correction is None else correction
    return _reduce("std", a, axis, keepdims, _with(out, options), dtype, float(less))


def any(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, **options: Any
) -> Array:
    """Return whether an element along some axes is not zero; parameters as for `sum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.any([[0, 1], [0, 0]], axis=1)
    Array([ True, False])
    """
    return _reduce("any", a, axis, keepdims, _with(out, options))


def all(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, **options: Any
) -> Array:
    """Return whether no element along some axes is zero; parameters as for `sum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.all([[0, 1], [2, 3]], axis=1)
    Array([False,  True])
    """
    return _reduce("all", a, axis, keepdims, _with(out, options))


def count_nonzero(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Return how many elements along some axes are not zero; parameters as for `sum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.count_nonzero([0, 1, 2])
    Array(2)
    """
    return _reduce("count_nonzero", a, axis, keepdims, {})


def argmax(
    a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False, **options: Any
) -> Array:
    """Return where the first of the largest elements stands along an axis.

    Parameters
    ----------
    a : array_like
        The elements.
    axis : int, optional
        Which axis; by default all, numbered in row-major order.
    keepdims : bool
        Whether the axes stay, with length 1.
    **options
        What else NumPy takes.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.argmax([[3, 5], [5, 1]])
    Array(1)
    """
    return _reduce("argmax", a, _one("argmax", axis), keepdims, _with(out, options))


def argmin(
    a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False, **options: Any
) -> Array:
    """Return where the first of the smallest elements stands; parameters as for `argmax`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.argmin([[3, 5], [5, 1]], axis=0)
    Array([0, 1])
    """
    return _reduce("argmin", a, _one("argmin", axis), keepdims, _with(out, options))


def _one(name: str, axis: Any) -> int | None:
    return None if axis is None else axis_of(name, axis)


def _cumulative(name: str, x: Any, axis: Any, dtype: Any, include_initial: bool) -> Array:
    array = asarray(x)
    if axis is None and array.ndim != 1:
        raise ValueError(
            f"{name}: axis is missing, and shape {array.shape} has {array.ndim} axes\n"
            "hint: say along which axis, as in axis=0"
        )
    axis = _one(name, axis)
    if not include_initial:
        made = array.scanned(name, 0 if axis is None else axis, dtype_name(dtype))
        if made is not None:
            return made
    options = {"axis": axis, "dtype": dtype, "include_initial": include_initial}
    return asarray(by_numpy(getattr(np, name), (array,), options))


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Array:
    """Return the sums of each element and all before it along an axis.

    Parameters
    ----------
    x : array_like
        The elements.
    axis : int, optional
        Which axis; may be left out if there is one.
    dtype : dtype, optional
        In which type to sum.
    include_initial : bool
        Whether a zero stands in front.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.cumulative_sum([1, 2, 3])
    Array([1, 3, 6])
    """
    return _cumulative("cumulative_sum", x, axis, dtype, include_initial)


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Array:
    """Return the products of each element and all before it; parameters as for `cumulative_sum`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.cumulative_prod([1, 2, 3])
    Array([1, 2, 6])
    """
    return _cumulative("cumulative_prod", x, axis, dtype, include_initial)


def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Array:
    """As `cumulative_sum`; without an axis over all elements in row-major order.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.cumsum([[1, 2], [3, 4]])
    Array([ 1,  3,  6, 10])
    """
    array = asarray(a)
    return cumulative_sum(
        array.reshaped([-1]) if axis is None else array, axis=axis or 0, dtype=dtype
    )


def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Array:
    """As `cumulative_prod`; without an axis over all elements in row-major order.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.cumprod([[1, 2], [3, 4]])
    Array([ 1,  2,  6, 24])
    """
    array = asarray(a)
    return cumulative_prod(
        array.reshaped([-1]) if axis is None else array, axis=axis or 0, dtype=dtype
    )
