"""Several futures at once."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from abreast.tasks.delayed import Delayed
from abreast.tasks.future import Future

__all__ = ["Waited", "as_completed", "gather", "wait"]

R = TypeVar("R")


class Waited(NamedTuple):
    """What `wait` found."""

    done: set[Any]
    not_done: set[Any]


def _checked(caller: str, futures: Iterable[Future[R]]) -> list[Future[R]]:
    if isinstance(futures, concurrent.futures.Future):
        raise TypeError(f"{caller}: takes several futures\nhint: {caller}([future])")
    if not isinstance(futures, Iterable):
        raise TypeError(
            f"{caller}: takes several futures, and {futures!r} is none\n"
            f"hint: {caller}([future, ...]); futures come from abreast.submit"
        )
    listed = list(futures)
    for place, future in enumerate(listed):
        if not isinstance(future, concurrent.futures.Future):
            raise TypeError(
                f"{caller}: item {place} is {future!r}, which is not a future\n"
                f"hint: {_hint(future)}"
            )
        # What has ended is settled here and now, by this thread.
        future.done()
    return listed


def _hint(given: object) -> str:
    if isinstance(given, Delayed):
        return "abreast.compute([value, ...]) gives the values of what is delayed"
    return "futures come from abreast.submit"


def gather(futures: Iterable[Future[R]]) -> list[R]:
    """Return the values of all futures, in their order.

    Parameters
    ----------
    futures : iterable of Future

    Raises
    ------
    Exception
        What the first of them, in their order, raised.

    Examples
    --------
    >>> import abreast as ab
    >>> with ab.plan("threads"):
    ...     ab.gather([ab.submit(abs, x) for x in (-1, 2)])
    [1, 2]
    """
    return [future.result() for future in _checked("gather", futures)]


def as_completed(futures: Iterable[Future[R]], timeout: float | None = None) -> Iterator[Future[R]]:
    """Yield futures as they end.

    Parameters
    ----------
    futures : iterable of Future
    timeout : float, optional
        Seconds from the call on, after which `TimeoutError` is raised.

    Examples
    --------
    >>> import abreast as ab
    >>> with ab.plan("threads"):
    ...     futures = [ab.submit(abs, x) for x in (-1, 2)]
    >>> sorted(future.result() for future in ab.as_completed(futures))
    [1, 2]
    """
    listed = _checked("as_completed", futures)
    ended: Iterator[Any] = concurrent.futures.as_completed(listed, timeout)
    return ended


def wait(
    futures: Iterable[Future[Any]],
    timeout: float | None = None,
    return_when: str = concurrent.futures.ALL_COMPLETED,
) -> Waited:
    """Wait until futures ended: all, the first, or the first that raised.

    Parameters
    ----------
    futures : iterable of Future
    timeout : float, optional
        Most seconds to wait.
    return_when : {"ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"}

    Returns
    -------
    done, not_done : set of Future

    Examples
    --------
    >>> import abreast as ab
    >>> with ab.plan("threads"):
    ...     done, not_done = ab.wait([ab.submit(abs, -1)])
    >>> len(done), len(not_done)
    (1, 0)
    """
    if return_when not in ("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"):
        raise ValueError(
            f"wait: return_when={return_when!r}: 'ALL_COMPLETED', 'FIRST_COMPLETED' or "
            "'FIRST_EXCEPTION'"
        )
    done, not_done = concurrent.futures.wait(_checked("wait", futures), timeout, return_when)
    return Waited(done, not_done)
