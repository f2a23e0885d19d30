"""1,000 arrays of 1 MB back from tasks, kept by the caller: what does it cost to get them?"""

from __future__ import annotations

from functools import partial

import numpy as np

import _tasks
from _measure import Bench, milli, quick, reach, seconds, sized
from _rivals import groups, opened
from _runner import Runner

ARRAYS = sized(1_000)
RIVALS = ("abreast", "Pool", "joblib", "ray")


def back(runner: Runner, read: bool) -> float:
    results: list[np.ndarray] = []
    sums: list[float] = []

    def call() -> None:
        results.extend(runner.map(_tasks.megabyte, range(ARRAYS)))
        if read:
            sums.extend(float(array.sum()) for array in results)

    taken = seconds(call)
    found = sums or [float(array.sum()) for array in results]
    # Given back before the next measurement, and not within this one.
    results.clear()
    assert found == [125_000.0 * number for number in range(ARRAYS)]
    return taken


def main() -> None:
    what = f"{ARRAYS:,} arrays of 1 MB back from tasks"
    titles = {False: f"{what}, 2 workers", True: f"{what}, and read once by the caller"}
    for read, title in titles.items():
        bench = Bench(title)
        # Ray takes seconds to start: for --quick, once is enough.
        for group in groups(RIVALS[:-1] if quick() and read else RIVALS):
            with opened(group) as runners:
                cases = {name: partial(back, runner, read) for name, runner in runners.items()}
                bench.run(cases, sized(9 if len(runners) > 2 else 5))
        bench.table(milli)
        found = bench.ratio("Pool")
        reach("at least 5 times as fast as Pool", f"{found:.1f} times", found >= 5)
        print()


if __name__ == "__main__":
    main()
