"""The journal as tables."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["Event", "Job", "Stretch", "Tables", "Task", "read"]


class Task(NamedTuple):
    """A task that ran; or several tiny ones of one call, one right after the other.

    Times are seconds since the first call of the timeline began.
    """

    job: int
    """Number of the call it belongs to."""
    function: str
    first: int
    """Which task of the call; of several, the first."""
    tasks: int
    """How many tasks."""
    worker: str
    process: int
    """Process id of the worker; on threads and serial, the thread as `threading` names it."""
    start: float
    end: float
    busy: float
    """Seconds of this inside tasks."""
    sent: int
    """Bytes that went to the worker."""
    returned: int
    """Bytes that came back."""
    ended: str
    """``"value"``, ``"error"``, or ``"lost"`` if the worker died."""


class Job(NamedTuple):
    """A call of `map`, `imap` or `compute`; or submits of one function that follow each other."""

    number: int
    caller: str
    function: str
    plan: str
    workers: int
    opened: float
    """When it began; seconds, as all times here."""
    pushed: float
    """When its first tasks were on their way to the workers."""
    ended: float
    """When its last result was taken, or its last task ended."""
    tasks: int
    """Tasks that were given to the plan; for `compute`, bundles of tasks."""
    ran: int
    """Of these, those that a worker ran."""
    failed: int
    """Of these, those that raised."""
    lost: int
    """Of these, those whose worker died."""
    busy: float
    """Seconds inside tasks, over all workers."""
    longest: float
    """The longest task."""
    sent: int
    returned: int
    """Bytes to tasks and back."""
    sending: float
    """Seconds in which the caller read, packed and copied items."""
    receiving: float
    """Seconds in which the caller unpacked results."""
    waiting: float
    """Seconds in which the caller waited for them."""


class Event(NamedTuple):
    """Something that happened to a worker."""

    time: float
    what: str
    """``"started"``, ``"killed"``, ``"left"``, ``"outgrown"`` (its memory: it was replaced),
    ``"retired"`` (it had no work), ``"closed"``, ``"given up"``."""
    worker: str
    process: int
    detail: int
    """The signal, the exit status, or the bytes of memory."""


class Stretch(NamedTuple):
    """What a caller did for a millisecond or more."""

    job: int
    """Number of the call."""
    what: str
    """``"sending"``, ``"waiting"`` or ``"receiving"``."""
    start: float
    end: float


@dataclass(frozen=True)
class Tables:
    """What the journal held."""

    tasks: list[Task]
    jobs: list[Job]
    events: list[Event]
    caller: list[Stretch]
    memory: list[tuple[float, int]]
    """Time, and bytes of shared memory that were in use from then on, as far as it was looked."""
    workers: list[str]
    """All workers that something here speaks of, in the order of their plans."""
    dropped: int
    """Runs of tasks that are not remembered any more."""
    began: float
    """The time that counts as zero, on the monotonic clock."""
    total: tuple[float, ...]
    """As the last eleven fields of `Job`, of everything that ever happened."""


_RUN = struct.Struct("=6Q4I8x")
_ENDS = ("value", "error", "lost")


def read(last: int | None = None) -> Tables:
    """Read the journal: all of it, or its `last` calls."""
    from abreast.backends import journal

    found = journal.shared()
    since = 0 if last is None else max(0, found.newest() - last + 1)
    held = found.copy(since)
    calls = {words[0]: (words, times, tally) for words, times, tally in held["calls"]}
    began = min((times[0] for _, times, _ in calls.values()), default=0)
    names, order = _workers(held["lanes"])
    splits = journal.splits()

    def seconds(nanos: int) -> float:
        return (nanos - began) / 1e9

    tasks: list[Task] = []
    for row in _RUN.iter_unpack(held["runs"]):
        first, started, ended, busy, sent, returned, call, lane, count, end = row
        if call not in calls:
            continue
        task = Task(
            call,
            calls[call][0][2],
            first,
            count,
            names[lane],
            held["lanes"][lane][2],
            seconds(started),
            seconds(ended),
            busy / 1e9,
            sent,
            returned,
            _ENDS[end],
        )
        bundle = splits.get((call, first)) if count == 1 else None
        tasks.extend([task] if bundle is None else _parts(task, *bundle))
    jobs = [
        Job(
            *words,
            seconds(times[0]),
            seconds(times[1] or times[2]),
            seconds(times[2]),
            *_tally(tally),  # type: ignore[call-arg]
        )
        for words, times, tally in calls.values()
    ]
    events = [
        Event(seconds(at), what, names[lane], held["lanes"][lane][2], detail)
        for at, what, lane, detail in held["events"]
        if last is None or at >= began
    ]
    caller = [
        Stretch(call, what, seconds(start), seconds(end))
        for call, what, start, end in held["stretches"]
        if call in calls
    ]
    memory = [(seconds(at), used) for at, used in held["levels"] if last is None or at >= began]
    tasks.sort(key=lambda task: task.start)
    seen = {task.worker for task in tasks} | {event.worker for event in events}
    workers = [worker for worker in order if worker in seen]
    total = _tally(held["total"])
    return Tables(tasks, jobs, events, caller, memory, workers, held["dropped"], began / 1e9, total)


def _tally(row: tuple[int, ...]) -> tuple[Any, ...]:
    tasks, ran, failed, lost, busy, longest, sent, returned, *times = row
    spent = (nanos / 1e9 for nanos in times)
    return tasks, ran, failed, lost, busy / 1e9, longest / 1e9, sent, returned, *spent


def _workers(lanes: list[tuple[int, int, int, str]]) -> tuple[list[str], list[str]]:
    """Name each lane, and give the names in order; a replacement has the name of the first."""
    pools: dict[str, list[int]] = {}
    for pool, _, _, plan in lanes:
        known = pools.setdefault(plan, [])
        if pool not in known:
            known.append(pool)
    names: list[str] = []
    places: dict[str, tuple[str, int, int]] = {}
    for pool, slot, _, plan in lanes:
        name = plan if plan == "serial" else f"{plan} worker {slot}"
        if pools[plan][0] != pool:
            name += f" ({pools[plan].index(pool) + 1})"
        names.append(name)
        places[name] = plan, pool, slot
    return names, sorted(places, key=places.__getitem__)


def _parts(task: Task, names: tuple[str, ...], nanos: bytes) -> list[Task]:
    """Take the run of a bundle apart into the tasks that it ran, one after the other."""
    times = array("d", nanos)
    spent = sum(times) / 1e9
    if not times or task.ended == "lost":
        return [task]
    # What comes before is reading the bundle.
    scale = min(1.0, task.busy / spent) if spent else 1.0
    start = task.end - spent * scale
    parts: list[Task] = []
    for name, time in zip(names, times, strict=False):
        took = time / 1e9 * scale
        if parts and parts[-1].function == name and took < 5e-5:
            before = parts[-1]
            parts[-1] = before._replace(
                tasks=before.tasks + 1, end=start + took, busy=before.busy + took
            )
        else:
            parts.append(
                task._replace(
                    function=name, start=start, end=start + took, busy=took, sent=0, returned=0
                )
            )
        start += took
    parts[0] = parts[0]._replace(sent=task.sent)
    parts[-1] = parts[-1]._replace(returned=task.returned, end=max(parts[-1].end, parts[-1].start))
    return parts
