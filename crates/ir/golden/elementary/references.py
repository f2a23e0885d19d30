"""The functions in mpmath, by name, and where to look at them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from mpmath import mp, mpf

FORMATS = {
    "f32": (np.float32, np.uint32, 24, -149, 128),
    "f64": (np.float64, np.uint64, 53, -1074, 1024),
}
REFERENCES: dict[str, Callable[..., mpf]] = {
    "exp": mp.exp,
    "exp2": lambda x: mp.power(2, x),
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "log1p": mp.log1p,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "pow": mp.power,
    "cbrt": lambda x: mp.cbrt(x) if x > 0 else -mp.cbrt(-x),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "lgamma": lambda x: mp.loggamma(x).real,
    "hypot": mp.hypot,
}
BINARY = {"atan2", "pow", "hypot"}

# Where scans are dense, as (low, high), uniformly; `None` stands for any bits at all.
WHOLE = [None, (-1, 1), (-10, 10), (-100, 100)]
RANGES: dict[str, list] = {
    "exp": [None, (-1, 1), (-10, 10), (-745, 710), (-104, 89)],
    "exp2": [None, (-1, 1), (-10, 10), (-1075, 1024), (-150, 128)],
    "expm1": [None, (-1, 1), (-10, 10), (-40, 710), (-20, 89)],
    "log": [None, (0.5, 2), (0.9, 1.1), (0, 100)],
    "log2": [None, (0.5, 2), (0.9, 1.1), (0, 100)],
    "log10": [None, (0.5, 2), (0.9, 1.1), (0, 100)],
    "log1p": [None, (-1, 1), (-0.3, 0.5), (0, 10)],
    "sin": [None, (-1, 1), (-10, 10), (-1e5, 1e5), (-1e6, 1e6)],
    "asin": [None, (-1, 1), (0.4, 0.6), (0.99, 1)],
    "acos": [None, (-1, 1), (0.4, 0.6), (0.99, 1)],
    "atan": [None, (-1, 1), (-10, 10), (0, 3)],
    "sinh": [None, (-1, 1), (-10, 10), (-711, 711), (-90, 90)],
    "tanh": [None, (-1, 1), (-3, 3), (-20, 20)],
    "asinh": [None, (-1, 1), (-10, 10), (-1e3, 1e3)],
    "acosh": [None, (1, 2), (1, 1.1), (1, 1e3)],
    "atanh": [None, (-1, 1), (-0.5, 0.5), (0.9, 1)],
    "cbrt": [None, (-1, 1), (1, 8)],
    "erf": [None, (-1, 1), (-3, 3), (0.4, 2), (0, 6)],
    "erfc": [None, (-1, 1), (-6, 6), (0, 27), (0, 10)],
    "lgamma": [None, (-0.5, 1), (1.2, 1.5), (0.5, 3), (1, 12), (0, 100), (0, 1e5)],
}
RANGES["cos"] = RANGES["tan"] = RANGES["sin"]
RANGES["cosh"] = RANGES["sinh"]
PAIRS: dict[str, list] = {
    "atan2": [(None, None), ((-1, 1), (-1, 1)), ((-10, 10), (-1, 1)), ((-1, 1), (-10, 10))],
    "hypot": [(None, None), ((-1, 1), (-1, 1)), ((-10, 10), (-1, 1)), ((0, 1e-3), (1, 2))],
    "pow": [
        ((0, 2), (-100, 100)),
        ((0.9, 1.1), (-1000, 1000)),
        ((0, 100), (-10, 10)),
        ((0.999, 1.001), (-1e5, 1e5)),
        ((0, 1e30), (-2, 2)),
        ("positive", (-3, 3)),
        ("positive", (-0.01, 0.01)),
    ],
}


def draw(rng: np.random.Generator, where: object, count: int, name: str) -> np.ndarray:
    """Draw arguments of the format `name` from a range."""
    dtype, word, *_ = FORMATS[name]
    if where is None or where == "positive":
        high = 2 ** (word().itemsize * 8 - (where == "positive")) - 1
        return rng.integers(0, high, count, dtype=word, endpoint=True).view(dtype)
    low, high = where  # type: ignore[misc]
    return rng.uniform(low, high, count).astype(dtype)


def arguments(rng: np.random.Generator, function: str, count: int, name: str) -> np.ndarray:
    """Draw about `count` tuples of arguments, over all the ranges of a function."""
    places = PAIRS[function] if function in BINARY else [(it,) for it in RANGES[function]]
    each = -(-count // len(places))
    parts = [[draw(rng, where, each, name) for where in place] for place in places]
    return np.concatenate([np.stack(part, axis=1) for part in parts])


def reference(function: str, given: tuple) -> mpf | None:
    """Return the true value, or None where it is no finite real number."""
    if not all(np.isfinite(given)):
        return None
    try:
        # Reduced once more where a result is tiny or cancels: the bits below count.
        value = REFERENCES[function](*(mpf(float(it)) for it in given))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    if isinstance(value, mp.mpc) or not mp.isfinite(value):
        return None
    return value


def ulps(value: np.floating, true: mpf, name: str) -> float:
    """Return the distance in units of the last place of the number nearest to the truth."""
    _, _, digits, lowest, overflow = FORMATS[name]
    if np.isnan(value):
        return float("inf")
    exponent = int(mp.floor(mp.log(abs(true), 2))) if true else -(10**9)
    unit = mpf(2) ** max(exponent - digits + 1, lowest)
    if np.isinf(value):
        limit = (2 - mpf(2) ** -digits) * mpf(2) ** (overflow - 1)
        return 0.0 if abs(true) >= limit and (true > 0) == (value > 0) else float("inf")
    return float(abs(mpf(float(value)) - true) / unit)
