"""Progress, counted in finished tasks; and what is going on when nothing finishes for long."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from abreast.backends.contract import Job
from abreast.plans import in_task

__all__ = ["STALL", "Progress", "ProgressLike"]

ProgressLike = bool | str | Callable[[int, int | None], Any]

STALL = 30.0
"""Seconds without a finished task after which it says what runs; `ABREAST_STALL_SECONDS`."""

_SHOWN = 8
"""Running tasks that it names."""


class Progress:
    """A bar on the terminal or in the notebook, a callback, or nothing.

    ``True`` draws where somebody can see it: silent when standard error goes to a file.
    ``"always"`` draws there too. A function is called with the number of finished tasks and of
    all (None when that is not known). Inside a task no bar is drawn: the outer one stays whole.

    Parameters
    ----------
    wanted : bool, "always", or callable
    total : int, optional
        How many tasks there are, if that is known.
    label : str
        How the bar is called.
    done : int
        How many of them had ended before, and are not run again.
    """

    def __init__(self, wanted: ProgressLike, total: int | None, label: str, done: int = 0) -> None:
        self._total = total
        self._done = 0
        self._label = label
        self._callback = wanted if callable(wanted) else None
        self._bar: Any = None
        self._job: Job | None = None
        self._names: Callable[[int], str] | None = None
        if (not isinstance(wanted, (bool, str)) and not callable(wanted)) or (
            isinstance(wanted, str) and wanted != "always"
        ):
            raise ValueError(
                f"progress={wanted!r}: True, False, 'always', or a function of (done, total)"
            )
        asked = (wanted is True or wanted == "always") and not in_task()
        self._stall = _stall() if asked else None
        self._since = time.monotonic() if asked else 0.0
        self._told = False
        self._hidden = False
        if asked and (wanted == "always" or _visible()):
            with warnings.catch_warnings():
                # That it draws with characters where the notebook lacks its widgets.
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm

            # Without the thread that tqdm starts to refresh slow bars: `period` sees to that.
            silent = type("Bar", (tqdm,), {"monitor_interval": 0})
            done_before = self._bounded(done)
            self._bar = silent(
                total=total, initial=done_before, desc=label, unit="task", file=sys.stderr
            )
        self._done = self._bounded(done)
        if done and self._callback is not None:
            self._callback(self._done, total)

    def _bounded(self, done: int) -> int:
        return done if self._total is None else min(done, self._total)

    @property
    def period(self) -> float | None:
        """Seconds after which it wants a look even if nothing finished."""
        if self._bar is not None:
            return 0.5
        return None if self._stall is None else max(0.05, min(1.0, self._stall))

    def follow(self, job: Job, names: Callable[[int], str] | None = None) -> None:
        """Say what this job is doing when nothing finishes for long.

        Parameters
        ----------
        job : Job
        names : callable, optional
            What to say of a task of the job, by its index; otherwise its number.
        """
        self._job, self._names = job, names

    def add(self, tasks: int) -> None:
        """So many more tasks finished; none: just look."""
        before, self._done = self._done, self._bounded(self._done + tasks)
        tasks = self._done - before
        if self._bar is not None:
            self._hidden = False
            self._bar.update(tasks)
            if not tasks:
                self._bar.refresh()
        if self._stall is not None:
            self._look(tasks, self._stall)
        if self._callback is not None and tasks:
            self._callback(self._done, self._total)

    def _look(self, tasks: int, stall: float) -> None:
        """Say once what runs when nothing has finished for so long."""
        now = time.monotonic()
        if tasks:
            self._since, self._told = now, False
        elif not self._told and now - self._since >= stall:
            self._told = True
            self._tell(now - self._since)

    def _tell(self, seconds: float) -> None:
        started = getattr(self._job, "started", None)
        running = sorted(started()) if started is not None else []
        lines = [f"abreast: no task of {self._label} has ended for {seconds:.0f} s"]
        for each in running[:_SHOWN]:
            name = f"task {each.task}" if self._names is None else self._names(each.task)
            lines.append(f"  {name} has run for {each.seconds:.0f} s on {each.worker}")
        if len(running) > _SHOWN:
            lines.append(f"  and {len(running) - _SHOWN} more run")
        if started is not None and not running:
            lines.append("  none runs: workers start, or the next items are waited for")
        self.hide()
        if sys.stderr is not None:
            sys.stderr.write("\n".join(lines) + "\n")
            sys.stderr.flush()

    @property
    def is_drawn(self) -> bool:
        """Whether there is a bar that other output can break."""
        return self._bar is not None

    def hide(self) -> None:
        """Make room for other output; the bar comes back by itself."""
        if self._bar is not None and not self._hidden:
            self._bar.clear()
            self._hidden = True

    def close(self) -> None:
        """Leave the bar as it is, and let go of the job, which may hold what listens for it."""
        self._job = self._names = None
        if self._bar is not None:
            self._bar.close()


def _stall() -> float:
    text = os.environ.get("ABREAST_STALL_SECONDS")
    if not text:
        return STALL
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds > 0:
        raise ValueError(f"the variable ABREAST_STALL_SECONDS={text!r}: seconds, more than 0")
    return seconds


def _visible() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
