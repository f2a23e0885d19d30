"""Tasks that end their process; workers import this, so it is light."""

import ctypes
import os
import struct
import time

import numpy as np

N = 400_000
"""Elements of an array in huge pages."""
CALLS = {"fallocate": 285, "madvise": 28, "mmap": 9, "munmap": 11, "pread64": 17, "ioctl": 16}


def die_at(call):
    """Have this process killed at its next system call of a kind, in whatever thread."""

    def step(code, value, yes=0, no=0):
        return struct.pack("HBBI", code, yes, no, value)

    load, equal, answer, kill, allow = 0x20, 0x15, 0x06, 0x80000000, 0x7FFF0000
    program = [step(load, 0), step(equal, CALLS[call], 0, 1), step(answer, kill)]
    program = b"".join([*program, step(answer, allow)])
    code = ctypes.create_string_buffer(program)
    filters = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    # Of all threads, not of this one alone.
    assert libc.syscall(317, 1, 1, filters) == 0, os.strerror(ctypes.get_errno())


def armed(call, x, value):
    """Read, and answer something large; what ends this process is set up before."""
    total = float(x.sum())
    x[::1000] = 7
    if call:
        die_at(call)
    return np.full(N, value + total)


def late(x, seconds, value):
    """Answer nothing but large memory, at once."""
    time.sleep(seconds)
    return x + value
