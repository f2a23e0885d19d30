"""Functions of `math` of whole numbers, nearness and parts of floats.

Ints have 64 bits: what does not fit raises `OverflowError`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__: list[str] = []

_MOST = 2**63 - 1
_ROOT = 3_037_000_499  # of that


def gcd(a: Any = 0, b: Any = 0) -> Any:
    # `| 0` is there for ints alone, as the function is.
    x, y = abs(int(a | 0)), abs(int(b | 0))
    while y > 0:
        x, y = y, x % y
    return x


def lcm(a: Any = 1, b: Any = 1) -> Any:
    x, y = abs(int(a | 0)), abs(int(b | 0))
    if x == 0 or y == 0:
        return 0
    x = x // gcd(x, y)
    if x > _MOST // y:
        raise OverflowError("the least common multiple needs more than 64 bits")
    return x * y


def factorial(n: Any) -> Any:
    most = int(n | 0)
    if most < 0:
        raise ValueError("factorial() not defined for negative values")
    if most > 20:
        raise OverflowError("factorials beyond that of 20 need more than 64 bits")
    found = 1
    for i in range(2, most + 1):
        found *= i
    return found


def comb(n: Any, k: Any) -> Any:
    m, r = int(n | 0), int(k | 0)
    if m < 0:
        raise ValueError("n must be a non-negative integer")
    if r < 0:
        raise ValueError("k must be a non-negative integer")
    found = 1
    if r > m:
        found = 0
    else:
        r = min(r, m - r)
        for i in range(1, r + 1):
            # The quotient is an int: what the one factor does not take, the other one does.
            up, down = m - r + i, i
            common = gcd(up, down)
            up, down = up // common, down // common
            found //= down
            if found > _MOST // up:
                raise OverflowError("the binomial coefficient needs more than 64 bits")
            found *= up
    return found


def perm(n: Any, k: Any = None) -> Any:
    m = int(n | 0)
    if k is None:
        return factorial(n)
    r = int(k | 0)
    if m < 0:
        raise ValueError("n must be a non-negative integer")
    if r < 0:
        raise ValueError("k must be a non-negative integer")
    found = 0 if r > m else 1
    if r <= m:
        for i in range(r):
            if found > _MOST // (m - i):
                raise OverflowError("the number of permutations needs more than 64 bits")
            found *= m - i
    return found


def isqrt(n: Any) -> Any:
    m = int(n | 0)
    if m < 0:
        raise ValueError("isqrt() argument must be nonnegative")
    root = min(int(math.sqrt(m)), _ROOT)
    while root * root > m:
        root -= 1
    while root < _ROOT and (root + 1) * (root + 1) <= m:
        root += 1
    return root


def isclose(a: Any, b: Any, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Any:
    x, y = float(a), float(b)
    if rel_tol < 0 or abs_tol < 0:
        raise ValueError("tolerances must be non-negative")
    size = abs(x - y)
    near = size <= abs(rel_tol * y) or size <= abs(rel_tol * x) or size <= abs_tol
    return x == y or (near and not math.isinf(x) and not math.isinf(y))


def dist(p: Any, q: Any) -> Any:
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    found = 0.0
    for x, y in zip(p, q):  # noqa: B905
        found = math.hypot(found, float(x) - float(y))
    return found


def modf(x: Any) -> Any:
    number = float(x)
    whole = float(np.trunc(number))
    rest = 0.0 if math.isinf(number) else number - whole
    return math.copysign(rest, number), whole


def ulp(x: Any) -> Any:
    size = abs(float(x))
    above = math.nextafter(size, math.inf)
    found = size - math.nextafter(size, 0.0)
    if math.isnan(size) or math.isinf(size):
        found = size
    elif not math.isinf(above):
        found = above - size
    return found


def remainder(x: Any, y: Any) -> Any:
    a, b = abs(float(x)), abs(float(y))
    if (math.isinf(a) and not math.isnan(b)) or (b == 0.0 and not math.isnan(a)):
        raise ValueError("math domain error")
    found = a
    if math.isnan(b):
        found = b
    elif not math.isinf(b) and not math.isnan(a):
        below = math.fmod(a, b)
        above = b - below
        found = -above
        if below < above:
            found = below
        elif below == above:
            # In the middle: the quotient is even.
            found = below - 2.0 * math.fmod(0.5 * (a - below), b)
    return math.copysign(1.0, float(x)) * found
