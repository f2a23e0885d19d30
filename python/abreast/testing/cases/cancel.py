"""Work that nobody wants any more: cancelled futures, Ctrl-C, failed calls."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, here, nap


@contextlib.contextmanager
def ctrl_c(after: float) -> Iterator[None]:
    """Press Ctrl-C once so many seconds have passed."""
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(after, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def interrupted(work: Callable[[], Any]) -> tuple[str, bool]:
    """Press Ctrl-C during a piece of work; say what it raised and whether that was soon."""
    start = time.monotonic()
    with ctrl_c(0.3):
        error = caught(work)
    return type(error).__name__, time.monotonic() - start < 5.0


def all_busy(seconds: float) -> list[ab.Future[float]]:
    """Tasks that run side by side, one on each worker, however long workers take to start."""
    while True:
        busy = [ab.submit(nap, seconds) for _ in range(here().workers)]
        while not any(each.done() for each in busy):
            if all(each.running() for each in busy):
                return busy
            time.sleep(0.001)
        ab.gather(busy)


@case(requires="background", answer=([True] * 5, "CancelledError", True, [0.4]))
def futures_that_wait() -> Any:
    """A task that no worker has taken can be withdrawn, and says so; others are not touched."""
    busy = all_busy(0.4)
    waiting = [ab.submit(nap, 30.0) for _ in range(5)]
    cancelled = [each.cancel() for each in waiting]
    error = caught(waiting[0].result)
    return cancelled, type(error).__name__, waiting[0].cancelled(), sorted({*ab.gather(busy)})


@case()
def futures_that_ended() -> Any:
    """A task that ended cannot be withdrawn."""
    future = ab.submit(same, 3)
    return future.result(), future.cancel(), future.cancelled(), future.result()


@case(requires="background", answer=(False, False, 0.4))
def futures_that_run() -> Any:
    """A task that runs is not withdrawn by `cancel`."""
    future = ab.submit(nap, 0.4)
    while not future.running():
        time.sleep(0.001)
    return future.cancel(), future.cancelled(), future.result()


@case("errors")
def rest_of_a_failed_call() -> Any:
    """A call that failed does not run the rest of its tasks."""

    def task(n: int) -> None:
        if n == 0:
            raise ValueError("at once")
        nap(0.02)

    start = time.monotonic()
    error = caught(ab.map, task, range(2000))
    after = ab.map(same, range(5))
    return error, after, time.monotonic() - start < 5.0


@case("interrupt", answer=("KeyboardInterrupt", True, list(range(5))))
def interrupt_of_map() -> Any:
    """Ctrl-C ends a `map` at once, and the plan goes on."""
    return *interrupted(lambda: ab.map(nap, [10.0] * 20)), ab.map(same, range(5))


@case("interrupt", answer=("KeyboardInterrupt", True, list(range(5))))
def interrupt_of_imap() -> Any:
    """Ctrl-C ends a stream at once, and the plan goes on."""
    stream = ab.imap(nap, itertools.repeat(10.0))
    return *interrupted(lambda: list(stream)), ab.map(same, range(5))


@case("interrupt", answer=("KeyboardInterrupt", True, list(range(5))))
def interrupt_of_many_short_tasks() -> Any:
    """Ctrl-C ends a call of many short tasks at once, and the plan goes on."""
    return *interrupted(lambda: ab.map(same, itertools.count())), ab.map(same, range(5))


@case("interrupt", requires="background", answer=("KeyboardInterrupt", True, 1.0))
def interrupt_of_a_future() -> Any:
    """Ctrl-C ends the waiting for a future, not its task."""
    future = ab.submit(nap, 1.0)
    return *interrupted(future.result), future.result()


@case("interrupt", requires="stops_anything", answer=("KeyboardInterrupt", True, list(range(5))))
def interrupt_of_deaf_tasks() -> Any:
    """Ctrl-C ends tasks that do not listen, and the plan goes on."""

    def deaf(_n: int) -> None:
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(60)

    return *interrupted(lambda: ab.map(deaf, range(4))), ab.map(same, range(5))


@case("interrupt", answer=True)
def interrupts_do_not_linger() -> Any:
    """Calls after an interrupted one are not hit by what was meant for it."""
    for _ in range(3):
        with ctrl_c(0.05):
            caught(ab.map, nap, [5.0] * 8)
        for _ in range(20):
            assert ab.map(same, range(20)) == list(range(20))
    return True
