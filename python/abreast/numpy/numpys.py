"""Functions of NumPy on arrays of abreast."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from abreast.numpy.fallback import by_numpy

__all__ = ["NumpyFunction", "through_numpy"]


class NumpyFunction:
    """A function that runs through NumPy: arrays are computed, handed over, and wrapped again."""

    def __init__(self, name: str, module: str = "") -> None:
        home = getattr(np, module) if module else np
        self._function: Callable[..., Any] = getattr(home, name)
        self._module = module
        self.__name__ = name
        self.__qualname__ = f"{module}.{name}" if module else name
        self.__doc__ = self._function.__doc__
        self.__wrapped__ = self._function

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Return what NumPy's function returns, arrays of abreast in the place of its own."""
        return by_numpy(self._function, args, options)

    def __repr__(self) -> str:
        return f"<abreast.numpy.{self.__qualname__}, through NumPy>"

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return NumpyFunction, (self.__name__, self._module)


def through_numpy(module: ModuleType, names: list[str]) -> dict[str, NumpyFunction]:
    """Return functions of a module of NumPy's as functions of our arrays."""
    home = module.__name__.rpartition(".")[2]
    return {name: NumpyFunction(name, home) for name in names}
