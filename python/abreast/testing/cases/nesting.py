"""Tasks that start tasks."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

from typing import Any

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.errors import fails_at
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, here


def inner_map(n: int) -> Any:
    """Map inside a task."""
    return ab.map(lambda x: x * n, range(n))


def deep(level: int) -> int:
    """Map inside a map, so many times."""
    return 1 if level == 0 else 1 + sum(ab.map(deep, [level - 1]))


@case()
def map_in_map() -> Any:
    """A task may call `map`, with functions by name and by value."""
    return ab.map(inner_map, range(12))


@case()
def fifty_deep() -> Any:
    """Fifty calls inside each other."""
    return ab.map(deep, [50, 49])


@case(answer=(["plan('serial')"] * 3, "plan('serial')"))
def inner_plan() -> Any:
    """Inside a task of a plan with one level, the plan is serial."""
    return ab.map(lambda _n: repr(ab.plan()), range(3)), ab.submit(lambda: repr(ab.plan())).result()


@case(answer=["plan('threads', workers=2)"] * 3)
def second_level() -> Any:
    """With a list of plans, tasks find the second one inside."""
    level = here()
    with ab.plan([f"{level.name}:{level.workers}", "threads:2"]):
        return ab.map(lambda _n: repr(ab.plan()), range(3))


@case()
def submit_in_task() -> Any:
    """A task may submit, wait for what it submitted, and gather."""

    def task(n: int) -> Any:
        futures = [ab.submit(divmod, n, k) for k in range(1, 5)]
        return ab.gather(futures), [each.result() for each in ab.as_completed(futures)][:0]

    return ab.map(task, range(10)), ab.submit(task, 5).result()


@case("streams")
def imap_in_task() -> Any:
    """A task may read a stream, to its end or not."""

    def task(n: int) -> Any:
        stream = ab.imap(same, range(n, n + 100))
        return [next(stream) for _ in range(3)], sum(ab.imap(same, range(10)))

    return ab.map(task, range(10))


@case()
def plan_in_task() -> Any:
    """A task may choose a plan, for a block or for a call, and no other task sees it."""

    def task(n: int) -> Any:
        with ab.plan("threads:2"):
            first = ab.map(lambda x: x + n, range(4))
            name = repr(ab.plan())
        second = ab.map(lambda x: x - n, range(4), plan="threads:2")
        return first, second, name, repr(ab.plan())

    return ab.map(task, range(5))


@case("errors")
def errors_in_inner_tasks() -> Any:
    """An exception of an inner task tells both tasks that it came through."""

    def task(n: int) -> Any:
        return ab.map(fails_at(2), range(n))

    return caught(ab.map, task, range(6)), ab.map(task, range(5), on_error="return")


@case()
def the_callers_plan_stays() -> Any:
    """Calls change nothing about the plan of the caller, whether they end well or not."""
    before = repr(ab.plan())
    ab.map(inner_map, range(3))
    caught(ab.map, fails_at(1), range(3))
    list(ab.imap(same, range(3)))
    with ab.plan("serial"):
        inside = repr(ab.plan())
    return repr(ab.plan()) == before, inside
