"""Whether numbers and arrays are the same, or of a kind."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []


def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    near = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(b)
    if equal_nan:
        return near | (a == b) | (np.isnan(a) & np.isnan(b))
    return near | (a == b)


def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    return bool(np.all(isclose(a, b, rtol, atol, equal_nan)))


def array_equal(a1: Any, a2: Any) -> Any:
    if np.ndim(a1) != np.ndim(a2):
        return False
    if a1.shape != a2.shape:
        return False
    return bool(np.all(a1 == a2))


def isposinf(x: Any) -> Any:
    return x == np.inf


def isneginf(x: Any) -> Any:
    return x == -np.inf


def isreal(x: Any) -> Any:
    return np.imag(x) == 0


def iscomplex(x: Any) -> Any:
    return np.imag(x) != 0


def nan_to_num(x: Any, nan: Any = 0.0) -> Any:
    if x.dtype == np.float64:
        return _finite(x, nan, np.float64(1.7976931348623157e308))
    if x.dtype == np.float32:
        return _finite(x, nan, np.float32(3.4028234663852886e38))
    return x.copy()


def _finite(x: Any, nan: Any, most: Any) -> Any:
    known = np.where(np.isnan(x), nan, x)
    return np.where(known == np.inf, most, np.where(known == -np.inf, -most, known))
