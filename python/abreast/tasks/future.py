"""The promised value of a task."""

from __future__ import annotations

import concurrent.futures
import os
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from abreast.backends.contract import Backend, Job
from abreast.backends.kept import Kept
from abreast.errors import AbreastError
from abreast.failures import garbled
from abreast.tasks.origin import Abroad, forks
from abreast.tasks.prepare import note
from abreast.tasks.relay import is_relaying, relay, tell_later

__all__ = ["PENDING", "Future", "FutureTravels", "notifying", "value_for"]

R = TypeVar("R")

PENDING = ("PENDING", "RUNNING")
"""States of a future that has not ended."""


_GRACE = 0.5
"""Seconds that a task gets to stop by itself before force is used."""
_PATIENCE = 2.0
_LOOK = 0.02


class FutureTravels(TypeError):
    """A future was about to be pickled."""


_making = threading.Lock()
"""Held while a condition is made, or a future settled that has none; never while anything runs."""


_forks = forks()


def _renew_lock() -> None:
    global _making, _forks
    _making = threading.Lock()
    _forks = forks()


os.register_at_fork(after_in_child=_renew_lock)


class _Notifying(threading.local):
    depth = 0


notifying = _Notifying()
"""Whether a plan's own thread is here to tell of an end: while it is, it tells of no other."""


class Future(concurrent.futures.Future[R], Generic[R]):
    """A task that was submitted: pending, running, done or cancelled.

    The whole protocol of `concurrent.futures.Future`, so `concurrent.futures.wait`,
    `asyncio.wrap_future` and everything else that takes one works, and awaitable besides.

    A thread that asks for the result fetches it itself. Only when somebody is to be told without
    asking (a callback, `concurrent.futures.wait`, ``await``) does the plan's own thread look out
    for it: the standard library announces itself by touching `_waiters`.

    Examples
    --------
    >>> import abreast as ab
    >>> future = ab.options(plan="threads").submit(sum, [1, 2, 3])
    >>> future.result(), future.done(), future.cancelled()
    (6, True, False)
    """

    def __init__(self, job: Job | None, function: Any, at_once: bool = False) -> None:
        # Not the standard library's, which makes a lock and a condition: a future that one thread
        # makes and asks for needs neither. Whoever touches `_condition` has it made.
        self._waiting: list[Any] = []
        self._done_callbacks = []
        self._function = function
        self._origin = _forks
        self._its_job = job
        if at_once:
            self._fetch(None)

    @property
    def _job(self) -> Job | None:
        """Who runs the task; in a forked child nobody, and that is known at once."""
        if self._origin != _forks:
            self._settle_here()
        return self._its_job

    @_job.setter
    def _job(self, job: Job | None) -> None:
        self._its_job = job

    def _settle_here(self) -> None:
        """Leave what belongs to the process that forked this one: its job, locks, and waiters."""
        origin, self._origin = self._origin, _forks
        self._lazy_condition = self._followers = None
        self._waiting, self._done_callbacks = [], []
        if self._its_job is not None:
            self._its_job = Abroad(origin)

    _state = "PENDING"
    _result: Any = None
    _exception: BaseException | None = None
    _lazy_condition: threading.Condition | None = None

    @property
    def _condition(self) -> threading.Condition:
        if self._origin != _forks:
            self._settle_here()
        condition = self._lazy_condition
        if condition is None:
            with _making:
                condition = self._lazy_condition
                if condition is None:
                    condition = self._lazy_condition = threading.Condition()
        return condition

    @_condition.setter
    def _condition(self, condition: threading.Condition) -> None:
        self._lazy_condition = condition

    def _settle(self, value: Any) -> None:
        """Set the result; at once where nobody has ever looked at the future meanwhile."""
        with _making:
            if self._lazy_condition is None and self._state == "PENDING":
                self._result = value
                self._state = "FINISHED"
                return
        super().set_result(value)

    @property
    def _waiters(self) -> list[Any]:
        self._announce()
        return self._waiting

    @_waiters.setter
    def _waiters(self, waiters: list[Any]) -> None:
        self._waiting = waiters

    _done_callbacks: list[Any]
    _followers: list[Callable[[], object]] | None = None
    """What is to be done when it is over; unlike a callback, before anything of the user's."""

    def _follow(self, step: Callable[[], object]) -> bool:
        """Have a step of `relay` done once this is over; false if it is."""
        with self._condition:
            if self._state not in PENDING:
                return False
            first = not self._followers
            if self._followers is None:
                self._followers = []
            self._followers.append(step)
        job = self._job
        if first and job is not None:
            # Called back at once, this thread has no lock that settling it would need.
            job.watch(self._settle_from_outside)
            # It may have ended, and its pool with it, in between.
            self._look()
        return True

    def _invoke_callbacks(self) -> None:
        """Tell of the end; called by the standard library."""
        followers, self._followers = self._followers, None
        if followers:
            relay(followers)
        if not self._done_callbacks:
            return
        tell: Callable[[], object] = super()._invoke_callbacks  # type: ignore[misc]
        if is_relaying():
            tell_later(tell)
        else:
            tell()

    def _announce(self) -> None:
        """Have the future settled without anybody asking for it."""
        job = self._job
        if job is not None and self._state in PENDING:
            self._announcing = threading.get_ident()
            job.watch(self._settle_from_outside)
            self._announcing = 0

    _announcing = 0
    """The thread that is asking to be told."""

    def _settle_from_outside(self) -> None:
        if self._announcing != threading.get_ident():
            notifying.depth += 1
            try:
                self._fetch(0.0)
            finally:
                notifying.depth -= 1
        else:
            # It is over already, and who announces itself is not ready to hear it before this
            # returns: the standard library adds its waiter afterwards, under the future's lock.
            threading.Thread(target=self._fetch, args=(0.0,), name="abreast-settle").start()

    def _fetch(self, timeout: float | None) -> bool:
        """Wait for the outcome and take it; false when it did not come in time."""
        job = self._job
        if job is None:
            return True
        if not job.wait(timeout):
            return self._state not in PENDING
        # Two threads may get here; who takes the outcome settles the future.
        pulled = job.pull(0.0, None)
        for _, value, error in pulled.ended:
            self._job = None
            if error is not None and self._stopping:
                super().cancel()
                self.set_running_or_notify_cancel()
            elif error is None:
                self._settle(value)
            else:
                super().set_exception(self._as_told(note(error, "submit", self._function, 0)))
        if not pulled.ended and self._state in PENDING:
            # Another thread has taken it and is reading it.
            with self._condition:
                if self._state in PENDING:
                    self._condition.wait(0.001 if timeout is None else min(timeout, 0.001))
        return self._state not in PENDING

    def _as_told(self, error: BaseException) -> BaseException:
        """Return an error of the task as it is shown."""
        return error

    def result(self, timeout: float | None = None) -> R:
        """Return the value, waiting for it at most `timeout` seconds.

        Raises
        ------
        TimeoutError
            If it did not come in time.
        CancelledError
            If the task was cancelled.
        Exception
            What the task raised.
        """
        if self._state in PENDING:
            self._await(timeout)
        if self._state == "FINISHED" and self._exception is None:
            if type(self._result) is Kept:
                self._open(self._result)
            return self._result  # type: ignore[no-any-return]
        return super().result(0)

    def _open(self, kept: Kept) -> None:
        """Read the value that was left where it was made."""
        with kept.lock:
            if self._result is kept:
                try:
                    self._result = kept.open()
                except AbreastError as error:
                    self._exception = note(error, "submit", self._function, 0)
                    raise self._exception from None
                except Exception as reason:
                    raise note(garbled(0, reason), "submit", self._function, 0) from reason

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the task raised, or None, waiting at most `timeout` seconds."""
        self._await(timeout)
        return super().exception(0)

    def _await(self, timeout: float | None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._state in PENDING:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._fetch(left) and left is not None and left <= 0.0:
                raise TimeoutError(
                    f"the task did not end within {timeout} s\n"
                    "hint: it goes on; ask again, or cancel() it"
                )

    def done(self) -> bool:
        """Whether the task ended or was cancelled."""
        self._look()
        return super().done()

    def running(self) -> bool:
        """Whether a worker runs the task now."""
        self._look()
        job = self._job
        return self._state in PENDING and job is not None and job.running()

    def _look(self) -> None:
        job = self._job
        if job is not None and job.ready():
            self._fetch(0.0)

    _stopping = False
    """Its running task was told to stop: an exception is the end of that."""
    _can_force = False
    """Whether its plan ends any task."""

    def cancel(self, *, running: bool = False) -> bool:
        """Withdraw the task if no worker has taken it; true when it will not run, or was stopped.

        Parameters
        ----------
        running : bool
            Stop it also if it runs: `KeyboardInterrupt` is raised in it, and after half a second,
            on processes, its worker is ended and replaced. Waits for that. False where the task
            ended by itself, or is in compiled code on a plan that cannot stop it; it is cancelled
            then when it comes back to Python code.
        """
        job = self._job
        if job is not None and self._state in PENDING and job.cancel():
            self._job = None
            cancelled = super().cancel()
            # Nobody will start it: those who wait for it are told now.
            self.set_running_or_notify_cancel()
            return cancelled
        if running and job is not None and self._state in PENDING:
            self._stop(job)
        return self.cancelled()

    def _stop(self, job: Job) -> None:
        """Stop the task that runs; before its first line it may take a moment to be found."""
        begin = time.monotonic()
        force_at = begin + _GRACE
        told = forced = False
        while self._state in PENDING and time.monotonic() < begin + _PATIENCE:
            if not told:
                self._stopping = True
                told = self._stopping = job.halt(0)
            elif time.monotonic() >= force_at and not forced:
                if not self._can_force:
                    break
                forced = job.halt(0, True)
            self._fetch(_LOOK if told else 0.001)

    def add_done_callback(self, fn: Callable[[concurrent.futures.Future[R]], object]) -> None:
        """Have ``fn(future)`` called once the task ended, on a thread of the plan."""
        super().add_done_callback(fn)
        self._announce()

    def __await__(self) -> Generator[Any, None, R]:
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "a Future is awaited inside a coroutine; outside, future.result() waits\n"
                "hint: asyncio.run(main()), or .result()"
            ) from None
        return asyncio.wrap_future(self, loop=loop).__await__()

    def __reduce__(self) -> Any:
        raise FutureTravels(
            "a Future stays in the process that submitted it\n"
            "hint: pass it as an argument of its own, or in a list, tuple or dict: there it "
            "becomes its value"
        )


def value_for(backend: Backend, future: concurrent.futures.Future[Any]) -> Any:
    """Return the value of a future that has ended as tasks of a backend take it: as it was left."""
    kept = getattr(future, "_result", None)
    return kept if type(kept) is Kept and kept.serves(backend) else future.result()
