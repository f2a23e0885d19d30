"""Least and largest value of six bz2 files on two processes, beside unpacking alone."""

from __future__ import annotations

import bz2
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import _tasks
import abreast as ab
from _measure import Bench, mebibytes, milli, reach, seconds, sized

FILES = 6
ROWS = sized(2_000_000, 1000)


def write(path: Path, number: int) -> int:
    import numpy as np

    degrees = np.random.default_rng(number).normal(280, 8, ROWS).round(1)
    text = "Málaga;" + "\nMálaga;".join(map(str, degrees.tolist()))
    data = f"place;kelvin\n{text}\n".encode("latin1")
    path.write_bytes(bz2.compress(data))
    return len(data)


def unpack(executor: ThreadPoolExecutor, paths: list[Path]) -> float:
    # bz2 lets other threads run, so threads are the quickest way to use two cores.
    return seconds(lambda: list(executor.map(_tasks.unpack, paths)))


def extremes(paths: list[Path]) -> float:
    def run() -> None:
        found = ab.map(_tasks.extremes, paths)
        assert min(low for low, _ in found) < 280 < max(high for _, high in found)

    return seconds(run)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
        paths = [Path(folder) / f"{number}.csv.bz2" for number in range(FILES)]
        with ab.plan("processes", workers=2):
            size = sum(ab.map(write, paths, range(FILES)))
            bench = Bench(f"six bz2 files of {mebibytes(size)} in all, 2 workers")
            cases = {
                "abreast": partial(extremes, paths),
                "unpacking alone, 2 threads": partial(unpack, executor, paths),
            }
            bench.run(cases, sized(5))
            ab.shutdown()
    bench.table(milli)
    ratio = 1 / bench.ratio("unpacking alone, 2 threads")
    reach("at most 1.1x unpacking alone", f"{ratio:.2f}x", ratio <= 1.1)


if __name__ == "__main__":
    main()
