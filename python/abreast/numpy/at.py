"""`x.at[...]`: what to write instead of an assignment."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np

from abreast._abreast import Array, array_function
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

    def subtract(self, value: Any) -> Array:
        """Return the array with a value taken off these elements."""
        return self._changed("subtract", value, np.subtract)

    def multiply(self, value: Any) -> Array:
        """Return the array with these elements multiplied by a value."""
        return self._changed("multiply", value, np.multiply)

    def divide(self, value: Any) -> Array:
        """Return the array with these elements divided by a value; of integers, what is whole."""
        return self._changed("divide", value, np.divide)

    def power(self, value: Any) -> Array:
        """Return the array with these elements to the power of a value."""
        return self._changed("power", value, np.power)

    def min(self, value: Any) -> Array:
        """Return the array with these elements no larger than a value."""
        return self._changed("min", value, np.minimum)

    def max(self, value: Any) -> Array:
        """Return the array with these elements no smaller than a value."""
        return self._changed("max", value, np.maximum)

    def get(self) -> Any:
        """Return these elements."""
        return self._array[self._key]

    def __getattr__(self, name: str) -> Any:
        meant = _MEANT.get(name) or next(iter(get_close_matches(name, CHANGES, 1)), "set")
        raise AttributeError(
            f"x.at[...] has no {name!r}; it has {', '.join(CHANGES)} and get\n"
            f"hint: x = x.at[...].{meant}(value)",
            name=name,
            obj=self,
        )

    def _changed(self, change: str, value: Any, ufunc: np.ufunc | None) -> Array:
        if ufunc is not None and change not in _KERNELS and not _repeats(self._key):
            # No element is named twice, so what was there can be taken for all of them.
            name = f"x.at[...].{change}"
            return self._replaced(name, array_function(_NAMES[change], self.get(), value))
        if _is_mask(self._key, self._array) and np.ndim(value) == 0:
            return self._chosen(change, value)
        return self._replaced(f"x.at[...].{change}", value, change, ufunc)

    def _chosen(self, change: str, value: Any) -> Array:
        """Return what holds under a mask: a kernel like any other, and nothing runs yet."""
        x, value = self._array, asarray(value, dtype=self._array.dtype)
        changed = value if change == "set" else array_function(_CHOSEN[change], x, value)
        made: Array = array_function("where", self._key, changed, x)
        return made.cast(x.dtype.name)

    def _replaced(
        self, name: str, value: Any, change: str = "set", ufunc: np.ufunc | None = None
    ) -> Array:
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
                f"{name}(value) for x of {copy.dtype} of shape {copy.shape}\n"
                "hint: the value is a number or an array that broadcasts to what the index names"
            )
            raise
        made = from_numpy(copy)
        return asarray(made)


def _repeats(key: Any) -> bool:
    """Whether an index may name an element twice: positions in arrays or lists."""
    parts = key if isinstance(key, tuple) else (key,)
    return any(
        isinstance(part, list) or (getattr(part, "ndim", 0) > 0 and part.dtype != bool)
        for part in parts
    )


def _is_mask(key: Any, x: Array) -> bool:
    return isinstance(key, (Array, np.ndarray)) and key.dtype == bool and key.shape == x.shape


CHANGES = ("set", "add", "subtract", "multiply", "divide", "power", "min", "max")
"""Methods of `Place` that change."""

_KERNELS = frozenset(["add", "multiply", "min", "max"])
_NAMES = {"subtract": "subtract", "divide": "divide", "power": "pow"}
_CHOSEN = {"add": "add", "multiply": "multiply", "min": "minimum", "max": "maximum"}
_MEANT = {
    "sub": "subtract",
    "mul": "multiply",
    "prod": "multiply",
    "div": "divide",
    "truediv": "divide",
    "true_divide": "divide",
    "pow": "power",
    "minimum": "min",
    "maximum": "max",
    "plus": "add",
    "inc": "add",
    "replace": "set",
    "update": "set",
    "put": "set",
    "assign": "set",
}
"""What others call them."""
