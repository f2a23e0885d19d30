"""Futures as arguments: they become their values, and what takes them waits for them."""

import asyncio
import concurrent.futures as cf
import decimal
import os
import signal
import threading
import time
from collections import namedtuple

import numpy as np
import pytest

import abreast as ab
from dependents import add, chain, eventually, increment, nap, same

Pair = namedtuple("Pair", "left right")


def fail(error):
    raise error


@pytest.mark.parametrize("seconds", [0, 0.05])
def test_anywhere_in_lists_tuples_and_dicts(plan, seconds):
    a, b = ab.submit(nap, seconds, 1), ab.submit(nap, seconds, [2])
    nested = [a, (b, {"k": [b]})]
    args, kwargs = ab.submit(same, a, nested, Pair(a, "x"), key=b).result(20)
    assert args[0] == 1
    assert args[1][0] == 1 and args[1][1][0] == [2] and args[1][1][1]["k"] == [[2]]
    assert args[2] == Pair(1, "x") and type(args[2]) is Pair
    assert kwargs == {"key": [2]}


def test_futures_of_somebody_else(plan):
    foreign: cf.Future[int] = cf.Future()
    future = ab.submit(add, foreign, 1)
    assert not future.done() and not future.running()
    with cf.ThreadPoolExecutor(1) as executor:
        other = ab.submit(add, [executor.submit(nap, 0.05, 7)][0], future)
        foreign.set_result(41)
        assert future.result(20) == 42
        assert other.result(20) == 49


def test_futures_of_another_plan(plan):
    one = ab.options(plan="threads:2").submit(nap, 0.1, 3)
    two = ab.options(plan="processes:1").submit(nap, 0.1, 4)
    assert ab.submit(add, one, two).result(20) == 7


def test_one_future_twice_is_one_object(plan):
    foreign: cf.Future[list[int]] = cf.Future()
    future = ab.submit(lambda x, y: (x[0] is y["k"], len(x)), [foreign], {"k": foreign})
    foreign.set_result([1])
    assert future.result(20) == (True, 1)


def test_a_container_in_a_circle(plan):
    foreign: cf.Future[int] = cf.Future()
    circle: list[object] = [foreign]
    circle.append(({"again": circle}, circle))
    future = ab.submit(lambda c: (c[0], c[1][0]["again"] is c, c[1][1] is c), circle)
    foreign.set_result(3)
    assert future.result(20) == (3, True, True)
    assert circle[0] is foreign


def keeper(state):
    return lambda *args, **kwargs: (args, kwargs, state)


def test_other_arguments_are_taken_at_the_call():
    for where in ("processes:1", "serial"):
        with ab.plan(where, isolate=where == "serial"):
            foreign: cf.Future[int] = cf.Future()
            inside, array, state = [1, foreign], np.arange(3), [5]
            future = ab.submit(keeper(state), inside, array, {"a": [1]}, b=state)
            inside.append("late")
            array[:], state[0] = 9, 6
            foreign.set_result(2)
            args, kwargs, captured = future.result(20)
            assert args[0] == [1, 2] and args[1].tolist() == [0, 1, 2] and args[2] == {"a": [1]}
            assert kwargs == {"b": [5]} and captured == [5]


def test_containers_with_futures_are_copied_and_others_shared():
    for where in ("serial", "threads:2"):
        with ab.plan(where):
            foreign: cf.Future[int] = cf.Future()
            inside, other = [foreign], [1]
            future = ab.submit(lambda x, y: (x, y), inside, [other, foreign])
            inside.append("late")
            foreign.set_result(2)
            x, y = future.result(20)
            assert x == [2] and y[0] is other and len(inside) == 2


def test_no_future_nothing_copied():
    argument = [1, {"k": (2, [3])}]
    assert ab.options(plan="serial").submit(lambda x: x, argument).result() is argument


def test_what_the_caller_has_set_holds(plan):
    foreign: cf.Future[int] = cf.Future()
    with decimal.localcontext() as context:
        context.prec = 5
        future = ab.submit(lambda x: (str(decimal.Decimal(x) / 3), str(ab.plan())), foreign)
    threading.Thread(target=foreign.set_result, args=(1,)).start()
    quotient, inner = future.result(20)
    assert inner == "plan('serial')"
    assert plan.startswith("processes") or quotient == "0.33333"


def test_seeds(plan):
    def draw(x, rng):
        return x + float(rng.random())

    now = ab.options(seed=5).submit(draw, 1.0).result()
    foreign: cf.Future[float] = cf.Future()
    future = ab.options(seed=5).submit(draw, foreign)
    foreign.set_result(1.0)
    assert future.result(20) == now


def test_values_that_hold_futures_are_not_looked_into():
    inner = ab.options(plan="serial").submit(increment, 1)
    outer: cf.Future[object] = cf.Future()
    outer.set_result([inner])
    threads = ab.options(plan="threads:1")
    assert threads.submit(lambda x: isinstance(x[0], ab.Future), outer).result(20)
    assert ab.options(plan="serial").submit(same, outer).result() == ([inner],)


def test_the_failure_is_the_original(plan):
    for seconds in (0, 0.1):
        bad = ab.submit(lambda s: time.sleep(s) or fail(KeyError("k", 3)), seconds)
        last = chain(ab.submit(same, bad), 5)
        error = last.exception(20)
        assert type(error) is KeyError and error.args == ("k", 3)
        assert error is bad.exception()
        assert len(error.__notes__) == 1


def test_the_first_failure_in_the_order_of_the_arguments(plan):
    one, two, three = cf.Future(), cf.Future(), cf.Future()
    future = ab.submit(same, [one], {"k": two}, c=three)
    three.set_exception(ValueError("third"))
    two.set_exception(ValueError("second"))
    assert not future.done()
    one.set_result(1)
    assert str(future.exception(20)) == "second"


def test_a_cancelled_input_cancels(plan):
    foreign: cf.Future[int] = cf.Future()
    future = ab.submit(increment, foreign)
    last = chain(future, 10)
    assert foreign.cancel()
    assert last.cancelled() and last.done() and future.cancelled()
    for ask in (last.result, last.exception):
        with pytest.raises(cf.CancelledError):
            ask(20)
    done, rest = cf.wait([last, future], timeout=20)
    assert len(done) == 2 and not rest


def test_an_input_that_was_cancelled_before(plan):
    foreign: cf.Future[int] = cf.Future()
    foreign.cancel()
    assert ab.submit(increment, foreign).cancelled()


def test_cancelling_what_waits(plan, tmp_path):
    foreign: cf.Future[object] = cf.Future()
    future = ab.submit(lambda x: (tmp_path / "ran").touch(), foreign)
    last = ab.submit(same, future)
    told: list[object] = []
    last.add_done_callback(told.append)
    assert future.cancel() and future.cancel()
    assert last.cancelled() and told == [last]
    assert not foreign.cancelled()
    foreign.set_result(1)
    time.sleep(0.05)
    assert not (tmp_path / "ran").exists()


def test_cancelling_what_runs(parallel):
    foreign: cf.Future[float] = cf.Future()
    future = ab.submit(nap, foreign)
    foreign.set_result(0.3)
    assert eventually(future.running)
    assert not future.cancel()
    assert future.result(20) is None


def test_a_value_that_cannot_be_sent():
    with ab.plan("processes:1"):
        foreign: cf.Future[object] = cf.Future()
        future = ab.submit(same, foreign)
        foreign.set_result(n for n in "ab")
        assert isinstance(future.exception(20), ab.TransferError)
        foreign = cf.Future()
        with pytest.raises(ab.TransferError, match="the function or an argument of task 0"):
            ab.submit(same, foreign, (n for n in "ab"))


@pytest.mark.parametrize("signalled", [signal.SIGKILL])
def test_the_worker_of_an_input_is_killed(signalled):
    with ab.plan("processes:2"):
        running = ab.submit(lambda: os.kill(os.getpid(), signalled) or time.sleep(20))
        last = chain(running, 20)
        error = last.exception(20)
        assert isinstance(error, ab.WorkerLost) and error is running.exception()
        assert ab.submit(add, ab.submit(nap, 0.05, 1), 2).result(20) == 3


def test_the_own_worker_is_killed():
    with ab.plan("processes:2"):
        future = ab.submit(lambda x: os.kill(os.getpid(), x), ab.submit(nap, 0.1, signal.SIGKILL))
        assert isinstance(ab.submit(same, future).exception(20), ab.WorkerLost)


def test_timeouts_and_states(parallel):
    first = ab.submit(nap, 0.3, 0.3)
    future = ab.submit(nap, first)
    started = time.monotonic()
    for ask in (future.result, future.exception):
        with pytest.raises(TimeoutError, match=r"did not end within 0\.05 s"):
            ask(0.05)
    with pytest.raises(TimeoutError):
        future.result(0)
    assert time.monotonic() - started < 0.25
    assert not future.done() and not future.running()
    assert first.result(20) == 0.3
    assert eventually(future.running)
    assert future.result(20) is None and future.done()


def test_callbacks_waiting_and_awaiting(plan):
    told: list[object] = []
    futures = [ab.submit(increment, ab.submit(nap, 0.05, k)) for k in range(4)]
    futures[0].add_done_callback(lambda future: told.append(future.result()))
    assert sorted(each.result() for each in ab.as_completed(futures)) == [1, 2, 3, 4]
    assert len(cf.wait([ab.submit(increment, ab.submit(nap, 0.05, 1))], timeout=20).done) == 1
    assert ab.gather(futures) == [1, 2, 3, 4]
    assert eventually(lambda: told == [1])

    async def main():
        one = ab.submit(increment, ab.submit(nap, 0.05, 1))
        return await asyncio.gather(one, ab.submit(increment, one))

    assert asyncio.run(main()) == [2, 3]


def test_a_callback_waits_for_a_dependent(plan):
    """Its steps stand in the queue of the very thread that waits."""
    foreign: cf.Future[int] = cf.Future()
    first = ab.submit(increment, foreign)
    second = ab.submit(increment, first)
    third = ab.submit(increment, second)
    told: list[int] = []
    first.add_done_callback(lambda future: told.append(third.result(20)))
    foreign.add_done_callback(lambda future: told.append(third.result(20)))
    threading.Thread(target=foreign.set_result, args=(0,)).start()
    assert eventually(lambda: told == [3, 3], 20)


def test_a_callback_that_submits(plan):
    seen: list[int] = []

    def again(future):
        seen.append(future.result())
        if len(seen) < 50:
            following = ab.options(plan=plan).submit(increment, future)
            following.add_done_callback(again)

    ab.submit(increment, ab.submit(nap, 0.05, 0)).add_done_callback(again)
    assert eventually(lambda: len(seen) == 50, 20)
    assert seen == list(range(1, 51))


def test_from_many_threads(plan):
    foreign: cf.Future[int] = cf.Future()
    results: dict[int, int] = {}

    def work(k):
        with ab.plan(plan):
            future = ab.submit(add, foreign, k)
            for _ in range(100):
                future = ab.submit(increment, future)
            results[k] = future.result(60)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    foreign.set_result(0)
    for thread in threads:
        thread.join(60)
    assert results == {k: k + 100 for k in range(8)}


def test_a_task_waits_for_a_dependent(plan):
    def outer(k):
        first = ab.submit(nap, 0.02, k)
        return ab.submit(add, first, ab.submit(increment, first)).result()

    with ab.plan([plan, "threads:2"] if plan != "serial" else "serial"):
        assert ab.map(outer, range(8)) == [2 * k + 1 for k in range(8)]


def test_the_pool_thread_helps():
    """Both threads wait for dependents whose inputs stand behind them in the queue."""

    def outer(k):
        inner = ab.options(plan="threads:2")
        first = inner.submit(nap, 0.02, k)
        return inner.submit(increment, inner.submit(increment, first)).result(60)

    with ab.plan("threads:2"):
        assert ab.gather([ab.submit(outer, k) for k in range(20)]) == [k + 2 for k in range(20)]
        assert ab.map(outer, range(20)) == [k + 2 for k in range(20)]
