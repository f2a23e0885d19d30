"""A `concurrent.futures.Executor` over any plan."""

from __future__ import annotations

import concurrent.futures
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Never, TypeVar
from uuid import uuid4

from abreast.backends.contract import Call, Level
from abreast.errors import TransferError
from abreast.interop.executor_children import check_context, check_most
from abreast.interop.executor_errors import as_expected
from abreast.interop.executor_future import ExecutorFuture, InitializerFailed
from abreast.interop.executor_map import Mapped, check_chunks, one_by_one
from abreast.interop.initializer import Initialized, Limited, is_lock_of_tqdm
from abreast.keywords import refuse
from abreast.plans import Plan, backend, current, resolve
from abreast.tasks.dependent import APPLY
from abreast.tasks.prepare import check_function
from abreast.tasks.reach import explained

__all__ = ["Executor"]

R = TypeVar("R")

_SWEEP = 32
"""Tasks that an executor knows of before it looks which of them are over."""


class Executor(concurrent.futures.Executor):
    """An executor of the standard library whose tasks run where a plan says.

    For code that takes one: asyncio's ``run_in_executor``, helpers of tqdm, Dask's pools, and
    whatever was written for `ProcessPoolExecutor` and `ThreadPoolExecutor`. Futures are
    `concurrent.futures.Future`. Where the library's own errors have a counterpart there, they are
    both: a lost worker is also a `BrokenProcessPool`, what does not pickle also a `PicklingError`.
    A lost worker costs its task alone; the executor goes on.

    Workers belong to the plan, and are kept for whoever uses it next: `shutdown` waits for the
    tasks of this executor and ends no worker; `abreast.shutdown` does, and the end of the program.

    Parameters
    ----------
    plan : str, list of str, or Plan, optional
        As for `abreast.plan`. Default: the plan in force where the executor is made. A number is
        taken for `workers`.
    max_workers, workers : int, optional
        How many tasks run at one time; two names of one thing.
    isolate, inner_threads, memory
        As for `abreast.plan`.
    initializer, initargs : optional
        ``initializer(*initargs)`` is called once in each worker before its first task of this
        executor. If it raises, all tasks raise `BrokenExecutor`.
    max_tasks_per_child : int, optional
        A worker that has run so many tasks of this executor is replaced by a new process; on
        `processes` alone.
    mp_context : optional
        For the sake of programs that give one: workers are new processes that import what they
        need, as with "spawn" and "forkserver". "fork" is refused.

    Examples
    --------
    >>> import abreast as ab
    >>> with ab.Executor("threads", workers=2) as executor:
    ...     future = executor.submit(pow, 2, 10)
    ...     list(executor.map(abs, [-1, -2])), future.result()
    ([1, 2], 1024)
    """

    def __init__(
        self,
        plan: str | Plan | Sequence[str] | int | None = None,
        *,
        max_workers: int | None = None,
        workers: int | None = None,
        isolate: bool = False,
        inner_threads: int | None = None,
        memory: int | str | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        max_tasks_per_child: int | None = None,
        mp_context: Any = None,
        **unknown: Never,
    ) -> None:
        if "thread_name_prefix" in unknown:
            raise TypeError(
                "Executor: no thread_name_prefix=: workers are the plan's and not one executor's\n"
                "hint: leave it away; threads are called abreast-0, abreast-1, ..."
            )
        if unknown:
            refuse("Executor", unknown, Executor)
        if isinstance(plan, int):
            max_workers, plan = plan, None
        if max_workers is not None and workers is not None and max_workers != workers:
            raise ValueError(
                f"Executor: max_workers={max_workers!r} and workers={workers!r}: two names of one "
                "thing\nhint: give one of them"
            )
        workers = max_workers if workers is None else workers
        if isinstance(workers, int) and workers < 1:
            raise ValueError(f"Executor: workers={workers!r}: max_workers must be greater than 0")
        self._level = _level(plan, workers, isolate, inner_threads, memory)
        self._max_workers = self._level.workers  # several libraries ask for it
        self._lock = threading.Lock()
        self._work: dict[int, ExecutorFuture[Any] | Mapped] = {}
        self._limit = _SWEEP
        self._closed = False
        self._broken: InitializerFailed | None = None
        self._initialized: Initialized | Limited | None = None
        """Calls the function of a task, if there is more to do than that."""
        check_context(mp_context, self._level.name)
        if initializer is not None:
            self._initialized = self._initialize(initializer, initargs)
        if max_tasks_per_child is not None:
            check_most(max_tasks_per_child, self._level.name)
            self._initialized = Limited(uuid4().hex, max_tasks_per_child, self._initialized)
        _all.add(self)

    def _initialize(
        self, initializer: Callable[..., object], initargs: tuple[Any, ...]
    ) -> Initialized | None:
        if not callable(initializer):
            raise TypeError("initializer must be a callable")
        isolated = backend(self._level).capabilities.isolated
        if isolated and is_lock_of_tqdm(initializer):
            return None
        try:
            return Initialized(uuid4().hex, initializer, initargs, isolated=isolated)
        except Exception as reason:
            from abreast.failures import unpicklable

            raise as_expected(unpicklable("initializer", None, reason)) from reason

    def submit(
        self, function: Callable[..., R], /, *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[R]:
        """Have ``function(*args, **kwargs)`` called, and return its future at once.

        Arguments are passed on as they are: other than in `abreast.submit`, a future among them
        stays a future. What cannot be sent to a worker is the future's exception.

        Raises
        ------
        RuntimeError
            After `shutdown`, or when the interpreter is ending.
        BrokenExecutor
            When the initializer has failed.
        """
        check_function("submit", function)
        called: Callable[..., Any] = function
        if self._initialized is not None:
            called, args = self._initialized, (function, *args)
        with self._lock:
            self._check()
            place = backend(self._level)
            job = place.open(APPLY)
            at_once = self._level.name == "serial"
            future: ExecutorFuture[R]
            try:
                job.push([(called, args, kwargs or None)])
            except TransferError as error:
                future = ExecutorFuture(None, function, self, False)
                told = as_expected(explained(error, "submit", function, (args, kwargs)))
                told.__cause__ = error.__cause__
                future.set_exception(told)
                return future
            future = ExecutorFuture(None if at_once else job, function, self, False)
            future._can_force = place.capabilities.stops_anything
            self._work[id(future)] = future
        if at_once:
            # Without the lock: the task may submit others.
            future._job = job
            future._fetch(None)
        elif len(self._work) >= self._limit:
            self._sweep()
        return future

    def map(
        self,
        fn: Callable[..., R],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[R]:
        """Return an iterator of ``fn(*items)`` over the iterables in step, in their order.

        Parameters
        ----------
        fn : callable
        *iterables : iterable
            Read at the call, all of them, unless `buffersize` is given.
        timeout : float, optional
            Seconds from the call until each result has to be there; then `TimeoutError`.
        chunksize : int
            Taken for the sake of others: tasks travel in blocks that fit how long they take.
        buffersize : int, optional
            Most tasks that are submitted and whose results nobody took.

        Examples
        --------
        >>> import abreast as ab
        >>> with ab.Executor("serial") as executor:
        ...     list(executor.map(pow, [2, 3], [5, 2]))
        [32, 9]
        """
        check_chunks(chunksize, buffersize)
        check_function("map", fn)
        end = None if timeout is None else time.monotonic() + timeout
        if "submit" in self.__dict__ or type(self).submit is not Executor.submit:
            # Somebody wants to see each task, as tqdm does.
            calls = zip(*iterables, strict=False)
            return one_by_one(lambda each: self.submit(fn, *each), calls, buffersize, end)
        star = len(iterables) != 1
        items: Iterator[Any] = zip(*iterables, strict=False) if star else iter(iterables[0])
        called = fn if self._initialized is None else partial(self._initialized, fn)
        with self._lock:
            self._check()
            place = backend(self._level)
            try:
                job = place.open(Call(called, star=star, caller="map"))
            except TransferError as error:
                told = as_expected(explained(error, "map", fn, ()))
                raise told from error.__cause__
            mapped = Mapped(self, job, fn, items, buffersize is not None)
            self._work[id(mapped)] = mapped
        mapped.feed(buffersize)
        if self._level.name == "serial":
            mapped._finish()
        return mapped.results(end)

    def _check(self) -> None:
        if self._broken is not None:
            raise InitializerFailed(*self._broken.args)
        if self._closed:
            raise RuntimeError(
                "cannot schedule new futures after shutdown\n"
                "hint: submit inside the with block, or make another Executor"
            )
        if not threading.main_thread().is_alive():
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks, and wait until those that were submitted have ended.

        Parameters
        ----------
        wait : bool
            Whether to wait here. If not, the end of the program does.
        cancel_futures : bool
            Cancel what no worker has taken.

        Raises
        ------
        RuntimeError
            If a task of this executor waits for its own end.
        """
        with self._lock:
            self._closed = True
            work = list(self._work.values())
        if cancel_futures:
            # The last first: what is withdrawn then does not run instead of one before it.
            for each in reversed(work):
                each.cancel()
        if not wait:
            return
        if any(_runs_here(each) for each in work):
            raise RuntimeError(
                "shutdown(wait=True) in a task of the executor itself would wait for ever\n"
                "hint: shutdown(wait=False), or return from the task first"
            )
        for each in work:
            each._finish()

    def _sweep(self) -> None:
        """Let go of tasks that are over and that nobody has asked for."""
        for each in list(self._work.values()):
            if each._sweep():
                self._forget(each)
        self._limit = max(_SWEEP, 2 * len(self._work))

    def _forget(self, work: object) -> None:
        self._work.pop(id(work), None)

    def _see(self, error: BaseException) -> None:
        if isinstance(error, InitializerFailed):
            self._broken = error

    def _orphan(self) -> None:
        """In a forked child: what was submitted is the parent's."""
        self._lock = threading.Lock()
        self._work = {}

    def __repr__(self) -> str:
        level = self._level
        number = "" if level.name == "serial" else f", workers={level.workers}"
        return f"Executor({level.name!r}{number}{', closed' if self._closed else ''})"

    def __reduce__(self) -> Any:
        raise TypeError(
            "an Executor stays in the process that made it\nhint: make one inside the task"
        )


def _level(
    plan: str | Plan | Sequence[str] | None,
    workers: int | None,
    isolate: bool,
    inner_threads: int | None,
    memory: int | str | None,
) -> Level:
    plain = workers is None and not isolate and inner_threads is None and memory is None
    if plan is None and plain:
        return current()[0]
    if plan is None:
        plan = current()[0].name
    if isinstance(plan, Plan) and not plain:
        raise ValueError(
            f"Executor({plan!r}): the plan brings its settings\n"
            "hint: Executor('processes', workers=4), or a Plan alone"
        )
    return resolve(
        plan, workers=workers, isolate=isolate, inner_threads=inner_threads, memory=memory
    )[0]


def _runs_here(work: Any) -> bool:
    """Whether this thread runs it."""
    job = work._job if isinstance(work, ExecutorFuture) else work.job
    if job is None or not job.running():
        return False
    here = f"thread {threading.current_thread().name}"
    return any(each.worker == here for each in job.started())


_all: weakref.WeakSet[Executor] = weakref.WeakSet()


def _orphan_all() -> None:
    for executor in list(_all):
        executor._orphan()


os.register_at_fork(after_in_child=_orphan_all)
