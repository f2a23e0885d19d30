"""How abreast and each rival run a map and a submit: opened once, warmed up, closed at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import _tasks
from _engines import Dask, Ray
from _measure import BASE
from _runner import Function, Runner


class Abreast(Runner):
    def __init__(self) -> None:
        import abreast

        self._abreast = abreast
        self._map, self._submit = abreast.map, abreast.submit

    def open(self, workers: int) -> None:
        self._abreast.plan("processes", workers=workers)

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        return self._map(function, items)

    def put(self, value: Any) -> Any:
        return self._abreast.share(value)

    def submit(self, function: Function) -> Any:
        return self._submit(function).result()

    def close(self) -> None:
        self._abreast.shutdown()


class Threads(Runner):
    """concurrent.futures: what no process can beat where tasks release the GIL."""

    def __init__(self) -> None:
        import concurrent.futures

        self._kind = concurrent.futures.ThreadPoolExecutor

    def open(self, workers: int) -> None:
        self._executor = self._kind(workers)

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        return list(self._executor.map(function, items))

    def submit(self, function: Function) -> Any:
        return self._executor.submit(function).result()

    def close(self) -> None:
        self._executor.shutdown()


class Pool(Runner):
    """multiprocessing's, by fork, its quickest: with its own chunks, a quarter of a worker each."""

    method = "fork"
    chunksize: int | None = None

    def __init__(self) -> None:
        import multiprocessing
        import multiprocessing.pool

        self._context = multiprocessing.get_context(self.method)

    def open(self, workers: int) -> None:
        self._pool = self._context.Pool(workers)

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        return self._pool.map(function, items, self.chunksize)

    def submit(self, function: Function) -> Any:
        return self._pool.apply(function)

    def close(self) -> None:
        self._pool.close()
        self._pool.join()


class PoolOnes(Pool):
    """The same, balanced: each task is handed out when a worker is free."""

    chunksize = 1


class PoolStatic(Pool):
    """The same, with one chunk a worker, as a loop is cut up by hand."""

    def open(self, workers: int) -> None:
        super().open(workers)
        self._workers = workers

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        return self._pool.map(function, items, -(-len(items) // self._workers))


class PoolSpawn(Pool):
    """The same, with fresh interpreters for workers."""

    method = "spawn"


class Executor(Runner):
    def __init__(self) -> None:
        import concurrent.futures.process
        import multiprocessing

        self._context = multiprocessing.get_context("fork")
        self._kind = concurrent.futures.process.ProcessPoolExecutor

    def open(self, workers: int) -> None:
        self._executor = self._kind(workers, mp_context=self._context)

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        return list(self._executor.map(function, items))

    def submit(self, function: Function) -> Any:
        return self._executor.submit(function).result()

    def close(self) -> None:
        self._executor.shutdown()


class Joblib(Runner):
    """Its Parallel, on loky; it has no submit, so that is a list of one."""

    pip = "joblib"

    def __init__(self) -> None:
        import joblib

        self._joblib = joblib

    def open(self, workers: int) -> None:
        self._parallel = self._joblib.Parallel(n_jobs=workers).__enter__()

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        delayed = self._joblib.delayed(function)
        return list(self._parallel(delayed(item) for item in items))

    def submit(self, function: Function) -> Any:
        return self._parallel([self._joblib.delayed(function)()])[0]

    def close(self) -> None:
        from joblib.externals.loky import get_reusable_executor

        self._parallel.__exit__(None, None, None)
        get_reusable_executor().shutdown(wait=True)


# Those that fork stand first: they are opened while this process has no threads of others.
KNOWN: dict[str, type[Runner]] = {
    "Pool": Pool,
    "Pool chunksize=1": PoolOnes,
    "Pool static": PoolStatic,
    "ProcessPoolExecutor": Executor,
    "Pool by spawn": PoolSpawn,
    "threads": Threads,
    "joblib": Joblib,
    "abreast": Abreast,
    "dask": Dask,
    "ray": Ray,
}
ENGINES = ("dask", "ray")


def groups(names: Sequence[str], base: str = BASE) -> Iterator[list[str]]:
    """Say which runners to measure side by side: all that are idle while they have nothing to do.

    An engine's own processes keep taking time from the two cores, so each is in a group of its own
    with the base, and the base and the others are first measured without it.
    """
    yield [name for name in names if name not in ENGINES]
    yield from ([base, name] for name in names if name in ENGINES)


def installed(names: Sequence[str]) -> dict[str, Runner]:
    """Make those that are installed, and say how to get the others."""
    runners: dict[str, Runner] = {}
    for name in names:
        kind = KNOWN[name]
        try:
            runners[name] = kind()
        except ModuleNotFoundError:
            print(f"  {name} is not installed: pip install {kind.pip}", flush=True)
    return runners


@contextmanager
def opened(names: Sequence[str], workers: int = 2) -> Iterator[dict[str, Runner]]:
    """Open those that are installed, with all their workers running, and close them in the end."""
    runners = installed([name for name in KNOWN if name in names])
    with ExitStack() as stack:
        for runner in runners.values():
            runner.open(workers)
            stack.callback(runner.close)
            runner.map(_tasks.sleep, [0.05] * 2 * workers)
        yield runners
