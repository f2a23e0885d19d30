"""Tasks on an executor whose workers are threads of this process: objects are shared."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from abreast.backends.contract import (
    Call,
    Capabilities,
    Ended,
    Job,
    Level,
    Output,
    Pulled,
    Running,
)
from abreast.backends.interrupt import raise_in
from abreast.backends.native import ProcessLimit, limit_here
from abreast.backends.output import heard
from abreast.backends.routing import deaf, routing, speaking
from abreast.errors import LaunchError
from abreast.failures import lost, shut_down
from abreast.random.watch import after, before_on_thread

__all__ = ["PoolBackend"]

_limit = ProcessLimit()


class PoolBackend:
    """Each task is one piece of work of the executor."""

    def __init__(self, level: Level, make: Callable[[], Executor], *, owned: bool) -> None:
        self.level = level
        self.capabilities = Capabilities(
            isolated=False, parallel_python=False, survives_crash=False, stops_anything=False
        )
        self.make = make
        self.owned = owned
        self.executor: Executor | None = None
        self.jobs: list[PoolJob] = []
        self.lock = threading.Lock()
        self.closed = False

    def open(self, call: Call) -> Job:
        """Begin a job."""
        job = PoolJob(self, call)
        with self.lock:
            if self.closed:
                raise shut_down()
            self.jobs = [each for each in self.jobs if each.outstanding()]
            self.jobs.append(job)
        return job

    def submit(self, run: Callable[[], None]) -> Future[None]:
        """Give the executor a piece of work."""
        with self.lock:
            if self.executor is None:
                self.executor = self.make()
        try:
            return self.executor.submit(run)
        except RuntimeError as error:
            raise LaunchError(f"plan(executor): {error}") from error

    def outstanding(self) -> int:
        """Tasks of all jobs."""
        return sum(job.outstanding() for job in list(self.jobs))

    def shutdown(self, grace: float) -> None:
        """Give up what does not end; the executor too, if it is this plan's."""
        with self.lock:
            self.closed = True
            jobs = list(self.jobs)
        for job in jobs:
            job.withdraw()
        deadline = time.monotonic() + grace
        while any(job.running() for job in jobs) and time.monotonic() < deadline:
            time.sleep(0.005)
        for job in jobs:
            job.close()
        deadline = time.monotonic() + 0.2
        while any(job.running() for job in jobs) and time.monotonic() < deadline:
            time.sleep(0.005)
        if self.owned and self.executor is not None:
            stuck = any(job.running() for job in jobs)
            self.executor.shutdown(wait=not stuck, cancel_futures=True)

    def disarm(self) -> None:
        """Forget the threads: a forked child has none."""
        self.closed = True
        self.jobs = []
        routing.forget()

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """Set what a task finds around it: the plan inside, and its share of the cores."""
        from abreast.plans import inside

        limit_here(self.level.inner_threads)
        _limit.enter(self.level.inner_threads)
        try:
            with inside(self.level):
                yield
        finally:
            _limit.leave()


class PoolJob:
    """The tasks of one call."""

    def __init__(self, backend: PoolBackend, call: Call) -> None:
        self.backend = backend
        self.call = call
        # Each task sees what the caller has set, such as decimal's precision, and sets its own.
        self.context = deaf(contextvars.copy_context())
        self.said: list[Output] = []
        self.routed = False
        self.pushed = 0
        self.tasks: dict[int, Future[None] | None] = {}  # what `pull` has not taken
        self.ended: dict[int, tuple[Ended, bool]] = {}  # of these, what has ended
        self.busy: dict[int, tuple[int, float]] = {}  # task -> thread, and since when
        self.callbacks: list[Callable[[], None]] = []
        # Entered by itself where an interrupt may come: a condition is entered in Python code,
        # and could be left with the lock taken for good.
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.halted: set[int] = set()

    def want(self) -> int:
        """How many more tasks to push now."""
        return max(0, 2 * self.backend.level.workers - len(self.tasks))

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Append a task for each item."""
        for place, item in enumerate(items):
            with self.lock:
                self.route(self.call.heard)
                index = self.pushed if at is None else at + place
                self.pushed += at is None
                self.tasks[index] = None
            work = self.work(index, item)
            try:
                future = self.backend.submit(work)
            except LaunchError as error:
                self.end(Ended(index, None, error))
                continue
            with self.lock:
                if index in self.tasks:
                    self.tasks[index] = future

    def work(self, index: int, item: Any) -> Callable[[], None]:
        """Return one task as a piece of work."""
        context = self.context.copy()
        return lambda: context.run(self.run, index, item)

    def skip(self) -> None:
        """Pass over an index."""
        self.pushed += 1

    def route(self, wanted: bool) -> None:
        """Listen to what tasks say, or stop."""
        with self.lock:
            change, self.routed = wanted != self.routed, wanted
            if change:
                routing.enter() if wanted else routing.leave()

    def hear(self, tag: int, index: int, data: Any) -> None:
        """Keep what a task says, for `pull`."""
        with self.lock:
            self.said.append(heard(index, tag, data))
            self.changed.notify_all()

    def run(self, index: int, item: Any) -> None:
        """Run a task, on a thread of the executor."""
        drew = False
        try:
            with self.backend.surroundings(), self.speaking(index):
                try:
                    value, drew = self.attempt(index, item)
                finally:
                    # Twice, for the first may be interrupted.
                    try:
                        self.calm(index)
                    finally:
                        self.calm(index)
            ended = Ended(index, value, None)
        except BaseException as error:
            ended = Ended(index, None, error)
        self.end(ended, drew)

    def attempt(self, index: int, item: Any) -> tuple[Any, bool]:
        """Call the function, from here on open to interrupts; also whether it drew numbers."""
        with self.lock:
            self.busy[index] = threading.get_ident(), time.monotonic()
        watched = self.call.watched and index < 2
        state = before_on_thread(self.call.function) if watched else []
        return self.value(index, item), after(state)

    def calm(self, index: int) -> None:
        """Let this thread go on undisturbed."""
        with self.lock:
            self.busy.pop(index, None)
            if index in self.halted:
                raise_in(threading.get_ident(), None)
                self.halted.discard(index)

    def interrupt(self, task: int) -> None:
        """Interrupt a task that is busy; the caller has the lock."""
        self.halted.add(task)
        raise_in(self.busy[task][0], KeyboardInterrupt)

    def speaking(self, index: int) -> AbstractContextManager[None]:
        """Have what is said here go to this job."""
        if not self.call.heard:
            return nullcontext()
        return speaking(lambda tag, data: self.hear(tag, index, data))

    def value(self, index: int, item: Any) -> Any:
        """Call the function."""
        function = self.call.function
        if function is None:
            return item[0](*item[1], **(item[2] or {}))
        if self.call.indexed:
            return function(index, item)
        return function(*item) if self.call.star else function(item)

    def end(self, ended: Ended, drew: bool = False) -> None:
        """Note how a task ended."""
        with self.lock:
            # After `shutdown` a task may end that was given up.
            if ended.task in self.tasks and ended.task not in self.ended:
                self.ended[ended.task] = ended, drew
            self.changed.notify_all()
        self.tell()

    def tell(self) -> None:
        """Tell whoever asked, once nothing is outstanding."""
        with self.lock:
            over = len(self.ended) == len(self.tasks)
            due = self.callbacks if over else []
            if over:
                self.callbacks = []
                self.route(False)
        for callback in due:
            callback()

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Wait until tasks ended, and take them."""
        self.wait(timeout)
        with self.lock:
            taken, self.ended = list(self.ended.values()), {}
            said, self.said = self.said, []
            for ended, _ in taken:
                del self.tasks[ended.task]
        listed = []
        for ended, _ in taken:
            if results is None or ended.error is not None:
                listed.append(ended)
            else:
                results[ended.task] = ended.value
        return Pulled(len(taken), sum(drew for _, drew in taken), listed, said)

    def wait(self, timeout: float | None) -> bool:
        """Wait until something arrived."""
        with self.lock:
            self.changed.wait_for(lambda: self.ended or self.said or not self.tasks, timeout)
            return bool(self.ended or self.said)

    def ready(self) -> bool:
        """Whether something arrived."""
        return bool(self.ended or self.said)

    def outstanding(self) -> int:
        """Tasks that neither ended nor were withdrawn."""
        with self.lock:
            return len(self.tasks) - len(self.ended)

    def running(self) -> bool:
        """Whether a thread runs one of the tasks."""
        return bool(self.busy)

    def started(self) -> list[Running]:
        """Tasks that run now."""
        now = time.monotonic()
        with self.lock:
            return [
                Running(task, now - since, f"thread {thread}")
                for task, (thread, since) in self.busy.items()
            ]

    def halt(self, task: int, force: bool = False) -> bool:
        """Interrupt one running task; there is no force."""
        with self.lock:
            if task not in self.busy or force:
                return False
            self.interrupt(task)
            return True

    def cancel(self, first: int = 0) -> int:
        """Withdraw what no thread has taken."""
        with self.lock:
            later = [(index, future) for index, future in self.tasks.items() if index >= first]
            withdrawn = [index for index, future in later if future is not None and future.cancel()]
            for index in withdrawn:
                del self.tasks[index]
            self.changed.notify_all()
        self.tell()
        return len(withdrawn)

    def stop(self, grace: float) -> None:
        """Withdraw; interrupt Python code."""
        self.cancel()
        with self.lock:
            for task in self.busy:
                self.interrupt(task)
        deadline = time.monotonic() + grace
        with self.lock:
            while self.outstanding() and time.monotonic() < deadline:
                self.changed.wait(0.01)

    def withdraw(self) -> None:
        """Have what was not begun end as closed."""
        for index, future in [*self.tasks.items()]:
            if future is not None and future.cancel():
                self.end(Ended(index, None, lost(("closed", None, None, None), index)))

    def close(self) -> None:
        """Have everything end as closed, and interrupt what runs."""
        with self.lock:
            for task in self.busy:
                self.interrupt(task)
        for index in [*self.tasks]:
            self.end(Ended(index, None, lost(("closed", None, None, None), index)))

    def watch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called once nothing is outstanding."""
        self.callbacks.append(callback)
        self.tell()
