"""One integral by loop, by NumPy and by map on several plans: which is fastest at which size?

Shows `compare`: it times functions over a range of sizes, in turns, checks that they agree, and
says from which size on which of them wins. `found.plot()` draws the picture.

Prints for each number of points the integral of exp(-x^2) from 0 to 1 by the midpoint rule, its
error, and then the runtimes. The integrals are the same at every run, the runtimes are this
machine's.

Run it, also on another plan, which the line "plan in force" is then measured on::

    python examples/compare.py
    ABREAST_PLAN=threads python examples/compare.py
"""

import math
from functools import partial

import numpy as np

import abreast as ab

SIZES = [10**k for k in range(2, 6)]
PARTS = 8


def loop(n, start=0, stop=None):
    """Sum up in Python."""
    total = 0.0
    for i in range(start, n if stop is None else stop):
        x = (i + 0.5) / n
        total += math.exp(-x * x)
    return total / n


def vectorised(n):
    """Sum up with NumPy."""
    x = (np.arange(n) + 0.5) / n
    return float(np.exp(-x * x).sum()) / n


def in_parts(n, plan=None):
    """Sum up in Python, each part of the interval a task."""
    ends = [n * part // PARTS for part in range(PARTS + 1)]
    return sum(ab.map(partial(loop, n), ends[:-1], ends[1:], plan=plan))


exact = math.sqrt(math.pi) / 2 * math.erf(1)
print("points  integral      error")
for n in SIZES:
    print(f"{n:6}  {loop(n):.10f}  {loop(n) - exact:.12f}")

found = ab.compare(
    {
        "loop": loop,
        "NumPy": vectorised,
        "plan in force": in_parts,
        "processes:2": partial(in_parts, plan="processes:2"),
    },
    SIZES,
    check=True,
    repeats=5,
    seconds=0.02,
)
print(f"\nRuntimes\n{found}")
