"""Graphs of 100,000 tasks that do nothing: what does a task cost, and a node that is only made?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from _graphs import PROCESSES, THREADS, Runner, answer, chain, tree
from _measure import Bench, micro, reach, seconds, sized

TASKS = sized(100_000, least=200)
# The slow ones get fewer tasks, as what is compared is the time of one.
FEWER = {"dask": 20, "ray": 50}
NOTES = {name: f"{max(100, TASKS // less):,} tasks" for name, less in FEWER.items()}
WORKERS = 2


@contextmanager
def opened(kind: type[Runner]) -> Iterator[Runner | None]:
    """Open a runner with its workers running, if it is installed."""
    try:
        runner = kind()
    except ModuleNotFoundError:
        print(f"  not installed: pip install {kind.pip}", flush=True)
        yield None
        return
    runner.open(WORKERS)
    try:
        # Once before, so that workers run and functions are known.
        task_time(runner, tree, 200)
        yield runner
    finally:
        runner.close()


def task_time(runner: Runner, shape: Callable[..., Any], tasks: int) -> float:
    """Return seconds a task, making the graph included."""
    results = []
    taken = seconds(
        lambda: results.append(runner.compute(shape(*runner.makers(), tasks)))  # all of it
    )
    assert results == [answer(shape, tasks)], results
    return taken / tasks


def node_time(runner: Runner, tasks: int) -> float:
    """Return the seconds that making a node takes, dropping it included."""
    leaf, node = runner.makers()
    given = leaf(1)

    def make() -> None:
        for _ in range(tasks):
            node(given, 2)

    return seconds(make) / tasks


def measure(title: str, kinds: dict[str, type[Runner]], least: float, case: Any) -> None:
    bench = Bench(title)
    with opened(kinds["abreast"]) as ours:
        for name, kind in kinds.items():
            # A rival's processes keep taking time, so each is beside abreast alone.
            if kind is kinds["abreast"]:
                continue
            print(f"  beside {name}", flush=True)
            with opened(kind) as rival:
                runners = {"abreast": ours, **({name: rival} if rival else {})}
                cases = {
                    each: (lambda runner=runner, each=each: case(runner, count(each)))
                    for each, runner in runners.items()
                }
                bench.run(cases, sized(5, least=1))
    bench.table(micro, NOTES)
    for name in bench.names():
        if name != "abreast":
            ratio = bench.ratio(name)
            reach(f"{least:.0f} times quicker than {name}", f"{ratio:,.1f}", ratio >= least)


def count(name: str) -> int:
    """Return how many tasks a runner gets."""
    return max(100, TASKS // FEWER.get(name, 1))


def main() -> None:
    for where, kinds in (("threads", THREADS), ("processes", PROCESSES)):
        for shape in (tree, chain):
            measure(
                f"a {shape.__name__} of {TASKS:,} tasks on {WORKERS} {where}, made and computed",
                kinds,
                20,
                lambda runner, tasks, shape=shape: task_time(runner, shape, tasks),
            )
    measure("making a node: delayed(f)(x, 2)", THREADS, 10, node_time)


if __name__ == "__main__":
    sys.exit(main())
