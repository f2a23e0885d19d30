"""Arrays with their elements in other places."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []


def roll(a: Any, shift: Any) -> Any:
    out = np.empty_like(a)
    if len(a) > 0:
        by = shift % len(a)
        out[by:] = a[: len(a) - by]
        out[:by] = a[len(a) - by :]
    return out


def repeat(a: Any, repeats: Any) -> Any:
    out = np.empty((len(a), repeats), a.dtype)
    out[:] = a[:, None]
    return out.flatten()


def tile(a: Any, reps: Any) -> Any:
    out = np.empty((reps, len(a)), a.dtype)
    out[:] = a
    return out.flatten()


def flip(m: Any, axis: Any = None) -> Any:
    if axis is None:
        if m.ndim == 1:
            return m[::-1]
        if m.ndim == 2:
            return m[::-1, ::-1]
        return m[::-1, ::-1, ::-1]
    place = axis + m.ndim if axis < 0 else axis
    if place == 0:
        return m[::-1]
    if place == m.ndim - 1:
        return m[..., ::-1]
    if place == 1:
        return m[:, ::-1]
    raise ValueError("flip is compiled for the first two axes and the last one")


def fliplr(m: Any) -> Any:
    return m[:, ::-1]


def flipud(m: Any) -> Any:
    return m[::-1]


def expand_dims(a: Any, axis: Any) -> Any:
    place = axis + a.ndim + 1 if axis < 0 else axis
    if place == 0:
        return a[None]
    if place == 1:
        return a[:, None]
    if place == a.ndim:
        return a[..., None]
    raise ValueError("expand_dims is compiled for axes at the begin and at the end")


def atleast_1d(a: Any) -> Any:
    if np.ndim(a) == 0:
        return np.full(1, a)
    return a


def atleast_2d(a: Any) -> Any:
    if np.ndim(a) == 0:
        return np.full((1, 1), a)
    if a.ndim == 1:
        return a[None]
    return a


def broadcast_to(array: Any, shape: Any) -> Any:
    if np.ndim(array) == 0:
        return np.full(shape, array)
    out = np.empty(shape, array.dtype)
    out[...] = array
    return out


def ascontiguousarray(a: Any) -> Any:
    return a.copy()


def _columns(a: Any) -> Any:
    return a[:, None] if a.ndim == 1 else a


def column_stack(tup: Any) -> Any:
    first, second = tup
    return np.concatenate((_columns(first), _columns(second)), axis=1)


def append(arr: Any, values: Any) -> Any:
    if np.ndim(values) == 0:
        return np.concatenate((arr.ravel(), np.full(1, values)))
    return np.concatenate((arr.ravel(), values.ravel()))


def delete(arr: Any, obj: Any) -> Any:
    flat = arr.ravel()
    keep = np.ones(len(flat), np.bool_)
    keep[obj] = False
    return flat[keep]


def insert(arr: Any, obj: Any, values: Any) -> Any:
    flat = arr.ravel()
    at = obj + len(flat) if obj < 0 else obj
    if at < 0 or at > len(flat):
        raise IndexError(f"index {obj} is out of bounds for axis 0 with size {len(flat)}")
    count = 1 if np.ndim(values) == 0 else np.size(values)
    out = np.empty(len(flat) + count, arr.dtype)
    out[:at] = flat[:at]
    out[at : at + count] = values
    out[at + count :] = flat[at:]
    return out


def extract(condition: Any, arr: Any) -> Any:
    return arr.ravel()[condition.ravel() != 0]


def resize(a: Any, new_shape: Any) -> Any:
    flat = a.ravel()
    out = np.zeros(new_shape, a.dtype)
    size = out.size
    line = np.zeros(size, a.dtype)
    if len(flat) > 0:
        for i in range(size):
            line[i] = flat[i % len(flat)]
    return line.reshape(new_shape)


def trim_zeros(filt: Any) -> Any:
    first, last = 0, len(filt)
    while first < last and filt[first] == 0:
        first += 1
    while last > first and filt[last - 1] == 0:
        last -= 1
    return filt[first:last]


def argwhere(a: Any) -> Any:
    return np.stack(np.nonzero(a), axis=1)
