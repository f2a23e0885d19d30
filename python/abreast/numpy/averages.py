"""Averages with weights, and how far elements lie apart."""

from __future__ import annotations

from typing import Any

from abreast._abreast import Array
from abreast.numpy import reduction
from abreast.numpy.convert import asarray
from abreast.numpy.handover import ByNumpy, composed
from abreast.numpy.manipulation import broadcast_to

__all__ = ["average", "ptp"]

Axis = int | tuple[int, ...] | None


@composed
def ptp(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Return the largest element less the smallest, along some axes.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.ptp([[3, 1], [2, 9]], axis=1)
    Array([2, 7])
    """
    x = asarray(a)
    return asarray(
        reduction.max(x, axis, keepdims=keepdims) - reduction.min(x, axis, keepdims=keepdims)
    )


@composed
def average(
    a: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Return the mean of the elements along some axes, each with its weight.

    Parameters
    ----------
    a : array_like
        The elements.
    axis : int or tuple of int, optional
        Which axes; by default all.
    weights : array_like, optional
        One for each element, or for each place along the axis.
    returned : bool
        Whether to return the sums of the weights as well.
    keepdims : bool
        Whether the axes stay, with length 1.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.average([1.0, 4.0], weights=[2, 1])
    Array(2.)
    """
    x = asarray(a)
    if weights is None:
        if returned:
            raise ByNumpy
        return reduction.mean(x, axis, keepdims=keepdims)
    given = asarray(weights)
    if given.shape != x.shape:
        if type(axis) is not int or not -x.ndim <= axis < x.ndim:
            raise ByNumpy
        if given.shape != (x.shape[axis],):
            raise ByNumpy
        given = given.reshaped([-1, *[1] * (x.ndim - 1 - axis % x.ndim)])
    if x.dtype.kind in "biu":
        x = x.cast("float64")
    product = x * given
    weight = broadcast_to(given, x.shape).cast(product.dtype.name)
    below = reduction.sum(weight, axis, keepdims=keepdims)
    if bool(reduction.any(below == 0)):
        raise ZeroDivisionError(
            f"average: weights of shape {asarray(weights).shape} sum to zero, so there is no mean\n"
            "hint: leave out what has no weight at all"
        )
    mean = reduction.sum(product, axis, keepdims=keepdims) / below
    return (mean, below) if returned else mean
