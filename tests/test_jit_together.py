"""Compiled functions on threads, in tasks, in forked processes, and while the interpreter ends."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

import abreast as ab


def at_once(count: int, work: Any) -> list[Any]:
    """What threads that begin together answer, or raise."""
    gate, found = threading.Barrier(count), [None] * count

    def run(place: int) -> None:
        gate.wait()
        try:
            found[place] = work(place)
        except Exception as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture
def switches():
    """Threads that take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_first_calls_at_once_of_functions_with_arrays_around_them(switches):
    def made(around, other):
        @ab.jit
        def look(i, n):
            s = 0.0
            for k in range(n):
                s += around[i] + other[k % 5]
            return s

        return look

    for turn in range(40):
        look = made(np.arange(10.0) * turn, np.arange(5))
        wanted = look.plain(3, 7)
        assert at_once(6, lambda place, look=look: look(3, 7)) == [wanted] * 6
        assert len(look.signatures) == 1


def test_first_calls_at_once_for_several_types(switches):
    for _ in range(10):
        function = ab.jit(lambda x, y: x * y + 1)
        kinds: list[Any] = [2, 2.5, np.float32(3), True]
        found = at_once(8, lambda place, f=function, kinds=kinds: f(kinds[place % 4], 3))
        assert found == [function.plain(kinds[place % 4], 3) for place in range(8)]
        assert len(function.signatures) == 4


@ab.jit
def sums(x, out):
    s = 0.0
    for i in ab.prange(len(x)):
        y = np.ones(4)
        y[i % 4] = x[i]
        out[i] = y.sum()
        s += out[i]
    return s


def test_calls_from_eight_threads():
    x = np.arange(200_000.0)
    wanted = sums(x, np.empty_like(x))

    def work(place: int) -> list[float]:
        return [sums(x, np.empty_like(x)) for _ in range(15)]

    assert at_once(8, work) == [[wanted] * 15] * 8


def test_calls_from_eight_threads_of_which_some_fail():
    @ab.jit
    def picked(x, at):
        s = 0.0
        for i in ab.prange(len(x)):
            y = np.ones(3)
            s += y[(i + at) % 3] + x[i if i != 777 else i + at]
        return s

    x = np.ones(20_000)

    def work(place: int) -> Any:
        if place % 2:
            for _ in range(50):
                with pytest.raises(IndexError):
                    picked(x, len(x))
            return None
        return {picked(x, 0) for _ in range(50)}

    assert at_once(8, work) == [{40_000.0}, None] * 4


def how_many(_: int) -> tuple[int, int]:
    @ab.jit
    def seen(n):
        out = np.zeros(n)
        for i in ab.prange(n):
            out[i] = ab.thread_id()
        return ab.thread_count(), int(out.max())

    count, most = seen(100_000)
    assert most < count
    return count, ab.thread_count()


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_inner_threads_are_the_share(kind):
    cores = len(os.sched_getaffinity(0))
    for workers in (1, 2):
        with ab.plan(f"{kind}:{workers}"):
            found = set(ab.map(how_many, range(8)))
        share = max(1, cores // workers)
        assert found == {(share, share)}
    with ab.plan(f"{kind}:2,threads:3"):
        assert {it[0] for it in ab.map(how_many, range(4))} <= {1, share}


FORKS = """
import os, sys, threading, time
import numpy as np
import abreast as ab

@ab.jit
def total(x):
    s = 0.0
    for i in ab.prange(len(x)):
        s += x[i]
    return s

x = np.arange(2_000_000.0)
wanted = x.sum()
with ab.threads(3):
    assert total(x) == wanted
    for turn in range(4):
        child = os.fork()
        if child == 0:
            fresh = ab.jit(lambda y, turn=turn: y * turn)
            @ab.jit
            def new(x, k):
                s = 0.0
                for i in ab.prange(len(x)):
                    s += x[i] * k
                return s
            ok = total(x) == wanted and fresh(2.0) == 2.0 * turn and new(x, 2.0) == 2 * wanted
            os._exit(0 if ok else 3)
        until = time.monotonic() + 20
        while True:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                break
            if time.monotonic() > until:
                os.kill(child, 9)
                os.waitpid(child, 0)
                print("hangs", turn, flush=True)
                break
            time.sleep(0.01)
        if done:
            print(os.waitstatus_to_exitcode(status))
    assert total(x) == wanted
"""


def test_forks_after_loops_on_all_cores(run):
    assert run(FORKS).split() == ["0"] * 4


ENDS = """
import sys, threading, time
import numpy as np
import abreast as ab

@ab.jit
def long(n):
    s = 0.0
    for i in range(n):
        s = s * 0.5 + i
    return s

@ab.jit
def turns(n, out):
    for i in ab.prange(len(out)):
        s = 0.0
        for k in range(n):
            s = s * 0.5 + k
        out[i] = s

@ab.jit
def says(n):
    s = 0.0
    for i in range(n):
        s = s * 0.5 + i
        if i % 50_000_000 == 7:
            print(i)
    return s

def often(n):
    while True:
        ab.jit(lambda x: x + 1)(1)

work = {
    "long": lambda n: long(n), "turns": lambda n: turns(n, np.zeros(16)),
    "says": lambda n: says(n), "often": often,
}
for _ in range(2):
    threading.Thread(target=work[sys.argv[1]], args=(10**15,), daemon=True).start()
time.sleep(0.5)
if sys.argv[2] == "raises":
    raise SystemExit(7)
"""


@pytest.mark.parametrize("how", ["ends", "raises"])
@pytest.mark.parametrize("kind", ["long", "turns", "says", "often"])
def test_the_interpreter_ends_while_a_daemon_thread_is_in_a_loop(start, kind, how):
    script = start(ENDS, kind, how)
    since = time.monotonic()
    status, _, err = script.end(30)
    assert (status, err) == (7 if how == "raises" else 0, "")
    assert time.monotonic() - since < 15


TASKS = """
import signal, sys, time
import numpy as np
import abreast as ab

signal.signal(signal.SIGINT, signal.default_int_handler)

@ab.jit
def one_loop(n):
    s = 0.0
    for i in range(n * 10**12):
        s = s * 0.5 + i
    return s

@ab.jit
def turns(n):
    out = np.zeros(8)
    for i in ab.prange(8):
        s = 0.0
        for k in range(n * 10**12):
            s = s * 0.5 + k
        out[i] = s
    return out.sum()

@ab.jit
def whole_arrays(n):
    a = np.ones(5000)
    for _ in range(n * 10**9):
        a = np.sin(a) + a * 0.5
    return a.sum()

@ab.vectorize
def each(n):
    k = 0.0
    while k < n * 1e13:
        k += 1.0
    return k

def elements(n):
    return each(np.full(100, float(n))).sum()

if __name__ == "__main__":
    kinds = {
        "one_loop": one_loop, "turns": turns, "whole_arrays": whole_arrays, "elements": elements
    }
    with ab.plan(sys.argv[1]):
        for name, function in kinds.items():
            wanted = ab.map(function, [0, 0, 0])
            print("ready", flush=True)
            try:
                ab.map(function, [0, 1, 1, 0])
            except KeyboardInterrupt:
                print("stopped", time.monotonic(), flush=True)
            assert ab.map(function, [0, 0, 0]) == wanted
    print("done", flush=True)
"""


@pytest.mark.parametrize("where", ["serial", "threads:2", "processes:2"])
def test_ctrl_c_in_tasks(start, where):
    for _ in range(3):  # a busy machine gets further chances
        script = start(TASKS, where)
        late = {}
        for name in ("one_loop", "turns", "whole_arrays", "elements"):
            assert script.line() == "ready"
            time.sleep(0.4)
            sent = time.monotonic()
            script.interrupt()
            word, when = script.line().split()
            assert word == "stopped", name
            late[name] = float(when) - sent
        status, out, err = script.end(30)
        assert (status, out, err) == (0, "done\n", "")
        if max(late.values()) < 0.5:
            return
    pytest.fail(f"seconds: {late}")


STOPPED = """
import os, time
import numpy as np
import abreast as ab

@ab.jit
def one_loop(n):
    s = 0.0
    for i in range(n * 10**12):
        s = s * 0.5 + i
    return s

@ab.jit
def whole_arrays(n):
    a = np.ones(5000)
    for _ in range(n * 10**9):
        a = np.sin(a) + a * 0.5
    return a.sum()

def busy():
    times = os.times()
    return times.user + times.system

if __name__ == "__main__":
    with ab.plan("threads:2"):
        for function in (one_loop, whole_arrays):
            wanted = function(0)
            try:
                ab.map(function, [0, 1, 1], timeout=0.3)
            except Exception as error:
                print(type(error).__name__)
            future = ab.submit(function, 1)
            time.sleep(0.1)
            assert future.cancel(running=True)
            time.sleep(0.4)
            before = busy()
            time.sleep(0.5)
            assert busy() - before < 0.1, busy() - before
            assert ab.map(function, [0, 0]) == [wanted] * 2
"""


def test_tasks_on_threads_end_in_their_loops(run):
    assert run(STOPPED) == "TaskTimeout\n" * 2
