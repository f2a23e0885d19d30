"""Streams: `imap` over long, endless and failing input, in bounded memory."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.errors import fails_at
from abreast.testing.cases.values import same
from abreast.testing.tools import caught, here, nap


class Read:
    """A source of numbers that counts how many were read."""

    def __init__(self, end: int | None = None) -> None:
        self.read = 0
        self.closed = False
        self._end = end

    def __iter__(self) -> Iterator[int]:
        try:
            while self._end is None or self.read < self._end:
                self.read += 1
                yield self.read - 1
        finally:
            self.closed = True


@case("order")
def endless() -> Any:
    """Endless input gives results as long as they are asked for."""
    stream = ab.imap(same, itertools.count())
    taken = [next(stream) for _ in range(300)]
    stream.close()  # type: ignore[attr-defined]
    return taken, caught(next, stream)


@case()
def window() -> Any:
    """No more items are read ahead of the results than the window holds."""
    ahead = []
    for size in (1, 2, 10):
        source = Read(80)
        stream = ab.imap(same, source, window=size)
        reads = [source.read - place <= size + 1 for place, _ in enumerate(stream)]
        ahead.append((all(reads), len(reads)))
    return ahead


@case(answer=True)
def default_window() -> Any:
    """Without a number, the window is bounded by the workers."""
    source = Read()
    stream = ab.imap(same, source)
    for _ in range(500):
        next(stream)
    ahead = source.read - 500
    stream.close()  # type: ignore[attr-defined]
    return ahead <= 16 * here().workers + 1


@case()
def nothing_before_it_is_asked() -> Any:
    """No item is read before the first result is asked for."""
    source = Read()
    stream = ab.imap(same, source)
    time.sleep(0.05)
    return source.read, next(stream), stream.close()  # type: ignore[attr-defined]


@case()
def unordered() -> Any:
    """Without order every result comes once."""

    def task(n: int) -> int:
        nap(0.03 if n % 10 == 0 else 0.0)
        return n

    return sorted(ab.imap(task, range(60), ordered=False))


@case(requires="concurrent", answer=True)
def unordered_does_not_wait() -> Any:
    """Without order, short tasks overtake a long one."""
    stream = ab.imap(lambda n: (nap(0.6 if n == 0 else 0.0), n)[1], range(6), ordered=False)
    first = next(stream)
    rest = list(stream)
    return first != 0 and sorted([first, *rest]) == list(range(6))


def taken(stream: Iterator[Any]) -> Any:
    """Take all, and what is raised at the end."""
    values: list[Any] = []
    try:
        values.extend(stream)
    except Exception as error:
        return values, error
    return values, None


@case("errors")
def errors() -> Any:
    """What came before the first failed task is yielded, then its exception is raised."""
    return [taken(ab.imap(fails_at(*at), range(100))) for at in [(0,), (50,), (99, 60), (20, 21)]]


@case("errors")
def errors_as_results() -> Any:
    """`on_error` "return" yields exceptions in their place, "finish" raises at the end."""
    kept = list(ab.imap(fails_at(3, 5), range(40), on_error="return"))
    return kept, taken(ab.imap(fails_at(30, 5), range(40), on_error="finish"))


@case("errors", "iterables", answer=[([*range(23)], "OSError")] * 2)
def source_fails() -> Any:
    """When the iterable raises, the results of what it gave come first, then its exception."""

    def source() -> Iterator[int]:
        yield from range(23)
        raise OSError("the source ended")

    streams = ab.imap(same, source()), ab.imap(same, source(), window=3)
    return [(values, type(error).__name__) for values, error in map(taken, streams)]


@case("errors", "iterables", "order", answer=([0, 1, 2, 3], "ValueError"))
def task_fails_before_source() -> Any:
    """When a task fails and the iterable raises later, the task's exception is raised."""

    def source() -> Iterator[int]:
        yield from range(23)
        raise OSError("the source ended")

    values, error = taken(ab.imap(fails_at(4), source()))
    return values, type(error).__name__


@case("close")
def closed_early() -> Any:
    """A stream that is closed early ends at once; the plan goes on."""
    start = time.monotonic()
    for _ in range(5):
        stream = ab.imap(lambda n: (nap(0.02), n)[1], itertools.count())
        first = next(stream)
        stream.close()  # type: ignore[attr-defined]
    return first, ab.map(same, range(5)), time.monotonic() - start < 5


@case("close")
def dropped() -> Any:
    """Streams that nobody holds any more end by themselves."""
    for _ in range(10):
        next(ab.imap(same, itertools.count()))
    return ab.map(same, range(5))


@case("iterables")
def several_iterables() -> Any:
    """Several iterables give one argument each, endless ones go along."""
    squares = ab.imap(lambda a, b: a**b, itertools.count(), [2] * 20)
    return list(squares), list(ab.imap(lambda a, b: a + b, "abc", "bca"))


@case("state")
def side_by_side() -> Any:
    """Two streams that are read in turn, with a call between, do not mix."""
    first, second = ab.imap(same, range(50)), ab.imap(str, range(50))
    return [(a, b, ab.map(same, [-a])) for a, b in zip(first, second, strict=True)]


@case()
def slow_consumer() -> Any:
    """A consumer that is slower than the tasks loses nothing."""
    return [(nap(0.002), each)[1] for each in ab.imap(same, range(100), window=4)]


@case("iterables")
def slow_source() -> Any:
    """A source that is slower than the tasks gives its results as they come."""

    def source() -> Iterator[int]:
        for n in range(30):
            nap(0.003)
            yield n

    return list(ab.imap(same, source()))


@case("sharing", "numpy", requires="isolated")
def results_stay() -> Any:
    """Results of a stream keep their values while the stream goes on."""
    import numpy as np

    kept = list(ab.imap(lambda n: np.full(50_000, float(n)), range(40), window=4))
    return [(each[0], each[-1]) for each in kept]
