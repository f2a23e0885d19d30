"""`ab.Executor` beside `ProcessPoolExecutor`: one task there and back, many at once, and `map`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from functools import partial
from multiprocessing import get_context
from typing import Any

import _tasks
import abreast as ab
from _measure import Bench, micro, reach, seconds, sized

WORKERS = 2
TIMES = 300
MANY = 2000
RIVAL = "ProcessPoolExecutor"


def one(executor: Executor) -> list[float]:
    return [seconds(lambda: executor.submit(_tasks.nothing).result()) for _ in range(sized(TIMES))]


def many(executor: Executor) -> float:
    """Seconds a task."""
    count = sized(MANY)

    def run() -> None:
        futures = [executor.submit(abs, -number) for number in range(count)]
        wait(futures)
        assert futures[-1].result() == count - 1

    return seconds(run) / count


def mapped(executor: Executor, **options: int) -> float:
    """Seconds an item."""
    count = sized(MANY)
    return seconds(lambda: list(executor.map(abs, range(count), **options))) / count


def measure(title: str, case: Callable[..., Any], rival: Callable[..., Any] | None = None) -> None:
    bench = Bench(title)
    with (
        ab.Executor("processes", workers=WORKERS) as ours,
        ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as theirs,
    ):
        bench.run({"abreast": partial(case, ours), RIVAL: partial(rival or case, theirs)}, sized(9))
        bench.table(micro)
    reach(f"faster than {RIVAL}", f"{bench.ratio(RIVAL):.1f}x", bench.ratio(RIVAL) >= 1)


def main() -> None:
    measure("submit a no-op and wait for it", one)
    print()
    measure("submit 2,000 small tasks, then wait for all; a task", many)
    print()
    measure("map over 2,000 items; an item", mapped)
    print()
    measure("the same, the rival with chunksize=100", mapped, partial(mapped, chunksize=100))


if __name__ == "__main__":
    main()
