"""Tasks that wait for tasks."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import signal
from typing import Any, NamedTuple

import numpy as np

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.errors import fail
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, nap


class Pair(NamedTuple):
    """A tuple with names."""

    first: Any
    second: Any


def add(a: Any, b: Any) -> Any:
    """Add, without changing either."""
    return a + b


def grow(values: list[Any]) -> int:
    """Change the argument."""
    values.append(0)
    return len(values)


def tree(leaves: list[Any]) -> Any:
    """Add up in pairs."""
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=False)
        rest = leaves[-1:] if len(leaves) % 2 else []
        leaves = [ab.delayed(add)(a, b) for a, b in pairs] + rest
    return leaves[0]


@case()
def structures() -> Any:
    """Values come back in the place of delayed ones, in lists, tuples and dicts of any depth."""
    a = ab.delayed(add)(1, 2)
    deep: Any = a
    for _ in range(2000):
        deep = [deep]
    value = ab.compute(deep)
    for _ in range(2000):
        value = value[0]
    return ab.compute(a, [a, (a, {"k": a}), Pair(a, [a])], 5), value, ab.compute({"k": 1})


@case()
def kinds_of_values() -> Any:
    """Values of all kinds go from task to task unchanged."""
    given: list[Any] = [
        None, True, 2**70, -0.0, float("nan"), 1e300, "\ud800é", b"\0", (), (1, (2, ("x",))),
        [1, [2]], {"a": {1}}, range(3), 1j, np.arange(6.0).reshape(2, 3), np.float32(1.5),
        np.asfortranarray(np.ones((2, 3))), np.array(["a", None], dtype=object), Pair(1, [2]),
    ]  # fmt: skip
    once = [ab.delayed(same)(ab.delayed(same)(each)) for each in given]
    twice = [ab.delayed(same)(each) for each in once]
    return ab.compute(once, twice)


@case()
def reductions() -> Any:
    """A tree of five hundred tasks, a chain, and both at once."""
    leaves = [ab.delayed(same)(n / 7) for n in range(250)]
    chain = ab.delayed(same)(0)
    for n in range(500):
        chain = chain + n
    return ab.compute(tree(leaves), chain, ab.delayed(sum)(leaves))


@case()
def operators() -> Any:
    """Operators and indexing on delayed values are tasks, too."""
    a, b = ab.delayed(same)(7), ab.delayed(divmod)(17, 5)
    return ab.compute(a + 1, 1 - a, -a, a ** b[1], b[0] % 2, np.arange(3) * a, b[-1:])


@case("errors")
def first_error() -> Any:
    """Of several tasks that fail, the first in serial order tells, with its number."""

    def slow(n: int) -> Any:
        nap(0.1)
        raise ValueError("slow", n)

    both = [ab.delayed(same)(1), ab.delayed(slow)(2), ab.delayed(fail)(KeyError(3))]
    after = ab.delayed(same)(ab.delayed(fail)(LookupError("x")))
    return caught(ab.compute, both), caught(ab.compute, after), ab.compute(both[0])


@case("arguments", requires="isolated")
def arguments_are_copies() -> Any:
    """What a task does to its arguments and captured variables is seen by no other."""
    given, seen = [1], [0]

    def remember(_before: Any) -> int:
        seen.append(0)
        return len(seen)

    value: Any = None
    for _ in range(30):
        value = ab.delayed(remember)(value)
    shared: Any = ab.delayed(list)("ab")
    tasks = [ab.delayed(grow)(given) for _ in range(30)]
    others = [ab.delayed(grow)(shared) for _ in range(30)]
    return ab.compute(value, tasks, others, shared), given, seen


@case("futures")
def futures() -> Any:
    """Futures become their values; one that failed fails what needs it."""
    good, bad = [ab.submit(same, n) for n in range(5)], ab.submit(fail, KeyError("f"))
    total = ab.delayed(sum)(good)
    return ab.compute(total, good[1]), caught(ab.compute, ab.delayed(same)([bad]))


@case("random")
def seeds() -> Any:
    """A seed gives the task the stream of the seed itself."""

    def draw(x: float, rng: Any) -> Any:
        return x + rng.random()

    seeded = ab.options(seed=5).delayed(draw)
    return ab.compute(seeded(1.0), seeded(ab.delayed(same)(2.0))), ab.options(seed=5).submit(
        draw, 1.0
    ).result()


@case("nesting")
def tasks_that_start_tasks() -> Any:
    """A task may map, submit and compute."""

    def task(n: int) -> Any:
        inner = ab.delayed(add)(n, ab.delayed(same)(1))
        return ab.map(same, range(n)), ab.submit(same, n).result(), ab.compute(inner)

    return ab.compute([ab.delayed(task)(n) for n in range(8)])


@case("nesting", answer=["plan('serial')"] * 4)
def plan_in_a_task() -> Any:
    """A plan that a task sets is no other task's."""

    def task(_before: Any) -> str:
        found = repr(ab.plan())
        ab.plan("threads:2")
        return found

    value: Any = None
    values = []
    for _ in range(4):
        value = ab.delayed(task)(value)
        values.append(value)
    return ab.compute(values)


@case()
def persist() -> Any:
    """What was persisted is computed once, and outlives the workers."""
    kept = ab.persist([ab.delayed(np.arange)(5), ab.delayed(same)("x")])
    total = ab.delayed(np.sum)(kept[0])
    before = ab.compute(total, kept)
    ab.shutdown()
    return before, ab.compute(total + 1, kept[1])


@case("crash", requires="survives_crash", answer=("WorkerLost", 9, 10))
def lost() -> Any:
    """A task that kills its process ends the computation, and the next one works."""
    error = caught(ab.compute, ab.delayed(signal.raise_signal)(signal.SIGKILL), ab.delayed(same)(1))
    return type(error).__name__, getattr(error, "signal", None), ab.compute(ab.delayed(same)(10))
