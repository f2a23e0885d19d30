"""Call a function once, and go on meanwhile."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from abreast.errors import TransferError
from abreast.plans import backend, current
from abreast.tasks.dependent import APPLY, Dependent, under
from abreast.tasks.future import Future, value_for
from abreast.tasks.inputs import find_in_call, may_hold, replace_in_call
from abreast.tasks.prepare import PlanLike, check_function, check_seed_global, place
from abreast.tasks.reach import check_reach, explained
from abreast.tasks.rules import Rules

__all__ = ["start", "submit"]

R = TypeVar("R")


def submit(function: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
    """Call ``function(*args, **kwargs)`` where the plan says, and return its future at once.

    Arguments are taken as they are now. On `serial`, the call happens here and now.
    `abreast.options` sets a plan or a seed for it, retries or a timeout.

    A future among the arguments, also inside lists, tuples and dicts, becomes its value, and the
    call starts when all such values are there. If one of these futures fails, the call does not
    happen and its future fails with the same exception; if one is cancelled, it is cancelled. Of
    several, the first in the order of the arguments counts, once all have ended.

    Returns
    -------
    Future
        The promised value: a `concurrent.futures.Future` that can also be awaited.

    Raises
    ------
    TransferError
        If function or arguments cannot be sent to another process, or the function captured a
        future.

    Examples
    --------
    >>> import abreast as ab
    >>> with ab.plan("threads"):
    ...     future = ab.submit(pow, 2, exp=10)
    ...     larger = ab.submit(max, [future, 3], default=0)
    >>> future.result(), larger.result()
    (1024, 1024)
    """
    return start(function, args, kwargs, None)


def start(
    function: Callable[..., R],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    plan: PlanLike,
    seed: Any = None,
    seed_global: bool = False,
    rules: Rules | None = None,
    tagged: bool = False,
) -> Future[R]:
    """Submit with options."""
    check_function("submit", function)
    place_ = backend(current()[0]) if plan is None else place(plan)
    if not place_.capabilities.isolated:
        check_reach("submit", function)
    called = function
    if seed is not None or seed_global:
        check_seed_global("submit", seed_global, seed, place_.level)
        function, args, kwargs = _Once(function, seed, seed_global), (args, kwargs), {}
    if tagged:
        from abreast.tasks.tagged import Tagged

        function = Tagged(called, function)
    if may_hold(args) or (kwargs and may_hold(kwargs.values())):
        inputs = find_in_call(args, kwargs)
        if inputs:
            if not all(_has_value(each) for each in inputs):
                return Dependent(function, args, kwargs, inputs, place_, rules, called)
            args, kwargs = replace_in_call(args, kwargs, partial(value_for, place_))
    job = place_.open(APPLY)
    if rules is not None:
        job = under(job, rules, place_, called)
    try:
        job.push([(function, args, kwargs or None)])
    except TransferError as error:
        better = explained(error, "submit", called, (args, kwargs))
        raise better from better.__cause__
    future: Future[R] = Future(job, function, at_once=place_.level.name == "serial")
    future._can_force = place_.capabilities.stops_anything
    return future


def _has_value(future: concurrent.futures.Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


class _Once:
    """A seeded function that is called once, with the stream of the seed itself."""

    def __init__(self, function: Callable[..., Any], seed: Any, seed_global: bool) -> None:
        from abreast.random.path import Seeded

        self.__wrapped__ = function
        self.seeded = Seeded(_Spread(function), seed, star=False, seed_global=seed_global)

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from numpy.random import SeedSequence, default_rng

        sequence = SeedSequence(self.seeded.entropy, spawn_key=self.seeded.key)
        return self.seeded.run(sequence, (args, kwargs), default_rng)


class _Spread:
    """Calls a function with a tuple of its arguments; shows its signature."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)

    def __call__(self, item: tuple[tuple[Any, ...], dict[str, Any]], /, **keywords: Any) -> Any:
        args, kwargs = item
        return self.__wrapped__(*args, **kwargs, **keywords)
