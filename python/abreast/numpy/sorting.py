"""The order of elements; computed by NumPy, on the memory of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array, array_ordered, array_packed, array_unpacked
from abreast.numpy import ordering
from abreast.numpy.convert import asarray
from abreast.numpy.fallback import by_numpy
from abreast.numpy.manipulation import flip

__all__ = ["argsort", "sort"]


def _plain(stable: Any, options: dict[str, Any]) -> bool:
    """Whether NumPy is asked for nothing else; takes what asks for nothing out of the options."""
    for name in ("kind", "order"):
        if options.get(name, 0) is None:
            del options[name]
    return not options and stable in (True, False, None)


def _options(axis: int | None, stable: Any, options: dict[str, Any]) -> dict[str, Any]:
    # NumPy takes a kind or stability, not both.
    return {"axis": axis, **({} if "kind" in options else {"stable": stable}), **options}


def _line(x: Any, axis: int | None) -> tuple[Array, int]:
    array = asarray(x)
    return (array.reshaped([-1]), -1) if axis is None else (array, axis)


def sort(
    a: Any,
    axis: int | None = -1,
    *,
    descending: bool = False,
    stable: bool = True,
    **options: Any,
) -> Array:
    """Return the elements in order along an axis.

    Parameters
    ----------
    a : array_like
        The elements.
    axis : int or None
        Which axis; None for all elements along one.
    descending : bool
        Whether the largest comes first.
    stable : bool
        Whether equal elements stay in their order. They do in any case, at no cost worth a wish.
    **options
        What else NumPy takes.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.sort([3, 1, 2], descending=True)
    Array([3, 2, 1])
    """
    if type(a) is Array and axis in _ONLY and not (descending or options):
        few = array_ordered(a, False)
        if few is None and a.ndim == 1 and a.size <= _FEW:
            # Past all that looks at other arguments: it takes longer than to sort.
            few = Array.of_buffer(ordering.line(np.asarray(a)))
        if few is not None:
            return few
    if axis is not None and not (descending or options) and stable in (True, False, None):
        found: Array = by_numpy(ordering.sort, (asarray(a), axis))
        return found
    array, axis = _line(a, axis)
    # Backwards twice: equal elements keep their order.
    array = _backwards(array, axis) if descending else array
    if _plain(stable, options):
        made = by_numpy(ordering.sort, (array, axis))
    else:
        made = asarray(by_numpy(np.sort, (array,), _options(axis, stable, options)))
    return _backwards(made, axis) if descending else made


def _backwards(array: Array, axis: int) -> Array:
    return flip(array, axis=axis) if array.ndim else array


_ONLY = (-1, 0)
"""The last axis of an array that has one."""


def _order_of_few(a: Array) -> Array | None:
    found = array_ordered(a, True)
    if found is None and a.ndim == 1 and 1 < a.size <= _FEW:
        packed = np.empty(a.size, np.uint64)
        lost = array_packed(a, packed)
        if lost is not None:
            packed.sort()
            found = array_unpacked(a, packed, lost)
    return found


_FEW = 4096
"""Elements whose order is packed and unpacked outside of NumPy."""


def argsort(
    a: Any,
    axis: int | None = -1,
    *,
    descending: bool = False,
    stable: bool = True,
    **options: Any,
) -> Array:
    """Return where the elements stand that `sort` answers with; parameters as there.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.argsort([3, 1, 2])
    Array([1, 2, 0])
    """
    plain = _plain(stable, options)
    if type(a) is Array and axis in _ONLY and plain and not descending:
        few = _order_of_few(a)
        if few is not None:
            return few
    array, axis = _line(a, axis)
    array = _backwards(array, axis) if descending else array
    if plain:
        found: Array = by_numpy(ordering.argsort, (array, axis))
    else:
        found = asarray(by_numpy(np.argsort, (array,), _options(axis, stable, options)))
    if not descending or array.ndim == 0:
        return found
    return array.shape[axis] - 1 - _backwards(found, axis)
