"""Methods of arrays that Python implements; the extension finds them here by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from abreast._abreast import Array, array_function
from abreast.numpy import manipulation, reduction, sorting
from abreast.numpy.at import At
from abreast.numpy.convert import asarray, dtype_name
from abreast.numpy.elementwise import FUNCTIONS
from abreast.numpy.fallback import by_numpy

__all__ = ["METHODS", "PROPERTIES"]


def _astype(self: Array, dtype: Any, copy: bool = True, **options: Any) -> Any:  # noqa: ARG001
    if options and options.get("casting", "unsafe") != "unsafe":
        return by_numpy(lambda x: x.astype(dtype, **options), (self,))
    name = dtype_name(dtype)
    return self if name is None else self.cast(name)


def reshaped(self: Array, *shape: Any, **options: Any) -> Any:
    if options.get("order", "C") != "C":
        return by_numpy(lambda x: x.reshape(*shape, **options), (self,))
    if len(shape) == 1:
        return manipulation.reshape(self, shape[0])
    return manipulation.reshape(self, shape)


def _transpose(self: Array, *axes: Any) -> Array:
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        axes = tuple(axes[0] or ())
    return self.permuted(list(axes)) if axes else self.T


def _reducer(name: str) -> Callable[..., Any]:
    function = getattr(reduction, name)

    def reduced(self: Array, axis: Any = None, *args: Any, **options: Any) -> Any:
        if not (args or options) and (axis is None or type(axis) is int):
            # The usual call, past all that looks at others: it costs as much as a small sum.
            made = self.reduced(name, None if axis is None else [axis], False, None, 0.0)
            if made is not None:
                return made
        if args:
            return by_numpy(lambda x: getattr(x, name)(axis, *args, **options), (self,))
        return function(self, axis=axis, **options)

    return reduced


def _argsort(
    self: Array, axis: Any = -1, kind: Any = None, order: Any = None, **options: Any
) -> Any:
    return sorting.argsort(self, axis, kind=kind, order=order, **options)


def _clip(self: Array, min: Any = None, max: Any = None, **options: Any) -> Any:
    return manipulation.clip(self, min, max, **options)


def _round(self: Array, decimals: int = 0) -> Any:
    return FUNCTIONS["round"](self, decimals) if decimals else array_function("round", self)


def _squeeze(self: Array, axis: Any = None) -> Array:
    return manipulation.squeeze(self, axis=axis)


def _copy(self: Array, order: str = "C") -> Array:  # noqa: ARG001
    # Nobody can write to it, but the source that it shows may change.
    return asarray(self, copy=True)


def _tolist(self: Array) -> Any:
    few = self.listed()
    return np.asarray(self).tolist() if few is None else few


def _tobytes(self: Array, order: Any = "C") -> bytes:
    return np.asarray(self).tobytes(order)


def _flatten(self: Array, order: str = "C") -> Any:
    if order != "C":
        return by_numpy(np.ravel, (self,), {"order": order})
    return manipulation.ravel(self)


def _to_device(self: Array, device: Any, /, *, stream: Any = None) -> Array:  # noqa: ARG001
    from abreast.numpy.convert import check_device

    check_device(device)
    return self


def _rounded(self: Array, digits: int | None = None) -> Any:
    """`round(x)` is an integer for a single element, and rounds each of several."""
    if digits is None and self.size == 1:
        return round(self.item())
    return _round(self, digits or 0)


# Python looks for them in the class alone.
setattr(Array, "__round__", _rounded)  # noqa: B010
setattr(Array, "__trunc__", lambda self: math.trunc(self.item()))  # noqa: B010


class Flat:
    """The elements one after the other, as `x.flat`: to go through, or to take some of."""

    def __init__(self, array: Array) -> None:
        self._line = manipulation.ravel(array)
        self._rest: Iterator[Any] | None = None

    def __len__(self) -> int:
        return self._line.size

    def __getitem__(self, key: Any) -> Any:
        return self._line[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError(
            "arrays do not change: `x.flat[...] = value` would change what others compute with\n"
            "hint: x = x.ravel().at[...].set(value).reshape(x.shape)"
        )

    def __iter__(self) -> Flat:
        return Flat(self._line)

    def __next__(self) -> Any:
        if self._rest is None:
            self._rest = iter(self._line)
        return next(self._rest)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self._line, dtype=dtype) if copy else np.asarray(self._line, dtype=dtype)


METHODS: dict[str, Callable[..., Any]] = {
    "argsort": _argsort,
    "astype": _astype,
    "clip": _clip,
    "conj": lambda self: array_function("conj", self),
    "conjugate": lambda self: array_function("conj", self),
    "copy": _copy,
    "cumprod": reduction.cumprod,
    "cumsum": reduction.cumsum,
    "flatten": _flatten,
    "ravel": _flatten,
    "round": _round,
    "squeeze": _squeeze,
    "swapaxes": manipulation.swapaxes,
    "to_device": _to_device,
    "tobytes": _tobytes,
    "tolist": _tolist,
    "transpose": _transpose,
    **{
        name: _reducer(name)
        for name in [
            "sum",
            "prod",
            "min",
            "max",
            "mean",
            "var",
            "std",
            "any",
            "all",
            "argmin",
            "argmax",
        ]
    },
}

PROPERTIES: dict[str, Callable[[Array], Any]] = {
    "at": At,
    "device": lambda _: "cpu",
    "flat": Flat,
    "imag": lambda self: array_function("imag", self),
    "mT": manipulation.matrix_transpose,
    "real": lambda self: array_function("real", self),
    "base": lambda _: None,
}
