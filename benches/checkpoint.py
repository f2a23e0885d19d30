"""100,000 results of 100 bytes in a checkpoint: what does a task cost, the file, and a resume?"""

from __future__ import annotations

import pickle
import shelve
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import abreast as ab
from _measure import Bench, micro, plain, reach, seconds, sized
from abreast.checkpoint import ledger

RESULTS = sized(100_000)
FEW = sized(2_000)
"""For rivals that make a file for each result."""


def text(x: int) -> bytes:
    return b"%010d" % x * 10


def mapped(folder: Path, where: str) -> float:
    path = folder / "run"
    path.unlink(missing_ok=True)
    return seconds(lambda: ab.map(text, range(RESULTS), plan=where, checkpoint=path)) / RESULTS


def bare(where: str) -> float:
    return seconds(lambda: ab.map(text, range(RESULTS), plan=where)) / RESULTS


def resumed(folder: Path, where: str) -> float:
    ledger.forget()  # as in a new process
    return seconds(lambda: ab.map(text, range(RESULTS), plan=where, checkpoint=folder / "run"))


def in_sqlite(folder: Path, each: int) -> float:
    """Store results as a loop would, and commit after so many."""
    path = folder / "sqlite"
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute("pragma synchronous=off")
    base.execute("create table results (item integer primary key, value blob)")
    count = RESULTS if each > 1 else FEW

    def loop() -> None:
        for x in range(count):
            if x % each == 0:
                base.execute("begin")
            base.execute("insert into results values (?, ?)", (x, pickle.dumps(text(x))))
            if x % each == each - 1 or x == count - 1:
                base.execute("commit")

    taken = seconds(loop)
    base.close()
    return taken / count


def in_shelf(folder: Path) -> float:
    for old in folder.glob("shelf*"):
        old.unlink()

    def loop() -> None:
        with shelve.open(str(folder / "shelf"), "n") as shelf:
            for x in range(FEW):
                shelf[str(x)] = text(x)

    return seconds(loop) / FEW


def in_joblib(folder: Path) -> float:
    from joblib import Memory

    shutil.rmtree(folder / "joblib", ignore_errors=True)
    cached = Memory(folder / "joblib", verbose=0).cache(text)
    return seconds(lambda: [cached(x) for x in range(FEW)]) / FEW


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for where in ("processes:2", "serial"):
            bench = Bench(f"{RESULTS:,} results of 100 bytes on {where}: seconds a task")
            cases: dict[str, Callable[[], float]] = {
                "abreast": partial(mapped, folder, where),
                "without": partial(bare, where),
            }
            if where == "serial":
                cases |= {
                    "SQLite, a commit each": partial(in_sqlite, folder, 1),
                    "SQLite, a commit for 1,000": partial(in_sqlite, folder, 1_000),
                    "shelve": partial(in_shelf, folder),
                }
                if find_spec("joblib"):
                    cases["joblib.Memory"] = partial(in_joblib, folder)
            bench.run(cases, sized(7))
            bench.table(micro)
            cost = -bench.above("without")
            reach("at most 5 µs a task for the checkpoint", micro(cost), cost <= 5e-6)
            mapped(folder, where)
            size = (folder / "run").stat().st_size / (100 * RESULTS)
            reach("file at most twice the results", f"{size:.2f} times", size <= 2)
            again = Bench(f"the same call again on {where}: nothing left to run")
            again.run({"abreast": partial(resumed, folder, where)}, sized(7))
            again.table(plain)
            reach("below 0.5 s", plain(again.median()), again.median() < 0.5)
            print()


if __name__ == "__main__":
    main()
