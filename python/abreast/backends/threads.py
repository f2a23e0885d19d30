"""Tasks on threads of this process, from the same claim queue as processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakSet

from abreast import _abreast
from abreast.backends import journal
from abreast.backends.contract import (
    Backend,
    Call,
    Capabilities,
    Ended,
    Job,
    Level,
    Output,
    Pulled,
    Running,
)
from abreast.backends.isolation import Isolated, copy_function, pack
from abreast.backends.native import Guest, ProcessLimit, allow, limit_here
from abreast.backends.output import read
from abreast.backends.routing import deaf, routing
from abreast.failures import lost, shut_down
from abreast.random.watch import after, before_on_thread

__all__ = ["ThreadsBackend", "open"]


_limit = ProcessLimit()


def open(level: Level) -> Backend:
    """Open the backend; this is its entry point."""
    return ThreadsBackend(level)


class ThreadsBackend:
    """A pool of daemon threads; they start with the first tasks and sleep when there are none."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.capabilities = Capabilities(
            isolated=level.isolate,
            parallel_python=False,
            survives_crash=False,
            stops_anything=False,
        )
        self._pool = _abreast.ThreadPool(
            level.workers, before_on_thread, after, journal.shared(), journal.plan_of(level)
        )
        self._threads: list[threading.Thread | None] = [None] * level.workers
        self._lock = threading.Lock()
        self.jobs: WeakSet[ThreadsJob] = WeakSet()

    def open(self, call: Call) -> Job:
        """Begin a job."""
        if self.level.isolate:
            call = copy_function(call)
        return ThreadsJob(self, self._pool, call)

    def start(self, slots: Sequence[int] | None = None) -> None:
        """Start the threads of `slots`: all that have none yet, if not given."""
        with self._lock:
            if slots is None:
                slots = [at for at, thread in enumerate(self._threads) if thread is None]
            for slot in slots:
                thread = threading.Thread(
                    target=self._serve, args=(slot,), name=f"abreast-{slot}", daemon=True
                )
                self._threads[slot] = thread
                thread.start()

    @property
    def started(self) -> bool:
        """Whether all threads run."""
        return self._threads[-1] is not None

    def _serve(self, slot: int) -> None:
        limit_here(self.level.inner_threads)
        self._pool.serve(slot, threading.get_ident())

    def outstanding(self) -> int:
        """Tasks of all jobs."""
        return self._pool.outstanding()

    def shutdown(self, grace: float) -> None:
        """Have the threads leave; one that is stuck in compiled code is left to the process."""
        jobs = list(self.jobs)
        for job in jobs:
            job.fail(kill=False)
        self._pool.close()
        self._join(grace)
        for job in jobs:
            job.interrupt()
        self._join(0.2)
        for job in jobs:
            job.fail(kill=True)

    def _join(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread is not None and thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def disarm(self) -> None:
        """Forget the threads: a forked child has none."""
        self._threads = [None] * self.level.workers
        routing.forget()


class ThreadsJob:
    """The tasks of one call."""

    def __init__(self, backend: ThreadsBackend, pool: _abreast.ThreadPool, call: Call) -> None:
        self._backend = backend
        self._isolate = backend.level.isolate
        self._pushed = 0
        self._lock = threading.RLock()  # a finalizer may end a task at any place
        self._limited = False  # whether limits and routing are in force for this job
        self._sending = 0  # threads that push: what they bring is not outstanding yet
        self._watching = False  # whether `_ended_all` will be called
        function, style = call.function, _style(call)
        title = None if function is None else journal.title(call)
        self._is_apply = function is None
        if self._isolate:
            function, style = Isolated(call), _abreast.INDEXED | (style & _abreast.WATCHED)
        from abreast.plans import context_of

        self._context = context_of(backend.level)
        allow(self._context, backend.level.inner_threads)
        self._heard = call.heard
        self._said: list[Output] = []
        if call.heard:
            deaf(self._context)
        self._brings_function = function is None
        guest = None if function is None else self._guest(function)
        self._job = pool.open(guest, style, call.heard, title)
        self.entry = self._job.entry
        backend.jobs.add(self)
        self.want = self._job.want
        self.wait = self._job.wait
        self.ready = self._job.ready
        self.outstanding = self._job.outstanding
        self.running = self._job.running
        self.cancel = self._job.cancel
        self.watch: Callable[[Callable[[], None]], None] = self._job.watch

    def _guest(self, function: Callable[..., Any]) -> Guest:
        return Guest(function, self._context, self._backend.level.inner_threads)

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Append a task for each item."""
        if self._isolate:
            self._push_packed(items, at)
        elif self._brings_function:
            items = list(items)
            name = journal.name_of(items[0][0]) if len(items) == 1 and at is None else None
            self._send([(self._guest(function), *rest) for function, *rest in items], at, name)
        else:
            self._send(list(items), at)

    def skip(self) -> None:
        """Pass over an index."""
        self._pushed += 1
        self._job.skip()

    def _push_packed(self, items: Iterable[Any], at: int | None) -> None:
        packed: list[bytes] = []
        name = None
        first = self._pushed if at is None else at
        try:
            for index, item in enumerate(items, first):
                packed.append(pack(item, index))
                if self._is_apply and at is None:
                    name = journal.name_of(item[0])
        finally:
            self._send(packed, at, name if len(packed) == 1 else None)

    def _send(self, items: Sequence[Any], at: int | None, name: str | None = None) -> None:
        if at is None:
            self._pushed += len(items)
        if not self._backend.started:
            self._backend.start()
        self._begin()
        try:
            self._job.push(items, at, name)
        except RuntimeError as error:
            raise shut_down() if str(error) == "the pool is closed" else error from None
        finally:
            self._sent()

    def _begin(self) -> None:
        """Put limits and routing in force, before the first task can start."""
        with self._lock:
            self._sending += 1
            if not self._limited:
                _limit.enter(self._backend.level.inner_threads)
                if self._heard:
                    routing.enter()
                self._limited = True

    def _sent(self) -> None:
        with self._lock:
            self._sending -= 1
            watch, self._watching = not self._watching, True
        if watch:
            self._job.watch(self._ended_all)

    def _ended_all(self) -> None:
        """Nothing is outstanding any more, says the thread that ran the last task."""
        with self._lock:
            self._watching = False
        self._over()

    def _over(self) -> None:
        """Take limits and routing back, unless there is more to do by now."""
        with self._lock:
            if not self._limited or self._sending:
                return
            watch = self._job.outstanding() > 0 and not self._watching
            if watch:
                self._watching = True
            elif not self._job.outstanding():
                self._limited = False
                _limit.leave()
                if self._heard:
                    routing.leave()
        if watch:
            self._job.watch(self._ended_all)

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Wait until tasks ended, and take them."""
        finished, notes, events, said = self._job.pull(timeout, results)
        if self._limited and not self._job.outstanding():
            self._over()
        told: Sequence[Output] = read(said) if said else ()
        if self._said:
            told, self._said = [*self._said, *told], []
        return Pulled(finished, notes, [_ended(*event) for event in events], told)

    def started(self) -> list[Running]:
        """Tasks that run now."""
        running = self._job.started()
        return [Running(task, since, f"thread abreast-{slot}") for task, since, slot in running]

    def halt(self, task: int, force: bool = False) -> bool:
        """Interrupt one running task; with `force`, give up its thread, which is replaced."""
        if not force:
            return self._job.halt(task)
        slots = self._job.fail(_closed, True, task)
        self._backend.start(slots)
        return bool(slots)

    def stop(self, grace: float) -> None:
        """Withdraw; interrupt Python code; give up threads that stay in compiled code."""
        self._job.cancel()
        self.interrupt()
        deadline = time.monotonic() + grace
        while self._job.outstanding() and time.monotonic() < deadline:
            self._said += self.pull(0.01, None).output
        if self._job.outstanding():
            self._backend.start(self.fail(kill=True))

    def interrupt(self) -> None:
        """Raise `KeyboardInterrupt` in the threads that run tasks of the job."""
        self._job.interrupt()

    def fail(self, *, kill: bool) -> list[int]:
        """Have what was not started (`kill`: what still runs) end as lost."""
        return self._job.fail(_closed, kill)


def _closed(index: int) -> BaseException:
    return lost(("closed", None, None, None), index)


def _style(call: Call) -> int:
    if call.function is None:
        return _abreast.APPLY
    style = _abreast.INDEXED if call.indexed else _abreast.STAR if call.star else _abreast.PLAIN
    return style | (_abreast.WATCHED if call.watched else 0)


def _ended(index: int, kind: int, value: Any) -> Ended:
    return Ended(index, value, None) if kind == _abreast.VALUE else Ended(index, None, value)
