"""Tasks on worker processes of this machine, from a claim queue in shared memory."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from abreast import _abreast
from abreast.backends import journal, memory, output
from abreast.backends.capture import facts
from abreast.backends.contract import (
    Backend,
    Call,
    Capabilities,
    Ended,
    Job,
    Level,
    Output,
    Pulled,
    Running,
)
from abreast.backends.native import environment
from abreast.backends.sources import Sources
from abreast.backends.surroundings import Surroundings, filters
from abreast.errors import LaunchError
from abreast.failures import garbled, lost, rebuild, shut_down, unpicklable
from abreast.pickling import dumps, dumps_call, loads

__all__ = ["IDLE", "ProcessesBackend", "open"]

IDLE = 300.0
"""Seconds without work after which workers are let go."""

_BOOT = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    # A replacement is started by a thread that hears no signals, and would inherit that.
    "signal.pthread_sigmask(signal.SIG_SETMASK, ()); sys.path[:] = {path!r}; "
    "from abreast.backends.worker import main; main(int(sys.argv[1]))"
)


def open(level: Level) -> Backend:
    """Open the backend; this is its entry point."""
    return ProcessesBackend(level)


class ProcessesBackend:
    """A pool of fresh interpreters; they start with the first tasks, as many as there are tasks."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.capabilities = Capabilities(
            isolated=True,
            parallel_python=True,
            survives_crash=True,
            stops_anything=True,
        )
        self._lock = threading.Lock()
        self._sources = Sources()
        self._pool = self._start()

    def _start(self) -> _abreast.ProcessPool:
        if not sys.executable:
            raise LaunchError(
                "plan('processes') starts Python interpreters, and sys.executable names none\n"
                "hint: set sys.executable to a Python with the same packages, "
                "or use plan('threads')"
            )
        self._path, self._folder = list(sys.path), _folder()
        path = _absolute(self._path, self._folder)
        self._surroundings = Surroundings()
        hello = {
            "argv": sys.argv,
            "filters": filters(),
            "folder": self._folder,
            "level": pickle.dumps(self.level),
            "memory": _most(self.level),
            "path": path,
            "streams": facts(),
        }
        command = [sys.executable, *_interpreter_flags(), "-c", _BOOT.format(path=path)]
        return _abreast.ProcessPool(
            self.level.workers,
            command,
            environment(self.level.inner_threads),
            pickle.dumps(hello),
            IDLE,
            dumps,
            loads,
            memory.shared(),
            output.show_aloud,
            journal.shared(),
            journal.plan_of(self.level),
        )

    def open(self, call: Call) -> Job:
        """Begin a job."""
        if self._sources.changed() or self._path != sys.path or self._folder != _folder():
            self._renew()
        around, aloud = self._surroundings.now(), not call.heard
        if call.function is None:
            job = self._pool.open(None, _abreast.APPLY, around, aloud)
            return ProcessesJob(job, brings_function=True, aloud=aloud)
        style = _abreast.INDEXED if call.indexed else _abreast.STAR if call.star else _abreast.PLAIN
        if call.watched:
            style |= _abreast.WATCHED
        try:
            job = self._pool.open(call.function, style, around, aloud, journal.title(call))
        except (MemoryError, OSError):
            raise
        except Exception as reason:
            raise unpicklable("function", None, reason) from reason
        return ProcessesJob(job, brings_function=False, aloud=aloud)

    def pack(self, value: Any) -> Any:
        """Take a value as it is now, as a parcel that goes to tasks without being unpacked."""
        return memory.shared().pack(value)

    def _renew(self) -> None:
        """Let new jobs run on new workers: a module was reloaded, or its place has changed."""
        with self._lock:
            old, self._sources = self._pool, Sources()
            self._pool = self._start()
        # Its jobs keep the old pool alive; with the last of them it goes.
        threading.Thread(target=_drain, args=(old,), name="abreast-renew", daemon=True).start()

    def processes(self) -> list[int]:
        """Process ids of the live workers."""
        return self._pool.processes()

    def outstanding(self) -> int:
        """Tasks of all jobs."""
        return self._pool.outstanding()

    def shutdown(self, grace: float) -> None:
        """End the workers, by force after `grace` seconds."""
        self._pool.close(grace)

    def disarm(self) -> None:
        """Forget the pool without touching it."""
        self._pool.disarm()


class ProcessesJob:
    """The tasks of one call."""

    def __init__(self, job: _abreast.ProcessJob, brings_function: bool, aloud: bool) -> None:
        self._job = job
        self._aloud = aloud
        self._said: list[Output] = []
        self._brings_function = brings_function
        self._pushed = 0

    # Not bound once and for all: most jobs are of one task, and call two of these.
    def entry(self) -> int:
        """Return its number in the journal."""
        return self._job.entry()

    def want(self) -> int:
        """How many more tasks to push now."""
        return self._job.want()

    def wait(self, timeout: float | None) -> bool:
        """Wait until something arrived."""
        return self._job.wait(timeout)

    def ready(self) -> bool:
        """Whether something arrived."""
        return self._job.ready()

    def outstanding(self) -> int:
        """Tasks that neither ended nor were withdrawn."""
        return self._job.outstanding()

    def running(self) -> bool:
        """Whether a worker runs one of the tasks."""
        return self._job.running()

    def cancel(self, first: int = 0) -> int:
        """Withdraw what no worker has taken."""
        return self._job.cancel(first)

    def watch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called once nothing is outstanding."""
        self._job.watch(callback)

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Append a task for each item."""
        steady = isinstance(items, (list, tuple, range)) or getattr(items, "steady", False)
        name = None
        if self._brings_function:
            items = list(items)
            if len(items) == 1:
                name = journal.name_of(items[0][0])
            pack = memory.shared().pack
            items = [(dumps_call(function, pack), args, kwargs) for function, args, kwargs in items]
        try:
            if at is None:
                self._pushed += self._job.push(items, steady, None, name)
            else:
                self._job.push(items, steady, at)
        except (MemoryError, OSError):
            raise
        except RuntimeError as reason:
            if not hasattr(reason, "item"):
                raise shut_down() from None
            raise self._unpicklable(reason) from reason
        except Exception as reason:
            raise self._unpicklable(reason) from reason

    def _unpicklable(self, reason: Exception) -> Exception:
        self._pushed += int(getattr(reason, "item", 0))
        what = "function or an argument" if self._brings_function else "argument"
        return unpicklable(what, self._pushed, reason)

    def skip(self) -> None:
        """Pass over an index."""
        self._pushed += 1
        self._job.skip()

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Wait until tasks ended, and take them."""
        if self._aloud:
            return self._pull_aloud(timeout, results)
        finished, notes, events, said = self._job.pull(timeout, results)
        told: Sequence[Output] = output.read(said) if said else ()
        if self._said:
            told, self._said = [*self._said, *told], []
        return Pulled(finished, notes, [_ended(*event) for event in events], told)

    def _pull_aloud(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        # What a task said is shown before anybody hears that it has ended.
        if timeout != 0.0:
            self._job.wait(timeout)
        with output.aloud:
            finished, notes, events, said = self._job.pull(0.0, results)
            if said:
                for each in output.read(said):
                    output.show(each)
        return Pulled(finished, notes, [_ended(*event) for event in events])

    def started(self) -> list[Running]:
        """Tasks that run now."""
        return [Running(task, since, f"process {pid}") for task, since, pid in self._job.started()]

    def halt(self, task: int, force: bool = False) -> bool:
        """Interrupt one running task; with `force`, kill its worker, which is replaced."""
        return self._job.halt(task, force)

    def stop(self, grace: float) -> None:
        """Withdraw, interrupt, and kill the workers that go on."""
        self._job.cancel()
        for kill, seconds in ((False, grace), (True, 5.0)):
            if not self._job.outstanding():
                return
            self._job.interrupt(kill)
            self._await_end(seconds)

    def _await_end(self, seconds: float) -> None:
        import time

        deadline = time.monotonic() + seconds
        while self._job.outstanding() and time.monotonic() < deadline:
            self._said += self.pull(0.05, None).output


def _ended(index: int, kind: int, value: Any) -> Ended:
    if kind == _abreast.VALUE:
        return Ended(index, value, None)
    if kind == _abreast.FAILURE:
        return Ended(index, None, rebuild(value))
    if kind == _abreast.GARBLED:
        return Ended(index, None, garbled(index, value))
    return Ended(index, None, lost(value, index))


def _most(level: Level) -> int:
    """Return how many bytes a worker's own memory may grow to."""
    from abreast.config import get
    from abreast.machine import memory as machine_memory

    return level.memory or get().worker_memory or machine_memory() // level.workers


def _folder() -> str:
    # Asked for at every call, so the cheap way: a Path takes ten times as long.
    return os.getcwd()  # noqa: PTH109


def _absolute(path: list[str], folder: str) -> list[str]:
    """Return the path with relative entries as they mean now, and at its end as they meant first.

    A program that changes its folder keeps the modules it imported before; workers find them too.
    """
    from abreast.plans import START_FOLDER

    relative = [entry for entry in path if not os.path.isabs(entry)]  # noqa: PTH117
    return [os.path.join(folder, entry) for entry in path] + [  # noqa: PTH118
        os.path.join(START_FOLDER, entry)  # noqa: PTH118
        for entry in relative
        if folder != START_FOLDER
    ]


def _drain(pool: _abreast.ProcessPool) -> None:
    import time

    while pool.outstanding():
        time.sleep(0.05)
    pool.close(1.0)


def _interpreter_flags() -> list[str]:
    """Return the flags this interpreter was started with (-X, -W, -O, ...), for its workers."""
    import subprocess

    # Private, and what multiprocessing itself uses; without it workers get the defaults.
    flags: Callable[[], list[str]] = getattr(subprocess, "_args_from_interpreter_flags", list)
    return flags()
