"""Single tasks and their futures."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
import time
from typing import Any

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.errors import fail
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, nap


@case()
def value_and_error() -> Any:
    """A future gives its value, or raises what the task raised, as often as it is asked."""
    good, bad = ab.submit(divmod, 7, 2), ab.submit(fail, ValueError("v", 2))
    return [
        (good.result(), good.result(timeout=1), good.exception(), good.done(), good.cancelled()),
        (caught(bad.result), caught(bad.result), bad.exception(), bad.done()),
    ]


@case("order")
def gather() -> Any:
    """`gather` keeps the order of the futures and raises the first exception of that order."""

    def task(n: int) -> int:
        nap(0.05 if n == 0 else 0.0)
        return n

    futures = [ab.submit(task, n) for n in range(40)]
    bad = [ab.submit(fail, KeyError(n)) for n in range(3)]
    return ab.gather(futures), caught(ab.gather, [*futures[:5], *bad])


@case()
def as_completed() -> Any:
    """`as_completed` yields every future once."""
    futures = [ab.submit(same, n) for n in range(30)]
    seen = list(ab.as_completed(futures))
    return sorted(each.result() for each in seen), len({id(each) for each in seen})


@case(requires="concurrent", answer=["fast", "slow"])
def as_completed_in_time() -> Any:
    """`as_completed` yields what ends first, first."""

    def task(name: str, seconds: float) -> str:
        nap(seconds)
        return name

    futures = [ab.submit(task, "slow", 0.5), ab.submit(task, "fast", 0.0)]
    return [each.result() for each in ab.as_completed(futures)]


@case()
def wait() -> Any:
    """`wait` sorts futures into those that ended and those that did not."""
    futures = [ab.submit(same, n) for n in range(10)]
    done, rest = ab.wait(futures)
    other = concurrent.futures.wait([ab.submit(same, 1)], timeout=20)
    first = ab.wait([ab.submit(same, 1)], return_when="FIRST_COMPLETED")
    return len(done), len(rest), len(other.done), len(first.done)


@case()
def callbacks() -> Any:
    """A callback is called once with its future, also when it is added late."""
    called = threading.Event()
    seen: list[Any] = []

    def notice(ended: Any) -> None:
        seen.append(ended is future)
        called.set()

    future = ab.submit(same, 5)
    future.add_done_callback(notice)
    value, came = future.result(), called.wait(10)
    future.add_done_callback(lambda it: seen.append(it.result()))
    return value, came, seen


@case()
def awaited() -> Any:
    """Futures can be awaited, several at a time, and raise there too."""

    async def main() -> Any:
        values = await asyncio.gather(*(ab.submit(same, n) for n in range(10)))
        try:
            await ab.submit(fail, ValueError("awaited"))
        except ValueError as error:
            return values, error

    return asyncio.run(main())


@case()
def many() -> Any:
    """Five hundred futures, of functions by name and by value."""
    named = [ab.submit(divmod, n, 7) for n in range(250)]
    valued = [ab.submit(lambda k=k: k * k) for k in range(250)]
    return ab.gather(named), ab.gather(valued)


@case("threads")
def from_several_threads() -> Any:
    """Several threads submit to one plan, and take results of each other's futures."""
    futures: dict[int, Any] = {}

    def start(number: int) -> None:
        futures[number] = [ab.submit(pow, number, n) for n in range(25)]

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(start, number))
        for number in range(6)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return [ab.gather(futures[number]) for number in range(6)]


@case("threads")
def one_future_for_several_threads() -> Any:
    """Threads that wait for one future all get its value."""
    future = ab.submit(nap, 0.1)
    values: list[Any] = []
    threads = [threading.Thread(target=lambda: values.append(future.result())) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return values


@case(requires="background", answer=(TimeoutError, False, 0.5, True))
def timeouts() -> Any:
    """Waiting for a result ends after the timeout, and the task goes on."""
    future = ab.submit(nap, 0.5)
    error = caught(future.result, timeout=0.05)
    return type(error), future.done(), future.result(timeout=20), future.done()


@case(requires="background", answer=(True, False))
def running() -> Any:
    """A future says whether its task runs now."""
    future = ab.submit(nap, 0.4)
    deadline = time.monotonic() + 10
    while not future.running() and time.monotonic() < deadline:
        time.sleep(0.001)
    was = future.running()
    future.result()
    return was, future.running()


@case(requires="background", answer=True)
def submit_does_not_wait() -> Any:
    """`submit` returns while its task runs."""
    ab.submit(same, 1).result()
    start = time.monotonic()
    future = ab.submit(nap, 0.4)
    took = time.monotonic() - start
    future.result()
    return took < 0.3


@case()
def options() -> Any:
    """`options` gives its settings to `map`, `imap` and `submit`."""
    kept = ab.options(on_error="return")
    return (
        kept.map(fail, [ValueError(1)]),
        list(kept.imap(same, range(3))),
        kept.submit(abs, -1).result(),
    )


@case("transfer", requires="isolated background")
def refused_at_the_call() -> Any:
    """`submit` refuses a function or an argument that cannot be sent, at the call."""
    error = caught(ab.submit, same, (n for n in "ab"))
    return type(error).__name__, ab.submit(same, 1).result()


@case(requires="background", answer="PoolClosed")
def shutdown_answers() -> Any:
    """After `shutdown` a task that had not ended says so, and the next call starts anew."""
    futures = [ab.submit(nap, 3.0) for _ in range(12)]
    ab.shutdown(0.1)
    error = caught(futures[-1].result, timeout=20)
    assert ab.map(same, range(3)) == [0, 1, 2]
    return type(error).__name__
