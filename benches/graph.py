"""Graphs of 100,000 small tasks, a tree and a chain: what do building and computing them cost?"""

from __future__ import annotations

from functools import partial

import _fresh
import _graphs
from _measure import Bench, mebibytes, plain, quick, sized

TASKS = sized(100_000)
BASE = "abreast threads"
# The slow ones get fewer tasks, and their times are scaled to all of them; memory is not.
FEWER = {
    "tree": {"dask processes": 50, "ray": 50},
    "chain": {"dask threads": 50, "dask processes": 50, "ray": 50},
}


def installed() -> list[str]:
    names = []
    for name, engine in _graphs.KNOWN.items():
        if quick() and name == "ray":
            continue  # seconds of starting, many times
        try:
            engine()
        except ModuleNotFoundError:
            print(f"  {name} is not installed: pip install {engine.pip}", flush=True)
        else:
            names.append(name)
    return names


def tables(shape: str, names: list[str]) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    fewer = FEWER[shape]
    counts = {name: max(10, TASKS // fewer.get(name, 1)) for name in names}
    few = {name: f"{counts[name]:,} tasks" for name in names if name in fewer}
    scaled = {name: f"{text}, scaled" for name, text in few.items()}

    def compute(name: str) -> float:
        # Each in its own interpreter, gone before the next one starts.
        measured = _fresh.measured("graph", name, shape, str(counts[name]))
        scale = TASKS / counts[name]
        measured |= {key: measured[key] * scale for key in ("build", "compute")}
        measured["peak"] = measured["own"] + measured["workers"]
        found[name].append(measured)
        return measured["compute"]

    bench = Bench(f"{shape} of {TASKS:,} tasks, 2 workers: computing", base=BASE)
    rounds = sized(5)
    bench.run({name: partial(compute, name) for name in names}, rounds)
    bench.table(plain, scaled)
    for key, title in (("build", "building"), ("peak", "peak memory, all processes added up")):
        bench = Bench(f"{shape}: {title}", base=BASE)
        # Measured above: the same rounds once more.
        replayed = {name: iter([one[key] for one in found[name]]).__next__ for name in names}
        bench.run(replayed, rounds)
        bench.table(plain if key == "build" else mebibytes, scaled if key == "build" else few)
    for name in names:
        last = found[name][-1]
        parts = {part: mebibytes(last[part]) for part in ("own", "workers", "before")}
        print(
            f"  {name}: parent {parts['own']}, workers {parts['workers']}, all before the graph "
            f"{parts['before']}"
        )
    if shape == "chain" and "dask threads" in names:
        print("  Dask's time of building a chain grows with the square: scaling flatters it")
    print()


def main() -> None:
    names = installed()
    for shape in _graphs.SHAPES:
        tables(shape, names)


if __name__ == "__main__":
    main()
