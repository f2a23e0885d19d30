"""Forks while another thread compiles."""

from __future__ import annotations

import os

WAITS = """
import os, threading, time
import abreast as ab
from abreast import assembler

real, inside = assembler._assembled, threading.Event()

def slow(*given):
    inside.set()
    time.sleep(1)
    found = real(*given)
    ended.append(True)
    return found

ended = []
assembler._assembled = slow
same = ab.jit(lambda x: x + 1)
thread = threading.Thread(target=same, args=(1,))
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    assembler._assembled = real
    # The thread had not made `same` yet, and did not come along.
    os._exit(0 if ended and ab.jit(lambda x: x * 3)(2) == 6 and same(1) == 2 else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
thread.join()
"""

MIDST = """
import os, sys, threading, time
import numpy as np
import abreast as ab

x = np.arange(400_000.0)

def fresh(k):
    @ab.jit
    def total(x):
        s = 0.0
        for i in ab.prange(len(x)):
            s += x[i] * k
        return s
    return total

def work(functions):
    while not over:
        for each in functions:
            each(x)

over = []
fresh(-1.0)(x)  # Python has no forks while another thread imports
with ab.threads(2):
    for turn in range(12):
        functions = [fresh(float(k + 3 * turn)) for k in range(3)]
        thread = threading.Thread(target=work, args=(functions,))
        thread.start()
        time.sleep(0.004 * turn)
        child = os.fork()
        if child == 0:
            os._exit(0 if all(f(x) == f.plain(x[:1]) + f(x[1:]) for f in functions) else 3)
        until = time.monotonic() + 30
        while not (done := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < until:
            time.sleep(0.01)
        if done[0]:
            print(os.waitstatus_to_exitcode(done[1]))
        else:
            print("hangs", turn, child, flush=True)
            os.kill(child, 9)
            os.waitpid(child, 0)
        over.append(True)
        thread.join()
        over.clear()
"""


def test_forks_in_the_midst_of_first_calls_and_loops(run):
    assert run(MIDST, env={**os.environ, "ABREAST_CACHE": ""}).split() == ["0"] * 12


def test_forks_wait_for_whoever_is_in_llvm(run):
    assert run(WAITS, env={**os.environ, "ABREAST_CACHE": ""}) == "0\n"
