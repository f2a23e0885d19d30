"""What happens when futures end, one after the other: without recursion, however long the chain.

The end of a future may start a task, fail another future, or cancel one, which is the end of that
one in turn. Each of these is a step in a queue of its thread. Whoever comes first works it off;
what comes up meanwhile is appended.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

__all__ = ["catch_up", "is_relaying", "relay", "tell_later"]

Step = Callable[[], object]


class _Here(threading.local):
    """The queue of a thread."""

    def __init__(self) -> None:
        self.steps: deque[Step] = deque()
        self.callbacks: deque[Step] = deque()
        """The user's, which may take any time: after all steps, so that none waits for them."""
        self.busy = False


_here = _Here()


def is_relaying() -> bool:
    """Whether this thread works off steps right now."""
    return _here.busy


def relay(steps: Iterable[Step]) -> None:
    """Append steps and have them done: now, or by who is at it further up in this thread."""
    here = _here
    here.steps.extend(steps)
    if here.busy:
        return
    told: deque[Step] = deque()
    try:
        catch_up()
        while here.callbacks or told:
            # Taken out first: what a callback ends runs callbacks of its own, not these inside it.
            told.extend(here.callbacks)
            here.callbacks.clear()
            # Not busy meanwhile: when `cancel` returns to a callback, all have been told.
            told.popleft()()
            catch_up()
    except BaseException:
        # Ctrl-C, between two steps: others depend on those that are left.
        told.extend(here.callbacks)
        here.callbacks.clear()
        left, here.steps = here.steps, deque()
        if left or told:
            threading.Thread(target=_finish, args=(left, told), name="abreast-relay").start()
        raise


def catch_up() -> None:
    """Do the steps that this thread has queued; for who is about to wait for the outcome of one."""
    here = _here
    while here.steps:
        before, here.busy = here.busy, True
        try:
            while here.steps:
                here.steps.popleft()()
        finally:
            here.busy = before


def tell_later(callback: Step) -> None:
    """Have a callback called after all steps of this thread, which is busy with them."""
    _here.callbacks.append(callback)


def _finish(steps: deque[Step], callbacks: deque[Step]) -> None:
    _here.callbacks = callbacks
    relay(steps)
