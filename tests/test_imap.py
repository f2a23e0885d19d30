"""`imap`: a stream in, a stream out, and no more in between than the window."""

import itertools
import os
import threading
import time
from pathlib import Path

import pytest

import abreast as ab


def square(x):
    return x * x


def nap(seconds):
    time.sleep(seconds)
    return seconds


def odd_fails(x):
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x


class Reader:
    """Items that count how far they were read."""

    def __init__(self, end=None):
        self.taken, self.end = 0, end

    def __iter__(self):
        while self.end is None or self.taken < self.end:
            self.taken += 1
            yield self.taken - 1


@pytest.mark.parametrize("n", [0, 1, 2, 500])
def test_values_in_order(plan, n):
    assert list(ab.imap(square, range(n))) == [x * x for x in range(n)]
    assert list(ab.imap(square, iter(range(n)), window=1)) == [x * x for x in range(n)]


def test_ordered_whatever_ends_first(plan):
    pauses = [0.05, 0.0, 0.02, 0.01, 0.0] * 3
    assert list(ab.imap(nap, pauses)) == pauses


def test_unordered_yields_what_is_there(parallel):
    list(ab.imap(nap, [0, 0]))
    pauses = [0.5, 0.01, 0.01, 0.01]
    got = list(ab.imap(nap, pauses, ordered=False))
    assert sorted(got) == sorted(pauses)
    assert got[-1] == 0.5, "three short tasks waited for a long one"


def test_unordered_on_serial():
    assert list(ab.imap(square, range(9), ordered=False, plan="serial")) == [
        x * x for x in range(9)
    ]


def test_several_iterables(plan):
    assert list(ab.imap(pow, [2, 3], itertools.repeat(2))) == [4, 9]
    stream = ab.imap(pow, iter([2, 3]), iter([1]), window=1)
    assert next(stream) == 2
    with pytest.raises(ValueError, match="imap: the iterables have different lengths"):
        next(stream)


def test_endless_input_in_bounded_window(plan):
    for window in (1, 3, 40):
        items = Reader()
        stream = ab.imap(square, items, window=window)
        for taken in range(200):
            assert next(stream) == taken * taken
            assert items.taken <= taken + 1 + window
        stream.close()
        ahead = items.taken
        time.sleep(0.02)
        assert items.taken == ahead


def test_default_window_is_bounded(plan):
    items = Reader()
    stream = ab.imap(square, items)
    next(stream)
    time.sleep(0.05)
    assert items.taken <= 1 + 16 * 2
    stream.close()


def test_unordered_window_counts_what_is_not_taken(parallel):
    """One long task must not let others pile up."""
    items = Reader(100)
    stream = ab.imap(lambda x: time.sleep(0.3) if x == 0 else x, items, window=6, ordered=True)
    next(stream)
    assert items.taken <= 7
    assert list(stream) == list(range(1, 100))


def test_a_long_first_task_holds_the_window(parallel):
    items = Reader(40)
    stream = ab.imap(lambda x: time.sleep(0.2) or x, items, window=4)
    assert next(stream) == 0
    assert items.taken <= 5
    stream.close()


def test_tasks_run_while_the_consumer_is_busy(parallel):
    ab.map(square, [1, 2])
    stream = ab.imap(nap, [0.1] * 6)
    started = time.monotonic()
    next(stream)
    time.sleep(0.4)
    list(stream)
    assert time.monotonic() - started < 0.65  # one after the other: 0.1 + 0.4 + 0.25 at least


def test_wrong_calls_are_told_at_the_call(plan):
    with pytest.raises(TypeError, match="imap: the first argument is the function"):
        ab.imap(3, [1])
    with pytest.raises(TypeError, match="imap: items are missing"):
        ab.imap(square)
    with pytest.raises(TypeError, match="imap: argument 2 is 5, which is not iterable"):
        ab.imap(square, 5)
    for window in (0, -1, 1.5, True, "4"):
        with pytest.raises(ValueError, match=r"imap: window=.*: a whole number of items, at least"):
            ab.imap(square, [1], window=window)
    with pytest.raises(ValueError, match="imap: on_error='x'"):
        ab.imap(square, [1], on_error="x")
    with pytest.raises(TypeError, match="has no parameter `rng`"):
        ab.imap(square, [1], seed=1)


def test_on_error_raise_when_its_turn_comes(plan):
    stream = ab.imap(lambda x: odd_fails(x - 4) if x >= 4 else x, range(50))
    assert [next(stream) for _ in range(5)] == [0, 1, 2, 3, 0]
    with pytest.raises(ValueError, match=r"^1 is odd") as caught:
        next(stream)
    assert any(
        note.startswith("abreast: raised by task 5 of imap") for note in caught.value.__notes__
    )
    with pytest.raises(StopIteration):
        next(stream)


def test_smallest_index_raises_first(parallel):
    def fails(x):
        time.sleep(0.2 if x == 1 else 0)
        if x:
            raise ValueError(f"task {x}")

    stream = ab.imap(fails, range(10))
    next(stream)
    with pytest.raises(ValueError, match="task 1"):
        next(stream)


def test_on_error_finish(plan):
    stream, got = ab.imap(odd_fails, range(10), on_error="finish"), []
    with pytest.raises(ValueError, match=r"^1 is odd"):
        for value in stream:
            got.append(value)  # noqa: PERF402
    assert got == [0, 2, 4, 6, 8]


def test_on_error_return(plan):
    got = list(ab.imap(odd_fails, range(6), on_error="return"))
    assert got[::2] == [0, 2, 4]
    assert [str(x) for x in got[1::2]] == ["1 is odd", "3 is odd", "5 is odd"]
    assert got[3].__notes__ == ["abreast: raised by task 3 of imap(odd_fails)"]


def test_unordered_with_an_error(plan):
    with pytest.raises(ValueError, match="is odd"):
        list(ab.imap(odd_fails, range(100), ordered=False))
    got = list(ab.imap(odd_fails, range(10), ordered=False, on_error="return"))
    assert sorted(x for x in got if isinstance(x, int)) == [0, 2, 4, 6, 8]
    assert len(got) == 10


def test_input_that_raises(plan):
    def broken():
        yield from (1, 2)
        raise LookupError("input ended badly")

    with pytest.raises(LookupError, match="input ended badly"):
        list(ab.imap(square, broken()))
    assert list(ab.imap(square, [3])) == [9]


def test_what_came_before_a_broken_input_is_yielded(plan):
    def broken():
        yield from (1, 2)
        raise LookupError("input ended badly")

    stream, got = ab.imap(square, broken(), window=1), []
    with pytest.raises(LookupError):
        for value in stream:
            got.append(value)  # noqa: PERF402
    assert got == [1, 4]


def test_an_argument_that_does_not_pickle_fails_alone():
    got = list(ab.imap(type, [1, threading.Lock(), 2], on_error="return", plan="processes:2"))
    assert got[::2] == [int, int]
    assert isinstance(got[1], ab.TransferError) and got[1].index == 1


def test_leaving_early_withdraws_the_rest(plan, tmp_path):
    def touch(x):
        (tmp_path / str(x)).touch()
        time.sleep(0.01)
        return x

    for value in ab.imap(touch, itertools.count()):
        if value == 3:
            break
    time.sleep(0.15)
    ran = len(list(tmp_path.iterdir()))
    time.sleep(0.1)
    assert len(list(tmp_path.iterdir())) == ran <= 40
    assert ab.map(square, [2]) == [4]


def test_never_started_and_dropped(plan):
    stream = ab.imap(square, itertools.count())
    del stream
    stream = ab.imap(square, itertools.count())
    next(stream)
    del stream
    assert ab.map(square, [2]) == [4]


def test_streams_side_by_side(plan):
    first, second = ab.imap(square, range(30)), ab.imap(abs, range(-30, 0))
    pairs = list(zip(first, second, strict=True))
    assert pairs == [(x * x, 30 - x) for x in range(30)]


def test_streams_feed_streams(plan):
    """Each stage is lazy, so an endless chain is fine."""
    third = ab.imap(str, ab.imap(square, ab.imap(abs, itertools.count(-3))))
    assert list(itertools.islice(third, 6)) == ["9", "4", "1", "0", "1", "4"]
    third.close()


def test_map_while_a_stream_is_open(plan):
    stream = ab.imap(square, itertools.count())
    for x in range(20):
        assert next(stream) == x * x
        assert ab.map(square, range(5)) == [0, 1, 4, 9, 16]
    stream.close()


def test_a_stream_used_by_another_thread(plan):
    stream, got = ab.imap(square, range(200)), []
    thread = threading.Thread(target=lambda: got.extend(stream))
    thread.start()
    thread.join(30)
    assert got == [x * x for x in range(200)]


def test_progress(plan):
    seen = []
    list(ab.imap(square, range(50), progress=lambda done, total: seen.append((done, total))))
    assert seen[-1] == (50, 50)


def test_shutdown_under_an_open_stream(parallel):
    stream = ab.imap(lambda x: time.sleep(0.05) or x, itertools.count())
    next(stream)
    ab.shutdown()
    with pytest.raises(ab.PoolClosed):
        for _ in range(100):
            next(stream)
    assert ab.map(square, [2]) == [4]


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_stays_flat():
    payload = bytes(200_000)
    stream = ab.imap(lambda data: data, itertools.repeat(payload), window=8, plan="processes:2")
    for _ in range(200):
        next(stream)
    before = resident()
    for _ in range(1500):  # 300 MB in and 300 MB out
        next(stream)
    stream.close()
    assert resident() - before < 60e6
