"""Where the arguments of tasks come from: read no further ahead than asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import CancelledError, Future
from itertools import count, cycle, repeat
from operator import length_hint
from typing import Any

from abreast._abreast import help as run_one_queued
from abreast.backends.contract import Backend
from abreast.tasks.future import value_for
from abreast.tasks.inputs import PLAIN, failure, find, hold, replace

__all__ = ["Reading", "Source"]

_CONTAINERS = (list, tuple, range, dict, set, frozenset, str, bytes, repeat)
"""Giving an item of these runs no code of the user's."""

_PATIENCE = 0.0005
"""Seconds for which items of a slow iterator are gathered before they are handed on."""


_LOOK = 0.005
"""Seconds after which somebody who waits for tasks looks again at a future of the next item."""
_PERIOD = 0.05
"""The same for somebody who waits for the future alone, but for Ctrl-C and a progress bar."""


class _NotThere(Exception):
    """A future of an item has no value."""


class _Over(Exception):
    """An item can never be given; why is kept."""


class Reading:
    """Items that are read as they are asked for, once; `given` counts them."""

    def __init__(self, items: Iterator[Any], settle: Callable[[Any], Any], steady: bool) -> None:
        self._items = items
        self._settle = settle
        self.given = 0
        self.steady = steady
        """Nothing that could change one item runs before the next is given."""
        self.last: Any = None

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        item = next(self._items)
        if type(item) not in PLAIN:
            item = self._settle(item)
        self.given += 1
        self.last = item
        return item


class Source:
    """The items of one or several iterables, a tuple each if there are several.

    An exception of the iterable ends the items; it is kept in `error` for when their turn is over.

    Futures in items become their values. An item whose future is not done yet ends what `take`
    gives, and is the first of the next time. One whose future failed is `refused` then.

    Several must be equally long; `itertools.repeat`, `count` and `cycle` go along with the others.
    """

    def __init__(self, caller: str, iterables: Sequence[Iterable[Any]]) -> None:
        self._caller = caller
        for place, iterable in enumerate(iterables):
            if not isinstance(iterable, Iterable):
                raise TypeError(
                    f"{caller}: argument {place + 2} is {iterable!r}, which is not iterable\n"
                    f"hint: {caller}(function, items), or {caller}(function, xs, ys) for two"
                )
        self.star = len(iterables) > 1
        self._steady = all(isinstance(each, _CONTAINERS) for each in iterables)
        self.exhausted = False
        self.error: Exception | None = None
        self.one_by_one = False
        """Whoever takes items copies them. So each item of an iterator is read when it is asked
        for: the iterator may give one buffer again and again, and what counts is what it held when
        it was given."""
        self.backend: Backend | None = None
        """Its tasks take results of others where these are; None: items are looked at here."""
        self._refused: BaseException | None = None
        self._awaited: Future[Any] | None = None
        self._unread: list[Any] = []
        self._at = 0
        self._items: Sequence[Any] | None = None
        if not self.star and isinstance(iterables[0], (list, tuple, range)):
            self._items = iterables[0]
        elif not self.star:
            self._iterator: Iterator[Any] = iter(iterables[0])
        else:
            self._iterator = self._zip(iterables)
        self.len = _len(iterables)

    def _zip(self, iterables: Sequence[Iterable[Any]]) -> Iterator[tuple[Any, ...]]:
        finite = [not _endless(each) for each in iterables]
        lengths = {len(each) for each in iterables if isinstance(each, Sized)}
        if len(lengths) > 1:
            raise self._unequal(" and ".join(str(length) for length in sorted(lengths)))
        return self._in_step([iter(each) for each in iterables], finite)

    def _in_step(
        self, iterators: list[Iterator[Any]], finite: list[bool]
    ) -> Iterator[tuple[Any, ...]]:
        end, taken = object(), 0
        while True:
            row = tuple(next(iterator, end) for iterator in iterators)
            ended = [value is end for value in row]
            if any(ended):
                if not all(over for over, counts in zip(ended, finite, strict=True) if counts):
                    places = [place + 1 for place, over in enumerate(ended) if over]
                    raise self._unequal(f"{taken} in number {places[0]}, more in another")
                return
            taken += 1
            yield row

    def _unequal(self, lengths: str) -> ValueError:
        return ValueError(
            f"{self._caller}: the iterables have different lengths: {lengths}\n"
            "hint: for a value that all tasks share use functools.partial, a lambda, or "
            "itertools.repeat(value)"
        )

    def take(self, most: int) -> Sequence[Any] | Reading:
        """Return up to `most` items, fewer if they come slowly or end; sets `exhausted`."""
        self._awaited = None
        items = self._listed(most)
        if not items:
            read = self._read(most)
            if self.one_by_one:
                return Reading(read, self._settled_or_end, self._steady)
            items = list(read)
        return self._settled_items(items) if hold(items) else items

    def _settled_items(self, items: Sequence[Any]) -> Sequence[Any]:
        """Return items with values for futures, as far as these are there."""
        settled: list[Any] = []
        for at, item in enumerate(items):
            try:
                settled.append(self._settled(item, alone=not at))
            except _NotThere:
                self.unread(items[at + (self._refused is not None) :])
                break
            except _Over:
                break
        return settled

    def _settled_or_end(self, item: Any) -> Any:
        try:
            return self._settled(item, alone=False)
        except _NotThere:
            self.unread([item])
            raise StopIteration from None
        except _Over:
            raise StopIteration from None

    def _settled(self, item: Any, *, alone: bool) -> Any:
        """Return an item with values for futures; one that failed is refused when it is first."""
        try:
            futures = find(item, self._caller)
        except TypeError as refusal:
            # As if the iterable had raised it: what it gave before comes first.
            self.error, self.exhausted, self._unread = refusal, True, []
            raise _Over from None
        if not futures:
            return item
        for each in futures:
            if not each.done():
                self._awaited = each
                raise _NotThere
        error = failure(futures)
        if error is None:
            return replace(item, self._value_of)
        if alone:
            self._refused = error
        raise _NotThere

    def _value_of(self, future: Future[Any]) -> Any:
        return future.result() if self.backend is None else value_for(self.backend, future)

    def refused(self) -> BaseException | None:
        """Return what a future of the next item raised, if `take` gave nothing for that; once."""
        refused, self._refused = self._refused, None
        return refused

    @property
    def waits(self) -> bool:
        """Whether the next item waits for a future."""
        return self._awaited is not None

    def patience(self, period: float | None) -> float | None:
        """Return how long to wait for tasks before the next item is looked at again."""
        return period if self._awaited is None else min(period or _LOOK, _LOOK)

    def wait(self) -> None:
        """Wait a moment for the future of the next item, if it has one."""
        if self._awaited is None or run_one_queued():
            return
        try:
            self._awaited.exception(_PERIOD)
        except (TimeoutError, CancelledError):
            return

    def _listed(self, most: int) -> Sequence[Any]:
        if self._unread:
            taken, self._unread = self._unread[:most], self._unread[most:]
            return taken
        if self._items is None:
            return ()
        items = self._items[self._at : self._at + most]
        self._at += len(items)
        self.exhausted = self._at >= len(self._items)
        return items

    def _read(self, most: int) -> Iterator[Any]:
        if self.exhausted or self._items is not None:
            return
        deadline = time.perf_counter() + _PATIENCE
        for _ in range(most):
            try:
                item = next(self._iterator)
            except StopIteration:
                self.exhausted = True
                return
            except Exception as error:
                # What it gave before comes first, as it would in a loop.
                self.error, self.exhausted = error, True
                return
            yield item
            if time.perf_counter() >= deadline:
                return

    def unread(self, items: Sequence[Any]) -> None:
        """Put items back, to be taken next."""
        self._unread[:0] = items

    @property
    def finished(self) -> bool:
        """Whether nothing is left to take."""
        return self.exhausted and not self._unread


def _endless(iterable: Iterable[Any]) -> bool:
    if isinstance(iterable, (count, cycle)):
        return True
    return isinstance(iterable, repeat) and length_hint(iterable, -1) == -1


def _len(iterables: Sequence[Iterable[Any]]) -> int | None:
    for each in iterables:
        if isinstance(each, Sized):
            return len(each)
    return None
