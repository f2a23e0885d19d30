"""Draws inside of compiled loops: Monte-Carlo pi and normal numbers, beside C.

C is gcc -O3 -march=native with the state of the same generator in registers, and for normal numbers
NumPy, which fills an array. Prints ratios: below 1 ours is faster.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import abreast as ab

SOURCE = """
#include <stdint.h>
typedef unsigned __int128 u128;
static inline uint64_t next(u128 *s, u128 inc) {
  const u128 m = ((u128)0x2360ed051fc65da4ULL << 64) | 0x4385df649fccf645ULL;
  *s = *s * m + inc;
  uint64_t hi = *s >> 64, x = hi ^ (uint64_t)*s;
  unsigned r = hi >> 58;
  return (x >> r) | (x << ((-r) & 63));
}
double pi(uint64_t *state, int64_t n) {
  u128 s = ((u128)state[1] << 64) | state[0], inc = ((u128)state[3] << 64) | state[2];
  int64_t inside = 0;
  for (int64_t i = 0; i < n; i++) {
    double x = (next(&s, inc) >> 11) * (1.0 / 9007199254740992.0);
    double y = (next(&s, inc) >> 11) * (1.0 / 9007199254740992.0);
    inside += x * x + y * y < 1.0;
  }
  state[0] = s; state[1] = s >> 64;
  return 4.0 * inside / n;
}
"""


@ab.jit
def pi(rng, n):
    inside = 0
    for _ in range(n):
        x = rng.random()
        y = rng.random()
        if x * x + y * y < 1.0:
            inside += 1
    return 4.0 * inside / n


@ab.jit
def normals(rng, out):
    for i in range(len(out)):
        out[i] = rng.standard_normal()


def least(call: Callable[[], Any]) -> float:
    """Seconds of the fastest of nine calls."""
    found = []
    for _ in range(9):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def compiled(folder: str) -> Any:
    source, library = Path(folder, "pi.c"), Path(folder, "pi.so")
    source.write_text(SOURCE)
    flags = ["-O3", "-march=native", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, str(source), "-o", str(library)], check=True)
    function = ctypes.CDLL(str(library)).pi
    function.restype = ctypes.c_double
    function.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    return function


def main() -> None:
    n = 5_000_000
    rng = np.random.default_rng(1)
    inner = rng.bit_generator.state["state"]
    mask = 2**64 - 1
    words = [inner["state"] & mask, inner["state"] >> 64, inner["inc"] & mask, inner["inc"] >> 64]
    state = np.array(words, np.uint64)
    with tempfile.TemporaryDirectory() as folder:
        theirs = compiled(folder)
        assert pi(rng, 1000) == theirs(state.ctypes.data, 1000)
        ours, c = least(lambda: pi(rng, n)), least(lambda: theirs(state.ctypes.data, n))
    print(f"pi, {n} points: {ours * 1e3:.1f} ms, gcc {c * 1e3:.1f} ms, ratio {ours / c:.2f}")
    out = np.empty(n)
    normals(rng, out)
    ours, numpy = least(lambda: normals(rng, out)), least(lambda: rng.standard_normal(out=out))
    print(f"normal, {n}: {ours * 1e3:.1f} ms, NumPy {numpy * 1e3:.1f} ms, {ours / numpy:.2f}")


if __name__ == "__main__":
    main()
