"""Large memory is given back with its last user, whoever that is and however it ends."""

import contextlib
import gc
import os
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import abreast as ab
from abreast import plans

N = 40_000


def identity(x):
    return x


def pids():
    return plans.backend(ab.plan().levels[0]).processes()


def used():
    gc.collect()
    return ab.report().used


def in_memory():
    """Bytes that shared memory has of the system, by the system's own account."""
    total = 0
    for file in Path("/proc/self/fd").iterdir():
        try:
            if "memfd:abreast" in str(file.readlink()):
                total += file.stat().st_blocks * 512
        except FileNotFoundError:  # the descriptor that lists the folder
            continue
    return total


def settles(value, seconds=2.0):
    """Wait for memory in use to become `value`; workers let go of it a moment after their task."""
    deadline = time.monotonic() + seconds
    while (now := used()) != value and time.monotonic() < deadline:
        time.sleep(0.01)
    return now == value


@pytest.fixture
def processes():
    ab.plan("processes:2")


def test_everything_is_given_back_with_its_last_user(processes):
    assert used() == 0
    x = np.ones(N)
    whole = -(-x.nbytes // 4096) * 4096
    shared = ab.share(x)
    assert used() == whole
    part = shared[5:]
    del shared
    assert used() == whole
    del part
    assert used() == 0
    results = ab.map(np.full, [N] * 4, range(4))
    assert used() == 4 * whole
    last = results[-1][10:].reshape(10, -1)
    del results
    assert used() == whole
    del last
    assert used() == 0
    ab.map(lambda _: x.sum(), range(4))
    assert settles(0)
    list(ab.imap(np.sum, [x] * 20))
    assert settles(0)
    future = ab.submit(identity, x)
    future.result()
    assert used() == whole
    del future
    assert settles(0)
    ab.submit(identity, x)  # Nobody asks for its result.
    assert settles(0)


def test_what_fails_gives_back(processes):
    x = np.ones(N)

    def fail(y, how):
        held = [y]  # A frame that the traceback holds.
        if how == "raise":
            raise ValueError("no", y)
        if how == "lambda":
            return y, lambda: held, (each for each in held)
        return held

    for how in ("raise", "lambda"):
        with pytest.raises((ValueError, ab.TransferError)):
            ab.map(fail, [x] * 4, [how] * 4)
        assert settles(0), how
        assert len(ab.map(fail, [x] * 4, [how] * 4, on_error="return")) == 4
        assert settles(0), how
    # An argument that cannot be sent, beside one that was placed already.
    for bad in ((x, (each for each in "a")), [x + 1, (each for each in "b")]):
        with pytest.raises(ab.TransferError):
            ab.map(identity, [x, bad])
        with pytest.raises(ab.TransferError):
            ab.submit(identity, bad)
        with pytest.raises(ab.TransferError):
            ab.share(bad)
        assert settles(0)


def test_an_exception_carries_a_large_array(processes):
    def fail(y):
        raise ValueError("large", np.full(N, y))

    with pytest.raises(ValueError, match="large") as caught:
        ab.map(fail, [3.0])
    assert caught.value.args[1].tolist() == [3.0] * N
    assert isinstance(ab.submit(fail, 1.0).exception(), ValueError)
    found = ab.map(fail, [1.0, 2.0], on_error="return")
    assert [each.args[1][0] for each in found] == [1.0, 2.0]


def test_shutdown_and_a_new_plan_keep_what_is_shared(processes):
    shared = ab.share(np.arange(N, dtype="f8"))
    results = ab.map(np.full, [N] * 2, [1.0, 2.0])
    before = ab.report()
    ab.shutdown()
    assert shared.sum() == N * (N - 1) / 2
    assert [each[-1] for each in results] == [1.0, 2.0]
    assert ab.map(np.sum, [shared, *results]) == [shared.sum(), N, 2 * N]
    for plan in ("processes:1", "processes:2"):  # One copy, two pools.
        assert ab.map(np.sum, [shared] * 3, plan=plan) == [shared.sum()] * 3
        assert ab.map(lambda _: results[1][0], [1], plan=plan) == [2.0]
    after = ab.report()
    assert (after.fresh, after.reused) == (before.fresh, before.reused)
    assert after.used == before.used


def test_what_a_worker_left_is_given_back_though_a_result_of_it_lives(processes):
    """Its free memory and what it had in hand, and not what is still read."""
    for end in ("shutdown", "kill"):
        results = ab.map(np.full, [1_000_000] * 8, range(8))
        kept = results[3]
        del results
        if end == "shutdown":
            ab.shutdown()
        else:
            for pid in pids():
                os.kill(pid, 9)
        assert settles(8_003_584)
        deadline = time.monotonic() + 2
        while in_memory() > 9e6 + 2 * (64 << 20) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert in_memory() < 12e6, end
        assert kept.min() == kept.max() == 3.0
        assert ab.map(np.full, [N], [5.0])[0][0] == 5.0
        assert kept.min() == kept.max() == 3.0
        del kept
        assert settles(0)


def test_results_beyond_what_a_worker_may_keep_are_given_back_while_it_sleeps(processes):
    before = ab.config.get().keep
    try:
        ab.config.set(keep=0)
        results = ab.map(np.ones, [4_000_000] * 8)
        time.sleep(0.05)
        assert in_memory() >= 256e6
        del results
        deadline = time.monotonic() + 2
        while in_memory() > 2 * (64 << 20) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert in_memory() <= 2 * (64 << 20)
    finally:
        ab.config.set(keep=before)


FORK = """
    import gc, os, sys
    import numpy as np
    import abreast as ab

    def child(work):
        pid = os.fork()
        if pid == 0:
            try:
                work()
                os._exit(0)
            except BaseException as error:
                print("child", repr(error), flush=True)
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    ab.plan("processes:2")
    n = 200_000
    shared = ab.share(np.arange(n, dtype="f8"))
    results = ab.map(np.full, [n] * 4, [1.0, 2.0, 3.0, 4.0])
    total = n * (n - 1) / 2
    if sys.argv[1] == "shutdown":
        ab.shutdown()
    if sys.argv[1] == "one plan less":
        ab.map(abs, [1, 2], plan="processes:1")

    def check():
        assert shared.sum() == total
        assert [each.mean() for each in results] == [1, 2, 3, 4]

    def read():
        check()

    def write():
        shared[...] = results[0][...] = -1

    def drop():
        global shared, results
        shared = results = None
        gc.collect()

    def own():
        assert ab.map(np.sum, [shared, results[1]]) == [total, 2 * n]
        ab.share(np.zeros(n))
        ab.shutdown()
        check()

    def leave():
        check()
        raise SystemExit

    used = ab.report().used
    for work in (read, write, drop, own):
        child(work)
        check()
        assert ab.report().used == used, (work, ab.report().used)
        assert ab.map(np.sum, [shared, *results]) == [total, n, 2 * n, 3 * n, 4 * n]
        check()
    if os.fork() == 0:
        sys.exit()  # as a program ends, with all that then happens
    os.wait()
    check()
    assert ab.map(np.sum, [shared, results[2]]) == [total, 3 * n]
    del shared, results
    gc.collect()
    assert ab.report().used == 0
    print("well")
"""


@pytest.mark.parametrize("way", ["plain", "shutdown", "one plan less"])
def test_user_code_that_forks(run, way):
    assert run(textwrap.dedent(FORK), way, timeout=60) == "well\n"


def fork_and_drop(x):
    """A child drops the argument that its parent, a worker, keeps."""
    kept = fork_and_drop.__dict__.setdefault("kept", [])
    kept.append(x)
    pid = os.fork()
    if pid == 0:
        try:
            kept.clear()
            del x
            gc.collect()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return [float(each.sum()) for each in kept]


def test_a_task_that_forks_keeps_what_it_was_given():
    ab.plan("processes:1")
    for k in range(4):
        x = np.full(N, float(k))
        assert ab.map(fork_and_drop, [x]) == [[N * float(each) for each in range(k + 1)]]
        del x
        for _ in range(3):
            ab.map(np.sum, [np.full(N, -1.0)])


def test_a_worker_with_a_pool_of_its_own():
    def outer(x, shared):
        inner = ab.map(lambda y: (y.sum(), x.sum()), [x, shared, x[5:]])
        x[:] = 0
        (back,) = ab.map(identity, [shared])
        return inner, ab.map(np.sum, [x, back])

    x = np.ones(N)
    shared = ab.share(2 * x)
    with ab.plan(["processes:2", "processes:2"]):
        found = ab.map(outer, [x] * 2, [shared] * 2)
    assert found == [([(N, N), (2 * N, N), (N - 5, N)], [0, 2 * N])] * 2
    assert x.sum() == N
    del shared, found


def test_two_plans_at_once(processes):
    shared = ab.share(np.arange(N, dtype="f8"))
    before = ab.report().fresh + ab.report().reused
    slow = [ab.options(plan="processes:1").submit(np.sum, shared) for _ in range(20)]
    assert ab.map(np.sum, [shared] * 20) == [shared.sum()] * 20
    assert ab.gather(slow) == [shared.sum()] * 20
    assert ab.report().fresh + ab.report().reused == before
    del shared, slow


def test_exotic_use_of_share(plan):
    assert ab.share(5) == 5
    text = "x" * 10
    assert ab.share(text) is text
    both = ab.share({"a": np.ones(N), "b": [np.zeros(N), "text"]})
    assert both["a"].sum() == N
    both["a"][0] = 5
    assert ab.map(lambda it: it["a"][0] + it["b"][0][0], [both]) == [5]
    with pytest.raises(ab.TransferError, match="shared object"):
        ab.share((np.ones(N), (each for each in "a")))


def test_wrong_settings():
    before = ab.config.get()
    for setting in (
        {"memory": -1},
        {"memory": "much"},
        {"keep": True},
        {"spill": "/does/not/exist"},
    ):
        with pytest.raises(ab.ConfigError, match="hint:"):
            ab.config.set(**setting)
    assert ab.config.get() == before
    x = ab.share(np.ones(N))
    with pytest.raises(ab.ConfigError, match="in use already"):
        ab.config.set(spill="")
    del x
    ab.shutdown()


def memory_files():
    maps = Path("/proc/self/maps").read_text().splitlines()
    links = []
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # that of the folder itself
            links.append(str(each.readlink()))
    return sum("memfd:abreast" in line for line in [*maps, *links])


def test_what_garbage_held_at_shutdown_ends_with_the_garbage(processes):
    before = ab.report().returned
    ring = [ab.map(np.full, [N], [1.0])]
    ring.append(ring)
    report = ab.report()
    one = report.returned - before
    del ring
    ab.shutdown()
    gc.collect()
    assert memory_files() == 0
    after = ab.report()
    assert (after.returned, after.used, after.kept) == (report.returned, 0, 0)
    ab.map(np.full, [N], [1.0])
    assert one > 0
    assert ab.report().returned - report.returned == one


def test_what_is_freed_after_shutdown_is_not_kept_for_reuse(processes):
    first, second = (ab.share(np.full(N, each)) for each in (1.0, 2.0))
    ab.shutdown()
    del first
    found = ab.report()
    assert second.nbytes <= found.used == found.kept < second.nbytes + 4096
    third = ab.share(np.full(N, 3.0))
    del second
    assert ab.report().kept == 2 * found.kept  # It serves again.
    del third
    ab.shutdown()
    assert memory_files() == 0
