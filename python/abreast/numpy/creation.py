"""New arrays. Nothing is written until somebody asks: a constant flows into what is computed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from abreast._abreast import Array, array_function, array_width
from abreast.numpy.convert import asarray, check_device, dtype_name
from abreast.numpy.fallback import by_numpy

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "identity",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]

Shape = int | tuple[int, ...]


def shape_of(shape: Any) -> list[int]:
    """Return a shape, given as an integer or a sequence of them, as a list."""
    try:
        lengths = (
            [shape.__index__()]
            if hasattr(shape, "__index__")
            else [length.__index__() for length in shape]
        )
    except (AttributeError, TypeError):
        raise TypeError(
            f"shape {shape!r}: a shape is an integer or a tuple of integers\n"
            "hint: (3, 4) for three rows of four"
        ) from None
    if lengths and builtin_min(lengths) < 0:
        raise ValueError(
            f"shape {tuple(lengths)}: negative dimensions are not allowed\n"
            "hint: an axis without elements has length 0"
        )
    return lengths


builtin_min = min


def order_of(name: str, order: Any) -> str:
    """Return how NumPy would order elements in memory; for us it changes the order in `reshape`."""
    if order not in ("C", "F", "A", "K", None):
        raise ValueError(
            f"{name}: order={order!r}\nhint: 'C' for rows, 'F' for columns, or leave it out"
        )
    return "F" if order == "F" else "C"


def _default(kind: str) -> str:
    return f"{kind}{array_width(None)}"


def full(
    shape: Shape, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None
) -> Array:
    """Return an array with one value everywhere.

    Parameters
    ----------
    shape : int or tuple of int
        Length of each axis.
    fill_value : number or array
        The value; an array is broadcast.
    dtype : dtype, optional
        Type of the elements, by default that of the value.
    order : str
        Has no effect: where elements lie in memory is up to the kernels.
    device : optional
        As for `asarray`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.full((2, 2), 7)
    Array([[7, 7],
           [7, 7]])
    """
    check_device(device)
    order_of("full", order)
    if type(fill_value) in (bool, int, float, complex):
        return Array.full(fill_value, shape_of(shape), dtype_name(dtype))
    return asarray(fill_value, dtype=dtype).broadcasted(shape_of(shape))


def zeros(shape: Shape, dtype: Any = None, order: str = "C", *, device: Any = None) -> Array:
    """Return an array of zeros; parameters as for `full`, the default float by default.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.zeros(3)
    Array([0., 0., 0.])
    """
    if dtype is None and type(shape) is int and shape >= 0 and order == "C" and device is None:
        return Array.full(0, (shape,), _default("float"))
    return full(shape, 0, _default("float") if dtype is None else dtype, order, device=device)


def ones(shape: Shape, dtype: Any = None, order: str = "C", *, device: Any = None) -> Array:
    """Return an array of ones; parameters as for `full`, the default float by default.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.ones(2, dtype=int)
    Array([1, 1])
    """
    return full(shape, 1, _default("float") if dtype is None else dtype, order, device=device)


def empty(shape: Shape, dtype: Any = None, order: str = "C", *, device: Any = None) -> Array:
    """Return an array whose elements do not matter: arrays do not change, so these are zeros.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.empty((2, 3)).shape
    (2, 3)
    """
    return zeros(shape, dtype, order, device=device)


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", *, device: Any = None
) -> Array:
    """Return one value everywhere, with the shape and element type of another array.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.full_like([1.5, 2.5], 9)
    Array([9., 9.])
    """
    like = asarray(a)
    order_of("full_like", order)
    return full(like.shape, fill_value, dtype=like.dtype if dtype is None else dtype, device=device)


def zeros_like(a: Any, dtype: Any = None, order: str = "K", *, device: Any = None) -> Array:
    """Return zeros with the shape and element type of another array.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.zeros_like([1, 2])
    Array([0, 0])
    """
    return full_like(a, 0, dtype, order, device=device)


def ones_like(a: Any, dtype: Any = None, order: str = "K", *, device: Any = None) -> Array:
    """Return ones with the shape and element type of another array.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.ones_like([1.5, 2.5])
    Array([1., 1.])
    """
    return full_like(a, 1, dtype, order, device=device)


def empty_like(x: Any, /, dtype: Any = None, order: str = "K", *, device: Any = None) -> Array:
    """Return zeros with the shape and element type of another array; see `empty`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.empty_like([1, 2]).dtype
    dtype('int64')
    """
    return zeros_like(x, dtype, order, device=device)


def arange(
    start: Any = None, stop: Any = None, step: Any = 1, dtype: Any = None, *, device: Any = None
) -> Array:
    """Return the numbers from `start` on as long as they do not reach `stop`.

    Parameters
    ----------
    start, stop, step : int or float
        As for Python's `range`; one argument is the stop.
    dtype : dtype, optional
        Type of the elements, by default that of the numbers given.
    device : optional
        As for `asarray`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.arange(2, 8, 2)
    Array([2, 4, 6])
    """
    if type(start) is int and stop is None and type(step) is int and step == 1 and dtype is None:
        counted = Array.iota(start if start > 0 else 0)
        if device is None and array_width(None) == 64:
            return counted
    check_device(device)
    if start is None and stop is None:
        raise TypeError("arange: no number is given\nhint: arange(5) counts from 0 to 4")
    if stop is None or start is None:
        start, stop = 0, start if stop is None else stop
    numbers = (start, stop, step)
    if any(type(number) not in (int, float) for number in numbers):
        return asarray(by_numpy(np.arange, numbers, {"dtype": dtype}))
    if step == 0:
        raise ValueError("arange: step is zero\nhint: give the distance between two numbers")
    floating = any(type(number) is float for number in numbers)
    name = dtype_name(dtype) or _default("float" if floating else "int")
    # Whole numbers are counted exactly, others as NumPy counts them.
    count = math.ceil((stop - start) / step) if floating else -((start - stop) // step)
    counted = Array.iota(max(count, 0))
    if not floating and name.startswith(("int", "uint", "float")):
        kind = "int64" if name.startswith(("int", "uint")) else name
        counted = counted.cast(kind)
        counted = counted if step == 1 else counted * step
        return (counted if start == 0 else counted + start).cast(name)
    kind = name if name.startswith(("float", "complex")) else "float64"
    first = np.dtype(kind).type(start)
    delta = np.dtype(kind).type(start + step) - first
    made: Array = counted.cast(kind) * delta + first
    return made.cast(name)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    *,
    device: Any = None,
    **options: Any,
) -> Any:
    """Return numbers at equal distances from `start` to `stop`.

    Parameters
    ----------
    start, stop : number
        The first and the last.
    num : int
        How many.
    endpoint : bool
        Whether `stop` is one of them.
    retstep : bool
        Whether to return the distance as well.
    dtype : dtype, optional
        Type of the elements, by default the default float.
    device : optional
        As for `asarray`.
    **options
        What else NumPy takes.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.linspace(0, 1, 5)
    Array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    check_device(device)
    if retstep:
        options["retstep"] = True
    plain = type(start) in (int, float) and type(stop) in (int, float) and not options
    name = dtype_name(dtype) or _default("float")
    if not plain or not name.startswith("float") or num < 2:
        made = by_numpy(
            np.linspace, (start, stop, num), {"endpoint": endpoint, "dtype": dtype, **options}
        )
        if retstep:
            return made
        return asarray(made, dtype=name if dtype is None and plain else None)
    first, last = float(start), float(stop)
    steps = num - 1 if endpoint else num
    distance = last - first
    step = distance / steps
    position = Array.iota(num)
    numbers = position.cast("float64")
    # A step too small for a float would lose every number in between.
    numbers = numbers * step if step != 0 else numbers / steps * distance
    numbers = numbers + first
    if endpoint:
        numbers = array_function("where", position == num - 1, last, numbers)
    return numbers.cast(name)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    k: int = 0,
    dtype: Any = None,
    order: str = "C",
    *,
    device: Any = None,
) -> Array:
    """Return ones on a diagonal and zeros elsewhere.

    Parameters
    ----------
    n_rows, n_cols : int
        The shape; square by default.
    k : int
        Which diagonal: above the main one if positive.
    dtype : dtype, optional
        Type of the elements, by default the default float.
    device : optional
        As for `asarray`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.eye(2)
    Array([[1., 0.],
           [0., 1.]])
    """
    check_device(device)
    order_of("eye", order)
    rows, columns = shape_of((n_rows, n_rows if n_cols is None else n_cols))
    on = Array.iota(rows).expanded(1) + k == Array.iota(columns)
    return on.cast(dtype_name(dtype) or _default("float"))


def identity(n: int, dtype: Any = None) -> Array:
    """As `eye`, square.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.identity(1)
    Array([[1.]])
    """
    return eye(n, dtype=dtype)
