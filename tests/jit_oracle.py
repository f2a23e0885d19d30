"""Functions beside CPython: values, types, exceptions, and which of the arrays comes back."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

import abreast as ab


def same(one: Any, other: Any) -> bool:
    """Whether two results are equal, and of the same types."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        nan = one.dtype.kind in "fc"
        alike = one.dtype == other.dtype and one.shape == other.shape
        return alike and np.array_equal(one, other, equal_nan=nan)
    return one == other or (one != one and other != other)


def run(function: Any, arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    """How a call ends: an exception and its message, or a result and which arguments it is."""
    try:
        found = function(*arguments)
    except ab.LanguageError:
        raise
    except Exception as error:
        return type(error), str(error)
    items = found if isinstance(found, tuple) else (found,)
    return found, [[x is item for x in arguments] for item in items]


def beside(function: Any, *arguments: Any) -> Any:
    """Compare a compiled call with CPython's; answers the compiled function."""
    compiled = ab.jit(function)
    ours, theirs = copy.deepcopy(arguments), copy.deepcopy(arguments)
    expected, found = run(function, theirs), run(compiled, ours)
    assert same(found[0], expected[0]) and found[1] == expected[1], (found, expected)
    assert same(ours, theirs), (ours, theirs)
    return compiled
