"""8 tasks over one array of 400 MB: is it copied, and are processes as fast as threads?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np

import _fresh
import abreast as ab
from _measure import Bench, Case, mebibytes, milli, quick, reach, seconds, sized
from _rivals import ENGINES, groups, opened
from _runner import Runner

COUNT = sized(50_000_000)
TASKS = 8
WARM = ("threads", "abreast", "joblib", "dask", "ray")
# It pickles the array once a task, as do dask's processes: seconds, so one measurement is enough.
SLOW = ("Pool",)
DASK = "dask processes"
FIRST = "abreast, first call"
COPY = "its copy alone"
CAPTURED = "abreast, captured"
NOTES = {
    COPY: "NumPy, in fresh processes",
    FIRST: "in fresh processes: no memory was used before",
    CAPTURED: "by a closure",
    "Pool": "once",
    DASK: "once; it starts its workers for each call",
}


def case(call: Callable[[Any], list[float]], items: Callable[[], Any], mean: float) -> Case:
    def measure() -> float:
        results: list[float] = []
        taken = seconds(lambda: results.extend(call(items())))
        assert results == [mean] * TASKS
        return taken

    return measure


def dask_processes(items: Sequence[np.ndarray]) -> list[float]:
    """Dask without its cluster: the scheduler that `compute` takes for Python code."""
    import dask

    array = dask.delayed(items[0])
    return list(dask.compute(*[dask.delayed(np.mean)(array) for _ in items], scheduler="processes"))


def each_time(name: str, runner: Runner, array: np.ndarray) -> dict[str, Case]:
    """Pass the array to the call; an engine's user puts it, or each task would pickle it."""
    call, mean = partial(runner.map, np.mean), np.mean(array)
    if name in ENGINES:
        return {f"{name}, put each time": case(call, lambda: [runner.put(array)] * TASKS, mean)}
    cases = {name: case(call, lambda: [array] * TASKS, mean)}
    if name == "abreast":

        def captured(items: range) -> list[float]:
            return runner.map(lambda _: np.mean(array), items)

        cases[CAPTURED] = case(captured, lambda: range(TASKS), mean)
    return cases


def before(name: str, runner: Runner, array: np.ndarray) -> dict[str, Case]:
    """Bring the array to the workers before the call."""
    if name not in ("abreast", *ENGINES):
        return {}
    place = runner.put(array)
    call = partial(runner.map, np.mean)
    return {f"{name}, put before": case(call, lambda: [place] * TASKS, np.mean(array))}


def main() -> None:
    array = np.arange(float(COUNT))
    fresh: list[dict[str, float]] = []

    def first() -> float:
        fresh.append(_fresh.measured("first", str(COUNT)))
        return fresh[-1]["seconds"]

    def copy() -> float:
        return _fresh.measured("copy", str(COUNT))["seconds"]

    size = mebibytes(array.nbytes)
    bench = Bench(f"np.mean of one array of {size} in {TASKS} tasks, 2 workers", base="threads")
    for group in groups(WARM if quick() else (*SLOW, *WARM), base="threads"):
        with opened(group) as runners:
            base = each_time("threads", runners["threads"], array)
            warm = {name: runner for name, runner in runners.items() if name not in SLOW}
            rounds = sized(11 if len(runners) > 2 else 5)
            # What is put stays, and would save the calls without it their copy: it comes last.
            for way in (each_time, before):
                cases = dict(base)
                for name, runner in warm.items():
                    cases |= way(name, runner, array)
                if CAPTURED in cases:
                    cases |= {FIRST: first, COPY: copy}
                bench.run(cases, rounds)
            if "abreast" in runners:
                print(ab.report())
            if "Pool" in runners:
                bench.run(base | each_time("Pool", runners["Pool"], array), 1)
            if "dask" in runners and not quick():
                once = case(dask_processes, lambda: [array] * TASKS, np.mean(array))
                bench.run({**base, DASK: once}, 1)
    bench.table(milli, NOTES)
    warm, shared = bench.ratio("abreast"), bench.ratio("abreast, put before")
    reach("at most 1.60 of the threads' time, warm", f"{warm:.2f}", warm <= 1.6)
    reach("at most 1.15, shared before", f"{shared:.2f}", shared <= 1.15)
    found = bench.ratio(FIRST)
    reach("at most 4.00, first call", f"{found:.2f}", found <= 4)
    copies = median(one["peak"] / one["size"] for one in fresh)
    reach("one copy: peak of shared memory over the array", f"{copies:.2f}", copies <= 1.01)


if __name__ == "__main__":
    main()
