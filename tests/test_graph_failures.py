"""Graphs that fail, cannot be run, or are interrupted."""

import os
import signal
import threading
import time

import pytest

import abreast as ab
from graphs import add_, decorated, fail, increment_, mark, nap, same_, tree


def die(how):
    os.kill(os.getpid(), how)


def test_an_error_arrives_as_itself(plan):
    error = ab.delayed(fail)(LookupError("x", 3))
    with pytest.raises(LookupError) as caught:
        ab.compute([increment_(error), same_(1)])
    assert caught.value.args == ("x", 3)
    assert caught.value.__notes__ == ["abreast: raised by task 0 of compute(fail)"]
    assert ab.compute(same_(1)) == 1
    with pytest.raises(SystemExit):
        ab.compute(ab.delayed(fail)(SystemExit(3)))
    with pytest.raises(TypeError, match="can only concatenate str"):
        ab.compute(same_("a") + 1)


def test_the_first_in_serial_order_is_raised(plan):
    def slow_failure(n):
        time.sleep(0.3)
        raise ValueError(n)

    tasks = [same_(0), ab.delayed(slow_failure)(1), ab.delayed(fail)(KeyError(2)), same_(3)]
    for _ in range(2):
        with pytest.raises(ValueError, match="1") as caught:
            ab.compute(tasks)
        assert caught.value.__notes__ == [
            f"abreast: raised by task 1 of compute({slow_failure.__qualname__})"
        ]
    # Tasks before the failed one that had not begun are run, for one of them may fail, too.
    many = [ab.delayed(nap)(0.01) for _ in range(20)] + [ab.delayed(slow_failure)(1)]
    with pytest.raises(ValueError, match="1"):
        ab.compute([*many, ab.delayed(fail)(KeyError(2))])


def test_after_a_failure_what_comes_later_is_not_begun(plan, tmp_path):
    record = ab.delayed(lambda n: (time.sleep(0.02), mark(tmp_path, n)))
    with pytest.raises(KeyError):
        ab.compute([ab.delayed(fail)(KeyError(0)), *(record(n) for n in range(100))])
    assert len(list(tmp_path.iterdir())) < 20


def test_cycles(plan):
    items = []
    total = ab.delayed(sum)(items)
    items.append(decorated(total))
    with pytest.raises(
        ValueError, match=r"in a circle of 2: (sum -> decorated -> sum|deco.*)\nhint"
    ):
        ab.compute(increment_(total))
    items[:] = [1, 2]
    assert ab.compute(increment_(total)) == 4
    itself = []
    itself.append(same_(itself))
    with pytest.raises(ValueError, match="circle of 1: same -> same"):
        ab.compute(itself[0])


def test_what_cannot_be_sent():
    with ab.plan("processes:2"):
        with pytest.raises(ab.TransferError, match="the argument of next cannot be sent"):
            ab.compute(ab.delayed(next)(n for n in "ab"))
        lock = threading.Lock()
        with pytest.raises(ab.TransferError, match="the function cannot be sent"):
            ab.compute(ab.delayed(lambda: lock)())
        with pytest.raises(ab.TransferError, match="the result of task 1 cannot be sent") as caught:
            ab.compute(same_(1), ab.delayed(lambda x: (n for n in x))("ab"))
        assert "compute(" in caught.value.__notes__[0]
        assert ab.compute(same_(1)) == 1


def test_a_lost_worker():
    with ab.plan("processes:2"):
        value = tree([same_(n) for n in range(40)])
        with pytest.raises(ab.WorkerLost) as caught:
            ab.compute(value, ab.delayed(die)(signal.SIGKILL))
        assert caught.value.signal == signal.SIGKILL
        assert "was killed by signal 9 (SIGKILL) while it ran task" in str(caught.value)
        assert "compute(" in str(caught.value) and "nothing was run again" in str(caught.value)
        assert isinstance(caught.value.pid, int)
        assert ab.compute(value) == sum(range(40))
        chained = same_(0)
        for n in range(200):
            chained = add_(chained, n) if n != 150 else ab.delayed(die)(signal.SIGKILL)
        with pytest.raises(ab.WorkerLost):
            ab.compute(chained)
        assert ab.compute(value) == sum(range(40))


def test_shutdown_meanwhile(parallel):
    ender = threading.Timer(0.3, ab.shutdown, [0.1])
    ender.start()
    with pytest.raises(ab.PoolClosed):
        ab.compute([ab.delayed(nap)(0.05, n) for n in range(400)])
    ender.join()
    assert ab.compute(same_(1)) == 1


# Ctrl-C

INTERRUPTED = """
import sys, time, pathlib
import abreast as ab

def busy(x):
    while True:
        pass

def sleep(x):
    time.sleep(20)

def mark(function, x):
    pathlib.Path(f"started-{x}").touch()
    return function(x)

if __name__ == "__main__":
    ab.plan(sys.argv[1])
    function, same = globals()[sys.argv[2]], ab.delayed(abs)
    chain = same(0)
    for n in range(2000):
        chain = same(chain)
    ab.compute(chain)
    try:
        ab.compute([ab.delayed(mark)(function, same(x)) + chain for x in range(4)])
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    started = time.monotonic()
    assert ab.compute(chain, same(-3)) == (0, 3)
    print("usable", time.monotonic() - started, flush=True)
"""


@pytest.mark.parametrize(
    ("name", "function"),
    [("processes:2", "busy"), ("processes:2", "sleep"), ("threads:2", "busy"), ("serial", "sleep")],
)
def test_interrupt(start, tmp_path, name, function):
    script = start(INTERRUPTED, name, function)
    deadline = time.monotonic() + 20
    while not list(tmp_path.glob("started-*")):
        assert time.monotonic() < deadline and script.process.poll() is None, script.end(1)
        time.sleep(0.01)
    time.sleep(0.3)
    started = time.monotonic()
    script.interrupt()
    assert script.line() == "interrupted"
    assert time.monotonic() - started < 1.5
    status, out, err = script.end(20)
    assert status == 0, err
    assert float(out.split()[1]) < 2
    assert "Traceback" not in err
