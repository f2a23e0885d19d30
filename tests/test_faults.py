"""Whatever dies, hangs or is interrupted: nothing waits for ever, and what is lost says so."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest

import abreast as ab
from abreast import plans


def die(how):
    if how in ("kill", "term"):
        os.kill(os.getpid(), signal.SIGKILL if how == "kill" else signal.SIGTERM)
        time.sleep(20)  # Another thread may be the one that is told, a moment later.
    elif how == "segv":
        import ctypes

        ctypes.string_at(0)
    elif how == "abort":
        os.abort()
    elif how == "_exit":
        os._exit(3)
    elif how == "exit thread":
        threading.Thread(target=os._exit, args=(4,)).start()
        time.sleep(20)
    return os.getpid()


def identity(x):
    return x


def pids():
    return plans.backend(ab.plan().levels[0]).processes()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Workers that are made to crash print no traceback of it."""
    monkeypatch.setenv("PYTHONFAULTHANDLER", "")


@pytest.mark.parametrize(
    ("how", "number", "status"),
    [
        ("kill", signal.SIGKILL, None),
        ("term", signal.SIGTERM, None),
        ("segv", signal.SIGSEGV, None),
        ("abort", signal.SIGABRT, None),
        ("_exit", None, 3),
        ("exit thread", None, 4),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_kills_its_worker(how, number, status, workers):
    ab.plan("processes", workers=workers)
    items = ["live", "live", how, "live", "live", "live"]
    results = ab.map(die, items, on_error="return")
    lost = results.pop(2)
    assert all(isinstance(pid, int) for pid in results), results
    assert isinstance(lost, ab.WorkerLost)
    assert (lost.index, lost.signal, lost.status) == (2, number, status)
    assert lost.pid not in pids()
    assert "while it ran task 2" in str(lost)
    assert (signal.Signals(number).name if number else f"exit status {status}") in str(lost)
    assert "abreast: raised by task 2 of map(die)" in lost.__notes__
    with pytest.raises(ab.WorkerLost):
        ab.map(die, ["live", how])
    with pytest.raises(ab.WorkerLost) as caught:
        ab.submit(die, how).result(20)
    assert caught.value.signal == number
    with pytest.raises(ab.WorkerLost):
        list(ab.imap(die, ["live", how]))
    assert ab.map(identity, range(20)) == list(range(20))


def test_sys_exit_in_a_task(plan):
    """It is an exception like any other: the worker lives on."""
    with pytest.raises(SystemExit) as caught:
        ab.map(sys.exit, [5])
    assert caught.value.code == 5
    with pytest.raises(SystemExit):
        ab.submit(sys.exit, 6).result(20)
    assert ab.map(identity, [1]) == [1]


def test_keyboard_interrupt_raised_by_a_task(plan):
    def interrupt(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ab.map(interrupt, range(3))
    assert ab.map(identity, [1]) == [1]


def test_all_tasks_die():
    ab.plan("processes:2")
    results = ab.map(die, ["kill"] * 12, on_error="return")
    assert [type(x) for x in results] == [ab.WorkerLost] * 12
    assert [x.index for x in results] == list(range(12))
    assert ab.map(identity, range(20)) == list(range(20))


def test_idle_workers_killed():
    ab.plan("processes:2")
    for _ in range(5):
        ab.map(time.sleep, [0.02, 0.02])
        victims = pids()
        assert victims
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        assert ab.map(identity, range(50)) == list(range(50))
        assert not set(victims) & set(pids())


def test_results_of_the_dead_are_kept():
    ab.plan("processes:1")
    ended = [ab.submit(identity, k) for k in range(5)]
    last = ab.submit(die, "kill")
    assert isinstance(last.exception(20), ab.WorkerLost)
    assert [future.result(20) for future in ended] == list(range(5))


def test_a_large_result_outlives_its_worker():
    ab.plan("processes:1")
    big = ab.submit(bytes, 30_000_000)
    assert isinstance(ab.submit(die, "kill").exception(20), ab.WorkerLost)
    assert big.result(20) == bytes(30_000_000)


def test_stopped_workers_delay_and_lose_nothing():
    ab.plan("processes:2")
    ab.map(time.sleep, [0.02, 0.02])
    victims = pids()
    for pid in victims:
        os.kill(pid, signal.SIGSTOP)
    future = ab.submit(identity, 3)
    with pytest.raises(TimeoutError):
        future.result(0.2)
    for pid in victims:
        os.kill(pid, signal.SIGCONT)
    assert future.result(20) == 3
    ab.map(time.sleep, [0.02, 0.02])
    os.kill(pids()[0], signal.SIGSTOP)
    started = time.monotonic()
    ab.shutdown(0.5)
    assert time.monotonic() - started < 5


def kills_while(work, seconds, pause):
    """Kill a worker now and then while `work` goes on; return how many."""
    stop, killed = threading.Event(), []

    def killer():
        while not stop.wait(pause):
            for pid in pids()[:1]:
                try:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                except ProcessLookupError:
                    pass

    thread = threading.Thread(target=killer)
    thread.start()
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            work()
    finally:
        stop.set()
        thread.join()
    return len(killed)


def check_big_map():
    results = ab.map(identity, range(100_000), on_error="return")
    assert len(results) == 100_000
    for index, value in enumerate(results):
        if value != index:
            assert isinstance(value, ab.WorkerLost), (index, value)
            assert value.index == index


def check_lost_are_few():
    results = ab.map(identity, range(100_000), on_error="return")
    return sum(isinstance(value, ab.WorkerLost) for value in results)


def test_kills_during_a_hundred_thousand_tiny_tasks():
    ab.plan("processes:2")
    assert kills_while(check_big_map, 5, 0.1) >= 10
    assert check_lost_are_few() == 0


def test_a_kill_costs_only_the_task_that_ran():
    ab.plan("processes:2")
    lost, rounds = 0, 0

    def work():
        nonlocal lost, rounds
        rounds += 1
        lost += check_lost_are_few()

    killed = kills_while(work, 4, 0.15)
    assert lost <= killed, f"{lost} tasks lost by {killed} kills"


def test_kills_while_futures_wait():
    ab.plan("processes:2")

    def work():
        for k, future in enumerate([ab.submit(identity, k) for k in range(300)]):
            error = future.exception(30)
            assert (error is None and future.result() == k) or isinstance(error, ab.WorkerLost)

    assert kills_while(work, 3, 0.05) >= 10


def test_kills_during_a_stream():
    ab.plan("processes:2")

    def work():
        got = list(ab.imap(identity, iter(range(5000)), on_error="return"))
        assert len(got) == 5000
        assert all(v == k or isinstance(v, ab.WorkerLost) for k, v in enumerate(got))

    assert kills_while(work, 3, 0.05) >= 10


@pytest.mark.long
def test_a_thousand_kills():
    ab.plan("processes:2")
    killed = 0
    while killed < 1000:
        killed += kills_while(check_big_map, 20, 0.02)
    assert check_lost_are_few() == 0


def test_workers_go_when_the_parent_is_killed(start):
    text = """
    import os, time
    import abreast as ab
    ab.plan("processes:2")
    futures = [ab.submit(pow, 2, k) for k in range(5)]
    ab.gather(futures)
    def work(x):
        time.sleep(30)
    futures = [ab.submit(work, x) for x in range(2)]
    time.sleep(0.3)
    print("ready", flush=True)
    time.sleep(60)
    """
    script = start(textwrap.dedent(text))
    assert script.line() == "ready"
    assert len(psutil.Process(script.pid).children()) == 2
    os.kill(script.pid, signal.SIGKILL)
    status, _, err = script.end(10)  # checks that within two seconds nobody is left
    assert status == -signal.SIGKILL
    assert err == ""


@pytest.mark.parametrize("busy", ["sum(range(10**11))", "__import__('time').sleep(60)", "None"])
def test_workers_go_whatever_they_do(start, busy):
    text = f"""
    import time
    import abreast as ab
    ab.plan("processes:2")
    ab.map(abs, [1, 2])
    futures = [ab.submit(lambda: {busy}) for _ in range(2)]
    time.sleep(0.3)
    print("ready", flush=True)
    time.sleep(60)
    """
    script = start(textwrap.dedent(text))
    assert script.line() == "ready"
    os.kill(script.pid, signal.SIGKILL)
    assert script.end(10)[0] == -signal.SIGKILL


def test_workers_go_when_the_parent_is_killed_while_they_start(start):
    text = """
    import time
    import abreast as ab
    ab.plan("processes:2")
    print("go", flush=True)
    ab.map(time.sleep, [5, 5])
    """
    text = textwrap.dedent(text)
    for pause in (0.0, 0.01, 0.03, 0.06):
        script = start(text)
        assert script.line() == "go"
        time.sleep(pause)
        os.kill(script.pid, signal.SIGKILL)
        status, _, err = script.end(10)
        assert status == -signal.SIGKILL
        assert "Traceback" not in err, err


@pytest.mark.parametrize("program", ["/bin/false", "/does/not/exist", "/bin/true"])
def test_workers_that_cannot_start(monkeypatch, program):
    monkeypatch.setattr(sys, "executable", program)
    ab.plan("processes:2")
    started = time.monotonic()
    with pytest.raises(ab.LaunchError) as caught:
        ab.map(identity, range(5))
    assert isinstance(ab.submit(identity, 1).exception(20), ab.LaunchError)
    with pytest.raises(ab.LaunchError):
        list(ab.imap(identity, range(5)))
    assert time.monotonic() - started < 10
    assert "hint:" in str(caught.value)
    monkeypatch.undo()
    ab.shutdown()
    assert ab.map(identity, [1], plan="processes:2") == [1]


def test_no_interpreter(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(ab.LaunchError, match=r"sys\.executable names none"):
        ab.map(identity, [1], plan="processes:2")


def test_map_in_map_fifty_deep(plan):
    def down(depth):
        if depth == 0:
            return [0]
        first, second = ab.map(down, [depth - 1, 0])
        return [depth, *first, *second]

    assert ab.map(down, [50, 50])[0][:51] == list(range(50, -1, -1))


def test_levels_of_threads_nested_in_each_other():
    def down(depth):
        return depth if depth == 0 else max(ab.map(down, [depth - 1] * 3)) + 1

    with ab.plan(["threads:2"] * 4):
        assert ab.map(down, [5, 5, 5]) == [5, 5, 5]


def test_tasks_that_submit_to_their_own_pool_do_not_wait_for_ever():
    ab.plan("threads:2")

    def down(depth):
        if depth == 0:
            return 0
        return ab.options(plan="threads:2").submit(down, depth - 1).result() + 1

    assert ab.map(down, [50, 50], plan="threads:2") == [50, 50]


def test_a_task_that_forks():
    def fork(x):
        child = os.fork()
        if child == 0:
            os._exit(5)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert ab.map(fork, range(6), plan="processes:2") == [5] * 6


def test_a_task_that_leaves_a_child_behind(tmp_path):
    """Its worker's death must be seen although the child holds its descriptors open."""

    def leave(x):
        child = subprocess.Popen(["sleep", "4"], close_fds=False, start_new_session=True)
        (tmp_path / "pid").write_text(str(child.pid))
        os.kill(os.getpid(), signal.SIGKILL)

    started = time.monotonic()
    with pytest.raises(ab.WorkerLost):
        ab.map(leave, [1], plan="processes:1")
    assert time.monotonic() - started < 3
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_a_task_that_forks_and_dies(tmp_path):
    def fork(x):
        child = os.fork()
        if child == 0:
            time.sleep(3)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)

    started = time.monotonic()
    with pytest.raises(ab.WorkerLost):
        ab.map(fork, [1], plan="processes:1")
    assert time.monotonic() - started < 2


def test_a_task_that_closes_everything():
    """Standard streams and whatever else: the worker answers all the same."""

    def close(x):
        for descriptor in range(3):
            os.close(descriptor)
        return x

    assert ab.map(close, [7], plan="processes:1") == [7]
    assert ab.map(identity, [8], plan="processes:1") == [8]


def test_little_memory_for_the_address_space(run):
    text = """
    import resource
    import abreast as ab
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    ab.plan("processes:2")
    assert ab.map(abs, range(-100, 0)) == list(range(100, 0, -1))
    """
    run(textwrap.dedent(text))


def test_few_descriptors(start):
    text = """
    import os, resource
    import abreast as ab
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    try:
        ab.map(abs, range(100), plan="processes:64")
    except (ab.LaunchError, OSError) as error:
        print("told", error)
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    ab.shutdown()
    """
    assert start(textwrap.dedent(text)).end(60)[0] == 0
