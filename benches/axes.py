"""Reductions and running sums over any axes and strides, beside NumPy and Numba in the same run.

    python benches/axes.py [side]

Arrays of `side` x `side` elements, 4000 where it is not given. Prints milliseconds, how many
times as long as NumPy each takes, and how many times as long as the sum of all, which reads the
same data once. Numba, where it is installed, sums columns in a parallel loop of its own.
"""

from __future__ import annotations

import importlib.util
import sys

import numpy as np

import abreast.numpy as anp
from _measure import least


def cases(big):
    """Each with a function of `numpy` or `abreast.numpy`, and what it is called with."""
    values = big.reshape(-1)
    cube = values[: values.size // 3000 * 3000].reshape(-1, 1000, 3)
    middle = values[: values.size // 6400 * 6400].reshape(-1, 100, 64)
    short = values[: values.size // 64 * 64].reshape(-1, 64)
    line = big[0].copy()
    return {
        "sin(x.T).sum()": (lambda xp, x: xp.sum(xp.sin(x.T)), big),
        "x.T.sum()": (lambda xp, x: xp.sum(x.T), big),
        "sin(v * v[:, None]).sum()": (lambda xp, v: xp.sum(xp.sin(v * v[:, None])), line),
        "x[:, 5:-5].sum()": (lambda xp, x: xp.sum(x[:, 5:-5]), big),
        "x[::2, 1:-1].sum()": (lambda xp, x: xp.sum(x[::2, 1:-1]), big),
        "x[:, 5:-5].var()": (lambda xp, x: xp.var(x[:, 5:-5]), big),
        "x[:, ::3].sum()": (lambda xp, x: xp.sum(x[:, ::3]), big),
        "axes (0, 2) of (n, 100, 64)": (lambda xp, x: xp.sum(x, axis=(0, 2)), middle),
        "axis 1 of (n, 100, 64)": (lambda xp, x: xp.sum(x, axis=1), middle),
        "axis 1 of (n, 1000, 3)": (lambda xp, x: xp.sum(x, axis=1), cube),
        "axis 1 of (n, 64)": (lambda xp, x: xp.sum(x, axis=1), short),
        "columns": (lambda xp, x: xp.sum(x, axis=0), big),
        "columns of x[:, ::3]": (lambda xp, x: xp.sum(x[:, ::3], axis=0), big),
        "running sums down": (lambda xp, x: xp.cumulative_sum(x, axis=0), big),
        "running sums along": (lambda xp, x: xp.cumulative_sum(x, axis=1), big),
        "running sums, axis 1 of 3": (lambda xp, x: xp.cumulative_sum(x, axis=1), cube),
    }


def columns_by_numba(big):
    """Milliseconds of sums of columns by a parallel loop of Numba's; none without Numba."""
    if importlib.util.find_spec("numba") is None:
        return None
    import numba

    @numba.njit(parallel=True)
    def columns(x):
        out = np.zeros(x.shape[1], x.dtype)
        tiles = (x.shape[1] + 255) // 256
        for tile in numba.prange(tiles):
            for i in range(x.shape[0]):
                for j in range(256 * tile, min(256 * tile + 256, x.shape[1])):
                    out[j] += x[i, j]
        return out

    columns(big)
    return least(lambda: columns(big))


def main(side):
    print(f"{'':36}{'ours':>9}{'NumPy':>9}{'ratio':>8}{'to reading':>12}")
    for dtype in ("float32", "float64"):
        big = np.random.default_rng(0).random((side, side)).astype(dtype)
        for name, (call, data) in cases(big).items():
            x = anp.asarray(data)
            call(anp, x).block_until_ready()
            reading = least(lambda x=x: anp.sum(x).block_until_ready())
            mine = least(lambda call=call, x=x: call(anp, x).block_until_ready())
            rival = least(lambda call=call, data=data: call(np, data), 2)
            title = f"{dtype} {name}"
            print(f"{title:36}{mine:9.2f}{rival:9.2f}{mine / rival:8.2f}{mine / reading:12.2f}")
        numba = columns_by_numba(big)
        if numba is not None:
            print(f"{dtype + ' columns by Numba':36}{numba:9.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4000)
