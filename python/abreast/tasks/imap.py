"""Call a function for each item of a stream, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from abreast.backends.contract import Job
from abreast.errors import TransferError
from abreast.plans import abandon
from abreast.tasks.checkpoint import CheckpointLike, begin
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
    on_error: str = "raise",
    checkpoint: CheckpointLike = None,
    plan: PlanLike = None,
) -> Iterator[R]:
    """As `map`, but an iterator: input may be long or endless, memory stays bounded.

    Parameters
    ----------
    function, *iterables, seed, seed_global, progress, checkpoint, plan
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
    check_on_error("imap", on_error)
    if not iterables:
        raise TypeError("imap: items are missing\nhint: imap(function, items)")
    if window is not None and (
        isinstance(window, bool) or not isinstance(window, int) or window < 1
    ):
        raise ValueError(f"imap: window={window!r}: a whole number of items, at least 1")
    source = Source("imap", iterables)
    backend = place(plan)
    check_seed_global("imap", seed_global, seed, backend.level)
    call = make_call(function, star=source.star, seed=seed, seed_global=seed_global)
    bar = Progress(progress, source.len, name_of(function))
    source.one_by_one = backend.capabilities.isolated
    job, end = begin(backend, call, "imap", function, checkpoint, seed)
    stream = _Stream(
        job,
        source,
        window or _PER_WORKER * backend.level.workers,
        ordered,
        on_error,
        function,
        bar,
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
        end: Callable[[], None],
    ) -> None:
        self.job = job
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
        self.failed = False
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
                    if self.source.finished or self.failed:
                        break
                    self.source.wait()
                    continue
                self.pull()
            if self.first_error is not None:
                index, error = self.first_error
                raise note(error, "imap", self.function, index)
            if self.source.error is not None:
                raise self.source.error
        except Exception:
            raise
        except GeneratorExit:
            raise
        except BaseException:
            self.job.stop(0.5)
            raise
        finally:
            self.job.cancel()
            abandon(self.job)
            self.bar.close()
            self.end()

    def feed(self) -> None:
        """Push what the window and the job's appetite allow."""
        while not self.failed and not self.source.finished:
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
                self.pushed += sent + 1
                item = items.last if isinstance(items, Reading) else items[sent]
                self.arrive(error.index, None, explained(error, "imap", None, item))
                continue
            refused = self.source.refused()
            if refused is not None:
                self.job.skip()
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

    def arrive(self, index: int, value: Any, error: BaseException | None) -> None:
        """Keep an outcome until its turn; after a failure that is to be raised, feed no more."""
        self.arrived[index] = (value, error)
        if error is not None and self.on_error == "raise":
            self.failed = True
