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


def jacobi(u, turns):
    err = 0.0
    for _ in range(turns):
        v = u.copy()
        v[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
        err = np.abs(v - u).max()
        u = v
    return u, err


def relaxed(b, turns):
    x = np.zeros(len(b))
    for _ in range(turns):
        x = 0.5 * b + 0.25 * (x + x[::-1])
    return x


def with_names(a, b):
    t = a * b
    u = t + a
    v = u - b
    return v.sum()


def columns(x):
    return np.sum(x, axis=0)


def chosen(x):
    return x[x > 1.0]


def taken(x, index):
    return x[index]


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
        ("Jacobi iteration of 1000 x 1000, 20 turns", jacobi, (u[:1000, :1000].copy(), 20)),
        ("x = f(x, x[::-1]) of 1 M, 20 turns", relaxed, (x[:1_000_000], 20)),
        ("three arrays with names, 10 M", with_names, (x, x[::-1].copy())),
        ("columns of 2000 x 2000", columns, (u,)),
        ("columns of 100,000 x 16", columns, (x[:1_600_000].reshape(-1, 16),)),
        ("columns of 16 x 100,000", columns, (x[:1_600_000].reshape(16, -1),)),
        ("x[x > 1] of 1 M", chosen, (x[:1_000_000],)),
        (
            "x[index] of 1 M",
            taken,
            (x[:1_000_000], np.random.default_rng(3).permutation(1_000_000)),
        ),
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
