"""Tasks one after the other, here: the meaning of all other backends."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from typing import Any

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
from abreast.backends.interrupt import raise_in
from abreast.backends.isolation import Isolated, copy_function, pack
from abreast.backends.output import heard
from abreast.backends.routing import routing, speaking

__all__ = ["SerialBackend", "open"]

_SLICE = 0.02
"""Seconds of tasks after which the caller gets what is done."""

_TINY = 5e-5
"""Seconds; shorter tasks are written into the journal together, up to `_SPAN` seconds of them."""
_SPAN = 1e-3


def open(level: Level) -> Backend:
    """Open the backend; this is its entry point."""
    return SerialBackend(level)


class _Depth(threading.local):
    """Whether the calling thread is inside of a task; what that calls is part of it."""

    inside = False


_depth = _Depth()


class _Runs:
    """What the journal does not know yet: tiny tasks in a row."""

    def __init__(self, note: Callable[[int, int, float, float], None]) -> None:
        self._note = note
        self._first = self._count = 0
        self._start = self._end = 0.0

    def add(self, index: int, start: float, end: float) -> None:
        """Note a task; what is not tiny, and what has grown long, goes on at once."""
        if end - start > _TINY:
            self.flush()
            self._note(index, 1, start, end)
            return
        if not self._count:
            self._first, self._start = index, start
        self._count += 1
        self._end = end
        if end - self._start > _SPAN:
            self.flush()

    def flush(self) -> None:
        """Pass on what is left."""
        if self._count:
            self._note(self._first, self._count, self._start, self._end)
            self._count = 0


class SerialBackend:
    """Runs each task when its result is asked for."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.capabilities = Capabilities(
            isolated=level.isolate,
            parallel_python=False,
            survives_crash=False,
            stops_anything=False,
        )
        self._lanes = threading.local()

    def lane(self) -> _abreast.SerialLane:
        """Return where the calling thread's tasks stand in the journal."""
        lane: _abreast.SerialLane | None = getattr(self._lanes, "lane", None)
        if lane is None:
            lane = journal.shared().serial("serial", threading.get_ident())
            self._lanes.lane = lane
        return lane

    def open(self, call: Call) -> Job:
        """Begin a job."""
        return SerialJob(copy_function(call) if self.level.isolate else call, self)

    def outstanding(self) -> int:
        """Nothing runs behind the caller's back."""
        return 0

    def shutdown(self, grace: float) -> None:
        """Nothing to leave."""

    def disarm(self) -> None:
        """Write into the forked child's own journal."""
        self._lanes = threading.local()


class SerialJob:
    """Items wait here until `pull` runs them."""

    def __init__(self, call: Call, backend: SerialBackend) -> None:
        self._call = call
        self._level = level = backend.level
        self._lane = backend.lane()
        self._entry, self._first = 0, 0
        if call.function is not None and not _depth.inside:
            self._entry = self._lane.begin(*journal.title(call))
        self._isolated = Isolated(call) if level.isolate else None
        self._waiting: deque[tuple[int, Any]] = deque()
        self._pushed = 0
        self._batch = 1
        self._watched = 3 if call.watched else 0
        self._running: int | None = None
        self._since = 0.0
        self._thread = 0
        self._halting = threading.Lock()
        self._halted: int | None = None
        self.listener: Callable[[Output], None] | None = None
        """Hears at once what tasks of a heard call say; without it, `pull` answers it."""
        self._said: list[Output] = []

    def want(self) -> int:
        """As many as ran in the last slice, twice over: one while tasks are long."""
        return 0 if self._waiting else self._batch

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Append a task for each item; one that runs once more is the next."""
        if at is not None:
            again = [
                (at + place, self._packed(item, at + place)) for place, item in enumerate(items)
            ]
            self._waiting.extendleft(reversed(again))
            return
        before = self._pushed
        for item in items:
            if self._call.function is None and not _depth.inside:
                self._entry, self._first = self._lane.join(journal.name_of(item[0]))
            self._waiting.append((self._pushed, self._packed(item, self._pushed)))
            self._pushed += 1
        if self._entry and self._call.function is not None:
            self._lane.pushed(self._entry, self._pushed - before)

    def entry(self) -> int:
        """Return the number of the call in the journal; zero for none."""
        return self._entry

    def _packed(self, item: Any, index: int) -> Any:
        return item if self._isolated is None else pack(item, index)

    def skip(self) -> None:
        """Pass over an index."""
        self._pushed += 1

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Run what waits, for a moment at least."""
        from abreast.plans import context_of

        context = context_of(self._level)
        if self._call.heard:
            routing.enter()
            try:
                return self._pull(context, results)._replace(output=self._heard())
            finally:
                routing.leave()
        return self._pull(context, results)

    def _heard(self) -> list[Output]:
        said, self._said = self._said, []
        return said

    def _pull(self, context: Context, results: list[Any] | None) -> Pulled:
        inside, _depth.inside = _depth.inside, True
        runs = _Runs(self._note)
        try:
            return self._work(context, results, runs)
        finally:
            _depth.inside = inside
            runs.flush()

    def _work(self, context: Context, results: list[Any] | None, runs: _Runs) -> Pulled:
        ended: list[Ended] = []
        finished = notes = 0
        self._thread = threading.get_ident()
        now = time.perf_counter()
        deadline = now + _SLICE
        while self._waiting:
            try:
                index, item = self._waiting.popleft()
            except IndexError:  # withdrawn in between
                break
            finished += 1
            self._since, self._running = now, index
            error: BaseException | None = None
            try:
                try:
                    # A context for each: a task's plan is its own.
                    value, drew = context.copy().run(self._run, index, item)
                except KeyboardInterrupt:
                    raise
                except BaseException as raised:
                    error = raised
                self._running = None
                if self._halted is not None:
                    self._take_back()
            except KeyboardInterrupt as raised:
                self._running = None
                if not self._was_for(index):
                    raise
                error = raised
            if error is not None:
                runs.flush()
                self._note(index, 1, self._since, time.perf_counter(), failed=True)
                ended.append(Ended(index, None, error))
                error = None
                break
            notes += drew
            if results is None:
                ended.append(Ended(index, value, None))
            else:
                results[index] = value
            now = time.perf_counter()
            runs.add(index, self._since, now)
            if now >= deadline:
                break
        self._batch = min(2 * finished, 1024) if not self._waiting else 1
        return Pulled(finished, notes, ended)

    def _note(
        self, first: int, count: int, started: float, ended: float, failed: bool = False
    ) -> None:
        if count and self._entry:
            self._lane.ran(self._entry, self._first + first, count, started, ended, failed)

    def _run(self, index: int, item: Any) -> tuple[Any, bool]:
        call = self._call
        if call.heard:
            tell = self.listener or self._said.append
            with speaking(lambda tag, data: tell(heard(index, tag, data))):
                return self._watch(index, item)
        return self._watch(index, item)

    def _watch(self, index: int, item: Any) -> tuple[Any, bool]:
        call = self._call
        if self._watched > 0 and call.function is not None:
            from abreast.random.watch import after, before

            self._watched -= 1
            state = before(call.function)
            return self._value(index, item), after(state)
        return self._value(index, item), False

    def _value(self, index: int, item: Any) -> Any:
        call = self._call
        if self._isolated is not None:
            return self._isolated(index, item)
        if call.function is None:
            return item[0](*item[1], **(item[2] or {}))
        if call.indexed:
            return call.function(index, item)
        return call.function(*item) if call.star else call.function(item)

    def wait(self, timeout: float | None) -> bool:
        """`pull` never has to wait."""
        return True

    def ready(self) -> bool:
        """Whether there is something to run."""
        return bool(self._waiting)

    def outstanding(self) -> int:
        """Items that wait."""
        return len(self._waiting)

    def running(self) -> bool:
        """Whether another thread is inside `pull`, and a task inside that."""
        return self._running is not None

    def started(self) -> list[Running]:
        """Return the task that runs; for another thread."""
        index, since = self._running, self._since
        if index is None:
            return []
        threads = {each.ident: each.name for each in threading.enumerate()}
        name = threads.get(self._thread, "")
        return [Running(index, time.perf_counter() - since, f"thread {name}")]

    def halt(self, task: int, force: bool = False) -> bool:
        """Interrupt the task, from another thread; force there is none."""
        with self._halting:
            if force or self._halted is not None:
                return self._running == task
            self._halted = task
            # In this order: a task that has ended either finds that it was halted, or is seen here.
            if self._running != task:
                self._halted = None
                return False
            if self._by_signal():
                signal.pthread_kill(self._thread, signal.SIGINT)
            else:
                raise_in(self._thread, KeyboardInterrupt)
            return True

    def _by_signal(self) -> bool:
        """Whether Ctrl-C stops the thread, also where it sleeps; nobody else has a use for it."""
        return (
            self._thread == threading.main_thread().ident
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )

    def _was_for(self, index: int) -> bool:
        """Whether an interrupt was meant for this task."""
        with self._halting:
            halted, self._halted = self._halted, None
        return halted == index

    def _take_back(self) -> None:
        """Wait for an interrupt that comes too late for its task: it must not hit what follows."""
        with self._halting:
            if self._by_signal():
                for _ in range(5):
                    time.sleep(0.001)
            else:
                raise_in(self._thread, None)
            self._halted = None

    def cancel(self, first: int = 0) -> int:
        """Drop what waits."""
        withdrawn = 0
        # In the order of their indices; `pull` may take from the other end meanwhile.
        while self._waiting:
            try:
                each = self._waiting.pop()
            except IndexError:
                break
            if each[0] < first:
                self._waiting.append(each)
                break
            withdrawn += 1
        return withdrawn

    def stop(self, grace: float) -> None:
        """Drop what waits."""
        self.cancel()

    def watch(self, callback: Callable[[], None]) -> None:
        """Nothing happens before `pull`, so the callback comes at once."""
        callback()
