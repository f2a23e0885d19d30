"""What tasks say in processes that belong to an engine: heard while pilots serve there."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from contextvars import ContextVar
from typing import Any, Protocol, cast

from abreast.backends import capture

__all__ = ["Speaks", "voice"]


class Speaks(Protocol):
    """A pilot, as far as it passes on what its task says."""

    def say(self, tag: int, data: Any) -> bool:
        """Pass it on; false when no task runs."""

    def warned(self) -> None:
        """Note that the running task warned."""

    def pack(self, value: Any) -> Any:
        """Pack a value as it is now, to go with its result."""


speaks_here: ContextVar[Speaks | None] = ContextVar("abreast_pilot", default=None)


class Voice:
    """Stands in the place of streams, warnings and log records while there are pilots."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pilots: list[Speaks] = []
        self._before: tuple[Any, ...] = ()
        self._silenced: list[tuple[logging.Logger, list[logging.Handler]]] = []

    def enter(self, pilot: Speaks, facts: dict[str, Any]) -> None:
        """Listen, from the first pilot on."""
        with self._lock:
            self._pilots.append(pilot)
            if len(self._pilots) > 1:
                return
            handlers = logging.Logger.callHandlers
            self._before = sys.stdout, sys.stderr, sys.stdin, warnings.showwarning, handlers
            self._silenced = _silence_copies()
            capture.install(cast(Any, self), facts)  # has what is asked for

    def leave(self, pilot: Speaks) -> None:
        """Put everything back with the last."""
        with self._lock:
            self._pilots.remove(pilot)
            if self._pilots:
                return
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            sys.stdout, sys.stderr, sys.stdin, warnings.showwarning, handlers = self._before
            setattr(logging.Logger, "callHandlers", handlers)  # noqa: B010 - a method, for types
            self._before = ()
            for logger, kept in self._silenced:
                logger.handlers[:] = kept

    def _pilot(self) -> Speaks | None:
        found = speaks_here.get()
        if found is None and len(self._pilots) == 1:
            # A thread that a task started: it can only be for this one.
            found = self._pilots[0]
        return found

    def say(self, tag: int, data: Any) -> bool:
        """Say it on behalf of the task that runs."""
        pilot = self._pilot()
        return pilot is not None and pilot.say(tag, data)

    def warned(self) -> None:
        """Note that the running task warned."""
        pilot = self._pilot()
        if pilot is not None:
            pilot.warned()

    def flush(self) -> None:
        """Nothing waits here for long."""


def _silence_copies() -> list[tuple[logging.Logger, list[logging.Handler]]]:
    """Take away handlers that came with a fork: the caller has them, and handles every record."""
    hub = sys.modules.get("abreast.backends.hub")
    if hub is None or not hub.is_copy:
        return []
    known = [logging.root, *logging.root.manager.loggerDict.values()]
    silenced = []
    for logger in known:
        if isinstance(logger, logging.Logger) and logger.handlers:
            silenced.append((logger, list(logger.handlers)))
            logger.handlers.clear()
    return silenced


voice = Voice()
