"""What ran more than once, and what could not be stopped: kept for `abreast.report`."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

__all__ = ["Again", "again", "given_up", "tell_again", "tell_given_up"]

_KEPT = 1000
"""Most entries that are kept; they are counted beyond."""


class Again(NamedTuple):
    """A task that ran once more."""

    function: str
    task: int
    reason: str
    """What the try before raised, by the name of its class."""


_lock = threading.Lock()
_again: deque[Again] = deque(maxlen=_KEPT)
_count = 0
_given_up = 0


def tell_again(function: str, task: int, error: BaseException) -> None:
    """Note that a task runs once more."""
    global _count
    with _lock:
        _count += 1
        _again.append(Again(function, task, type(error).__name__))


def tell_given_up() -> None:
    """Note that a thread was given up: its task runs on, and nobody waits for it."""
    global _given_up
    with _lock:
        _given_up += 1


def again() -> tuple[int, list[Again]]:
    """Return how often tasks ran once more, and the latest of them."""
    with _lock:
        return _count, list(_again)


def given_up() -> int:
    """Return how many threads were given up."""
    with _lock:
        return _given_up
