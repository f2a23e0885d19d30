"""Large memory when something fails: bounds, limits of the system, deaths, interrupts."""

import gc
import os
import random
import signal
import textwrap
import threading
import time

import numpy as np
import pytest

import abreast as ab
from abreast import plans

N = 40_000
MIB = 1 << 20


def pids():
    return plans.backend(ab.plan().levels[0]).processes()


def settles(value=0, seconds=3.0):
    """Wait for memory in use to become `value`."""
    deadline = time.monotonic() + seconds
    while True:
        gc.collect()
        if ab.report().used == value or time.monotonic() > deadline:
            return ab.report().used == value
        time.sleep(0.01)


@pytest.fixture
def bound():
    """Set bounds for one test."""
    before = ab.config.get()
    yield ab.config.set
    ab.config.set(memory=before.memory, keep=before.keep)


BOUND = """
    import gc, os, sys, time
    import numpy as np
    import abreast as ab

    spill = sys.argv[1]
    ab.config.set(memory="20 MB", spill=spill)
    ab.plan("processes:2")
    n = 500_000  # 4 MB

    def number(x):
        return float(x[0]), float(x.sum())

    def work():
        arrays = [np.full(n, float(k)) for k in range(20)]
        expected = [(k, n * float(k)) for k in range(20)]
        shared = [ab.share(x) for x in arrays]
        assert ab.map(number, shared) == expected
        assert ab.map(lambda k: number(shared[k]), range(20)) == expected
        made = ab.map(np.full, [n] * 20, range(20))
        assert [number(x) for x in made] == expected
        assert ab.map(number, made) == expected
        made[3][...] = 7.0
        assert ab.map(number, made[3:4]) == [(7.0, 7.0 * n)]
        assert ab.map(number, [made[5][100:]]) == [(5.0, 5.0 * (n - 100))]
        # Tasks that write to what lies in the file.
        assert ab.map(lambda x: (x.fill(-1), number(x))[1], made[6:8]) == [(-1.0, -1.0 * n)] * 2
        assert [number(x) for x in made[6:8]] == expected[6:8]

    def refused(function, *arguments):
        try:
            function(*arguments)
        except MemoryError as error:
            text = str(error)
            assert "19.1 MiB is the bound" in text, text
            assert "hint: abreast.config.set(memory=" in text, text
        else:
            raise AssertionError("no MemoryError")

    if spill:
        work()
        report = ab.report()
        assert report.spilled > 40e6, report
        assert "exceeded the bound and went to a file" in str(report)
        assert report.peak <= 20_000_000, report
    else:
        for _ in range(3):
            refused(ab.share, np.zeros(10 * n))
            refused(ab.map, number, [np.zeros(10 * n)])
            refused(ab.submit, number, np.zeros(10 * n))
            refused(ab.map, lambda k, x=np.zeros(10 * n): x[k], [1])
            refused(ab.map, np.zeros, [n] * 20)
            refused(ab.map, np.zeros, [10 * n])
            refused(ab.submit(np.zeros, 10 * n).result)
            found = ab.map(np.zeros, [n] * 20, on_error="return")
            assert {type(x) for x in found} == {np.ndarray, MemoryError}
            del found
            # Arguments wait for room; there is enough for one after the other.
            assert len(ab.map(number, (np.zeros(n) for _ in range(20)))) == 20
            assert ab.map(abs, range(-5, 5)) == [5, 4, 3, 2, 1, 0, 1, 2, 3, 4]
    deadline = time.monotonic() + 3
    while ab.report().used and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    assert ab.report().used == 0, ab.report()
    assert ab.map(number, [np.ones(n)]) == [(1.0, n)]
    print("well")
"""


@pytest.mark.parametrize("spill", [True, False], ids=["spills", "refuses"])
def test_the_bound_is_reached(run, tmp_path, spill):
    assert run(textwrap.dedent(BOUND), str(tmp_path) if spill else "", timeout=60) == "well\n"
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".py"] == []


def test_a_folder_that_is_gone_spills_nothing(run, tmp_path):
    text = """
    import os, sys
    import numpy as np
    import abreast as ab
    os.mkdir("there")
    ab.config.set(memory="1 MB", spill="there")
    os.rmdir("there")
    try:
        ab.share(np.zeros(1_000_000))
    except MemoryError as error:
        assert "0.9 MiB is the bound" in str(error) or "1.0 MiB is the bound" in str(error), error
        print("told")
    os.environ["ABREAST_SPILL"] = "/does/not/exist"
    """
    assert run(textwrap.dedent(text)) == "told\n"
    text = "import abreast as ab, numpy as np\nab.share(np.zeros(10**6))"
    environment = os.environ | {"ABREAST_SPILL": "/does/not/exist"}
    with pytest.raises(AssertionError, match="there is no such folder"):
        run(text, env=environment)


@pytest.mark.parametrize("limit", ["AS 4", "AS 2", "NOFILE 24", "NPROC 0"])
def test_limits_of_the_system(run, limit):
    """It works, or says why not, and goes on."""
    text = """
    import resource, sys
    import numpy as np
    import abreast as ab
    name, number = sys.argv[1].split()
    n, number = 5_000_000, int(number)
    if name == "AS":
        number <<= 30
    if name == "NPROC":  # root may start as many as it likes; then this says nothing
        number = 1
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (number, number))
    ab.plan("processes:2")
    for _ in range(3):
        x = np.ones(n)
        try:
            assert ab.map(np.sum, [x] * 4) == [n] * 4
            made = ab.map(np.full, [n] * 3, [1.0, 2.0, 3.0])
            assert [float(it.mean()) for it in made] == [1, 2, 3]
            assert ab.map(np.sum, made) == [n, 2 * n, 3 * n]
            shared = ab.share(x)
            assert ab.map(lambda k: shared[k], [0, -1]) == [1, 1]
            del made, shared
        except (MemoryError, OSError, ab.LaunchError) as error:
            assert str(error), repr(error)
            print("told")
    print("well")
    """
    assert run(textwrap.dedent(text), limit, timeout=60).splitlines()[-1] == "well"


def test_signals_while_memory_is_taken():
    """A timer that rings all the time makes no call fail."""
    x = np.ones(20_000_000)
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        spilled = ab.report().spilled
        shared = ab.share(x)
        ab.map(np.sum, [shared, x], plan="processes:1")
        assert ab.report().spilled == spilled
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    del shared


# Deaths.


def hold(x, seconds):
    """Read and write large memory for a while, and answer some."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        x.sum()
        x[:1000] += 1
    return np.full(len(x), seconds)


def capture(a, b):
    return lambda k: a[k] + b[k]


def deaths(rounds, seed):
    """Kill workers at random while large memory goes to and fro; answer how many died."""
    rng = random.Random(seed)
    shared = ab.share(np.arange(float(N)))
    killed = 0
    for _ in range(rounds):
        x = np.random.default_rng(seed).random(rng.choice([N, 10 * N]))
        times = [rng.random() / 200 for _ in range(6)]
        futures = [ab.submit(hold, rng.choice([x, shared]), it) for it in times]
        look = capture(shared, x)
        futures += [ab.submit(look, k) for k in range(3)]
        time.sleep(rng.random() / 50)
        for pid in pids()[: rng.randrange(1, 3)]:
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                pass
        for place, future in enumerate(futures):
            error = future.exception(30)
            assert error is None or isinstance(error, ab.WorkerLost), error
            if error is None and place < 6:
                assert (future.result() == times[place]).all()
            elif error is None:
                assert future.result() == shared[place - 6] + x[place - 6]
        del futures, future, look
    assert np.array_equal(shared, np.arange(float(N)))
    assert ab.map(np.sum, [shared] * 4) == [shared.sum()] * 4
    del shared, x
    assert settles()
    return killed


def test_workers_die_with_large_memory():
    ab.plan("processes:2")
    assert deaths(50, 1) >= 50


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_thousand_deaths_with_large_memory():
    ab.plan("processes:2")
    assert deaths(1000, 2) >= 1000


def test_results_of_the_dead():
    """What was answered before a death stays, whatever the next workers do."""
    ab.plan("processes:1")
    results = []
    for k in range(6):
        results.append(ab.submit(np.full, N, float(k)).result(20))
        for pid in pids():
            os.kill(pid, signal.SIGKILL)
    ab.map(np.full, [N] * 5, [-1.0] * 5)
    assert [float(each.mean()) for each in results] == list(map(float, range(6)))
    assert ab.map(np.sum, results) == [k * N for k in range(6)]
    del results
    assert settles()


def test_the_parent_is_killed(start):
    text = """
    import os, time
    import numpy as np
    import abreast as ab
    ab.plan("processes:2")
    shared = ab.share(np.ones(10_000_000))
    def work(x):
        made = x + shared
        os.write(1, b"holds\\n")
        time.sleep(30)
    results = ab.map(np.ones, [10_000_000] * 2)
    futures = [ab.submit(work, x) for x in results]
    time.sleep(60)
    """
    script = start(textwrap.dedent(text))
    assert [script.line(), script.line()] == ["holds"] * 2
    os.kill(script.pid, signal.SIGKILL)
    assert script.end(10)[0] == -signal.SIGKILL  # checks that within two seconds nobody is left


def test_an_interrupt(start):
    text = """
    import gc, time
    import numpy as np
    import abreast as ab
    ab.plan("processes:2")
    x = np.ones(20_000_000)
    ab.map(abs, [1, 2])
    print("go", flush=True)
    try:
        while True:
            ab.map(lambda y, k: y * k, [x] * 4, range(4))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    assert ab.map(np.sum, [x] * 2) == [2e7] * 2
    del x
    deadline = time.monotonic() + 3
    while ab.report().used and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    assert ab.report().used == 0, ab.report()
    """
    for pause in (0.02, 0.3, 0.5, 0.7):
        script = start(textwrap.dedent(text))
        assert script.line() == "go"
        time.sleep(pause)
        script.interrupt()
        assert script.line() == "interrupted"
        status, _, err = script.end(20)
        assert (status, err) == (0, "")


# Sizes and numbers.


def test_more_extents_in_one_task_than_can_be_held():
    """Beyond the table of what a worker holds it copies."""
    count, size = 4200, 128 << 10
    arrays = [np.full(size, k % 251, "u1") for k in range(count)]
    ab.plan("processes:1")

    def look(xs):
        return [int(x[0]) + int(x[-1]) for x in xs]

    assert ab.map(look, [arrays]) == [[2 * (k % 251) for k in range(count)]]
    (back,) = ab.map(lambda xs: xs[::-1], [arrays])
    assert all(np.array_equal(x, y) for x, y in zip(back, reversed(arrays), strict=True))
    del back
    assert settles()


def test_several_threads_at_once():
    ab.plan("processes:2")
    wrong = []

    def caller(seed, shared):
        rng = np.random.default_rng(seed)
        for _ in range(15):
            x = rng.random(N)
            first, second, third = ab.map(lambda y: y + 1, [x, shared, x[5:]])
            ok = np.array_equal(first, x + 1) and np.array_equal(second, shared + 1)
            wrong.extend([] if ok and np.array_equal(third, x[5:] + 1) else [seed])

    shared = ab.share(np.arange(float(N)))
    threads = [threading.Thread(target=caller, args=(seed, shared)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    del shared, threads, thread
    assert settles()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_more_results_than_views():
    """Beyond so many mappings results are copied."""
    ab.plan("processes:2")
    size, count = 128 << 10, 21_000
    results = ab.map(np.full, [size] * count, [k % 251 for k in range(count)], ["u1"] * count)
    assert all(x[0] == x[-1] == k % 251 for k, x in enumerate(results))
    assert ab.map(lambda x: int(x[5]), results) == [k % 251 for k in range(count)]
    del results
    assert settles(0, 20)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_gigabytes():
    ab.plan("processes:2")
    (result,) = ab.map(np.ones, [1 << 27])
    assert result.nbytes == 1 << 30
    assert result.sum() == 1 << 27
    del result
    x = np.ones(1 << 29)
    assert ab.map(np.sum, [x] * 4) == [1 << 29] * 4
    assert ab.map(capture(x, np.ones(2)), [0, -1]) == [2, 2]
    del x
    assert settles()
