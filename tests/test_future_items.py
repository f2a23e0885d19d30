"""Futures as items of `map` and `imap`."""

import concurrent.futures as cf
import threading
import time
from collections import namedtuple

import numpy as np
import pytest

import abreast as ab

Pair = namedtuple("Pair", "left right")


def increment(x):
    return x + 1


def nap(seconds, value=None):
    time.sleep(seconds)
    return value


def fail(error):
    raise error


def add(*numbers):
    return sum(numbers)


def test_items(plan):
    futures = [ab.submit(nap, 0.02 * (k % 3), k) for k in range(10)]
    assert ab.map(increment, futures) == list(range(1, 11))
    assert list(ab.imap(increment, iter(futures))) == list(range(1, 11))
    assert ab.map(add, futures, range(10)) == [2 * k for k in range(10)]
    nested = ab.map(lambda item: item, [[futures[1]], {"k": futures[2]}, Pair(futures[3], 0), 4])
    assert nested == [[1], {"k": 2}, Pair(3, 0), 4]
    assert sorted(ab.imap(increment, futures, ordered=False)) == list(range(1, 11))


def test_items_that_fail(plan):
    def items():
        bad = ab.submit(nap, 0.05, 1)
        return [1, ab.submit(increment, ab.submit(fail, KeyError("k"))), bad, 4]

    with pytest.raises(KeyError, match="k") as caught:
        ab.map(increment, items())
    assert caught.value.__notes__[-1].startswith("abreast: raised by task 1 of map(")
    kept = ab.map(increment, items(), on_error="return")
    assert isinstance(kept[1], KeyError) and [kept[0], *kept[2:]] == [2, 2, 5]
    stream = list(ab.imap(increment, iter(items()), on_error="return"))
    assert isinstance(stream[1], KeyError) and [stream[0], *stream[2:]] == [2, 2, 5]
    cancelled: cf.Future[int] = cf.Future()
    cancelled.cancel()
    with pytest.raises(cf.CancelledError):
        ab.map(increment, [1, cancelled])


def test_items_that_cannot_be_sent_before_items_that_fail():
    bad: cf.Future[int] = cf.Future()
    bad.set_exception(KeyError("k"))
    late: cf.Future[int] = cf.Future()
    threading.Timer(0.1, late.set_result, (7,)).start()
    items = [0, bad, (n for n in "ab"), late, (n for n in "ab"), bad, bad, 3]
    expected = [int, KeyError, ab.TransferError, int, ab.TransferError, KeyError, KeyError, int]
    for given in (items, lambda: iter(items)):
        listed = given() if callable(given) else given
        kept = ab.map(increment, listed, on_error="return", plan="processes:2")
        assert [type(each) for each in kept] == expected
        listed = given() if callable(given) else given
        stream = list(ab.imap(increment, listed, on_error="return", plan="processes:2"))
        assert [type(each) for each in stream] == expected
        assert [getattr(each, "index", None) for each in stream][2:5:2] == [2, 4]


def test_a_failure_does_not_wait_for_later_items(parallel):
    never: cf.Future[int] = cf.Future()
    started = time.monotonic()
    with pytest.raises(LookupError):
        ab.map(lambda x: nap(0.1) or fail(LookupError(x)), [1, never])
    with pytest.raises(LookupError):
        list(ab.imap(lambda x: nap(0.1) or fail(LookupError(x)), [1, never]))
    assert time.monotonic() - started < 5


def test_what_was_pushed_runs_while_an_item_waits(parallel):
    gate: cf.Future[int] = cf.Future()
    seen: list[int] = []

    def progress(done, total):
        seen.append(done)
        if done == 5:
            gate.set_result(5)

    assert ab.map(increment, [0, 1, 2, 3, 4, gate, 6], progress=progress) == list(range(1, 8))


def test_items_of_a_buffer_that_is_used_again():
    gate: cf.Future[int] = cf.Future()

    def read():
        buffer = np.zeros(1)
        for k in range(10):
            buffer[0] = k
            yield [buffer, gate if k == 4 else k]

    threading.Timer(0.1, gate.set_result, (4,)).start()
    found = ab.map(lambda item: (int(item[0][0]), item[1]), read(), plan="processes:2")
    assert found == [(k, k) for k in range(10)]


def test_delayed_items_are_refused(plan):
    waiting = ab.delayed(increment)(1)
    refusal = r"<Delayed increment> is not computed, and {} does not compute it\nhint: abreast.comp"
    for items in ([waiting, 2], [[2], {"k": (waiting,)}], (it for it in (1, waiting))):
        with pytest.raises(TypeError, match=refusal.format("map")):
            ab.map(str, items)
    with pytest.raises(TypeError, match=refusal.format("imap")):
        list(ab.imap(increment, [waiting]))
    with pytest.raises(TypeError, match=refusal.format("map")):
        ab.map(add, [1, 2], [3, waiting])
    for given in (waiting, [waiting], {"k": [waiting]}):
        with pytest.raises(TypeError, match=refusal.format("submit")):
            ab.submit(increment, given)
    with pytest.raises(TypeError, match=refusal.format("submit")):
        ab.submit(increment, x=waiting)
    assert ab.map(increment, [1]) == [2]
