"""Compiled loops beside Numba (where it is installed), C's order of sums and CPython.

./dev bench jit
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import abreast as ab
from _fresh import measured
from _measure import quick


def product(a, b, out):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            s = 0.0
            for k in range(a.shape[1]):
                s += a[i, k] * b[k, j]
            out[i, j] = s


def product_in_parallel(a, b, out):
    for i in ab.prange(a.shape[0]):
        for j in range(b.shape[1]):
            s = 0.0
            for k in range(a.shape[1]):
                s += a[i, k] * b[k, j]
            out[i, j] = s


def nothing(a, b, c):
    return len(a) + len(b) + len(c)


def least(times: int, call: Callable[..., Any], *given: Any) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call(*given)
        found.append(time.perf_counter() - start)
    return min(found)


def numba_of(function: Callable[..., Any]) -> Any:
    try:
        import numba
    except ImportError:
        return None
    return numba.njit(function)


def new_processes(rounds: int) -> None:
    """What first calls take in new processes: compiled there, and from the disk."""
    with tempfile.TemporaryDirectory() as folder:
        # Bytecode is kept, as of whatever is installed.
        os.environ.update(ABREAST_CACHE="", PYTHONPYCACHEPREFIX=f"{folder}/bytecode")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        measured("compiled")
        os.environ["ABREAST_CACHE"] = f"{folder}/code"
        cold = measured("compiled")
        warm = [measured("compiled") for _ in range(rounds)]
    found = {name: statistics.median(each[name] for each in warm) for name in cold}
    for name, words in (("first", "first function of a process"), ("second", "a second function")):
        print(
            f"{words}: compiled in {1e3 * cold[name]:.1f} ms, from disk {1e3 * found[name]:.2f} ms"
            f", decorated in {1e3 * found[f'{name} decorated']:.2f} ms"
        )


def main() -> None:
    ours, theirs = ab.jit(product), numba_of(product)
    parallel = ab.jit(product_in_parallel)
    for n in (64, 128, 256, 512):
        a, b, out = np.random.rand(n, n), np.random.rand(n, n), np.empty((n, n))
        start = time.perf_counter()
        ours(a, b, out)
        first = time.perf_counter() - start
        mine = least(7, ours, a, b, out)
        both = least(7, parallel, a, b, out)
        line = f"matrix product {n}: {1e3 * mine:.3f} ms, prange {mine / both:.2f} times faster"
        if n == 64:
            line += f", first call {1e3 * first:.1f} ms"
        if theirs is not None:
            other = least(7, theirs, a, b, out)
            line += f", Numba {1e3 * other:.3f} ms: {other / mine:.1f} times ours"
        if n == 64:
            plain = least(1, product, a, b, out)
            line += f", CPython {plain / mine:.0f} times ours"
        print(line)
    a = np.zeros((2, 2))
    for name, function in (("abreast", ab.jit(nothing)), ("Numba", numba_of(nothing))):
        if function is None:
            continue
        call = function

        def many(call: Any = call) -> None:
            for _ in range(10_000):
                call(a, a.T, a[:1])

        many()
        print(f"a call with three arrays, {name}: {1e5 * least(7, many):.0f} ns")
    new_processes(3 if quick() else 15)


if __name__ == "__main__":
    main()
