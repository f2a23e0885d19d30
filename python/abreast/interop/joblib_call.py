"""The batches of one call of `joblib.Parallel`, as one job.

One job, because what many tasks name is placed in shared memory once a job. Results that make a
list are fetched by the thread that waits for them, which also dispatches what comes next: no other
thread takes part. Those for a generator have a thread that fetches them while nobody waits.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from abreast.backends.contract import Backend, Call
from abreast.errors import TransferError
from abreast.interop.executor_errors import as_expected
from abreast.interop.initializer import Initialized
from abreast.plans import abandon, set_aside, take_back

__all__ = ["Batch", "JoblibCall"]

_Packed = tuple[list[Any] | None, tuple[Any, ...], tuple[Any, ...] | None]
"""Functions, unless all are the job's; arguments; keywords, if there are any."""

_LOOK = 0.1
"""Seconds after which the thread looks whether it is still needed."""


class Late(multiprocessing.TimeoutError, TimeoutError):
    """What joblib raises, which is no `TimeoutError`, and one besides."""


class Batch:
    """Calls that were sent together."""

    def __init__(self, call: JoblibCall, callback: Callable[[Any], object] | None) -> None:
        self.call = call
        self.callback = callback
        self.ended = False
        self.value: list[Any] | None = None
        self.error: BaseException | None = None

    def end(self, value: list[Any] | None, error: BaseException | None) -> None:
        """Note the outcome."""
        self.value, self.error = value, error
        self.ended = True

    def result(self) -> list[Any]:
        """Return the results once, or raise what the first failed call raised."""
        value, self.value = self.value, None
        if self.error is None:
            return value or []
        try:
            raise self.error
        finally:
            self.error = None

    def tell(self) -> None:
        """Have joblib dispatch the next batch."""
        if self.callback is not None:
            self.callback(self)


class JoblibCall:
    """A call of `Parallel` on its way."""

    def __init__(
        self,
        place: Backend,
        first: Any,
        took: Callable[[int, float], None],
        initialized: Initialized | None,
        *,
        told: bool,
    ) -> None:
        self.place = place
        self.took = took
        self.known = first.items[0][0] if first.items else None
        self.run = _Run(self.known, first._backend, first._n_jobs, initialized)
        self.job = self._open()
        self.lock = threading.Lock()
        self.batches: dict[int, Batch] = {}
        self.refused: list[Batch] = []
        self.pushed = 0
        self.closed = False
        self.thread: threading.Thread | None = None
        self.changed = threading.Event()
        if told:
            # Who leaves the program with a generator open does not want the rest.
            set_aside(self.job)
            self.thread = threading.Thread(target=self.serve, name="abreast-joblib", daemon=True)
            self.thread.start()

    def _open(self) -> Any:
        try:
            return self.place.open(Call(self.run, caller="joblib"))
        except TransferError as error:
            raise as_expected(error) from error.__cause__

    def submit(self, batch: Any, callback: Callable[[Any], object] | None) -> Batch:
        """Push a batch; one that cannot be sent has failed."""
        entry = Batch(self, callback)
        packed = _pack(batch.items, self.known)
        with self.lock:
            index, self.pushed = self.pushed, self.pushed + 1
            self.batches[index] = entry
            try:
                self.job.push([packed])
            except TransferError as error:
                del self.batches[index]
                self.job.skip()
                entry.end(None, as_expected(error))
                self.refused.append(entry)
        self.changed.set()
        return entry

    def wait_for(self, batch: Batch, timeout: float | None) -> None:
        """Fetch results, and have the next batches dispatched, until this one has ended."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not batch.ended:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            for each in self.fetch(left):
                each.tell()
            if not batch.ended and deadline is not None and time.monotonic() >= deadline:
                raise Late(
                    f"a batch of tasks did not end within {timeout} s\n"
                    "hint: timeout= of Parallel is for each batch, from when its turn has come"
                )

    def fetch(self, timeout: float | None) -> list[Batch]:
        """Take what ended, waiting for it so long."""
        if timeout != 0.0:
            self.job.wait(timeout)
        over = []
        with self.lock:
            for index, value, error in self.job.pull(0.0, None).ended:
                batch = self.batches.pop(index)
                if error is None:
                    seconds, results = value
                    self.took(len(results), seconds)
                    batch.end(results, None)
                else:
                    batch.end(None, as_expected(error))
                over.append(batch)
            if self.thread is not None:
                # A list waits for these in their turn.
                over += self.refused
                self.refused = []
        return over

    def serve(self) -> None:
        """Fetch results until the call is closed; a thread of its own."""
        while not self.closed:
            if self.refused or self.job.outstanding() or self.job.ready():
                for each in self.fetch(0.0 if self.refused else _LOOK):
                    if not self.closed:
                        each.tell()
            else:
                self.changed.wait(_LOOK)
                self.changed.clear()

    def close(self, grace: float | None = None) -> None:
        """Want no more results; with `grace`, stop what runs after so many seconds."""
        self.closed = True
        self.changed.set()
        job = self.job
        job.cancel()
        take_back(job)
        # When the interpreter ends, the thread stands still.
        ending = sys.is_finalizing() or self.thread is threading.current_thread()
        if self.thread is not None and not ending:
            self.thread.join()
        if grace is not None and job.outstanding():
            job.stop(grace)
        if job.outstanding():
            abandon(job)
        self.batches.clear()
        self.refused.clear()


class _Run:
    """Runs a batch where a worker is, with joblib's nested backend in force."""

    def __init__(
        self, known: Any, backend: Any, n_jobs: Any, initialized: Initialized | None
    ) -> None:
        self.__wrapped__ = known
        self.nested = backend, n_jobs
        self.initialized = initialized

    def __call__(self, packed: _Packed) -> tuple[float, list[Any]]:
        # Also so that nested calls find the backend by its name.
        from joblib import parallel_config

        import abreast.interop.joblib  # noqa: F401

        backend, n_jobs = self.nested
        with parallel_config(backend=backend, n_jobs=n_jobs):
            if self.initialized is None:
                return self.call(packed)
            answer: tuple[float, list[Any]] = self.initialized(self.call, packed)
            return answer

    def call(self, packed: _Packed) -> tuple[float, list[Any]]:
        """Return how long it took, and the results."""
        which, args, keywords = packed
        begin = time.perf_counter()
        if which is None:
            function = self.__wrapped__
            if keywords is None:
                results = [function(*given) for given in args]
            else:
                both = zip(args, keywords, strict=True)
                results = [function(*given, **named) for given, named in both]
        else:
            functions = (self.__wrapped__ if each is None else each for each in which)
            each_call = zip(functions, args, keywords or [{}] * len(args), strict=True)
            results = [function(*given, **named) for function, given, named in each_call]
        return time.perf_counter() - begin, results


def _pack(items: list[Any], known: Any) -> _Packed:
    """Return functions, arguments and keywords of a batch, without what the job has already."""
    functions, args, keywords = zip(*items, strict=True)
    which: list[Any] | None = None
    if set(map(id, functions)) != {id(known)}:
        which = [None if function is known else function for function in functions]
    return which, args, keywords if any(keywords) else None
