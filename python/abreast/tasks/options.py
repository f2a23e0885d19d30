"""Options for several calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Never, TypeVar

from abreast.keywords import refuse
from abreast.plans import SERIAL
from abreast.tasks.checkpoint import CheckpointLike, check_checkpoint, refuse_checkpoint
from abreast.tasks.delayed import DelayedFunction, SeededFunction, delayed
from abreast.tasks.future import Future
from abreast.tasks.imap import imap
from abreast.tasks.map import map
from abreast.tasks.output import check_output
from abreast.tasks.prepare import PlanLike, check_on_error, check_seed_global
from abreast.tasks.progress import ProgressLike
from abreast.tasks.rules import RetryOn, check_rules
from abreast.tasks.submit import start

__all__ = ["Options", "options"]

R = TypeVar("R")


@dataclass(frozen=True)
class Options:
    """Settings that its methods `map`, `imap`, `submit` and `delayed` use; made by `options`."""

    plan: PlanLike = None
    seed: Any = None
    seed_global: bool = False
    progress: ProgressLike = False
    output: str = "ordered"
    on_error: str = "raise"
    retries: int = 0
    retry_on: RetryOn = None
    timeout: float | None = None
    deadline: float | None = None
    checkpoint: CheckpointLike = None

    def map(self, function: Callable[..., R], *iterables: Iterable[Any]) -> list[R]:
        """As `abreast.map`."""
        return map(function, *iterables, **vars(self))

    def imap(
        self,
        function: Callable[..., R],
        *iterables: Iterable[Any],
        window: int | None = None,
        ordered: bool = True,
    ) -> Iterator[R]:
        """As `abreast.imap`."""
        return imap(function, *iterables, window=window, ordered=ordered, **vars(self))

    def submit(self, function: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        """As `abreast.submit`; with a seed, ``rng`` is the stream of the seed itself."""
        refuse_checkpoint("submit", self.checkpoint)
        if self.deadline is not None:
            raise ValueError(
                f"submit: deadline={self.deadline!r}: it is for all tasks of a map or imap\n"
                "hint: timeout= ends a task that runs too long; future.result(seconds) waits no "
                "longer, and future.cancel(running=True) ends the task"
            )
        rules = check_rules("submit", self.retries, self.retry_on, self.timeout)
        tagged = self.output == "tagged"
        return start(function, args, kwargs, self.plan, self.seed, self.seed_global, rules, tagged)

    def delayed(self, function: Callable[..., R]) -> DelayedFunction[R]:
        """As `abreast.delayed`; with a seed, ``rng`` is the stream of the seed itself.

        Plan and output hold for a `compute` of what it returns, unless that is given others.
        """
        refuse_checkpoint("delayed", self.checkpoint)
        if check_rules("delayed", self.retries, self.retry_on, self.timeout, self.deadline):
            raise ValueError(
                "delayed: retries, timeout and deadline are for map, imap and submit\n"
                "hint: options(retries=2).submit(function, x); futures among the arguments make a "
                "graph too"
            )
        plain = delayed(function).__wrapped__
        output = None if self.output == "ordered" else self.output
        if self.seed is None and not self.seed_global:
            return DelayedFunction(plain, self.plan, output)
        if self.seed is None:
            check_seed_global("delayed", True, None, SERIAL)
        return SeededFunction(plain, self.plan, self.seed, self.seed_global, output)


def options(
    *,
    plan: PlanLike = None,
    seed: Any = None,
    seed_global: bool = False,
    progress: ProgressLike = False,
    output: str = "ordered",
    on_error: str = "raise",
    retries: int = 0,
    retry_on: RetryOn = None,
    timeout: float | None = None,
    deadline: float | None = None,
    checkpoint: CheckpointLike = None,
    **unknown: Never,
) -> Options:
    """Return settings for calls: ``options(seed=1).submit(f, x)``.

    Parameters
    ----------
    plan, seed, seed_global, progress, output, on_error, retries, retry_on, timeout, deadline,
    checkpoint
        As for `map`. What submitted tasks print shows as it comes, with ``output="tagged"`` line
        by line after function and number: the n-th that was submitted of this name.

    Examples
    --------
    >>> import abreast as ab
    >>> on_threads = ab.options(plan="threads")
    >>> on_threads.map(abs, [-1]), on_threads.submit(abs, -2).result()
    ([1], 2)
    """
    if unknown:
        refuse("options", unknown, options)
    check_on_error("options", on_error)
    check_output("options", output)
    check_rules("options", retries, retry_on, timeout, deadline)
    check_checkpoint("options", checkpoint)
    limits = (retries, retry_on, timeout, deadline, checkpoint)
    return Options(plan, seed, seed_global, progress, output, on_error, *limits)
