"""A worker that has grown too large is replaced between tasks; a dead one says how large it was."""

import resource
import signal
import time

import numpy as np
import pytest

import abreast as ab

LIMIT = 150_000_000


def made_here():
    """Make the tasks: as functions of a function they travel by value, and workers start faster."""

    def hoard(size):
        """Keep memory for ever, and say who does."""
        import builtins
        import os
        import time

        kept = builtins.__dict__.setdefault("kept", [])
        kept.append(b"x" * size)
        time.sleep(0.11)
        return os.getpid(), len(kept)

    def borrow(size):
        """Use as much, and give it back."""
        import os
        import time

        data = b"x" * size
        time.sleep(0.11)
        return os.getpid(), len(data)

    def circle(size):
        """Leave memory to the garbage collector."""
        import os
        import time

        data = [b"x" * size]
        data.append(data)
        time.sleep(0.11)
        return os.getpid(), size

    def fill_and_die(size):
        import os

        data = b"x" * size
        os.kill(os.getpid(), 9)
        return len(data)

    def limited(size):
        import resource

        own = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 50, own[1]))
        try:
            return len(bytearray(size))
        finally:
            resource.setrlimit(resource.RLIMIT_AS, own)

    return hoard, borrow, circle, fill_and_die, limited


hoard, borrow, circle, fill_and_die, limited = made_here()


def outgrown(found):
    return [event for event in found.events if event.what == "outgrown"]


@pytest.fixture(autouse=True)
def _fresh():
    yield
    ab.shutdown()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_grows_is_replaced_and_nothing_is_lost(workers):
    plan = ab.plan("processes", workers=workers, memory=LIMIT)
    found = ab.map(hoard, [60_000_000] * 9, plan=plan)
    assert len(found) == 9
    processes = {pid for pid, _ in found}
    assert len(processes) > workers
    # It looks after each task that ends 0.1 s after its last look.
    assert max(kept for _, kept in found) <= 3
    timeline = ab.timeline(last=1)
    assert {event.process for event in outgrown(timeline)} < processes | {None}
    assert len(outgrown(timeline)) >= 1
    assert all(event.detail > LIMIT for event in outgrown(timeline))
    assert timeline.jobs[0].lost == 0
    assert timeline.jobs[0].ran == 9
    assert "R" in str(timeline)
    report = ab.report()
    assert report.total.replaced >= 1
    assert "replaced because of their memory" in str(report)
    assert not report.last.job.lost


@pytest.mark.parametrize("function", [borrow, circle])
def test_memory_that_is_given_back_counts_no_more(function):
    plan = ab.plan("processes", workers=1, memory=LIMIT)
    found = ab.map(function, [60_000_000] * 6, plan=plan)
    assert len({pid for pid, _ in found}) == 1
    assert not outgrown(ab.timeline(last=1))


def test_shared_memory_is_nobodys_own():
    plan = ab.plan("processes", workers=1, memory=LIMIT)
    data = ab.share(np.ones(30_000_000))
    found = ab.map(lambda _: (time.sleep(0.11), float(data.sum())), range(3), plan=plan)
    assert found == [(None, 3e7)] * 3
    assert not outgrown(ab.timeline(last=1))


def test_the_setting_of_the_process_and_of_the_plan():
    before = ab.config.get()
    ab.config.set(worker_memory="150 MB")
    try:
        found = ab.map(hoard, [80_000_000] * 3, plan="processes:1")
        assert len({pid for pid, _ in found}) > 1
        # The plan's own goes before.
        own = ab.plan("processes", workers=1, memory="2 GB")
        found = ab.map(hoard, [80_000_000] * 3, plan=own)
        assert len({pid for pid, _ in found}) == 1
    finally:
        ab.config.set(worker_memory=before.worker_memory)


def test_the_default_is_a_share_of_the_machine():
    from abreast.backends.contract import Level
    from abreast.backends.processes import _most
    from abreast.machine import memory

    assert _most(Level("processes", 4)) == memory() // 4
    assert _most(Level("processes", 4, memory=5)) == 5


def test_a_plan_prints_it_and_is_another_pool():
    plan = ab.plan("processes", workers=1, memory="1 GB")
    assert repr(plan) == "plan('processes', workers=1, memory=1000000000)"
    assert plan.levels[0] != ab.plan("processes:1").levels[0]


@pytest.mark.parametrize(
    ("spec", "memory", "message"),
    [
        ("threads", "1 GB", "plan('threads', memory='1 GB'): its workers are not processes"),
        ("serial", 10**9, "plan('serial', memory=1000000000): its workers are not processes"),
        ("processes", "much", "plan: memory='much': a number of bytes, not negative"),
        ("processes", 0, "plan: memory=0: a number of bytes, at least 1"),
        ("processes", -1, "plan: memory=-1: a number of bytes, not negative"),
    ],
)
def test_misuse(spec, memory, message):
    with pytest.raises(ab.PlanError) as caught:
        ab.plan(spec, memory=memory)
    assert message in str(caught.value)


def test_a_worker_that_is_killed_says_how_large_it_was():
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    size = most + 200_000_000
    with pytest.raises(ab.WorkerLost, match=r"SIGKILL.* task 0; it had up to [\d,]+ MiB") as caught:
        ab.map(fill_and_die, [size], plan="processes:1")
    assert size < caught.value.peak < size + 300_000_000
    assert (caught.value.index, caught.value.signal) == (0, signal.SIGKILL)
    # A small one had less than this process has: the system cannot tell, so nothing is said.
    with pytest.raises(ab.WorkerLost) as caught:
        ab.map(fill_and_die, [10], plan="processes:1")
    assert caught.value.peak is None
    assert "MiB" not in str(caught.value)


def test_a_task_that_may_not_have_so_much_memory_fails_as_itself():
    with pytest.raises(MemoryError):
        ab.map(limited, [1 << 51], plan="processes:1")
    assert ab.map(limited, [10], plan="processes:1") == [10]
    assert ab.timeline(last=2).jobs[0].failed == 1
