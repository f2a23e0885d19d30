"""The same elements at other places. Most of these cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from abreast._abreast import Array, array_function, array_joined, array_result_type
from abreast.numpy.convert import asarray, dtype_name
from abreast.numpy.creation import order_of, shape_of
from abreast.numpy.fallback import by_numpy
from abreast.numpy.reduction import axis_of

__all__ = [
    "astype",
    "broadcast_arrays",
    "broadcast_to",
    "clip",
    "concat",
    "concatenate",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "matrix_transpose",
    "meshgrid",
    "moveaxis",
    "ndim",
    "permute_dims",
    "ravel",
    "reshape",
    "result_type",
    "shape",
    "size",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
    "unstack",
    "where",
]


def _axis(name: str, axis: Any, rank: int) -> int:
    position = axis_of(name, axis)
    if not -rank <= position < rank:
        raise np.exceptions.AxisError(
            f"{name}: axis {position} is out of bounds for an array with {rank} axes\n"
            "hint: axes count from 0, or from -1 backwards"
        )
    return position % rank


def reshape(
    a: Any,
    shape: Any,
    order: str = "C",
    *,
    copy: bool | None = None,  # noqa: ARG001
) -> Array:
    """Return the elements under another shape.

    Parameters
    ----------
    a : array_like
        The elements.
    shape : int or tuple of int
        The new shape; one length may be -1 and follows from the others.
    order : str
        "C": the last place changes fastest, in both shapes; "F": the first one.
    copy : bool, optional
        Has no effect: arrays do not change, so nobody can tell.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.reshape(anp.arange(4), (2, -1))
    Array([[0, 1],
           [2, 3]])
    """
    try:
        lengths = [
            int(length.__index__())
            for length in ([shape] if hasattr(shape, "__index__") else shape)
        ]
    except (AttributeError, TypeError):
        raise TypeError(
            f"reshape: shape {shape!r} of an array of shape {asarray(a).shape}\n"
            "hint: a shape is an integer or a tuple of integers, one of which may be -1"
        ) from None
    if order_of("reshape", order) == "F":
        return asarray(a).T.reshaped(lengths[::-1]).T
    return asarray(a).reshaped(lengths)


def ravel(a: Any, order: str = "C") -> Array:
    """Return the elements along one axis, in row-major order or, for "F", in column-major order.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.ravel([[1, 2], [3, 4]])
    Array([1, 2, 3, 4])
    """
    array = asarray(a)
    return (array.T if order_of("ravel", order) == "F" else array).reshaped([-1])


def permute_dims(a: Any, axes: tuple[int, ...]) -> Array:
    """Return the array with its axes in another order.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.permute_dims(anp.zeros((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return asarray(a).permuted(list(axes))


def transpose(a: Any, axes: tuple[int, ...] | None = None) -> Array:
    """Return the array with its axes in another order, by default from last to first.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.transpose([[1, 2], [3, 4]])
    Array([[1, 3],
           [2, 4]])
    """
    array = asarray(a)
    return array.T if axes is None else array.permuted(list(axes))


def matrix_transpose(x: Any, /) -> Array:
    """Return the array with its last two axes exchanged.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.matrix_transpose(anp.zeros((2, 3, 4))).shape
    (2, 4, 3)
    """
    array = asarray(x)
    if array.ndim < 2:
        raise ValueError(
            f"matrix_transpose: shape {array.shape} has less than two axes\n"
            "hint: a vector has nothing to exchange; x[:, None] makes a column"
        )
    return swapaxes(array, -1, -2)


def swapaxes(a: Any, axis1: int, axis2: int) -> Array:
    """Return the array with two axes exchanged.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.swapaxes(anp.zeros((2, 3)), 0, 1).shape
    (3, 2)
    """
    array = asarray(a)
    axes = list(range(array.ndim))
    first, second = (_axis("swapaxes", axis, array.ndim) for axis in (axis1, axis2))
    axes[first], axes[second] = axes[second], axes[first]
    return array.permuted(axes)


def moveaxis(a: Any, source: Any, destination: Any) -> Array:
    """Return the array with some axes at other places, the others in their order.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.moveaxis(anp.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    array = asarray(a)
    sources, targets = (
        [_axis("moveaxis", axis, array.ndim) for axis in (value if _many(value) else [value])]
        for value in (source, destination)
    )
    if len(sources) != len(targets) or len(set(sources)) != len(sources) != len(set(targets)):
        raise ValueError(
            f"moveaxis: from {source} to {destination}\nhint: name as many places as axes"
        )
    order = [axis for axis in range(array.ndim) if axis not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return array.permuted(order)


def _many(value: Any) -> bool:
    return isinstance(value, (tuple, list))


def expand_dims(a: Any, axis: int | tuple[int, ...] = 0) -> Array:
    """Return the array with new axes of length 1.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.expand_dims([1, 2], axis=0).shape
    (1, 2)
    """
    array = asarray(a)
    axes = list(axis) if isinstance(axis, tuple) else [axis]
    rank = array.ndim + len(axes)
    places = sorted(_axis("expand_dims", place, rank) for place in axes)
    if len(set(places)) != len(places):
        raise ValueError(f"expand_dims: axes {axis} name one place twice\nhint: name each once")
    for place in places:
        array = array.expanded(place)
    return array


def squeeze(a: Any, axis: int | tuple[int, ...] | None = None) -> Array:
    """Return the array without axes of length 1: all of them, or those named.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.squeeze([[1, 2]]).shape
    (2,)
    """
    array = asarray(a)
    if axis is None:
        return array.squeezed([at for at, length in enumerate(array.shape) if length == 1])
    axes = list(axis) if isinstance(axis, tuple) else [axis]
    return array.squeezed([_axis("squeeze", at, array.ndim) for at in axes])


def flip(m: Any, axis: int | tuple[int, ...] | None = None) -> Array:
    """Return the array with the elements along some axes, or all, from last to first.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.flip([1, 2, 3])
    Array([3, 2, 1])
    """
    array = asarray(m)
    if axis is None:
        return array.reversed(list(range(array.ndim)))
    axes = list(axis) if isinstance(axis, tuple) else [axis]
    return array.reversed([_axis("flip", at, array.ndim) for at in axes])


def flipud(m: Any) -> Array:
    """As `flip` along the first axis.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.flipud([[1], [2]])
    Array([[2],
           [1]])
    """
    return flip(m, axis=0)


def fliplr(m: Any) -> Array:
    """As `flip` along the second axis.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.fliplr([[1, 2]])
    Array([[2, 1]])
    """
    return flip(m, axis=1)


def broadcast_to(array: Any, shape: Any) -> Array:
    """Return the elements repeated along new axes and those of length 1.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.broadcast_to([1, 2], (2, 2))
    Array([[1, 2],
           [1, 2]])
    """
    return asarray(array).broadcasted(shape_of(shape))


def broadcast_arrays(*arrays: Any) -> list[Array]:
    """Return arrays in the one shape that they broadcast to.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> [x.shape for x in anp.broadcast_arrays([1, 2], [[3], [4]])]
    [(2, 2), (2, 2)]
    """
    ready = [asarray(x) for x in arrays]
    try:
        shape = np.broadcast_shapes(*(x.shape for x in ready))
    except ValueError:
        raise ValueError(
            f"broadcast_arrays: shapes {', '.join(str(x.shape) for x in ready)} do not broadcast\n"
            "hint: counted from the last axis, lengths must be equal or 1"
        ) from None
    return [x.broadcasted(list(shape)) for x in ready]


def meshgrid(
    *arrays: Any,
    indexing: str = "xy",
    sparse: bool = False,
    copy: bool = True,  # noqa: ARG001
) -> list[Array]:
    """Return the coordinates of all points of a grid, one array for each axis.

    Parameters
    ----------
    *arrays : array_like
        The coordinates along each axis.
    indexing : "xy" or "ij"
        Whether the first two axes of the result are exchanged, as in pictures.
    sparse : bool
        Whether axes along which nothing changes have length 1.
    copy : bool
        Has no effect: arrays do not change, so nobody can tell.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> [x.shape for x in anp.meshgrid([1, 2, 3], [4, 5])]
    [(2, 3), (2, 3)]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"meshgrid: indexing={indexing!r}\nhint: 'xy' for pictures, 'ij' for matrices"
        )
    rank = len(arrays)
    places = list(range(rank))
    if indexing == "xy" and rank > 1:
        places[:2] = [1, 0]
    lines = [
        asarray(x).reshaped([-1 if at == place else 1 for at in range(rank)])
        for x, place in zip(arrays, places, strict=True)
    ]
    return lines if sparse else broadcast_arrays(*lines)


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:  # noqa: ARG001
    """Return the elements in another type.

    Parameters
    ----------
    x : array_like
        The elements.
    dtype : dtype
        The type. Floats become integers by cutting off what follows the point.
    copy : bool
        Has no effect: arrays do not change, so nobody can tell.
    device : optional
        As for `asarray`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.astype(anp.asarray([1.7, -1.7]), int)
    Array([ 1, -1])
    """
    return asarray(x, dtype=dtype, device=device)


def where(condition: Any, x1: Any = None, x2: Any = None, /) -> Any:
    """Return elements of the first choice where a condition holds, and of the second elsewhere.

    Parameters
    ----------
    condition : array_like
        What is not zero holds.
    x1, x2 : array_like
        The choices; without them the positions where the condition holds.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.where(anp.asarray([True, False]), 1.5, 0)
    Array([1.5, 0. ])
    """
    if x1 is None and x2 is None:
        return by_numpy(np.where, (condition,))
    if x1 is None or x2 is None:
        raise ValueError(
            "where: one choice is missing\nhint: give both x1 and x2, or neither for positions"
        )
    return array_function("where", condition, x1, x2)


def clip(a: Any, min: Any = None, max: Any = None, **options: Any) -> Any:
    """Return the elements, but none below `min` and none above `max`.

    Parameters
    ----------
    a : array_like
        The elements.
    min, max : array_like, optional
        The bounds.
    **options
        What else NumPy takes.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.clip(anp.asarray([-1.0, 0.5, 2.0]), 0, 1)
    Array([0. , 0.5, 1. ])
    """
    # NumPy's older names.
    min, max = options.pop("a_min", min), options.pop("a_max", max)
    if options or (min is None and max is None):
        return by_numpy(np.clip, (a, min, max), options)
    a = asarray(a)
    if min is None:
        return array_function("minimum", a, max)
    if max is None:
        return array_function("maximum", a, min)
    return array_function("clip", a, min, max)


def concat(arrays: Sequence[Any], /, axis: int | None = 0, out: Any = None, **options: Any) -> Any:
    """Return arrays one after the other along an axis.

    Few elements are copied here, more by NumPy.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.concat([anp.ones(1), anp.zeros(2)])
    Array([1., 0., 0.])
    """
    if out is None and not options and type(axis) is int and type(arrays) in (list, tuple):
        made = array_joined(arrays, axis, False)
        if made is not None:
            return made
    return by_numpy(np.concatenate, (list(arrays),), {"axis": axis, "out": out, **options})


concatenate = concat


def stack(arrays: Sequence[Any], axis: int = 0, out: Any = None, **options: Any) -> Any:
    """Return arrays side by side along a new axis.

    Few elements are copied here, more by NumPy.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.stack([anp.ones(2), anp.zeros(2)])
    Array([[1., 1.],
           [0., 0.]])
    """
    if out is None and not options and type(axis) is int and type(arrays) in (list, tuple):
        made = array_joined(arrays, axis, True)
        if made is not None:
            return made
    return by_numpy(np.stack, (list(arrays),), {"axis": axis, "out": out, **options})


def unstack(x: Any, /, axis: int = 0) -> tuple[Array, ...]:
    """Return the arrays that stand side by side along an axis.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.unstack([[1, 2], [3, 4]])
    (Array([1, 2]), Array([3, 4]))
    """
    array = asarray(x)
    front = moveaxis(array, _axis("unstack", axis, array.ndim), 0)
    return tuple(front[at] for at in range(front.shape[0]))


def result_type(*operands: Any) -> np.dtype[Any]:
    """Return the element type that arrays, types and numbers meet in.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.result_type(anp.ones(2, dtype="float32"), 1.5)
    dtype('float32')
    """
    if not any(isinstance(operand, (type, np.dtype, str)) for operand in operands):
        name = array_result_type(*operands)
        if name is not None:
            return np.dtype(name)
    ready = [
        operand.dtype
        if isinstance(operand, Array)
        else np.dtype(dtype_name(operand))
        if isinstance(operand, (type, str))
        else operand
        for operand in operands
    ]
    return np.result_type(*ready)


def shape(a: Any) -> tuple[int, ...]:
    """Return the length of each axis.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.shape([[1, 2]])
    (1, 2)
    """
    return asarray(a).shape


def ndim(a: Any) -> int:
    """Return the number of axes.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.ndim([[1, 2]])
    2
    """
    return asarray(a).ndim


def size(a: Any, axis: int | None = None) -> int:
    """Return the number of elements, or the length of an axis.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.size([[1, 2]])
    2
    """
    array = asarray(a)
    return array.size if axis is None else array.shape[_axis("size", axis, array.ndim)]
