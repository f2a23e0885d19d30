"""`map` of an executor: one job for all items, results in order, taken as the caller asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import islice
from typing import TYPE_CHECKING, Any

from abreast.backends.contract import Job
from abreast.errors import TransferError
from abreast.interop.executor_errors import as_expected
from abreast.tasks.prepare import note
from abreast.tasks.reach import explained

if TYPE_CHECKING:
    from abreast.interop.executor import Executor

__all__ = ["Mapped", "check_chunks", "one_by_one"]

_FIRST = 16
_MOST = 1024
"""Items in the first push and in later ones: by then the job knows how long they take."""
_SLICE = 0.05


class Mapped:
    """A call of `map` on its way."""

    def __init__(
        self, owner: Executor, job: Job, function: Any, items: Iterator[Any], lazy: bool
    ) -> None:
        self.owner = owner
        self.job = job
        self.function = function
        self.items = items
        self.lazy = lazy
        self.lock = threading.Lock()
        """Held by who pulls: the caller, or another thread in `shutdown`."""
        self.arrived: dict[int, tuple[Any, BaseException | None]] = {}
        self.pushed = 0
        self.cancelled = False

    def feed(self, count: int | None) -> None:
        """Push so many more items, or all there are."""
        size = _FIRST
        while count is None or count > 0:
            block = list(islice(self.items, size if count is None else min(size, count)))
            if not block:
                return
            self.push(block)
            if count is not None:
                count -= len(block)
            with self.lock:
                self.pull(0.0)  # so that the job learns how long they take
            size = min(4 * size, _MOST)

    def push(self, block: list[Any]) -> None:
        """Push items; one that cannot be sent is a task that failed."""
        while block:
            try:
                self.job.push(block)
            except TransferError as error:
                if error.index is None:
                    raise
                sent = error.index - self.pushed
                self.job.skip()
                better = explained(error, "map", None, block[sent])
                better.__cause__ = error.__cause__
                self.arrived[error.index] = None, better
                block = block[sent + 1 :]
                self.pushed += sent + 1
            else:
                self.pushed += len(block)
                return

    def results(self, end: float | None) -> Iterator[Any]:
        """Yield what the tasks answer; what nobody waits for any more is withdrawn."""
        place = 0
        try:
            while place < self.pushed:
                self.await_task(place, end)
                if self.lazy and not self.cancelled:
                    self.feed(1)
                place += 1
                # Not kept in a variable: who gets it may be its only user.
                yield self.take(place - 1)
        finally:
            self.cancel()

    def await_task(self, place: int, end: float | None) -> None:
        """Wait until a task has ended, or was withdrawn."""
        while place not in self.arrived:
            left = _SLICE if end is None else end - time.monotonic()
            with self.lock:
                if place in self.arrived:
                    return
                if self.cancelled and not (self.job.outstanding() or self.job.ready()):
                    return
                self.pull(max(0.0, min(left, _SLICE)))
            if left <= 0.0 and place not in self.arrived:
                raise TimeoutError(
                    f"map: task {place} did not end in time\n"
                    "hint: timeout= counts from the call of map"
                )

    def pull(self, timeout: float) -> None:
        """Take what ended; holding the lock."""
        for index, value, error in self.job.pull(timeout, None).ended:
            self.arrived[index] = value, error

    def take(self, place: int) -> Any:
        """Return what a task answered, or raise what it raised."""
        if place not in self.arrived:
            raise CancelledError
        value, error = self.arrived.pop(place)
        if error is None:
            return value
        expected = as_expected(note(error, "map", self.function, place))
        self.owner._see(expected)
        try:
            raise expected
        finally:
            # Its traceback holds this frame.
            del error, expected

    def cancel(self) -> None:
        """Withdraw what was not started."""
        self.cancelled = True
        self.job.cancel()
        if not self.job.outstanding():
            self.owner._forget(self)

    def _finish(self) -> None:
        """Wait until all is over; called by `shutdown`."""
        while self.job.outstanding():
            with self.lock:
                self.pull(_SLICE)
        self.owner._forget(self)

    def _sweep(self) -> bool:
        """Whether the executor need not know of it any more."""
        if self.lock.acquire(blocking=False):
            try:
                self.pull(0.0)
            finally:
                self.lock.release()
        return not self.job.outstanding()


def check_chunks(chunksize: Any, buffersize: Any) -> None:
    """Refuse what the standard library refuses."""
    if chunksize < 1:
        raise ValueError(f"map: chunksize={chunksize!r}: chunksize must be >= 1.")
    if buffersize is None:
        return
    if not isinstance(buffersize, int) or isinstance(buffersize, bool):
        raise TypeError(f"map: buffersize={buffersize!r}: buffersize must be an integer or None")
    if buffersize < 1:
        raise ValueError(f"map: buffersize={buffersize!r}: buffersize must be None or > 0")


def one_by_one(
    submit: Callable[..., Any], arguments: Iterable[Any], ahead: int | None, end: float | None
) -> Iterator[Any]:
    """Submit each call by itself, and return an iterator of the results."""
    from collections import deque

    arguments = iter(arguments)
    futures = deque(submit(each) for each in islice(arguments, ahead))

    def results() -> Iterator[Any]:
        try:
            while futures:
                future = futures.popleft()
                try:
                    left = None if end is None else end - time.monotonic()
                    value = [future.result(left)]
                finally:
                    future.cancel()
                    del future
                if ahead is not None:
                    futures.extend(submit(each) for each in islice(arguments, 1))
                yield value.pop()
        finally:
            for future in futures:
                future.cancel()

    return results()
