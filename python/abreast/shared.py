"""One copy a machine."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["share"]

T = TypeVar("T")


def share(x: T) -> T:
    """Return a copy of `x` whose large memory lies where all processes of this machine find it.

    It is used exactly like `x`: an array is an array, a data frame a data frame. As an argument of
    tasks, in whatever it is nested, and as a variable that a function captures, it and every
    contiguous part of it travel to workers as a place in shared memory, not as a copy. The memory
    is given back with its last user.

    Parameters
    ----------
    x : object
        Anything that pickles. What is shared is the memory of arrays (NumPy, Arrow, the columns
        of pandas) from 128 KiB on; other parts are copied as ever, and what has no such memory is
        returned as it is.

    Returns
    -------
    object
        As `x` is now: what is done to `x` later does not show. What is written to it here or in
        a task stays there: tasks get it as it was when they were called.

    Raises
    ------
    TransferError
        If `x` does not pickle.
    MemoryError
        If there is no room for it, in memory and on disk; see `abreast.config`.

    Notes
    -----
    Passing an ordinary array to `map` copies it into shared memory once a call. `share` saves
    that copy, and the comparison that finds out whether it is still the same.

    Examples
    --------
    >>> import numpy as np, abreast as ab
    >>> table = ab.share(np.arange(1e6).reshape(1000, 1000))
    >>> with ab.plan("processes", workers=2):
    ...     ab.map(lambda column: float(table[:, column].sum()), [0, 1])
    [499500000.0, 499501000.0]
    """
    from abreast.backends import memory
    from abreast.failures import unpicklable

    try:
        found = memory.shared().share(x)
    except MemoryError:
        raise
    except Exception as reason:
        raise unpicklable("shared object", None, reason) from reason
    # None is what an object without large memory answers.
    return x if found is None else found
