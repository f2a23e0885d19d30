"""Tasks one after the other, here: the meaning of all other backends."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from abreast import _abreast
from abreast.backends import journal
from abreast.backends.contract import Backend, Call, Capabilities, Ended, Job, Level, Pulled
from abreast.backends.isolation import Isolated, copy_function, pack

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

    def want(self) -> int:
        """As many as ran in the last slice, twice over: one while tasks are long."""
        return 0 if self._waiting else self._batch

    def push(self, items: Iterable[Any]) -> None:
        """Append a task for each item."""
        before = self._pushed
        for item in items:
            if self._call.function is None and not _depth.inside:
                self._entry, self._first = self._lane.join(journal.name_of(item[0]))
            packed = item if self._isolated is None else pack(item, self._pushed)
            self._waiting.append((self._pushed, packed))
            self._pushed += 1
        if self._entry and self._call.function is not None:
            self._lane.pushed(self._entry, self._pushed - before)

    def entry(self) -> int:
        """Return the number of the call in the journal; zero for none."""
        return self._entry

    def skip(self) -> None:
        """Pass over an index."""
        self._pushed += 1

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Run what waits, for a moment at least."""
        from abreast.plans import context_of

        context = context_of(self._level)
        ended: list[Ended] = []
        finished = notes = 0
        inside, _depth.inside = _depth.inside, True
        clock, note = time.perf_counter, self._note
        before = start = clock()
        deadline = start + _SLICE
        first, count = -1, 0  # tiny tasks that the journal does not know yet
        try:
            while self._waiting:
                index, item = self._waiting.popleft()
                finished += 1
                try:
                    # A context for each: a task's plan is its own.
                    value, drew = context.copy().run(self._run, index, item)
                except KeyboardInterrupt:
                    raise
                except BaseException as error:
                    note(first, count, start, before)
                    first, count = -1, 0
                    note(index, 1, before, clock(), failed=True)
                    ended.append(Ended(index, None, error))
                    break
                now = clock()
                if now - before > _TINY:
                    note(first, count, start, before)
                    note(index, 1, before, now)
                    first, count = -1, 0
                else:
                    if not count:
                        first, start = index, before
                    count += 1
                    if now - start > _SPAN:
                        note(first, count, start, now)
                        first, count = -1, 0
                before = now
                notes += drew
                if results is None:
                    ended.append(Ended(index, value, None))
                else:
                    results[index] = value
                if now >= deadline:
                    break
        finally:
            _depth.inside = inside
            note(first, count, start, before)
        self._batch = min(2 * finished, 1024) if not self._waiting else 1
        return Pulled(finished, notes, ended)

    def _note(
        self, first: int, count: int, started: float, ended: float, failed: bool = False
    ) -> None:
        if count and self._entry:
            self._lane.ran(self._entry, self._first + first, count, started, ended, failed)

    def _run(self, index: int, item: Any) -> tuple[Any, bool]:
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
        """Tasks run inside `pull`, so nobody can ask while one does."""
        return False

    def cancel(self, first: int = 0) -> int:
        """Drop what waits."""
        before = len(self._waiting)
        self._waiting = deque(each for each in self._waiting if each[0] < first)
        return before - len(self._waiting)

    def stop(self, grace: float) -> None:
        """Drop what waits."""
        self.cancel()

    def watch(self, callback: Callable[[], None]) -> None:
        """Nothing happens before `pull`, so the callback comes at once."""
        callback()
