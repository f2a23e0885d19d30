"""Methods that choose and shuffle."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from abreast.random.drawing import Drawing

__all__ = ["Orders"]


class Orders(Drawing):
    """Orders and choices; the arguments are those of `numpy.random.Generator`."""

    def choice(
        self,
        a: Any,
        size: Any = None,
        replace: bool = True,
        p: Any = None,
        axis: int = 0,
        shuffle: bool = True,
    ) -> Any:
        """Choose among the numbers below `a`, or among the rows of an array along `axis`.

        Each as likely as the others, or with the probabilities `p`.
        """
        arguments = (a, size, replace, p, axis, shuffle)
        items = None
        if type(a) is not int:
            items = np.asarray(a)
            if items.ndim == 0 or items.shape[0] == 0 or axis != 0:
                return self._by_numpy("choice", *arguments)
        count = a if items is None else items.shape[0]
        weights = None
        if p is not None:
            weights = np.asarray(p)
            if weights.dtype != np.float64 or weights.shape != (count,):
                return self._by_numpy("choice", *arguments)
            weights = np.ascontiguousarray(weights)
        plain = size is None or type(size) is int or type(size) is tuple
        if not 0 < count < 1 << 63 or not plain:
            return self._by_numpy("choice", *arguments)
        try:
            indices = np.empty(1 if size is None else size, np.int64)
            self._bits.choose(count, weights, bool(replace), bool(shuffle), indices.reshape(-1))
        except ValueError:
            return self._by_numpy("choice", *arguments)
        if size is None:
            index = int(indices[0])
            return index if items is None else items[index]
        return indices if items is None else items[indices]

    def shuffle(self, x: Any, axis: int = 0) -> None:
        """Bring the items of `x` into a random order, in place."""
        whole = (
            type(x) is np.ndarray
            and x.ndim == 1
            and axis == 0
            and _movable(x)
            and x.flags.writeable
            and x.size > 1
        )
        if whole:
            self._bits.shuffle(x.view(np.uint8), x.itemsize, x.size)
        else:
            self._by_numpy("shuffle", x, axis)

    def permutation(self, x: Any, axis: int = 0) -> Any:
        """Return the numbers below `x`, or the items of an array, in a random order."""
        if type(x) is int and x > 1:
            order = np.arange(x)
        elif type(x) is np.ndarray and x.ndim == 1 and axis == 0 and _movable(x) and x.size > 1:
            order = x.copy()
        else:
            return self._by_numpy("permutation", x, axis)
        self._bits.shuffle(order.view(np.uint8), order.itemsize, order.size)
        return order

    def permuted(self, x: Any, *, axis: int | None = None, out: Any = None) -> Any:
        """Return `x` with the items along `axis`, or all, each row in an order of its own."""
        plain = type(x) is np.ndarray and x.ndim > 0 and out is None and _movable(x)
        if plain and axis is not None:
            plain = operator.index(axis) in (-1, x.ndim - 1)
        if not plain or x.size < 2 or x.shape[-1] == 0:
            return self._by_numpy("permuted", x, axis=axis, out=out)
        result = x.copy(order="C")
        row = x.size if axis is None else x.shape[-1]
        self._bits.shuffle(result.reshape(-1).view(np.uint8), x.itemsize, row)
        return result


def _movable(x: np.ndarray[Any, Any]) -> bool:
    """Whether items can be moved as bytes."""
    return x.dtype.kind in "biufcmMSUV" and not x.dtype.hasobject and x.flags.c_contiguous
