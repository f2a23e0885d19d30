"""Threads inside tasks: native pools get their share of the cores."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import os
from typing import Any

import numpy as np

import abreast as ab
from abreast.testing.case import case
from abreast.testing.tools import here


def pools(_item: Any = None) -> int:
    """Say how many threads the native pools that are loaded may use, at most."""
    import threadpoolctl

    np.ones((2, 2)) @ np.ones((2, 2))
    return max((each["num_threads"] for each in threadpoolctl.threadpool_info()), default=1)


@case(requires="background", answer=True)
def share_of_the_cores() -> Any:
    """Inside a task, native pools use no more than the task's share of the cores."""
    return max(ab.map(pools, range(8))) <= here().inner_threads


@case(requires="background", answer=(1, 1))
def one_inner_thread() -> Any:
    """`inner_threads=1` leaves one thread to native pools, also for single tasks."""
    with ab.plan(here().name, workers=here().workers, inner_threads=1):
        return max(ab.map(pools, range(8))), ab.submit(pools).result()


@case(requires="survives_crash", answer=True)
def variables_of_workers() -> Any:
    """Workers tell libraries that are loaded later through their variables."""
    share = str(here().inner_threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return set(ab.map(lambda name: os.environ[name], names)) == {share}


@case(answer=(True, True))
def the_callers_own() -> Any:
    """The caller's variables and native pools are as before once the plan has shut down."""
    ab.shutdown()
    variables, threads = dict(os.environ), pools()
    ab.map(pools, range(4))
    ab.shutdown()
    return dict(os.environ) == variables, pools() == threads


@case("numpy", "floats")
def products() -> Any:
    """Products of matrices have the same bits for the same number of inner threads."""
    rng = np.random.default_rng(1)
    return ab.map(lambda m: m @ m.T, [rng.normal(size=(40, 60)) for _ in range(6)])
