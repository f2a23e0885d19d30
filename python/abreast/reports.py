"""What happened so far, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abreast.journal.summary import Summary, Total

__all__ = ["Report", "report"]


@dataclass(frozen=True, repr=False)
class Report:
    """What happened since the program began; prints as a few lines.

    Attributes
    ----------
    last : Summary or None
        Where the time of the last call went, and what to change.
    total : Total or None
        All calls together, and what happened to workers.
    fresh, reused, spilled : int
        Bytes that were copied into shared memory: into memory that had to be had from the system,
        into memory that was used before, into a file, because memory had reached its bound.
    passed : int
        Bytes that went to tasks as a place in shared memory, without a copy.
    returned : int
        Bytes that came back from tasks that way.
    again : int
        How often a task ran once more, after a failure, because of ``retries=``.
    ran_again : tuple of (function, task, reason)
        The latest of these.
    given_up : int
        Threads whose task did not stop at its ``timeout=``: they run on, and nobody waits for them.
    peak, used, kept, limit : int
        Most bytes in use at one time; in use now; in this process, in use or kept for reuse; the
        bound.

    Examples
    --------
    >>> import abreast as ab
    >>> print(ab.Report(fresh=2**20, reused=2**20, passed=2**23, peak=2**20, limit=2**33))
    shared memory: 0 B in use, 1.0 MiB at most, bound 8.0 GiB
      copied in: 1.0 MiB to fresh memory, 1.0 MiB to memory used before
      without a copy: 8.0 MiB to tasks, 0 B from tasks
    """

    fresh: int = 0
    reused: int = 0
    spilled: int = 0
    passed: int = 0
    returned: int = 0
    peak: int = 0
    used: int = 0
    kept: int = 0
    limit: int = 0
    again: int = 0
    ran_again: tuple[tuple[str, int, str], ...] = ()
    given_up: int = 0
    last: Summary | None = None
    total: Total | None = None

    def __str__(self) -> str:
        calls = [str(part) for part in (self.last, self.total) if part is not None]
        return "\n".join([*calls, *self._memory(), *self._tries()]) or "no calls yet"

    def __repr__(self) -> str:
        return str(self)

    def _tries(self) -> list[str]:
        lines = []
        if self.again:
            named = [f"task {task} of {name} ({why})" for name, task, why in self.ran_again[-5:]]
            before = "" if self.again == len(named) else "..., "
            lines.append(f"ran again: {self.again}, {before}{', '.join(named)}")
        if self.given_up:
            lines.append(
                f"given up: {self.given_up} threads, whose task was in compiled code at its "
                "timeout; plan('processes') ends such a task"
            )
        return lines

    def _memory(self) -> list[str]:
        if not (self.peak or self.fresh or self.reused or self.spilled or self.returned):
            return []
        from abreast.journal.words import size

        lines = [
            f"shared memory: {size(self.used)} in use, {size(self.peak)} at most, "
            f"bound {size(self.limit)}",
            f"  copied in: {size(self.fresh)} to fresh memory, {size(self.reused)} to memory "
            "used before",
            f"  without a copy: {size(self.passed)} to tasks, {size(self.returned)} from tasks",
        ]
        if self.fresh > self.reused:
            lines.append(
                "  note: fresh memory costs several times what used memory does; the next call "
                "with as much data is faster, and abreast.share saves the copy"
            )
        if self.spilled:
            lines.append(
                f"  note: {size(self.spilled)} exceeded the bound and went to a file; "
                "abreast.config.set(memory=...) raises it"
            )
        return lines


def report() -> Report:
    """Return what happened so far: where the time went, what was copied, and what to change.

    Examples
    --------
    >>> import abreast as ab
    >>> print(ab.report())  # doctest: +SKIP
    last call: map(fit) on processes:4: 40 tasks in 12.4 s
      computing 9.8 s (79 % of the workers' time), sending 0.2 s, receiving 0.1 s, waiting 12.1 s
      381.5 MiB to tasks, 1.2 KiB from tasks; uneven tail 2.6 s
      advice: task 39 took 2.9 s and ended 2.6 s after the others: put the longest first
    in total: 1 call, 40 tasks, 39.2 s of computing
      workers: 4 started
    shared memory: 0 B in use, 381.5 MiB at most, bound 11.7 GiB
      copied in: 381.5 MiB to fresh memory, 0 B to memory used before
      without a copy: 2.6 GiB to tasks, 0 B from tasks
    """
    from abreast.backends import memory
    from abreast.journal.summary import last_call, total
    from abreast.tasks import tally

    again, ran_again = tally.again()
    tries: dict[str, Any] = {
        "again": again,
        "ran_again": tuple((each.function, each.task, each.reason) for each in ran_again),
        "given_up": tally.given_up(),
    }
    tries.update(memory.tally() or {})
    return Report(**tries, last=last_call(), total=total())
