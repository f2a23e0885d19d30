"""The lines that a function was written in, as they were when it was made.

A file may be edited while a program runs: what is compiled then is what Python runs, not what
stands in the file meanwhile.
"""

from __future__ import annotations

import functools
import linecache
import os
import sys
import time
from collections.abc import Iterator
from types import CodeType, FunctionType
from weakref import WeakKeyDictionary

from abreast.errors import LanguageError

__all__ = ["written", "remember"]

_known: WeakKeyDictionary[FunctionType, list[str]] = WeakKeyDictionary()


def written(function: FunctionType) -> list[str]:
    """Return the lines of the file, notebook cell or command that a function is part of.

    Parameters
    ----------
    function : function

    Returns
    -------
    list of str
        With their ends; empty where they are not to be had.

    Raises
    ------
    LanguageError
        The file was changed before it was read here, and has another function in that place.

    Examples
    --------
    >>> def f(): pass
    >>> isinstance(written(f), list)
    True
    """
    code = function.__code__
    found = _known.get(function)
    if found is not None:
        return found
    file = code.co_filename
    linecache.checkcache(file)
    found = linecache.getlines(file, function.__globals__)
    entry = linecache.cache.get(file)
    changed = entry[1] if entry is not None and len(entry) == 4 else None
    if not found:
        found = _command(code)
    elif changed is not None and changed > _begun() and not _compiled_from(code, found):
        raise LanguageError(
            f"jit of {function.__qualname__}: its file was changed after it was loaded ({file})\n"
            "hint: load it again: importlib.reload(module), or start the program anew"
        )
    if found:
        _known[function] = found
    return found


def remember(function: FunctionType, text: str) -> None:
    """Have a function that came from another process be written in this text.

    Parameters
    ----------
    function : function
    text : str
        All of the file.

    Examples
    --------
    >>> def f(): pass
    >>> remember(f, "def f(): pass")
    >>> written(f)
    ['def f(): pass']
    """
    _known[function] = text.splitlines(keepends=True)


@functools.cache
def _begun() -> float:
    """When this process began, in seconds since the epoch: older files are as Python read them."""
    try:
        with open("/proc/self/stat", "rb") as file:
            told = file.read()
        ticks = int(told.rpartition(b")")[2].split()[19])
        up = time.clock_gettime(time.CLOCK_BOOTTIME)
        return time.time() - up + ticks / os.sysconf("SC_CLK_TCK") - 1.0
    except (OSError, ValueError, AttributeError):
        return 0.0


def _command(code: CodeType) -> list[str]:
    """Return the lines of ``python -c``, if it was they."""
    if code.co_filename != "<string>" or "-c" not in sys.orig_argv:
        return []
    after = sys.orig_argv[sys.orig_argv.index("-c") + 1 :]
    lines = after[0].splitlines(keepends=True) if after else []
    return lines if _compiled_from(code, lines) else []


def _compiled_from(code: CodeType, lines: list[str]) -> bool:
    """Whether Python makes this of the lines, as far as can be told."""
    if any(name.startswith("@py") for name in code.co_varnames):
        return True  # its assertions were written anew, by pytest
    try:
        whole = compile("".join(lines), code.co_filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return any(_same(code, other) for other in _inside(whole))


def _inside(code: CodeType) -> Iterator[CodeType]:
    for it in code.co_consts:
        if isinstance(it, CodeType):
            yield it
            yield from _inside(it)


def _same(one: CodeType, other: CodeType) -> bool:
    return (
        one.co_firstlineno == other.co_firstlineno
        and one.co_code == other.co_code
        and one.co_names == other.co_names
        and one.co_varnames == other.co_varnames
        and _plain(one) == _plain(other)
    )


def _plain(code: CodeType) -> list[str]:
    """Constants, told apart also where they are equal: 1 and 1.0."""
    return [repr(it) for it in code.co_consts if not isinstance(it, CodeType)]
