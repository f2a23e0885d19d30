"""NumPy-style functions, compiled, beside NumPy and Numba (where it is installed).

./dev bench jit_arrays
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import abreast as ab


def wave(x):
    return np.exp(x) * np.sin(x) + np.tanh(x) * np.log(x)


def stencil(u, v):
    v[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])


def total(x):
    return np.sum(x * x)


def least(times: int, call: Callable[..., Any], *given: Any) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call(*given)
        found.append(time.perf_counter() - start)
    return min(found)


def rivals(function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {"NumPy": function}
    try:
        import numba
    except ImportError:
        return found
    for fast in (False, True):
        name = "Numba fastmath" if fast else "Numba"
        found[name] = numba.njit(parallel=True, fastmath=fast)(function)
    return found


def main() -> None:
    x = np.random.default_rng(1).random(10_000_000) + 0.5
    u = np.random.default_rng(2).random((2000, 2000))
    cases = [
        ("exp, sin, tanh, log of 10 M", wave, (x,)),
        ("stencil of 2000 x 2000", stencil, (u, u.copy())),
        ("sum of squares of 10 M", total, (x,)),
    ]
    for name, function, given in cases:
        ours = ab.jit(function)
        ours(*given)
        others = rivals(function)
        for other in others.values():
            other(*given)
        mine, times = [], {it: [] for it in others}
        for _ in range(3):
            mine.append(least(2, ours, *given))
            for it, other in others.items():
                times[it].append(least(2, other, *given))
        best = min(mine)
        line = f"{name}: {1e3 * best:.1f} ms"
        for it, found in times.items():
            line += f", {it} {1e3 * min(found):.1f} ms ({min(found) / best:.1f} times ours)"
        print(line)


if __name__ == "__main__":
    main()
