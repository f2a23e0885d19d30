"""Tasks that do not come back, calls that take too long, futures that are to stop."""

import contextlib
import ctypes
import os
import signal
import threading
import time
from concurrent.futures import CancelledError

import pytest

import abreast as ab
from abreast import plans
from abreast.backends.contract import Call
from abreast.errors import MISSING


def busy(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return seconds


def in_c(seconds):
    """Be in compiled code, which hears no interrupt, for so long; it lets go of the interpreter."""
    lock = ctypes.CDLL(None).pthread_spin_lock
    word = ctypes.c_int(0)
    lock(ctypes.byref(word))  # now it is taken
    lock(ctypes.byref(word))  # and this spins for ever
    return seconds


def holding(seconds):
    """Be in compiled code that does not even let go of the interpreter."""
    word = ctypes.c_int(0)
    lock = ctypes.PyDLL(None).pthread_spin_lock
    lock(ctypes.byref(word))
    lock(ctypes.byref(word))
    return seconds


def deaf(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(BaseException):
            time.sleep(seconds)


def stopped(_x):
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(30)


def identity(x):
    return x


def who(seconds):
    time.sleep(seconds)
    return os.getpid()


def warm():
    """See to it that every worker has started and read this file: that takes time, too."""
    level = ab.plan().levels[0]
    deadline = time.monotonic() + 30
    while level.name == "processes" and len(set(ab.map(who, [0.05] * 4))) < level.workers:
        assert time.monotonic() < deadline


def pids():
    return plans.backend(ab.plan().levels[0]).processes()


def test_started_says_what_runs(parallel):
    job = plans.backend(ab.plan().levels[0]).open(Call(busy))
    assert job.started() == []
    job.push([0.6, 0.6, 0.6])
    deadline = time.monotonic() + 20
    while len(running := job.started()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert sorted(each.task for each in running) == [0, 1]
    assert all(0.0 <= each.seconds < 20 for each in running)
    if parallel.startswith("processes"):
        assert {each.worker for each in running} == {f"process {pid}" for pid in pids()}
    else:
        assert {each.worker for each in running} == {"thread abreast-0", "thread abreast-1"}
    time.sleep(0.2)
    assert min(each.seconds for each in job.started()) >= 0.1
    while job.outstanding():
        job.pull(1.0, None)
    assert job.started() == []


def test_started_on_serial():
    job = plans.backend(plans.resolve("serial")[0]).open(Call(busy))
    seen = []
    other = threading.Timer(0.1, lambda: seen.extend(job.started()))
    other.start()
    job.push([0.3])
    job.pull(None, None)
    other.join()
    assert [(each.task, each.worker) for each in seen] == [(0, "thread MainThread")]
    assert 0.05 < seen[0].seconds < 0.3
    assert job.started() == []


def test_halt_ends_one_task(parallel):
    job = plans.backend(ab.plan().levels[0]).open(Call(busy))
    job.push([1.0, 0.5])
    while len(job.started()) < 2:
        time.sleep(0.01)
    assert job.halt(0)
    assert not job.halt(7)
    ended = {}
    while job.outstanding():
        ended.update({each.task: each for each in job.pull(1.0, None).ended})
    assert isinstance(ended[0].error, KeyboardInterrupt)
    assert ended[1].value == 0.5
    assert not job.halt(0)
    assert not job.halt(0, True)


def test_force_ends_one_task_alone():
    """Its worker dies, or takes no other task before it does: many times, at awkward moments."""
    ab.plan("processes:2")
    job = plans.backend(ab.plan().levels[0]).open(Call(identity))
    ended, lost, pushed = {}, set(), 0
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline and len(lost) < 10:
        if job.want():
            job.push(range(pushed, pushed + 50))
            pushed += 50
        for each in job.started():
            if job.halt(each.task, True):
                lost.add(each.task)
        ended.update({each.task: each for each in job.pull(0.0, None).ended})
    while job.outstanding():
        ended.update({each.task: each for each in job.pull(1.0, None).ended})
    # What ended while `halt` looked is outstanding no more, and still waits to be pulled.
    ended.update({each.task: each for each in job.pull(0.0, None).ended})
    assert {task for task, each in ended.items() if each.error is not None} == lost
    assert all(each.value == task for task, each in ended.items() if task not in lost)
    assert len(ended) == pushed


@pytest.mark.parametrize("work", [busy, time.sleep])
def test_a_task_that_runs_too_long(plan, work):
    if plan.startswith("threads") and work is time.sleep:
        pytest.skip("that is compiled code, see below")
    warm()
    start = time.monotonic()
    results = ab.map(work, [0.01, 20.0, 0.01, 0.01], timeout=0.4, on_error="return")
    assert time.monotonic() - start < 2.4
    error = results.pop(1)
    assert isinstance(error, ab.TaskTimeout)
    assert isinstance(error, TimeoutError)
    assert (error.index, error.seconds) == (1, 0.4)
    assert error.function in str(error)
    assert "task 1 of map" in str(error)
    assert "timeout=0.4 s" in str(error)
    assert error.worker.startswith(("thread ", "process "))
    assert not any(isinstance(each, BaseException) for each in results)
    with pytest.raises(ab.TaskTimeout):
        ab.map(work, [20.0], timeout=0.2)
    assert ab.map(identity, range(5)) == list(range(5))


@pytest.mark.parametrize("work", [in_c, holding, deaf, stopped])
def test_a_task_that_does_not_listen_is_ended_with_its_worker(work):
    ab.plan("processes:2")
    warm()
    start = time.monotonic()
    with pytest.raises(ab.TaskTimeout) as caught:
        ab.map(work, [30], timeout=0.3)
    assert time.monotonic() - start < 2.3
    assert caught.value.worker.startswith("process ")
    assert "ended and replaced" in str(caught.value)
    assert int(caught.value.worker.split()[1]) not in pids()
    assert ab.map(identity, range(20)) == list(range(20))


def test_a_thread_in_compiled_code_is_given_up():
    ab.plan("threads:2")
    before = ab.report().given_up
    start = time.monotonic()
    with pytest.raises(ab.TaskTimeout, match="given up and replaced") as caught:
        ab.map(time.sleep, [2.0], timeout=0.2)
    assert time.monotonic() - start < 1.8
    assert "plan('processes')" in str(caught.value)
    assert ab.report().given_up == before + 1
    assert "given up" in str(ab.report())
    assert ab.map(lambda x: busy(0.05) and x, [1, 2, 3]) == [1, 2, 3]
    time.sleep(2.0)  # It is gone by itself then, and what it does at its end hits nobody.
    assert ab.map(identity, range(9)) == list(range(9))


def test_short_tasks_are_left_alone(plan):
    assert ab.map(identity, range(3000), timeout=5.0) == list(range(3000))


def test_each_try_anew(plan, tmp_path):
    marker = tmp_path / "slow"
    warm()

    def task(x):
        if x == 2 and not marker.exists():
            marker.touch()
            busy(20)
        return x

    assert ab.map(task, range(5), timeout=0.5, retries=1) == list(range(5))
    assert ab.report().ran_again[-1][1:] == (2, "TaskTimeout")


def test_a_stopped_worker_and_another_try(tmp_path):
    ab.plan("processes:2")
    marker = tmp_path / "stopped"
    warm()

    def task(x):
        if x == 2 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        return x

    assert ab.map(task, range(30), timeout=0.5, retries=1) == list(range(30))


def test_time_in_the_queue_does_not_count(parallel):
    warm()
    assert ab.map(time.sleep, [0.2] * 16, timeout=1.0) == [None] * 16


def test_futures(plan):
    warm()
    future = ab.options(timeout=0.3).submit(busy, 20.0)
    with pytest.raises(ab.TaskTimeout, match=r"task 0 of submit\(busy\)"):
        future.result(5)
    told = threading.Event()
    start = time.monotonic()
    other = ab.options(timeout=0.3).submit(busy, 20.0)
    other.add_done_callback(lambda _: told.set())
    assert told.wait(5)  # with nobody who waits for it
    assert isinstance(other.exception(0), ab.TaskTimeout)
    assert time.monotonic() - start < 2


def test_a_future_that_nobody_holds(parallel):
    """Its time is up all the same once it is asked for; forgotten, it is nobody's."""
    future = ab.options(timeout=0.2).submit(busy, 0.6)
    del future
    assert ab.submit(identity, 3).result(20) == 3


def test_streams(plan):
    warm()
    stream = ab.imap(busy, [0.01, 20.0, 0.02], timeout=0.3, on_error="return")
    results = list(stream)
    assert (results[0], results[2]) == (0.01, 0.02)
    assert isinstance(results[1], ab.TaskTimeout)


def test_a_stream_while_its_reader_is_away(parallel):
    warm()
    stream = ab.imap(busy, [0.01, 20.0, 0.02], timeout=0.2, on_error="return")
    assert next(stream) == 0.01
    time.sleep(1.0)
    start = time.monotonic()
    assert isinstance(next(stream), ab.TaskTimeout)
    assert time.monotonic() - start < 0.3
    assert next(stream) == 0.02


def test_a_deadline(plan):
    warm()
    start = time.monotonic()
    with pytest.raises(ab.DeadlineExceeded) as caught:
        ab.map(busy, [0.01, 0.01, 20.0, 20.0, 20.0, 0.02], deadline=0.6)
    assert time.monotonic() - start < 2.6
    error = caught.value
    assert isinstance(error, TimeoutError)
    assert error.results == [0.01, 0.01, MISSING, MISSING, MISSING, MISSING]
    assert error.done == 2
    assert "map(busy) did not end within deadline=0.6 s: 2 tasks" in str(error)
    assert ab.map(identity, range(5)) == list(range(5))


def test_a_deadline_that_is_kept(plan):
    assert ab.map(identity, range(500), deadline=20.0) == list(range(500))
    assert list(ab.imap(identity, range(50), deadline=20.0)) == list(range(50))


@pytest.mark.parametrize("work", [in_c, holding, stopped])
def test_a_deadline_in_compiled_code(work):
    ab.plan("processes:2")
    warm()
    start = time.monotonic()
    with pytest.raises(ab.DeadlineExceeded):
        ab.map(work, [30, 30, 30], deadline=0.3)
    assert time.monotonic() - start < 2.3
    assert ab.map(identity, range(20)) == list(range(20))


def test_a_deadline_on_threads_in_compiled_code():
    ab.plan("threads:2")
    start = time.monotonic()
    with pytest.raises(ab.DeadlineExceeded):
        ab.map(time.sleep, [2.0, 2.0, 2.0], deadline=0.3)
    assert time.monotonic() - start < 1.9
    assert ab.map(identity, range(20)) == list(range(20))
    time.sleep(1.5)


def test_a_deadline_of_a_stream(plan):
    def task(x):
        busy(20.0 if x == 1 else 0.01)
        return x

    warm()
    stream = ab.imap(task, range(4), deadline=1.0)
    assert next(stream) == 0
    with pytest.raises(ab.DeadlineExceeded) as caught:
        next(stream)
    assert caught.value.done == 1 + (not plan.startswith("serial")) * 2
    assert caught.value.results in ([], [MISSING, 2, 3])


def test_an_endless_call_with_many_tasks_and_retries(plan):
    def task(x):
        raise OSError(x)

    with pytest.raises((ab.DeadlineExceeded, OSError)):
        ab.map(task, range(20), retries=10**9, deadline=0.4)
    assert ab.map(identity, range(5)) == list(range(5))


@pytest.mark.parametrize("work", [busy, time.sleep, in_c, holding, stopped])
def test_cancel_of_a_running_future(work):
    ab.plan("processes:2")
    warm()
    future = ab.submit(work, 30)
    while not future.running():
        time.sleep(0.001)
    assert not future.cancel()
    start = time.monotonic()
    assert future.cancel(running=True)
    assert time.monotonic() - start < 2
    assert future.cancelled()
    assert future.done()
    assert ab.map(identity, range(20)) == list(range(20))


def test_cancel_of_a_running_future_on_threads():
    ab.plan("threads:2")
    future = ab.submit(busy, 30)
    while not future.running():
        time.sleep(0.001)
    assert future.cancel(running=True)
    asleep = ab.submit(time.sleep, 1.5)
    while not asleep.running():
        time.sleep(0.001)
    assert not asleep.cancel(running=True)
    assert ab.submit(identity, 3).result(5) == 3
    assert ab.wait([asleep], timeout=5).done  # then it was too late


def test_cancel_tells_all(parallel):
    future = ab.options(retries=5).submit(busy, 30)
    told = threading.Event()
    future.add_done_callback(lambda _: told.set())
    after = ab.submit(identity, future)
    while not future.running():
        time.sleep(0.001)
    assert future.cancel(running=True)
    assert told.wait(5)
    with pytest.raises(CancelledError):
        after.result(5)
    assert after.cancelled()


def test_cancel_of_what_ended(plan):
    future = ab.submit(identity, 3)
    assert future.result(20) == 3
    assert not future.cancel(running=True)
    assert future.result() == 3


def test_ctrl_c_during_long_c_calls(start):
    """Processes stop within two seconds, what was there stays, the pool goes on."""
    script = start(
        """
import ctypes, sys, time
import abreast as ab

def work(x):
    if x:
        word = ctypes.c_int(0)
        lock = ctypes.PyDLL(None).pthread_spin_lock
        lock(ctypes.byref(word)), lock(ctypes.byref(word))
    return x

with ab.plan("processes:2"):
    ab.map(abs, range(4))
    first = ab.submit(work, 0)
    assert first.result() == 0
    print("ready", flush=True)
    begin = time.monotonic()
    try:
        ab.map(work, [1, 1, 1], timeout=100)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    assert first.result() == 0
    assert ab.map(work, [0, 0]) == [0, 0]
print("ok", flush=True)
"""
    )
    assert script.line() == "ready"
    time.sleep(0.5)
    begin = time.monotonic()
    script.interrupt()
    assert script.line() == "stopped"
    assert time.monotonic() - begin < 2
    status, out, err = script.end(20)
    assert (status, out, err) == (0, "ok\n", "")


def test_nested(plan):
    """A task that waits for tasks of its own is stopped with them."""

    def inner(x):
        busy(x)

    def outer(x):
        return ab.map(inner, [x], plan="serial")

    start = time.monotonic()
    with pytest.raises(ab.TaskTimeout):
        ab.map(outer, [20.0], timeout=0.3)
    assert time.monotonic() - start < 2.3
    assert ab.map(identity, [1]) == [1]


def test_the_clock_ends(plan):
    ab.map(identity, range(10), timeout=1000.0)
    deadline = time.monotonic() + 2
    while any(each.name == "abreast-clock" for each in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
