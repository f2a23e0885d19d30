"""Options for several calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from abreast.tasks.future import Future
from abreast.tasks.imap import imap
from abreast.tasks.map import map
from abreast.tasks.prepare import PlanLike, check_on_error
from abreast.tasks.progress import ProgressLike
from abreast.tasks.submit import start

__all__ = ["Options", "options"]

R = TypeVar("R")


@dataclass(frozen=True)
class Options:
    """Settings that its methods `map`, `imap` and `submit` use; made by `options`."""

    plan: PlanLike = None
    seed: Any = None
    seed_global: bool = False
    progress: ProgressLike = False
    on_error: str = "raise"

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
        return start(function, args, kwargs, self.plan, self.seed, self.seed_global)


def options(
    *,
    plan: PlanLike = None,
    seed: Any = None,
    seed_global: bool = False,
    progress: ProgressLike = False,
    on_error: str = "raise",
) -> Options:
    """Return settings for calls: ``options(seed=1).submit(f, x)``.

    Parameters
    ----------
    plan, seed, seed_global, progress, on_error
        As for `map`.

    Examples
    --------
    >>> import abreast as ab
    >>> on_threads = ab.options(plan="threads")
    >>> on_threads.map(abs, [-1]), on_threads.submit(abs, -2).result()
    ([1], 2)
    """
    check_on_error("options", on_error)
    return Options(plan, seed, seed_global, progress, on_error)
