"""One program for one core, for many, and for a cluster: pi by throwing darts, in two nested maps.

Shows that nothing in the program says where it runs. What the functions use (a constant, another
function, NumPy) is found by itself, each task draws from a stream of its own, and the inner map
runs where the plan says. Any plan prints the same digits.

Prints for each of four experiments its number of darts, the share inside the circle, and the value
of pi that follows; and their mean.

Run it, also on another plan, and on machines that ssh reaches::

    python examples/anywhere.py
    ABREAST_PLAN=threads python examples/anywhere.py
    ABREAST_PLAN=dask python examples/anywhere.py

On a cluster, one line comes first: ``ab.plan("dask", address="tcp://host:8786")``, or
``ab.plan("dask", hosts=["host1", "host2"])``.
"""

import numpy as np

import abreast as ab

DARTS = 5000
ROUNDS = 4


def inside(darts):
    """Count the darts inside the circle."""
    return int(((darts**2).sum(axis=1) <= 1).sum())


def throw(_, rng):
    """Throw the darts of one round."""
    return inside(rng.random((DARTS, 2)))


def experiment(number):
    """Return the share of the darts of several rounds."""
    hits = ab.map(throw, range(ROUNDS), seed=number)
    return sum(hits) / (ROUNDS * DARTS)


shares = ab.map(experiment, range(4))
for share in shares:
    print(f"of {ROUNDS * DARTS} darts a share of {share:.5f} so pi is {4 * share:.5f}")
print(f"mean {4 * np.mean(shares):.6f}")
