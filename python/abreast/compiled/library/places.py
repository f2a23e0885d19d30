"""Where numbers stand between others."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []


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


def _place(a: Any, x: Any, after: Any) -> Any:
    low, high = 0, len(a)
    while low < high:
        middle = (low + high) // 2
        y = a[middle]
        # NaNs are the largest.
        less = y < x or (x != x and y == y)
        more = x < y or (y != y and x == x)
        if less or (after and not more):
            low = middle + 1
        else:
            high = middle
    return low


def searchsorted(a: Any, v: Any, side: Any = "left") -> Any:
    if side != "left" and side != "right":
        raise ValueError("search side must be 'left' or 'right'")
    after = side == "right"
    if np.ndim(v) == 0:
        return np.int64(_place(a, v, after))
    flat = v.ravel()
    out = np.empty(len(flat), np.int64)
    for i in range(len(flat)):
        out[i] = _place(a, flat[i], after)
    return out.reshape(v.shape)


def digitize(x: Any, bins: Any, right: Any = False) -> Any:
    n = len(bins)
    rises, falls = True, True
    for i in range(1, n):
        rises = rises and bins[i] >= bins[i - 1]
        falls = falls and bins[i] <= bins[i - 1]
    if not rises and not falls:
        raise ValueError("bins must be monotonically increasing or decreasing")
    flat = x.ravel()
    out = np.empty(len(flat), np.int64)
    for i in range(len(flat)):
        if rises:
            out[i] = _place(bins, flat[i], not right)
        else:
            out[i] = n - _place(bins[::-1], flat[i], not right)
    return out.reshape(x.shape)


def histogram(a: Any, bins: Any = 10, range: Any = None) -> Any:
    flat = a.ravel()
    if np.ndim(bins) == 0:
        if range is None:
            low, high = (flat.min() * 1.0, flat.max() * 1.0) if len(flat) > 0 else (0.0, 1.0)
        else:
            low, high = range[0] * 1.0, range[1] * 1.0
        if low == high:
            low, high = low - 0.5, high + 0.5
        edges = np.linspace(low, high, bins + 1)
    else:
        edges = bins
    last = len(edges) - 1
    counts = np.zeros(last, np.int64)
    for x in flat:
        if edges[0] <= x < edges[last]:
            counts[_place(edges, x, True) - 1] += 1
        elif x == edges[last]:
            counts[last - 1] += 1
    return counts, edges


def interp(x: Any, xp: Any, fp: Any) -> Any:
    if np.ndim(x) == 0:
        return _between(x * 1.0, xp, fp)
    out = np.empty(len(x), np.float64)
    for i in range(len(x)):
        out[i] = _between(x[i] * 1.0, xp, fp)
    return out


def _between(at: Any, xp: Any, fp: Any) -> Any:
    last = len(xp) - 1
    if at != at:
        return np.float64(at)
    if at <= xp[0]:
        return np.float64(fp[0])
    if at >= xp[last]:
        return np.float64(fp[last])
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if xp[middle] <= at:
            low = middle
        else:
            high = middle
    slope = (fp[low + 1] - fp[low]) / (xp[low + 1] - xp[low])
    return np.float64(slope * (at - xp[low]) + fp[low])
