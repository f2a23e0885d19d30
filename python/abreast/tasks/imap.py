"""Call a function for each item of a stream, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Never, TypeVar

from abreast.backends.contract import Job
from abreast.errors import MISSING, DeadlineExceeded, TransferError
from abreast.keywords import refuse
from abreast.plans import abandon
from abreast.tasks.checkpoint import CheckpointLike, begin
from abreast.tasks.origin import forks, stays_there
from abreast.tasks.output import Listener, check_output
from abreast.tasks.prepare import (
    PlanLike,
    Streams,
    check_function,
    check_on_error,
    check_seed_global,
    make_call,
    name_of,
    note,
    place,
)
from abreast.tasks.progress import Progress, ProgressLike
from abreast.tasks.reach import explained
from abreast.tasks.rules import RetryOn, check_rules
from abreast.tasks.source import Reading, Source

__all__ = ["imap"]

R = TypeVar("R")

_PER_WORKER = 16
"""Tasks per worker in the default window."""


def imap(
    function: Callable[..., R],
    *iterables: Iterable[Any],
    window: int | None = None,
    ordered: bool = True,
    seed: Any = None,
    seed_global: bool = False,
    progress: ProgressLike = False,
    output: str = "ordered",
    on_error: str = "raise",
    retries: int = 0,
    retry_on: RetryOn = None,
    timeout: float | None = None,
    deadline: float | None = None,
    checkpoint: CheckpointLike = None,
    plan: PlanLike = None,
    **unknown: Never,
) -> Iterator[R]:
    """As `map`, but an iterator: input may be long or endless, memory stays bounded.

    Parameters
    ----------
    function, *iterables, seed, seed_global, progress, output, retries, retry_on, timeout, deadline,
    checkpoint, plan
        As for `map`.
    window : int, optional
        Most items that were read and whose results were not taken yet; default 16 a worker.
    ordered : bool
        Yield results in the order of the items, or as they come.
    on_error : {"raise", "finish", "return"}
        When a task raises: stop and raise when its turn comes; go on without it and raise at the
        end; or yield the exception.

    Yields
    ------
    object
        ``function(item)``.

    Examples
    --------
    >>> import itertools, abreast as ab
    >>> squares = ab.imap(lambda x: x * x, itertools.count(), plan="threads")
    >>> [next(squares) for _ in range(4)]
    [0, 1, 4, 9]
    >>> squares.close()
    """
    check_function("imap", function)
    if unknown:
        refuse("imap", unknown, imap, function)
    check_on_error("imap", on_error)
    rules = check_rules("imap", retries, retry_on, timeout, deadline)
    check_output("imap", output)
    if not iterables:
        raise TypeError("imap: items are missing\nhint: imap(function, items)")
    if window is not None and (
        isinstance(window, bool) or not isinstance(window, int) or window < 1
    ):
        raise ValueError(f"imap: window={window!r}: a whole number of items, at least 1")
    source = Source("imap", iterables)
    backend = place(plan)
    check_seed_global("imap", seed_global, seed, backend.level)
    bar = Progress(progress, source.len, name_of(function))
    listener = Listener(output, name_of(function), bar)
    call = make_call(
        function,
        star=source.star,
        seed=seed,
        seed_global=seed_global,
        heard=listener.hears(backend),
    )
    source.one_by_one = backend.capabilities.isolated
    source.backend = backend if checkpoint is None else None
    job, end = begin(backend, call, "imap", function, rules, checkpoint, seed)
    stream = _Stream(
        job,
        source,
        window or _PER_WORKER * backend.level.workers,
        ordered,
        on_error,
        function,
        bar,
        listener,
        end,
    )
    return stream.results()


class _Stream:
    """A call on its way, some window of it at a time."""

    def __init__(
        self,
        job: Job,
        source: Source,
        window: int,
        ordered: bool,
        on_error: str,
        function: Callable[..., Any],
        bar: Progress,
        listener: Listener,
        end: Callable[[], None],
    ) -> None:
        self.job = job
        self.origin = forks()
        self.end = end
        self.source = source
        self.window = window
        self.ordered = ordered
        self.on_error = on_error
        self.function = function
        self.bar = bar
        self.streams = Streams(function, stacklevel=4)
        self.arrived: dict[int, tuple[Any, BaseException | None]] = {}
        self.pushed = 0
        self.yielded = 0
        self.failed: int | None = None
        self.listener = listener
        bar.follow(job)
        listener.attach(job)
        self.over: set[int] = set()
        self.first = 0
        self.first_error: tuple[int, BaseException] | None = None

    def results(self) -> Iterator[Any]:
        """Yield results; closing the iterator withdraws the rest."""
        try:
            while True:
                self.feed()
                while self.arrived and (not self.ordered or self.yielded in self.arrived):
                    index = self.yielded if self.ordered else next(iter(self.arrived))
                    value, error = self.arrived.pop(index)
                    self.yielded += 1
                    if error is None:
                        yield value
                    elif self.on_error == "return":
                        yield note(error, "imap", self.function, index)
                    elif self.on_error == "raise":
                        raise note(error, "imap", self.function, index)
                    elif self.first_error is None or index < self.first_error[0]:
                        self.first_error = (index, error)
                    self.feed()
                if self.yielded == self.pushed:
                    if self.source.finished or self.failed is not None:
                        break
                    self.source.wait()
                    continue
                self.pull()
            if self.first_error is not None:
                index, error = self.first_error
                raise note(error, "imap", self.function, index)
            if self.source.error is not None:
                raise self.source.error
        except DeadlineExceeded as error:
            if not hasattr(error, "__notes__"):  # This call's, not one that a task raised.
                self.hand_over(error)
            raise
        except Exception:
            raise
        except GeneratorExit:
            raise
        except BaseException:
            self.job.stop(0.5)
            self.listener.take(self.job.pull(0.0, None).output, self.is_over)
            raise
        finally:
            if self.origin == forks():
                self.job.cancel()
                self.listener.finish(self.failed)
                abandon(self.job)
                self.bar.close()
                self.end()

    def hand_over(self, error: DeadlineExceeded) -> None:
        """Let the error have what is there and was not yielded."""
        there = {
            index: value if failure is None else failure
            for index, (value, failure) in self.arrived.items()
        }
        last = max(there, default=self.yielded - 1)
        error.results = [there.get(index, MISSING) for index in range(self.yielded, last + 1)]

    def feed(self) -> None:
        """Push what the window and the job's appetite allow."""
        if self.origin != forks():
            raise stays_there("this iterator of imap", self.origin)
        while self.failed is None and not self.source.finished:
            room = min(self.window - (self.pushed - self.yielded), self.job.want())
            if room <= 0:
                return
            items = self.source.take(room)
            try:
                self.job.push(items)
                self.pushed += items.given if isinstance(items, Reading) else len(items)
            except TransferError as error:
                if error.index is None:
                    raise
                sent = error.index - self.pushed
                if not isinstance(items, Reading):
                    self.source.unread(items[sent + 1 :])
                self.job.skip()
                self.bar.add(1)
                self.pushed += sent + 1
                item = items.last if isinstance(items, Reading) else items[sent]
                self.arrive(error.index, None, explained(error, "imap", None, item))
                continue
            refused = self.source.refused()
            if refused is not None:
                self.job.skip()
                self.bar.add(1)
                self.pushed += 1
                self.arrive(self.pushed - 1, None, refused)
            if self.source.waits:
                return

    def pull(self) -> None:
        """Take what ended."""
        pulled = self.job.pull(self.source.patience(self.bar.period), None)
        self.streams.note(pulled.notes)
        self.bar.add(pulled.finished)
        for index, value, error in pulled.ended:
            self.arrive(index, value, error)
        self.listener.take(pulled.output, self.is_over)

    def is_over(self, index: int) -> bool:
        """Whether a task has ended, and one after it is to be heard of."""
        if index >= self.first and index not in self.over:
            return False
        return self.failed is None or index < self.failed

    def arrive(self, index: int, value: Any, error: BaseException | None) -> None:
        """Keep an outcome until its turn; after a failure that is to be raised, feed no more."""
        self.arrived[index] = (value, error)
        self.over.add(index)
        while self.first in self.over:
            self.over.remove(self.first)
            self.first += 1
        if (
            error is not None
            and self.on_error == "raise"
            and (self.failed is None or index < self.failed)
        ):
            self.failed = index
