"""Parts of squares: diagonals, triangles, and their indices."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []


def diag(v: Any, k: Any = 0) -> Any:
    if v.ndim == 1:
        square = np.zeros((len(v) + abs(k), len(v) + abs(k)), v.dtype)
        for i in range(len(v)):
            square[i + max(-k, 0), i + max(k, 0)] = v[i]
        return square
    rows, columns = v.shape
    line = np.empty(max(min(rows + min(k, 0), columns - max(k, 0)), 0), v.dtype)
    for i in range(len(line)):
        line[i] = v[i + max(-k, 0), i + max(k, 0)]
    return line


def diagflat(v: Any, k: Any = 0) -> Any:
    return diag(v.ravel(), k)


def trace(a: Any, offset: Any = 0) -> Any:
    line = a[0] if a.ndim == 1 else diag(a, offset)
    return line.sum()


def tri(N: Any, M: Any = None, k: Any = 0) -> Any:
    out = np.zeros((max(N, 0), max(N if M is None else M, 0)))
    for i in range(out.shape[0]):
        for j in range(min(max(i + k + 1, 0), out.shape[1])):
            out[i, j] = 1
    return out


def tril(m: Any, k: Any = 0) -> Any:
    out = m.copy()
    for i in range(m.shape[-2]):
        for j in range(max(i + k + 1, 0), m.shape[-1]):
            out[..., i, j] = 0
    return out


def triu(m: Any, k: Any = 0) -> Any:
    out = m.copy()
    for i in range(m.shape[-2]):
        for j in range(min(max(i + k, 0), m.shape[-1])):
            out[..., i, j] = 0
    return out


def tril_indices(n: Any, k: Any = 0, m: Any = None) -> Any:
    return np.nonzero(tri(n, m, k))


def triu_indices(n: Any, k: Any = 0, m: Any = None) -> Any:
    return np.nonzero(tri(n, m, k - 1) == 0)


def tril_indices_from(arr: Any, k: Any = 0) -> Any:
    rows, columns = arr.shape
    return tril_indices(rows, k, columns)


def triu_indices_from(arr: Any, k: Any = 0) -> Any:
    rows, columns = arr.shape
    return triu_indices(rows, k, columns)


def fill_diagonal(a: Any, val: Any) -> Any:
    rows, columns = a.shape
    for i in range(min(rows, columns)):
        a[i, i] = val


def vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    count = len(x) if N is None else N
    out = np.ones((len(x), count), (x[:0] * np.int64(1)).dtype)
    for i in range(len(x)):
        for j in range(1, count):
            out[i, j] = out[i, j - 1] * x[i]
    return out if increasing else out[:, ::-1]
