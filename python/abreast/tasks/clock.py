"""One thread that looks after tasks with a time limit, while there are any."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Protocol

__all__ = ["forget", "look_after"]

_LINGER = 0.1
"""Seconds for which the thread stays without work: often there is more at once."""
_LONGEST = 1.0
"""Seconds after which it looks again in any case: work may have ended without telling."""
_SHORTEST = 0.005


class Limited(Protocol):
    """Something that has to be looked at when time has passed."""

    def tick(self) -> float | None:
        """Do what is due; answers after how many seconds to look again, None for never."""


class _Clock:
    def __init__(self) -> None:
        # Entered by itself: Ctrl-C inside a condition's own code would leave it taken for good.
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.due: dict[int, tuple[float, weakref.ref[Limited]]] = {}
        self.thread: threading.Thread | None = None

    def add(self, job: Limited, seconds: float) -> None:
        """Look at `job` after so many seconds, for the first time."""
        with self.lock:
            self.due[id(job)] = time.monotonic() + seconds, weakref.ref(job)
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="abreast-clock", daemon=True)
                self.thread.start()
            else:
                self.changed.notify()

    def drop(self, job: Limited) -> None:
        """Look at it no more."""
        with self.lock:
            if self.due.pop(id(job), None) is not None:
                self.changed.notify()

    def run(self) -> None:
        """Look at each when its time has come; leave when there is none."""
        while True:
            with self.lock:
                if not self.due and not self.changed.wait_for(lambda: self.due, _LINGER):
                    self.thread = None
                    return
                now = time.monotonic()
                soonest = min(at for at, _ in self.due.values())
                if soonest > now:
                    self.changed.wait(soonest - now)
                    continue
                ripe = [self.due.pop(key)[1] for key, (at, _) in [*self.due.items()] if at <= now]
            for reference in ripe:
                self.look(reference)

    def look(self, reference: weakref.ref[Limited]) -> None:
        """Look at one of them, and note when it wants the next look."""
        job = reference()
        if job is None:
            return
        seconds = job.tick()
        if seconds is None:
            return
        with self.lock:
            due = time.monotonic() + min(max(seconds, _SHORTEST), _LONGEST)
            self.due.setdefault(id(job), (due, reference))


_clock = _Clock()


def _in_child() -> None:
    global _clock
    _clock = _Clock()


os.register_at_fork(after_in_child=_in_child)


def look_after(job: Limited, seconds: float) -> None:
    """Call ``job.tick()`` in so many seconds, and then when it says; only while it is alive."""
    _clock.add(job, min(max(seconds, _SHORTEST), _LONGEST))


def forget(job: Limited) -> None:
    """Call it no more."""
    _clock.drop(job)
