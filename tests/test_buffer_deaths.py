"""Large memory when a process dies: at the very call to the system that gets, shows or frees it.

A filter of system calls (seccomp) ends a process at the next call of a kind: always while it maps,
writes, or gives back, never just before or after.
"""

import gc
import os
import platform
import random
import signal
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import abreast as ab
from abreast import plans
from deadly import N, armed, late

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of system calls")


def pids():
    return plans.backend(ab.plan().levels[0]).processes()


def in_memory():
    """Bytes that shared memory has of the system, by the system's own account."""
    for file in Path("/proc/self/fd").iterdir():
        try:
            if str(file.readlink()).startswith("/memfd:abreast "):
                return file.stat().st_blocks * 512
        except FileNotFoundError:  # the descriptor that lists the folder
            continue
    return 0


def settles(value=0, seconds=5.0):
    deadline = time.monotonic() + seconds
    while True:
        gc.collect()
        if ab.report().used == value or time.monotonic() > deadline:
            return ab.report().used == value
        time.sleep(0.01)


@pytest.mark.parametrize("call", ["fallocate", "madvise", "mmap", "munmap", "ioctl"])
def test_a_worker_dies_in_the_middle_of_it(call):
    """Its own task is lost; memory, results and what is shared are as if it had not been."""
    ab.plan("processes:2")
    x = np.ones(N)
    shared = ab.share(2 * x)
    kept = ab.map(np.full, [N] * 4, range(4))
    before = ab.report().used
    found = ab.map(armed, [call, "", "", ""], [x, x, shared, shared], range(4), on_error="return")
    # It dies when it answers, or when it turns to its next task or to rest: then none is lost.
    if isinstance(found[0], ab.WorkerLost):
        assert found[0].signal == signal.SIGSYS
        assert call in ("fallocate", "madvise") or found[0].index == 0
    else:
        assert float(found[0].min()) == N
    for place, each in enumerate(found[1:], 1):
        if isinstance(each, ab.WorkerLost):  # the next task of the process that was to die
            assert each.signal == signal.SIGSYS
        else:
            assert each.min() == each.max() == place + N * (1 + (place > 1))
    del found, each
    # And once more, until the process that was to die has died.
    ab.map(armed, [""] * 8, [x, shared] * 4, range(8), on_error="return")
    assert settles(before)
    assert [float(each.mean()) for each in kept] == [0, 1, 2, 3]
    assert np.array_equal(shared, 2 * x)
    assert ab.map(np.sum, [shared, x, *kept]) == [2 * N, N, 0, N, 2 * N, 3 * N]
    del shared, kept
    assert settles()


def kills(rounds, seed):
    """Kill workers while they do little else than to map, copy and free; answer how many died."""
    rng = random.Random(seed)
    shared = ab.share(np.ones(N))
    killed = 0
    for _ in range(rounds):
        x = np.full(N // rng.choice([1, 20]), 3.0)
        futures = [
            ab.submit(late, rng.choice([x, shared, x[5:]]), rng.random() / 1000, k)
            for k in range(12)
        ]
        futures[0].exception(60)  # from now on workers are at it
        time.sleep(rng.random() / 50)
        for pid in pids()[: rng.randrange(1, 3)]:
            os.kill(pid, signal.SIGKILL)
            killed += 1
        for k, future in enumerate(futures):
            error = future.exception(60)
            assert error is None or isinstance(error, ab.WorkerLost), error
            if error is None:
                assert future.result().min() == future.result().max()
                assert future.result()[0] - k in (1, 3)
        del futures, future
    assert np.array_equal(shared, np.ones(N))
    del shared, x
    assert settles()
    return killed


def test_workers_are_killed_while_memory_comes_and_goes():
    before = ab.config.get().keep
    ab.config.set(keep=0)  # so that memory is got and given back all the time
    try:
        ab.plan("processes:2")
        assert kills(4, 1) >= 4
        ab.shutdown()
        assert in_memory() <= 2 << 20
    finally:
        ab.config.set(keep=before)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_thousand_kills_while_memory_comes_and_goes():
    before = ab.config.get().keep
    ab.config.set(keep=0)
    try:
        ab.plan("processes:2")
        assert kills(700, 2) >= 1000
    finally:
        ab.config.set(keep=before)


PARENT = """
    import os, sys, time
    import numpy as np
    import abreast as ab
    sys.path.insert(0, {tests!r})
    from deadly import die_at

    step, call = sys.argv[1:]
    ab.config.set(keep=0, memory="100 MB", spill=os.getcwd())
    ab.plan("processes:2")
    n = 1_000_000

    def arm(name):
        if step == name:
            print("armed", flush=True)
            die_at(call)

    def work(x):
        time.sleep(0.01)
        return x + 1

    x = np.ones(n)
    shared = ab.share(x)
    results = ab.map(work, [x] * 4)
    arm("share")
    more = ab.share(x + 1)
    arm("submit")
    futures = [ab.submit(work, x + k) for k in range(4)]
    arm("result")
    values = [future.result() for future in futures]
    arm("pass")
    ab.map(work, values)
    arm("spill")
    spilled = [ab.share(x + k) for k in range(20)]
    arm("drop")
    del spilled, values, results, futures, shared, more
    arm("shutdown")
    ab.shutdown()
    print("lives")
"""


@pytest.mark.parametrize(
    ("step", "call"),
    [
        ("share", "fallocate"),
        ("share", "madvise"),
        ("share", "mmap"),
        ("submit", "fallocate"),
        ("result", "mmap"),
        ("pass", "ioctl"),
        ("spill", "munmap"),
        ("drop", "munmap"),
        ("drop", "fallocate"),
        ("shutdown", "munmap"),
    ],
)
def test_the_parent_dies_in_the_middle_of_it(start, tmp_path, step, call):
    """No process, no file, no memory is left: `end` looks for the processes."""
    text = textwrap.dedent(PARENT).format(tests=str(Path(__file__).parent))
    script = start(text, step, call)
    status, out, err = script.end(60)
    assert (status, out) == (-signal.SIGSYS, "armed\n"), err
    assert {path.suffix for path in tmp_path.iterdir()} <= {".py"}


def parents(start, count, seed):
    """Kill the parent at random while large memory comes and goes."""
    text = """
    import numpy as np
    import abreast as ab
    ab.plan("processes:2")
    print("go", flush=True)
    while True:
        x = np.ones(1_000_000)
        shared = ab.share(x)
        made = ab.map(np.add, [x, shared] * 3, range(6))
        futures = [ab.submit(np.sum, it) for it in made]
        assert [it.result() for it in futures] == [1e6 * (k + 1) for k in range(6)]
    """
    rng = random.Random(seed)
    for _ in range(count):
        script = start(textwrap.dedent(text))
        assert script.line() == "go"
        time.sleep(rng.random() / 2)
        os.kill(script.pid, signal.SIGKILL)
        assert script.end(10)[0] == -signal.SIGKILL


def test_parents_are_killed_at_random(start):
    parents(start, 3, 1)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_many_parents_are_killed_at_random(start):
    parents(start, 100, 2)
