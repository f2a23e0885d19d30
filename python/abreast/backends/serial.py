"""Tasks one after the other, here: the meaning of all other backends."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from typing import Any

from abreast.backends.contract import (
    Backend,
    Call,
    Capabilities,
    Ended,
    Job,
    Level,
    Output,
    Pulled,
)
from abreast.backends.isolation import Isolated, copy_function, pack
from abreast.backends.output import heard
from abreast.backends.routing import routing, speaking

__all__ = ["SerialBackend", "open"]

_SLICE = 0.02
"""Seconds of tasks after which the caller gets what is done."""


def open(level: Level) -> Backend:
    """Open the backend; this is its entry point."""
    return SerialBackend(level)


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

    def open(self, call: Call) -> Job:
        """Begin a job."""
        return SerialJob(copy_function(call) if self.level.isolate else call, self.level)

    def outstanding(self) -> int:
        """Nothing runs behind the caller's back."""
        return 0

    def shutdown(self, grace: float) -> None:
        """Nothing to leave."""

    def disarm(self) -> None:
        """Nothing to forget."""


class SerialJob:
    """Items wait here until `pull` runs them."""

    def __init__(self, call: Call, level: Level) -> None:
        self._call = call
        self._level = level
        self._isolated = Isolated(call) if level.isolate else None
        self._waiting: deque[tuple[int, Any]] = deque()
        self._pushed = 0
        self._batch = 1
        self._watched = 3 if call.watched else 0
        self.listener: Callable[[Output], None] | None = None
        """Hears at once what tasks of a heard call say; without it, `pull` answers it."""
        self._said: list[Output] = []

    def want(self) -> int:
        """As many as ran in the last slice, twice over: one while tasks are long."""
        return 0 if self._waiting else self._batch

    def push(self, items: Iterable[Any]) -> None:
        """Append a task for each item."""
        for item in items:
            packed = item if self._isolated is None else pack(item, self._pushed)
            self._waiting.append((self._pushed, packed))
            self._pushed += 1

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
        ended: list[Ended] = []
        finished = notes = 0
        deadline = time.perf_counter() + _SLICE
        while self._waiting:
            index, item = self._waiting.popleft()
            finished += 1
            try:
                # A context for each: a task's plan is its own.
                value, drew = context.copy().run(self._run, index, item)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                ended.append(Ended(index, None, error))
                break
            notes += drew
            if results is None:
                ended.append(Ended(index, value, None))
            else:
                results[index] = value
            if time.perf_counter() >= deadline:
                break
        self._batch = min(2 * finished, 1024) if not self._waiting else 1
        return Pulled(finished, notes, ended)

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
