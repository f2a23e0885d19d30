"""Interrupts that come at the worst moment: before a task listens, and when it has just ended."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import abreast as ab
from abreast import plans
from abreast.backends.contract import Call
from abreast.backends.halting import Halting
from abreast.testing.tools import nap

A, B = (0, 1), (0, 2)


@pytest.fixture
def halting() -> Iterator[Halting]:
    """One for this thread, which is the main thread."""
    found = Halting(frozenset([delicate.__code__]))
    before = signal.signal(signal.SIGINT, found.interrupt)
    yield found
    signal.signal(signal.SIGINT, before)


def delicate(work: Callable[[], object]) -> None:
    work()


def in_thread(work: Callable[[], Any]) -> Any:
    """Do it on another thread; return what it gave or raised."""
    got: list[Any] = []

    def run() -> None:
        try:
            got.append(work())
        except BaseException as error:
            got.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert got, "it hangs"
    return got[0]


def test_what_is_asked_early_is_heard_later(halting: Halting) -> None:
    halting.expect(A)
    halting.ask(B)
    halting.listen()
    halting.over()
    halting.expect(A)
    halting.ask(A)
    nap(0.05)
    with pytest.raises(KeyboardInterrupt):
        halting.listen()
    halting.over()


def test_what_is_asked_late_is_not_heard(halting: Halting) -> None:
    halting.expect(A)
    halting.listen()
    halting.over()
    halting.over()
    halting.ask(A)
    halting.ask()
    halting.expect(B)
    halting.ask(A)
    halting.listen()
    nap(0.05)
    halting.over()


@pytest.mark.parametrize("named", [True, False])
def test_who_listens_is_interrupted(halting: Halting, named: bool) -> None:
    def work() -> None:
        mine = halting if on_main else Halting()
        mine.expect(A)
        mine.listen()
        try:
            timer = threading.Timer(0.05, mine.ask, [A] if named else [])
            timer.start()
            nap(20.0)
        finally:
            mine.over()
            timer.join()

    start = time.monotonic()
    for on_main in (True, False):
        if on_main:
            with pytest.raises(KeyboardInterrupt):
                work()
        else:
            assert isinstance(in_thread(work), KeyboardInterrupt)
    assert time.monotonic() - start < 10.0


def test_what_is_begun_is_not_left_half_done(halting: Halting) -> None:
    whole: list[bool] = []

    def work() -> None:
        halting.ask(A)
        nap(0.1)
        whole.append(True)

    halting.expect(A)
    halting.listen()
    with pytest.raises(KeyboardInterrupt):
        delicate(work)
        nap(20.0)
    halting.over()
    assert whole == [True]


def test_ctrl_c_of_the_terminal_is_not_for_the_task(halting: Halting) -> None:
    halting.expect(A)
    halting.listen()
    signal.raise_signal(signal.SIGINT)
    nap(0.02)
    halting.over()


def test_a_task_that_has_begun_and_not_come_far_is_stopped(run: Callable[..., str]) -> None:
    """The caller hears that it begins, and asks it to stop before it listens."""
    out = run("""
import time
import abreast as ab
from abreast.backends.pilot import Pilot
from abreast.testing.tools import nap

original = Pilot._task

def slow(pilot, *task):
    time.sleep(0.2)  # for the operating system had something else to do
    return original(pilot, *task)

Pilot._task = slow
ab.plan("executor:process", workers=1)
for _ in range(2):
    future = ab.submit(nap, 30.0)
    while not future.running():
        time.sleep(0.001)
    start = time.monotonic()
    print(future.cancel(running=True), time.monotonic() - start < 10.0)
""")
    assert out.split() == ["True"] * 4


@pytest.mark.parametrize("late", [False, True])
def test_a_thread_that_waits_for_a_lock_and_is_interrupted(late: bool) -> None:
    """It must not keep the lock: nobody would ever hear of the plan again."""
    ready = threading.Event()

    def speak(_n: int) -> None:
        ready.set()
        if late:
            return
        while True:
            nap(0.01)
            print("I am here")

    job: Any
    with ab.plan("executor:thread", workers=1):
        job = plans.backend(ab.plan().levels[0]).open(Call(speak, heard=True))
        job.push([0])
        ready.wait(20)
        with job.lock:
            time.sleep(0.2)  # the thread of the task waits for the lock by now
            job.halt(0)
        pulled: list[Any] = []
        while not pulled:
            pulled += in_thread(lambda: job.pull(5.0, None)).ended
            assert pulled or job.outstanding()
        assert late or isinstance(pulled[0].error, KeyboardInterrupt)
        assert in_thread(lambda: ab.map(abs, [-1])) == [1]
