"""How many threads compute: arrays, compiled loops, and the pools inside native libraries.

This is about threads inside one computation. How many tasks run at a time is the plan's matter; a
task of a plan gets its share of the cores and need not ask.

Examples
--------
>>> import abreast as ab
>>> with ab.threads(1):
...     ab.threads()
threads(1)
"""

from __future__ import annotations

import os
from contextvars import Token
from types import TracebackType
from typing import Any

from abreast import _abreast
from abreast.backends import native
from abreast.errors import ConfigError
from abreast.machine import cores

__all__ = ["threads", "Threads", "count"]

_VARIABLES = ("ABREAST_NUM_THREADS", "OMP_NUM_THREADS")
_process: int | None = None  # as a statement said, else found at the first question


def count() -> int:
    """Return the number of threads in force here.

    What ``with ab.threads(n)`` or the plan said in this context, else what ``ab.threads(n)`` said,
    else ``ABREAST_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the cores this process may use.

    Examples
    --------
    >>> count() >= 1
    True
    """
    here = native.allowed.get()
    return _everywhere() if here is None else here


def _everywhere() -> int:
    global _process
    if _process is None:
        _process = next((n for n in map(_variable, _VARIABLES) if n), None) or cores()
    return _process


def _variable(name: str) -> int | None:
    """Return a number of at least 1; OpenMP's may be a list, one a nested level."""
    text = os.environ.get(name, "").partition(",")[0].strip()
    if text.isdigit() and int(text) > 0:
        return int(text)
    if name == "ABREAST_NUM_THREADS" and text:
        raise ConfigError(
            f"ABREAST_NUM_THREADS is {text!r}; it must be a whole number of at least 1\n"
            "hint: unset it to use one thread a core"
        )
    return None


class Threads:
    """A number of threads; made by `threads`, in force inside ``with``.

    Attributes
    ----------
    count : int
        The number.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._undo: tuple[bool, int | None, native.Before] | None = None
        self._stack: list[tuple[Token[int | None], native.Before]] = []

    def _state(self) -> None:
        """Set it as a statement does: in this context if one has its own, else in the process."""
        global _process
        here = native.allowed.get()
        before = _process if here is None else here
        if here is None:
            _process = self.count
            _abreast.set_pool_threads(self.count)
        else:
            native.allowed.set(self.count)
        self._undo = (here is None, before, native.limit_all(self.count))

    def _take_back(self) -> None:
        """Undo that, unless somebody has said something else since."""
        global _process
        if self._undo is None:
            return
        (everywhere, before, libraries), self._undo = self._undo, None
        if everywhere and _process == self.count:
            _process = before
            _abreast.set_pool_threads(before or 0)
        elif not everywhere and native.allowed.get() == self.count:
            native.allowed.set(before)
        native.restore(libraries)

    def __enter__(self) -> Threads:
        self._take_back()
        self._stack.append((native.allowed.set(self.count), native.limit_all(self.count)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        token, libraries = self._stack.pop()
        native.allowed.reset(token)
        native.restore(libraries)

    def __repr__(self) -> str:
        return f"threads({self.count})"


def threads(n: Any = None) -> Threads:
    """Say how many threads compute from now on, or, as a context manager, inside a block.

    Pools of libraries that are loaded (BLAS, OpenMP) follow. Results do not depend on it, except
    for what those libraries compute.

    Parameters
    ----------
    n : int, optional
        The number. Without any, the number in force is returned.

    Returns
    -------
    Threads
        A context manager with the number as ``count``.

    Raises
    ------
    ConfigError
        Not a whole number of at least 1.

    Examples
    --------
    >>> import abreast as ab
    >>> before = ab.threads()
    >>> with ab.threads(2):
    ...     ab.threads().count
    2
    >>> ab.threads().count == before.count
    True
    """
    if n is None:
        return Threads(count())
    if isinstance(n, bool) or not hasattr(n, "__index__") or (number := n.__index__()) < 1:
        raise ConfigError(
            f"threads({n!r}): the number of threads must be a whole number of at least 1\n"
            f"hint: this process may use {cores()} cores"
        )
    made = Threads(min(number, _MOST))
    made._state()
    return made


_MOST = 1024
"""More than any machine has use for; the system's own limit comes soon after."""
