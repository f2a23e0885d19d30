"""100,000 tasks that do nothing, through map, on 2 workers: what does a task cost?"""

from __future__ import annotations

from functools import partial

import _tasks
from _measure import Bench, rate, reach, seconds, sized
from _rivals import groups, opened
from _runner import Runner

TASKS = sized(100_000)
# The slow ones get fewer tasks, as what is compared is the time of one.
FEWER = {"ProcessPoolExecutor": 10, "joblib": 5, "dask": 100, "ray": 20}
RIVALS = ("abreast", "Pool chunksize=1", "Pool", "ProcessPoolExecutor", "joblib", "dask", "ray")
NOTES = {
    "Pool": "4 chunks a worker, fixed beforehand: not balanced",
    **{name: f"{max(2, TASKS // less):,} tasks" for name, less in FEWER.items()},
}


def task_time(runner: Runner, count: int) -> float:
    results: list[object] = []
    taken = seconds(lambda: results.extend(runner.map(_tasks.nothing, range(count))))
    assert results == [None] * count
    return taken / count


def main() -> None:
    bench = Bench(f"{TASKS:,} no-op tasks through map, 2 workers, no chunk size set")
    for group in groups(RIVALS):
        with opened(group) as runners:
            cases = {
                name: partial(task_time, runner, max(2, TASKS // FEWER.get(name, 1)))
                for name, runner in runners.items()
            }
            bench.run(cases, sized(11 if len(runners) > 2 else 5))
    bench.table(rate, NOTES)
    found = 1 / bench.median()
    reach("at least 4,000,000 tasks/s", f"{found:,.0f}/s", found >= 4e6)


if __name__ == "__main__":
    main()
