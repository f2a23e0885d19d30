"""Small cost, stated: tiny tasks beside a plain loop, what a task costs, importing, reuse."""

from __future__ import annotations

from functools import partial

import _fresh
import _tasks
import abreast as ab
from _measure import Bench, micro, milli, quantile, reach, seconds, sized

SIZES = (sized(10_000), sized(100_000))
PLANS = ("processes", "threads")
TASK_LIMITS = {"processes": 50e-6, "threads": 5e-6}


def beside_the_loop(count: int) -> None:
    items = range(count)
    cost = seconds(lambda: [_tasks.microsecond(item) for item in items]) / count
    title = f"{count:,} calls of a function of {micro(cost)}, 2 warm workers, and the plain loop"
    bench = Bench(title, base="plain loop")
    cases = {"plain loop": partial(seconds, lambda: [_tasks.microsecond(item) for item in items])}
    for plan in PLANS:
        call = partial(ab.map, _tasks.microsecond, items, plan=f"{plan}:2")
        cases[f"abreast, {plan}"] = partial(seconds, call)
    bench.run(cases, sized(15))
    bench.table(milli, {"abreast, threads": "Python code: one thread at a time"})
    found = bench.ratio("abreast, processes")
    reach("at most 1.10 of the loop's time", f"{found:.2f}", found <= 1.10)


def task_cost(plan: str, limit: float) -> None:
    count, few = sized(100_000), sized(2_000)

    def mapped() -> float:
        return seconds(lambda: ab.map(_tasks.nothing, range(count))) / count

    def submitted() -> float:
        def call() -> None:
            ab.gather([ab.submit(_tasks.nothing) for _ in range(few)])

        return seconds(call) / few

    with ab.plan(plan, workers=2):
        bench = Bench(f"what a task costs, plan {plan!r}, 2 workers", base="map")
        bench.run({"map": mapped, "submit, then gather": submitted}, sized(9))
    bench.table(micro)
    for name in bench.names():
        found = bench.median(name)
        reach(f"{name}: at most {micro(limit)} a task", micro(found), found <= limit)


def reuse() -> None:
    def again() -> float:
        with ab.plan("processes", workers=2):
            return seconds(lambda: ab.map(_tasks.same, [0, 1]))

    times = [again() for _ in range(sized(50))]
    found = quantile(times, 0.5)
    print(f"a first map on a warm pool, in a new block: {milli(found)}")
    reach("at most 100 ms", milli(found), found <= 0.1)


def imports() -> None:
    times = [_fresh.measured("imports")["seconds"] for _ in range(sized(11) + 1)][1:]
    found = quantile(times, 0.5)
    band = f"{milli(quantile(times, 0.05))} to {milli(quantile(times, 0.95))}"
    print(f"import abreast and all its names, numpy being imported: {milli(found)} ({band})")
    reach("under 50 ms", milli(found), found < 0.05)


def main() -> None:
    for count in SIZES:
        beside_the_loop(count)
        print()
    for plan, limit in TASK_LIMITS.items():
        task_cost(plan, limit)
        print()
    reuse()
    imports()
    ab.shutdown()


if __name__ == "__main__":
    main()
