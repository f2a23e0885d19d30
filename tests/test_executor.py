"""`ab.Executor`: the standard library's protocol over every plan, and what may go wrong."""

import asyncio
import collections
import concurrent.futures as cf
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import weakref
from functools import partial
from pathlib import Path

import pytest

import abreast as ab

HERE = Path(__file__).parent


def double(x):
    return 2 * x


def die(_=None):
    os.kill(os.getpid(), signal.SIGKILL)


def run(program, *arguments, **options):
    """Run a program of its own; return its output, after which nothing may be left."""
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    assert not done.stderr, done.stderr
    return done.stdout


def test_the_protocol_on_every_plan(plan):
    with ab.Executor(plan) as executor:
        assert isinstance(executor, cf.Executor)
        future = executor.submit(pow, 2, exp=10)
        assert isinstance(future, cf.Future)
        assert future.result() == 1024
        assert future.done()
        assert not future.cancelled()
        failed = executor.submit(divmod, 1, 0)
        with pytest.raises(ZeroDivisionError):
            failed.result()
        assert isinstance(failed.exception(), ZeroDivisionError)
        futures = [executor.submit(double, x) for x in range(20)]
        done, not_done = cf.wait(futures)
        assert not not_done
        assert [each.result() for each in futures] == [2 * x for x in range(20)]
        assert set(cf.as_completed(futures)) == done == set(futures)
        assert list(executor.map(pow, range(9), [2] * 9)) == [x * x for x in range(9)]
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        executor.submit(double, 1)
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        executor.map(double, [1])


def test_without_a_plan_it_is_the_one_in_force_where_it_was_made():
    with ab.plan("threads", workers=3):
        executor = ab.Executor()
        fewer = ab.Executor(max_workers=2)
    assert repr(executor) == "Executor('threads', workers=3)"
    assert repr(fewer) == "Executor('threads', workers=2)"
    assert executor._max_workers == 3
    assert executor.submit(threading.current_thread).result() is not threading.current_thread()
    assert repr(ab.Executor(plan=ab.plan("serial"))) == "Executor('serial')"
    executor.shutdown()
    assert repr(executor) == "Executor('threads', workers=3, closed)"


def test_what_it_refuses():
    with pytest.raises(ValueError, match="max_workers must be greater than 0"):
        ab.Executor("threads", max_workers=0)
    with pytest.raises(ValueError, match="two names of one thing"):
        ab.Executor("threads", max_workers=1, workers=2)
    with pytest.raises(ab.PlanError, match="there is no such plan"):
        ab.Executor("thread")
    with pytest.raises(TypeError, match="wrokers"):
        ab.Executor(wrokers=2)
    executor = ab.Executor("serial")
    with pytest.raises(TypeError, match="cannot be called"):
        executor.submit(3)
    with pytest.raises(ValueError, match="chunksize must be >= 1"):
        executor.map(double, [1], chunksize=0)
    with pytest.raises(TypeError, match="an integer or None"):
        executor.map(double, [1], buffersize="1")
    with pytest.raises(ValueError, match="None or > 0"):
        executor.map(double, [1], buffersize=0)
    with pytest.raises(TypeError, match="stays in the process"):
        pickle.dumps(executor)


def test_a_callback_is_told_once_and_its_failure_is_logged(plan, caplog):
    told = []

    def fail(future):
        told.append(future)
        raise ValueError("of a callback")

    with ab.Executor(plan) as executor:
        future = executor.submit(double, 1)
        future.add_done_callback(fail)
        future.add_done_callback(told.append)
        future.result()
        for _ in range(500):
            if len(told) == 2:
                break
            time.sleep(0.01)
    assert told == [future, future]
    assert "exception calling callback" in caplog.text
    caplog.clear()  # it holds the traceback, and with it the executor


def test_a_waiting_task_is_cancelled_and_a_running_one_is_not(parallel):
    with ab.Executor(parallel) as executor:
        running = [executor.submit(time.sleep, 0.2) for _ in range(2)]
        while not all(each.running() for each in running):
            time.sleep(0.001)
        waiting = executor.submit(double, 1)
        assert not running[0].cancel()
        assert waiting.cancel()
        assert waiting.cancelled()
        with pytest.raises(cf.CancelledError):
            waiting.result()
        assert cf.wait([waiting], timeout=0).done == {waiting}


def test_a_future_that_has_ended_is_seen_to_have_ended(parallel):
    with ab.Executor(parallel) as executor:
        future = executor.submit(double, 1)
        deadline = time.monotonic() + 20
        while not cf.wait([future], timeout=0).done:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_map_goes_on_without_anybody_asking(parallel, tmp_path):
    with ab.Executor(parallel) as executor:
        executor.map(partial(touch, str(tmp_path)), range(50))
    assert len(list(tmp_path.iterdir())) == 50


def touch(folder, name):
    (Path(folder) / str(name)).touch()
    return name


def test_map_raises_in_its_place_and_withdraws_the_rest(plan, tmp_path):
    with ab.Executor(plan) as executor:
        results = executor.map(partial(divmod, 6), [1, 2, 0, 3])
        assert [next(results), next(results)] == [(6, 0), (3, 0)]
        with pytest.raises(ZeroDivisionError) as caught:
            next(results)
        assert "task 2 of map" in caught.value.__notes__[0]
        assert list(results) == []


def test_map_times_out_and_goes_on_in_the_next_call(parallel):
    with ab.Executor(parallel) as executor:
        list(executor.map(time.sleep, [0.1, 0.1]))  # workers are there
        begin = time.monotonic()
        results = executor.map(time.sleep, [0, 2], timeout=0.8)
        assert next(results) is None
        with pytest.raises(TimeoutError, match="task 1"):
            next(results)
        assert time.monotonic() - begin < 1.9
        assert list(executor.map(double, range(3), timeout=20)) == [0, 2, 4]


def test_map_reads_no_further_than_its_buffer(plan):
    read = []

    def numbers():
        for number in range(100):
            read.append(number)
            yield number

    with ab.Executor(plan) as executor:
        results = executor.map(double, numbers(), buffersize=4)
        assert len(read) == 4
        assert [next(results) for _ in range(3)] == [0, 2, 4]
        assert len(read) == 7
        assert list(results) == [2 * x for x in range(3, 100)]


def test_map_of_something_that_does_not_pickle_fails_in_its_place():
    with ab.Executor("processes:2") as executor:
        results = executor.map(double, [1, threading.Lock(), 3])
        assert next(results) == 2
        with pytest.raises(pickle.PicklingError) as caught:
            next(results)
        assert isinstance(caught.value, ab.TransferError)
        with pytest.raises(pickle.PicklingError):
            executor.map(threading.Lock().acquire, [1])


def test_map_holds_no_result(parallel):
    with ab.Executor(parallel) as executor:
        for each in executor.map(Thing, range(4)):
            seen = weakref.ref(each)
            del each
            gc.collect()
            assert seen() is None


class Thing:
    def __init__(self, number=0):
        self.number = number

    def method(self):
        return self.number


def test_a_dropped_future_holds_nothing(parallel):
    with ab.Executor(parallel) as executor:
        thing = Thing()
        seen = weakref.ref(thing)
        executor.submit(thing.method)
        del thing
        for _ in range(500):
            if seen() is None:
                break
            time.sleep(0.01)
        assert seen() is None
        for number in range(200):
            executor.submit(double, number)
        for _ in range(500):
            executor._sweep()
            if not executor._work:
                break
            time.sleep(0.01)
        assert not executor._work


def test_a_future_among_the_arguments_stays_one():
    with ab.Executor("threads:2") as executor:
        first = executor.submit(double, 2)
        assert executor.submit(cf.Future.result, first).result() == 4
        captured = executor.submit(lambda: first.result() + 1)
        assert captured.result() == 5
    with ab.Executor("processes:2") as executor:
        error = executor.submit(double, executor.submit(double, 1)).exception()
        assert isinstance(error, ab.TransferError)


def test_what_does_not_pickle_is_the_exception_of_its_future():
    with ab.Executor("processes:2") as executor:
        future = executor.submit(double, threading.Lock())
        with pytest.raises(pickle.PicklingError, match="hint:") as caught:
            future.result()
        assert isinstance(caught.value, ab.TransferError)
        with pytest.raises(pickle.PicklingError):
            executor.submit(threading.Lock).result()
        assert executor.submit(double, 1).result() == 2


def test_a_lost_worker_costs_its_task_alone():
    with ab.Executor("processes:2") as executor:
        futures = [executor.submit(die if x == 5 else double, x) for x in range(20)]
        error = futures[5].exception()
        assert isinstance(error, ab.WorkerLost)
        assert isinstance(error, cf.process.BrokenProcessPool)
        assert error.signal == signal.SIGKILL
        kept = [each.result() for x, each in enumerate(futures) if x != 5]
        assert kept == [2 * x for x in range(20) if x != 5]
        assert type(pickle.loads(pickle.dumps(error))) is ab.WorkerLost
        with pytest.raises(cf.BrokenExecutor):
            list(executor.map(die, [1]))
        assert executor.submit(double, 1).result() == 2


def test_the_plan_is_shut_down_under_it(parallel):
    executor = ab.Executor(parallel)
    futures = [executor.submit(time.sleep, 0.4) for _ in range(6)]
    ab.shutdown(grace=0.1)
    executor.shutdown()
    errors = [each.exception() for each in futures]
    assert isinstance(errors[-1], ab.PoolClosed)
    assert isinstance(errors[-1], cf.BrokenExecutor)
    with ab.Executor(parallel) as another:
        assert another.submit(double, 1).result() == 2


def test_shutdown_waits_for_all_and_cancels_on_request(parallel):
    executor = ab.Executor(parallel)
    futures = [executor.submit(time.sleep, 0.05) for _ in range(6)]
    executor.shutdown()
    assert all(each.done() for each in futures)
    executor.shutdown()

    executor = ab.Executor(parallel)
    futures = [executor.submit(time.sleep, 0.2) for _ in range(20)]
    while not futures[0].running():
        time.sleep(0.001)
    results = executor.map(time.sleep, [0.2] * 20)
    executor.shutdown(cancel_futures=True)
    assert futures[0].result() is None
    assert sum(each.cancelled() for each in futures) >= 10
    assert all(each.done() for each in futures)
    with pytest.raises(cf.CancelledError):
        list(results)


def test_shutdown_without_waiting_lets_tasks_end(parallel):
    executor = ab.Executor(parallel)
    futures = [executor.submit(double, x) for x in range(20)]
    executor.shutdown(wait=False)
    assert [each.result() for each in futures] == [2 * x for x in range(20)]


def test_shutdown_from_a_callback(parallel):
    executor = ab.Executor(parallel)
    ended = threading.Event()

    def end(_):
        executor.shutdown()
        ended.set()

    first = executor.submit(time.sleep, 0.05)
    others = [executor.submit(double, x) for x in range(20)]
    first.add_done_callback(end)
    assert ended.wait(20)
    assert [each.result() for each in others] == [2 * x for x in range(20)]


def test_shutdown_in_one_of_its_tasks_says_so():
    executor = ab.Executor("threads:2")
    with pytest.raises(RuntimeError, match="for ever"):
        executor.submit(executor.shutdown).result()
    executor.shutdown()


def test_two_threads_may_submit_and_shut_down(parallel):
    executor = ab.Executor(parallel)
    answers, refused = [], []

    def submit():
        try:
            while True:
                answers.append(executor.submit(double, 1))
        except RuntimeError as error:
            refused.append(error)

    threads = [threading.Thread(target=submit) for _ in range(3)]
    for each in threads:
        each.start()
    time.sleep(0.1)
    executor.shutdown()
    for each in threads:
        each.join(20)
    assert len(refused) == 3
    assert all(each.done() and each.result() == 2 for each in answers)


def initialize(value):
    Thing.state = value


def state():
    return Thing.state


def test_the_initializer_runs_once_in_each_worker(plan):
    calls = []
    executor = ab.Executor(plan, initializer=initialize, initargs=(7,))
    assert {executor.submit(state).result() for _ in range(10)} == {7}
    assert set(executor.map(lambda _: Thing.state, range(10))) == {7}
    executor.shutdown()
    with ab.Executor("threads:2", initializer=calls.append, initargs=(1,)) as executor:
        assert list(executor.map(double, range(20))) == [2 * x for x in range(20)]
    assert 1 <= len(calls) <= 2
    Thing.state = None


def test_an_initializer_that_fails_breaks_the_executor(plan, caplog):
    executor = ab.Executor(plan, initializer=divmod, initargs=(1, 0))
    with pytest.raises(cf.BrokenExecutor, match="divmod raised ZeroDivisionError"):
        executor.submit(double, 1).result()
    with pytest.raises(cf.BrokenExecutor):
        executor.submit(double, 1)
    with pytest.raises(TypeError, match="must be a callable"):
        ab.Executor(plan, initializer=3)
    executor.shutdown()
    assert "Exception in initializer" in caplog.text or plan == "processes:2"
    caplog.clear()


def test_asyncio_runs_in_it(parallel):
    async def main():
        loop = asyncio.get_running_loop()
        with ab.Executor(parallel) as executor:
            calls = [loop.run_in_executor(executor, double, x) for x in range(20)]
            found = await asyncio.gather(*calls)
            with pytest.raises(ZeroDivisionError):
                await loop.run_in_executor(executor, divmod, 1, 0)
            assert await asyncio.wrap_future(executor.submit(double, 2)) == 4
            slow = [loop.run_in_executor(executor, time.sleep, 0.3) for _ in range(3)]
            await asyncio.sleep(0.05)
            slow[2].cancel()
            await asyncio.wait(slow)
            assert slow[2].cancelled()
            return found

    assert asyncio.run(main()) == [2 * x for x in range(20)]


def test_helpers_of_tqdm_take_it(plan, capsys, monkeypatch):
    import tqdm
    from tqdm.contrib.concurrent import _executor_map

    monkeypatch.setattr(tqdm.tqdm, "monitor_interval", 0)  # a thread that stays
    found = _executor_map(partial(ab.Executor, plan), double, range(30), max_workers=2)
    assert found == [2 * x for x in range(30)]
    assert "30/30" in capsys.readouterr().err


def test_a_subclass_that_submits_itself_sees_each_task_of_map(plan):
    class Counting(ab.Executor):
        count = 0

        def submit(self, *args, **kwargs):
            self.count += 1
            return super().submit(*args, **kwargs)

    with Counting(plan) as executor:
        assert list(executor.map(double, range(9))) == [2 * x for x in range(9)]
        assert list(executor.map(double, range(9), buffersize=2)) == [2 * x for x in range(9)]
        with pytest.raises(ZeroDivisionError):
            list(executor.map(divmod, [1], [0]))
    assert executor.count == 19


@pytest.mark.parametrize("name", ["serial", "threads:2", "processes:2"])
def test_work_that_is_outstanding_at_exit_is_done(name):
    program = """
import sys, time, abreast as ab
def late(word):
    time.sleep(0.3)
    print(word, flush=True)
executor = ab.Executor(sys.argv[1])
executor.submit(late, "done")
executor.shutdown(wait=False)
"""
    assert run(program, name) == "done\n"


@pytest.mark.parametrize("name", ["serial", "threads:2", "processes:2"])
def test_submit_after_the_end_of_the_program_is_refused(name):
    program = """
import atexit, sys
@atexit.register
def late():
    try:
        executor.submit(abs, 1)
    except RuntimeError as error:
        print(error)
import abreast as ab
executor = ab.Executor(sys.argv[1])
assert executor.submit(abs, -1).result() == 1
"""
    assert run(program, name) == "cannot schedule new futures after interpreter shutdown\n"


@pytest.mark.parametrize("name", ["threads:2", "processes:2"])
def test_ctrl_c_ends_a_wait(name):
    program = """
import os, signal, sys, threading, time, abreast as ab
executor = ab.Executor(sys.argv[1])
future = executor.submit(time.sleep, 2)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    future.result()
except KeyboardInterrupt:
    print("interrupted", not future.done())
executor.shutdown(cancel_futures=True)
print(future.done())
"""
    assert run(program, name) == "interrupted True\nTrue\n"


@pytest.mark.parametrize("name", ["threads:2", "processes:2"])
def test_in_a_forked_child_it_starts_anew(name):
    program = """
import os, sys, time, warnings, abreast as ab
warnings.simplefilter("ignore")  # newer Pythons warn of fork beside threads
executor = ab.Executor(sys.argv[1])
executor.submit(time.sleep, 0.3)
child = os.fork()
if not child:
    assert executor.submit(abs, -1).result() == 1
    executor.shutdown()
    ab.shutdown()
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
executor.shutdown()
"""
    assert run(program, name) == "7\n"


def find_cpythons_tests():
    """Return a Python that has CPython's tests of executors, itself if possible."""
    import shutil

    names = [sys.executable, *(f"python3.{minor}" for minor in (14, 13, 12))]
    found = filter(None, map(shutil.which, names))
    others = sorted(Path.home().glob(".pyenv/versions/3.1[2-9].*/bin/python3"), reverse=True)
    for name in (*found, *map(str, others)):
        known = subprocess.run(
            [name, "-c", "import test.test_concurrent_futures.executor, test.support"],
            capture_output=True,
            timeout=60,
        )
        if not known.returncode:
            return name
    return None


@pytest.mark.long
def test_cpythons_own_tests(tmp_path):
    """They take a minute, nearly all of it in `time.sleep`."""
    import cloudpickle
    import threadpoolctl

    python = find_cpythons_tests()
    if python is None:
        pytest.skip("no Python here has CPython's own tests")
    # That Python may be another than this one: what abreast needs and is not compiled goes along.
    (tmp_path / "cloudpickle").symlink_to(Path(cloudpickle.__file__).parent)
    (tmp_path / "threadpoolctl.py").symlink_to(threadpoolctl.__file__)
    path = f"{Path(ab.__file__).parents[1]}{os.pathsep}{tmp_path}"
    done = subprocess.run(
        [python, str(HERE / "cpython_executor.py")],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=280,
    )
    print(done.stdout[-4000:], done.stderr[-4000:])
    assert not done.returncode


def test_workers_are_replaced_after_so_many_tasks():
    with ab.Executor("processes:2", max_tasks_per_child=3) as executor:
        pids = [executor.submit(os.getpid) for _ in range(12)]
        pids += list(executor.map(lambda _n: os.getpid(), range(12)))
        counts = collections.Counter(
            each.result() if hasattr(each, "result") else each for each in pids
        )
    assert len(counts) >= 8 and max(counts.values()) == 3
    with ab.Executor(
        "processes:1", max_tasks_per_child=1, initializer=setattr, initargs=(cf, "_mark", 1)
    ) as executor:
        seen = [executor.submit(lambda: (getattr(cf, "_mark", 0), os.getpid())) for _ in range(3)]
        values = [each.result() for each in seen]
        large = [executor.submit(bytes, 1 << 21).result() for _ in range(2)]
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result()
    assert [mark for mark, _ in values] == [1, 1, 1] and len({pid for _, pid in values}) == 3
    assert {len(each) for each in large} == {1 << 21}
    # Others who use the plan notice nothing.
    assert ab.map(double, range(3), plan="processes:1") == [0, 2, 4]


def test_what_process_pools_are_told():
    import multiprocessing

    for method in ("spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with ab.Executor("processes:1", mp_context=context) as executor:
            assert executor.submit(double, 2).result() == 4
    for kind, settings, words in (
        (ValueError, {"mp_context": multiprocessing.get_context("fork")}, "(?s)'fork'.*hint:"),
        (TypeError, {"mp_context": "spawn"}, "(?s)not a context.*hint:"),
        (TypeError, {"max_tasks_per_child": 2.5}, "is an integer"),
        (TypeError, {"max_tasks_per_child": True}, "is an integer"),
        (ValueError, {"max_tasks_per_child": 0}, "must be >= 1"),
        (TypeError, {"thread_name_prefix": "mine"}, "(?s)no thread_name_prefix.*hint:"),
        (TypeError, {"max_task_per_child": 2}, "max_tasks_per_child"),
    ):
        with pytest.raises(kind, match=words):
            ab.Executor("processes:1", **settings)
    with pytest.raises(ValueError, match=r"(?s)'threads', max_tasks_per_child=2.*hint:"):
        ab.Executor("threads:1", max_tasks_per_child=2)
