"""The least and the largest value of a column, over six compressed files, in one pass.

Shows that two results of one computation share their work: each file is unpacked and read once. The
files are CSV, in latin1, packed with bz2; pandas reads them, told the types of the columns.

Prints for each file how many rows it has, its least and its largest temperature, and the two over
all files.

Run it, also on another plan (`pip install '.[demo]' pandas` brings what it reads with)::

    python examples/compressed_files.py
    ABREAST_PLAN=threads python examples/compressed_files.py
    ABREAST_PLAN=dask python examples/compressed_files.py
"""

import bz2
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import abreast as ab

FILES = 6
ROWS = 4000
PLACES = ["Málaga", "Düsseldorf", "Besançon", "Tromsø"]


def write(path, number):
    """Make one of the files."""
    rng = np.random.default_rng([7, number])
    degrees = rng.normal(280 + number, 8, ROWS).round(2)
    places = rng.choice(PLACES, ROWS)
    lines = [f"{place};{degree}" for place, degree in zip(places, degrees, strict=True)]
    path.write_bytes(bz2.compress("\n".join(["place;kelvin", *lines]).encode("latin1")))


def read(path):
    """Return the rows of a file."""
    types = {"place": "category", "kelvin": "float64"}
    return pd.read_csv(path, sep=";", encoding="latin1", compression="bz2", dtype=types)


def extremes(table):
    """Return what is asked of one file."""
    return len(table), float(table["kelvin"].min()), float(table["kelvin"].max())


def least(found):
    """Return the least of all."""
    return min(low for _, low, _ in found)


def largest(found):
    """Return the largest of all."""
    return max(high for _, _, high in found)


with tempfile.TemporaryDirectory() as folder:
    paths = [Path(folder) / f"station{number}.csv.bz2" for number in range(FILES)]
    for number, path in enumerate(paths):
        write(path, number)
    parts = [ab.delayed(extremes)(ab.delayed(read)(path)) for path in paths]
    found, low, high = ab.compute(parts, ab.delayed(least)(parts), ab.delayed(largest)(parts))

for number, (rows, coldest, warmest) in enumerate(found):
    print(f"file {number} has {rows} rows from {coldest:.2f} to {warmest:.2f} kelvin")
print(f"over all {low:.2f} to {high:.2f} kelvin")
