"""Loops of `prange` of very many turns: what their reductions keep on the way is bounded."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

import abreast as ab

BLOCK, LANES = 4096, 32


@ab.jit
def kept(n, c):
    s = 0.0
    for i in ab.prange(n):
        s += c[i // 4096]
    return s


@ab.jit
def straight(n):
    s = 0
    for i in ab.prange(n):
        s += i & 3
    return s


def in_order(c: np.ndarray) -> float:
    """Sum blocks of equal values in the order that the guide promises."""
    sums = c.copy()
    for _ in range(BLOCK // LANES - 1):
        sums += c
    sums *= LANES
    while len(sums) > 1:
        even = len(sums) // 2 * 2
        sums = np.concatenate([sums[:even:2] + sums[1:even:2], sums[even:]])
    return float(sums[0])


@pytest.mark.parametrize("blocks", [65535, 65536, 65537, 70001])
def test_rounds_change_no_bit(blocks):
    """More blocks than are kept at once meet in the tree that they always meet in."""
    c = np.random.default_rng(blocks).normal(size=blocks)
    assert kept(blocks * BLOCK, c) == in_order(c)


def test_turns_without_end_begin():
    """They took 36 GiB for what blocks found, and ended in `MemoryError`."""
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        straight(10**13)
    timer.join()
    assert time.monotonic() - begun < 30


def test_an_error_of_one_of_many_turns():
    with pytest.raises(IndexError):
        kept(10**13, np.zeros(10))
