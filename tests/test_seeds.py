"""Random numbers: each task its own stream, whatever the plan, and a warning when it is not so."""

import random
import time
import warnings
from functools import partial

import numpy as np
import pytest
from numpy.random import Generator, RandomState, SeedSequence, default_rng

import abreast as ab
from abreast.tasks.prepare import Streams


def draw(x, rng):
    return x, rng.normal(), int(rng.integers(1 << 60))


def expected(sequence, n):
    return [draw(i, default_rng(child)) for i, child in enumerate(sequence.spawn(n))]


@pytest.fixture(autouse=True)
def _forget_who_was_warned():
    Streams._told.clear()


@pytest.mark.parametrize("seed", [0, 42, 2**100, [1, 2, 3]])
def test_exact_numbers(plan, seed):
    assert ab.map(draw, range(40), seed=seed) == expected(SeedSequence(seed), 40)


def test_neither_workers_nor_order_nor_source_matter():
    numbers = expected(SeedSequence(5), 20)
    for plan in ("serial", "threads:1", "threads:3", "processes:1", "processes:3"):
        assert ab.map(draw, iter(range(20)), seed=5, plan=plan) == numbers
        assert list(ab.imap(draw, range(20), seed=5, window=3, plan=plan)) == numbers
        unordered = ab.imap(draw, range(20), seed=5, ordered=False, plan=plan)
        assert sorted(unordered) == numbers
        assert ab.options(seed=5, plan=plan).map(draw, range(20)) == numbers


def test_failed_tasks_shift_nothing(plan):
    def every_third_fails(x, rng):
        if x % 3 == 0:
            raise ValueError
        return draw(x, rng)

    got = ab.map(every_third_fails, range(12), seed=5, on_error="return")
    wanted = expected(SeedSequence(5), 12)
    assert [got[i] for i in range(12) if i % 3] == [wanted[i] for i in range(12) if i % 3]


def test_kinds_of_seeds(plan):
    sequence = SeedSequence(3, spawn_key=(4, 5))
    assert ab.map(draw, range(3), seed=sequence) == expected(SeedSequence(3, spawn_key=(4, 5)), 3)
    assert sequence.n_children_spawned == 0
    generator = default_rng(8)
    assert ab.map(draw, range(3), seed=generator) == expected(SeedSequence(8), 3)
    assert generator.normal() == default_rng(8).normal(), "the generator was advanced"
    assert ab.map(draw, range(3), seed=np.int64(9)) == expected(SeedSequence(9), 3)


@pytest.mark.parametrize("seed", ["one", 1.5, -1, [-1], {}, object()])
def test_wrong_seeds(seed):
    with pytest.raises(
        TypeError, match=r"seed=.*: a whole number from zero on, a sequence of them"
    ):
        ab.map(draw, range(3), seed=seed, plan="serial")


def test_seeded_submit(plan):
    future = ab.options(seed=7).submit(draw, 0)
    assert future.result() == draw(0, default_rng(7))


def test_two_iterables_and_seed(plan):
    def add(x, y, *, rng):
        return x + y + rng.normal()

    assert ab.map(add, [1, 2], [10, 20], seed=1) == [
        x + default_rng(SeedSequence(1, spawn_key=(i,))).normal() for i, x in enumerate((11, 22))
    ]


def nested(i, rng):
    first = ab.map(draw, range(2), seed=True)
    second = ab.map(draw, range(3), seed=True)
    return first, second, rng.normal()


def test_seed_true_continues_the_tasks_own(plan):
    for i, (first, second, own) in enumerate(ab.map(nested, range(4), seed=7)):
        assert first == expected(SeedSequence(7, spawn_key=(i, 0)), 2)
        assert second == expected(SeedSequence(7, spawn_key=(i, 1)), 3)
        assert own == default_rng(SeedSequence(7, spawn_key=(i,))).normal()


def test_seed_true_in_two_levels_of_workers():
    with ab.plan(["threads:2", "threads:2"]):
        deep = ab.map(nested, range(4), seed=7)
    with ab.plan("serial"):
        assert deep == ab.map(nested, range(4), seed=7)


def test_seed_true_outside_of_tasks_is_fresh(plan):
    assert ab.map(draw, range(3), seed=True) != ab.map(draw, range(3), seed=True)


def from_the_globals(x):
    return x, random.random(), np.random.normal(), random.gauss(0, 1)


def test_seed_global_is_the_same_everywhere():
    serial = ab.map(from_the_globals, range(10), seed=3, seed_global=True, plan="serial")
    again = ab.map(from_the_globals, range(10), seed=3, seed_global=True, plan="serial")
    assert again == serial
    assert len({row[1:] for row in serial}) == 10
    for plan in ("processes:1", "processes:2", "threads:1"):
        assert ab.map(from_the_globals, range(10), seed=3, seed_global=True, plan=plan) == serial


def test_seed_global_and_submit():
    options = ab.options(seed=3, seed_global=True, plan="processes:2")
    first = options.submit(from_the_globals, 1).result()
    assert options.submit(from_the_globals, 1).result() == first


def test_seed_global_with_rng(plan):
    if plan.startswith("threads"):
        pytest.skip("refused there")

    def both(x, rng):
        return draw(x, rng), random.random()

    got = ab.map(both, range(5), seed=3, seed_global=True)
    assert [pair[0] for pair in got] == expected(SeedSequence(3), 5)
    assert len({pair[1] for pair in got}) == 5


@pytest.mark.parametrize("name", ["serial", "threads:1", "processes:2"])
def test_seed_global_leaves_the_callers_streams_alone(name):
    random.seed(1)
    np.random.seed(1)
    wanted = random.random(), np.random.normal()
    random.seed(1)
    np.random.seed(1)
    ab.map(from_the_globals, range(3), seed=3, seed_global=True, plan=name)
    assert (random.random(), np.random.normal()) == wanted


def test_seed_global_is_refused_where_it_cannot_hold():
    with pytest.raises(ValueError, match=r"seed_global=True on plan\('threads'\): threads share"):
        ab.map(from_the_globals, range(3), seed=3, seed_global=True, plan="threads:2")
    with pytest.raises(ValueError, match=r"seed_global=True on plan\('threads'\): threads share"):
        list(ab.imap(from_the_globals, range(3), seed=3, seed_global=True, plan="threads:2"))
    with pytest.raises(ValueError, match=r"seed_global=True needs a seed"):
        ab.map(from_the_globals, range(3), seed_global=True)


def without(x):
    return x


def test_a_function_without_rng_is_an_error(plan):
    for function in (without, abs, lambda rng, /: 0):
        with pytest.raises(TypeError, match=r"has no parameter `rng`") as caught:
            ab.map(function, range(3), seed=1)
        assert "hint: def " in str(caught.value)
    assert ab.map(lambda x, **more: sorted(more), [1], seed=1) == [["rng"]]
    with pytest.raises(TypeError, match=r"has no parameter `rng`"):
        ab.options(seed=1).submit(without, 1)


RNG = default_rng(1)


class Drawer:
    def __init__(self):
        self.rng = default_rng(1)

    def draw(self, x):
        return self.rng.normal()

    def __call__(self, x):
        return self.rng.normal()


def by_closure():
    rng = default_rng(1)
    return lambda x: rng.normal()


def by_default():
    def f(x, rng=default_rng(1)):  # noqa: B008
        return rng.normal()

    return f


def by_global():
    return lambda x: RNG.normal()


def by_partial():
    return partial(lambda rng, x: rng.normal(), default_rng(1))


def by_keyword():
    return partial(lambda x, rng: rng.normal(), rng=default_rng(1))


def by_method():
    return Drawer().draw


def by_instance():
    return Drawer()


def by_old_class():
    rng = RandomState(1)
    return lambda x: rng.normal()


def by_numpy_random():
    return lambda x: np.random.normal()


def by_random():
    return lambda x: random.random()


def by_function_inside():
    rng = default_rng(1)

    def inner():
        return rng.normal()

    return lambda x: inner()


SHARED = [
    by_closure, by_default, by_global, by_partial, by_keyword, by_method, by_instance,
    by_old_class, by_numpy_random, by_random, by_function_inside,
]  # fmt: skip


@pytest.mark.parametrize("make", SHARED)
def test_a_shared_stream_warns_once(plan, make):
    function = make()
    with pytest.warns(
        ab.RandomStreamWarning, match="draw random numbers from a generator they sh"
    ) as seen:
        ab.map(function, range(50))
    assert len(seen) == 1
    assert seen[0].filename == __file__
    assert "seed=1, gives each task its own stream" in str(seen[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ab.map(function, range(50))


def test_another_function_warns_again(plan):
    for make in (by_closure, by_global):
        with pytest.warns(ab.RandomStreamWarning):
            ab.map(make(), range(50))


def test_imap_warns_too(plan):
    with pytest.warns(ab.RandomStreamWarning) as seen:
        list(ab.imap(by_closure(), range(50)))
    assert len(seen) == 1
    assert seen[0].filename == __file__


def test_the_warning_as_an_error_leaves_a_working_plan(plan):
    with pytest.raises(ab.RandomStreamWarning):  # as this project's filters say
        ab.map(by_closure(), range(50))
    assert ab.map(abs, [-1]) == [1]


def hands_its_own(x):
    return default_rng(x).normal()


def makes_one_inside(x, rng):
    child = rng.spawn(1)[0]
    return child.normal() + rng.normal()


def test_correct_code_never_warns(plan):
    unused = default_rng(1)

    def holds_one_without_drawing(x):
        return x if isinstance(unused, Generator) else None

    def draws_once(x):
        return np.random.normal() if x == 0 else 0.0

    ab.map(hands_its_own, range(50))
    ab.map(makes_one_inside, range(50), seed=1)
    ab.map(draw, range(50), seed=1)
    ab.map(holds_one_without_drawing, range(50))
    ab.map(draws_once, range(50))
    ab.map(lambda g: g.normal(), [default_rng(k) for k in range(50)])
    ab.map(lambda x: random.Random(x).random(), range(50))
    if not plan.startswith("threads"):
        ab.map(from_the_globals, range(50), seed=1, seed_global=True)
    ab.map(by_closure(), range(1))


def test_others_drawing_meanwhile_is_no_fault_of_the_tasks(plan):
    def items():
        for x in range(50):
            random.random()
            np.random.normal()
            yield x

    def takes_a_while(x):
        time.sleep(0.002)
        return hands_its_own(x)

    ab.map(takes_a_while, items())
