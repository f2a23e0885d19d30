"""A timeline as text, a line a worker."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from abreast.journal.timeline import Timeline

__all__ = ["chart"]

WIDTH = 60
_SHADES = " ░▒▓█"
_DEATHS = ("killed", "left", "ended", "given up")


def chart(timeline: Timeline) -> str:
    """Draw it: how busy each worker was; a letter says with which function, if there are several.

    `X` marks the death of a worker, `R` its replacement because of its memory.
    """
    if not timeline.jobs:
        return "no calls yet"
    begin = min([0.0, *(task.start for task in timeline.tasks)])
    end = max(timeline.wall, *(task.end for task in timeline.tasks), begin + 1e-9)
    letters = _letters(timeline)
    lines = [_head(timeline)]
    width = max((len(worker) for worker in timeline.workers), default=0)
    for worker in timeline.workers:
        shares, busy, count = _shares(timeline, worker, begin, end)
        cells = [_cell(share, letters) for share in shares]
        for event in timeline.events:
            mark = "X" if event.what in _DEATHS else "R" if event.what == "outgrown" else ""
            if event.worker == worker and mark and begin <= event.time <= end:
                cells[min(int((event.time - begin) / (end - begin) * WIDTH), WIDTH - 1)] = mark
        percent = 100 * busy / (end - begin)
        tasks = "1 task" if count == 1 else f"{count:,} tasks"
        lines.append(f"{worker:{width}} |{''.join(cells)}| {percent:3.0f} % busy, {tasks}")
    last = _time(end - begin)
    lines.append(f"{'':{width}}  0 s{last:>{WIDTH - 3}}")
    if letters:
        lines += [f"{letter}: {function}" for function, letter in letters.items()]
    if timeline.dropped:
        lines.append(f"{timeline.dropped:,} older entries are not remembered any more")
    return "\n".join(lines)


def _head(timeline: Timeline) -> str:
    jobs = timeline.jobs
    if len(jobs) == 1:
        job = jobs[0]
        return (
            f"{job.caller}({job.function}) on {job.plan}: {job.ran:,} tasks in {_time(job.ended)}"
        )
    return f"{len(jobs)} calls, {sum(job.ran for job in jobs):,} tasks in {_time(timeline.wall)}"


def _letters(timeline: Timeline) -> dict[str, str]:
    functions = list(dict.fromkeys(task.function for task in timeline.tasks))
    if len(functions) < 2:
        return {}
    # X and R mean something else.
    letters = [letter for letter in ascii_uppercase if letter not in "XR"]
    return {function: letters[min(at, 23)] for at, function in enumerate(functions)}


def _shares(
    timeline: Timeline, worker: str, begin: float, end: float
) -> tuple[list[dict[str, float]], float, int]:
    """For each cell, the share of its time that each function took."""
    size = (end - begin) / WIDTH
    shares: list[dict[str, float]] = [{} for _ in range(WIDTH)]
    total, count = 0.0, 0
    for task in timeline.tasks:
        if task.worker != worker:
            continue
        total += task.busy
        count += task.tasks
        took = task.end - task.start
        density = task.busy / took if took > 0 else 0.0
        first = max(0, int((task.start - begin) / size))
        for at in range(first, min(WIDTH, int((task.end - begin) / size) + 1)):
            low = begin + at * size
            inside = min(task.end, low + size) - max(task.start, low)
            if inside > 0:
                cell = shares[at]
                cell[task.function] = cell.get(task.function, 0.0) + inside * density / size
    return shares, total, count


def _cell(share: dict[str, float], letters: dict[str, str]) -> str:
    whole = sum(share.values())
    if whole < 0.02:
        return _SHADES[0]
    if letters:
        letter = letters[max(share, key=lambda name: share[name])]
        return letter if whole >= 0.5 else letter.lower()
    return _SHADES[min(4, 1 + int(whole * 4))]


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
