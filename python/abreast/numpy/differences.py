"""Differences of neighbours, and sums of areas between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array, array_function
from abreast.numpy import reduction
from abreast.numpy.convert import asarray
from abreast.numpy.creation import empty
from abreast.numpy.fallback import by_numpy
from abreast.numpy.handover import ByNumpy, composed

__all__ = ["diff", "ediff1d", "gradient", "trapezoid"]


def _axis(name: str, axis: Any, x: Array) -> int:
    position = reduction.axis_of(name, axis)
    if not -x.ndim <= position < x.ndim:
        raise np.exceptions.AxisError(
            f"{name}: axis {position} is out of bounds for shape {x.shape}, which has "
            f"{x.ndim} axes\n"
            "hint: axes count from 0, or from -1 backwards"
        )
    return position % x.ndim


def _along(axis: int, *parts: int | None) -> tuple[slice, ...]:
    return (*[slice(None)] * axis, slice(*parts))


@composed
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Array:
    """Return each element less the one before it, along an axis.

    Parameters
    ----------
    a : array_like
        The elements.
    n : int
        How often.
    axis : int
        Which axis.
    prepend, append : array_like, optional
        What stands before and behind; NumPy puts them there.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.diff([1, 4, 9])
    Array([3, 5])
    """
    if prepend is not None or append is not None:
        ends = {"prepend": prepend, "append": append}
        given = {key: value for key, value in ends.items() if value is not None}
        return asarray(by_numpy(np.diff, (a, n, axis), given))
    x = asarray(a)
    if n < 0:
        raise ValueError(f"diff: n={n} is negative\nhint: n=1 takes differences of neighbours once")
    if x.ndim == 0:
        raise ValueError(
            f"diff: a single {x.dtype} has no neighbours\nhint: give an array with an axis"
        )
    axis = _axis("diff", axis, x)
    name = "not_equal" if x.dtype == bool else "subtract"
    for _ in range(n):
        x = array_function(name, x[_along(axis, 1, None)], x[_along(axis, None, -1)])
    return x


@composed
def ediff1d(ary: Any) -> Array:
    """Return the differences of neighbours among all elements in row-major order.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.ediff1d([[1, 4], [9, 16]])
    Array([3, 5, 7])
    """
    line = asarray(ary).reshaped([-1])
    if line.dtype == bool:
        raise ByNumpy
    return asarray(line[1:] - line[:-1])


@composed
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Array:
    """Return the area below the lines from point to point along an axis.

    Parameters
    ----------
    y : array_like
        The heights.
    x : array_like, optional
        Where they stand: along the axis, or for each height.
    dx : float
        How far they stand apart, without `x`.
    axis : int
        Which axis.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.trapezoid([1.0, 2.0, 4.0])
    Array(4.5)
    """
    heights = asarray(y)
    axis = _axis("trapezoid", axis, heights)
    width: Any = dx
    if x is not None:
        places = asarray(x)
        if places.ndim == 1 and heights.ndim > 1:
            places = places.reshaped([-1, *[1] * (heights.ndim - 1 - axis)])
            width = diff(places, axis=0)
        else:
            width = diff(places, axis=axis)
    elif type(dx) not in (int, float):
        raise ByNumpy
    if heights.dtype == bool:
        raise ByNumpy
    pairs = heights[_along(axis, 1, None)] + heights[_along(axis, None, -1)]
    return reduction.sum(width * pairs / 2.0, axis)


@composed
def gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Return the slopes at each element, from its neighbours on both sides.

    Parameters
    ----------
    f : array_like
        The values.
    *spacing : float
        How far they stand apart: one number, or one for each axis.
    axis : int or tuple of int, optional
        Along which axes; by default all, an array for each.
    edge_order : int
        1 or 2: how many differences the slope at an edge is made of.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.gradient([1.0, 2.0, 4.0, 8.0])
    Array([1. , 1.5, 3. , 4. ])
    """
    x = asarray(f)
    if axis is None:
        axes = list(range(x.ndim))
    else:
        axes = [_axis("gradient", each, x) for each in (axis if type(axis) is tuple else (axis,))]
    steps = list(spacing) or [1.0]
    if len(steps) == 1:
        steps *= len(axes)
    if len(steps) != len(axes) or edge_order not in (1, 2):
        raise ByNumpy
    if x.dtype.kind not in "fciu" or any(type(step) not in (int, float) for step in steps):
        raise ByNumpy
    if any(x.shape[each] < edge_order + 1 for each in axes):
        raise ByNumpy
    if x.dtype.kind in "iu":
        x = x.cast("float64")
    slopes = tuple(
        _slope(x, each, step, edge_order) for each, step in zip(axes, steps, strict=True)
    )
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(x: Array, axis: int, step: float, edge_order: int) -> Array:
    def at(*parts: int | None) -> Array:
        return x[_along(axis, *parts)]

    made = (
        empty(x.shape, x.dtype)
        .at[_along(axis, 1, -1)]
        .set((at(2, None) - at(None, -2)) / (2.0 * step))
    )
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / step
        last = (at(-1, None) - at(-2, -1)) / step
    else:
        a, b, c = -1.5 / step, 2.0 / step, -0.5 / step
        first = a * at(0, 1) + b * at(1, 2) + c * at(2, 3)
        a, b, c = 0.5 / step, -2.0 / step, 1.5 / step
        last = a * at(-3, -2) + b * at(-2, -1) + c * at(-1, None)
    made = made.at[_along(axis, 0, 1)].set(first)
    return asarray(made.at[_along(axis, -1, None)].set(last))
