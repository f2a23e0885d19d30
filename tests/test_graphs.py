"""Lazy graphs: `delayed`, `compute`, `persist`."""

import collections
import concurrent.futures
import gc
import os
import pickle
import sys
import threading
import time

import numpy as np
import psutil
import pytest

import abreast as ab
from graphs import (
    add,
    add_,
    chain,
    decorated,
    fail,
    increment,
    increment_,
    mark,
    nap,
    same,
    same_,
    tree,
)

Point = collections.namedtuple("Point", "x y")


def grow(values):
    values.append(0)
    return len(values)


# What is given and what comes back


def test_values(plan):
    a, b = add_(1, 2), ab.delayed(dict)(k=[add_(1, 1)], m=0)
    assert a.compute() == 3
    assert ab.compute(a) == 3
    assert ab.compute(a, b) == (3, {"k": [2], "m": 0})
    assert ab.compute() == ()
    assert ab.compute(ab.delayed(list)()) == []


def test_structures(plan):
    a = add_(1, 2)
    given = [a, (a, 5), {"k": {"deep": [a]}, 7: "x"}, Point(a, [a]), {1, 2}]
    value = ab.compute(given)
    assert value == [3, (3, 5), {"k": {"deep": [3]}, 7: "x"}, (3, [3]), {1, 2}]
    assert type(value[3]) is Point
    assert given[0] is a, "what was given stays as it was"
    assert ab.compute(same_(given)) == value
    assert type(ab.compute(same_(given))[3]) is Point


def test_what_holds_nothing_delayed_comes_back_itself(plan):
    given = [1, {"k": (2, [3])}]
    given.append(given)
    assert ab.compute(given) is given
    a = add_(1, 2)
    back = ab.compute(given, a, [given, a])
    assert back[0] is given
    assert back[1] == 3
    assert back[2][0] is given


def test_an_object_that_stands_twice_is_one_object_again(plan):
    inner = [add_(1, 2)]
    value = ab.compute([inner, inner])
    assert value == [[3], [3]]
    assert value[0] is value[1]
    assert ab.compute(ab.delayed(lambda x: x[0] is x[1])([inner, inner]))
    shared = [np.zeros(3)]
    assert ab.compute(ab.delayed(lambda x, y, z: (x is y, x is z))(shared, shared, shared[:])) == (
        True, False,
    )  # fmt: skip
    one = ab.delayed(list)("ab")
    assert ab.compute(ab.delayed(lambda x, y: x is y)(one, one))
    pair = (same_(1), 2)
    for _ in range(100):  # would be 2 ** 100 values
        pair = (pair, pair)
    assert ab.compute(ab.delayed(len)(pair)) == 2


def test_operators(plan):
    a, b = same_(7), same_(3)
    assert ab.compute(a + b, a - b, a * b, a / b, a // b, a % b, a**b, divmod(a, b)) == (
        10, 4, 21, 7 / 3, 2, 1, 343, (2, 1),
    )  # fmt: skip
    assert ab.compute(10 + a, 10 - a, 10 * a, 14 / a, 10 // b, 10 % a, 2**b, divmod(10, a)) == (
        17, 3, 70, 2.0, 3, 3, 8, (1, 3),
    )  # fmt: skip
    assert ab.compute(-a, +a, abs(-a), ~a, a << 1, a >> 1, a & b, a | b, a ^ b, 1 << b, 5 & a) == (
        -7, 7, 7, -8, 14, 3, 3, 7, 4, 8, 5,
    )  # fmt: skip
    m = same_(np.eye(2))
    assert np.array_equal((m @ np.ones(2)).compute(), np.ones(2))
    assert np.array_equal((np.ones(2) @ m).compute(), np.ones(2))
    assert np.array_equal((np.arange(2) + m).compute(), np.arange(2) + np.eye(2))
    pair = ab.delayed(divmod)(7, 2)
    assert ab.compute(pair[0], same_([4, 5, 6])[pair[1] :]) == (3, [5, 6])


def test_what_only_a_value_can_answer():
    a = same_(1)
    for question in (bool, len, iter, list, lambda a: 1 in a, lambda a: [*a]):
        with pytest.raises(TypeError, match=r"<Delayed same> .* before it is computed\nhint: ab"):
            question(a)
    with pytest.raises(TypeError, match="cannot be changed"):
        a[0] = 1
    with pytest.raises(TypeError, match="is neither true nor false"):
        bool(a < 1)
    assert (a == a, a == same_(1), len({a, a})) == (True, False, 1)


def test_decorator(plan):
    assert repr(decorated) == "delayed(decorated)"
    assert decorated.__name__ == "decorated"
    assert repr(decorated(1)) == "<Delayed decorated>"
    assert ab.compute(decorated(3), decorated(3, by=decorated(5))) == (6, 30)
    assert ab.delayed(decorated) is decorated
    assert pickle.loads(pickle.dumps(decorated)) is decorated

    class Scale:
        def __init__(self, factor):
            self.factor = factor

        @ab.delayed
        def times(self, x):
            return self.factor * x

    assert Scale(3).times(same_(5)).compute() == 15


def test_wrong_calls():
    with pytest.raises(TypeError, match="delayed: takes a function, and 3 cannot be called\nhint"):
        ab.delayed(3)
    with pytest.raises(TypeError, match="delayed: takes a function"):
        ab.delayed(same_(3))
    with pytest.raises(
        TypeError, match="cannot become its value\nhint: delayed values and futures"
    ):
        ab.compute({same_(1): 2})
    with pytest.raises(TypeError, match="in a set"):
        ab.compute(same_({same_(1)}))
    with pytest.raises(ValueError, match="progress="):
        ab.compute(same_(1), progress="no")
    given = [same_(1)]
    given.append(given)
    with pytest.raises(ValueError, match="a list contains itself, and delayed values"):
        ab.compute(given)


def test_progress(plan):
    seen = []
    ab.compute(
        [same_(n) for n in range(20)], progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (20, 20)
    assert seen == sorted(seen)


# What runs, and how often


def test_shared_work_runs_once(plan, tmp_path):
    record = ab.delayed(mark)
    source = record(tmp_path, "source")
    middle = [record(tmp_path, f"middle{n}", source) for n in range(5)]
    total = ab.delayed(len)([*middle, *middle, source])
    assert ab.compute(total, middle[0], [source], total) == (11, "middle0", ["source"], 11)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ["source", *(f"middle{n}" for n in range(5))], "x"
    )


def test_diamonds(plan):
    layer = [same_(n) for n in range(6)]
    for _ in range(10):
        layer = [ab.delayed(max)(layer) + n for n in range(6)]
    assert ab.compute(layer) == list(range(50, 56))


def test_long_chain(plan):
    value = chain(100_000)
    assert value.compute() == 99_999
    started = time.perf_counter()
    del value
    gc.collect()
    assert time.perf_counter() - started < 5


def test_wide_tree(plan):
    assert tree(same_(n) for n in range(20_000)).compute() == sum(range(20_000))


def test_fans(plan):
    source = same_(1)
    fan = [add_(source, n) for n in range(10_000)]
    assert ab.delayed(sum)(fan).compute() == sum(range(10_001))
    assert ab.compute(fan) == list(range(1, 10_001))


def test_nesting_without_recursion(plan):
    nested = wide = same_(5)
    for _ in range(10_000):
        nested, wide = [nested], {"k": (wide,)}

    def depth(value):
        levels = 0
        while isinstance(value, list):
            value, levels = value[0], levels + 1
        return levels, value

    assert depth(ab.compute(nested)) == (10_000, 5)
    assert ab.delayed(depth)(nested).compute() == (10_000, 5)
    value = ab.compute(wide)
    for _ in range(10_000):
        value = value["k"][0]
    assert value == 5


def test_a_deep_graph_is_dropped_without_recursion(run):
    run(
        """
        import gc, threading, abreast as ab
        def same(x): return x
        threading.stack_size(256 * 1024)
        def main():
            value = ab.delayed(same)(0)
            for n in range(200_000):
                value = [value + n] if n % 2 else (value[0] if n else value) + {"k": 1}["k"]
            del value
            gc.collect()
        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
        """.replace("\n        ", "\n")
    )


def test_tasks_that_start_tasks(plan):
    def inner(n):
        return sum(ab.map(increment, range(n))) + ab.compute(add_(n, same_(1)))

    assert ab.compute([ab.delayed(inner)(n) for n in range(6)]) == [
        sum(range(1, n + 1)) + n + 1 for n in range(6)
    ]


def test_a_tasks_plan_is_its_own(plan):
    @ab.delayed
    def chooses(_before):
        before = repr(ab.plan())
        ab.plan("threads:3")
        return before, repr(ab.plan())

    value = None
    for _ in range(5):
        value = chooses(value)
        assert ab.compute(value) == ("plan('serial')", "plan('threads', workers=3)")
    assert repr(ab.plan()).startswith(f"plan('{plan.partition(':')[0]}'")


def test_plans_of_options():
    here = ab.delayed(lambda _n: (os.getpid(), threading.get_ident()))
    with ab.plan("serial"):
        stated = ab.options(plan="processes:2").delayed(os.getpid)
        assert ab.compute(stated()) != os.getpid()
        assert ab.compute([stated(), 1])[0] != os.getpid()
        assert ab.compute(stated(), plan="threads") == os.getpid()
        assert here(1).compute() == (os.getpid(), threading.get_ident())
        assert here(1).compute(plan="threads:2")[1] != threading.get_ident()
        other = ab.options(plan="threads:2").delayed(add)
        with pytest.raises(
            ab.PlanError, match="states plan\\('processes:2'\\), others of its graph"
        ):
            ab.compute(other(stated(), 1))
        assert ab.compute(other(stated(), 1), plan="serial") == os.getpid() + 1


def draw(x, rng):
    return x + float(rng.random())


def test_seeds(plan):
    kept = ab.options(seed=3)
    want = ab.options(seed=3, plan="serial").submit(draw, 10).result()
    assert ab.compute(kept.delayed(draw)(same_(10))) == want
    assert ab.compute([kept.delayed(draw)(x) for x in (10, 10)]) == [want, want]
    with pytest.raises(TypeError, match="no parameter `rng`"):
        kept.delayed(same)
    with pytest.raises(ValueError, match="delayed: seed_global=True needs a seed"):
        ab.options(seed_global=True).delayed(same)


# What tasks may not see of each other


@pytest.mark.parametrize("where", ["processes:2", "serial", "threads:2"])
def test_what_a_task_does_to_its_arguments_is_seen_by_no_other(where):
    with ab.plan(where, isolate=True) if where != "processes:2" else ab.plan(where):
        given, captured, default = [1], [], ab.delayed(list)("ab")

        def remember(_x, seen=[]):  # noqa: B006
            seen.append(0)
            captured.append(0)
            return len(captured), len(seen)

        def count():
            global counter
            counter += 1
            return counter

        grow_ = ab.delayed(grow)
        assert ab.compute([grow_(given) for _ in range(40)]) == [2] * 40
        assert ab.compute([grow_([default, 1]) for _ in range(10)]) == [3] * 10
        assert ab.compute([grow_(default) for _ in range(40)], default) == ([3] * 40, ["a", "b"])
        assert ab.compute([ab.delayed(remember)(n) for n in range(40)]) == [(1, 1)] * 40
        first = ab.delayed(remember)(0)
        for _ in range(40):
            first = ab.delayed(remember)(first)
        assert ab.compute(first) == (1, 1)
        array = ab.delayed(np.zeros)(3)
        bump = ab.delayed(lambda x: (x.__iadd__(1), float(x.sum()))[1])
        assert ab.compute([bump(array) for _ in range(20)]) == [3.0] * 20
        assert (given, captured) == ([1], [])


kept = np.zeros(3)


def give_kept(_x):
    return kept


def test_an_array_that_a_module_keeps_is_not_handed_on():
    bump = ab.delayed(lambda x: (x.__iadd__(1), float(x.sum()))[1])
    value = same_(0)
    for _ in range(20):
        value = bump(ab.delayed(give_kept)(value))
    assert ab.compute(value, plan="processes:1") == 3.0


def test_arguments_are_those_of_the_start(parallel):
    given = [1, 2]
    late = threading.Thread(target=lambda: (time.sleep(0.2), given.append(100)))
    value = ab.delayed(sum)([ab.delayed(nap)(0.5, 1), *given])
    late.start()
    assert value.compute() == 4
    late.join()


# Futures


def test_futures(plan):
    future = ab.submit(add, 1, 2)
    assert ab.compute(future) == 3
    assert ab.compute(add_(future, 1), [future]) == (4, [3])
    pending = [ab.submit(nap, 0.2 - n / 20, n) for n in range(4)]
    assert ab.compute(ab.delayed(sum)(pending), tree(map(same_, range(100)))) == (6, 4950)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert ab.compute(increment_(pool.submit(nap, 0.1, [1][0]))) == 2
    arrays = ab.submit(np.arange, 5)
    assert ab.compute(ab.delayed(np.sum)(arrays)) == 10


def test_failed_and_cancelled_futures(plan):
    bad = ab.submit(fail, KeyError("k"))
    with pytest.raises(KeyError) as caught:
        ab.compute(same_([bad]))
    assert caught.value.__notes__ == ["abreast: raised by task 0 of submit(fail)"]
    cancelled = concurrent.futures.Future()
    cancelled.cancel()
    cancelled.set_running_or_notify_cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        ab.compute(increment_(cancelled))
    # One that an earlier task's failure makes needless is not waited for.
    never = concurrent.futures.Future()
    with pytest.raises(ValueError, match="first"):
        ab.compute(ab.delayed(fail)(ValueError("first")), same_(never))
    assert ab.compute(same_(1)) == 1


def test_what_nothing_would_wait_for(plan):
    a, future = same_(1), ab.submit(same, 2)

    class Holder:
        pass

    holder = Holder()
    holder.value = a
    for captured in (lambda: a, lambda: future, lambda x=a: x):
        with pytest.raises((TypeError, ab.TransferError), match=r"captured variable|default 0"):
            ab.compute(ab.delayed(captured)())
    if plan.startswith("processes"):
        with pytest.raises(ab.TransferError, match=r"<Delayed same> stays in the process"):
            ab.compute(ab.delayed(str)(holder))


# Persist


def test_persist(plan, tmp_path):
    record = ab.delayed(mark)
    data = ab.delayed(lambda name: np.full(1000, len(name)))(record(tmp_path, "load"))
    kept = ab.persist({"data": [data], "plain": 3})
    assert (kept["plain"], repr(kept["data"][0])) == (3, "<Delayed value>")
    total = ab.delayed(np.sum)(kept["data"][0])
    assert ab.compute(total, total * 2) == (4000, 8000)
    ab.shutdown()
    assert ab.compute(total + 1) == 4001
    assert ab.compute(total, plan="serial") == 4000
    assert (tmp_path / "load").read_text() == "x"
    again = ab.persist(kept["data"][0])
    assert again.compute().sum() == 4000
    first, second = ab.persist(same_(1), add_(1, 1))
    assert ab.compute(first + second) == 3
    assert ab.persist(5) == 5


# Memory and time


def load(n):
    return np.full(131_072, float(n))  # a megabyte


@pytest.mark.parametrize("where", ["threads:2", "processes:2"])
@pytest.mark.parametrize("shape", ["tree", "left", "right"])
def test_memory_stays_bounded(where, shape):
    load_, count = ab.delayed(load), 600
    if shape == "tree":
        value = tree([load_(n) for n in range(count)])
    else:
        value = load_(0)
        for n in range(1, count):
            value = add_(value, load_(n)) if shape == "left" else add_(load_(n), value)

    def used():
        total = 0
        for process in [psutil.Process(), *psutil.Process().children()]:
            try:
                total += process.memory_full_info().uss
            except psutil.Error:
                continue
        return total

    ab.compute(add_(load_(1), load_(2)), plan=where)
    before, over, peak = used(), threading.Event(), [0]

    def watch():
        while not over.wait(0.02):
            peak[0] = max(peak[0], used())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        assert ab.compute(value[0], plan=where) == sum(range(count))
    finally:
        over.set()
        watching.join()
    assert peak[0] - before < 400e6, f"{(peak[0] - before) / 1e6:.0f} MB"


def test_values_go_with_their_last_consumer():
    # On serial, where each can be counted.
    alive, most = [0], [0]

    class Value:
        def __init__(self, *_inputs):
            alive[0] += 1
            most[0] = max(most[0], alive[0])

        def __del__(self):
            alive[0] -= 1

    make = ab.delayed(Value)
    layer = [make() for _ in range(256)]
    while len(layer) > 1:
        layer = [make(a, b) for a, b in zip(layer[::2], layer[1::2], strict=True)]
    value = ab.compute(layer[0], plan="serial")
    assert most[0] <= 11
    assert alive[0] == 1
    del value


def test_a_task_costs_little(plan):
    """Far from the figure of the bench, so that a busy machine does not fail it."""
    value = tree(same_(n) for n in range(20_000))
    value.compute()
    started = time.perf_counter()
    value.compute()
    assert (time.perf_counter() - started) / 40_000 < 50e-6


def test_slow_tasks_do_not_wait_for_each_other(parallel):
    ab.compute([ab.delayed(nap)(0.001) for _ in range(4)])
    started = time.perf_counter()
    ab.compute([ab.delayed(nap)(0.3 if n % 2 else 0.0) for n in range(8)])
    assert time.perf_counter() - started < 1.1, "4 x 0.3 s on two workers"
    source = same_(0)
    started = time.perf_counter()
    ab.compute([ab.delayed(lambda _x: time.sleep(0.2))(source) for _ in range(4)])
    assert time.perf_counter() - started < 0.75


def test_in_main(run):
    """Functions of `__main__`, lambdas and decorated ones, without a main guard."""
    out = run(
        """
import abreast as ab

@ab.delayed
def double(x):
    return 2 * x

def plain(x):
    return double.__wrapped__(x) + 1

ab.plan("processes:2")
values = [double(n) for n in range(5)]
print(ab.compute(ab.delayed(lambda v: [plain(x) for x in v])(values)))
"""
    )
    assert out == "[1, 5, 9, 13, 17]\n"


assert sys.getrecursionlimit() < 10_000


def test_a_delayed_function_that_nobody_called():
    for given in ([ab.delayed(len)], [[1, ab.delayed(len)]]):
        with pytest.raises(TypeError, match=r"delayed\(len\) is a function .*\nhint: delayed\("):
            ab.compute(*given)
        with pytest.raises(TypeError, match="was not called"):
            ab.persist(*given)


def test_what_a_delayed_value_does_not_know_before_it_is_computed() -> None:
    total = ab.delayed(sum)([1, 2, 3])
    asked = [
        (lambda: float(total), TypeError, "<Delayed sum> is no number before"),
        (lambda: int(total), TypeError, "<Delayed sum> is no number before"),
        (lambda: complex(total), TypeError, "<Delayed sum> is no number before"),
        (lambda: total == 6, TypeError, "<Delayed sum> neither equals 6 nor differs"),
        (lambda: total != 6, TypeError, "<Delayed sum> neither equals 6 nor differs"),
        (lambda: total.bit_count(), AttributeError, "<Delayed sum> has no attribute 'bit_count'"),
    ]
    for ask, kind, words in asked:
        with pytest.raises(kind) as caught:
            ask()
        assert words in str(caught.value) and "\nhint: " in str(caught.value)
    assert not hasattr(total, "__array__")
    other = ab.delayed(sum)([1, 2, 3])
    same = total
    assert total == same and total != other and len({total, other, total}) == 2
    assert total in [other, total]
    greater = (total > 5, total >= 7, total < 7, total <= 5, total > 5)
    assert ab.compute(*greater, plan="serial") == (True, False, True, False, True)
