"""1 GB to 100 tasks: what does each cost, and does each worker get a copy?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import _fresh
import _tasks
from _measure import Bench, Case, mebibytes, micro, milli, plain, reach, seconds, sized
from _rivals import ENGINES, groups, opened
from _runner import Runner

COUNT = sized(125_000_000)
TASKS = sized(100)
RIVALS = ("threads", "abreast", "joblib", "ray")
PUT = ("abreast", *ENGINES)
"""Those whose users can bring it to the workers before the call."""


def label(name: str, put: bool) -> str:
    return f"{name}, put before" if put else name


def case(runner: Runner, items: Callable[[], list[Any]], expected: float) -> Case:
    def measure() -> float:
        results: list[float] = []
        taken = seconds(lambda: results.extend(runner.map(_tasks.skim, items())))
        assert results == [expected] * TASKS
        return taken

    return measure


def each_time(name: str, runner: Runner, array: np.ndarray) -> Case:
    # An engine's user puts it in any case: without, it would be copied for each task.
    put = runner.put if name in ENGINES else lambda value: value
    return case(runner, lambda: [put(array)] * TASKS, _tasks.skim(array))


def before(name: str, runner: Runner, array: np.ndarray) -> Case:
    place: list[Any] = []
    taken = seconds(lambda: place.append(runner.put(array)))
    print(f"  {name}: the first put takes {plain(taken)}", flush=True)
    return case(runner, lambda: place * TASKS, _tasks.skim(array))


def times(bench: Bench, array: np.ndarray) -> None:
    for group in groups(RIVALS, base="threads"):
        with opened(group) as runners:
            rounds = sized(9 if len(runners) > 2 else 5)
            bench.run({name: each_time(name, one, array) for name, one in runners.items()}, rounds)
            # What is put stays, and would save the calls without it their copy: it comes last.
            cases = {"threads": each_time("threads", runners["threads"], array)}
            for name, runner in runners.items():
                if name in PUT:
                    cases[label(name, True)] = before(name, runner, array)
            bench.run(cases, rounds)


def main() -> None:
    array = np.arange(float(COUNT))
    size = array.nbytes
    title = f"{mebibytes(size)} to {TASKS} tasks that read a little all over it, 2 workers"
    bench = Bench(title, base="threads")
    times(bench, array)
    bench.table(milli, dict.fromkeys(ENGINES, "put in each call"))
    costs = {name: bench.above(name) / TASKS for name in bench.names() if name != "threads"}
    for name, cost in costs.items():
        print(f"  {name}: {micro(cost)} a task above threads")
    for put in (False, True):
        cost = costs[label("abreast", put)]
        what = "put before" if put else "put in the call"
        reach(f"under 1 ms a task, {what}", micro(cost), cost < 1e-3)

    ways = [(name, put) for name in RIVALS[1:] for put in (False, True)]
    print(
        f"\nmemory added to the workers by tasks that touch every page, in % of {mebibytes(size)}"
    )
    print(
        "  (private: that no other process has open then; copies: what is not even shared memory)"
    )
    # An engine's private memory is that of what was put, whenever that was.
    for name, put in [
        way for way in ways if label(*way) in costs and way[1] >= (way[0] in ENGINES)
    ]:
        arguments = (name, "put" if put else "plain", str(COUNT), str(TASKS))
        added = _fresh.measured("private", *arguments)
        dirty, copied = added["dirty"] / size, added["copied"] / size
        print(f"  {label(name, put)}: {dirty:.2%} private, of it {copied:.2%} copies", flush=True)
        if name == "abreast":
            reach("under 5% private", f"{dirty:.2%}", dirty < 0.05)


if __name__ == "__main__":
    main()
