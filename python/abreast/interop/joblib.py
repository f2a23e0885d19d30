"""A backend of joblib, registered as ``"abreast"`` by importing this module.

>>> import abreast.interop.joblib
>>> import joblib
>>> with joblib.parallel_config(backend="abreast", n_jobs=2):
...     joblib.Parallel()(joblib.delayed(abs)(x) for x in [-1, -2])
[1, 2]
"""

from __future__ import annotations

import hashlib
import queue
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Never

import joblib
from joblib._parallel_backends import FallbackToBackend, SequentialBackend
from joblib.parallel import ParallelBackendBase

from abreast.backends.contract import Level
from abreast.interop.initializer import Initialized
from abreast.interop.joblib_call import Batch, JoblibCall
from abreast.machine import cores
from abreast.pickling import dumps
from abreast.plans import Plan, backend, resolve

__all__ = ["AbreastBackend", "register"]

_TARGET = 0.01
"""Seconds that a batch should take: dispatching one costs joblib about a hundredth of that."""
_GROWTH = 8
"""How many times larger than the last a batch may be: the first tasks may be unlike the others."""
_MOST = 1024
"""Most tasks in a batch: by then what joblib does for a batch is nothing beside them."""
_GRACE = 0.2
"""Seconds that running tasks get when a call is given up."""


class AbreastBackend(ParallelBackendBase):  # type: ignore[misc]
    """Runs what `joblib.Parallel` is given on a plan; made by joblib.

    Parameters
    ----------
    plan : str or Plan
        Where: ``"processes"``, with as many workers as `n_jobs` says, or any other plan.
    nesting_level, inner_max_num_threads
        Joblib's own.
    initializer, initargs : optional
        ``initializer(*initargs)`` is called once in each worker before its first task.

    Examples
    --------
    >>> import joblib
    >>> with joblib.parallel_config(backend="abreast", plan="threads", n_jobs=2):
    ...     joblib.Parallel()(joblib.delayed(pow)(x, 2) for x in range(3))
    [0, 1, 4]
    """

    supports_inner_max_num_threads = True
    supports_return_generator = True
    supports_timeout = True
    supports_retrieve_callback = True
    """Only where results go to a generator; a list is fetched by the thread that waits for it."""

    def __init__(
        self,
        nesting_level: int | None = None,
        inner_max_num_threads: int | None = None,
        plan: str | Plan | Sequence[str] = "processes",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        **unknown: Never,
    ) -> None:
        if unknown:
            from abreast.keywords import refuse

            refuse("parallel_config(backend='abreast')", unknown, AbreastBackend)
        super().__init__(nesting_level=nesting_level, inner_max_num_threads=inner_max_num_threads)
        self.plan = plan
        self._initializer = initializer, initargs
        # Looked at only if need be: joblib makes a backend for each call, and `resolve` asks the
        # machine for its cores.
        self._level = Level("processes") if plan == "processes" else resolve(plan)[0]
        self.uses_threads = self.supports_sharedmem = self._level.name in ("serial", "threads")
        self.parallel: Any = None
        self._call: JoblibCall | None = None
        self._initialized: Initialized | None = None
        self._reset()

    def _reset(self) -> None:
        self._batch_size = 1
        self._mean: float | None = None

    def __getstate__(self) -> dict[str, Any]:
        # It goes to workers as the backend that is in force there.
        return {**self.__dict__, "parallel": None, "_call": None, "_initialized": None}

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return how many tasks run at one time."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None:
            return 1
        return max(cores() + 1 + n_jobs, 1) if n_jobs < 0 else int(n_jobs)

    def configure(
        self,
        n_jobs: int = 1,
        parallel: Any = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        **_joblibs: Any,
    ) -> int:
        """Get ready for calls of one `Parallel`; how to map memory has no meaning here."""
        n_jobs = self.effective_n_jobs(n_jobs)
        if n_jobs == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        if self.parallel is not None and self.parallel is not parallel:
            # The iterator of a call that is going on makes another.
            raise FallbackToBackend(
                AbreastBackend(
                    self.nesting_level,
                    self.inner_max_num_threads,
                    self.plan,
                    *self._initializer,
                )
            )
        self.parallel = parallel
        self._level = self._place(n_jobs)
        chosen = self._initializer if initializer is None else (initializer, initargs)
        self._initialized = self._prepare(*chosen)
        self.supports_retrieve_callback = parallel.return_generator
        return n_jobs

    def _prepare(
        self, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]
    ) -> Initialized | None:
        if initializer is None:
            return None
        # The same one twice is called once: calls come and go, and the workers stay.
        key = hashlib.blake2b(dumps((initializer, initargs))).hexdigest()
        isolated = backend(self._level).capabilities.isolated
        return Initialized(key, initializer, initargs, isolated=isolated)

    def _place(self, n_jobs: int) -> Level:
        threads = self.inner_max_num_threads
        if self.plan in ("processes", "threads"):
            return resolve(self.plan, workers=n_jobs, inner_threads=threads)[0]
        if threads is None or isinstance(self.plan, Plan):
            return resolve(self.plan)[0]
        return resolve(self.plan, inner_threads=threads)[0]

    def submit(self, func: Any, callback: Callable[[Any], object] | None = None) -> Batch:
        """Send a batch of calls on its way."""
        call = self._call
        if call is None:
            call = self._call = JoblibCall(
                backend(self._level),
                func,
                self._took,
                self._initialized,
                told=self.supports_retrieve_callback,
            )
        return call.submit(func, callback)

    apply_async = submit  # its name before joblib 1.5

    def _took(self, count: int, seconds: float) -> None:
        """So many tasks took so long: both of one batch."""
        mean = seconds / max(count, 1)
        self._mean = mean if self._mean is None else 0.7 * mean + 0.3 * self._mean

    def compute_batch_size(self) -> int:
        """Return how many tasks the next batch should hold."""
        if self._mean is not None:
            fitting = int(_TARGET / max(self._mean, 1e-9))
            self._batch_size = max(1, min(fitting, _GROWTH * self._batch_size, _MOST))
            self._mean = None
        return self._batch_size

    def retrieve_result(self, out: Batch, timeout: float | None = None) -> list[Any]:
        """Wait for a batch, and meanwhile do what is to be done when others end."""
        out.call.wait_for(out, timeout)
        return out.result()

    def retrieve_result_callback(self, out: Batch) -> list[Any]:
        """Return the results of a batch that has ended."""
        return out.result()

    def stop_call(self) -> None:
        """End a call of `Parallel`: it has all results, or wants no more."""
        call, self._call = self._call, None
        if call is not None:
            call.close()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Withdraw what waits and stop what runs; the next batch begins a new call."""
        call, self._call = self._call, None
        if call is not None:
            call.close(_GRACE)
        # Batches that were made and not sent; joblib would send them with the next call.
        made = getattr(self.parallel, "_ready_batches", None)
        with suppress(queue.Empty):
            while made is not None:
                made.get(block=False)

    def terminate(self) -> None:
        """Be free for another `Parallel`; the workers stay for whoever comes next."""
        self.stop_call()
        self.parallel = None
        self._reset()


def register() -> None:
    """Make joblib know the backend; importing this module does it.

    Examples
    --------
    >>> register()
    >>> "abreast" in joblib.parallel.BACKENDS
    True
    """
    joblib.register_parallel_backend("abreast", AbreastBackend)


register()
