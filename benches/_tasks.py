"""The functions the benches run as tasks: importable by any worker, and importing nothing heavy."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def nothing(_item: Any = None) -> None:
    """Do nothing."""


def same(item: Any) -> Any:
    """Return the item: a small result."""
    return item


def sleep(seconds: float) -> None:
    """Take a known time, whatever else the machine does."""
    time.sleep(seconds)


def microsecond(item: int) -> int:
    """Compute for about a microsecond, in plain Python."""
    for step in range(40):
        item ^= step
    return item


def numpy(seconds: float) -> None:
    """Import NumPy, and leave the other workers time to do it too."""
    import numpy  # noqa: F401

    time.sleep(seconds)


def touch(array: np.ndarray) -> float:
    """Read one value of every page: little work that needs all of the memory."""
    return float(array[:: 4096 // array.itemsize].sum())


def skim(array: np.ndarray) -> float:
    """Read one value of every 256 KiB, from one end to the other: next to no work."""
    return float(array[:: 2**18 // array.itemsize].sum())


def private(array: np.ndarray) -> tuple[int, int, int]:
    """Touch it; return which process this is, its private bytes, and those that are copies.

    Linux counts shared memory as private while no other process has it open. Copies are anonymous
    memory; of that, what a forked child still has in common with its parent is not private.
    """
    touch(array)
    lines = [line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines()]
    sizes = {line[0]: int(line[1]) * 1024 for line in lines if line[-1] == "kB"}
    dirty = sizes["Private_Dirty:"]
    return os.getpid(), dirty, min(dirty, sizes["Anonymous:"])


def megabyte(number: int) -> np.ndarray:
    """Return an array of 1 MB."""
    import numpy as np

    return np.full(125_000, float(number))


def add(x: int, y: int) -> int:
    """Add up two results."""
    return x + y


def unpack(path: Path) -> int:
    """Unpack a file, and do nothing with it."""
    import bz2

    return len(bz2.decompress(path.read_bytes()))


def extremes(path: Path) -> tuple[float, float]:
    """Return the least and the largest value of a column of a packed file."""
    import bz2

    import pyarrow.csv

    # Unpacked here, in one piece: a reader that unpacks piece by piece hands each piece over.
    table = pyarrow.csv.read_csv(
        pyarrow.py_buffer(bz2.decompress(path.read_bytes())),
        read_options=pyarrow.csv.ReadOptions(encoding="latin1", use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(delimiter=";"),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=["kelvin"], column_types={"kelvin": pyarrow.float64()}
        ),
    )
    import pyarrow.compute

    found = pyarrow.compute.min_max(table["kelvin"]).as_py()
    return found["min"], found["max"]
