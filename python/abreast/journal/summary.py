"""Where the time of a call went, in numbers and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from abreast.journal.read import Job, Tables, Task, read
from abreast.journal.words import plural, size, spell

__all__ = ["Summary", "Total", "last_call", "summarize", "total"]


@dataclass(frozen=True, repr=False)
class Summary:
    """Where the time of one call went.

    Attributes
    ----------
    job : Job
        The call.
    wall : float
        Seconds from its start to its end.
    computing : float
        Seconds that each worker computed, on average.
    starting : float
        Seconds from the first tasks being on their way until one ran: workers start.
    tail : float
        Seconds from when the first worker had nothing left to do until the end.
    advice : tuple of str
        What to change, if something stands out.
    """

    job: Job
    wall: float
    computing: float
    starting: float
    tail: float
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        job = self.job
        share = f"{100 * self.computing / self.wall:.0f}" if self.wall else "0"
        bad = "".join(
            f", {count:,} {what}"
            for count, what in ((job.failed, "failed"), (job.lost, "lost"))
            if count
        )
        lines = [
            f"last call: {job.caller}({job.function}) on {job.plan}: {job.ran:,} "
            f"{plural(job.ran, 'task')}{bad} in {spell(self.wall)}",
            f"  computing {spell(self.computing)} ({share} % of the workers' time), "
            f"sending {spell(job.sending)}, receiving {spell(job.receiving)}, "
            f"waiting {spell(job.waiting)}",
            f"  {self._moved()}; uneven tail {spell(self.tail)}",
        ]
        return "\n".join([*lines, *(f"  advice: {each}" for each in self.advice)])

    def __repr__(self) -> str:
        return str(self)

    def _moved(self) -> str:
        job = self.job
        here = job.plan.startswith(("serial", "threads", "executor:thread"))
        if not job.sent and not job.returned and here:
            return "nothing was moved: tasks ran in this process"
        return f"{size(job.sent)} to tasks, {size(job.returned)} from tasks"


@dataclass(frozen=True, repr=False)
class Total:
    """All calls of the program.

    Attributes
    ----------
    calls, tasks, failed, lost : int
        How many calls, of those that are remembered; tasks that ran, raised, lost their worker.
    busy, sending, receiving : float
        Seconds inside tasks over all workers; seconds of the callers.
    sent, returned : int
        Bytes to tasks and back.
    started, killed, replaced : int
        Workers that started, that something killed or that left by themselves, and that were
        replaced because of their memory.
    """

    calls: int
    tasks: int
    failed: int
    lost: int
    busy: float
    sending: float
    receiving: float
    sent: int
    returned: int
    started: int
    killed: int
    replaced: int

    def __str__(self) -> str:
        workers = [f"{self.started} started"]
        workers += [f"{self.killed} killed"] if self.killed else []
        workers += [f"{self.replaced} replaced because of their memory"] if self.replaced else []
        bad = "".join(
            f", {count:,} {what}"
            for count, what in ((self.failed, "failed"), (self.lost, "lost"))
            if count
        )
        lines = [
            f"in total: {self.calls:,} {plural(self.calls, 'call')}, {self.tasks:,} "
            f"{plural(self.tasks, 'task')}{bad}, {spell(self.busy)} of computing"
        ]
        if self.started:
            lines.append(f"  workers: {', '.join(workers)}")
        if self.replaced:
            lines.append(
                "  note: a worker that outgrows its share of the memory is replaced between tasks; "
                "plan('processes', memory=...) sets another bound, fewer workers have more each"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def last_call() -> Summary | None:
    """Return where the time of the last call went; None when there was none."""
    tables = read(last=1)
    return summarize(tables, tables.jobs[-1]) if tables.jobs else None


def total() -> Total | None:
    """Return what happened since the program began; None when nothing did."""
    tables = read()
    tasks, ran, failed, lost, busy, _, sent, returned, sending, receiving, _ = tables.total
    if not tasks:
        return None
    what = Counter(event.what for event in tables.events)
    killed = what["killed"] + what["left"] + what["ended"]
    # A call's number says how many came before it.
    calls = tables.jobs[-1].number if tables.jobs else 0
    return Total(
        calls,
        int(ran),
        int(failed),
        int(lost),
        busy,
        sending,
        receiving,
        int(sent),
        int(returned),
        what["started"],
        killed,
        what["outgrown"],
    )


def summarize(tables: Tables, job: Job) -> Summary:
    """Say where the time of a call went."""
    tasks = [task for task in tables.tasks if task.job == job.number]
    wall = job.ended - job.opened
    ends: dict[str, float] = {}
    for task in tasks:
        ends[task.worker] = max(ends.get(task.worker, 0.0), task.end)
    latest = max(ends.values(), default=0.0)
    # A worker without any task had nothing to do from the start on.
    first_idle = min(ends.values(), default=0.0) if len(ends) >= job.workers else job.pushed
    tail = max(0.0, latest - first_idle) if len(ends) > 1 or job.workers > 1 else 0.0
    starting = max(0.0, min((task.start for task in tasks), default=job.pushed) - job.pushed)
    computing = job.busy / max(1, job.workers)
    found = Summary(job, wall, computing, starting, tail if tasks else 0.0)
    advice = tuple(_advice(found, tasks, ends))
    return Summary(job, wall, computing, starting, found.tail, advice)


_WORTH = 0.05
"""Seconds of a call from which on advice is worth reading."""


def _advice(found: Summary, tasks: list[Task], ends: dict[str, float]) -> Iterator[str]:
    job, wall = found.job, found.wall
    if job.lost:
        yield (
            f"{job.lost} {plural(job.lost, 'task')} lost the worker: its error names the signal "
            "and the memory it had"
        )
    if wall < _WORTH or not job.ran:
        return
    mean = job.busy / job.ran
    if job.ran > 1000 and mean < 5e-5 and found.computing < 0.5 * wall:
        yield (
            f"tasks of {spell(mean)} are mostly overhead: give each more to do, such as a list of "
            "items"
        )
    if found.starting > 0.3 * wall:
        yield (
            f"starting the workers took {spell(found.starting)}; they are kept, and the next call "
            "finds them"
        )
    elif found.tail > 0.2 * wall and job.workers > 1:
        yield _about_tail(found, tasks, ends)
    moving = job.sending + job.receiving
    if moving > 0.3 * wall and mean >= 5e-5:
        copied = size(job.sent + job.returned)
        yield (
            f"moving {copied} took {spell(moving)} of the caller: abreast.share copies what calls "
            "have in common once, and tasks that read their own data need none"
        )


def _about_tail(found: Summary, tasks: list[Task], ends: dict[str, float]) -> str:
    job, tail = found.job, spell(found.tail)
    if job.ran < job.workers:
        return (
            f"{job.ran} {plural(job.ran, 'task')} cannot keep {job.workers} workers busy: make "
            "more and smaller ones"
        )
    last = max(tasks, key=lambda task: task.end)
    others = [end for worker, end in ends.items() if worker != last.worker]
    alone = last.end - max([last.start, *others])
    if last.tasks == 1 and alone > 0.5 * found.tail:
        return (
            f"task {last.first} of {last.function} took {spell(last.end - last.start)} and ran "
            f"alone for {spell(alone)} at the end: put the longest first, or split it"
        )
    return f"workers ran out of tasks {tail} before the end: make more and smaller ones"
