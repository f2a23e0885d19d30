"""Submit one task that does nothing and wait for it: how long is the way there and back?"""

from __future__ import annotations

from functools import partial

import cloudpickle

import _tasks
from _measure import Bench, micro, quantile, reach, seconds, sized
from _rivals import groups, opened
from _runner import Function, Runner

TIMES = {"abreast": 1000, "joblib": 50, "dask": 20, "ray": 100}  # in a round; others OTHERS
OTHERS = 300
RIVALS = ("abreast", "Pool", "ProcessPoolExecutor", "joblib", "dask", "ray")
LIMIT = 15e-6


def nothing() -> None:
    """Do nothing, as a function of the program itself, which no worker can import."""


def ways(runner: Runner, function: Function, times: int) -> list[float]:
    return [seconds(lambda: runner.submit(function)) for _ in range(times)]


def measure(title: str, function: Function) -> float:
    """Print a table and return abreast's median."""
    bench = Bench(title)
    for group in groups(RIVALS):
        with opened(group) as runners:
            cases = {
                name: partial(ways, runner, function, sized(TIMES.get(name, OTHERS)))
                for name, runner in runners.items()
            }
            bench.run(cases, sized(7 if len(runners) > 2 else 5))
    bench.table(micro)
    return bench.median()


def main() -> None:
    found = measure("submit a no-op and wait: an importable function", _tasks.nothing)
    reach("median at most 15 µs", micro(found), found <= LIMIT)
    print()
    found = measure("submit a no-op and wait: a function of __main__", nothing)
    times = [seconds(lambda: cloudpickle.dumps(nothing)) for _ in range(sized(1000))]
    pickling = quantile(times, 0.5)
    limit = LIMIT + pickling
    what = f"median at most 15 µs and one cloudpickle.dumps ({micro(pickling)}), {micro(limit)}"
    reach(what, micro(found), found <= limit)


if __name__ == "__main__":
    main()
