"""Functions of NumPy's that are made of others here, and what they leave to NumPy."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from abreast._abreast import Array, array_width
from abreast.numpy.convert import asarray
from abreast.numpy.fallback import by_numpy, note

__all__ = ["ByNumpy", "composed", "floats"]


class ByNumpy(Exception):
    """What is asked has no kernel: NumPy does it."""


def composed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let NumPy do what a function does not take: other arguments, or where it raises `ByNumpy`."""
    name = function.__name__
    known = frozenset(inspect.signature(function).parameters)
    most = len(known)

    @wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        if not options.keys() <= known:
            unsaid = [key for key in options if options[key] is None or options[key] is np._NoValue]
            for key in unsaid:
                del options[key]
        if options.keys() <= known and len(args) <= most:
            try:
                return function(*args, **options)
            except ByNumpy:
                pass
            except (TypeError, ValueError) as error:
                told = any("was given" in each for each in getattr(error, "__notes__", ()))
                if not told and not str(error).startswith(name):
                    note(error, name, args, options, by="")
                raise
        return by_numpy(getattr(np, name), args, options)

    return call


_FLOATS = {1: "float16", 2: "float32"}


def floats(x: Any) -> Array:
    """Return the elements, integers as the floats that NumPy's functions of floats make of them."""
    array = asarray(x)
    if array.dtype.kind in "fc":
        return array
    wide = "float64" if array_width(None) == 64 else "float32"
    return array.cast(_FLOATS.get(array.itemsize, wide))
