"""The report says where the time went, and what to change."""

import os
import signal
import time

import pytest

import abreast as ab
from abreast.journal.read import Job, Tables, Task
from abreast.journal.summary import summarize


def sleep(seconds):
    time.sleep(seconds)


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)


def summary(spans, workers=2, count=None, sending=0.0, sent=0, lost=0):
    tasks = [
        Task(1, "f", at, 1, f"w{worker}", 1, start, end, end - start, 0, 0, "value")
        for at, (worker, start, end) in enumerate(spans)
    ]
    end = max(task.end for task in tasks)
    busy = sum(task.busy for task in tasks)
    ran = count or len(tasks)
    job = Job(
        number=1,
        caller="map",
        function="f",
        plan=f"processes:{workers}",
        workers=workers,
        opened=0.0,
        pushed=0.0,
        ended=end,
        tasks=ran,
        ran=ran,
        failed=0,
        lost=lost,
        busy=busy,
        longest=max(task.busy for task in tasks),
        sent=sent,
        returned=0,
        sending=sending,
        receiving=0.0,
        waiting=end,
    )
    names = sorted({task.worker for task in tasks})
    return summarize(Tables(tasks, [job], [], [], [], names, 0, 0.0, ()), job)


BALANCED = [(0, 0, 1), (1, 0, 1), (0, 1, 2), (1, 1, 2)]
CASES = {
    "balanced": (summary(BALANCED), ""),
    "a long one at the end": (
        summary([*BALANCED, (0, 2, 12)]),
        "task 4 of f took 10 s and ran alone for 10 s at the end: put the longest first, or split "
        "it",
    ),
    "fewer tasks than workers": (
        summary([(0, 0, 1), (1, 0, 1)], workers=4),
        "2 tasks cannot keep 4 workers busy: make more and smaller ones",
    ),
    "coarse tasks": (
        summary([(0, 0, 2), (1, 0, 2), (2, 0, 2), (0, 2, 4), (1, 2, 4)], workers=3),
        "workers ran out of tasks 2 s before the end: make more and smaller ones",
    ),
    "tiny tasks": (
        summary([(0, 0, 0.1), (1, 0, 0.1), (0, 0.9, 1.0), (1, 0.9, 1)], count=100_000),
        "tasks of 4 µs are mostly overhead: give each more to do, such as a list of items",
    ),
    "slow to start": (
        summary([(0, 1, 2), (1, 1, 2)]),
        "starting the workers took 1 s; they are kept, and the next call finds them",
    ),
    "much to move": (
        summary(BALANCED, sending=1.5, sent=400 << 20),
        "moving 400.0 MiB took 1.5 s of the caller: abreast.share copies what calls have in common "
        "once, and tasks that read their own data need none",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_advice(name):
    found, expected = CASES[name]
    assert list(found.advice) == ([expected] if expected else [])
    assert str(found).count("advice:") == len(found.advice)


def test_numbers():
    found = summary([*BALANCED, (0, 2, 12)])
    assert (found.wall, found.computing, found.tail, found.starting) == (12, 7, 10, 0)
    assert str(found).splitlines()[:3] == [
        "last call: map(f) on processes:2: 5 tasks in 12 s",
        "  computing 7 s (58 % of the workers' time), sending 0 s, receiving 0 s, waiting 12 s",
        "  0 B to tasks, 0 B from tasks; uneven tail 10 s",
    ]


def test_of_a_real_call(parallel):
    ab.map(sleep, [0] * 2)
    before = ab.report().total
    start = time.perf_counter()
    ab.map(sleep, [0.05, 0.05, 0.05, 0.3])
    took = time.perf_counter() - start
    found = ab.report()
    last = found.last
    assert last.job.function == "sleep"
    assert last.job.ran == 4
    assert 0.225 <= last.computing <= last.wall <= took
    assert last.tail == pytest.approx(0.25, abs=0.06)
    (advice,) = last.advice
    assert advice.startswith("task 3 of sleep took 0.3")
    assert found.total.tasks - before.tasks == 4
    assert found.total.calls - before.calls == 1
    assert found.total.busy - before.busy == pytest.approx(last.job.busy)
    assert f"last call: map(sleep) on {parallel}: 4 tasks in " in str(found)
    assert repr(found) == str(found)
    assert ("shared memory: " in str(found)) == bool(found.peak)


def test_lost_workers_are_told_of():
    before = ab.report().total
    killed = 0 if before is None else before.killed
    ab.map(die, [1], plan="processes:2", on_error="return")
    found = ab.report()
    assert found.last.job.lost == 1
    assert found.total.killed == killed + 1
    assert ", 1 lost in " in str(found)
    assert f"{killed + 1} killed" in str(found)
    assert "1 task lost the worker" in str(found)


def test_nothing_is_added_up_wrongly_on_serial():
    ab.map(sleep, [0.01] * 10, plan="serial")
    last = ab.report().last
    assert last.tail == 0
    assert last.computing == pytest.approx(last.wall, rel=0.2)
    assert not last.advice
