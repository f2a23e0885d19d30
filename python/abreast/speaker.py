"""Which task of a bundle runs here: for what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["Speaker", "aside", "forget", "here", "speaking_for"]

Speaker = list[int]
"""The task that runs, and the one that was last named to whoever hears; -1 for none."""

_speaker: ContextVar[Speaker | None] = ContextVar("abreast_speaker", default=None)
_outermost: Speaker | None = None
"""Of this process: for threads that a task starts itself, which have no context."""


@contextmanager
def speaking_for() -> Iterator[Speaker]:
    """Run a bundle whose tasks are heard: it puts the task that runs into the first place."""
    global _outermost
    speaker = [-1, -1]
    token = _speaker.set(speaker)
    is_outermost = _outermost is None
    if is_outermost:
        _outermost = speaker
    try:
        yield speaker
    finally:
        if is_outermost:
            _outermost = None
        _speaker.reset(token)


@contextmanager
def aside(speaker: Speaker | None) -> Iterator[None]:
    """Say something on behalf of another one, or of nobody."""
    token = _speaker.set(speaker)
    try:
        yield
    finally:
        _speaker.reset(token)


def forget() -> None:
    """Speak for nobody in this context."""
    if _speaker.get() is not None:
        _speaker.set(None)


def here(*, or_outermost: bool = False) -> Speaker | None:
    """Return who speaks, if a bundle runs; on a thread of its own, the only one there can be."""
    speaker = _speaker.get()
    return _outermost if speaker is None and or_outermost else speaker
