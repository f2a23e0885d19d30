"""plan("dask") beside Dask's own client, on one cluster: small tasks, a large array, a chain."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import _tasks
import abreast as ab
from _measure import Bench, mebibytes, milli, rate, reach, seconds, sized

WORKERS = 2
COUNT = sized(10_000)
SIZE = sized(50_000_000)
TASKS = 8
STEPS = 4
ROUNDS = 2
"""Of the small tasks: a round of the rival takes 15 s."""
REST = 0.8
"""Seconds after which abreast has left the workers to others."""


def rested(case: Callable[[], None]) -> float:
    time.sleep(REST)
    return seconds(case)


def small(client: Any) -> None:
    def ours() -> None:
        assert ab.map(_tasks.same, range(COUNT)) == list(range(COUNT))

    def theirs() -> None:
        # Not pure: equal calls would be looked up, not run.
        futures = client.map(_tasks.same, range(COUNT), pure=False)
        assert client.gather(futures) == list(range(COUNT))

    bench = Bench(f"{COUNT:,} small tasks, {WORKERS} workers; a task")
    cases = {"abreast": partial(rested, ours), "client.map": partial(rested, theirs)}
    bench.run({name: lambda case=case: case() / COUNT for name, case in cases.items()}, ROUNDS)
    bench.table(rate)
    ratio = bench.ratio("client.map")
    reach("at least 10x client.map and gather", f"{ratio:.1f}x", ratio >= 10)


def large(client: Any) -> None:
    array = np.arange(float(SIZE))
    expected = [_tasks.skim(array)] * TASKS

    def ours() -> None:
        assert ab.map(lambda _n: _tasks.skim(array), range(TASKS)) == expected

    def theirs() -> None:
        place = client.scatter(array, broadcast=True, hash=False)
        futures = [client.submit(_tasks.skim, place, pure=False) for _ in range(TASKS)]
        assert client.gather(futures) == expected

    def once() -> None:
        place = client.scatter(array, hash=False)
        futures = [client.submit(_tasks.skim, place, pure=False) for _ in range(TASKS)]
        assert client.gather(futures) == expected

    bench = Bench(f"{TASKS} tasks over one array of {mebibytes(array.nbytes)}, {WORKERS} workers")
    cases = {"abreast": ours, "scatter": once, "scatter, broadcast": theirs}
    bench.run({name: partial(rested, case) for name, case in cases.items()}, sized(5))
    bench.table(milli)
    ratio = min(bench.ratio("scatter"), bench.ratio("scatter, broadcast"))
    reach("not slower than scatter", f"{ratio:.2f}x", ratio >= 1)


def chain(client: Any) -> None:
    """Each step takes the 95 MiB of the one before; only the last result is small."""
    length = SIZE // 4
    expected = _tasks.skim(np.arange(float(length)) + STEPS)

    def ours() -> None:
        future: Any = ab.submit(np.arange, float(length))
        for _ in range(STEPS):
            future = ab.submit(np.add, future, 1.0)
        assert ab.submit(_tasks.skim, future).result() == expected

    def asked() -> None:
        value = ab.submit(np.arange, float(length)).result()
        for _ in range(STEPS):
            value = ab.submit(np.add, value, 1.0).result()
        assert ab.submit(_tasks.skim, value).result() == expected

    def theirs() -> None:
        future = client.submit(np.arange, float(length), pure=False)
        for _ in range(STEPS):
            future = client.submit(np.add, future, 1.0, pure=False)
        assert client.submit(_tasks.skim, future, pure=False).result() == expected

    bench = Bench(f"a chain of {STEPS + 2} tasks over {mebibytes(8 * length)}, {WORKERS} workers")
    cases = {"abreast": ours, "through the caller": asked, "Dask's futures": theirs}
    bench.run({name: partial(rested, case) for name, case in cases.items()}, sized(5))
    bench.table(milli)
    # Dask hands a task the very object that another one made, and abreast a copy when written.
    ratio = bench.ratio("through the caller")
    reach("at least twice as fast as through the caller", f"{ratio:.2f}x", ratio >= 2)


def main() -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        client.run(_tasks.nothing)
        ab.plan("dask", cluster=cluster)
        small(client)
        print()
        large(client)
        print()
        chain(client)
        ab.shutdown()


if __name__ == "__main__":
    main()
