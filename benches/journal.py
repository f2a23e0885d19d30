"""Tasks of 100 µs, with journal and progress and without: what does it cost to know?"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import _tasks
import abreast as ab
from _measure import Bench, micro, rate, reach, seconds, sized

TASKS = sized(20_000)
NOTHING = sized(200_000)
SUBMITS = sized(2_000)


def busy(_: object) -> None:
    """Compute for 100 µs."""
    end = time.perf_counter_ns() + 100_000
    while time.perf_counter_ns() < end:
        pass


def told(_done: int, _total: int | None) -> None:
    """Take the progress, as a bar would."""


def measured(journal: bool, call: Callable[[], object], count: int) -> float:
    ab.config.set(journal=journal)
    try:
        return seconds(call) / count
    finally:
        ab.config.set(journal=True)


def busy_tasks(progress: bool) -> None:
    ab.map(busy, range(TASKS), progress=told if progress else False)


def no_ops() -> None:
    ab.map(_tasks.nothing, range(NOTHING))


def submits() -> None:
    for _ in range(SUBMITS):
        ab.submit(_tasks.nothing).result()


def main() -> None:
    ab.plan("processes", workers=2)
    bench = Bench(f"{TASKS:,} tasks of 100 µs, 2 workers", base="off")
    cases = {
        "off": partial(measured, False, partial(busy_tasks, False), TASKS),
        "journal": partial(measured, True, partial(busy_tasks, False), TASKS),
        "journal and progress": partial(measured, True, partial(busy_tasks, True), TASKS),
    }
    bench.run(cases, sized(11))
    bench.table(micro)
    ratio = bench.ratio("journal and progress")
    reach("at most 1 % slower", f"{100 * (ratio - 1):+.2f} %", ratio <= 1.01)
    for title, call, count, show in (
        (f"{NOTHING:,} tasks that do nothing, 2 workers", no_ops, NOTHING, rate),
        (f"{SUBMITS:,} submits, one after the other", submits, SUBMITS, micro),
    ):
        bench = Bench(title, base="off")
        bench.run(
            {
                "off": partial(measured, False, call, count),
                "journal": partial(measured, True, call, count),
            },
            sized(11),
        )
        bench.table(show)
        ratio = bench.ratio("journal")
        reach("at most 3 % slower", f"{100 * (ratio - 1):+.2f} %", ratio <= 1.03)


if __name__ == "__main__":
    main()
