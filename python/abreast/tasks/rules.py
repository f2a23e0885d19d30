"""How often and how long a task may try: `retries`, `retry_on`, `timeout`, `deadline`, checked."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import Any

from abreast.errors import LaunchError, PoolClosed, TransferError

__all__ = ["RetryOn", "Rules", "check_rules"]

RetryOn = type[BaseException] | tuple[type[BaseException], ...] | None

_NEVER = (TransferError, LaunchError, PoolClosed)
"""What another try does not change; only by its own name it is retried."""


@dataclass(frozen=True)
class Rules:
    """What holds for the tasks of a call."""

    retries: int = 0
    retry_on: tuple[type[BaseException], ...] = (Exception,)
    timeout: float | None = None
    deadline: float | None = None

    def again(self, error: BaseException, tries: int) -> bool:
        """Whether a task that has failed so often, last in this way, runs once more."""
        if tries > self.retries or not isinstance(error, self.retry_on):
            return False
        return not isinstance(error, _NEVER) or type(error) in self.retry_on


def check_rules(
    caller: str,
    retries: int = 0,
    retry_on: RetryOn = None,
    timeout: float | None = None,
    deadline: float | None = None,
) -> Rules | None:
    """Return the rules of a call, None where there are none; refuse what makes no sense.

    Examples
    --------
    >>> check_rules("map")
    >>> check_rules("map", retries=2, retry_on=OSError).retry_on
    (<class 'OSError'>,)
    """
    if retries == 0 and retry_on is None and timeout is None and deadline is None:
        # Also False and 0.0, which are equal; what they ask for is nothing.
        return None
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise _kind(retries, int)(
            f"{caller}: retries={retries!r}: a whole number, 0 or more\n"
            "hint: retries=2 runs a task that fails up to three times"
        )
    kinds = retry_on if isinstance(retry_on, tuple) else (retry_on,)
    if retry_on is None:
        kinds = (Exception,)
    elif not kinds or not all(_is_exception(each) for each in kinds):
        raise TypeError(
            f"{caller}: retry_on={retry_on!r}: an exception class, or a tuple of them\n"
            "hint: retry_on=(OSError, ab.WorkerLost)"
        )
    elif not retries:
        raise ValueError(
            f"{caller}: retry_on={retry_on!r} without retries\nhint: retries=2 beside it"
        )
    _check_seconds(caller, "timeout", timeout, "for each task")
    _check_seconds(caller, "deadline", deadline, "for the whole call")
    limits = [None if each is None else float(each) for each in (timeout, deadline)]
    return Rules(retries, kinds, *limits)  # type: ignore[arg-type]


def _check_seconds(caller: str, name: str, given: Any, what: str) -> None:
    if given is None:
        return
    number = isinstance(given, Real) and not isinstance(given, bool)
    if not number or not given > 0 or not isfinite(given):
        raise _kind(given, Real)(
            f"{caller}: {name}={given!r}: seconds {what}, more than 0\n"
            f"hint: {name}=30.0, or leave it out for as long as it takes"
        )


def _kind(given: Any, wanted: type) -> type[ValueError] | type[TypeError]:
    fits = isinstance(given, wanted) and not isinstance(given, bool)
    return ValueError if fits else TypeError


def _is_exception(given: Any) -> bool:
    return isinstance(given, type) and issubclass(given, BaseException)
