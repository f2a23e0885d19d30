"""Retries, timeouts, deadlines, and running tasks that are to stop."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import abreast as ab
from abreast import plans
from abreast.backends.contract import Call
from abreast.testing.case import case
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, nap, scratch


class Unsteady:
    """Fails as often as `fails` says for an item, wherever it runs: it counts in files."""

    def __init__(self, folder: str, fails: dict[int, int]) -> None:
        self.folder, self.fails = folder, fails

    def __call__(self, item: int) -> int:
        """Fail, or answer."""
        done = self.tries(item)
        Path(self.folder, f"{item}.{done}").touch()
        if done < self.fails.get(item, 0):
            raise OSError(f"try {done} of {item}")
        return item * item

    def tries(self, item: int) -> int:
        """How often the item was tried."""
        return len(list(Path(self.folder).glob(f"{item}.*")))


@case()
def retries() -> Any:
    """A task that fails runs again, as often as it may, and no other does."""
    with scratch() as folder:
        task = Unsteady(folder, {2: 2, 5: 1})
        return ab.map(task, range(7), retries=2), [task.tries(item) for item in range(7)]


@case("errors")
def retries_that_do_not_help() -> Any:
    """After its last try, what a task raised arrives as itself, with a note of the others."""
    with scratch() as folder:
        task = Unsteady(folder, {2: 9, 4: 1})
        return caught(ab.map, task, range(5), retries=2), task.tries(2)


@case("errors")
def errors_that_are_not_retried() -> Any:
    """Only the named errors are tried again."""
    with scratch() as folder:
        task = Unsteady(folder, {1: 1})
        return caught(ab.map, task, range(3), retries=2, retry_on=KeyError), task.tries(1)


@case("random")
def retries_draw_the_same() -> Any:
    """Another try draws the same random numbers."""
    with scratch() as folder:

        def task(item: int, rng: Any) -> Any:
            numbers = rng.normal(size=3)
            Unsteady(folder, {3: 1, 4: 2})(item)
            return numbers

        return ab.map(task, range(6), seed=5, retries=2)


@case("futures")
def retries_of_futures() -> Any:
    """A future has what the last try gave, also when nobody asks."""
    with scratch() as folder:
        futures = [
            ab.options(retries=1).submit(Unsteady(folder, {1: 1, 2: 2}), item) for item in range(4)
        ]
        told = threading.Event()
        futures[1].add_done_callback(lambda _: told.set())
        return told.wait(20), futures[0].result(), futures[1].result(), caught(futures[2].result)


def timed_out(error: Any) -> Any:
    """Say what a timeout tells, without the worker, which is never the same."""
    if not isinstance(error, ab.TaskTimeout):
        return error
    return "timeout", error.index, error.seconds, error.function, str(error).partition(";")[0]


@case(answer=("timeout", 1, 1.0, "nap", "task 1 of map(nap) did not end within timeout=1 s"))
def timeout() -> Any:
    """A task that runs too long is stopped and named, and the plan goes on."""
    error = caught(ab.map, nap, [0.01, 20.0, 0.01], timeout=1.0)
    assert ab.map(same, range(5)) == list(range(5))
    return timed_out(error)


@case(answer=([0, 1, 2, 3], True))
def timeout_and_retries() -> Any:
    """A task that ran too long is tried again, with its time anew."""
    with scratch() as folder:

        def task(item: int) -> int:
            slow = Path(folder, "slow")
            if item == 2 and not slow.exists():
                slow.touch()
                nap(20.0)
            return item

        start = time.monotonic()
        return ab.map(task, range(4), timeout=1.0, retries=1), time.monotonic() - start < 5.0


@case(requires="stops_anything", answer=("TaskTimeout", True, [0, 1, 2]))
def timeout_of_a_deaf_task() -> Any:
    """A task that does not listen is ended with its worker."""

    def deaf(_n: int) -> None:
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(60)

    start = time.monotonic()
    error = caught(ab.map, deaf, range(1), timeout=1.0)
    return type(error).__name__, time.monotonic() - start < 4.0, ab.map(same, range(3))


@case(answer=("DeadlineExceeded", [0.01, 0.01], True, [0, 1, 2]))
def deadline() -> Any:
    """A call that takes too long is stopped; what is there can be had, and the plan goes on."""
    start = time.monotonic()
    error: Any = caught(ab.map, nap, [0.01, 0.01, 20.0, 20.0], deadline=1.5)
    soon = time.monotonic() - start < 5.0
    return type(error).__name__, error.results[:2], soon, ab.map(same, range(3))


@case("futures", requires="background", answer=(False, True, True, [0, 1, 2]))
def cancel_of_a_running_future() -> Any:
    """A task that runs is stopped when that is asked for, and its future is cancelled."""
    future = ab.submit(nap, 30.0)
    while not future.running():
        time.sleep(0.001)
    return (
        future.cancel(),
        future.cancel(running=True),
        future.cancelled(),
        ab.map(same, range(3)),
    )


@case("contract", requires="concurrent", answer=([0, 1], True, False, "KeyboardInterrupt", 0.6))
def one_of_two() -> Any:
    """`started` says what runs, and `halt` ends one task and no other."""
    job = plans.backend(ab.plan().levels[0]).open(Call(nap))
    job.push([20.0, 0.6])
    while len(job.started()) < 2:
        time.sleep(0.001)
    running = sorted(each.task for each in job.started())
    told = job.halt(0), job.halt(2)
    ended = {}
    while job.outstanding() or job.ready():
        ended.update({each.task: each for each in job.pull(1.0, None).ended})
    return running, *told, type(ended[0].error).__name__, ended[1].value


@case("contract", answer=[(0, 0), (1, 10), (1, 11), (2, 20)])
def tasks_under_their_own_index() -> Any:
    """`push` with `at` runs a task once more under its index, and does not move the next one."""

    def task(index: int, item: int) -> tuple[int, int]:
        return index, item

    job = plans.backend(ab.plan().levels[0]).open(Call(task, indexed=True))
    found: list[Any] = []

    def collect() -> None:
        while job.outstanding() or job.ready():
            found.extend(each.value for each in job.pull(1.0, None).ended)

    job.push([0, 10])
    collect()
    job.push([11], 1)
    collect()
    job.push([20])
    collect()
    return sorted(found)


@case("contract", requires="background", answer=(2, True, (0, 0, True), [0.0, 0.05], (0, False)))
def ended_and_not_taken() -> Any:
    """A task is outstanding until it has ended; then it is ready, until `pull` hands it out."""
    backend = plans.backend(ab.plan().levels[0])
    job = backend.open(Call(lingers))
    told = threading.Event()
    job.push([0.0, 0.05])
    before = job.outstanding()
    job.watch(told.set)
    was_told = told.wait(20.0)
    ended = job.outstanding(), backend.outstanding(), job.ready()
    pulled = job.pull(0.0, None)
    values = sorted(each.value for each in pulled.ended)
    return before, was_told, ended, values, (job.outstanding(), job.ready())


def lingers(seconds: float) -> float:
    """Take a while, and say how long."""
    nap(max(seconds, 0.02))
    return seconds
