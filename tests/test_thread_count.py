"""`ab.threads`: a statement for the process, a block for a context, a share for each task."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import threadpoolctl

import abreast as ab
from abreast import _abreast, machine
from abreast.inner_threads import count

CORES = machine.cores()


@pytest.fixture(autouse=True, scope="module")
def with_threads_of_blas():
    """Have them there before any test: OpenBLAS ends them when somebody forks, until asked."""
    for library in threadpoolctl.ThreadpoolController().lib_controllers:
        library.set_num_threads(library.get_num_threads())


@pytest.fixture(autouse=True)
def as_before():
    module = sys.modules["abreast.inner_threads"]
    before, limits = module._process, threadpoolctl.threadpool_limits()
    yield
    module._process = before
    _abreast.set_pool_threads(before or 0)
    limits.restore_original_limits()


def native() -> set[int]:
    """Threads of the native pools that are loaded."""
    np.ones((4, 4)) @ np.ones((4, 4))
    return {it["num_threads"] for it in threadpoolctl.threadpool_info()}


# Never more than there are cores: pools of BLAS would start threads, which stay.


def test_a_block_ends_where_it_ends():
    before, pools = count(), native()
    with ab.threads(1) as one:
        assert (count(), one.count, repr(one)) == (1, 1, "threads(1)")
        assert native() == {1}
        with ab.threads(CORES):
            assert (count(), native()) == (CORES, {CORES})
        assert (count(), native()) == (1, {1})
        with pytest.raises(ZeroDivisionError), ab.threads(CORES):
            raise ZeroDivisionError
        assert count() == 1
    assert (count(), native()) == (before, pools)


def test_a_statement_is_for_the_process():
    ab.threads(1)
    assert (count(), _abreast.pool_threads()[0], native()) == (1, 1, {1})
    seen = []
    thread = threading.Thread(target=lambda: seen.append(count()))
    thread.start()
    thread.join()
    assert seen == [1]
    with ab.threads(1):
        ab.threads(CORES)  # inside a block: for the block
        assert count() == CORES
    assert count() == 1


def test_a_block_is_for_its_context_alone():
    seen = []
    before = count()
    with ab.threads(1):
        thread = threading.Thread(target=lambda: seen.append(count()))
        thread.start()
        thread.join()
    assert seen == [before]
    ab.threads(1)
    with ab.threads(CORES):
        pass
    assert count() == 1


def test_one_may_be_entered_again():
    ab.threads(CORES)
    one = ab.threads(1)
    assert count() == 1
    with one, one:
        assert count() == 1
    assert count() == CORES  # the first `with` took the statement back
    with one:
        assert count() == 1
    assert count() == CORES


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_tasks_get_their_share(backend):
    def ask(_):
        from abreast.inner_threads import count

        return count()

    with ab.plan(backend, workers=2):
        assert set(ab.map(ask, range(4))) == {max(1, CORES // 2)}
    with ab.plan(backend, workers=2, inner_threads=3):
        assert set(ab.map(ask, range(4))) == {3}
    if backend == "threads":
        with ab.threads(1), ab.plan(backend, workers=1, inner_threads=2):
            assert set(ab.map(ask, range(4))) == {1}


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", True, None.__class__])
def test_what_is_no_number_of_threads_is_refused(n):
    with pytest.raises(ab.ConfigError, match="must be a whole number of at least 1\nhint: this"):
        ab.threads(n)


@pytest.mark.parametrize(
    ("variables", "answer"),
    [
        ({"ABREAST_NUM_THREADS": "7", "OMP_NUM_THREADS": "3"}, "7"),
        ({"OMP_NUM_THREADS": "3"}, "3"),
        ({"OMP_NUM_THREADS": "4,2"}, "4"),
        ({"OMP_NUM_THREADS": "many"}, str(CORES)),
        ({"ABREAST_NUM_THREADS": "0"}, "ABREAST_NUM_THREADS is '0'; it must be a whole number"),
    ],
)
def test_variables_are_read(variables, answer):
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    program = (
        "import abreast as ab\ntry: print(ab.threads().count)\nexcept ab.ConfigError as e: print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith(answer)


def test_a_worker_takes_no_more_than_its_share():
    program = """
import abreast as ab
def ask(_):
    import abreast
    return abreast.threads().count
if __name__ == "__main__":
    with ab.plan("processes", workers=2, inner_threads=1):
        print(*ab.map(ask, range(3)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "ABREAST_NUM_THREADS": "6"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "1 1 1\n"
