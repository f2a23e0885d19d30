"""Complex arrays beside NumPy (and Numba, where it is installed), in the same run.

    python benches/complex.py [million]

Prints milliseconds, and how many times as long as NumPy, as Numba and as a copy each takes.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from typing import Any

import numpy as np

import abreast.numpy as anp

# ruff: noqa: ARG005 - all of them take the same
OPERATIONS: dict[str, Any] = {
    "z + w": lambda xp, z, w: z + w,
    "z * w + c": lambda xp, z, w: z * w + (2 - 1j),
    "z / w": lambda xp, z, w: z / w,
    "abs(z)": lambda xp, z, w: xp.abs(z),
    "exp(z)": lambda xp, z, w: xp.exp(z),
    "sqrt(z)": lambda xp, z, w: xp.sqrt(z),
    "log(z)": lambda xp, z, w: xp.log(z),
    "sin(z)": lambda xp, z, w: xp.sin(z),
    "tanh(z)": lambda xp, z, w: xp.tanh(z),
    "where": lambda xp, z, w: xp.where(z == w, z, w),
    "z.sum()": lambda xp, z, w: z.sum(),
    "z.var()": lambda xp, z, w: z.var(),
    "(z * w).sum()": lambda xp, z, w: (z * w).sum(),
}


def least(call, rounds=5):
    """The shortest time of a call, in milliseconds."""
    times = []
    call()
    for _ in range(rounds):
        begin = time.perf_counter()
        found = call()
        times.append(time.perf_counter() - begin)
        del found
    return min(times) * 1e3


def numbas():
    """The same loops in Numba, on all cores."""
    if importlib.util.find_spec("numba") is None:
        return {}
    import numba

    both = numba.njit(parallel=True)
    loops = {"z + w", "z * w + c", "abs(z)", "exp(z)", "(z * w).sum()"}
    compiled = {name: both(OPERATIONS[name]) for name in loops}
    return {name: lambda z, w, f=f: f(np, z, w) for name, f in compiled.items()}


def main():
    count = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 10_000_000
    rng = np.random.default_rng(1)
    rivals = numbas()
    head = f"{'operation':26}{'ours':>9}{'NumPy':>9}{'ratio':>8}{'to a copy':>11}{'to Numba':>10}"
    for dtype in ("complex64", "complex128"):
        z = (rng.normal(size=count) + 1j * rng.normal(size=count)).astype(dtype)
        w = z[::-1].copy()
        x, y = anp.asarray(z), anp.asarray(w)
        copy = least(z.copy)
        print(f"{dtype}, {count:,} elements; a copy takes {copy:.1f} ms\n{head}")
        for name, operation in OPERATIONS.items():
            mine = least(lambda f=operation, x=x, y=y: f(anp, x, y).block_until_ready())
            numpys = least(lambda f=operation, z=z, w=w: f(np, z, w), 2)
            beside = ""
            if name in rivals:
                try:
                    theirs = least(lambda f=rivals[name], z=z, w=w: f(z, w), 2)
                    beside = f"{mine / theirs:10.2f}"
                except Exception as error:  # what Numba does not compile is no rival
                    beside = f"  {type(error).__name__}"
            ratios = f"{mine / numpys:8.2f}{mine / copy:11.2f}{beside}"
            print(f"{name:26}{mine:9.2f}{numpys:9.2f}{ratios}", flush=True)


if __name__ == "__main__":
    main()
