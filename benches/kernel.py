"""Kernels: what it takes to compile one, to find it on disk, to launch it, and to stream.

The kernel is ``y = 2 x + 1`` over float32, written by hand in vectors of 16. Its rival at memory
speed is a copy of the same bytes. Memory is reused and made of huge pages, for all alike.

    ./dev bench kernel
"""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from abreast import _abreast

TEXT = Path(__file__).parent.parent.joinpath("crates/devices/golden/line.ll").read_text()
# Stores that go past the caches: they need no read of what they overwrite. The fence makes them
# seen by whoever is told that the kernel has ended.
STREAM = (
    TEXT.replace(
        "store <16 x float> %r, ptr %q, align 4",
        "store <16 x float> %r, ptr %q, align 64, !nontemporal !0",
    ).replace("ret i64 0", "fence seq_cst\n  ret i64 0")
    + "\n!0 = !{i32 1}\n"
)
BLOCK = 4096
ROUNDS = 3 if "--quick" in sys.argv else 15
SIZES = (10_000, 1_000_000) if "--quick" in sys.argv else (10_000, 10**6, 10**7, 10**8)


def floats(n: int) -> np.ndarray:
    """An array on huge pages."""
    huge = 2 << 20
    memory = mmap.mmap(-1, 4 * n + 2 * huge)
    memory.madvise(mmap.MADV_HUGEPAGE)
    array = np.frombuffer(memory, dtype=np.uint8)
    array = array[-array.ctypes.data % huge :][: 4 * n].view(np.float32)
    array[:] = 1.5
    return array


def best(calls: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds of each call, sorted; taken in turns, so that all meet the same weather."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            begun = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - begun)
    return {name: sorted(values) for name, values in times.items()}


def copies(x: np.ndarray, y: np.ndarray, threads: int) -> Callable[[], None]:
    """Copy x to y by memcpy, on so many threads."""
    memcpy = ctypes.CDLL(None).memcpy
    memcpy.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    ends = [x.nbytes * i // threads // 64 * 64 for i in range(threads)] + [x.nbytes]

    def part(i: int) -> None:
        memcpy(y.ctypes.data + ends[i], x.ctypes.data + ends[i], ends[i + 1] - ends[i])

    def call() -> None:
        others = [threading.Thread(target=part, args=(i,)) for i in range(1, threads)]
        for other in others:
            other.start()
        part(0)
        for other in others:
            other.join()

    return call


def stream(n: int) -> None:
    """Print how long the kernel takes beside copies."""
    x, y = floats(n), floats(n)
    frame, blocks = [n, x.ctypes.data, y.ctypes.data], -(-n // BLOCK)
    line, past = _abreast.Kernel(TEXT), _abreast.Kernel(STREAM)
    calls: dict[str, Callable[[], object]] = {}
    for threads in (1, 2):
        calls[f"copy, {threads} threads"] = copies(x, y, threads)
        calls[f"kernel, {threads} threads"] = lambda t=threads: line.launch(frame, blocks, t)
        calls[f"kernel past caches, {threads} threads"] = lambda t=threads: past.launch(
            frame, blocks, t
        )
    times = best(calls)
    assert (y == 4).all()
    copy = times["copy, 2 threads"]
    print(f"\n2 x + 1 over {n:,} float32 ({8 * n / 1e6:.0f} MB read and written)")
    for name, values in times.items():
        gigabytes = 8 * n / values[0] / 1e9
        ratio = values[0] / copy[0], values[ROUNDS // 2] / copy[ROUNDS // 2]
        print(
            f"  {name:32}{values[0] * 1e3:9.3f} ms {gigabytes:6.1f} GB/s   of the copy on two:"
            f" best {ratio[0]:.2f}, median {ratio[1]:.2f}"
        )


def small() -> None:
    """Print what a launch costs that has next to nothing to do."""
    x, y = floats(16), floats(16)
    kernel, frame = _abreast.Kernel(TEXT), [16, x.ctypes.data, y.ctypes.data]
    rounds = 20_000
    begun = time.perf_counter()
    for _ in range(rounds):
        kernel.launch(frame, 1, 2)
    each = (time.perf_counter() - begun) / rounds
    begun = time.perf_counter()
    for _ in range(rounds):
        np.multiply(x, 2, out=y)
    numpy = (time.perf_counter() - begun) / rounds
    print(f"\na launch of 16 elements, from Python: {each * 1e6:.2f} us")
    print(f"a ufunc of NumPy over as many: {numpy * 1e6:.2f} us")


PROGRAM = """
import sys, time
import numpy
from abreast import _abreast
text = sys.stdin.read()
begun = time.perf_counter()
_abreast.Kernel(text)
first = time.perf_counter() - begun
begun = time.perf_counter()
_abreast.Kernel("; another one" + chr(10) + text)
print(first * 1e3, (time.perf_counter() - begun) * 1e3)
"""
IMPORT = """
import time, numpy
begun = time.perf_counter()
import llvmlite.binding
print((time.perf_counter() - begun) * 1e3)
"""


def program(source: str, folder: str) -> list[float]:
    """Milliseconds that a process of its own prints."""
    environment = {**os.environ, "ABREAST_CACHE": folder}
    done = subprocess.run(
        [sys.executable, "-c", source],
        input=TEXT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(word) for word in done.stdout.split()]


def first() -> None:
    """Print how long a new process waits for its first kernels."""
    load = min(program(IMPORT, "")[0] for _ in range(5))
    with tempfile.TemporaryDirectory() as folder:
        cold = [program(PROGRAM, "") for _ in range(5)]
        program(PROGRAM, folder)
        disk = [program(PROGRAM, folder) for _ in range(5)]
    print(f"llvmlite is loaded in {load:.1f} ms")
    print(f"first kernel of a process, compiled: {min(it[0] for it in cold):.1f} ms with that")
    print(f"the next one, compiled: {min(it[1] for it in cold):.1f} ms")
    print(f"first kernel of a process, from disk: {min(it[0] for it in disk):.2f} ms")
    print(f"the next one, from disk: {min(it[1] for it in disk):.2f} ms")


if __name__ == "__main__":
    first()
    small()
    for size in SIZES:
        stream(size)
