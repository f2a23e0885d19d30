"""Loops: kernels as compiled Python has them, beside the same loops in C and in Numba.

The kernels are written by hand in the loop language (`_loops.py`), so this measures the compiler
alone, beside what `gcc -O3 -march=native` makes of the same loops, and Numba of the matrix product.
All give the same bits, which is asserted; so `gcc` may not contract.

    ./dev bench loops
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import _loops
from _measure import quick
from abreast import _abreast

ROUNDS = 2 if quick() else 7
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")
# Answers zero, and asks for no interpreter: threads would wait for each other there.
POLL = ctypes.CDLL(None).sched_yield
SERVICES = (ctypes.c_void_p * 3)(None, ctypes.cast(POLL, ctypes.c_void_p), None)


class Loop:
    """A kernel of the loop language, compiled."""

    def __init__(self, text: str) -> None:
        begun = time.perf_counter()
        code = _abreast.loop_llvm(text, 64 if "avx512f" in cpu() else 32)
        self.kernel = _abreast.Kernel(code)
        self.seconds = time.perf_counter() - begun
        self.count = _abreast.Kernel(code, "count")

    def __call__(self, *arguments: Any, threads: int = 1) -> None:
        frame: list[int] = []
        for each in arguments:
            if isinstance(each, np.ndarray):
                # All axes but the last have strides that the kernel is given.
                frame += [each.ctypes.data, *each.strides[:-1]]
            else:
                frame.append(each)
        frame += [0, ctypes.addressof(SERVICES)]
        blocks = self.count.launch(frame, 1, 1)
        assert self.kernel.launch(frame, blocks, threads) == 0


def cpu() -> str:
    """What the processor can do."""
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""


def compiled() -> ctypes.CDLL | None:
    """The same loops in C; nothing where there is no gcc."""
    if not shutil.which("gcc"):
        print("gcc is not here: compared with nothing")
        return None
    folder = Path(tempfile.mkdtemp())
    source, library = folder / "loops.c", folder / "loops.so"
    source.write_text(_loops.C)
    subprocess.run(["gcc", *FLAGS, "-o", library, source], check=True)
    found = ctypes.CDLL(str(library))
    shutil.rmtree(folder)
    return found


def in_c(library: ctypes.CDLL, name: str) -> Callable[..., None]:
    function = library[name]

    def call(*arguments: Any) -> None:
        function(
            *(
                ctypes.c_void_p(each.ctypes.data)
                if isinstance(each, np.ndarray)
                else ctypes.c_long(each)
                for each in arguments
            )
        )

    return call


def numba() -> Callable[..., None] | None:
    """Numba's matrix product, where Numba is installed."""
    try:
        from numba import njit  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        print("Numba is not here: python -m pip install numba")
        return None

    def matmul(n: int, a: Any, b: Any, c: Any) -> None:
        for i in range(n):
            for j in range(n):
                s = 0.0
                for k in range(n):
                    s += a[i, k] * b[k, j]
                c[i, j] = s

    return njit(matmul)  # type: ignore[no-any-return]


def best(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The shortest of several rounds, in turns, so that all meet the same weather."""
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            begun = time.perf_counter()
            call()
            found[name] = min(found[name], time.perf_counter() - begun)
    return found


def show(title: str, times: dict[str, float]) -> None:
    print(f"\n{title}")
    base = times["abreast"]
    for name, seconds in times.items():
        print(f"  {name:24}{seconds * 1e3:12.3f} ms {seconds / base:10.2f}")


def main() -> None:
    rng = np.random.default_rng(0)
    library, other = compiled(), numba()
    rows = {kind: Loop(_loops.MATMUL.replace("ROWS", kind)) for kind in ("lanes", "parallel")}
    print(
        f"matmul compiles in {rows['lanes'].seconds * 1e3:.0f} ms (LLVM loaded meanwhile), ", end=""
    )
    print(f"with prange in {rows['parallel'].seconds * 1e3:.0f} ms")
    for n in (64, 128) if quick() else (64, 100, 128, 256, 512):
        a, b = rng.normal(size=(n, n)), rng.normal(size=(n, n))
        results: dict[str, np.ndarray] = {}
        calls: dict[str, Callable[[], object]] = {}

        def add(name: str, call: Callable[..., object], **more: int) -> None:
            c = results[name] = np.zeros((n, n))  # noqa: B023
            calls[name] = lambda: call(n, a, b, c, **more)  # noqa: B023

        add("abreast", rows["lanes"])
        add("abreast, two threads", rows["parallel"], threads=2)
        if library:
            add("gcc -O3", in_c(library, "matmul"))
        if other:
            add("Numba", other)
        show(f"matrix product of {n} x {n} float64", best(calls))
        assert all(np.array_equal(each, results["abreast"]) for each in results.values())
    size = 100 if quick() else 400
    words = rng.integers(0, 4, (2, size)).astype(np.uint8)
    table = np.zeros((size + 1, size + 1), np.int64)
    table[0] = table[:, 0] = np.arange(size + 1)
    brot = _loops.MANDELBROT.replace("ROWS", "lanes")
    for name, text, given in (
        ("mandelbrot", brot, (size, 200, table[1:, 1:].copy())),
        ("floyd", _loops.FLOYD, (size, rng.random((size, size)))),
        ("seidel", _loops.SEIDEL, (size, 10, rng.random((size, size)))),
        ("edit", _loops.EDIT, (size, words[0], words[1], table)),
    ):
        loop = Loop(text)
        mine = [each.copy() if isinstance(each, np.ndarray) else each for each in given]
        calls = {"abreast": lambda loop=loop, mine=mine: loop(*mine)}  # type: ignore[misc]
        if library:
            call = in_c(library, name)
            calls["gcc -O3"] = lambda call=call, given=given: call(*given)  # type: ignore[misc]
        times = best(calls)
        show(f"{name}, {size} x {size}; compiled in {loop.seconds * 1e3:.0f} ms", times)
        if library:
            pairs = zip(given, mine, strict=True)
            assert all(np.array_equal(a, b) for a, b in pairs if isinstance(a, np.ndarray))


if __name__ == "__main__":
    main()
