"""The order of elements in memory, stable and as fast as orders that are not.

NumPy's sort that keeps equal elements in their order takes up to sixteen times as long as its
other one, which uses vector registers. Of numbers in order nobody can tell equal ones apart but
zeros of two signs, and places become numbers of which no two are equal: the order of each element
in the upper bits, its place in the lower ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

__all__ = ["argsort", "line", "sort"]

Elements = np.ndarray[Any, Any]

_RADIX = frozenset("?bBhH")
"""Types whose stable sort counts, and is the fastest there is."""

_SHORT = 700
"""Elements up to which NumPy's own way is the fastest."""

_FEW = 64
"""Elements up to which its stable sort takes less than to look for zeros of two signs."""


def sort(x: Elements, axis: int = -1) -> Elements:
    """Return the elements in order along an axis, equal ones as they were."""
    if x.dtype.kind == "c" or x.dtype.char in _RADIX:
        return np.sort(x, axis=axis, kind="stable")
    if x.dtype.kind != "f" or x.ndim == 0:
        return np.sort(x, axis=axis)
    if x.size <= _FEW:
        return np.sort(x, axis=axis, kind="stable")
    made = np.sort(x, axis=axis)
    _keep_zeros(made, x, axis)
    return made


def line(x: Elements) -> Elements:
    """Return a few elements along one axis in order, as `sort` does."""
    if x.dtype.kind == "c" or x.dtype.char in _RADIX:
        return np.sort(x, kind="stable")
    made = x.copy()
    made.sort()
    if x.dtype.kind == "f":
        _keep_zeros(made, x, 0)
    return made


def _keep_zeros(made: Elements, x: Elements, axis: int) -> None:
    """Put zeros of two signs among elements in order as they stood before."""
    if _has_zero(made) and _has_negative_zero(x):
        # In each row there are as many zeros as before, and they stand together.
        into, source = np.moveaxis(made, axis, -1), np.moveaxis(x, axis, -1)
        into[into == 0] = source[source == 0]


def _has_zero(made: Elements) -> bool:
    """Whether there is a zero among elements in order; where that takes long to say, perhaps."""
    if made.ndim > 1:
        return True
    first = made.searchsorted(0)
    return bool(first < made.size and made[first] == 0)


_SMALLEST = {size: -(1 << (8 * size - 1)) for size in (2, 4, 8)}
"""The bits of a negative zero as an integer, by their bytes."""


def _has_negative_zero(x: Elements) -> bool:
    bits = x.view(f"i{x.itemsize}")
    return bool(np.count_nonzero(bits == _SMALLEST[x.itemsize]) > 0)


def argsort(x: Elements, axis: int = -1) -> Elements:
    """Return where the elements that `sort` answers with stand."""
    if x.dtype.kind == "c" or x.dtype.char in _RADIX or x.ndim == 0:
        return np.argsort(x, axis=axis, kind="stable")
    at = normalize_axis_index(axis, x.ndim)
    if x.size == 0 or x.shape[at] <= _SHORT:
        return np.argsort(x, axis=at, kind="stable")
    found = _packed(np.moveaxis(x, at, -1))
    return np.argsort(x, axis=at, kind="stable") if found is None else np.moveaxis(found, -1, at)


def _packed(rows: Elements) -> Elements | None:
    """Return the places along the last axis; None if too many elements differ by too little."""
    keys, count = _keys(rows), rows.shape[-1]
    low = keys.min()
    width = (int(keys.max()) - int(low)).bit_length()
    bits = (count - 1).bit_length()
    # Wraps around where it must: without signs, the differences fit.
    np.subtract(keys, low, out=keys)
    if width <= 16:
        return np.argsort(keys.astype(np.uint8 if width <= 8 else np.uint16), kind="stable")
    packed = keys.view(np.uint64)
    lost = max(width + bits - 64, 0)
    if lost:
        # Bits that no element has tell nothing apart: whole numbers as floats have many.
        used = int(np.bitwise_or.reduce(packed, axis=None))
        empty = (used & -used).bit_length() - 1
        packed >>= np.uint64(empty)
        lost = max(lost - empty, 0)
    if lost:
        packed >>= np.uint64(lost)
    packed <<= np.uint64(bits)
    packed |= np.arange(count, dtype=np.uint64)
    packed.sort(axis=-1)
    mask = np.uint64((1 << bits) - 1)
    if lost and not _put_right(packed, rows, mask):
        return None
    packed &= mask
    return packed.view(np.int64)


def _keys(x: Elements) -> Elements:
    """Return new integers that are ordered as the elements are, and equal where those are."""
    if x.dtype.kind == "i":
        return x.astype(np.int64, order="C")
    if x.dtype.kind == "u":
        made = x.astype(np.uint64, order="C")
        made ^= np.uint64(1 << 63)
        return made.view(np.int64)
    # Both zeros become one, and all that is NaN the last.
    numbers = np.add(x, x.dtype.type(0), order="C")
    numbers[np.isnan(numbers)] = np.nan
    made = numbers.view(f"i{x.itemsize}")
    # Of negative numbers, the larger bits are the smaller number.
    below = made >> (8 * x.itemsize - 1)
    below &= np.iinfo(made.dtype).max
    made ^= below
    keys: Elements = made.astype(np.int64, copy=False)
    return keys


def _put_right(packed: Elements, rows: Elements, mask: np.uint64) -> bool:
    """Order what the bits that were kept do not tell apart; False if that is too much."""
    alike = np.zeros(packed.shape, bool)
    np.less_equal(packed[..., 1:] ^ packed[..., :-1], mask, out=alike[..., :-1])
    pairs = np.count_nonzero(alike)
    if 3 * pairs > alike.size:
        # Many are equal. If there are as many different ones with all bits, none got lost. A NaN
        # differs from all here, which is one step too many.
        line = np.sort(rows, axis=-1)
        steps = np.count_nonzero(~(line[..., 1:] <= line[..., :-1]))
        if steps == alike.size - alike.size // alike.shape[-1] - pairs:
            return True
    first = np.flatnonzero(alike)
    flat, count = packed.reshape(-1), packed.shape[-1]

    def elements(where: Elements) -> Elements:
        at = (flat[where] & mask).astype(np.int64)
        return rows[at] if rows.ndim == 1 else rows.reshape(-1, count)[where // count, at]

    if not (elements(first) > elements(first + 1)).any():
        return True
    # All members of groups that look alike, and the group of each: it begins where nothing in
    # front looks alike.
    inside = np.union1d(first, first + 1)
    if len(inside) > flat.size // 4:
        return False
    group = np.cumsum(~alike.reshape(-1)[inside - 1])
    # The last one counts most; equal ones stay in their order.
    flat[inside] = flat[inside][np.lexsort((_keys(elements(inside)), group))]
    return True
