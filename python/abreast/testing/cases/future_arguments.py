"""Futures as arguments of further tasks."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import concurrent.futures
import functools
import os
import signal
import threading
from collections import namedtuple
from typing import Any

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.errors import fail
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, nap

Pair = namedtuple("Pair", "left right")


def both(*args: Any, **kwargs: Any) -> Any:
    """Return the arguments."""
    return args, kwargs


def add(*numbers: int) -> int:
    """Return the sum."""
    return sum(numbers)


def later(value: Any, seconds: float = 0.05) -> Any:
    """Return a value after a while."""
    nap(seconds)
    return value


def fail_later(error: BaseException, seconds: float) -> None:
    """Raise after a while."""
    nap(seconds)
    fail(error)


def settled(value: Any) -> Any:
    """Return a future that is done."""
    future = ab.submit(same, value)
    future.result()
    return future


def open_future() -> Any:
    """Return a future that the case itself brings to its end."""
    return concurrent.futures.Future()


@case("arguments")
def anywhere_in_containers() -> Any:
    """A future becomes its value, by itself or in lists, tuples, named tuples and dicts."""

    def ask(make: Any) -> Any:
        one, two = make(1), make([2])
        nested = [one, (two, {"k": [two, Pair(one, 3)]}), []]
        return ab.submit(both, one, nested, Pair(two, one), key=two).result()

    return ask(settled), ask(functools.partial(ab.submit, later))


@case("arguments")
def other_futures() -> Any:
    """Futures of the standard library and of other plans are taken as well."""
    mine = open_future()
    pending = ab.submit(add, mine, ab.options(plan="threads:2").submit(later, 5))
    mine.set_result(2)
    return pending.result(timeout=20)


@case("arguments", requires="isolated")
def taken_at_the_call() -> Any:
    """Arguments beside a future are taken as they are at the call, though the task starts later."""
    gate, inside, state = open_future(), [1], {"k": 1}
    future = ab.submit(lambda *args: (args, state), gate, inside, [inside, gate])
    inside.append(2)
    state["k"] = 2
    gate.set_result(0)
    return future.result(timeout=20)


@case("errors")
def failures_pass_through() -> Any:
    """A task whose input failed fails with the same exception, and so does what depends on it."""

    def ask(seconds: float) -> Any:
        bad = ab.submit(fail_later, ValueError("v", 2), seconds)
        end = ab.submit(both, [ab.submit(both, bad)], k=bad)
        error = caught(end.result)
        return error, error is bad.exception(), end.cancelled(), end.done()

    return ask(0.0), ask(0.05)


@case("errors")
def the_first_in_order_fails() -> Any:
    """Of several inputs that failed, the first in the order of the arguments counts."""
    ends = [open_future() for _ in range(4)]
    future = ab.submit(both, ends[0], [ends[1], {"k": ends[2]}], k=ends[3])
    for place in (3, 2, 1):
        ends[place].set_exception(ValueError(place))
    early = future.done()
    ends[0].set_result(None)
    return early, caught(future.result, timeout=20)


@case("cancel")
def cancelling_passes_through() -> Any:
    """A cancelled input cancels what depends on it; a dependent does not cancel its inputs."""
    gate = open_future()
    first = ab.submit(same, gate)
    second = ab.submit(same, first)
    other = ab.submit(same, gate)
    told: list[bool] = []
    second.add_done_callback(lambda it: told.append(it.cancelled()))
    withdrawn = first.cancel(), second.cancelled(), told, caught(second.result)
    untouched = gate.cancelled(), other.done()
    gate.cancel()
    return withdrawn, untouched, other.cancelled(), caught(other.result)


@case()
def chains() -> Any:
    """Two thousand tasks, each on the result of the one before."""
    gate = open_future()
    futures = [gate]
    for _ in range(2000):
        futures.append(ab.submit(add, futures[-1], 1))
    gate.set_result(0)
    return futures[-1].result(timeout=60), futures[1000].result(timeout=60)


@case()
def fans() -> Any:
    """One task that a thousand others wait for, and one that waits for them."""
    source = ab.submit(later, 1)
    middle = [ab.submit(add, source, k) for k in range(1000)]
    return ab.submit(add, *middle).result(timeout=60), ab.submit(sum, middle).result(timeout=60)


@case()
def callbacks_and_waiting() -> Any:
    """What waits for its inputs is a future like any other: callbacks, `wait`, `as_completed`."""
    futures = [ab.submit(add, ab.submit(later, k), 1) for k in range(5)]
    told, came = [], threading.Event()

    def tell(ended: Any) -> None:
        told.append(ended.result())
        came.set()

    futures[0].add_done_callback(tell)
    done, rest = ab.wait(futures)
    seen = sorted(each.result() for each in ab.as_completed(futures))
    return ab.gather(futures), len(done), len(rest), seen, came.wait(10), told


@case("nesting")
def inside_tasks() -> Any:
    """A task may submit tasks that depend on each other, and wait for the last."""

    def task(n: int) -> Any:
        first = ab.submit(later, n, 0.01)
        return ab.submit(both, first, [ab.submit(add, first, 1)]).result()

    return ab.map(task, range(6)), ab.submit(task, 6).result()


@case("nesting")
def inside_the_same_pool() -> Any:
    """Tasks that wait on their own pool for tasks behind them in its queue do not deadlock."""

    def task(n: int) -> Any:
        pool = ab.options(plan="threads:2")
        return pool.submit(add, pool.submit(add, pool.submit(later, n, 0.01), 1), 1).result()

    return ab.gather([ab.options(plan="threads:2").submit(task, n) for n in range(12)])


@case("streams")
def items() -> Any:
    """Items of `map` and `imap` that are futures, or contain them, become values."""
    futures = [ab.submit(later, k, 0.01 * (k % 3)) for k in range(12)]
    return (
        ab.map(same, futures),
        ab.map(add, futures, range(12)),
        ab.map(same, [[futures[1]], {"k": (futures[2], 5)}, Pair(futures[3], 0), 4]),
        list(ab.imap(same, iter(futures))),
        sorted(ab.imap(same, futures, ordered=False)),
    )


@case("streams", "errors")
def items_that_fail() -> Any:
    """An item whose future failed fails its own task, which the error names."""

    def given() -> list[Any]:
        cancelled = open_future()
        cancelled.cancel()
        return [0, ab.submit(later, 1), ab.submit(fail, KeyError("k")), 3, cancelled, 5]

    return (
        caught(ab.map, same, given()),
        ab.map(same, given(), on_error="return"),
        list(ab.imap(same, given(), on_error="return")),
        caught(lambda: list(ab.imap(same, given()))),
    )


@case("errors")
def captured_futures_are_named() -> Any:
    """A future that a function captured is refused at the call, by the name it has there."""
    held = ab.submit(same, 3)

    def closure(x: Any) -> Any:
        return held.result() + x

    def default(x: Any, y: Any = held) -> Any:
        return y.result() + x

    partial = functools.partial(both, held)
    return [
        (caught(ab.submit, each, 1), caught(ab.map, each, [1]), caught(ab.imap, each, [1]))
        for each in (closure, default, partial)
    ]


@case("crash", requires="survives_crash", answer=["WorkerLost", True, 3])
def a_lost_input() -> Any:
    """When the worker of an input is lost, what depends on it says so, and the plan goes on."""

    def die() -> None:
        nap(0.05)
        os.kill(os.getpid(), signal.SIGKILL)

    lost = ab.submit(die)
    last = ab.submit(same, ab.submit(same, lost))
    error = caught(last.result, timeout=20)
    after = ab.submit(add, ab.submit(later, 1), 2).result(timeout=20)
    return [type(error).__name__, error is lost.exception(), after]


@case(answer=["PoolClosed", "PoolClosed", 3])
def shutdown_answers() -> Any:
    """After `shutdown` what waited for an input says so, and the next call starts anew."""
    gate = open_future()
    first = ab.submit(same, gate)
    last = ab.submit(same, first)
    ab.shutdown(0.1)
    errors = [type(caught(each.result, timeout=20)).__name__ for each in (first, last)]
    return [*errors, ab.submit(add, ab.submit(later, 1), 2).result(timeout=20)]
