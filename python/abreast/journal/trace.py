"""A timeline in Chrome's trace format, which Perfetto opens."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abreast.journal.timeline import Timeline

__all__ = ["events", "write"]

_CALLS = 1
"""Number of the track group of the calls; those of plans follow."""


_CALLER = 2
"""Number of the first track of what callers did."""


def write(timeline: Timeline, path: str) -> None:
    """Write the trace, compressed if the name ends in ``.gz``."""
    text = json.dumps({"displayTimeUnit": "ms", "traceEvents": events(timeline)})
    if path.endswith(".gz"):
        Path(path).write_bytes(gzip.compress(text.encode()))
    else:
        Path(path).write_text(text, encoding="utf-8")


def events(timeline: Timeline) -> list[dict[str, Any]]:
    """Return the trace's events.

    A worker is a thread of its plan, a task a complete event on it; a call is an asynchronous event
    of its own, with what it cost the caller as arguments; what callers did is on tracks beside it;
    what happened to workers are instants, and shared memory in use is a counter.
    """
    found: list[dict[str, Any]] = [_named("process_name", _CALLS, 0, "calls")]
    plans: dict[str, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for number, worker in enumerate(timeline.workers, 1):
        plan = worker.partition(" ")[0]
        if plan not in plans:
            plans[plan] = _CALLS + 1 + len(plans)
            found.append(_named("process_name", plans[plan], 0, plan))
        places[worker] = plans[plan], number
        found.append(_named("thread_name", plans[plan], number, worker))
        order = {"sort_index": number}
        found.append(
            {"ph": "M", "name": "thread_sort_index", "pid": plans[plan], "tid": number}
            | {"args": order}
        )
    for job in timeline.jobs:
        about = {
            "tasks": job.tasks,
            "ran": job.ran,
            "failed": job.failed,
            "lost": job.lost,
            "sending, s": job.sending,
            "receiving, s": job.receiving,
            "waiting, s": job.waiting,
            "bytes to tasks": job.sent,
            "bytes from tasks": job.returned,
        }
        same = {"cat": "call", "id": job.number, "pid": _CALLS, "tid": 1}
        name = f"{job.caller}({job.function})"
        found.append(same | {"ph": "b", "name": name, "ts": _micro(job.opened), "args": about})
        found.append(same | {"ph": "e", "name": name, "ts": _micro(job.ended)})
    found += _callers(timeline)
    for time, used in timeline.memory:
        counter = {"ph": "C", "name": "shared memory in use", "pid": _CALLS, "tid": 0}
        found.append(counter | {"ts": _micro(time), "args": {"bytes": used}})
    for task in timeline.tasks:
        pid, tid = places[task.worker]
        name = task.function if task.tasks == 1 else f"{task.function} x {task.tasks}"
        found.append(
            {
                "ph": "X",
                "name": name,
                "cat": "task",
                "pid": pid,
                "tid": tid,
                "ts": _micro(task.start),
                "dur": max(0.001, round((task.end - task.start) * 1e6, 3)),
                "args": {
                    "call": task.job,
                    "task": task.first,
                    "tasks": task.tasks,
                    "process": task.process,
                    "ended": task.ended,
                    "bytes to task": task.sent,
                    "bytes from task": task.returned,
                },
            }
        )
    for event in timeline.events:
        pid, tid = places[event.worker]
        about = {"process": event.process, "detail": event.detail}
        found.append(
            {"ph": "i", "s": "t", "name": event.what, "cat": "worker", "pid": pid, "tid": tid}
            | {"ts": _micro(event.time), "args": about}
        )
    # Workers may have started before the first call that is shown; times are not negative.
    least = min((event.get("ts", 0.0) for event in found), default=0.0)
    if least < 0:
        for each in found:
            if "ts" in each:
                each["ts"] = round(each["ts"] - least, 3)
    return found


def _callers(timeline: Timeline) -> list[dict[str, Any]]:
    """Return what callers did: on one track, and on more where several called at one time."""
    found: list[dict[str, Any]] = []
    ends: list[float] = []
    for stretch in sorted(timeline.caller, key=lambda it: it.start):
        free = (at for at, end in enumerate(ends) if end <= stretch.start)
        track = next(free, len(ends))
        if track == len(ends):
            ends.append(0.0)
            name = "caller" if not track else f"caller ({track + 1})"
            found.append(_named("thread_name", _CALLS, _CALLER + track, name))
        ends[track] = stretch.end
        took = round((stretch.end - stretch.start) * 1e6, 3)
        event = {"ph": "X", "name": stretch.what, "cat": "caller", "pid": _CALLS}
        event |= {"tid": _CALLER + track, "ts": _micro(stretch.start), "dur": took}
        found.append(event | {"args": {"call": stretch.job}})
    return found


def _named(what: str, pid: int, tid: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": pid, "tid": tid, "args": {"name": name}}


def _micro(seconds: float) -> float:
    return round(seconds * 1e6, 3)
