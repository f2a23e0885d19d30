"""Repeated elements, triangles and products of all pairs."""

from __future__ import annotations

from typing import Any

from abreast._abreast import Array, array_function
from abreast.numpy import manipulation, reduction
from abreast.numpy.convert import asarray, dtype_name
from abreast.numpy.handover import ByNumpy, composed

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "kron",
    "outer",
    "repeat",
    "rot90",
    "tile",
    "tri",
    "tril",
    "triu",
]


@composed
def tile(A: Any, reps: Any) -> Array:
    """Return an array again and again along each axis.

    Parameters
    ----------
    A : array_like
        The array.
    reps : int or tuple of int
        How often, the last axis last.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.tile([1, 2], 2)
    Array([1, 2, 1, 2])
    """
    x = asarray(A)
    counts = (reps,) if isinstance(reps, int) else tuple(reps)
    if any(type(count) is not int or count < 0 for count in counts):
        raise ByNumpy
    rank = max(x.ndim, len(counts))
    counts = (1,) * (rank - len(counts)) + counts
    shape = (1,) * (rank - x.ndim) + tuple(x.shape)
    apart = [length for extent in shape for length in (1, extent)]
    every = [length for pair in zip(counts, shape, strict=True) for length in pair]
    whole = [count * extent for count, extent in zip(counts, shape, strict=True)]
    return manipulation.broadcast_to(x.reshaped(apart), every).reshaped(whole)


@composed
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Array:
    """Return each element several times, along an axis.

    Parameters
    ----------
    a : array_like
        The elements.
    repeats : int or array_like of int
        How often; NumPy does it where that differs from element to element.
    axis : int, optional
        Which axis; by default all elements in row-major order.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.repeat([1, 2], 2)
    Array([1, 1, 2, 2])
    """
    x = asarray(a)
    if type(repeats) is not int or repeats < 0:
        raise ByNumpy
    if axis is None:
        x, axis = x.reshaped([-1]), 0
    position = reduction.axis_of("repeat", axis)
    if not -x.ndim <= position < x.ndim:
        raise ByNumpy
    position %= x.ndim
    shape = list(x.shape)
    apart = [*shape[: position + 1], 1, *shape[position + 1 :]]
    every = [*shape[: position + 1], repeats, *shape[position + 1 :]]
    shape[position] *= repeats
    return manipulation.broadcast_to(x.reshaped(apart), every).reshaped(shape)


def _at_least(rank: int, given: tuple[Any, ...]) -> Any:
    made = tuple(_raised(asarray(one), rank) for one in given)
    return made[0] if len(made) == 1 else made


def _raised(x: Array, rank: int) -> Array:
    shape = list(x.shape)
    if rank == 3 and len(shape) == 2:
        return x.reshaped([*shape, 1])
    if rank == 3 and len(shape) == 1:
        return x.reshaped([1, *shape, 1])
    return x.reshaped([1] * (rank - len(shape)) + shape) if len(shape) < rank else x


@composed
def atleast_1d(*arys: Any) -> Any:
    """Return arrays with one axis at least.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.atleast_1d(3.0)
    Array([3.])
    """
    return _at_least(1, arys)


@composed
def atleast_2d(*arys: Any) -> Any:
    """Return arrays with two axes at least.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.atleast_2d([1, 2])
    Array([[1, 2]])
    """
    return _at_least(2, arys)


@composed
def atleast_3d(*arys: Any) -> Any:
    """Return arrays with three axes at least.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.atleast_3d([1, 2]).shape
    (1, 2, 1)
    """
    return _at_least(3, arys)


@composed
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Array:
    """Return an array turned by quarters, from the first of two axes towards the second.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.rot90([[1, 2], [3, 4]])
    Array([[2, 4],
           [1, 3]])
    """
    x = asarray(m)
    first, second = axes
    if not all(-x.ndim <= axis < x.ndim for axis in (first, second)):
        raise ByNumpy
    if first % x.ndim == second % x.ndim:
        raise ByNumpy
    k %= 4
    if k == 0:
        return x
    if k == 2:
        return manipulation.flip(x, (first, second))
    if k == 1:
        return manipulation.swapaxes(manipulation.flip(x, second), first, second)
    return manipulation.flip(manipulation.swapaxes(x, first, second), second)


def _below(rows: int, columns: int, k: int) -> Array:
    """Return where the lower triangle is."""
    on: Array = Array.iota(rows).expanded(1) + k >= Array.iota(columns)
    return on


@composed
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Array:
    """Return ones on and below a diagonal, and zeros above.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.tri(2, 3, dtype=int)
    Array([[1, 0, 0],
           [1, 1, 0]])
    """
    below = _below(max(N, 0), max(N if M is None else M, 0), k)
    return below.cast(dtype_name(dtype) or "float64")


@composed
def tril(m: Any, k: int = 0) -> Array:
    """Return the elements on and below a diagonal, and zeros above.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.tril([[1, 2], [3, 4]])
    Array([[1, 0],
           [3, 4]])
    """
    x = asarray(m)
    if x.ndim < 2:
        raise ByNumpy
    return asarray(array_function("where", _below(x.shape[-2], x.shape[-1], k), x, x.dtype.type(0)))


@composed
def triu(m: Any, k: int = 0) -> Array:
    """Return the elements on and above a diagonal, and zeros below.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.triu([[1, 2], [3, 4]])
    Array([[1, 2],
           [0, 4]])
    """
    x = asarray(m)
    if x.ndim < 2:
        raise ByNumpy
    return asarray(
        array_function("where", _below(x.shape[-2], x.shape[-1], k - 1), x.dtype.type(0), x)
    )


@composed
def outer(a: Any, b: Any) -> Array:
    """Return the product of each element of one array and each of another.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.outer([1, 2], [3, 4])
    Array([[3, 4],
           [6, 8]])
    """
    rows, columns = asarray(a).reshaped([-1, 1]), asarray(b).reshaped([1, -1])
    return asarray(array_function("multiply", rows, columns))


@composed
def kron(a: Any, b: Any) -> Array:
    """Return a copy of the second array for each element of the first, times that.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.kron([1, 10], [1, 2])
    Array([ 1,  2, 10, 20])
    """
    x, y = asarray(a), asarray(b)
    rank = max(x.ndim, y.ndim)
    left = (1,) * (rank - x.ndim) + tuple(x.shape)
    right = (1,) * (rank - y.ndim) + tuple(y.shape)
    x = x.reshaped([length for extent in left for length in (extent, 1)])
    y = y.reshaped([length for extent in right for length in (1, extent)])
    whole = [one * other for one, other in zip(left, right, strict=True)]
    return asarray(array_function("multiply", x, y)).reshaped(whole)
