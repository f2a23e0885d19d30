"""A million small results: how much memory do they need on the way?"""

from __future__ import annotations

from statistics import median

import _fresh
from _measure import Bench, mebibytes, plain, reach, sized

RESULTS = sized(1_000_000)
NAMES = ("abreast", "Pool")


def main() -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}

    def peak(name: str) -> float:
        measured = _fresh.measured("memory", name, str(RESULTS))
        found[name].append(measured)
        return measured["own"] + measured["workers"]

    def middle(name: str, key: str) -> float:
        return median(measured[key] for measured in found[name])

    bench = Bench(f"a map of {RESULTS:,} ints, 2 workers: peak memory, all processes added up")
    bench.run({name: lambda name=name: peak(name) for name in NAMES}, sized(9))
    bench.table(mebibytes)
    for name in NAMES:
        parts = {key: mebibytes(middle(name, key)) for key in ("own", "workers", "before")}
        print(
            f"  {name}: parent {parts['own']}, workers {parts['workers']}, all before the map "
            f"{parts['before']}; the map took {plain(middle(name, 'seconds'))}"
        )
    mine, limit = bench.median(), bench.median("Pool")
    reach(f"peak not above Pool's, {mebibytes(limit)}", mebibytes(mine), mine <= limit)


if __name__ == "__main__":
    main()
