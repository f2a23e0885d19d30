"""Call a function once for each item."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Never, TypeVar

from abreast.backends.contract import Job
from abreast.errors import MISSING, DeadlineExceeded, TransferError, WorkerLost
from abreast.keywords import refuse
from abreast.plans import abandon
from abreast.tasks.checkpoint import CheckpointLike, begin
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

__all__ = ["map"]

R = TypeVar("R")

_STOP_GRACE = 0.5
"""Seconds that running tasks get to stop after Ctrl-C before force is used."""


_WAITING = MISSING
"""Stands in a result list where nothing has arrived."""


def map(
    function: Callable[..., R],
    *iterables: Iterable[Any],
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
) -> list[R]:
    """Call `function` once for each item, side by side as the plan says; results in order.

    Work is balanced by itself: whoever is free takes the next item, and how many travel together
    follows from how long they take. Nothing has to be set.

    Parameters
    ----------
    function : callable
        Any function: lambdas, closures, functions of a notebook or of ``python -c`` too.
    *iterables : iterable
        One argument each; several must be equally long. Read no further ahead than needed.
        Futures among the items, or inside them, become their values as for `submit`.
    seed : int, sequence of int, SeedSequence, Generator, or True, optional
        Give task `i` its own generator as keyword argument ``rng``:
        ``default_rng(SeedSequence(seed, spawn_key=(i,)))``, whatever the plan. ``True`` continues
        the stream of the task that makes the call, or takes fresh entropy outside of one.
    seed_global : bool
        Seed `random` and `numpy.random` for each task instead, for functions that draw from there.
        Not on threads, which share these streams.
    progress : bool, "always", or callable
        Draw a bar of finished tasks where somebody can see it; ``"always"`` anywhere; or call
        ``progress(done, total)``.
    output : {"ordered", "live", "tagged"}
        Show what tasks print, warn and log as `serial` would; line by line as it comes; or that
        with function and number of its task before each line.
    on_error : {"raise", "finish", "return"}
        When a task raises: withdraw what has not started and raise the exception of the first item
        that failed; finish everything, then raise it; or put exceptions in the place of results.
    retries : int
        How often a task that fails runs again, with the same random numbers; also one whose worker
        died, or that ran into its `timeout`.
    retry_on : exception class or tuple of them, optional
        Only after these; default every `Exception`.
    timeout : float, optional
        Seconds for each try of a task, from when it starts. One that runs longer is stopped and
        fails with `TaskTimeout`: on processes whatever it does, elsewhere in Python code.
    deadline : float, optional
        Seconds for the whole call. Then everything is stopped, and `DeadlineExceeded` is raised,
        with what is there in its `results`.
    checkpoint : str or path, optional
        File that results are stored in as they come. The same call with the same file runs only
        what is missing: after Ctrl-C, an error, or the end of the program, whatever ended it.
    plan : str or Plan, optional
        Where to run this call; see `abreast.plan`.

    Returns
    -------
    list
        ``function(item)`` for each item, in their order.

    Raises
    ------
    Exception
        What the first failed task raised, with the traceback of its worker.
    WorkerLost
        If a worker died; it names task and signal. Other results are kept: see ``on_error``.
    TaskTimeout
        If a task ran longer than `timeout`.
    DeadlineExceeded
        If the call took longer than `deadline`.
    TransferError
        If function, argument or result cannot be sent to another process.
    CheckpointError
        If the file is of no use: the function, an item or the seed has changed; it names what.

    Examples
    --------
    >>> import abreast as ab
    >>> ab.map(pow, [2, 3, 4], [5, 2, 3], plan="threads")
    [32, 9, 64]
    >>> ab.map(lambda x, rng: x + int(rng.integers(10)), [10, 20], seed=1, plan="serial")
    [10, 29]
    """
    check_function("map", function)
    if unknown:
        refuse("map", unknown, map, function)
    check_on_error("map", on_error)
    rules = check_rules("map", retries, retry_on, timeout, deadline)
    check_output("map", output)
    if not iterables:
        raise TypeError("map: items are missing\nhint: map(function, items)")
    source = Source("map", iterables)
    backend = place(plan)
    check_seed_global("map", seed_global, seed, backend.level)
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
    job, end = begin(backend, call, "map", function, rules, checkpoint, seed)
    run = _Run(
        job,
        source,
        on_error,
        bar,
        Streams(function, stacklevel=4),
        listener,
    )
    try:
        run.drive()
    except Exception as reason:
        if isinstance(reason, DeadlineExceeded):
            run.hand_over(reason)
        run.job.cancel()
        abandon(run.job)
        raise
    except BaseException:
        run.job.stop(_STOP_GRACE)
        listener.take(run.job.pull(0.0, None).output, run.is_over)
        raise
    finally:
        listener.finish(run.last())
        bar.close()
        end()
    if run.errors and on_error != "return":
        abandon(run.job)
        run.errors = {index: run.errors[index] for index in sorted(run.errors)}
        index, error = next(iter(run.errors.items()))
        note(error, "map", function, index)
        if on_error == "raise" and isinstance(error, WorkerLost):
            error.add_note("hint: on_error='return' gives what the other tasks return")
        if on_error == "finish" and len(run.errors) > 1:
            others = ", ".join(str(each) for each in list(run.errors)[1:6])
            more = ", ..." if len(run.errors) > 6 else ""
            error.add_note(f"abreast: {len(run.errors) - 1} more failed: tasks {others}{more}")
        try:
            raise error
        finally:
            # The traceback holds this frame: without this, both would live on in a circle, and with
            # them what tasks answered.
            del run, error
    if source.error is not None:
        raise source.error
    for index, error in run.errors.items():
        run.results[index] = note(error, "map", function, index)
    return run.results


class _Run:
    """One call on its way: feeds the job and collects what comes back."""

    def __init__(
        self,
        job: Job,
        source: Source,
        on_error: str,
        bar: Progress,
        streams: Streams,
        listener: Listener,
    ) -> None:
        self.job = job
        self.source = source
        self.raises = on_error == "raise"
        self.bar = bar
        self.streams = streams
        self.listener = listener
        bar.follow(job)
        listener.attach(job)
        self.results: list[Any] = []
        self.errors: dict[int, BaseException] = {}
        self.finished = 0

    def drive(self) -> None:
        """Run everything, or until the first failure is certain."""
        while True:
            stopped = self.raises and bool(self.errors)
            if not stopped and not self.source.finished:
                want = self.job.want()
                if want:
                    self.feed(want)
                    if not self.source.waits:
                        continue
            if stopped and (self.finished == len(self.results) or self.is_certain()):
                return
            if self.finished == len(self.results):
                if self.source.finished:
                    return
                self.source.wait()
                self.bar.add(0)
                continue
            pulled = self.job.pull(self.source.patience(self.bar.period), self.results)
            self.finished += pulled.finished
            self.streams.note(pulled.notes)
            self.bar.add(pulled.finished)
            for index, _, error in pulled.ended:
                if error is not None:
                    self.fail(index, error)
                    if self.raises and index == min(self.errors):
                        self.job.cancel(index + 1)
            self.listener.take(pulled.output, self.is_over)

    def feed(self, want: int) -> None:
        """Push up to `want` more items."""
        items = self.source.take(want)
        first = len(self.results)
        try:
            self.job.push(items)
        except TransferError as error:
            if error.index is None:
                raise
            # Those before it are on their way. It counts as a task that failed, not as one that
            # was pushed, so what waits in the queue comes before it and runs.
            sent = error.index - first
            self.results.extend([_WAITING] * (sent + 1))
            if not isinstance(items, Reading):
                self.source.unread(items[sent + 1 :])
            self.job.skip()
            self.finished += 1
            self.bar.add(1)
            item = items.last if isinstance(items, Reading) else items[sent]
            self.fail(error.index, explained(error, "map", None, item))
            return
        count = items.given if isinstance(items, Reading) else len(items)
        self.results.extend([_WAITING] * count)
        refused = self.source.refused()
        if refused is not None:
            self.results.append(_WAITING)
            self.job.skip()
            self.finished += 1
            self.bar.add(1)
            self.fail(len(self.results) - 1, refused)

    def hand_over(self, error: DeadlineExceeded) -> None:
        """Let the error have what is there."""
        missing = max(0, (self.source.len or 0) - len(self.results))
        error.results = self.results + [_WAITING] * missing

    def fail(self, index: int, error: BaseException) -> None:
        """Note that a task failed."""
        self.errors[index] = error
        self.results[index] = error

    def is_over(self, index: int) -> bool:
        """Whether a task has ended, and one after it is to be heard of."""
        if index >= len(self.results) or self.results[index] is _WAITING:
            return False
        return not self.errors or not self.raises or index < min(self.errors)

    def last(self) -> int | None:
        """Return the task after which none runs, if there is one."""
        return min(self.errors) if self.raises and self.errors else None

    def is_certain(self) -> bool:
        """Whether no task before the failed ones can still fail."""
        first = min(self.errors)
        unknown = any(self.results[index] is _WAITING for index in range(first))
        # What has ended since the last pull is not outstanding any more.
        return not unknown or not (self.job.outstanding() or self.job.ready())
