"""plan(executor): any concurrent.futures.Executor, each tried for real."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import abreast as ab
from abreast.backends.contract import Call, Level
from abreast.backends.executor import ExecutorEngine
from abreast.backends.remote import RemoteBackend

PROGRAM = """
import os, sys, time, warnings
import numpy as np
import abreast as ab
{make}

def work(executor):
    ab.plan(executor)
    with ab.plan("serial", isolate=True):
        expected = ab.map(lambda x, rng: (x, rng.random()), range(50), seed=3)
    assert ab.map(lambda x, rng: (x, rng.random()), range(50), seed=3) == expected
    table = np.arange(100_000.0)
    assert ab.map(lambda n: float(table[n:].sum()), [0, 1]) == [table.sum(), table[1:].sum()]
    assert [a.sum() for a in ab.map(lambda a: a + 1, [table] * 3)] == [(table + 1).sum()] * 3
    assert list(ab.imap(abs, range(-20, 0))) == list(range(20, 0, -1))
    futures = [ab.submit(pow, 2, n) for n in range(5)]
    assert [each.result() for each in futures] == [1, 2, 4, 8, 16]
    graph = ab.delayed(sum)([ab.delayed(abs)(n) for n in range(-20, 0)])
    assert ab.compute(graph) == 210
    ab.map(print, range(3))
    try:
        ab.map(lambda n: 1 // n, [2, 1, 0])
    except ZeroDivisionError as error:
        assert "item 2" in str(error.__notes__) or error.__notes__
    else:
        raise AssertionError
    try:
        ab.map(lambda n: [time.sleep(0.01) for _ in range(n)], [1, 3000], timeout=1)
    except ab.TaskTimeout as error:
        assert error.index == 1
    else:
        raise AssertionError
    ab.shutdown()
    # It is its owner's, and goes on to serve.
    assert executor.submit(abs, -1).result(30) == 1

if __name__ == "__main__":
    {start}
    print("done")
"""

EXECUTORS = {
    "process": (
        "from concurrent.futures import ProcessPoolExecutor",
        "with ProcessPoolExecutor(2) as executor: work(executor)",
        "concurrent.futures",
    ),
    "spawn": (
        "from concurrent.futures import ProcessPoolExecutor; import multiprocessing",
        "with ProcessPoolExecutor(2, multiprocessing.get_context('spawn')) as executor: "
        "work(executor)",
        "concurrent.futures",
    ),
    "thread": (
        "from concurrent.futures import ThreadPoolExecutor",
        "with ThreadPoolExecutor(2) as executor: work(executor)",
        "concurrent.futures",
    ),
    "loky": (
        "from loky import ProcessPoolExecutor",
        "executor = ProcessPoolExecutor(2); work(executor); executor.shutdown()",
        "loky",
    ),
    "dask": (
        "from distributed import Client",
        "client = Client(n_workers=2, threads_per_worker=1, host='127.0.0.1', "
        "dashboard_address=None); work(client.get_executor()); client.shutdown()",
        "distributed",
    ),
    "mpi": (
        "from mpi4py.futures import MPIPoolExecutor",
        "with MPIPoolExecutor(2) as executor: work(executor)",
        "mpi4py",
    ),
    "ipyparallel": (
        "import ipyparallel",
        "with ipyparallel.Cluster(n=2) as client: work(client.executor())",
        "ipyparallel",
    ),
}


@pytest.mark.parametrize("kind", EXECUTORS)
def test_an_executor_is_a_plan(kind: str, start: Callable[..., Any], tmp_path: Path) -> None:
    make, begin, package = EXECUTORS[kind]
    pytest.importorskip(package, reason=f"{package} is not installed: pip install {package}")
    text = PROGRAM.format(make=make, start=begin)
    # What Dask writes, it leaves.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where MPI looks for mpiexec
    env = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(tmp_path), "PATH": path}
    status, out, err = start(text, env=env).end(100)
    assert status == 0, err
    assert out.splitlines() == ["0", "1", "2", "done"]


def test_threads_share_objects() -> None:
    seen: list[int] = []
    with ThreadPoolExecutor(2, "mine") as executor, ab.plan(executor) as plan:
        names = ab.map(lambda n: (seen.append(n), threading.current_thread().name)[1], range(4))
        assert repr(plan) == "plan(<ThreadPoolExecutor>, workers=2)"
        ab.shutdown()
    assert sorted(seen) == [0, 1, 2, 3]
    assert {name.partition("_")[0] for name in names} == {"mine"}


def test_an_executor_that_was_shut_down() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with ab.plan(executor), pytest.raises(ab.errors.LaunchError, match="after shutdown"):
        ab.map(abs, [1])


def test_an_executor_that_breaks(run: Callable[..., str]) -> None:
    out = run("""
import os, time
import abreast as ab
from concurrent.futures import ProcessPoolExecutor

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        ab.plan(executor)
        try:
            ab.map(lambda n: os._exit(5) if n == 0 else time.sleep(0.05), range(40))
        except ab.WorkerLost as error:
            print(" ".join(str(error).replace(str(error.pid), "PID").splitlines()))
        try:
            ab.map(abs, range(4))
        except ab.errors.LaunchError as error:
            print(error)
        ab.shutdown()
    with ProcessPoolExecutor(2) as executor, ab.plan(executor):
        # Who runs beside it is lost with the pool, and what was not begun is not run.
        ended = ab.map(
            lambda n: (time.sleep(0.3), os._exit(5) if n == 0 else time.sleep(30)), range(6),
            on_error="return",
        )
        print([type(each).__name__ for each in ended], str(ended[1]).count("such a pool"))
        ab.shutdown()
    with ProcessPoolExecutor(2) as executor, ab.plan(executor):
        print(ab.map(abs, range(4)))
        ab.shutdown()
""")
    lines = out.splitlines()
    assert lines[0] == (
        "worker PID ended while it ran task 0 hint: the task itself ended the process, or one "
        "beside it did its own: such a pool ends all its workers with the first that dies; "
        "plan('processes') replaces that one and goes on"
    )
    assert lines[-2] == str(["WorkerLost"] * 2 + ["LaunchError"] * 4) + " 1"
    assert lines[1].startswith("this ProcessPoolExecutor runs no tasks: BrokenProcessPool")
    assert lines[2].startswith("hint: make a new executor")
    assert lines[-1] == "[0, 1, 2, 3]"


def test_bad_plans() -> None:
    with pytest.raises(ab.PlanError, match=r"which executor\?\nhint: plan\(executor\) takes"):
        ab.map(abs, [1], plan="executor:2")
    with pytest.raises(ab.PlanError, match="which executor"):
        ab.map(abs, [1], plan="executor:oven:2")
    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(ab.PlanError, match="takes no address"):
            ab.plan(executor, address="tcp://127.0.0.1:1")
        with pytest.raises(ab.PlanError, match="workers=0"):
            ab.plan(executor, workers=0)
    with pytest.raises(ab.PlanError, match=r"takes no hosts="):
        ab.plan("processes", hosts=["one"])


def test_import_loads_no_engine(run: Callable[..., str]) -> None:
    out = run(
        "import sys, abreast; "
        "print([name for name in ('distributed', 'dask', 'loky', 'concurrent.futures.process') "
        "if name in sys.modules])"
    )
    assert out.strip() == "[]"


def test_a_module_that_workers_lack(run: Callable[..., str]) -> None:
    out = run("""
import sys, types
import abreast as ab
from concurrent.futures import ProcessPoolExecutor
import multiprocessing

if __name__ == "__main__":
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        executor.submit(abs, 1).result()
        module = sys.modules["homemade"] = types.ModuleType("homemade")
        exec("def double(x): return 2 * x", vars(module))
        with ab.plan(executor):
            try:
                ab.map(module.double, [1])
            except ab.TransferError as error:
                print(error)
            import cloudpickle
            cloudpickle.register_pickle_by_value(module)
            ab.shutdown()
""")
    assert "lacks the module 'homemade'" in out
    assert "register_pickle_by_value(homemade)" in out


def test_a_fork_ends_what_is_the_parents(run: Callable[..., str]) -> None:
    out = run("""
import os, time
import numpy as np
import abreast as ab
ab.plan("executor:process:2")
kept = ab.submit(np.ones, 1 << 18)
kept.exception()
running, waiting = ab.submit(time.sleep, 1.0), [ab.submit(abs, n) for n in range(600)]
child = os.fork()
if not child:
    import signal
    signal.alarm(20)
    for each in (running, waiting[-1]):
        try:
            each.result()
        except ab.PoolClosed as error:
            print("closed", flush=True)
    print(kept.result().sum() == 1 << 18, ab.map(abs, [-1, 2]), flush=True)
    ab.shutdown()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(running.result(), [each.result() for each in waiting] == list(range(600)), kept.result()[0])
""")
    assert out.splitlines() == ["closed", "closed", "True [1, 2]", "None True 1.0"]


def test_a_pilot_that_ends_before_its_launch_is_over() -> None:
    class Hasty(ExecutorEngine):
        survives_crash = True
        times = 0

        def launch(self, work: Any, *args: Any, ended: Callable[..., None]) -> Any:
            self.times += 1
            if self.times == 1:
                ended(OSError("it did not get far"))
                return Future[None]()
            return super().launch(work, *args, ended=ended)

    level = Level("executor:process", 1, inner_threads=1)
    engine = Hasty(lambda: ProcessPoolExecutor(1), "this", owned=True, is_here=True)
    backend = RemoteBackend(level, engine)
    try:
        job = backend.open(Call(abs))
        job.push([-3])
        assert job.wait(30.0), "nobody comes"
        assert [each.value for each in job.pull(0.0, None).ended] == [3]
        assert engine.times == 2
    finally:
        backend.shutdown(1.0)


@pytest.mark.parametrize("kind", ["process", "loky"])
def test_workers_without_a_task_survive_ctrl_c(kind: str, start: Callable[..., Any]) -> None:
    if kind != "process":
        pytest.importorskip(kind)
    script = start(f"""
import time
import abreast as ab
ab.plan("executor:{kind}:2")
ab.map(abs, range(4))
time.sleep(1.0)  # the pilots have left by now
try:
    print("now", flush=True)
    time.sleep(30)
except KeyboardInterrupt:
    print(ab.map(abs, [-1, -2]))
""")
    assert script.line() == "now"
    script.interrupt()
    status, out, err = script.end(60)
    assert (status, out, err) == (0, "[1, 2]\n", "")


def test_a_broken_executor_of_the_plan_is_replaced_after_shutdown() -> None:
    with ab.plan("executor:process:1"):
        with pytest.raises(ab.WorkerLost):
            ab.map(os._exit, [3])
        with pytest.raises(ab.errors.LaunchError, match=r"hint: abreast\.shutdown\(\)"):
            ab.map(abs, [-1])
        ab.shutdown()
        assert ab.map(abs, [-1]) == [1]


@pytest.mark.parametrize("other", ["plan", "executor"])
def test_a_pool_of_loky_ends_while_another_lives(other: str, start: Callable[..., Any]) -> None:
    """Workers of both hold the pipes of the helpers that loky has once for all pools."""
    pytest.importorskip("loky")
    second = {
        "plan": "with ab.plan(['executor:loky:1', 'threads:2']): ab.map(abs, [-1])",
        "executor": "other = loky.ProcessPoolExecutor(1); other.submit(abs, -1).result()",
    }
    script = start(f"""
import loky, psutil, time
import abreast as ab
ab.plan("executor:loky:1")
ab.map(abs, [-1])
{second[other]}
ab.map(abs, [-1])
began = time.monotonic()
ab.shutdown()
print(time.monotonic() - began < 20, ab.map(abs, [-2]))
if {other == "plan"}:
    ab.shutdown()
    print(psutil.Process().children())
else:
    print(other.submit(abs, -3).result())
    other.shutdown()
""")
    status, out, err = script.end(60)
    assert (status, err) == (0, "")
    assert out == f"True [2]\n{'[]' if other == 'plan' else '3'}\n"


def test_shared_memory_of_others_outlives_a_pool_of_loky(start: Callable[..., Any]) -> None:
    """A tracker that ends removes what is registered with it."""
    pytest.importorskip("loky")
    script = start("""
import abreast as ab
with ab.plan("executor:loky:1"):
    ab.map(abs, [-1])
    from multiprocessing.shared_memory import SharedMemory
    memory = SharedMemory(create=True, size=100)
    ab.shutdown()
again = SharedMemory(memory.name)
print(again.size >= 100)
again.close()
memory.close()
memory.unlink()
""")
    assert script.end(60) == (0, "True\n", "")
