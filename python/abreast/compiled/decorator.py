"""The decorator `jit`."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, overload

from abreast.compiled.function import JitFunction

__all__ = ["jit"]


@overload
def jit(
    function: Callable[..., Any], /, *, boundscheck: bool = True, races: bool = False, **others: Any
) -> JitFunction: ...
@overload
def jit(
    function: str | None = None, /, *, boundscheck: bool = True, races: bool = False, **others: Any
) -> Callable[[Callable[..., Any]], JitFunction]: ...


def jit(
    function: Any = None, /, *, boundscheck: bool = True, races: bool = False, **others: Any
) -> Any:
    """Compile a Python function to machine code, for the types of arguments that it meets.

    It is compiled at the first call with new types, which takes some milliseconds, and kept on disk
    for the next process. What cannot be compiled raises `LanguageError` with the line, why, and
    what to write instead: nothing is ever run slowly in silence. The interpreter is let go while it
    runs.

    Parameters
    ----------
    function : callable or str
        A function of numbers, tuples, NumPy arrays and random generators, written with ``def`` or
        ``lambda``. Or a signature such as ``"float64(float64[:], int64)"``: then the function is
        compiled at once, numbers are converted to its types, and arrays must have them.
    boundscheck : bool
        Raise `IndexError` where an index is out of bounds. Without it such an index reads or writes
        memory of somebody else, and indices must not be negative.
    races : bool
        Find turns of `prange` that meet at an element, where that depends on the run: they run in
        order, slowly, and the first that writes what another one wrote or read, or reads what
        another one wrote, raises `RaceError`.
    **others
        Options of Numba's that ask for what is so anyway: ``nopython=True``, ``parallel=True``,
        ``nogil=True``, ``cache=True``, ``error_model="python"``. Others are refused with a hint.

    Returns
    -------
    JitFunction
        Called like the function; or, without a function, a decorator.

    Raises
    ------
    TypeError
        It is given something else than a Python function, or an option that there is not.

    Examples
    --------
    >>> import abreast as ab
    >>> @ab.jit
    ... def gauss(n):
    ...     s = 0
    ...     for i in range(n):
    ...         s += i
    ...     return s
    >>> gauss(10)
    45
    """
    if others:
        from abreast.compiled.options import taken

        taken("jit", jit, others)
    if isinstance(function, list | tuple):
        raise TypeError(
            "jit: a list of signatures\n"
            "hint: leave it away: a function is compiled for the types that it meets"
        )
    if isinstance(function, str):
        from abreast.compiled.given import SignedFunction

        signature = function
        return lambda function: SignedFunction(
            _plain(function), signature, boundscheck=boundscheck, races=races
        )
    if function is None:
        return lambda function: jit(function, boundscheck=boundscheck, races=races)
    return JitFunction(_plain(function), boundscheck=boundscheck, races=races)


def _plain(function: Any) -> FunctionType:
    """Return the Python function that is decorated."""
    if isinstance(function, JitFunction):
        function = function.plain
    if isinstance(function, staticmethod):
        function = function.__func__
    if not isinstance(function, FunctionType):
        raise TypeError(
            f"jit({function!r}): jit takes a Python function\n"
            "hint: decorate a `def` or pass a lambda; built-in functions are compiled already"
        )
    return function
