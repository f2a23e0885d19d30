"""Products and equations of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []


def outer(a: Any, b: Any) -> Any:
    return a[:, None] * b[None, :]


def norm(x: Any) -> Any:
    return np.sqrt((np.abs(x) * np.abs(x)).sum())


def vdot(a: Any, b: Any) -> Any:
    return (np.conj(a).ravel() * b.ravel()).sum()


def inner(a: Any, b: Any) -> Any:
    if a.ndim == 1 and b.ndim == 1:
        return np.dot(a, b)
    return np.dot(a, b.T)


def kron(a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return (a[:, None] * b[None, :]).ravel()
    rows, columns = a.shape[0] * b.shape[0], a.shape[1] * b.shape[1]
    return (a[:, None, :, None] * b[None, :, None, :]).reshape((rows, columns))


def cross(a: Any, b: Any) -> Any:
    if not 2 <= a.shape[-1] <= 3 or not 2 <= b.shape[-1] <= 3:
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError("cross is compiled for vectors of three numbers")
    x = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    y = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    z = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    if a.ndim == 1 and b.ndim == 1:
        return np.array([x, y, z])
    return np.stack((x, y, z), axis=-1)


def _square(a: Any) -> Any:
    rows, columns = a.shape
    if rows != columns:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    return rows


def _eliminated(a: Any) -> Any:
    n = _square(a)
    m = a * 1.0
    order = np.arange(n)
    sign = 1.0
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(m[i, k]) > abs(m[best, k]):
                best = i
        if best != k:
            sign = -sign
            order[k], order[best] = order[best], order[k]
            for j in range(n):
                m[k, j], m[best, j] = m[best, j], m[k, j]
        if m[k, k] != 0:
            for i in range(k + 1, n):
                m[i, k] = m[i, k] / m[k, k]
                for j in range(k + 1, n):
                    m[i, j] -= m[i, k] * m[k, j]
    return m, order, sign


def det(a: Any) -> Any:
    m, _, sign = _eliminated(a)
    found = m[:0, 0].sum() + sign
    for i in range(len(m)):
        found *= m[i, i]
    return found


def solve(a: Any, b: Any) -> Any:
    m, order, _ = _eliminated(a)
    n = len(m)
    if len(b) != n:
        raise ValueError(f"solve of {n} equations with {len(b)} right sides")
    for i in range(n):
        if m[i, i] == 0:
            raise np.linalg.LinAlgError("Singular matrix")
    x = b[order] * np.ones(1, m.dtype)
    for i in range(n):
        for j in range(i):
            x[i] -= m[i, j] * x[j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= m[i, j] * x[j]
        x[i] /= m[i, i]
    return x


def inv(a: Any) -> Any:
    return solve(a, np.eye(len(a)).astype((a[:0] * 1.0).dtype))


def cholesky(a: Any) -> Any:
    n = _square(a)
    m = a * 1.0
    for j in range(n):
        for k in range(j):
            m[j, j] -= m[j, k] * np.conj(m[j, k])
        size = m[j, j].real
        if not size > 0:
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        m[j, j] = np.sqrt(size)
        for i in range(j + 1, n):
            for k in range(j):
                m[i, j] -= m[i, k] * np.conj(m[j, k])
            m[i, j] /= m[j, j]
        m[j, j + 1 :] = 0
    return m


def matrix_power(a: Any, n: Any) -> Any:
    size = _square(a)
    found = np.eye(size).astype(a.dtype)
    square = a.copy()
    if n < 0:
        if a.dtype == np.float64 or a.dtype == np.complex128:
            square = inv(a)
        else:
            raise ValueError("matrix_power by negative powers is compiled for matrices of floats")
    n = abs(n)
    while n > 0:
        if n % 2 == 1:
            found = found @ square
        n //= 2
        if n > 0:
            square = square @ square
    return found
