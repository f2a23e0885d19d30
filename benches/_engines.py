"""The rivals that are engines for clusters, here on one machine."""

from __future__ import annotations

import inspect
import os
import shutil
import tempfile
from collections.abc import Sequence
from typing import Any

from _runner import Function, Runner


class Dask(Runner):
    """dask.distributed: a scheduler in this process, workers of one thread."""

    pip = "distributed"

    def __init__(self) -> None:
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

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        return list(self._client.gather(self._client.map(function, items, pure=False)))

    def put(self, value: Any) -> Any:
        return self._client.scatter(value, broadcast=True, hash=False)

    def submit(self, function: Function) -> Any:
        return self._client.submit(function, pure=False).result()

    def close(self) -> None:
        self._client.close()
        self._cluster.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Ray(Runner):
    pip = "ray"

    def __init__(self) -> None:
        # Said before the import: ray warns of what a later version will do about GPUs.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        self._ray = ray
        self._remote: dict[Function, Any] = {}

    def open(self, workers: int) -> None:
        self._folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
        self._ray.init(
            num_cpus=workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            _temp_dir=self._folder,
        )

    def _of(self, function: Function) -> Any:
        # As a decorator would: once a function, not once a call. It takes plain functions only.
        if function not in self._remote:
            plain = function if inspect.isfunction(function) else lambda item: function(item)
            self._remote[function] = self._ray.remote(plain)
        return self._remote[function]

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        task = self._of(function)
        return list(self._ray.get([task.remote(item) for item in items]))

    def put(self, value: Any) -> Any:
        return self._ray.put(value)

    def submit(self, function: Function) -> Any:
        return self._ray.get(self._of(function).remote())

    def close(self) -> None:
        self._ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)
