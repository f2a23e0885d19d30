"""Which process a future belongs to: a forked child has copies of futures, and not their tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from abreast.backends.contract import Ended, Pulled, Running
from abreast.errors import PoolClosed

__all__ = ["Abroad", "belongs_to", "forks", "stays_there"]

_processes = [os.getpid()]
"""This process, and before it the one that forked it, and so on."""


def forks() -> int:
    """Return how many forks have led from the first process to this one."""
    return len(_processes) - 1


def _forked() -> None:
    _processes.append(os.getpid())


os.register_at_fork(after_in_child=_forked)


def belongs_to(origin: int) -> int:
    """Return the process that was `origin` forks from the first."""
    return _processes[origin]


def stays_there(what: str, origin: int) -> PoolClosed:
    """Say that the results of something come to another process."""
    return PoolClosed(
        f"{what} belongs to process {_processes[origin]}, of which this one, {os.getpid()}, is a "
        "fork: its results arrive there alone\n"
        "hint: ask for results before os.fork(), or call it again in the child"
    )


class Abroad:
    """Stands in a forked child for a job of one task: it has ended, in that it never will."""

    def __init__(self, origin: int) -> None:
        self._origin = origin
        self._taken = False

    def want(self) -> int:
        """Nothing is wanted."""
        return 0

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Take nothing."""
        raise stays_there("this job", self._origin)

    def skip(self) -> None:
        """Pass over nothing."""

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Say, once, whose it is."""
        if self._taken:
            return Pulled(0, 0, [])
        self._taken = True
        return Pulled(1, 0, [Ended(0, None, stays_there("this future", self._origin))])

    def wait(self, timeout: float | None) -> bool:
        """Nobody has to wait for that."""
        return not self._taken

    def ready(self) -> bool:
        """Whether it was not said yet."""
        return not self._taken

    def outstanding(self) -> int:
        """Nothing is."""
        return 0

    def running(self) -> bool:
        """Nothing does."""
        return False

    def started(self) -> list[Running]:
        """Nothing runs."""
        return []

    def halt(self, task: int, force: bool = False) -> bool:
        """Nothing runs."""
        return False

    def cancel(self, first: int = 0) -> int:
        """Withdraw nothing: it is the parent's."""
        return 0

    def stop(self, grace: float) -> None:
        """Stop nothing: it is the parent's."""

    def watch(self, callback: Callable[[], None]) -> None:
        """Call at once."""
        callback()
