"""Run what was delayed."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Never

from abreast._abreast import Array, array_evaluate
from abreast.backends import journal
from abreast.backends.contract import Backend, Call, Job, Output
from abreast.bundle import Apart, Together, write
from abreast.errors import WorkerLost
from abreast.failures import garbled, rebuild, unpicklable
from abreast.keywords import refuse
from abreast.pickling import Blob, is_plain, pack
from abreast.plans import abandon
from abreast.structure import build
from abreast.tasks.delayed import DelayedFunction, hold
from abreast.tasks.graph import Tasks
from abreast.tasks.output import Listener, check_output
from abreast.tasks.prepare import PlanLike, check_seed_global, note, place
from abreast.tasks.progress import Progress, ProgressLike

__all__ = ["compute", "persist"]

_STOP_GRACE = 0.5
"""Seconds that running tasks get to stop after Ctrl-C before force is used."""

_SHORT = 128 << 20
"""Bytes of held values from which on only what is needed soon is run."""

_LOOK = 0.01
"""Seconds between two looks at futures that did not end yet, while tasks run."""


def compute(
    *anything: Any,
    plan: PlanLike = None,
    progress: ProgressLike = False,
    output: str | None = None,
    **unknown: Never,
) -> Any:
    """Return what delayed values stand for; what several of them need is computed once.

    Parameters
    ----------
    *anything : object
        Delayed values and futures, alone or in lists, tuples and dicts of any depth, which come
        back with the values in their place. Arrays of `abreast.numpy` are computed, all of them
        together, and come back. Whatever holds none of these comes back as it is.
    plan : str or Plan, optional
        Where to run; see `abreast.plan`.
    progress : bool, "always", or callable
        As for `map`.
    output : {"ordered", "live", "tagged"}, optional
        As for `map`; the order is the serial one, and a tag says which place in it a task has.

    Returns
    -------
    object
        One value for one argument, else a tuple.

    Raises
    ------
    Exception
        Of the tasks that raise, what the first in serial order raised. That is the order in which
        nested calls are evaluated; of several arguments, the one whose computation holds more
        values comes first.
    ValueError
        If tasks wait for each other in a circle.

    Examples
    --------
    >>> import abreast as ab
    >>> load, total = ab.delayed(range), ab.delayed(sum)
    >>> parts = [total(load(n)) for n in (3, 4)]
    >>> ab.compute(parts, total(parts), plan="threads")
    ([3, 6], 9)
    """
    if unknown:
        refuse("compute", unknown, compute)
    values = _run(anything, plan, progress, output, asked=_value)
    if arrays := list(_arrays(values)):
        array_evaluate(*arrays)
    return values[0] if len(anything) == 1 else tuple(values)


def _arrays(values: list[Any]) -> Iterator[Array]:
    """Yield the lazy arrays in lists, tuples and dicts: they are computed together."""
    pending: list[Any] = [values]
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if isinstance(value, Array):
            yield value
        elif type(value) in (list, tuple, dict) and id(value) not in seen:
            seen.add(id(value))  # a list may hold itself
            pending.extend(value.values() if type(value) is dict else value)


def persist(
    *anything: Any,
    plan: PlanLike = None,
    progress: ProgressLike = False,
    output: str | None = None,
    **unknown: Never,
) -> Any:
    """Compute now, and return the same with delayed values that hold their results.

    Further graphs go on from them. Parameters are those of `compute`.

    Examples
    --------
    >>> import abreast as ab
    >>> data = ab.persist(ab.delayed(range)(4), plan="threads")
    >>> ab.compute(ab.delayed(sum)(data), ab.delayed(max)(data), plan="threads")
    (6, 3)
    """
    if unknown:
        refuse("persist", unknown, persist)
    values = _run(anything, plan, progress, output, asked=hold)
    return values[0] if len(anything) == 1 else tuple(values)


def _value(value: Any) -> Any:
    return value.open() if isinstance(value, Blob) else value


def _run(
    anything: tuple[Any, ...],
    plan: PlanLike,
    progress: ProgressLike,
    output: str | None,
    asked: Callable[[Any], Any],
) -> list[Any]:
    if output is not None:
        check_output("compute", output)
    _check_called(anything)
    tasks = Tasks(anything)
    if not tasks.nodes:
        Progress(progress, 0, "compute").close()
        return list(anything)
    stated = tasks.plan() if plan is None else None
    backend = place(stated if plan is None else plan)
    tasks.trace(backend.capabilities.isolated, stated, getattr(backend, "pack", None))
    for node in tasks.nodes:
        _check_seed(node, backend)
    bar = Progress(progress, len(tasks.nodes) - len(tasks.sources), "compute")
    output = tasks.output() if output is None else output
    run = (_Apart if tasks.isolated else _Together)(tasks, backend, bar, output)
    try:
        run.drive()
    except Exception:
        run.job.cancel()
        abandon(run.job)
        raise
    except BaseException:
        run.job.stop(_STOP_GRACE)
        run.listener.take(run.spoken(run.job.pull(0.0, None).output), run.is_over)
        raise
    finally:
        run.listener.finish(None if run.failure is None else run.failed)
        bar.close()
    if run.failure is not None:
        run.job.cancel()
        abandon(run.job)
        raise run.failure
    return run.outcome(asked)


def _check_called(anything: tuple[Any, ...]) -> None:
    """Refuse a delayed function that nobody called: there is nothing to compute."""
    for given in anything:
        for each in given if type(given) in (list, tuple) else (given,):
            if isinstance(each, DelayedFunction):
                raise TypeError(
                    f"compute: {each!r} is a function that was not called\n"
                    f"hint: {each!r}(arguments), with () if it takes none"
                )


def _check_seed(node: Any, backend: Backend) -> None:
    seeded = getattr(getattr(node, "_function", None), "seeded", None)
    if seeded is not None and getattr(seeded, "seed_global", False):
        check_seed_global("compute", True, 0, backend.level)


class _Run:
    """One call on its way: forms bundles, feeds the job, and collects what comes back."""

    def __init__(self, tasks: Tasks, backend: Backend, bar: Progress, output: str) -> None:
        level = backend.level
        self.tasks = tasks
        self.bar = bar
        self.graph = tasks.graph(level.workers)
        # On one's own there is no next bundle to begin while this one comes back.
        self.ahead = 1 if level.name == "serial" else 2 * level.workers
        self.propagate = level.name == "serial"
        self.flying: dict[int, tuple[int, list[int]]] = {}
        """The bundles on their way: their number and steps, by their index in the job."""
        self.pushed = 0
        self.failure: BaseException | None = None
        self.failed = len(tasks.nodes)
        """The rank of the task that failed."""
        self.sizes: dict[int, int] = {}
        """Bytes of the large values that are held, by their task."""
        self.held = 0
        """All of them."""
        self.waiting: dict[int, Any] = {}
        """Futures that did not end yet."""
        self.listener = Listener(output, self.named, bar)
        self.heard = self.listener.hears(backend)
        self.order: list[int] = []
        """Tasks in serial order, once somebody asks."""
        self.speakers: dict[int, int] = {}
        """Rank of the task that speaks, by the index of its bundle in the job."""
        self.passed: set[int] = set()
        """Ranks of tasks that are over, of bundles that are not."""
        self.passed_to: dict[int, int] = {}
        """The step of a bundle up to which that is known."""
        self.job: Job = backend.open(Call(self.runner(), caller="compute", heard=self.heard))
        self.listener.attach(self.job, self.spoken)
        self.entry: Callable[[], int] | None = getattr(self.job, "entry", None)
        bar.follow(self.job, lambda index: self.running(index))
        self.begin()

    def running(self, index: int) -> str:
        """Say which tasks a bundle holds."""
        steps = self.flying[index][1] if index in self.flying else []
        tasks = [step >> 1 for step in steps if step >= 0]
        if not tasks:
            return f"bundle {index}"
        first = f"task {self.graph.rank(tasks[0])}, {self.tasks.name(tasks[0])},"
        return first if len(tasks) == 1 else f"{first} or one of {len(tasks) - 1} after it"

    def named(self, rank: int) -> str:
        """Return the function of the task with this rank, for a tag."""
        if not self.order:
            self.order = self.graph.order()
        return self.tasks.name(self.order[rank])

    def spoken(self, said: Sequence[Output]) -> list[Output]:
        """Return what bundles said as said by their tasks, which are numbered in serial order."""
        told = []
        for index, kind, data in said:
            if kind == "place":
                self.speakers[index] = self.graph.rank(int(data))
                self.pass_to(index, int(data))
            elif index in self.speakers:
                told.append(Output(self.speakers[index], kind, data))
            elif index in self.flying:
                # Its backend does not say which task it was.
                told.append(Output(self.graph.rank(self.flying[index][1][0] >> 1), kind, data))
        return told

    def pass_to(self, index: int, task: int) -> None:
        """Note that the tasks of a bundle before this one are over, though the bundle is not."""
        if index not in self.flying:
            return
        steps = self.flying[index][1]
        for at in range(self.passed_to.get(index, 0), len(steps)):
            if steps[at] >> 1 == task:
                self.passed_to[index] = at
                return
            if steps[at] >= 0:
                self.passed.add(self.graph.rank(steps[at] >> 1))

    def is_over(self, rank: int) -> bool:
        """Whether a task has ended, and one after it is to be heard of."""
        return rank < self.failed and (rank in self.passed or self.graph.ended(rank))

    def runner(self) -> Callable[..., Any]:
        """Return what the workers run."""
        raise NotImplementedError

    def item(self, steps: list[int], needs: list[int]) -> Any:
        """Return a bundle as the runner reads it."""
        raise NotImplementedError

    def take(self, number: int, steps: list[int], value: Any) -> int:
        """Take what a bundle gave; answer how many of its tasks ended."""
        raise NotImplementedError

    def store(self, task: int, value: Any) -> None:
        """Keep a value that comes from outside."""
        raise NotImplementedError

    def load(self, task: int) -> Any:
        """Return a value that was asked for, as it is kept."""
        raise NotImplementedError

    def begin(self) -> None:
        """Provide what is there already."""
        for task in self.tasks.sources:
            node = self.tasks.nodes[task]
            if isinstance(node, concurrent.futures.Future):
                self.waiting[task] = node
            else:
                self.provide(task, node._args[0])
        self.look()

    def provide(self, task: int, value: Any) -> None:
        self.store(task, value)
        self.graph.provide(task)

    def look(self) -> None:
        """Take the values of futures that have ended."""
        for task in [task for task, future in self.waiting.items() if future.done()]:
            future = self.waiting.pop(task)
            try:
                error = future.exception()
            except concurrent.futures.CancelledError as cancelled:
                error = cancelled
            if error is not None:
                self.fail(task, error)
                continue
            try:
                self.provide(task, future.result())
            except Exception as reason:
                self.fail(task, unpicklable("value of a future", None, reason))

    def drive(self) -> None:
        """Run everything, or until the first failure is certain."""
        while self.graph.left():
            self.feed()
            if self.flying or self.job.outstanding():
                period = self.bar.period
                if self.waiting:
                    period = _LOOK
                pulled = self.job.pull(period, None)
                said = self.spoken(pulled.output) if pulled.output else ()
                done = sum(self.end(*ended) for ended in pulled.ended)
                self.bar.add(done)
                self.listener.take(said, self.is_over)
            elif self.waiting:
                self.wait()
            else:
                raise AssertionError("a graph stopped before its end")
            if self.waiting:
                self.look()

    def wait(self) -> None:
        """Wait for futures; nothing else is left to do meanwhile."""
        first = min(self.waiting, key=self.graph.rank)
        try:
            self.waiting[first].exception(_LOOK if len(self.waiting) > 1 else 0.5)
        except (TimeoutError, concurrent.futures.CancelledError):
            return

    def feed(self) -> None:
        """Push bundles while the job wants some."""
        while len(self.flying) < self.ahead and self.job.want():
            bundle = self.graph.bundle(self.held > _SHORT)
            if bundle is None:
                return
            number, steps, needs = bundle
            self.flying[self.pushed] = number, steps
            self.pushed += 1
            self.job.push([self.item(steps, needs)])

    def end(self, index: int, value: Any, error: BaseException | None) -> int:
        """Take a bundle that came back; answer how many of its tasks ended."""
        if index not in self.flying:
            return 0  # Nobody wants it any more.
        number, steps = self.flying.pop(index)
        if error is not None:
            self.fail(steps[0] >> 1, self.told(error, steps))
            return 0
        if self.entry is not None:
            journal.split(self.entry(), index, self.names(steps, value[0]), value[0])
        return self.take(number, steps, value)

    def names(self, steps: list[int], times: bytes) -> Iterator[str]:
        """Name the functions that a bundle called, as many as it has times."""
        places, names = self.tasks.places, self.tasks.names
        called = (names[places[step >> 1]] for step in steps if step >= 0)
        return islice(called, len(times) // 8)

    def told(self, error: BaseException, steps: list[int]) -> BaseException:
        """Say what it means for the graph that a whole bundle failed."""
        if not isinstance(error, WorkerLost):
            return error
        tasks = [step >> 1 for step in steps if step >= 0]
        ran = f"task {self.graph.rank(tasks[0])} of compute({self.tasks.name(tasks[0])})"
        if len(tasks) > 1:
            ran += f", or one of the {len(tasks) - 1} after it in the same bundle"
        what, _, hint = str(error).partition("\nhint: ")
        ending = what.partition(" while it ran")[0]
        lost = WorkerLost(f"{ending} while it ran {ran}; nothing was run again\nhint: {hint}")
        lost.index = self.graph.rank(tasks[0])
        lost.pid, lost.signal, lost.status = error.pid, error.signal, error.status
        return lost

    def keep(self, large: dict[int, int]) -> None:
        """Count the bytes of values that a bundle leaves."""
        self.sizes.update(large)
        self.held += sum(large.values())

    def free(self, number: int, times: bytes) -> list[int]:
        """Have a bundle end; answer whose values are needed no more."""
        freed = self.graph.finish(number, times)
        if self.sizes:
            for task in freed:
                self.held -= self.sizes.pop(task, 0)
        return freed

    def fail(self, task: int, error: BaseException) -> None:
        """Note that a task failed; what comes later is not wanted any more."""
        rank = self.graph.rank(task)
        if rank >= self.failed:
            return
        self.failed = rank
        self.failure = error
        if not isinstance(self.tasks.nodes[task], concurrent.futures.Future):
            # A future's error says already where it comes from.
            note(error, "compute", self.tasks.function(task), rank)
        self.graph.limit(rank)
        # Bundles of which no task is wanted any more, as far as they were pushed last.
        kept = len(self.flying)
        indices = sorted(self.flying)
        while kept and self.graph.rank(self.flying[indices[kept - 1]][1][0] >> 1) > rank:
            kept -= 1
        if kept < len(indices):
            self.job.cancel(indices[kept])
            for index in indices[kept:]:
                del self.flying[index]

    def outcome(self, asked: Callable[[Any], Any]) -> list[Any]:
        """Return what was asked for, with values in the place of tasks."""
        made: dict[int, Any] = {}

        def value(task: int) -> Any:
            if task not in made:
                try:
                    made[task] = asked(self.load(task))
                except Exception as reason:
                    rank = self.graph.rank(task)
                    raise note(
                        garbled(rank, reason), "compute", self.tasks.function(task), rank
                    ) from reason
            return made[task]

        return build(self.tasks.program, self.tasks.operands, value, _nothing_packed)


def _nothing_packed(_operand: Any) -> Any:
    raise AssertionError("what the caller gets is not packed")


class _Together(_Run):
    """On a plan whose tasks share the caller's objects."""

    def runner(self) -> Callable[..., Any]:
        """Return what the workers run: it reads and writes the values here."""
        self.values: list[Any] = [None] * len(self.tasks.nodes)
        tasks = self.tasks
        return Together(
            tasks.functions,
            tasks.places,
            tasks.calls,
            tasks.inputs,
            tasks.ends,
            self.values,
            self.propagate,
            self.heard,
        )

    def item(self, steps: list[int], needs: list[int]) -> Any:
        """Return the steps: all else is there."""
        return steps

    def store(self, task: int, value: Any) -> None:
        """Keep a value."""
        self.values[task] = _value(value)

    def load(self, task: int) -> Any:
        """Return a value."""
        return self.values[task]

    def take(self, number: int, steps: list[int], value: Any) -> int:
        """Take what a bundle gave."""
        times, large, error, failed = value
        self.keep(large)
        for task in self.free(number, times):
            self.values[task] = None
        if error is not None:
            self.fail(failed, error)
        return len(times) // 8


class _Apart(_Run):
    """On a plan whose tasks get copies: values travel as they are if plain, packed otherwise."""

    def runner(self) -> Callable[..., Any]:
        """Return what the workers run: with the functions, and the arguments of several tasks."""
        self.plain: dict[int, Any] = {}
        self.packed: dict[int, Blob] = {}
        tasks = self.tasks
        takers: dict[int, int] = {}
        for keys in tasks.takers.values():
            for key in keys:
                takers[key] = takers.get(key, 0) + 1
        shared = {key for key, count in takers.items() if count > 1}
        blobs = {key: tasks.blobs.pop(key).data for key in shared}
        tasks.takers = {
            task: own
            for task, keys in tasks.takers.items()
            if (own := [key for key in keys if key not in shared])
        }
        return Apart(tasks.functions, blobs, self.propagate, tasks.packer is not None, self.heard)

    def item(self, steps: list[int], needs: list[int]) -> Any:
        """Return steps, calls and all values that they need."""
        tasks = [step >> 1 for step in steps if step >= 0]
        plain, packed = self.plain, self.packed
        values = {task: plain[task] for task in needs if task in plain}
        blobs = {task: packed[task].data for task in needs if task in packed}
        if self.tasks.takers:
            for task in tasks:
                for key in self.tasks.takers.get(task, ()):
                    blobs[key] = self.tasks.blobs[key].data
        places = [*map(self.tasks.places.__getitem__, tasks)]
        return write(steps, places, [*map(self.tasks.call, tasks)], values, blobs)

    def store(self, task: int, value: Any) -> None:
        """Keep a value, as it is now."""
        if isinstance(value, Blob):
            self.packed[task] = value
        elif is_plain(value):
            self.plain[task] = value
        else:
            self.packed[task] = pack(value, self.tasks.packer)

    def load(self, task: int) -> Any:
        """Return a value."""
        if task not in self.packed:
            return self.plain[task]
        # The packed form goes as soon as it is opened.
        return self.packed.pop(task)

    def take(self, number: int, steps: list[int], value: Any) -> int:
        """Take what a bundle gave."""
        times, tasks, values, keys, blobs, failure = value
        self.plain.update(zip(tasks, values, strict=True))
        for key, data in zip(keys, blobs, strict=True):
            self.packed[key] = Blob(data)
        self.keep({key: len(data) for key, data in zip(keys, blobs, strict=True)})
        for task in self.free(number, times):
            if self.plain.pop(task, self) is self:
                self.packed.pop(task, None)
        count = len(times) // 8
        if self.tasks.takers:
            for task in [step >> 1 for step in steps if step >= 0][:count]:
                for key in self.tasks.takers.pop(task, ()):
                    del self.tasks.blobs[key]
        if failure is not None:
            what, failed, data = failure
            error = rebuild(data)
            if what == "result":
                error = unpicklable("result", self.graph.rank(failed), error)
            self.fail(failed, error)
        return count
