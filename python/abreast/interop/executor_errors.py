"""The library's errors, where somebody expects those of `concurrent.futures`: each is both."""

from __future__ import annotations

from functools import cache

from abreast.errors import AbreastError, LaunchError, PoolClosed, TransferError, WorkerLost

__all__ = ["as_expected"]


def as_expected(error: BaseException) -> BaseException:
    """Return the error as code written for `concurrent.futures` catches it.

    What a task raised stays what it is. A lost worker, or none at all, is a `BrokenProcessPool`
    besides, and what cannot be sent a `pickle.PicklingError`.

    Examples
    --------
    >>> from concurrent.futures import BrokenExecutor
    >>> from abreast.errors import WorkerLost
    >>> error = as_expected(WorkerLost("worker 1 was killed"))
    >>> isinstance(error, WorkerLost), isinstance(error, BrokenExecutor)
    (True, True)
    """
    if not isinstance(error, AbreastError):
        return error
    kind = _both().get(type(error))
    if kind is None:
        return error
    other = kind(*error.args)
    other.__dict__.update(error.__dict__)  # its notes are among these
    other.__cause__, other.__context__ = error.__cause__, error.__context__
    return other.with_traceback(error.__traceback__)


@cache
def _both() -> dict[type, type[AbreastError]]:
    # Made when first needed: the module of BrokenProcessPool loads multiprocessing.
    from concurrent.futures.process import BrokenProcessPool
    from pickle import PicklingError

    also: dict[type[AbreastError], type[Exception]] = {
        LaunchError: BrokenProcessPool,
        PoolClosed: BrokenProcessPool,
        WorkerLost: BrokenProcessPool,
        TransferError: PicklingError,
    }
    return {kind: _join(kind, other) for kind, other in also.items()}


def _join(kind: type[AbreastError], other: type[Exception]) -> type[AbreastError]:
    def reduce(self: AbreastError) -> tuple[object, ...]:
        # Elsewhere it is the library's own again: nobody finds this class by its name.
        return kind, self.args, self.__dict__

    members = {"__module__": kind.__module__, "__doc__": kind.__doc__, "__reduce__": reduce}
    return type(kind.__name__, (kind, other), members)
