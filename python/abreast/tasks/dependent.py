"""A future whose task waits for other futures: it starts when they are there."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any, TypeVar

from abreast._abreast import help as run_one_queued
from abreast.backends.contract import Backend, Call, Job
from abreast.failures import lost, unpicklable
from abreast.pickling import Packer, dumps_call, pack_data
from abreast.plans import backend as backend_of
from abreast.plans import expect, forget
from abreast.tasks.future import PENDING, Future, notifying, value_for
from abreast.tasks.inputs import Slot, assemble, failure, is_plain, replace_in_call
from abreast.tasks.origin import stays_there
from abreast.tasks.prepare import name_of, note
from abreast.tasks.reach import explained
from abreast.tasks.relay import catch_up, relay
from abreast.tasks.rules import Rules

__all__ = ["APPLY", "Dependent", "under"]

R = TypeVar("R")

APPLY = Call(None)
"""Each task brings its own function."""

_HELP_SLICE = 0.001
"""Seconds for which a thread that could run queued tasks looks away from the queue."""


def under(job: Job, rules: Rules, backend: Backend, function: Any) -> Job:
    """Return the job of a submitted task under rules."""
    from abreast.tasks.tries import Tries

    return Tries(job, rules, backend, "submit", name_of(function))


@dataclass(frozen=True)
class _Task:
    """What is known at the call."""

    backend: Backend
    inputs: list[concurrent.futures.Future[Any]]
    function: Callable[..., Any]
    arguments: tuple[tuple[Any, ...], dict[str, Any]]
    """With slots for the inputs."""
    data: Any
    """All of it as it was, where tasks get copies and something could change meanwhile."""
    rules: Rules | None
    called: Any
    """What the caller named; `function` may be wrapped."""

    def item(self, values: list[Any]) -> tuple[Any, ...]:
        """Return what the backend runs."""
        if self.data is not None:
            return assemble, (self.data, values), None
        args, kwargs = replace_in_call(*self.arguments, lambda slot: values[slot.number], Slot)
        return self.function, args, kwargs or None

    def push(self, item: tuple[Any, ...]) -> Job:
        job = self.backend.open(APPLY)
        if self.rules is not None:
            job = under(job, self.rules, self.backend, self.called)
        job.push([item])
        return job


class Dependent(Future[R]):
    """A future that was submitted before its arguments were there.

    When all of them have ended, it starts; or ends as the first of them, in the order of the
    arguments, that failed or was cancelled. Whichever ends last brings this about: in its thread,
    through `relay`.
    """

    def __init__(
        self,
        function: Callable[..., R],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        inputs: list[concurrent.futures.Future[Any]],
        backend: Backend,
        rules: Rules | None = None,
        called: Any = None,
    ) -> None:
        super().__init__(None, function)
        slots = {each: Slot(number) for number, each in enumerate(inputs)}
        arguments = replace_in_call(args, kwargs, slots.__getitem__)
        data = None
        if backend.capabilities.isolated:
            data = _as_it_is_now(function, arguments, getattr(backend, "pack", None))
        if backend.level.name == "serial":
            # Nobody may ever come to run it, so it gets a thread, which runs one task at a time.
            backend = backend_of(with_changes(backend.level, name="threads"))
        self._can_force = backend.capabilities.stops_anything
        self._task: _Task | None = _Task(
            backend, inputs, function, arguments, data, rules, called or function
        )
        # Of the caller's, what the task shall find: the plan, the precision of decimal numbers.
        self._context = copy_context()
        self._missing = len(inputs) + 1
        expect(self)
        for each in inputs:
            if not isinstance(each, Future):
                each.add_done_callback(_Arrival(self))
            elif not each._follow(self._arrived):
                relay([self._arrived])
        relay([self._arrived])

    def _arrived(self) -> None:
        """One of those it waits for is over; the last time, it starts."""
        with self._condition:
            self._missing -= 1
            if self._missing:
                return
        task = self._take()
        if task is None:
            return
        try:
            self._begin(task)
        except BaseException as error:
            if self._state in PENDING:
                self.set_exception(error)
            if not isinstance(error, Exception):
                raise
        finally:
            forget(self)

    def _take(self) -> _Task | None:
        """Whoever gets the task decides what becomes of it."""
        with self._condition:
            task, self._task = self._task, None
        return task

    def _begin(self, task: _Task) -> None:
        error = failure(task.inputs)
        if isinstance(error, concurrent.futures.CancelledError):
            self._withdraw()
            return
        if error is not None:
            self.set_exception(error)
            return
        values = [value_for(task.backend, each) for each in task.inputs]
        job = self._context.run(task.push, task.item(values))
        with self._condition:
            self._job = job
            # Who waits for it can wait for the job now, and run queued tasks meanwhile.
            self._condition.notify_all()
        job.watch(self._settle_from_outside)

    def _withdraw(self) -> None:
        concurrent.futures.Future.cancel(self)
        self.set_running_or_notify_cancel()

    def _fetch(self, timeout: float | None) -> bool:
        if self._job is not None:
            return super()._fetch(timeout)
        # Nobody else does what this thread has queued; and it may be one of those that run tasks,
        # among them what this one waits for.
        catch_up()
        helped = run_one_queued() if timeout is None or timeout > 0.0 else None
        if helped is not None:
            timeout = 0.0 if helped else min(timeout or _HELP_SLICE, _HELP_SLICE)
        elif notifying.depth:
            # The thread that would tell of its inputs stands here, in a callback of the user's.
            self._read_on(timeout)
            return self._state not in PENDING
        with self._condition:
            if self._state in PENDING and self._job is None:
                self._condition.wait(timeout)
        return self._state not in PENDING

    def _read_on(self, timeout: float | None) -> None:
        """See to it that this starts: fetch what it waits for, one after the other, depth first."""
        deadline = None if timeout is None else time.monotonic() + timeout
        path: list[tuple[Any, Iterator[Any]]] = [(self, self._awaited())]
        while self._job is None and (deadline is None or time.monotonic() < deadline):
            last, inputs = path[-1]
            if last._state not in PENDING:
                path.pop()
                if not path:
                    return
                continue
            below = next(inputs, None)
            if below is not None:
                path.append((below, below._awaited() if isinstance(below, Dependent) else iter(())))
            elif isinstance(last, Future) and last._job is not None:
                last._fetch(_HELP_SLICE)
            else:
                with last._condition:
                    if last._state in PENDING:
                        last._condition.wait(_HELP_SLICE)
            catch_up()

    def _awaited(self) -> Iterator[concurrent.futures.Future[Any]]:
        task = self._task
        return (each for each in (task.inputs if task else ()) if each._state in PENDING)

    def cancel(self, *, running: bool = False) -> bool:
        """Withdraw the task if it waits or no worker has taken it; its inputs go on."""
        if self._take() is None:
            return super().cancel(running=running)
        forget(self)
        self._withdraw()
        return True

    def close(self) -> None:
        """End because its plan is shut down; for `plans`."""
        if self._take() is not None:
            forget(self)
            self.set_exception(self._closed())

    def orphan(self) -> None:
        """End in a fork of the process that could run it; for `plans`."""
        # Nobody waits here, and the lock may be held by a thread that is not here.
        self._condition = threading.Condition()
        self._task = None
        self._followers, self._done_callbacks = None, []
        self._exception = note(
            stays_there("this future", self._origin), "submit", self._function, 0
        )
        self._state = "FINISHED"

    def _closed(self) -> BaseException:
        return note(lost(("closed", None, None, None), 0), "submit", self._function, 0)

    def is_underway(self) -> bool:
        """Whether it can be expected to start: it waits for a task of ours; for `plans`."""
        task = self._task
        if task is None:
            return True
        pending = [each for each in task.inputs if not concurrent.futures.Future.done(each)]
        return not pending or any(
            isinstance(each, Future) and getattr(each, "_task", None) is None for each in pending
        )


class _Arrival:
    """Tells a dependent that a future of somebody else is over, and lets go of it."""

    def __init__(self, dependent: Dependent[Any]) -> None:
        self._dependent: Dependent[Any] | None = dependent

    def __call__(self, _ended: object) -> None:
        dependent, self._dependent = self._dependent, None
        if dependent is not None:
            relay([dependent._arrived])


def _as_it_is_now(function: Any, arguments: Any, packer: Packer | None) -> Any:
    """Pack a call with slots; None if nothing about it can change."""
    args, kwargs = arguments
    if isinstance(dumps_call(function), bytes) and is_plain(arguments if kwargs else args, Slot):
        return None
    try:
        return pack_data((function, args, kwargs), packer)
    except MemoryError:
        raise
    except Exception as reason:
        error = unpicklable("function or an argument", 0, reason)
        error.__cause__ = reason
        raise explained(error, "submit", function, arguments) from reason
