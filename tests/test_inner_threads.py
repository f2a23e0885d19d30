"""Native thread pools: each worker gets its share of the cores, and the caller keeps its own."""

import os
import textwrap

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - a second BLAS
import threadpoolctl

import abreast as ab
from abreast import machine


def pools(_=None):
    """Use BLAS, then say how many threads each native pool may use."""
    a = np.ones((64, 64))
    assert (a @ a)[0, 0] == 64
    return {pool["prefix"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}


def with_sklearn(_=None):
    import sklearn.cluster

    assert sklearn.cluster.KMeans
    return pools()


@pytest.mark.parametrize("inner", [1, 2, 3])
def test_a_worker_process_has_its_share(inner):
    with ab.plan("processes", workers=2, inner_threads=inner):
        results = ab.map(pools, range(4))
        late = ab.submit(with_sklearn).result()
    for found in [*results, late]:
        assert found
        # A BLAS never starts more threads than the machine has cores.
        assert set(found.values()) <= {inner, min(inner, machine.cores())}, found
    assert "libgomp" in late or "libomp" in late


@pytest.mark.parametrize("inner", [1, 2])
def test_a_worker_thread_has_its_share(inner):
    with ab.plan("threads", workers=2, inner_threads=inner):
        for found in [*ab.map(pools, range(4)), ab.submit(pools).result()]:
            assert found
            assert set(found.values()) == {inner}, found


def test_the_default_is_the_share_of_the_cores():
    cores = machine.cores()
    for plan in ("processes", "threads"):
        with ab.plan(plan, workers=1):
            assert set(ab.map(pools, [0])[0].values()) == {cores}
        with ab.plan(plan, workers=cores):
            assert set(ab.map(pools, [0])[0].values()) == {1}


def test_nested_levels_divide_the_cores():
    cores = machine.cores()
    with ab.plan(["processes:1", "threads"], workers=[1, cores]):
        assert set(ab.map(lambda _: ab.map(pools, [0])[0], [0])[0].values()) == {1}


def test_the_callers_own_setting_is_as_before(plan):
    before = pools()
    ab.map(pools, range(10))
    ab.submit(pools).result()
    ab.shutdown()
    assert pools() == before


def test_the_callers_own_setting_while_worker_processes_live():
    before = pools()
    with ab.plan("processes", workers=2, inner_threads=1):
        ab.map(pools, range(4))
        assert pools() == before


def test_two_plans_of_threads_one_after_the_other():
    before = pools()
    for inner in (1, 2, 1):
        with ab.plan("threads", workers=2, inner_threads=inner):
            assert {each for found in ab.map(pools, range(8)) for each in found.values()} == {inner}
    ab.shutdown()
    assert pools() == before


def test_a_library_loaded_by_a_task_is_limited_from_the_next_task_on(run):
    text = """
    import abreast as ab
    def pools(_):
        import numpy, threadpoolctl
        numpy.ones((9, 9)) @ numpy.ones((9, 9))
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
    with ab.plan("threads", workers=2, inner_threads=1):
        ab.map(pools, range(4))
        print(ab.map(pools, range(4)))
    """
    assert run(textwrap.dedent(text)) == "[{1}, {1}, {1}, {1}]\n"


@pytest.mark.parametrize("limit", ["1", "2"])
def test_a_lower_limit_of_the_users_stays(run, limit):
    text = """
    import os, numpy, threadpoolctl
    import abreast as ab
    def pools(_):
        numpy.ones((9, 9)) @ numpy.ones((9, 9))
        found = {pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
        return found, os.environ["OMP_NUM_THREADS"]
    print(ab.map(pools, [0], plan=ab.plan("processes", workers=1, inner_threads=2)))
    """
    environment = {**os.environ, "OMP_NUM_THREADS": limit, "OPENBLAS_NUM_THREADS": limit}
    wanted = min(int(limit), machine.cores())
    assert run(textwrap.dedent(text), env=environment) == f"[({{{wanted}}}, '{limit}')]\n"


def test_variables_are_left_alone(run, plan):
    text = f"""
    import os, sys
    import numpy
    import abreast as ab
    before = dict(os.environ)
    ab.map(abs, range(10), plan={plan!r})
    ab.shutdown()
    changed = set(os.environ.items()) ^ set(before.items())
    assert not changed, changed
    """
    run(textwrap.dedent(text))


def test_results_agree_to_the_bit_for_equal_inner_threads():
    a = np.random.default_rng(1).normal(size=(300, 300))

    def product(k):
        return np.linalg.solve(a + k * np.eye(300), a).tobytes()

    found = {
        name: ab.map(product, range(3), plan=ab.plan(name, workers=2, inner_threads=1))
        for name in ("threads", "processes")
    }
    with threadpoolctl.threadpool_limits(1):
        found["serial"] = ab.map(product, range(3), plan="serial")
    assert found["threads"] == found["processes"] == found["serial"]
