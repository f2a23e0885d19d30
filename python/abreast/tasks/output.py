"""What tasks print, warn and log, shown by the caller: in order, as it comes, or tagged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from abreast.backends.contract import Backend, Job, Output
from abreast.backends.output import show
from abreast.tasks.progress import Progress

__all__ = ["OUTPUT", "Lines", "Listener", "Tags", "check_output"]

OUTPUT = ("ordered", "live", "tagged")
"""How output shows: as serial would print it, as it comes, or with the name of its task."""

_HELD = 16 << 20
"""Bytes that wait for an earlier task; with more, the order is given up."""


def check_output(caller: str, output: str) -> None:
    """Refuse an unknown way to show output."""
    if output not in OUTPUT:
        raise ValueError(f"{caller}: output={output!r}: one of {', '.join(map(repr, OUTPUT))}")


class Lines:
    """Makes whole lines of text that comes in pieces."""

    def __init__(self) -> None:
        self._begun: dict[tuple[int, str], str] = {}

    def whole(self, said: Output) -> Output | None:
        """Return it up to its last end of a line, with what was kept before; the rest is kept."""
        task, kind, data = said
        if kind not in ("stdout", "stderr") or not isinstance(data, str):
            return said
        text = self._begun.pop((task, kind), "") + data
        lines, newline, rest = text.rpartition("\n")
        if rest:
            self._begun[task, kind] = rest
        return Output(task, kind, lines + newline) if newline else None

    def rest(self) -> list[Output]:
        """Return and forget what is kept."""
        begun, self._begun = self._begun, {}
        return [Output(task, kind, rest) for (task, kind), rest in sorted(begun.items())]

    def __bool__(self) -> bool:
        return bool(self._begun)


class Tags:
    """Puts the name and number of its task before each line.

    Parameters
    ----------
    name : callable
        What a task is called, by its number.
    """

    def __init__(self, name: Callable[[int], str]) -> None:
        self._name = name
        self._lines = Lines()

    def tag(self, said: Output) -> list[Output]:
        """Return what of it are whole lines, tagged."""
        whole = self._lines.whole(said)
        return [] if whole is None else [self.tagged(whole)]

    def rest(self) -> list[Output]:
        """Return, tagged, what has no end of its line."""
        return [self.tagged(Output(*it[:2], it.data + "\n")) for it in self._lines.rest()]

    def tagged(self, said: Output) -> Output:
        """Return a piece, tagged if it is text; warnings and records say where they are from."""
        task, kind, data = said
        if kind not in ("stdout", "stderr"):
            return said
        tag = f"[{self._name(task)} {task}] "
        if isinstance(data, str):
            return Output(task, kind, "".join(tag + it for it in data.splitlines(keepends=True)))
        return Output(task, kind, tag.encode() + data)


class Listener:
    """Shows what the tasks of one call say.

    Ordered: that of the first task that has not ended at once, that of later ones when all before
    them have ended. Otherwise line by line as it comes, for half a line of one task is no good
    beside half a line of another.

    Parameters
    ----------
    output : str
        One of `OUTPUT`.
    name : str or callable
        How the tasks are called: the function, or what to say for a task's number.
    bar : Progress
    """

    def __init__(self, output: str, name: str | Callable[[int], str], bar: Progress) -> None:
        self._ordered = output == "ordered"
        self._tags = Tags(name if callable(name) else lambda _task: name)
        self._tagged = output == "tagged"
        self._name = "compute" if callable(name) else name
        self._bar = bar
        self._first = 0
        self._held: dict[int, list[Output]] = {}
        self._size = 0
        self._lines = Lines()

    def hears(self, backend: Backend) -> bool:
        """Whether output has to come here, and cannot go where it goes by itself."""
        return self._tagged or self._bar.is_drawn or backend.level.name != "serial"

    def attach(
        self, job: Job, read: Callable[[Sequence[Output]], Sequence[Output]] | None = None
    ) -> None:
        """Hear at once what a job's tasks say while `pull` runs them itself, in their order.

        Parameters
        ----------
        job : Job
        read : callable, optional
            What it means, piece by piece; otherwise what it says.
        """
        if not hasattr(job, "listener"):
            return
        speak = self._show if self._ordered else self._speak

        def hear(said: Output) -> None:
            for each in [said] if read is None else read([said]):
                speak(each)

        job.listener = hear

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
                self._show(each)
                continue
            held.setdefault(each.task, []).append(each)
            self._size += _len(each.data)
        while True:
            # What the first one says shows at once; then it is the next one's turn, if it is over.
            for each in held.pop(self._first, ()):
                self._size -= _len(each.data)
                self._show(each)
            if not held or not is_over(self._first):
                break
            self._first += 1
        if held and min(held) < self._first:
            # From a thread that outlived its task.
            for task in sorted(task for task in held if task < self._first):
                for each in held.pop(task):
                    self._size -= _len(each.data)
                    self._show(each)
        if self._size > _HELD:
            self._give_up()

    def finish(self, last: int | None = None) -> None:
        """No more will come: show the rest, up to the task `last`, after which none would run."""
        if self._held or self._lines:
            self._bar.hide()
        for task in sorted(self._held):
            if last is None or task <= last:
                for each in self._held[task]:
                    self._show(each)
        self._held.clear()
        self._size = 0
        for each in self._lines.rest():
            self._put(Output(*each[:2], each.data + "\n") if self._tagged else each)

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
        whole = self._lines.whole(said)
        if whole is not None:
            self._put(whole)

    def _show(self, said: Output) -> None:
        """Show it in order: whole lines where a bar would be drawn over the rest of one."""
        if self._bar.is_drawn:
            # Of one task after the other: what a task leaves open goes on with the next.
            self._speak(Output(0, *said[1:]))
        else:
            show(said)

    def _put(self, said: Output) -> None:
        self._bar.hide()
        show(self._tags.tagged(said) if self._tagged else said)


def _len(data: Any) -> int:
    return len(data) if isinstance(data, (str, bytes)) else 256
