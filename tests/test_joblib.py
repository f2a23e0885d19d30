"""joblib's backend `abreast`: what joblib promises, and what may go wrong."""

import importlib.util
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from itertools import product
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config

import abreast as ab
import abreast.interop.joblib
from abreast.backends import memory

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def here():
    """All calls of a test run on abreast."""
    with parallel_config(backend="abreast", n_jobs=2):
        yield


def square(x, offset=0):
    return x * x + offset


def slowly(x, seconds=0.0):
    time.sleep(seconds)
    return x


def fail_at(x, place):
    if x == place:
        raise ValueError(f"at {x}")
    return x


def worker(_=None):
    return os.getpid()


def die(x, place):
    if x == place:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def nested_kinds(_=None):
    backend, _ = joblib.parallel.get_active_backend()
    return (
        type(backend).__name__,
        os.getpid(),
        Parallel(n_jobs=2)(delayed(worker)(x) for x in range(3)),
    )


def test_values_come_in_order():
    every = product(["auto", 1, 7], ["2*n_jobs", "all", 3], ["list", "generator"])
    for batch_size, pre_dispatch, return_as in every:
        run = Parallel(batch_size=batch_size, pre_dispatch=pre_dispatch, return_as=return_as)
        calls = (delayed(square)(x, offset=x % 2) for x in range(200))
        assert list(run(calls)) == [x * x + x % 2 for x in range(200)], (batch_size, pre_dispatch)


def test_any_number_of_jobs():
    for n_jobs in (1, 2, 3, -1, -2, 2.7):
        found = Parallel(n_jobs=n_jobs)(delayed(square)(x) for x in range(9))
        assert found == [x * x for x in range(9)]


def test_no_jobs_and_unknown_settings_are_refused():
    with pytest.raises(ValueError, match="n_jobs == 0"):
        Parallel(n_jobs=0)([delayed(square)(1)])
    with pytest.raises(TypeError, match="memory_limit"), parallel_config("abreast", memory_limit=1):
        pass
    with pytest.raises(ab.PlanError), parallel_config("abreast", plan="thread"):
        pass


def test_generators_in_order_of_ending():
    run = Parallel(return_as="generator_unordered")
    found = list(run(delayed(slowly)(x, 0.6 if x == 0 else 0.0) for x in range(8)))
    assert sorted(found) == list(range(8))
    assert found.index(0) > 0


def test_a_generator_dispatches_while_nobody_asks(tmp_path):
    results = Parallel(return_as="generator")(
        delayed(Path.touch)(tmp_path / str(number)) for number in range(40)
    )
    deadline = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < 40 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(list(tmp_path.iterdir())) == 40
    assert list(results) == [None] * 40


def test_a_generator_that_is_dropped_withdraws_the_rest():
    for return_as in ("generator", "generator_unordered"):
        results = Parallel(return_as=return_as)(delayed(slowly)(x, 0.05) for x in range(500))
        next(results)
        with pytest.warns(UserWarning, match="still being processed"):
            results.close()
        assert Parallel()(delayed(square)(x) for x in range(3)) == [0, 1, 4]


def test_functions_of_many_kinds_in_one_call():
    calls = [delayed(square)(2), delayed(abs)(-3), delayed(lambda x: -x)(4), delayed(square)(3, 1)]
    assert Parallel(batch_size=2)(calls) == [4, 3, -4, 10]


def test_work_is_done_in_workers_that_stay():
    first = set(Parallel()(delayed(worker)(x) for x in range(20)))
    second = set(Parallel()(delayed(worker)(x) for x in range(20)))
    assert os.getpid() not in first | second
    assert len(first | second) <= 2


def test_an_exception_is_itself_and_the_next_call_is_well():
    for return_as in ("list", "generator", "generator_unordered"):
        with Parallel(return_as=return_as) as run:
            for _ in range(2):
                with pytest.raises(ValueError, match="at 5") as caught:
                    list(run(delayed(fail_at)(x, 5) for x in range(1000)))
                assert "in fail_at" in str(caught.value.__cause__)
                assert sorted(run(delayed(square)(x) for x in range(4))) == [0, 1, 4, 9]


def test_a_lost_worker_is_an_error_and_the_next_call_is_well():
    for return_as in ("list", "generator"):
        from concurrent.futures import BrokenExecutor

        with pytest.raises(BrokenExecutor, match="SIGKILL") as caught:
            list(Parallel(return_as=return_as)(delayed(die)(x, 7) for x in range(100)))
        assert isinstance(caught.value, ab.WorkerLost)
        assert Parallel()(delayed(square)(x) for x in range(4)) == [0, 1, 4, 9]


def test_what_does_not_pickle_is_an_error_and_the_next_call_is_well():
    for return_as in ("list", "generator"):
        with pytest.raises(pickle.PicklingError, match="hint:"):
            list(
                Parallel(return_as=return_as, batch_size=1)(
                    delayed(square)(threading.Lock() if x == 50 else x) for x in range(100)
                )
            )
        with pytest.raises(pickle.PicklingError):
            Parallel()([delayed(threading.Lock().acquire)(False)] * 3)
        assert Parallel()(delayed(square)(x) for x in range(4)) == [0, 1, 4, 9]


def test_a_batch_that_takes_too_long_is_stopped():
    for return_as in ("list", "generator"):
        begin = time.monotonic()
        with pytest.raises(multiprocessing.TimeoutError):
            list(
                Parallel(timeout=0.5, return_as=return_as)(delayed(slowly)(x, 60) for x in range(3))
            )
        assert time.monotonic() - begin < 20
        assert Parallel(timeout=60)(delayed(square)(x) for x in range(4)) == [0, 1, 4, 9]


def test_an_iterator_that_fails_is_heard():
    for return_as in ("list", "generator"):

        def calls():
            for number in range(100):
                if number == 50:
                    raise LookupError("in the iterator")
                yield delayed(square)(number)

        with pytest.raises(LookupError, match="in the iterator"):
            list(Parallel(return_as=return_as)(calls()))


def test_a_call_inside_a_task_runs_on_threads():
    (kind, process, workers), *_ = Parallel()(delayed(nested_kinds)(x) for x in range(2))
    assert kind == "ThreadingBackend"
    assert set(workers) == {process}


def inside(_):
    return Parallel(n_jobs=2, backend="abreast")(delayed(square)(x) for x in range(3))


def test_a_call_inside_a_task_may_ask_for_abreast():
    assert Parallel()(delayed(inside)(x) for x in range(2)) == [[0, 1, 4]] * 2


def test_an_iterator_may_make_calls_itself():
    def calls():
        for number in range(20):
            (same,) = Parallel()([delayed(square)(number)])
            yield delayed(square)(same)

    assert Parallel()(calls()) == [number**4 for number in range(20)]


def test_several_threads_call_side_by_side():
    found = {}

    def call(number):
        with parallel_config(backend="abreast", n_jobs=2):
            found[number] = Parallel()(delayed(square)(x, number) for x in range(300))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert found == {number: [x * x + number for x in range(300)] for number in range(4)}


def total(x, place):
    return float(x[place::7].sum())


def test_a_large_array_is_copied_once_a_call():
    x = np.arange(2e6)
    Parallel()(delayed(square)(1) for _ in range(4))
    before = memory.tally()
    found = Parallel()(delayed(total)(x, place) for place in range(7))
    after = memory.tally()
    assert found == [total(x, place) for place in range(7)]
    copied = sum(after[name] - before[name] for name in ("fresh", "reused"))
    assert x.nbytes <= copied < 1.5 * x.nbytes


def write(x):
    x[0] = -1.0
    return float(x[1])


def test_what_a_task_writes_stays_there():
    x = np.ones(200_000)
    assert Parallel()(delayed(write)(x) for _ in range(4)) == [1.0] * 4
    assert x[0] == 1.0


def inner_threads(_):
    import threadpoolctl

    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]


def test_inner_threads_are_held_in_check():
    with parallel_config(backend="abreast", n_jobs=2, inner_max_num_threads=1):
        found = Parallel()(delayed(inner_threads)(x) for x in range(4))
    assert all(number == 1 for each in found for number in each)


def test_on_threads():
    with parallel_config(backend="abreast", plan="threads", n_jobs=2):
        seen = []
        assert Parallel(require="sharedmem")(delayed(seen.append)(x) for x in range(50)) == (
            [None] * 50
        )
        assert sorted(seen) == list(range(50))
        with pytest.raises(ValueError, match="at 5"):
            Parallel()(delayed(fail_at)(x, 5) for x in range(100))


class Kept:
    value = None


def keep(value):
    Kept.value = value


def kept(_):
    return Kept.value


def test_an_initializer_is_called_in_each_worker():
    with parallel_config(backend="abreast", n_jobs=2, initializer=keep, initargs=(5,)):
        assert set(Parallel()(delayed(kept)(x) for x in range(9))) == {5}
    assert set(Parallel(initializer=keep, initargs=(6,))(delayed(kept)(x) for x in range(9))) == {6}


def test_scikit_learn_runs_on_it():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, cross_val_predict

    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    y = (x[:, 0] + 0.3 * rng.normal(size=300) > 0).astype(int)

    def scores(n_jobs):
        search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, n_jobs=n_jobs).fit(x, y)
        forest = RandomForestClassifier(8, random_state=0, n_jobs=n_jobs).fit(x, y)
        held_out = cross_val_predict(LogisticRegression(), x, y, n_jobs=n_jobs)
        return search.cv_results_["mean_test_score"], forest.predict(x), held_out

    for ours, serial in zip(scores(2), scores(1), strict=True):
        np.testing.assert_array_equal(ours, serial)


def run(program):
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_ctrl_c_stops_the_tasks_and_the_program_leaves():
    done = run("""
import os, signal, threading, time, joblib, abreast.interop.joblib
joblib.Parallel(2, backend="abreast")(joblib.delayed(abs)(1) for _ in range(4))
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
begin = time.monotonic()
try:
    joblib.Parallel(2, backend="abreast")(joblib.delayed(time.sleep)(30) for _ in range(4))
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - begin < 20)
print(joblib.Parallel(2, backend="abreast")(joblib.delayed(abs)(-x) for x in range(4)))
""")
    assert (done.stdout, done.stderr) == ("interrupted True\n[0, 1, 2, 3]\n", "")


def test_the_program_leaves_with_a_generator_open():
    begin = time.monotonic()
    done = run("""
import time, joblib, abreast.interop.joblib
results = joblib.Parallel(2, backend="abreast", return_as="generator")(
    joblib.delayed(time.sleep)(0 if x < 2 else 30) for x in range(40)
)
next(results)
""")
    assert time.monotonic() - begin < 25
    assert done.returncode == 0


@pytest.mark.long
def test_joblibs_own_tests(tmp_path):
    """They take a minute or two."""
    if importlib.util.find_spec("joblib.test") is None:
        pytest.skip("this joblib comes without its tests")
    command = [sys.executable, "-m", "pytest", "-p", "joblibs_tests", "-q", "--timeout=60"]
    # Without the settings of this repository, whose folder it may lie in.
    command += ["-c", os.devnull, "--rootdir", os.sep, f"--basetemp={tmp_path / 'joblib'}"]
    options = ["-p", "no:cacheprovider", "-W", "ignore", "--pyargs", "joblib.test.test_parallel"]
    done = subprocess.run(
        [*command, *options],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        timeout=500,
        cwd="/",
    )
    print(done.stdout[-4000:])
    assert not done.returncode
