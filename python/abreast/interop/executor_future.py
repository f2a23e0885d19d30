"""The future of a task that an `Executor` submitted."""

from __future__ import annotations

import types
from concurrent.futures import BrokenExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from abreast.backends.contract import Job
from abreast.interop.executor_errors import as_expected
from abreast.tasks.future import PENDING, Future
from abreast.tasks.prepare import name_of

if TYPE_CHECKING:
    import threading

    from abreast.interop.executor import Executor

__all__ = ["ExecutorFuture"]

R = TypeVar("R")

_NAMED = (types.FunctionType, types.BuiltinFunctionType, type)


class ExecutorFuture(Future[R]):
    """A future of `abreast` that its executor knows of until it is over.

    It shows the state that the task has now to whoever reads it as the standard library does, and
    holds nothing of the task but its name.
    """

    _owner: Executor | None = None
    _looking = False

    def __init__(self, job: Job | None, function: Any, owner: Executor, at_once: bool) -> None:
        # A bound method would keep its object alive as long as the future.
        told = function if isinstance(function, _NAMED) else _Name(name_of(function))
        self._owner = owner
        super().__init__(job, told, at_once)

    @property
    def _condition(self) -> threading.Condition:
        # `concurrent.futures.wait` takes this lock, then reads the state without asking.
        if self._job is not None and not self._looking:
            self._looking = True
            try:
                self._look()
            finally:
                self._looking = False
        return super()._condition

    @_condition.setter
    def _condition(self, condition: threading.Condition) -> None:
        self._lazy_condition = condition

    def _fetch(self, timeout: float | None) -> bool:
        over = super()._fetch(timeout)
        if over:
            self._leave()
        return over

    def _leave(self) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner._forget(self)

    def _as_told(self, error: BaseException) -> BaseException:
        expected = as_expected(error)
        owner = self._owner
        if owner is not None:
            owner._see(expected)
        return expected

    def _finish(self) -> None:
        """Wait until it is over; called by `shutdown`."""
        while self._state in PENDING:
            self._fetch(None)

    def _sweep(self) -> bool:
        """Whether the executor need not know of it any more; what has ended is settled."""
        return self._fetch(0.0)

    def cancel(self, *, running: bool = False) -> bool:
        """Withdraw the task if no worker has taken it; see `abreast.Future.cancel`."""
        cancelled = super().cancel(running=running)
        if self._state not in PENDING:
            self._leave()
        return cancelled


class InitializerFailed(BrokenExecutor):
    """The initializer of an executor raised in a worker, so no task of it can run."""


class _Name:
    """Stands for a function in messages."""

    def __init__(self, name: str) -> None:
        self.__qualname__ = name
