"""Whether two functions returned the same."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable
from typing import Any

__all__ = ["Check", "agree", "short"]

Check = bool | Callable[[Any, Any], Any]

RELATIVE, ABSOLUTE = 1e-5, 1e-8
"""As close as numpy.allclose wants numbers to be."""


def agree(one: Any, other: Any) -> bool:
    """Whether two values are the same, up to rounding, inside lists, tuples, dicts and arrays too.

    >>> agree([1.0, (2, "a")], [1.0 + 1e-9, (2, "a")]), agree([1], [1, 2]), agree(0.1, 0.2)
    (True, False, False)
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agree(it, other[key]) for key, it in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(agree, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        same = math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        return same or (math.isnan(one) and math.isnan(other))
    if _is_array(one) or _is_array(other):
        return _arrays_agree(one, other)
    return bool(one == other)


def _is_array(value: Any) -> bool:
    return hasattr(type(value), "__array__") or hasattr(type(value), "__array_interface__")


def _arrays_agree(one: Any, other: Any) -> bool:
    import numpy as np

    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return False
    if one.dtype.kind in "biufc" and other.dtype.kind in "biufc":
        return bool(np.allclose(one, other, RELATIVE, ABSOLUTE, equal_nan=True))
    return bool(np.all(one == other))


def short(value: Any) -> str:
    """Show a value, which may be large, on one line."""
    return " ".join(reprlib.repr(value).split())
