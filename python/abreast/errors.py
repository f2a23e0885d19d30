"""The library's own errors; what a task raises arrives as itself.

Each message says what was done, what was given, what is allowed, and what to do.
"""

from __future__ import annotations

__all__ = [
    "AbreastError",
    "CheckpointError",
    "CheckpointWarning",
    "CompileError",
    "MISSING",
    "ConfigError",
    "DeadlineExceeded",
    "LanguageError",
    "LaunchError",
    "PlanError",
    "PoolClosed",
    "RaceError",
    "RandomStreamWarning",
    "RemoteError",
    "RemoteTraceback",
    "TaskTimeout",
    "TransferError",
    "WorkerLost",
]


class AbreastError(Exception):
    """Everything that abreast itself raises about running tasks."""


class PlanError(AbreastError, ValueError):
    """A plan that does not exist, or settings that it does not take."""


class ConfigError(AbreastError, ValueError):
    """A setting that makes no sense, or comes too late."""


class CompileError(AbreastError, RuntimeError):
    """A kernel cannot be compiled: LLVM is missing, refuses its text, or the system its code."""


class LanguageError(CompileError, TypeError):
    """A function uses what `jit` does not compile; the message shows where and what to write.

    Attributes
    ----------
    file : str
        The file of the function.
    line : int
        The line, from 1; 0 if it is about the whole function.
    column : int
        The column, from 1.
    function : str
        The function.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    function: str = ""


class RaceError(AbreastError, RuntimeError):
    """Turns of a `prange` loop meet at an element, found by ``jit(races=True)``."""


class CheckpointError(AbreastError, ValueError):
    """A checkpoint file that does not fit the call, is in use, or cannot be read or written."""


class LaunchError(AbreastError):
    """Workers cannot be started."""


class PoolClosed(AbreastError):
    """The plan's workers were shut down before the task ended, or are another process's.

    The latter where a forked child asks for what its parent began.
    """


class TransferError(AbreastError):
    """A function, an argument or a result cannot go from one process to another.

    Attributes
    ----------
    index : int or None
        Which task of the call.
    """

    index: int | None = None


class WorkerLost(AbreastError):
    """A worker died while it ran a task.

    Attributes
    ----------
    index : int or None
        The task that it ran, counted from zero.
    pid : int or None
        The worker's process id.
    signal : int or None
        The signal that ended it, if one did.
    status : int or None
        Its exit status, if it left by itself.
    peak : int or None
        Most bytes of memory that it had at one time, shared memory included, if that is known.
    """

    index: int | None = None
    pid: int | None = None
    signal: int | None = None
    status: int | None = None
    peak: int | None = None


class TaskTimeout(AbreastError, TimeoutError):
    """A task ran longer than its ``timeout=``, and was stopped.

    Attributes
    ----------
    index : int or None
        The task, counted from zero.
    function : str
        What it called.
    seconds : float
        The timeout.
    worker : str
        Who ran it, such as ``"process 1234"``.
    """

    index: int | None = None
    function: str = ""
    seconds: float = 0.0
    worker: str = ""


class DeadlineExceeded(AbreastError, TimeoutError):
    """A call did not end within its ``deadline=``, and was stopped.

    Attributes
    ----------
    seconds : float
        The deadline.
    done : int
        How many tasks had ended well.
    results : list
        Of `map`: what they answered, in the order of the items, and `abreast.errors.MISSING` where
        nothing did; with ``on_error="return"`` or ``"finish"`` also exceptions. Of `imap`: the same
        for what was not yielded yet.
    """

    seconds: float = 0.0
    done: int = 0
    results: list[object]


class Missing:
    """Stands in a list of results where there is none; there is one such object."""

    def __repr__(self) -> str:
        return "<no result>"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "MISSING"


MISSING = Missing()


class RemoteError(AbreastError):
    """Stands for an exception that cannot be sent: its class does not pickle.

    Attributes
    ----------
    type_name : str
        Module and name of the original class.
    """

    type_name: str = ""


class RemoteTraceback(Exception):
    """The traceback as it was in the worker; the cause of the exception that arrives."""

    def __str__(self) -> str:
        return f"\n\n{self.args[0]}"


class RandomStreamWarning(UserWarning):
    """Two tasks drew from one stream of random numbers, so results depend on the plan."""


class CheckpointWarning(UserWarning):
    """Part of a checkpoint file is damaged; the tasks whose results stood there run again."""
