"""A job whose tasks may run again after a failure, and not for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from abreast.backends.contract import Backend, Ended, Job, Output, Pulled, Running
from abreast.backends.kept import Kept, arriving, leaving
from abreast.backends.parcel import Passing
from abreast.checkpoint.keep import NotKept
from abreast.errors import DeadlineExceeded, PoolClosed, TaskTimeout, TransferError, WorkerLost
from abreast.pickling import Blob, pack
from abreast.tasks import clock
from abreast.tasks.inputs import PLAIN
from abreast.tasks.rules import Rules
from abreast.tasks.tally import tell_again, tell_given_up

__all__ = ["Tries"]

_GRACE = 0.5
"""Seconds that a task gets to stop by itself before force is used."""
_PATIENCE = 1.5
"""Seconds after the deadline for which what cannot be stopped is awaited."""
_LOOK = 0.02


@dataclass
class _Halt:
    """A task that was told to stop."""

    worker: str
    at: float
    late: bool
    """For the deadline of the whole call; otherwise for its own timeout."""
    forced: bool = False


class _Held:
    """An item with results of other tasks, which stay where they are."""

    def __init__(self, packed: Blob, kept: list[Kept]) -> None:
        self.packed = packed
        self.kept = kept

    def open(self) -> Any:
        """Return a new copy of the item, with the results in it unread."""
        with arriving(Passing(self.kept)):
            return self.packed.open()


class Tries:
    """What the tasks of `job` give in the end, as `rules` say; itself a job.

    A task that fails is pushed again under its own index, so it draws the same random numbers. It
    counts as ended after its last try. A thread of the `clock` stops what runs too long.
    """

    def __init__(
        self, job: Job, rules: Rules, backend: Backend, caller: str, function_name: str
    ) -> None:
        self._job = job
        self._rules = rules
        self._caller = caller
        self._function = function_name
        self._copies = backend.capabilities.isolated
        self._packer = getattr(backend, "pack", None)
        self._deadline = None if rules.deadline is None else time.monotonic() + rules.deadline
        self._late = False
        self._items: dict[int, Any] = {}
        self._failed: dict[int, list[str]] = {}
        self._halted: dict[int, _Halt] = {}
        self._until: int | None = None
        """No task from this index on runs again."""
        self._pushed = 0
        self._ended: list[Ended] = []
        self._said: list[Output] = []
        self._finished = self._notes = self._done = 0
        self._callbacks: list[Callable[[], None]] = []
        self._clocked = False
        self._lock = threading.RLock()
        self.want = job.want
        self.outstanding = job.outstanding
        self.running = job.running
        self.started = job.started

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Append a task for each item, and keep the item as it is now for another try."""
        if self._is_late():
            raise self._exceeded()
        if self._rules.retries:
            items = self._kept(items)
        try:
            self._job.push(items)
        except TransferError as error:
            if error.index is not None:
                self._items.pop(error.index, None)
                self._pushed = error.index
            raise
        finally:
            self._look_after()

    def _kept(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            self._items[self._pushed] = self._copy(item) if self._copies else item
            self._pushed += 1
            yield item

    def _copy(self, item: Any) -> Any:
        if type(item) in PLAIN:
            return item
        try:
            with leaving() as kept:
                packed = pack(item, self._packer)
        except Exception:
            return item  # The job will say the same, and about which task.
        return _Held(packed, kept) if kept else packed

    def skip(self) -> None:
        """Pass over an index."""
        self._pushed += 1
        self._job.skip()

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Wait until tasks ended for good, and take them.

        Raises
        ------
        DeadlineExceeded
            After the deadline, when everything that had ended was taken.
        """
        self._wait(timeout, results)
        with self._lock:
            ended, self._ended = self._ended, []
            said, self._said = self._said, []
            finished, self._finished = self._finished, 0
            notes, self._notes = self._notes, 0
        if not finished and not said and self._late and self._is_over():
            raise self._exceeded()
        if results is not None:
            for index, value, error in ended:
                if error is None:
                    results[index] = value
            ended = [each for each in ended if each.error is not None]
        return Pulled(finished, notes, ended, said)

    def wait(self, timeout: float | None) -> bool:
        """Wait until `pull` has something."""
        return self._wait(timeout, None)

    def ready(self) -> bool:
        """Whether `pull` may have something."""
        return bool(self._finished or self._said) or self._job.ready()

    def _wait(self, timeout: float | None, results: list[Any] | None) -> bool:
        until = None if timeout is None else time.monotonic() + timeout
        while not self._finished and not self._said:
            now = time.monotonic()
            left = None if until is None else max(0.0, until - now)
            if self._deadline is not None:
                if self._is_late():
                    if self._is_over():
                        break
                    left = _LOOK
                elif left is None or left > self._deadline - now:
                    left = self._deadline - now
            self._sift(left, results)
            if not self._finished and not self._job.outstanding() and not self._job.ready():
                break
            if until is not None and time.monotonic() >= until:
                break
        return self._finished > 0 or bool(self._said)

    def _sift(self, timeout: float | None, results: list[Any] | None) -> None:
        """Take what ended, run again what may, and keep the rest for `pull`."""
        rules = self._rules
        # What is listed can be judged; without need for that it goes where it belongs.
        direct = None if rules.retries or rules.timeout is not None else results
        pulled = self._job.pull(timeout, direct)
        if pulled.output:
            with self._lock:
                self._said.extend(pulled.output)
        if not pulled.finished:
            return
        with self._lock:
            self._notes += pulled.notes
            if direct is not None:
                values = pulled.finished - len(pulled.ended)
                self._finished += values
                self._done += values
            judged = [self._judge(each) for each in pulled.ended]
            self._ended.extend(each for each in judged if each is not None)
            self._finished += sum(each is not None for each in judged)
            if self._clocked and not self._job.outstanding():
                self._clocked = False
                clock.forget(self)

    def _judge(self, ended: Ended) -> Ended | None:
        """Return what becomes of a task that ended, None if that is open or of no interest."""
        index, _, error = ended
        halt = self._halted.pop(index, None)
        if isinstance(error, NotKept) or (error is None and (halt is None or halt.late)):
            self._forget(index)
            self._done += 1
            return ended
        if halt is not None:
            if halt.late:
                return None
            error = self._timed_out(index, halt, error)
        assert error is not None
        before = self._failed.setdefault(index, [])
        before.append(_short(error))
        if self._runs_again(index, error, len(before)):
            return None
        self._forget(index)
        if len(before) > 1:
            error.add_note(
                f"abreast: tried {len(before)} times; before that: {'; '.join(before[-6:-1])}"
            )
        return Ended(index, None, error)

    def _runs_again(self, index: int, error: BaseException, tries: int) -> bool:
        if self._late or (self._until is not None and index >= self._until):
            return False
        if not self._rules.again(error, tries):
            return False
        item = self._items[index]
        try:
            self._job.push([item.open() if type(item) in (Blob, _Held) else item], index)
        except Exception:
            return False  # The pool is closed, or memory is full: what it failed of stands.
        tell_again(self._function, index, error)
        self._look_after()
        return True

    def _forget(self, index: int) -> None:
        self._items.pop(index, None)
        self._failed.pop(index, None)

    def _timed_out(self, index: int, halt: _Halt, cause: BaseException | None) -> TaskTimeout:
        seconds = self._rules.timeout or 0.0
        what = "interrupted"
        hint = "a larger timeout=; the cause, if one is shown, says where the task was"
        if isinstance(cause, WorkerLost):
            what = "ended and replaced"
            hint = "a larger timeout=, or look for what in compiled code does not return"
        elif isinstance(cause, PoolClosed):
            what = "given up and replaced, for compiled code cannot be stopped there"
            hint = "plan('processes') ends every task"
            tell_given_up()
        error = TaskTimeout(
            f"task {index} of {self._caller}({self._function}) did not end within "
            f"timeout={seconds:g} s; {halt.worker} was {what}\nhint: {hint}"
        )
        error.index, error.function = index, self._function
        error.seconds, error.worker = seconds, halt.worker
        if not isinstance(cause, (WorkerLost, PoolClosed)):
            error.__cause__ = cause
        return error

    def _is_late(self) -> bool:
        """Whether the deadline has passed; the first time, withdraw what was not started."""
        if not self._late and self._deadline is not None and time.monotonic() >= self._deadline:
            self._late = True
            self._job.cancel()
        return self._late

    def _is_over(self) -> bool:
        """Whether, after the deadline, nothing more is awaited."""
        if not (self._job.outstanding() or self._job.running() or self.ready()):
            return True
        assert self._deadline is not None
        return time.monotonic() > self._deadline + _PATIENCE

    def _exceeded(self) -> DeadlineExceeded:
        seconds = self._rules.deadline or 0.0
        error = DeadlineExceeded(
            f"{self._caller}({self._function}) did not end within deadline={seconds:g} s: "
            f"{self._done} tasks had ended well, the others were stopped or not started\n"
            "hint: error.results has what is there"
        )
        error.seconds, error.done, error.results = seconds, self._done, []
        return error

    def cancel(self, first: int = 0) -> int:
        """Withdraw; what runs and fails does not run again, except that of a single task."""
        if first or self._caller != "submit":
            self._until = first if self._until is None else min(first, self._until)
        return self._job.cancel(first)

    def halt(self, task: int, force: bool = False) -> bool:
        """End a running task for good: it does not run again."""
        self._until = task if self._until is None else min(task, self._until)
        return self._job.halt(task, force)

    def stop(self, grace: float) -> None:
        """Withdraw, interrupt, use force."""
        self._until = 0
        self._job.stop(grace)

    def watch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the last task has ended for good."""
        with self._lock:
            self._callbacks.append(callback)
        self._job.watch(self._settled)

    def _settled(self) -> None:
        self._sift(0.0, None)
        if self._job.outstanding() or self._job.ready():
            self._job.watch(self._settled)
            return
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def _look_after(self) -> None:
        """Have the clock look when the first task that starts now can have run too long."""
        limits = [each for each in (self._rules.timeout, self._left()) if each is not None]
        if not limits:
            return
        with self._lock:
            if not self._clocked:
                self._clocked = True
                clock.look_after(self, min(limits))

    def _left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def tick(self) -> float | None:
        """Stop what has run too long; answers when to look again. For the clock."""
        with self._lock:
            if not self._job.outstanding() and not self._job.running():
                self._clocked = False
                return None
            late, next_look = self._is_late(), [self._left() or 0.0] if self._deadline else []
            timeout = self._rules.timeout
            for task in self._job.started():
                halt = self._halted.get(task.task)
                if halt is not None:
                    next_look.append(self._press(task, halt))
                elif late or (timeout is not None and task.seconds >= timeout):
                    next_look.append(self._begin_halt(task, late))
                elif timeout is not None:
                    next_look.append(timeout - task.seconds)
            if timeout is not None:
                next_look.append(timeout)
            # Then every moment counts: what is to be stopped may have been about to start.
            if not late:
                return min(next_look)
            return _LOOK if not self._is_over() else _PATIENCE

    def _begin_halt(self, task: Running, late: bool) -> float:
        self._halted[task.task] = _Halt(task.worker, time.monotonic(), late)
        if not self._job.halt(task.task):
            del self._halted[task.task]  # It has just ended.
        return _GRACE

    def _press(self, task: Running, halt: _Halt) -> float:
        left = halt.at + _GRACE - time.monotonic()
        if left <= 0.0 and not halt.forced:
            halt.forced = self._job.halt(task.task, True)
        return left if left > 0.0 else _GRACE


def _short(error: BaseException) -> str:
    try:
        text = str(error).partition("\n")[0]
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
