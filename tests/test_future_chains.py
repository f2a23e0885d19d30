"""Dependents in long chains and wide fans, and the end of the plan or the program."""

import concurrent.futures as cf
import contextlib
import gc
import os
import signal
import textwrap
import threading
import time

import pytest

import abreast as ab
from abreast.tasks.inputs import find, hold, replace
from dependents import add, chain, eventually, increment, nap, same


def test_a_long_chain(plan):
    length = 100_000
    future = chain(ab.submit(nap, 0.1, 0), length)
    assert future.result(100) == length


@pytest.mark.parametrize("end", ["value", "failure", "cancel", "cancel inside", "drop"])
def test_a_long_chain_ends(plan, end):
    foreign: cf.Future[int] = cf.Future()
    first = ab.submit(increment, foreign)
    last = chain(first, 20_000)
    told: list[object] = []
    last.add_done_callback(lambda future: told.append(future.done()))
    if end == "value":
        foreign.set_result(0)
        assert last.result(60) == 20_001
    elif end == "failure":
        foreign.set_exception(LookupError("x"))
        assert isinstance(last.exception(20), LookupError)
    elif end == "cancel":
        foreign.cancel()
        assert last.cancelled()
    elif end == "cancel inside":
        assert first.cancel()
        assert last.cancelled() and not foreign.done()
    else:
        del foreign, first, last
        gc.collect()
        assert not told
        return
    assert eventually(lambda: told == [True])


def test_a_long_chain_with_callbacks_everywhere(plan):
    foreign: cf.Future[int] = cf.Future()
    future, seen = foreign, []
    for _ in range(5000):
        future = ab.submit(increment, future)
        future.add_done_callback(lambda ended: seen.append(ended.cancelled()))
    foreign.cancel()
    assert eventually(lambda: len(seen) == 5000) and all(seen)


def test_fan_in_and_fan_out(plan):
    source = ab.submit(nap, 0.1, 1)
    middle = [ab.submit(add, source, k) for k in range(10_000)]
    assert ab.submit(add, *middle).result(60) == sum(range(10_000)) + 10_000
    foreign = [cf.Future() for _ in range(10_000)]
    future = ab.submit(sum, foreign)
    for k, each in enumerate(reversed(foreign)):
        each.set_result(k)
    assert future.result(20) == sum(range(10_000))


def test_deep_containers():
    foreign: cf.Future[int] = cf.Future()
    deep: object = foreign
    for _ in range(30_000):
        deep = [deep] if isinstance(deep, tuple) else (deep,)
    for done in (False, True):
        future = ab.options(plan="threads:1").submit(same, deep)
        if not done:
            foreign.set_result(3)
        (value,) = future.result(20)
        for _ in range(30_000):
            (value,) = value
        assert value == 3
    assert find(deep) == [foreign] and hold([deep])
    with contextlib.suppress(RecursionError):
        assert replace(deep, lambda future: 1) != 1
    while isinstance(deep, (list, tuple)):
        (deep,) = deep


def test_values_are_let_go(plan):
    """A future keeps neither its inputs nor what was made from it."""

    before = {id(each) for each in gc.get_objects() if isinstance(each, cf.Future)}
    foreign: cf.Future[int] = cf.Future()
    first = ab.submit(increment, foreign)
    last = chain(first, 3)
    foreign.set_result(1)
    assert last.result(20) == 5
    known = {id(foreign), id(first), id(last)}

    def others():
        gc.collect()
        found = [each for each in gc.get_objects() if isinstance(each, cf.Future)]
        return [each for each in found if id(each) not in known | before]

    assert eventually(lambda: not others())


def test_dropped_dependents_still_run(parallel, tmp_path):
    ab.submit(lambda x: (tmp_path / str(x)).touch(), ab.submit(nap, 0.1, "ran"))
    gc.collect()
    assert eventually((tmp_path / "ran").exists)


def test_shutdown_ends_what_waits(plan):
    foreign: cf.Future[int] = cf.Future()
    last = chain(foreign, 1000)
    held = ab.submit(nap, 5 if plan.startswith("processes") else 0.6) if plan != "serial" else None
    behind = ab.submit(same, held)
    threading.Timer(0.1, ab.shutdown, (0.1,)).start()
    started = time.monotonic()
    assert isinstance(last.exception(20), ab.PoolClosed)
    if held is not None:
        assert isinstance(behind.exception(20), ab.PoolClosed)
    assert time.monotonic() - started < 5
    foreign.set_result(1)
    assert isinstance(ab.submit(same, last).exception(20), ab.PoolClosed)
    assert ab.submit(increment, ab.submit(nap, 0.05, 1)).result(20) == 2


@pytest.mark.parametrize("where", ["serial", "threads:2", "processes:2"])
def test_the_program_ends_with_dependents_pending(where, run, tmp_path):
    text = f"""
    import concurrent.futures, pathlib, threading, time
    import abreast as ab
    def nap(seconds, value):
        time.sleep(seconds)
        return value
    def touch(name):
        time.sleep(0.05)
        pathlib.Path({str(tmp_path)!r}, name).touch()
        return name + "x"
    ab.plan({where!r})
    first = ab.options(plan="processes:1").submit(nap, 0.5, "a")
    ab.submit(touch, ab.submit(touch, ab.submit(touch, first)))
    # What nobody will ever end holds up nobody.
    ab.submit(touch, ab.submit(touch, concurrent.futures.Future()))
    """
    started = time.monotonic()
    run(textwrap.dedent(text))
    made = {path.name for path in tmp_path.iterdir()} - {"script0.py"}
    assert made == {"a", "ax", "axx"}
    assert time.monotonic() - started < 20


def test_interrupt_while_waiting(parallel):
    foreign: cf.Future[int] = cf.Future()
    future = ab.submit(increment, foreign)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        future.result(20)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        ab.map(increment, [1, foreign])
    foreign.set_result(1)
    assert future.result(20) == 2


@pytest.mark.parametrize("where", ["serial", "threads:2", "processes:2"])
def test_a_forked_child_is_told(where, run):
    text = f"""
    import concurrent.futures, os, signal, time
    import abreast as ab
    def nap(seconds, value):
        time.sleep(seconds)
        return value
    def increment(x):
        return x + 1
    first = ab.options(plan="threads:1").submit(nap, 0.5, 1)
    ab.plan({where!r})
    future = first
    for _ in range(100):
        future = ab.submit(increment, future)
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        told = isinstance(future.exception(5), ab.PoolClosed) and future.done()
        told = told and isinstance(ab.submit(increment, future).exception(5), ab.PoolClosed)
        told = told and ab.submit(increment, ab.submit(nap, 0.05, 1)).result(5) == 2
        os._exit(0 if told else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert future.result(20) == 101
    """
    run(textwrap.dedent(text))
