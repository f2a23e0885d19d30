"""How abreast and each rival build and compute a graph of small tasks, and the graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import _rivals
import _tasks

Task = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes of a function one whose calls are nodes of a graph."""


class Engine:
    """Something that computes graphs. Making one imports what it needs."""

    pip = ""

    def open(self, workers: int) -> None:
        """Start the workers."""

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function to build with."""
        raise NotImplementedError

    def compute(self, value: Any) -> Any:
        """Return the value of a node."""
        raise NotImplementedError

    def close(self) -> None:
        """End the workers."""


class AbreastThreads(Engine):
    kind = "threads"

    def __init__(self) -> None:
        import abreast

        self._abreast = abreast

    def open(self, workers: int) -> None:
        self._abreast.plan(self.kind, workers=workers)

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self._abreast.delayed(function)

    def compute(self, value: Any) -> Any:
        return self._abreast.compute(value)

    def close(self) -> None:
        self._abreast.shutdown()


class AbreastProcesses(AbreastThreads):
    kind = "processes"


class DaskThreads(Engine):
    pip = "dask"

    def __init__(self) -> None:
        import dask
        import dask.multiprocessing

        self._dask = dask

    def open(self, workers: int) -> None:
        self._how = {"scheduler": "threads", "num_workers": workers}

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self._dask.delayed(function)

    def compute(self, value: Any) -> Any:
        return value.compute(**self._how)


class DaskProcesses(DaskThreads):
    """With a pool of its own kind kept open: it would start one for each graph."""

    def open(self, workers: int) -> None:
        from concurrent.futures import ProcessPoolExecutor

        context = self._dask.multiprocessing.get_context()
        self._pool = ProcessPoolExecutor(workers, mp_context=context)
        self._how = {"scheduler": "processes", "pool": self._pool}

    def close(self) -> None:
        self._pool.shutdown()


class Ray(Engine):
    """Its tasks with references; they begin to run while the graph is built."""

    pip = "ray"

    def __init__(self) -> None:
        self._runner = _rivals.Ray()
        import ray

        self._ray = ray

    def open(self, workers: int) -> None:
        self._runner.open(workers)

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self._ray.remote(function).remote

    def compute(self, value: Any) -> Any:
        return self._ray.get(value)

    def close(self) -> None:
        self._runner.close()


def tree(task: Task, count: int) -> tuple[Any, int]:
    """Numbers, added up in pairs, and pairs of pairs: `count` tasks, or one more."""
    same, add = task(_tasks.same), task(_tasks.add)
    leaves = count // 2 + 1
    level = [same(number) for number in range(leaves)]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [add(x, y) for x, y in pairs] + odd
    return level[0], leaves * (leaves - 1) // 2


def chain(task: Task, count: int) -> tuple[Any, int]:
    """Each task adds 1 to the result of the one before it."""
    same, add = task(_tasks.same), task(_tasks.add)
    value = same(0)
    for _ in range(count - 1):
        value = add(value, 1)
    return value, count - 1


SHAPES = {"tree": tree, "chain": chain}
KNOWN: dict[str, type[Engine]] = {
    "abreast threads": AbreastThreads,
    "abreast processes": AbreastProcesses,
    "dask threads": DaskThreads,
    "dask processes": DaskProcesses,
    "ray": Ray,
}
