"""The order of elements; runs through NumPy so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array
from abreast.numpy.convert import asarray
from abreast.numpy.fallback import by_numpy
from abreast.numpy.manipulation import flip

__all__ = ["argsort", "sort"]


def _options(axis: int | None, stable: bool, options: dict[str, Any]) -> dict[str, Any]:
    # NumPy takes a kind or stability, not both.
    return {"axis": axis, **({} if "kind" in options else {"stable": stable}), **options}


def sort(
    x: Any,
    /,
    axis: int | None = -1,
    *,
    descending: bool = False,
    stable: bool = True,
    **options: Any,
) -> Array:
    """Return the elements in order along an axis.

    Parameters
    ----------
    x : array_like
        The elements.
    axis : int or None
        Which axis; None for all elements along one.
    descending : bool
        Whether the largest comes first.
    stable : bool
        Whether equal elements stay in their order.
    **options
        What else NumPy takes.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.sort([3, 1, 2], descending=True)
    Array([3, 2, 1])
    """
    made = asarray(by_numpy(np.sort, (x,), _options(axis, stable, options)))
    return flip(made, axis=-1 if axis is None else axis) if descending else made


def argsort(
    x: Any,
    /,
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
    array = asarray(x)
    if axis is None:
        array, axis = array.reshaped([-1]), -1
    if not descending or array.ndim == 0:
        return asarray(by_numpy(np.argsort, (array,), _options(axis, stable, options)))
    # Backwards twice: equal elements keep their order.
    places = by_numpy(np.argsort, (flip(array, axis=axis),), _options(axis, stable, options))
    made: Array = array.shape[axis] - 1 - flip(places, axis=axis)
    return made
