"""What tasks say on threads of this process: found out by who says it.

While a job is heard, `sys.stdout`, `sys.stderr`, `warnings.showwarning` and the one place through
which all log records go are replaced by ones that ask whether a task of such a job speaks. All
else passes through. Afterwards everything is as it was, unless somebody else has replaced it since,
who then finds it passing through.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from functools import partial
from typing import Any

from abreast import _abreast, speaker
from abreast.backends.output import LOG, STDERR, STDOUT, WARNING, name_speaker

__all__ = ["Routing", "deaf", "routing", "speaking"]

Sink = Callable[[int, Any], None]

_sink: ContextVar[Sink | None] = ContextVar("abreast_sink", default=None)


def _say(tag: int, data: Any) -> bool:
    """Say it on behalf of the task that runs here; false when there is none that is heard."""
    say = _abreast.say if _sink.get() is None else _into_sink
    return name_speaker(say, or_outermost=False) and say(tag, data)


def _into_sink(tag: int, data: Any) -> bool:
    sink = _sink.get()
    if sink is not None:
        sink(tag, data)
    return True


@contextmanager
def speaking(sink: Sink) -> Iterator[None]:
    """Have what is said here go to ``sink(number of the kind, data)``, while `routing` is on."""
    outer, speaks = _sink.get(), speaker.here()

    def hear(tag: int, data: Any) -> None:
        # What showing it prints is said by whoever is around the task.
        token = _sink.set(outer)
        try:
            with speaker.aside(speaks):
                sink(tag, data)
        finally:
            _sink.reset(token)

    token = _sink.set(hear)
    try:
        with speaker.aside(None):
            yield
    finally:
        _sink.reset(token)


def deaf(context: Context) -> Context:
    """Return the context, whose tasks do not speak for the one that made it."""
    if context.get(_sink) is not None:
        context.run(_sink.set, None)
    context.run(speaker.forget)
    return context


class Routed:
    """A text stream that belongs to whoever writes."""

    def __init__(self, under: Any, tag: int) -> None:
        self.under = under
        self.tag = tag

    def write(self, text: str) -> int:
        """Write, on behalf of the running task or through."""
        if isinstance(text, str) and _say(self.tag, text):
            return len(text)
        written: int = self.under.write(text)
        return written

    def writelines(self, lines: Any) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> Any:
        """The stream for bytes."""
        return _RoutedBytes(self.under.buffer, self.tag)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.under, name)

    def __iter__(self) -> Any:
        return iter(self.under)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        self.under.close()


class _RoutedBytes:
    def __init__(self, under: Any, tag: int) -> None:
        self._under = under
        self._tag = tag

    def write(self, data: Any) -> int:
        if _say(self._tag, bytes(data)):
            return len(data)
        written: int = self._under.write(data)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._under, name)


class Routing:
    """The replacements, while somebody needs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        # Kept when they are taken away: `print` of another thread may be about to use one, and
        # older Pythons hold no reference there (python/cpython#130163).
        self._known: deque[Routed] = deque(maxlen=8)
        self._warning: Any = None
        self._record: Any = None

    def enter(self) -> None:
        """Put them in place with the first user."""
        with self._lock:
            self._users += 1
            for name, tag in (("stdout", STDOUT), ("stderr", STDERR)):
                stream = getattr(sys, name)
                if stream is not None and not isinstance(stream, Routed):
                    setattr(sys, name, self._stand_in(stream, tag))
            if self._users == 1:
                self._route_warnings()
                if "logging" in sys.modules:
                    self._route_records()

    def _stand_in(self, stream: Any, tag: int) -> Routed:
        """Return what stands for a stream: the same again for the same stream."""
        for known in self._known:
            if known.under is stream and known.tag == tag:
                return known
        made = Routed(stream, tag)
        self._known.append(made)
        return made

    def leave(self) -> None:
        """Take them away with the last."""
        with self._lock:
            self._users -= 1
            if self._users > 0:
                return
            for name in ("stdout", "stderr"):
                stream = getattr(sys, name)
                if isinstance(stream, Routed):
                    setattr(sys, name, stream.under)
            ours, original = self._warning
            if warnings.showwarning is ours:
                warnings.showwarning = original
            if self._record is not None:
                import logging

                ours, original = self._record
                self._record = None
                if logging.Logger.callHandlers is ours:
                    logging.Logger.callHandlers = original  # type: ignore[method-assign]

    def _route_warnings(self) -> None:
        original = warnings.showwarning

        def show(*args: Any, **kwargs: Any) -> None:
            if not _say(WARNING, partial(original, *args, **kwargs)):
                original(*args, **kwargs)

        self._warning = show, original
        warnings.showwarning = show

    def _route_records(self) -> None:
        import logging

        original = logging.Logger.callHandlers

        def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
            if not _say(LOG, partial(original, logger, record)):
                original(logger, record)

        self._record = call_handlers, original
        setattr(logging.Logger, "callHandlers", call_handlers)  # noqa: B010

    def forget(self) -> None:
        """Take them away: in a forked child, which has none of the threads that speak."""
        self._lock = threading.Lock()
        if self._users:
            self._users = 1
            self.leave()


routing = Routing()
