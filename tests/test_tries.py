"""Tasks that fail run again: how often, after what, with which numbers, and who hears of it."""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import abreast as ab
from abreast import plans
from abreast.errors import MISSING


class Flaky:
    """Fails a few times for each item; counts in a folder, for tasks run in many processes."""

    def __init__(self, folder, fails, error=OSError):
        self.folder, self.fails, self.error = str(folder), fails, error

    def __call__(self, x):
        count = self.count(x)
        Path(self.folder, f"{x}.{count}").touch()
        if count < self.fails.get(x, 0):
            raise self.error("not yet")
        return x * x

    def count(self, x):
        return len(list(Path(self.folder).glob(f"{x}.*")))


def kill_once(path, x):
    # Of two workers that come here at once, one is killed.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def test_a_task_that_fails_runs_again(plan, tmp_path):
    flaky = Flaky(tmp_path, {3: 2, 5: 1})
    assert ab.map(flaky, range(8), retries=2) == [x * x for x in range(8)]
    assert [flaky.count(x) for x in range(8)] == [1, 1, 1, 3, 1, 2, 1, 1]


def test_after_the_last_try_the_error_arrives_as_itself(plan, tmp_path):
    flaky = Flaky(tmp_path, {3: 9})
    with pytest.raises(OSError, match="not yet") as caught:
        ab.map(flaky, range(8), retries=2)
    assert flaky.count(3) == 3
    first, second = caught.value.__notes__[-2:]
    assert first == "abreast: tried 3 times; before that: OSError: not yet; OSError: not yet"
    assert "raised by task 3" in second


def test_the_first_failure_in_order_counts(plan, tmp_path):
    """A task before it that is still trying decides."""
    flaky = Flaky(tmp_path, {0: 9, 1: 1, 2: 9})
    with pytest.raises(OSError) as caught:
        ab.map(flaky, range(6), retries=3)
    assert "raised by task 0" in caught.value.__notes__[-1]


def test_errors_as_results_and_progress_counts_once(plan, tmp_path):
    seen = []
    flaky = Flaky(tmp_path, {1: 1, 2: 9})
    results = ab.map(
        flaky,
        range(5),
        retries=1,
        on_error="return",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert [type(x) for x in results] == [int, int, OSError, int, int]
    assert seen[-1] == (5, 5)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


@pytest.mark.parametrize("retry_on", [OSError, (KeyError, OSError)])
def test_only_the_named_errors(plan, tmp_path, retry_on):
    assert ab.map(Flaky(tmp_path, {1: 1}), [1], retries=1, retry_on=retry_on) == [1]
    flaky = Flaky(tmp_path, {2: 1}, ValueError)
    with pytest.raises(ValueError, match="not yet"):
        ab.map(flaky, [2], retries=1, retry_on=retry_on)
    assert flaky.count(2) == 1


def test_what_another_try_cannot_change_is_not_tried(parallel):
    if not parallel.startswith("processes"):
        return
    before = ab.report().again
    with pytest.raises(ab.TransferError):
        ab.map(lambda x: threading.Lock(), [1], retries=3)
    with pytest.raises(ab.TransferError):
        ab.map(abs, [threading.Lock()], retries=3)
    assert ab.report().again == before


def draw(x, rng, path, fails):
    numbers = rng.random(3)
    marker = Path(path, str(x))
    if x in fails and not marker.exists():
        marker.touch()
        raise OSError(x)
    return numbers


def test_a_retry_draws_the_same_numbers(plan, tmp_path):
    def task(x, rng):
        return draw(x, rng, str(tmp_path), {2, 4})

    got = ab.map(task, range(6), seed=7, retries=1)
    assert {each.name for each in tmp_path.iterdir()} == {"2", "4"}
    expected = ab.map(lambda x, rng: rng.random(3), range(6), seed=7, plan="serial")
    np.testing.assert_array_equal(got, expected)
    again = ab.options(seed=7, retries=1).submit(task, 2).result()
    assert again.shape == (3,)


def test_a_lost_worker(tmp_path):
    ab.plan("processes:2")
    marker = str(tmp_path / "killed")
    before = ab.report().again
    assert ab.map(lambda x: kill_once(marker, x), range(10), retries=1) == list(range(10))
    report = ab.report()
    assert report.again == before + 1
    assert report.ran_again[-1][2] == "WorkerLost"
    assert "(WorkerLost)" in str(report)


def test_a_worker_that_always_dies():
    ab.plan("processes:2")
    with pytest.raises(ab.WorkerLost) as caught:
        ab.map(lambda x: os.kill(os.getpid(), signal.SIGKILL), [1], retries=2)
    assert "tried 3 times" in caught.value.__notes__[0]
    assert ab.map(abs, [-1]) == [1]


def test_without_retries_for_lost_workers():
    ab.plan("processes:2")
    with pytest.raises(ab.WorkerLost):
        ab.map(lambda x: os.kill(os.getpid(), signal.SIGKILL), [1], retries=2, retry_on=ValueError)


def test_streams(plan, tmp_path):
    flaky = Flaky(tmp_path, {3: 2, 5: 1})
    assert list(ab.imap(flaky, iter(range(8)), retries=2)) == [x * x for x in range(8)]
    unordered = ab.imap(Flaky(tmp_path, {11: 1}), range(10, 14), retries=1, ordered=False)
    assert sorted(unordered) == [100, 121, 144, 169]


def test_items_are_those_of_the_call(tmp_path):
    """A copy of what the item was when it was taken, also for another try."""
    ab.plan("processes:2")
    marker = tmp_path / "tried"
    barrier = tmp_path / "go"

    def task(array):
        while not barrier.exists():
            time.sleep(0.01)
        if not marker.exists():
            marker.touch()
            raise OSError
        return float(array.sum())

    array = np.ones(100_000)
    future = ab.options(retries=1).submit(task, array)
    array[:] = 5
    barrier.touch()
    assert future.result(20) == 100_000
    assert marker.exists()


def test_one_buffer_again_and_again(tmp_path):
    ab.plan("processes:2")

    def items():
        buffer = np.zeros(3)
        for k in range(6):
            buffer[:] = k
            yield buffer

    def task(array):
        marker = Path(tmp_path, str(array[0]))
        if not marker.exists():
            marker.touch()
            raise OSError
        return float(array.sum())

    assert ab.map(task, items(), retries=1) == [0.0, 3.0, 6.0, 9.0, 12.0, 15.0]


def test_two_iterables(plan, tmp_path):
    def task(x, y):
        marker = Path(tmp_path, str(x))
        if not marker.exists():
            marker.touch()
            raise OSError
        return x - y

    assert ab.map(task, [5, 6], [1, 2], retries=1) == [4, 4]


@pytest.mark.parametrize("ask", ["result", "callback", "wait", "input"])
def test_futures(plan, tmp_path, ask):
    flaky = Flaky(tmp_path, {4: 2})
    future = ab.options(retries=2).submit(flaky, 4)
    if ask == "callback":
        told = threading.Event()
        future.add_done_callback(lambda _: told.set())
        assert told.wait(20)
    elif ask == "wait":
        ab.wait([future], timeout=20)
        assert future.done()
    elif ask == "input":
        assert ab.submit(abs, future).result(20) == 16
    assert future.result(20) == 16
    assert flaky.count(4) == 3


def test_a_future_that_fails_in_the_end(plan, tmp_path):
    future = ab.options(retries=1).submit(Flaky(tmp_path, {4: 9}), 4)
    assert isinstance(future.exception(20), OSError)
    assert "tried 2 times" in future.exception().__notes__[0]


def test_a_future_that_waits_for_another(parallel, tmp_path):
    first = ab.submit(time.sleep, 0.1)
    flaky = Flaky(tmp_path, {4: 1})

    def task(_, x):
        return flaky(x)

    assert ab.options(retries=1).submit(task, first, 4).result(20) == 16
    assert flaky.count(4) == 2


def test_a_thousand_with_many_failures(plan, tmp_path):
    def task(x):
        marker = Path(tmp_path, str(x))
        if x % 7 == 0 and not marker.exists():
            marker.touch()
            raise OSError
        return x

    assert ab.map(task, range(1000), retries=1) == list(range(1000))


def test_workers_killed_at_random():
    """Whoever kills workers meanwhile: the results are right, and say so."""
    ab.plan("processes:2")
    stop = threading.Event()

    def killer():
        while not stop.wait(0.15):
            for pid in plans.backend(ab.plan().levels[0]).processes()[:1]:
                os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=killer)
    thread.start()
    try:
        results = ab.map(lambda x: time.sleep(0.005) or x, range(300), retries=20)
    finally:
        stop.set()
        thread.join()
    assert results == list(range(300))


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"retries": -1}, ValueError, "retries=-1: a whole number"),
        ({"retries": 1.5}, TypeError, "retries=1.5"),
        ({"retries": True}, TypeError, "retries=True"),
        ({"retries": 1, "retry_on": "OSError"}, TypeError, "retry_on='OSError'"),
        ({"retries": 1, "retry_on": ()}, TypeError, "retry_on=()"),
        ({"retries": 1, "retry_on": OSError("x")}, TypeError, "an exception class"),
        ({"retry_on": OSError}, ValueError, "without retries"),
        ({"timeout": 0}, ValueError, "timeout=0: seconds for each task, more than 0"),
        ({"timeout": -1.0}, ValueError, "timeout=-1.0"),
        ({"timeout": float("nan")}, ValueError, "timeout=nan"),
        ({"timeout": float("inf")}, ValueError, "timeout=inf"),
        ({"timeout": "1"}, TypeError, "timeout='1'"),
        ({"timeout": True}, TypeError, "timeout=True"),
        ({"deadline": 0}, ValueError, "deadline=0: seconds for the whole call"),
        ({"deadline": [1]}, TypeError, "deadline="),
    ],
)
def test_what_makes_no_sense(given, kind, said):
    for call in (
        lambda: ab.map(abs, [1], **given, plan="serial"),
        lambda: ab.imap(abs, [1], **given, plan="serial"),
        lambda: ab.options(**given),
    ):
        with pytest.raises(kind) as caught:
            call()
        assert said in str(caught.value)
        assert "\nhint: " in str(caught.value)


def test_where_they_do_not_apply():
    with pytest.raises(ValueError, match="it is for all tasks"):
        ab.options(deadline=1).submit(abs, 1)
    with pytest.raises(ValueError, match="for map, imap and submit"):
        ab.options(retries=1).delayed(abs)


def test_the_sentinel():
    import copy
    import pickle

    assert pickle.loads(pickle.dumps(MISSING)) is MISSING
    assert copy.deepcopy(MISSING) is MISSING
    assert not MISSING


def test_limits_of_native_pools_are_put_back(small_switch_interval):
    """Sending another try meets the end of the job, at any place of either."""
    ab.plan("threads:2")
    before = _limits()
    for _ in range(300):
        seen = set()

        def task(_, x, seen=seen):
            if x not in seen:
                seen.add(x)
                raise OSError
            return x

        first = ab.submit(time.sleep, 0.0005)
        futures = [ab.options(retries=1).submit(task, first, x) for x in range(4)]
        assert [future.result(20) for future in futures] == [0, 1, 2, 3]
        deadline = time.monotonic() + 1
        while _limits() != before:
            assert time.monotonic() < deadline, f"{before} became {_limits()}"
            time.sleep(0.001)


def _limits():
    return sorted((pool["filepath"], pool["num_threads"]) for pool in threadpool_info())


@pytest.fixture
def small_switch_interval():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)
