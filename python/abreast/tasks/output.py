"""What tasks print, warn and log, shown by the caller: in order, as it comes, or tagged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from abreast.backends.contract import Backend, Job, Output
from abreast.backends.output import show
from abreast.tasks.progress import Progress

__all__ = ["OUTPUT", "Listener", "check_output"]

OUTPUT = ("ordered", "live", "tagged")
"""How output shows: as serial would print it, as it comes, or with the name of its task."""

_HELD = 16 << 20
"""Bytes that wait for an earlier task; with more, the order is given up."""


def check_output(caller: str, output: str) -> None:
    """Refuse an unknown way to show output."""
    if output not in OUTPUT:
        raise ValueError(f"{caller}: output={output!r}: one of {', '.join(map(repr, OUTPUT))}")


class Listener:
    """Shows what the tasks of one call say.

    Ordered: that of the first task that has not ended at once, that of later ones when all before
    them have ended. Otherwise line by line as it comes, for half a line of one task is no good
    beside half a line of another.
    """

    def __init__(self, output: str, name: str, bar: Progress) -> None:
        self._ordered = output == "ordered"
        self._tagged = output == "tagged"
        self._name = name
        self._bar = bar
        self._first = 0
        self._held: dict[int, list[Output]] = {}
        self._size = 0
        self._lines: dict[tuple[int, str], str] = {}

    def hears(self, backend: Backend) -> bool:
        """Whether output has to come here, and cannot go where it goes by itself."""
        return self._tagged or backend.level.name != "serial"

    def attach(self, job: Job) -> None:
        """Hear at once what a job's tasks say while `pull` runs them itself."""
        if hasattr(job, "listener"):
            job.listener = self._speak

    def take(self, said: Sequence[Output], is_over: Callable[[int], bool]) -> None:
        """Show what was said, as far as its turn has come; ``is_over(task)`` says who has ended."""
        if not said and not self._held:
            return
        self._bar.hide()
        if not self._ordered:
            for each in said:
                self._speak(each)
            return
        held = self._held
        for each in said:
            if each.task <= self._first and not held:
                show(each)
                continue
            held.setdefault(each.task, []).append(each)
            self._size += _len(each.data)
        while True:
            # What the first one says shows at once; then it is the next one's turn, if it is over.
            for each in held.pop(self._first, ()):
                self._size -= _len(each.data)
                show(each)
            if not held or not is_over(self._first):
                break
            self._first += 1
        if held and min(held) < self._first:
            # From a thread that outlived its task.
            for task in sorted(task for task in held if task < self._first):
                for each in held.pop(task):
                    self._size -= _len(each.data)
                    show(each)
        if self._size > _HELD:
            self._give_up()

    def finish(self, last: int | None = None) -> None:
        """No more will come: show the rest, up to the task `last`, after which none would run."""
        if self._held or self._lines:
            self._bar.hide()
        for task in sorted(self._held):
            if last is None or task <= last:
                for each in self._held[task]:
                    show(each)
        self._held.clear()
        self._size = 0
        for (task, kind), rest in sorted(self._lines.items()):
            self._put(Output(task, kind, rest + "\n" if self._tagged else rest))
        self._lines.clear()

    def _give_up(self) -> None:
        """Too much waits for one task."""
        self._ordered = False
        sys.stderr.write(
            f"abreast: tasks of {self._name} have printed {_HELD >> 20} MiB while task "
            f"{self._first} goes on; from here on their output shows as it comes\n"
        )
        held, self._held = self._held, {}
        self._size = 0
        for task in sorted(held):
            for each in held[task]:
                self._speak(each)

    def _speak(self, said: Output) -> None:
        """Show whole lines, as they come."""
        task, kind, data = said
        if kind in ("stdout", "stderr") and isinstance(data, str):
            text = self._lines.pop((task, kind), "") + data
            whole, newline, rest = text.rpartition("\n")
            if rest:
                self._lines[task, kind] = rest
            if not newline:
                return
            said = Output(task, kind, whole + newline)
        self._put(said)

    def _put(self, said: Output) -> None:
        task, kind, data = said
        if self._tagged:
            tag = f"[{self._name} {task}] "
            if isinstance(data, str):
                data = "".join(tag + line for line in data.splitlines(keepends=True))
            elif kind in ("stdout", "stderr"):
                data = tag.encode() + data
        show(Output(task, kind, data))


def _len(data: Any) -> int:
    return len(data) if isinstance(data, (str, bytes)) else 256
