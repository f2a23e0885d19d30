"""Arrays go to worker processes and back through shared memory, and are copied once."""

import copy
import gc
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp
from abreast.numpy import Array

N = 200_000


@pytest.fixture
def processes() -> None:
    ab.plan("processes:2")


def copied(work: Any) -> int:
    """Bytes that were copied into shared memory while `work` ran."""
    before = ab.report()
    kept = work()
    after = ab.report()
    del kept
    fresh = after.fresh + after.reused + after.spilled
    return fresh - before.fresh - before.reused - before.spilled


def private_dirty() -> int:
    rows = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) << 10 for row in rows if row.startswith("Private_Dirty"))


def total(x: Any) -> float:
    return float(x.sum())


def doubled(x: Array) -> Array:
    assert isinstance(x, Array)
    return x * 2


def test_an_array_is_copied_once_for_all_tasks(processes: None) -> None:
    x = anp.asarray(np.arange(float(N)))
    expected = float(N) * (N - 1) / 2
    for array in (x, x.block_until_ready(), (x + 1).block_until_ready() - 1):
        array.block_until_ready()

        def work(array: Array = array) -> None:
            assert ab.map(total, [array] * 8) == [expected] * 8

        assert copied(work) == x.nbytes
    assert copied(lambda: ab.map(lambda n: float(x[n]), range(8))) == x.nbytes


def test_what_is_shared_or_came_back_is_not_copied_again(processes: None) -> None:
    shared = ab.share(anp.ones(N).block_until_ready())
    assert copied(lambda: ab.map(total, [shared] * 4)) == 0
    made = ab.map(doubled, [anp.ones(N)] * 3)
    assert all(isinstance(each, Array) for each in made)
    assert copied(lambda: ab.map(total, made)) == 0
    assert ab.map(total, made) == [2.0 * N] * 3


def test_workers_hold_no_copy_of_their_own(processes: None) -> None:
    x = anp.asarray(np.ones(10_000_000))

    def task(data: Array) -> tuple[float, int]:
        before = private_dirty()
        answer = float(np.asarray(data)[::512].sum())
        return answer, private_dirty() - before

    for answer, grown in ab.map(task, [x] * 6):
        assert answer == len(range(0, 10_000_000, 512))
        assert grown < 0.05 * x.nbytes


def test_lazy_arrays_are_computed_where_they_were_made(processes: None) -> None:
    x = anp.arange(N) * 2
    assert not x.is_ready
    assert ab.map(total, [x, x[::-1]]) == [float(N) * (N - 1)] * 2
    assert x.is_ready


def test_views_of_an_array_share_what_is_passed(processes: None) -> None:
    x = anp.asarray(np.arange(float(N)))
    halves = [x[: N // 2], x[N // 2 :], x[::-1], x[::2]]
    expected = [float(each.sum()) for each in halves]
    assert ab.map(total, halves) == expected


def test_pickles_out_of_band_hold_no_bytes() -> None:
    x = anp.exp(anp.asarray(np.ones(N)))
    buffers: list[Any] = []
    data = pickle.dumps(x, 5, buffer_callback=buffers.append)
    assert len(data) < 1000
    [buffer] = buffers
    assert buffer.raw().nbytes == x.nbytes
    assert np.shares_memory(np.frombuffer(buffer.raw()), np.asarray(x))
    back = pickle.loads(data, buffers=buffers)
    assert isinstance(back, Array)
    assert np.shares_memory(np.asarray(back), np.asarray(x))
    del buffer, buffers, back
    gc.collect()


def test_copies_own_their_memory() -> None:
    source = np.zeros(3)
    x = anp.asarray(source)
    same = copy.copy(x)
    own = [x.copy(), copy.deepcopy(x), anp.array(x), np.copy(x), anp.asarray(x, copy=True)]
    source += 1
    assert x.tolist() == same.tolist() == [1, 1, 1]
    for each in own:
        assert each.tolist() == [0, 0, 0]
    assert isinstance(own[0], Array)
