"""One call of a delayed function: what does it cost to say what shall be computed?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import _tasks
import abreast as ab
from _measure import Bench, micro, reach, seconds, sized

TIMES = sized(1_000)
Delayed = Callable[[Callable[..., Any]], Callable[..., Any]]


def each_time(delayed: Delayed) -> Callable[[], object]:
    return lambda: delayed(_tasks.add)(1, 2)


def kept(delayed: Delayed) -> Callable[[], object]:
    add = delayed(_tasks.add)
    return lambda: add(1, 2)


def values(delayed: Delayed) -> Callable[[], object]:
    add = delayed(_tasks.add)
    x, y = add(1, 2), add(3, 4)
    return lambda: add(x, y)


WAYS = {
    "delayed(f)(x, y)": each_time,
    "g = delayed(f); g(x, y)": kept,
    "g(x, y) of two delayed values": values,
}


def cost(call: Callable[[], object]) -> float:
    def loop() -> None:
        for _ in range(TIMES):
            call()

    return seconds(loop) / TIMES


def main() -> None:
    known: dict[str, Delayed] = {"abreast": ab.delayed}
    try:
        import dask

        known["dask"] = dask.delayed
    except ModuleNotFoundError:
        print("  dask is not installed: pip install dask")
    for title, way in WAYS.items():
        bench = Bench(title)
        bench.run({name: partial(cost, way(delayed)) for name, delayed in known.items()}, sized(51))
        bench.table(micro)
        if "dask" in known:
            found = bench.ratio("dask")
            reach("at least 10 times below Dask's", f"{found:.1f} times", found >= 10)
        print()


if __name__ == "__main__":
    main()
