"""While a pilot serves in a process, that process is a worker; afterwards it is as it was."""

from __future__ import annotations

import contextvars
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any

from abreast.backends import native, surroundings
from abreast.backends.contract import Level
from abreast.backends.routing import deaf
from abreast.backends.voice import speaks_here, voice

__all__ = ["context_for", "staying"]

_lock = threading.Lock()
_pilots = 0
_before: dict[str, Any] = {}


@contextmanager
def staying(pilot: Any, welcome: dict[str, Any]) -> Iterator[None]:
    """Set the process up as a worker."""
    halting = pilot.halting
    handler = signal.signal(signal.SIGINT, halting.interrupt) if halting.is_main else None
    _enter(welcome)
    voice.enter(pilot, welcome["streams"])
    try:
        yield
    finally:
        voice.leave(pilot)
        _leave()
        if halting.is_main:
            signal.signal(signal.SIGINT, signal.SIG_DFL if handler is None else handler)


def _enter(welcome: dict[str, Any]) -> None:
    from abreast import plans

    global _pilots
    level: Level = welcome["level"]
    with _lock:
        _pilots += 1
        if _pilots > 1:
            return
        variables = native.environment(level.inner_threads)
        _before.update(
            filters=list(warnings.filters),
            variables={name: os.environ.get(name) for name, _ in variables},
            threads=native.limit_all(level.inner_threads),
            path=list(sys.path),
            plan=(plans._process, plans._default_levels),
        )
        os.environ.update(variables)
        # Threads that a task starts have no context that would tell them.
        plans._process, plans._default_levels = None, level.inner or (plans.SERIAL,)
        surroundings.start(welcome["filters"])
        if welcome["path"] is not None:
            sys.path += [entry for entry in welcome["path"] if entry not in sys.path]


def _leave() -> None:
    from abreast import plans

    global _pilots
    with _lock:
        _pilots -= 1
        if _pilots:
            return
        surroundings.settle(b"")
        warnings.filters[:] = _before["filters"]  # type: ignore[index]
        surroundings.renew()
        for name, value in _before["variables"].items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        native.restore(_before["threads"])
        sys.path[:] = _before["path"]
        plans._process, plans._default_levels = _before["plan"]
        _before.clear()


def context_for(pilot: Any, level: Level, around: bytes) -> Context:
    """Return a context for tasks: the plan inside, and what the caller has set."""
    from abreast import plans

    context = deaf(contextvars.Context())
    context.run(plans._enter, level)
    context.run(speaks_here.set, pilot)
    context.run(surroundings.settle, around)
    native.allow(context, level.inner_threads)
    return context
