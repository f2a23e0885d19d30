"""`sort` and `argsort`, which are stable, beside NumPy's default, which is not, and its stable one.

    python benches/order.py [million]

Prints NumPy's milliseconds, and how many times as long we take.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import abreast.numpy as anp

RNG = np.random.default_rng(0)

CASES = {
    "float64": lambda count: RNG.normal(size=count),
    "float64, two digits": lambda count: np.round(RNG.normal(size=count), 2),
    "float32": lambda count: RNG.normal(size=count).astype("float32"),
    "float16": lambda count: RNG.normal(size=count).astype("float16"),
    "int64": lambda count: RNG.integers(-(2**62), 2**62, count),
    "int64, 0 to 99": lambda count: RNG.integers(0, 100, count),
    "int32": lambda count: RNG.integers(-(2**31), 2**31, count, dtype="int32"),
    "int16": lambda count: RNG.integers(-(2**15), 2**15, count, dtype="int16"),
    "uint8": lambda count: RNG.integers(0, 255, count, dtype="uint8"),
    "complex128": lambda count: RNG.normal(size=count) + 1j * RNG.normal(size=count),
}


def least(calls, rounds):
    """The shortest time of each call, in milliseconds; they take turns."""
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - begin)
    return {name: min(many) * 1e3 for name, many in times.items()}


def main(million):
    print(f"{'':34}{'NumPy ms':>10}{'ratio':>8}{'NumPy stable':>14}{'ratio':>8}")
    for count in (int(million * 1e4), int(million * 1e6)):
        for content, make in CASES.items():
            data = make(count)
            x = anp.asarray(data)
            for how in ("sort", "argsort"):
                theirs, ours = getattr(np, how), getattr(anp, how)
                took = least(
                    {
                        "default": lambda theirs=theirs, data=data: theirs(data),
                        "stable": lambda theirs=theirs, data=data: theirs(data, kind="stable"),
                        "ours": lambda ours=ours, x=x: ours(x),
                    },
                    5,
                )
                default, stable, mine = took["default"], took["stable"], took["ours"]
                name = f"{how} {count:,} {content}"
                print(
                    f"{name:34}{default:10.3f}{mine / default:8.2f}"
                    f"{stable:14.3f}{mine / stable:8.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2)
