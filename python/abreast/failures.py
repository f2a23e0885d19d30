"""Exceptions on their way between processes: as themselves, with the remote traceback."""

from __future__ import annotations

import pickle
import signal
import traceback
from typing import Any

from abreast.errors import (
    LaunchError,
    PoolClosed,
    RemoteError,
    RemoteTraceback,
    TransferError,
    WorkerLost,
)
from abreast.pickling import dumps

__all__ = ["describe", "garbled", "lost", "rebuild", "shut_down", "unpicklable"]


def describe(error: BaseException, index: int, what: str) -> bytes:
    """Turn an exception into bytes, in a worker.

    Parameters
    ----------
    error : BaseException
        What was raised.
    index : int
        The task.
    what : {"task", "result"}
        Whether the task raised it, or the pickling of its result.
    """
    text = "".join(traceback.format_exception(error))
    if what == "result" and not isinstance(error, MemoryError):
        error = unpicklable("result", index, error)
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    for form in (_whole, _parts, _plain_parts):
        try:
            data = pickle.dumps((form.__name__, form(error), name, _str(error), text), protocol=5)
            # An exception class whose `__init__` cannot be replayed shows only when read back.
            if type(_read(data)) is kind:
                return data
        except Exception:
            continue
    return pickle.dumps(("_none", None, name, _str(error), text), protocol=5)


def rebuild(data: bytes) -> BaseException:
    """Turn the bytes of `describe` into the exception, in the parent."""
    _, _, name, message, text = pickle.loads(data)
    try:
        error = _read(data)
    except Exception as reason:
        error = None
        message = f"{message} (the original cannot be rebuilt here: {reason!r})"
    if error is None:
        error = RemoteError(f"{name}: {message}")
        error.type_name = name
    error.__cause__ = RemoteTraceback(text)
    return error


def _whole(error: BaseException) -> bytes:
    return dumps(error)


def _parts(error: BaseException) -> bytes:
    return dumps((type(error), error.args, error.__dict__))


def _plain_parts(error: BaseException) -> bytes:
    args = tuple(arg if _pickles(arg) else repr(arg) for arg in error.args)
    state = {key: value for key, value in error.__dict__.items() if _pickles(value)}
    return dumps((type(error), args, state))


def _read(data: bytes) -> BaseException | None:
    form, body, *_ = pickle.loads(data)
    if form == "_none":
        return None
    if form == "_whole":
        whole: BaseException = pickle.loads(body)
        return whole
    kind, args, state = pickle.loads(body)
    # Without `__init__`, which asks for other arguments than it stores.
    error: BaseException = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _pickles(value: Any) -> bool:
    try:
        pickle.loads(dumps(value))
    except Exception:
        return False
    return True


def _str(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "<no message: its own __str__ raised>"


_STAYS = (
    "open files, locks, connections and generators stay in their process; create them inside the "
    "task, or use plan('threads')"
)
_UNFINISHED = {
    "'coroutine' object": "an async function answers a coroutine and has not run; run it in the "
    "task: lambda x: asyncio.run(function(x))",
    "'generator' object": "a function with `yield` answers a generator and has not run; run it in "
    "the task: lambda x: list(function(x))",
}
"""What a result is of a function that is yet to run."""


def unpicklable(what: str, index: int | None, reason: BaseException) -> TransferError:
    """Say that something of a task cannot be pickled."""
    where = "" if index is None else f" of task {index}"
    hint = _STAYS
    if what == "result":
        hint = next((told for kind, told in _UNFINISHED.items() if kind in _str(reason)), hint)
    error = TransferError(
        f"the {what}{where} cannot be sent to another process: {type(reason).__name__}: {reason}\n"
        f"hint: {hint}"
    )
    error.index = index
    return error


def garbled(index: int, reason: BaseException) -> TransferError | MemoryError:
    """Say that a result came back and cannot be read here."""
    if isinstance(reason, MemoryError):
        return MemoryError(f"the result of task {index} cannot be read: {reason}")
    error = TransferError(
        f"the result of task {index} cannot be read in the parent process: "
        f"{type(reason).__name__}: {reason}\n"
        "hint: its class must be importable here, and its pickled form readable"
    )
    error.index = index
    error.__cause__ = reason
    return error


def shut_down() -> PoolClosed:
    """Say that a job was begun before its workers were shut down, and cannot go on."""
    return PoolClosed(
        "the plan's workers were shut down\n"
        "hint: call the function again; a new pool starts by itself"
    )


def lost(
    loss: tuple[str, int | None, int | None, int | None] | tuple[Any, ...], index: int | None
) -> LaunchError | PoolClosed | WorkerLost:
    """Say why a task will never answer: reason, process id, exit status, signal.

    A fifth, the most bytes of memory that the process had, may follow.
    """
    reason, pid, status, number, *rest = loss
    peak = rest[0] if rest else None
    task = "the task" if index is None else f"task {index}"
    if reason == "closed":
        return PoolClosed(
            f"{task} did not end: its workers were shut down\n"
            "hint: collect results before abreast.shutdown()"
        )
    if number is not None:
        ending = f"was killed by signal {number} ({_signal_name(number)})"
    elif status is not None:
        ending = f"left with exit status {status}"
    else:
        ending = "ended"
    if reason == "start":
        return LaunchError(
            f"worker processes end before they can run anything: the last one {ending}\n"
            "hint: what it printed stands above; `abreast doctor` tries every plan"
        )
    hint = _BROKEN if reason == "broken" else "the task itself ended the process"
    error = WorkerLost(
        f"worker {pid} {ending} while it ran {task}{_peak(peak)}\nhint: {_HINTS.get(number, hint)}"
    )
    error.index, error.pid, error.signal, error.status = index, pid, number, status
    error.peak = peak
    return error


def _peak(count: int | None) -> str:
    return "" if count is None else f"; it had up to {count / 2**20:,.0f} MiB of memory"


_BROKEN = (
    "the task itself ended the process, or one beside it did its own: such a pool ends all its "
    "workers with the first that dies; plan('processes') replaces that one and goes on"
)

_HINTS: dict[int | None, str] = {
    signal.SIGKILL: "somebody killed it, or the machine ran out of memory: fewer workers need less",
    signal.SIGSEGV: "compiled code that the task calls has a fault",
    signal.SIGBUS: "compiled code that the task calls has a fault, or memory is full",
    signal.SIGABRT: "compiled code that the task calls gave up",
    signal.SIGTERM: "somebody asked the process to end",
}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
