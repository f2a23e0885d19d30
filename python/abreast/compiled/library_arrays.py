"""Functions of NumPy's that compare, order and combine arrays, in the compiled language.

As in `abreast.compiled.library`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast.compiled.library import sort

__all__ = ["FUNCTIONS"]


def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    near = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(b)
    same = near | (a == b)
    if equal_nan:
        return same | ((a != a) & (b != b))
    return same


def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    return bool(np.all(isclose(a, b, rtol, atol, equal_nan)))


def array_equal(a1: Any, a2: Any) -> Any:
    if a1.ndim != a2.ndim:
        return False
    same = True
    for axis in range(a1.ndim):
        same = same and a1.shape[axis] == a2.shape[axis]
    if same:
        same = bool((a1 == a2).all())
    return same


def flip(m: Any, axis: Any = None) -> Any:
    if axis is None:
        if m.ndim == 1:
            return m[::-1]
        if m.ndim == 2:
            return m[::-1, ::-1]
        return m[::-1, ::-1, ::-1]
    if axis == 0:
        return m[::-1]
    if axis == -1 or axis == m.ndim - 1:
        return m[..., ::-1]
    return m[:, ::-1]


def flipud(m: Any) -> Any:
    return m[::-1]


def fliplr(m: Any) -> Any:
    return m[:, ::-1]


def cross(a: Any, b: Any) -> Any:
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError("np.cross is compiled for vectors of three")
    out = a * b
    out[..., 0] = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    out[..., 1] = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    out[..., 2] = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return out


def argsort(a: Any, axis: Any = -1, kind: Any = None) -> Any:  # noqa: ARG001
    n = len(a)
    out, other = np.arange(n), np.arange(n)
    # As `sort` does, so equal ones stay in order, and NaNs come last.
    for begin in range(0, n, 16):
        for i in range(begin + 1, min(begin + 16, n)):
            at = out[i]
            x = a[at]
            j = i
            while j > begin and (x < a[out[j - 1]] or (x == x and a[out[j - 1]] != a[out[j - 1]])):
                out[j] = out[j - 1]
                j -= 1
            out[j] = at
    width = 16
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


def quantile(a: Any, q: Any) -> Any:
    if q < 0 or q > 1:
        raise ValueError("Quantiles must be in the range [0, 1]")
    line = sort(a)
    n = len(line)
    place = q * (n - 1)
    low = min(int(place), n - 2) if n > 1 else 0
    high = min(low + 1, n - 1)
    part = place - low
    found = np.float64(np.nan)
    if n > 0 and line[n - 1] == line[n - 1]:
        step = line[high] - line[low]
        found = line[low] + step * part
        if part >= 0.5:
            found = line[high] - step * (1 - part)
    return found


def percentile(a: Any, q: Any) -> Any:
    if q < 0 or q > 100:
        raise ValueError("Percentiles must be in the range [0, 100]")
    return quantile(a, q / 100)


def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    n, m = len(a), len(v)
    if n == 0:
        raise ValueError("a cannot be empty")
    if m == 0:
        raise ValueError("v cannot be empty")
    out = np.zeros(n + m - 1, (a[:1] * v[:1]).copy().dtype)
    for k in range(m):
        out[k : k + n] += v[k] * a
    if mode == "same":
        begin = (min(n, m) - 1) // 2
        return out[begin : begin + max(n, m)]
    if mode == "valid":
        return out[min(n, m) - 1 : max(n, m)]
    return out


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0) -> Any:
    if x is None:
        return (dx * (y[1:] + y[:-1]) / 2.0).sum()
    return ((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2.0).sum()


FUNCTIONS = {
    "isclose": isclose,
    "allclose": allclose,
    "array_equal": array_equal,
    "flip": flip,
    "flipud": flipud,
    "fliplr": fliplr,
    "cross": cross,
    "argsort": argsort,
    "quantile": quantile,
    "percentile": percentile,
    "convolve": convolve,
    "trapezoid": trapezoid,
}
