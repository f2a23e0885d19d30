"""Elements in order, and what is read off that."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []


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


def sort_in_place(a: Any) -> Any:
    a[:] = sort(a)


def median(a: Any) -> Any:
    line = sort(a)
    n = len(line)
    found = np.float64(np.nan)
    if n > 0 and line[n - 1] == line[n - 1]:
        found = (line[(n - 1) // 2] + line[n // 2]) / 2.0
    return found


def argsort(a: Any, kind: Any = None) -> Any:  # noqa: ARG001 - all kinds are stable here
    n = len(a)
    out, other = np.arange(n), np.arange(n)
    width = 1
    while width < n:
        for begin in range(0, n, 2 * width):
            i, middle = begin, min(begin + width, n)
            j, end = middle, min(begin + 2 * width, n)
            for k in range(begin, end):
                first = i < middle
                if first and j < end:
                    x, y = a[out[i]], a[out[j]]
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


def _at(line: Any, share: Any) -> Any:
    n = len(line)
    found = line[:0].sum() + np.nan
    if n > 0 and line[n - 1] == line[n - 1]:
        where = share * (n - 1)
        below = int(where)
        above = min(below + 1, n - 1)
        part = where - below
        step = line[above] - line[below]
        found = line[below] + step * part
        if part >= 0.5:
            found = line[above] - step * (1 - part)
    return found


def _shares(a: Any, q: Any, most: Any, message: Any) -> Any:
    line = sort(a.ravel()) * 1.0
    if np.ndim(q) == 0:
        if not 0 <= q <= most:
            raise ValueError(message)
        return _at(line, q / most)
    out = np.empty(len(q), (line[:0] * q[:0]).dtype)
    for i in range(len(q)):
        if not 0 <= q[i] <= most:
            raise ValueError(message)
        out[i] = _at(line, q[i] / most)
    return out


def quantile(a: Any, q: Any) -> Any:
    return _shares(a, q, 1, "Quantiles must be in the range [0, 1]")


def percentile(a: Any, q: Any) -> Any:
    return _shares(a, q, 100, "Percentiles must be in the range [0, 100]")


def _numbers(a: Any) -> Any:
    flat = a.ravel()
    return flat[~np.isnan(flat)]


def nanmedian(a: Any) -> Any:
    return median(_numbers(a))


def nanquantile(a: Any, q: Any) -> Any:
    return quantile(_numbers(a), q)


def nanpercentile(a: Any, q: Any) -> Any:
    return percentile(_numbers(a), q)


def unique(ar: Any) -> Any:
    line = sort(ar.ravel())
    first = np.ones(len(line), np.bool_)
    # NaNs come last, and are one.
    first[1:] = (line[1:] != line[:-1]) & ((line[1:] == line[1:]) | (line[:-1] == line[:-1]))
    return line[first]


def union1d(ar1: Any, ar2: Any) -> Any:
    return unique(np.concatenate((ar1.ravel(), ar2.ravel())))


def intersect1d(ar1: Any, ar2: Any) -> Any:
    line = sort(np.concatenate((unique(ar1), unique(ar2))))
    return line[:-1][line[1:] == line[:-1]]


def setxor1d(ar1: Any, ar2: Any) -> Any:
    line = sort(np.concatenate((unique(ar1), unique(ar2))))
    single = np.ones(len(line) + 1, np.bool_)
    single[1:-1] = line[1:] != line[:-1]
    return line[single[1:] & single[:-1]]


def isin(element: Any, test_elements: Any, invert: Any = False) -> Any:
    line = sort(test_elements.ravel())
    flat = element.ravel()
    out = np.empty(len(flat), np.bool_)
    for i in range(len(flat)):
        low, high = 0, len(line)
        while low < high:
            middle = (low + high) // 2
            if line[middle] < flat[i]:
                low = middle + 1
            else:
                high = middle
        out[i] = (low < len(line) and line[low] == flat[i]) != invert
    return out.reshape(element.shape)


def setdiff1d(ar1: Any, ar2: Any) -> Any:
    line = unique(ar1)
    return line[isin(line, ar2, True)]
