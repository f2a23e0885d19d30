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
thread = threading.Thread(target=ab.jit(lambda x: x + 1), args=(1,))
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    assembler._assembled = real
    os._exit(0 if ended and ab.jit(lambda x: x * 3)(2) == 6 else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
thread.join()
"""


def test_forks_wait_for_whoever_is_in_llvm(run):
    assert run(WAITS, env={**os.environ, "ABREAST_CACHE": ""}) == "0\n"
