"""Functions of NumPy on arrays of abreast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from abreast.numpy.fallback import by_numpy

__all__ = ["NumpyFunction"]


class NumpyFunction:
    """A function that runs through NumPy: arrays are computed, handed over, and wrapped again."""

    def __init__(self, name: str) -> None:
        self._function: Callable[..., Any] = getattr(np, name)
        self.__name__ = name
        self.__qualname__ = name
        self.__doc__ = self._function.__doc__
        self.__wrapped__ = self._function

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Return what NumPy's function returns, arrays of abreast in the place of its own."""
        return by_numpy(self._function, args, options)

    def __repr__(self) -> str:
        return f"<abreast.numpy.{self.__name__}, through NumPy>"

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return NumpyFunction, (self.__name__,)
