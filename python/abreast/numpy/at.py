"""`x.at[...]`: what to write instead of an assignment."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array
from abreast.numpy.convert import asarray
from abreast.numpy.fallback import from_numpy, to_numpy

__all__ = ["At", "Place"]


class At:
    """The elements of an array, to be named by an index.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> x = anp.zeros(3)
    >>> x.at[1:].set(5.0)
    Array([0., 5., 5.])
    """

    __slots__ = ("_array",)

    def __init__(self, array: Array) -> None:
        self._array = array

    def __getitem__(self, key: Any) -> Place:
        return Place(self._array, key)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"x.at has no {name!r} before elements are named\n"
            f"hint: write x.at[...].{name}(value), with an index in the place of the dots",
            name=name,
            obj=self,
        )


class Place:
    """Some elements of an array; each method returns a new array in which they are changed."""

    __slots__ = ("_array", "_key")

    def __init__(self, array: Array, key: Any) -> None:
        self._array = array
        self._key = key

    def set(self, value: Any) -> Array:
        """Return the array with these elements replaced."""
        return self._changed("set", value, None)

    def add(self, value: Any) -> Array:
        """Return the array with a value added to these elements."""
        return self._changed("add", value, np.add)

    def multiply(self, value: Any) -> Array:
        """Return the array with these elements multiplied by a value."""
        return self._changed("multiply", value, np.multiply)

    def min(self, value: Any) -> Array:
        """Return the array with these elements no larger than a value."""
        return self._changed("min", value, np.minimum)

    def max(self, value: Any) -> Array:
        """Return the array with these elements no smaller than a value."""
        return self._changed("max", value, np.maximum)

    def get(self) -> Any:
        """Return these elements."""
        return self._array[self._key]

    def _changed(self, change: str, value: Any, ufunc: np.ufunc | None) -> Array:
        made = self._array.updated(self._key, change, value)
        if made is not None:
            return made
        # Indices that are arrays: an element named twice changes twice, in order.
        copy = np.array(self._array)
        key = to_numpy(self._key)
        try:
            value = np.asarray(to_numpy(value)).astype(copy.dtype)
            if ufunc is None:
                copy[key] = value
            else:
                ufunc.at(copy, key, value)
        except (ValueError, TypeError, IndexError) as error:
            error.add_note(
                f"x.at[...].{change}(value) for x of {copy.dtype} of shape {copy.shape}\n"
                "hint: the value is a number or an array that broadcasts to what the index names"
            )
            raise
        made = from_numpy(copy)
        return asarray(made)
