"""Tasks that kill their process."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import ctypes
import os
import signal
import time
from typing import Any

import numpy as np

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, here, nap

SURVIVES = "survives_crash"


def die(how: str) -> None:
    """End the process that runs this."""
    if how == "exit":
        os._exit(3)
    if how == "fault":
        # Without the dump of Python's own fault handler, which a worker may have.
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        ctypes.string_at(0)
    os.kill(os.getpid(), getattr(signal, how))


def told(error: Any) -> Any:
    """Say what a loss tells, without the number of the process, which is never the same."""
    if not isinstance(error, ab.WorkerLost):
        return error
    return "lost", error.index, error.signal, error.status, isinstance(error.pid, int)


def dies_at(how: str, *places: int) -> Any:
    """Return a function that dies for these items."""

    def task(item: int) -> int:
        if item in places:
            die(how)
        return item

    return task


@case(requires=SURVIVES, answer=("lost", 2, None, 3, True))
def exit_status() -> Any:
    """A task that leaves its process is named, with the exit status."""
    return told(caught(ab.map, dies_at("exit", 2), range(6)))


@case(requires=SURVIVES, answer=("lost", 2, 9, None, True))
def killed() -> Any:
    """A task whose process is killed is named, with the signal."""
    return told(caught(ab.map, dies_at("SIGKILL", 2), range(6)))


@case(requires=SURVIVES, answer=("lost", 0, 11, None, True))
def faulted() -> Any:
    """A task with a fault in compiled code is named, with the signal."""
    return told(caught(ab.map, dies_at("fault", 0), range(3)))


@case(requires=SURVIVES, answer=("lost", 1, 6, None, True))
def aborted() -> Any:
    """A task whose process gives up is named, with the signal."""
    return told(caught(ab.map, dies_at("SIGABRT", 1), range(3)))


@case(requires=SURVIVES, answer=[("lost", 5, 9, None, True) if n == 5 else n for n in range(40)])
def others_keep_their_results() -> Any:
    """A lost worker costs one result, that of the task which it ran."""
    kept = ab.map(dies_at("SIGKILL", 5), range(40), on_error="return")
    return [told(each) for each in kept]


@case(requires=SURVIVES, answer=([3, 17, 18, 40], 56, 60))
def several() -> Any:
    """Several lost workers in one call are all named, and replaced."""
    kept = ab.map(dies_at("SIGKILL", 3, 17, 18, 40), range(60), on_error="return")
    lost = [each.index for each in kept if isinstance(each, ab.WorkerLost)]
    return lost, sum(isinstance(each, int) for each in kept), len(kept)


@case(requires=SURVIVES, answer=True)
def results_in_memory_of_the_dead() -> Any:
    """Large results that a worker gave before it died stay whole."""

    def task(n: int) -> Any:
        if n == 30:
            die("SIGKILL")
        return np.full(40_000, float(n))

    kept = ab.map(task, range(32), on_error="return")
    again = ab.map(task, range(20))
    return all(
        bool((each == n).all()) for rows in (kept, again) for n, each in enumerate(rows) if n != 30
    )


@case(requires=SURVIVES, answer=[list(range(50))] * 3)
def then_work_goes_on() -> Any:
    """After a loss the plan works as before, again and again."""
    rounds = []
    for _ in range(3):
        caught(ab.map, dies_at("SIGKILL", 0), range(3))
        rounds.append(ab.map(same, range(50)))
    return rounds


@case("futures", requires=SURVIVES, answer=("lost", 9, 7, [1] * 10))
def futures() -> Any:
    """The future of a lost task raises, and those of others give their values."""
    lost = ab.submit(die, "SIGKILL")
    others = [ab.submit(same, 1) for _ in range(10)]
    error = told(lost.exception(timeout=30))
    return error[0], error[2], ab.submit(same, 7).result(), ab.gather(others)


@case("streams", requires=SURVIVES, answer=[*range(20), ("lost", 20, 9, None, True)])
def streams() -> Any:
    """A stream yields what came before the lost task, then raises."""
    values: list[Any] = []
    try:
        values.extend(ab.imap(dies_at("SIGKILL", 20), range(60)))
    except ab.WorkerLost as error:
        values.append(told(error))
    return values


@case("order", requires=SURVIVES, answer=(ValueError, "item 1"))
def errors_before_a_loss() -> Any:
    """Of a failed task and a lost one, the first of their order is raised."""

    def task(n: int) -> int:
        if n == 1:
            nap(0.3)
            raise ValueError("item 1")
        if n == 2:
            die("SIGKILL")
        return n

    error = caught(ab.map, task, range(6))
    return type(error), str(error)


@case(requires=SURVIVES, answer=[list(range(30))] * 2)
def killed_while_idle() -> Any:
    """A worker that dies between calls costs nothing."""
    for pid in set(ab.map(lambda _n: (nap(0.02), os.getpid())[1], range(4 * here().workers))):
        os.kill(pid, signal.SIGKILL)
    now = ab.map(same, range(30))
    time.sleep(0.1)
    return [now, ab.map(same, range(30))]


@case("random", requires=SURVIVES, answer=True)
def random_numbers_after_a_loss() -> Any:
    """A loss moves nobody else's random numbers."""

    def task(n: int, rng: Any) -> Any:
        if n == 4:
            die("SIGKILL")
        return rng.random()

    kept = ab.map(task, range(20), seed=9, on_error="return")
    calm = ab.map(lambda _n, rng: rng.random(), range(20), seed=9)
    return [kept[n] == calm[n] for n in range(20)].count(False) == 1


@case("interrupt", requires=SURVIVES, answer=set())
def replacements_hear_signals() -> Any:
    """Workers that replace lost ones listen to signals as the first ones did."""

    def blocked(_n: int) -> Any:
        nap(0.02)
        return signal.pthread_sigmask(signal.SIG_BLOCK, ())

    ab.map(dies_at("SIGKILL", 0, 1, 2, 3), range(40), on_error="return")
    return set().union(*ab.map(blocked, range(4 * here().workers)))
