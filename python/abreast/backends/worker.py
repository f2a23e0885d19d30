"""What a worker process runs: set up as the parent is, then take tasks."""

from __future__ import annotations

import _thread
import gc
import io
import os
import pickle
import signal
import sys
import time
from types import FrameType
from typing import Any

from abreast import _abreast
from abreast.backends import capture, surroundings
from abreast.backends.interrupt import is_importing
from abreast.pickling import dumps

__all__ = ["leave", "main", "pack", "read_level"]


class Hooks:
    """What the serving loop calls; imports wait until they are needed."""

    dumps = staticmethod(dumps)
    loads = staticmethod(pickle.loads)
    collect = staticmethod(gc.collect)

    @staticmethod
    def settle(data: bytes) -> None:
        """Have what the next task is to find around it."""
        from abreast.backends.surroundings import settle

        settle(data)

    @staticmethod
    def renew() -> None:
        """Forget which warnings were shown."""
        from abreast.backends.surroundings import renew

        renew()

    @staticmethod
    def failure(error: BaseException, index: int, what: str) -> bytes:
        """Turn an exception into bytes."""
        from abreast.failures import describe

        return describe(error, index, what)

    @staticmethod
    def before(function: Any) -> Any:
        """Remember the random streams that a task could share."""
        from abreast.random.watch import before

        return before(function)

    @staticmethod
    def after(state: Any) -> bool:
        """Whether the task moved one of them."""
        from abreast.random.watch import after

        return after(state)


_level: bytes | None = None
_worker: _abreast.Worker | None = None
_forgotten: list[_abreast.Worker] = []


def pack(obj: Any) -> Any:
    """Pack a value as it is now, to go with a result; None where this is no worker."""
    if _worker is not None:
        return _worker.pack(obj)
    from abreast.backends.voice import speaks_here

    pilot = speaks_here.get()
    return None if pilot is None else pilot.pack(obj)


def leave() -> None:
    """End this process when its task has ended; another one takes its place."""
    if _worker is not None:
        _worker.leave()


def read_level() -> Any:
    """Return the level of the plan that this process serves; for `abreast.plans`."""
    return None if _level is None else pickle.loads(_level)


def _disarm() -> None:
    """In a child that a task forked: what came with the task is its parent's."""
    global _worker
    if _worker is not None:
        _worker.disarm()
        # Kept alive for ever: the child may come back to the loop that it was forked in.
        _forgotten.append(_worker)
        _worker = None


def _interrupt_again(thread: int) -> None:
    """Interrupt a moment later: nobody listens any more if the task has ended by then."""
    time.sleep(0.01)
    signal.pthread_kill(thread, signal.SIGINT)


def main(number: int) -> None:
    """Serve as worker `number` of the pool that started this process."""
    global _level, _worker
    worker = _worker = _abreast.Worker(number)
    os.register_at_fork(after_in_child=_disarm)

    def interrupt(_number: int, frame: FrameType | None) -> None:
        # Ctrl-C reaches every process of the terminal; only the parent decides what it means.
        if worker.interrupted():
            if is_importing(frame):
                # NumPy, for one, cannot be imported again after half an import.
                _thread.start_new_thread(_interrupt_again, (_thread.get_ident(),))
                return
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    for stream in (sys.stdout, sys.stderr):
        # What is printed between tasks shows at once, also where output goes to a file.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    hello = pickle.loads(worker.hello())
    sys.argv = hello["argv"]
    sys.path[:] = hello["path"]
    os.chdir(hello["folder"])
    _level = hello["level"]
    surroundings.start(hello["filters"])
    capture.install(worker, hello["streams"])
    worker.ready()
    worker.serve(Hooks, hello["memory"])
    capture.release()
    # As a script ends: exit handlers run, open files are written.
