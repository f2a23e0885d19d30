"""`thread_id` and `thread_count`, outside of compiled functions and inside."""

from __future__ import annotations

import contextlib
import threading

import numpy as np
import pytest

import abreast as ab
from abreast.backends import native


@ab.jit
def sums(x):
    acc = np.zeros(ab.thread_count())
    for i in ab.prange(len(x)):
        acc[ab.thread_id()] += x[i]
    return acc


@ab.jit
def ids(n, out):
    for i in ab.prange(n):
        out[i] = ab.thread_id()
    return ab.thread_count(), ab.thread_id()


def test_outside():
    assert ab.thread_id() == 0
    assert ab.thread_count() == ab.threads().count
    with ab.threads(1):
        assert ab.thread_count() == 1


@contextlib.contextmanager
def allowed(threads):
    """As `ab.threads` does it, without pools of other libraries, whose threads stay."""
    token = native.allowed.set(threads)
    yield
    native.allowed.reset(token)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_one_accumulator_for_each_thread(threads):
    x = np.arange(2_000_000.0)
    with allowed(threads):
        for _ in range(5):
            acc = sums(x)
            assert acc.shape == (threads,)
            assert acc.sum() == x.sum()


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_ids_are_below_the_count(threads):
    out = np.full(300_000, -1)
    with allowed(threads):
        count, here = ids(len(out), out)
    assert (count, here) == (threads, 0)
    assert out.min() == 0 and out.max() < threads


def test_several_are_used():
    @ab.jit
    def busy(n, out):
        for i in ab.prange(n):
            s = 0.0
            for k in range(200_000):
                s += 1.0 / (k + i + 1)
            out[i, 0] = ab.thread_id()
            out[i, 1] = s

    out = np.zeros((256, 2))
    with ab.threads(2):
        busy(len(out), out)
    assert set(out[:, 0]) == {0.0, 1.0}


def test_histogram_with_rows_of_threads():
    @ab.jit
    def histogram(x, bins, work):
        for i in ab.prange(len(x)):
            t = ab.thread_id()
            work[t, int(x[i] * bins)] += 1
        return work.sum(axis=0)

    x = np.random.default_rng(1).random(400_000)
    with allowed(4):
        work = np.zeros((ab.thread_count(), 16), dtype=np.int64)
        found = histogram(x, 16, work)
    assert (found == np.bincount((x * 16).astype(int), minlength=16)).all()


def test_calls_from_several_python_threads():
    x = np.arange(300_000.0)
    wrong = []

    def run():
        wrong.extend(1 for _ in range(20) if sums(x).sum() != x.sum())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_no_race_is_found_between_turns_of_one_thread():
    watched = ab.jit(sums.plain, races=True)
    assert watched(np.arange(50.0)).sum() == 1225

    @ab.jit(races=True)
    def same(x):
        for i in ab.prange(len(x)):
            x[0] += x[i]

    with pytest.raises((ab.RaceError, ab.LanguageError)):
        same(np.ones(5))


def test_before_the_loop_it_is_one_number():
    @ab.jit
    def wrong(x, acc):
        t = ab.thread_id()
        for i in ab.prange(len(x)):
            acc[t] += x[i]

    with pytest.raises(ab.LanguageError, match="prange"):
        wrong(np.ones(5), np.zeros(2))


@ab.jit
def who(weights, out):
    for i in ab.prange(out.size):
        s = 0.0
        for j in range(weights.size):
            s += weights[j]
        out[i] = ab.thread_id() + 0.0 * s


@ab.jit
def who_in_a_triangle(weights, out):
    for i in ab.prange(out.size):
        s = 0.0
        for j in range(i % 2 * weights.size):
            s += weights[j]
        out[i] = ab.thread_id() + 0.0 * s


def test_little_work_stays_with_the_caller_also_while_others_are_awake():
    out = np.empty(64)
    with allowed(2):
        # The same loop over much work, which others share and then wait for more.
        for _ in range(20):
            who(np.ones(200_000), np.empty(256))
            out[:] = -1.0
            who(np.ones(4), out)
            assert (out == 0.0).all()


@pytest.mark.parametrize("each", [who, who_in_a_triangle])
def test_much_work_is_shared_whatever_came_before(each):
    with allowed(2):
        each(np.ones(4), np.empty(256))
        seen = set()
        for _ in range(50):
            out = np.full(256, -1.0)
            each(np.ones(100_000), out)
            seen |= set(out)
            if len(seen) == 2:
                break
    assert seen == {0.0, 1.0}


@ab.jit
def by_steps(out, end, step):
    for i in ab.prange(out.size):
        if out[i] > 0.0:
            s = 0.0
            for j in range(0, end, step):
                s += j
            out[i] = s


def test_steps_of_loops_inside_are_looked_at_where_they_run():
    out = np.ones(1000)
    by_steps(out, 10, 3)
    assert (out == 18.0).all()
    by_steps(np.zeros(1000), 10, 0)  # in no turn
    with pytest.raises(ValueError, match="must not be zero"):
        by_steps(np.ones(1000), 10, 0)
