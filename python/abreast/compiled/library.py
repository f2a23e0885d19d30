"""Functions of NumPy's that are written in the language of compiled functions.

They are compiled into whoever calls them. `FUNCTIONS` says which are there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["FUNCTIONS"]


def diff(a: Any) -> Any:
    return a[..., 1:] - a[..., :-1]


def outer(a: Any, b: Any) -> Any:
    return a[:, None] * b[None, :]


def diag(v: Any) -> Any:
    if v.ndim == 1:
        square = np.zeros((len(v), len(v)), v.dtype)
        for i in range(len(v)):
            square[i, i] = v[i]
        return square
    line = np.empty(min(v.shape[0], v.shape[1]), v.dtype)
    for i in range(len(line)):
        line[i] = v[i, i]
    return line


def trace(a: Any) -> Any:
    return diag(a).sum()


def tril(m: Any, k: Any = 0) -> Any:
    out = m.copy()
    for i in range(m.shape[0]):
        for j in range(max(i + k + 1, 0), m.shape[1]):
            out[i, j] = 0
    return out


def triu(m: Any, k: Any = 0) -> Any:
    out = m.copy()
    for i in range(m.shape[0]):
        for j in range(min(max(i + k, 0), m.shape[1])):
            out[i, j] = 0
    return out


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


def ptp(a: Any) -> Any:
    return a.max() - a.min()


def nansum(a: Any) -> Any:
    return np.where(np.isnan(a), 0, a).sum()


def nanmean(a: Any) -> Any:
    return nansum(a) / np.count_nonzero(~np.isnan(a))


def bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    most = minlength
    for i in range(len(x)):
        if x[i] < 0:
            raise ValueError("'list' argument must have no negative elements")
        most = max(most, int(x[i]) + 1)
    if weights is None:
        out = np.zeros(most, np.int64)
        for i in range(len(x)):
            out[x[i]] += 1
        return out
    sums = np.zeros(most)
    for i in range(len(x)):
        sums[x[i]] += weights[i]
    return sums


def searchsorted(a: Any, v: Any) -> Any:
    out = np.empty(len(v), np.int64)
    for i in range(len(v)):
        low, high = 0, len(a)
        while low < high:
            middle = (low + high) // 2
            # NaNs are the largest.
            if a[middle] < v[i] or (v[i] != v[i] and a[middle] == a[middle]):
                low = middle + 1
            else:
                high = middle
        out[i] = low
    return out


def interp(x: Any, xp: Any, fp: Any) -> Any:
    out = np.empty(len(x), np.float64)
    last = len(xp) - 1
    for i in range(len(x)):
        at = x[i] * 1.0
        if at != at:
            out[i] = at
        elif at <= xp[0]:
            out[i] = fp[0]
        elif at >= xp[last]:
            out[i] = fp[last]
        else:
            low, high = 0, last
            while high - low > 1:
                middle = (low + high) // 2
                if xp[middle] <= at:
                    low = middle
                else:
                    high = middle
            slope = (fp[low + 1] - fp[low]) / (xp[low + 1] - xp[low])
            out[i] = slope * (at - xp[low]) + fp[low]
    return out


def sort(a: Any) -> Any:
    n = len(a)
    out, other = a.copy(), a.copy()
    # Runs of 16 by insertion, then merged. NaNs come last.
    for begin in range(0, n, 16):
        for i in range(begin + 1, min(begin + 16, n)):
            x = out[i]
            j = i
            while j > begin and (x < out[j - 1] or (x == x and out[j - 1] != out[j - 1])):
                out[j] = out[j - 1]
                j -= 1
            out[j] = x
    width = 16
    while width < n:
        for begin in range(0, n, 2 * width):
            i, middle = begin, min(begin + width, n)
            j, end = middle, min(begin + 2 * width, n)
            for k in range(begin, end):
                first = i < middle
                if first and j < end:
                    x, y = out[i], out[j]
                    first = not (y < x or (y == y and x != x))
                if first:
                    other[k] = out[i]
                    i += 1
                else:
                    other[k] = out[j]
                    j += 1
        out, other = other, out
        width *= 2
    return out


def median(a: Any) -> Any:
    line = sort(a)
    n = len(line)
    found = np.float64(np.nan)
    if n > 0 and line[n - 1] == line[n - 1]:
        found = (line[(n - 1) // 2] + line[n // 2]) / 2.0
    return found


def unique(a: Any) -> Any:
    line = sort(a)
    first = np.ones(len(line), np.bool_)
    first[1:] = line[1:] != line[:-1]
    return line[first]


def norm(x: Any) -> Any:
    return np.sqrt((np.abs(x) * np.abs(x)).sum())


FUNCTIONS = {
    "diff": diff,
    "outer": outer,
    "diag": diag,
    "trace": trace,
    "tril": tril,
    "triu": triu,
    "roll": roll,
    "repeat": repeat,
    "tile": tile,
    "ptp": ptp,
    "nansum": nansum,
    "nanmean": nanmean,
    "bincount": bincount,
    "searchsorted": searchsorted,
    "interp": interp,
    "sort": sort,
    "median": median,
    "unique": unique,
    "linalg.norm": norm,
}
