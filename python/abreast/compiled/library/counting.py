"""Whole numbers and nearness, as Python's `math` has them."""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def gcd(a: Any, b: Any) -> Any:
    x, y = abs(a), abs(b)
    while y != 0:
        x, y = y, x % y
    return x


def lcm(a: Any, b: Any) -> Any:
    common = gcd(a, b)
    return 0 if common == 0 else abs(a // common * b)


def factorial(n: Any) -> Any:
    if n < 0:
        raise ValueError("factorial() not defined for negative values")
    found = 1
    for i in range(2, n + 1):
        found *= i
    return found


def comb(n: Any, k: Any) -> Any:
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    if k < 0:
        raise ValueError("k must be a non-negative integer")
    found = 0
    if k <= n:
        found = 1
        for i in range(1, min(k, n - k) + 1):
            # Divided before, so that what fits 64 bits does on the way too.
            above, below = n - min(k, n - k) + i, i
            common = gcd(found, below)
            found = found // common * (above // (below // common))
    return found


def isclose(a: Any, b: Any, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Any:
    if a == b:
        return True
    apart = abs(a - b)
    endless = apart - apart != 0
    return not endless and apart <= max(rel_tol * max(abs(a), abs(b)), abs_tol)
