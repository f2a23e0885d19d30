"""Random numbers depend on the seed and the place of the task, and on nothing else."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng

import abreast as ab
from abreast.testing.case import case
from abreast.testing.tools import caught, nap, renamed

# The plans that can seed the global streams are those whose tasks do not share them at one time;
# of the capabilities, the process of its own says so.
OWN_GLOBALS = "survives_crash"


def draw(_item: Any, rng: Generator) -> Any:
    """Draw one number."""
    return rng.random()


def draw_many(item: int, rng: Generator) -> Any:
    """Draw from several distributions."""
    return (
        rng.normal(item, 2, 3),
        rng.integers(0, 2**63, 2),
        rng.poisson(3.5, 4),
        rng.permutation(10),
        rng.choice(["a", "b", "c"], 2),
        rng.gamma(2.0, size=(2, 2)).astype("f4"),
    )


@case(answer=[default_rng(SeedSequence(7, spawn_key=(i,))).random() for i in range(40)])
def streams_are_those_of_numpy() -> Any:
    """Task i of seed s draws from `default_rng(SeedSequence(s, spawn_key=(i,)))`."""
    return ab.map(draw, range(40), seed=7)


@case("numpy")
def distributions() -> Any:
    """All distributions give the same bits."""
    return ab.map(draw_many, range(8), seed=20240229)


@case()
def kinds_of_seeds() -> Any:
    """A seed is a number of any size, several numbers, a SeedSequence or a Generator."""
    seeds = [0, 2**128 + 1, [1, 2, 3], SeedSequence(5, spawn_key=(9,)), default_rng(3)]
    return [ab.map(draw, range(3), seed=seed) for seed in seeds]


@case()
def bad_seeds() -> Any:
    """What cannot be a seed is refused in the same words."""
    return [caught(ab.map, draw, [1], seed=seed) for seed in (-1, 1.5, "a")]


@case("order")
def blocks_do_not_matter() -> Any:
    """A stream depends on the place of its task, not on what else travels in the same block."""

    def slow(item: int, rng: Generator) -> Any:
        nap(0.02 if item % 11 == 0 else 0.0)
        return rng.random()

    long = ab.map(slow, range(60), seed=1)
    return long, long[:10] == ab.map(draw, range(10), seed=1)


@case()
def several_iterables() -> Any:
    """With several iterables the generator comes as the keyword argument `rng`."""
    return ab.map(lambda a, b, *, rng: (a, b, rng.random()), [1, 2], [3, 4], seed=1)


@case()
def any_keywords() -> Any:
    """A function that takes any keyword arguments gets its generator."""
    return ab.map(lambda _x, **kw: (sorted(kw), kw["rng"].random()), range(3), seed=1)


@case("futures")
def submit() -> Any:
    """`options(seed=s).submit` draws from the stream of the seed itself."""
    seeded = ab.options(seed=11)
    futures = [seeded.submit(draw, 0), seeded.submit(draw_many, item=4)]
    return ab.gather(futures), default_rng(SeedSequence(11)).random()


@case("streams")
def imap() -> Any:
    """Streams are the same in `imap`, ordered or not."""
    unordered = list(ab.imap(draw, range(50), seed=3, ordered=False))
    return list(ab.imap(draw, range(50), seed=3)), sorted(unordered)


@case("nesting")
def nested() -> Any:
    """`seed=True` inside a seeded task continues that task's own stream."""

    def outer(item: int, rng: Generator) -> Any:
        first = ab.map(draw, range(3), seed=True)
        second = ab.options(seed=True).submit(draw, 0).result()
        return item, rng.random(), first, second, list(ab.imap(draw, range(2), seed=True))

    return ab.map(outer, range(4), seed=1)


@case()
def streams_differ() -> Any:
    """No two tasks, and no two seeds, draw the same numbers."""
    drawn = [*ab.map(draw, range(500), seed=1), *ab.map(draw, range(500), seed=2)]
    return len(set(drawn))


@case()
def without_a_parameter() -> Any:
    """A function that takes no `rng` is refused when a seed is given."""

    def no_rng(x: int) -> int:
        return x

    return caught(ab.map, no_rng, [1], seed=1), caught(ab.options(seed=1).submit, no_rng, 1)


def draw_globally(item: int) -> Any:
    """Draw from the global streams."""
    return item, random.random(), float(np.random.random()), np.random.normal(size=2)


@case(requires=OWN_GLOBALS)
def global_streams() -> Any:
    """`seed_global=True` seeds `random` and `numpy.random` for each task."""
    return ab.map(draw_globally, range(20), seed=5, seed_global=True)


@case("warnings")
def shared_generators_are_told() -> Any:
    """A generator that several tasks share is warned about, once a function."""
    rng = default_rng(1)

    def draws(_item: int) -> bool:
        return bool(rng.random() >= 0)

    named = renamed(draws)
    return ab.map(named, range(64)), ab.map(named, range(64))


@case("warnings")
def global_generators_are_told() -> Any:
    """Tasks that draw from `numpy.random` or `random` are warned about."""

    def numpys(_item: int) -> bool:
        return bool(np.random.random() >= 0)

    def pythons(_item: int) -> bool:
        return random.random() >= 0

    return ab.map(renamed(numpys), range(64)), list(ab.imap(renamed(pythons), range(64)))


@case("warnings")
def own_generators_are_not_told() -> Any:
    """Tasks with a stream of their own, or that draw nothing, are not warned about."""
    rng = default_rng(1)

    def own(item: int) -> Any:
        return default_rng(item).random()

    def idle(item: int) -> Any:
        return item, rng is not None

    return (
        ab.map(renamed(own), range(64)),
        ab.map(renamed(idle), range(64)),
        ab.map(draw, range(64), seed=1),
    )
