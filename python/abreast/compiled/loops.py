"""What loops of compiled functions are written with."""

from __future__ import annotations

__all__ = ["prange", "thread_count", "thread_id"]


def prange(*bounds: int) -> range:
    """Count like `range`; in a compiled function the turns run on all cores.

    Turns must not depend on each other. Variables that are only combined, as in ``s += x``,
    ``s *= x``, ``s = min(s, x)`` or ``s = max(s, x)``, are reduced; the order in which that happens
    depends on the number of turns alone, so the result does not depend on threads.

    Parameters
    ----------
    *bounds : int
        As those of `range`.

    Returns
    -------
    range
        Where Python runs the function: the same numbers in order.

    Examples
    --------
    >>> list(prange(2, 5))
    [2, 3, 4]
    """
    return range(*bounds)


def thread_id() -> int:
    """Return the number of the thread that asks, inside of `prange` of a compiled function.

    Returns
    -------
    int
        At least 0 and below `thread_count`. Two threads of one loop never have the same number at
        once, so an element with that index belongs to one thread. Outside of `prange`, and where
        Python runs the function, 0.

    Examples
    --------
    >>> import abreast as ab
    >>> import numpy as np
    >>> @ab.jit
    ... def total(x):
    ...     sums = np.zeros(ab.thread_count())
    ...     for i in ab.prange(len(x)):
    ...         sums[ab.thread_id()] += x[i]
    ...     return sums.sum()
    >>> float(total(np.arange(1000.0)))
    499500.0
    """
    return 0


def thread_count() -> int:
    """Return how many threads `prange` may use: the number that `threads` says.

    Returns
    -------
    int
        The number, at least 1. In a compiled function that of the call.

    Examples
    --------
    >>> import abreast as ab
    >>> with ab.threads(2):
    ...     ab.thread_count()
    2
    """
    from abreast.inner_threads import count

    return count()
