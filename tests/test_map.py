"""`map`: values, order, what it reads, what it reports, how it fails."""

import itertools
import os
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

import abreast as ab


def square(x):
    return x * x


def slow_square(x):
    time.sleep((x * 7 % 5) / 500)
    return x * x


def nap(seconds):
    time.sleep(seconds)
    return os.getpid(), threading.get_ident()


def now(_):
    return time.monotonic()


def odd_fails(x):
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x


@pytest.mark.parametrize("n", [0, 1, 2, 3, 1000])
def test_values_in_order(plan, n):
    assert ab.map(square, range(n)) == [x * x for x in range(n)]


def test_order_when_tasks_end_in_another(plan):
    assert ab.map(slow_square, range(60)) == [x * x for x in range(60)]


def test_results_are_what_the_function_returns(plan):
    def make(kind):
        return [
            None,
            True,
            -(2**70),
            1.5,
            "\ud800é",
            b"\0",
            (1, (2, [3])),
            {4: {5}},
            Fraction(1, 3),
            np.arange(3),
            float("inf"),
            ((((((6,),),),),),),
        ][kind]

    results = ab.map(make, range(12))
    expected = [make(kind) for kind in range(12)]
    assert [type(x) for x in results] == [type(x) for x in expected]
    assert [x.tolist() if isinstance(x, np.ndarray) else x for x in results] == [
        x.tolist() if isinstance(x, np.ndarray) else x for x in expected
    ]


@pytest.mark.parametrize(
    "items", ["abc", b"abc", {"a": 1, "b": 2}, {3}, np.arange(4), range(5, 0, -2), ("x",)]
)
def test_any_iterable(plan, items):
    assert ab.map(repr, items) == [repr(item) for item in items]


def test_large_arguments_and_results(plan):
    arrays = [np.full(1 << size, size, dtype=np.float64) for size in (3, 12, 18, 20)]
    for given, got in zip(arrays, ab.map(lambda x: x + 1, arrays), strict=True):
        np.testing.assert_array_equal(got, given + 1)


def test_several_iterables(plan):
    assert ab.map(pow, [2, 3, 4], (5, 2, 3)) == [32, 9, 64]
    assert ab.map(lambda *x: x, "ab", iter([1, 2]), {3: 0, 4: 0}) == [("a", 1, 3), ("b", 2, 4)]


def test_endless_iterables_go_along(plan):
    assert ab.map(lambda *x: x, [7, 8], itertools.repeat(5), itertools.count(3)) == [
        (7, 5, 3),
        (8, 5, 4),
    ]
    assert ab.map(lambda *x: x, itertools.cycle("ab"), iter("xyz")) == [
        ("a", "x"),
        ("b", "y"),
        ("a", "z"),
    ]
    assert ab.map(lambda *x: x, itertools.repeat(1, 2), [3, 4]) == [(1, 3), (1, 4)]


def test_unequal_iterables(plan):
    with pytest.raises(
        ValueError, match=r"map: the iterables have different lengths: 2 and 3"
    ) as e:
        ab.map(pow, [1, 2], [1, 2, 3])
    assert "itertools.repeat" in str(e.value)
    with pytest.raises(ValueError, match=r"different lengths: 2 in number 1, more in another"):
        ab.map(pow, iter([1, 2]), iter([1, 2, 3]))
    with pytest.raises(ValueError, match=r"different lengths: 3 in number 2, more in another"):
        ab.map(pow, iter([1, 2, 4, 5]), itertools.repeat(1, 3))
    assert ab.map(square, [3]) == [9]


@pytest.mark.parametrize(
    "empty", [[], (), range(0), {}, "", iter([]), (x for x in ()), np.zeros(0)]
)
def test_zero_length(plan, empty):
    assert ab.map(square, empty) == []
    assert ab.map(pow, [], iter([])) == []


def test_wrong_calls(plan):
    with pytest.raises(TypeError, match=r"map: the first argument is the function, and 9 cannot"):
        ab.map(square(3), [1])
    with pytest.raises(TypeError, match=r"map: items are missing"):
        ab.map(square)
    with pytest.raises(TypeError, match=r"map: argument 2 is 5, which is not iterable"):
        ab.map(square, 5)
    with pytest.raises(ValueError, match=r"map: on_error='ignore': one of 'raise', 'finish', 'ret"):
        ab.map(square, [1], on_error="ignore")
    with pytest.raises(ValueError, match=r"progress='yes': True, False, 'always', or a function"):
        ab.map(square, [1], progress="yes")


class Counted:
    """An endless iterator that counts what was taken from it."""

    def __init__(self, end: int | None = None, pause: float = 0.0) -> None:
        self.taken, self.end, self.pause = 0, end, pause
        self.ended_at = 0.0

    def __iter__(self) -> Iterator[int]:
        while self.end is None or self.taken < self.end:
            self.taken += 1
            time.sleep(self.pause)
            yield self.taken - 1
        self.ended_at = time.monotonic()


def test_a_generator_is_read_no_further_ahead_than_needed(plan):
    items, ahead = Counted(60), []
    ab.map(
        lambda x: time.sleep(0.01), items, progress=lambda done, _: ahead.append(items.taken - done)
    )
    assert items.taken == 60
    assert max(ahead) <= 16, f"{max(ahead)} items read ahead of tasks of 10 ms"


def test_tasks_start_while_a_slow_generator_goes_on(plan):
    items = Counted(12, pause=0.03)
    started = ab.map(now, items)
    assert min(started) < items.ended_at - 0.2
    assert started[6] < items.ended_at - 0.1


def test_a_generator_that_raises(plan):
    def half():
        yield from range(5)
        raise LookupError("half-way")

    with pytest.raises(LookupError, match="half-way"):
        ab.map(square, half())
    assert ab.map(square, range(3)) == [0, 1, 4]


def test_endless_input_ends_with_the_first_failure(plan):
    def fails(x):
        if x == 5:
            raise KeyError("five")
        return x

    with pytest.raises(KeyError, match="five"):
        ab.map(fails, itertools.count())


def test_generator_that_calls_map_itself(plan):
    def rows():
        for x in range(5):
            yield sum(ab.map(square, range(x)))

    assert ab.map(square, rows()) == [0, 0, 1, 25, 196]


def test_a_million_tiny_tasks():
    started = time.monotonic()
    assert ab.map(abs, range(-1_000_000, 0), plan="processes:2") == list(range(1_000_000, 0, -1))
    assert time.monotonic() - started < 60


def test_uneven_tasks_are_balanced(parallel):
    nap(0)
    ab.map(nap, [0.01] * 4)
    who = ab.map(nap, [0.6] + [0.02] * 24)
    beside = sum(each == who[0] for each in who[1:])
    assert beside <= 3, f"the worker with the long task also ran {beside} of 24 short ones"


def test_progress_as_a_callable(plan):
    seen = []
    ab.map(square, range(300), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (300, 300)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert {total for _, total in seen} == {300}
    seen.clear()
    ab.map(square, iter(range(3)), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, None)


def test_progress_counts_failures_too(plan):
    seen = []
    ab.map(odd_fails, range(10), on_error="return", progress=lambda done, _: seen.append(done))
    assert seen[-1] == 10


def test_progress_that_raises(plan):
    def refuse(done, total):
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        ab.map(square, range(100), progress=refuse)
    assert ab.map(square, range(3)) == [0, 1, 4]


def test_progress_always(plan, capsys):
    ab.map(square, range(20), progress="always")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "square: 100%" in captured.err
    assert "20/20" in captured.err


def test_progress_is_silent_where_nobody_looks(plan, capsys):
    ab.map(square, range(20), progress=True)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_on_error_raise(plan):
    with pytest.raises(ValueError, match=r"^1 is odd") as caught:
        ab.map(odd_fails, range(50))
    assert "abreast: raised by task 1 of map(odd_fails)" in caught.value.__notes__


def test_on_error_raise_stops_the_rest(plan):
    def first_fails(x):
        if x == 0:
            raise OSError("at once")
        time.sleep(0.02)

    started = time.monotonic()
    with pytest.raises(OSError, match="at once"):
        ab.map(first_fails, range(1000))
    assert time.monotonic() - started < 4


def test_the_smallest_failing_index_wins(plan):
    def all_fail(x):
        time.sleep(0.3 if x == 0 else 0)
        raise ValueError(f"task {x}")

    with pytest.raises(ValueError, match="task 0"):
        ab.map(all_fail, range(40))

    def third_and_later(x):
        time.sleep(0.1 if x == 3 else 0)
        if x >= 3:
            raise ValueError(f"task {x}")

    with pytest.raises(ValueError, match="task 3"):
        ab.map(third_and_later, range(40))


def test_on_error_finish(plan, tmp_path):
    def touch(x):
        (tmp_path / str(x)).touch()
        return odd_fails(x)

    with pytest.raises(ValueError, match=r"^1 is odd") as caught:
        ab.map(touch, range(16), on_error="finish")
    assert len(list(tmp_path.iterdir())) == 16
    notes = caught.value.__notes__
    assert "abreast: 7 more failed: tasks 3, 5, 7, 9, 11, ..." in notes
    assert ab.map(odd_fails, [0, 2], on_error="finish") == [0, 2]


def test_on_error_return(plan):
    results = ab.map(odd_fails, range(6), on_error="return")
    assert results[::2] == [0, 2, 4]
    assert [(type(x), str(x)) for x in results[1::2]] == [
        (ValueError, f"{x} is odd") for x in (1, 3, 5)
    ]
    assert results[5].__notes__ == ["abreast: raised by task 5 of map(odd_fails)"]


def test_an_exception_as_a_value_is_a_value(plan):
    result = ab.map(ValueError, ["a"], on_error="raise")
    assert type(result[0]) is ValueError and result[0].args == ("a",)


@pytest.mark.parametrize("kind", [StopIteration, GeneratorExit, AssertionError, TimeoutError])
def test_exceptions_with_a_meaning_to_python_are_passed_on(plan, kind):
    def raises(x):
        raise kind("meant")

    with pytest.raises(kind, match="meant"):
        ab.map(raises, range(3))


def test_partial_and_keyword_arguments(plan):
    assert ab.map(partial(int, base=2), ["10", "11"]) == [2, 3]


def test_several_threads_call_map_at_once(plan):
    results: dict[int, list[int]] = {}

    def call(k):
        results[k] = ab.map(square, range(k, k + 200), plan=plan)

    threads = [threading.Thread(target=call, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {k: [x * x for x in range(k, k + 200)] for k in range(6)}


def test_map_in_map(plan):
    def row(n):
        return ab.map(square, range(n))

    assert ab.map(row, range(6)) == [[x * x for x in range(n)] for n in range(6)]


def test_options(plan):
    options = ab.options(on_error="return", plan=plan)
    assert options.map(odd_fails, [0]) == [0]
    assert str(options.map(odd_fails, [1])[0]) == "1 is odd"
