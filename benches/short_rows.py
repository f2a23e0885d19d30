"""Reductions of rows with few values, and divisions of integers, beside NumPy in the same run.

    python benches/short_rows.py [million]

Prints milliseconds and how many times as long as NumPy each takes; for reductions also beside
the sum of all, which reads the same data once.
"""

from __future__ import annotations

import sys

import numpy as np

import abreast.numpy as anp
from _measure import least


def reductions(million):
    values = int(million * 1e6)
    print(f"{'reduction':26}{'ours':>9}{'NumPy':>9}{'ratio':>8}{'to sum of all':>15}")
    for dtype in ("float32", "float64"):
        for columns in (2, 3, 7, 16, 32, 64):
            rows = values // columns
            data = np.ones((rows, columns), dtype)
            x = anp.asarray(data)
            reading = least(lambda x=x: anp.sum(x).block_until_ready())
            for how in ("sum", "max", "argmax", "var"):
                if how != "sum" and columns not in (3, 32):
                    continue
                ours = getattr(anp, how)
                ours(x, axis=1).block_until_ready()
                mine = least(lambda ours=ours, x=x: ours(x, axis=1).block_until_ready())
                theirs = getattr(np, how)
                rival = least(lambda theirs=theirs, data=data: theirs(data, axis=1), 2)
                name = f"{how} {dtype} x {columns}"
                print(f"{name:26}{mine:9.2f}{rival:9.2f}{mine / rival:8.2f}{mine / reading:15.2f}")
    side = int(values**0.5)
    middle = np.ones((side, 3, side // 3))
    x = anp.asarray(middle)
    mine = least(lambda: anp.sum(x, axis=1).block_until_ready())
    rival = least(lambda: np.sum(middle, axis=1), 2)
    reading = least(lambda: anp.sum(x).block_until_ready())
    name = "sum of a middle axis"
    print(f"{name:26}{mine:9.2f}{rival:9.2f}{mine / rival:8.2f}{mine / reading:15.2f}")


def divisions(million):
    count = int(million * 1e6)
    rng = np.random.default_rng(1)
    print(f"{'division':26}{'ours':>9}{'NumPy':>9}{'ratio':>8}")
    for dtype in ("int16", "int32", "int64"):
        info = np.iinfo(dtype)
        data = rng.integers(info.min, info.max, count, dtype=dtype)
        other = rng.integers(1, 10_000, count, dtype=dtype)
        x, y = anp.asarray(data), anp.asarray(other)
        for how in ("floor_divide", "remainder"):
            ours, theirs = getattr(anp, how), getattr(np, how)
            for name, divisor, plain in (("arrays", y, other), ("by 7", 7, 7)):
                mine = least(lambda ours=ours, x=x, by=divisor: ours(x, by).block_until_ready())
                rival = least(lambda theirs=theirs, data=data, plain=plain: theirs(data, plain), 3)
                title = f"{how} {dtype} {name}"
                print(f"{title:30}{mine:9.2f}{rival:9.2f}{mine / rival:8.2f}")


if __name__ == "__main__":
    size = float(sys.argv[1]) if len(sys.argv) > 1 else 12
    reductions(size)
    divisions(size / 3)
