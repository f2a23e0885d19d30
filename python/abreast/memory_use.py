"""How much memory arrays have, keep and may have.

Examples
--------
>>> import abreast as ab
>>> ab.memory().used >= 0
True
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from abreast import _abreast
from abreast.config import size

__all__ = ["memory", "Memory"]


@dataclass(frozen=True)
class Memory:
    """Memory of this process, in bytes; made by `memory`.

    Attributes
    ----------
    used : int
        What arrays of `abreast.numpy` have now. Not counted: arrays of a few elements, and memory
        that belongs to others, such as a NumPy array that `asarray` shows.
    peak : int
        The most they ever had at one time.
    kept : int
        What was let go and is kept for the next array: to write to it again is several times
        faster than to fresh memory.
    limit : int or None
        The most that arrays may have; None: what the machine has.
    keep : int
        The most that is kept. A quarter of the machine's memory unless set.
    shared : int
        What is in shared memory, for arguments and results of tasks and what `share` made.
    shared_kept : int
        What is kept there for the next.

    Examples
    --------
    >>> import abreast as ab
    >>> now = ab.memory()
    >>> now.peak >= now.used
    True
    """

    used: int
    peak: int
    kept: int
    limit: int | None
    keep: int
    shared: int
    shared_kept: int


def memory(*, limit: int | str | None = None, keep: int | str | None = None) -> Memory:
    """Tell how much memory arrays have; set how much they may have.

    Kept memory goes back to the system when nobody wanted it for a minute, when the machine runs
    short, and before anybody is told that there is none. `config` bounds shared memory.

    Parameters
    ----------
    limit : int or str, optional
        From now on arrays may have so many bytes, or text such as ``"8 GiB"``; beyond, a
        computation is a `MemoryError`. ``0`` takes the limit away.
    keep : int or str, optional
        From now on at most so many bytes are kept; ``0`` gives all back at once.

    Returns
    -------
    Memory
        What is in force now.

    Raises
    ------
    ConfigError
        Not a number of bytes.

    Examples
    --------
    >>> import abreast as ab
    >>> before = ab.memory()
    >>> ab.memory(limit="2 GiB", keep=0).kept
    0
    >>> ab.memory(limit=0, keep=before.keep).limit is None
    True
    """
    bound, most = _abreast.array_memory_bounds()
    if limit is not None or keep is not None:
        if limit is not None:
            bound = size("limit", limit) or _UNBOUND
        if keep is not None:
            most = size("keep", keep)
        _abreast.bound_array_memory(min(bound, _UNBOUND), min(most, _UNBOUND))
        bound, most = _abreast.array_memory_bounds()
    used, peak, kept, _, _ = _abreast.array_memory()
    stores = sys.modules.get("abreast.backends.memory")  # not there: nothing was ever shared
    shared = (stores.tally() if stores else None) or {}
    return Memory(
        used=used,
        peak=peak,
        kept=kept,
        limit=None if bound >= _UNBOUND else bound,
        keep=most,
        shared=shared.get("used", 0),
        shared_kept=shared.get("kept", 0),
    )


_UNBOUND = 2**63 - 1
