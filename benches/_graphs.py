"""Graphs of 100,000 tasks, made and computed by abreast and by each rival, as a user would."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any


def same(value: int) -> int:
    """Return the value: a leaf."""
    return value


def add(a: int, b: int) -> int:
    """Add two values."""
    return a + b


Make = Callable[..., Any]


def tree(leaf: Make, node: Make, tasks: int) -> Any:
    """Add up leaves in pairs, pairs of pairs, and so on: about so many tasks in all."""
    layer = [leaf(n) for n in range(tasks // 2)]
    while len(layer) > 1:
        odd = layer[-1:] if len(layer) % 2 else []
        layer = [node(a, b) for a, b in zip(layer[::2], layer[1::2], strict=False)] + odd
    return layer[0]


def chain(leaf: Make, node: Make, tasks: int) -> Any:
    """Add one to the value before, so many times."""
    value = leaf(0)
    for _ in range(tasks - 1):
        value = node(value, 1)
    return value


def answer(shape: Callable[..., Any], tasks: int) -> int:
    """Return what a graph must give."""
    return sum(range(tasks // 2)) if shape is tree else tasks - 1


class Runner:
    """One library on one kind of workers. Making one imports what it needs."""

    pip = ""

    def open(self, workers: int) -> None:
        """Start the workers."""

    def makers(self) -> tuple[Make, Make]:
        """Return `same` and `add` as calls that wait."""
        raise NotImplementedError

    def compute(self, value: Any) -> Any:
        """Compute a graph."""
        raise NotImplementedError

    def close(self) -> None:
        """End the workers."""


class Abreast(Runner):
    plan = "threads"

    def __init__(self) -> None:
        import abreast

        self._abreast = abreast

    def open(self, workers: int) -> None:
        self._abreast.plan(self.plan, workers=workers)

    def makers(self) -> tuple[Make, Make]:
        return self._abreast.delayed(same), self._abreast.delayed(add)

    def compute(self, value: Any) -> Any:
        return value.compute()

    def close(self) -> None:
        self._abreast.shutdown()


class AbreastProcesses(Abreast):
    plan = "processes"


class DaskThreads(Runner):
    pip = "dask"

    def __init__(self) -> None:
        import dask

        self._dask = dask

    def open(self, workers: int) -> None:
        self._workers = workers

    def makers(self) -> tuple[Make, Make]:
        return self._dask.delayed(same), self._dask.delayed(add)

    def compute(self, value: Any) -> Any:
        return value.compute(scheduler="threads", num_workers=self._workers)


class DaskProcesses(DaskThreads):
    """The cluster on this machine: what Dask advises for processes."""

    pip = "distributed"

    def __init__(self) -> None:
        super().__init__()
        import distributed

        self._distributed = distributed

    def open(self, workers: int) -> None:
        self._folder = tempfile.mkdtemp(prefix="bench-dask-")
        self._cluster = self._distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=self._folder,
        )
        self._client = self._distributed.Client(self._cluster)

    def compute(self, value: Any) -> Any:
        return value.compute()

    def close(self) -> None:
        self._client.close()
        self._cluster.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Ray(Runner):
    """Its tasks start when they are made, so making is part of computing."""

    pip = "ray"

    def __init__(self) -> None:
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        self._ray = ray

    def open(self, workers: int) -> None:
        self._folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
        self._ray.init(
            num_cpus=workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            _temp_dir=self._folder,
        )

    def makers(self) -> tuple[Make, Make]:
        return self._ray.remote(same).remote, self._ray.remote(add).remote

    def compute(self, value: Any) -> Any:
        return self._ray.get(value)

    def close(self) -> None:
        self._ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)


THREADS: dict[str, type[Runner]] = {"abreast": Abreast, "dask": DaskThreads}
PROCESSES: dict[str, type[Runner]] = {
    "abreast": AbreastProcesses,
    "dask": DaskProcesses,
    "ray": Ray,
}
