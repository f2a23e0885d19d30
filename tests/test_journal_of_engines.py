"""Tasks on engines in the journal: as on processes."""

import os
import time
from collections.abc import Iterator

import pytest

import abreast as ab

PLAN = "executor:process:2"


@pytest.fixture(autouse=True)
def engine() -> Iterator[None]:
    with ab.plan(PLAN):
        yield
        ab.shutdown()


def nap(number: int) -> int:
    time.sleep(0.02)
    return number


def test_a_map_is_in_the_timeline() -> None:
    ab.map(nap, range(2))
    begin = time.perf_counter()
    ab.map(nap, range(12))
    took = time.perf_counter() - begin
    timeline = ab.timeline(last=1)
    assert sorted(task.first for task in timeline.tasks) == list(range(12))
    for task in timeline.tasks:
        assert task.function == "nap" and task.ended == "value" and task.tasks == 1
        assert task.worker.startswith(f"{PLAN} ") and "worker" in task.worker
        assert 0.02 <= task.end - task.start <= took
    assert len({task.worker for task in timeline.tasks}) <= 2
    last = ab.report().last
    assert last is not None and last.job.ran == 12
    assert f"map(nap) on {PLAN}: 12 tasks" in str(ab.report())


def test_submits_graphs_and_errors() -> None:
    for each in [ab.submit(nap, n) for n in range(5)]:
        each.result()
    named = [task for task in ab.timeline(last=1).tasks if task.function == "nap"]
    assert sorted(task.first for task in named) == list(range(5))
    ab.compute([ab.delayed(nap)(n) for n in range(4)])
    graph = ab.timeline(last=1).tasks
    assert [task.function for task in graph] == ["nap"] * 4
    with pytest.raises(ZeroDivisionError):
        ab.map(lambda n: 1 // n, [0])
    assert [task.ended for task in ab.timeline(last=1).tasks] == ["error"]


def test_a_worker_that_dies() -> None:
    with pytest.raises(ab.WorkerLost):
        ab.map(lambda _n: os._exit(3), range(1))
    timeline = ab.timeline(last=1)
    assert [task.ended for task in timeline.tasks] == ["lost"]
    assert "ended" in {event.what for event in timeline.events}


def test_small_tasks_cost_little() -> None:
    assert ab.map(abs, range(5000)) == list(range(5000))
    last = ab.report().last
    assert last is not None and last.job.ran == 5000 and last.job.sent > 5000 < last.job.returned
