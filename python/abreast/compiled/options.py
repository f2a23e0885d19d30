"""Options of other compilers that users bring along: taken where they ask for what is so anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from abreast.keywords import refuse

__all__ = ["taken"]

_SO_ANYWAY = {
    "nopython": (True, "nothing is ever run by the interpreter: leave nopython away"),
    "nogil": (True, "the interpreter is always let go: leave nogil away"),
    "cache": (True, "code is always kept on disk: leave cache away"),
    "parallel": (
        True,
        "`ab.prange` is what runs in parallel: write `range` for a loop that should not, or "
        "ab.threads(1)",
    ),
    "error_model": (
        "python",
        "numbers of Python raise ZeroDivisionError, elements of arrays give inf: divide elements, "
        "or np.float64(x)",
    ),
    "fastmath": (
        False,
        "there is no such mode: the order of operations stays as it is written, and vectors are "
        "made of loops over independent elements",
    ),
    "forceobj": (False, "what cannot be compiled is an error that says what to write instead"),
    "looplift": (False, "what cannot be compiled is an error that says what to write instead"),
    "debug": (False, "indices are checked anyway; races=True finds turns of prange that meet"),
    "target": ("cpu", "compiled functions run on the cpu, `ab.vectorize` on all of its cores"),
}
_NEVER = {
    "inline": "calls of jit functions are compiled into the function that makes them",
    "locals": "types are found by themselves; np.float32(x) makes a number of that type",
    "signature": 'the signature stands first: ab.jit("float64(float64)")',
    "pipeline_class": "there is no such thing here",
}


def taken(caller: str, function: Callable[..., Any], others: dict[str, Any]) -> None:
    """Refuse options, but those that ask for what is so anyway.

    Parameters
    ----------
    caller : str
        How messages call it.
    function : callable
        Whose options there are.
    others : dict
        What was given beside them.
    """
    for name, value in others.items():
        if name in _SO_ANYWAY:
            fixed, hint = _SO_ANYWAY[name]
            if value == fixed or (name == "target" and value == "parallel"):
                continue
            raise TypeError(f"{caller}: {name}={value!r}: only {name}={fixed!r}\nhint: {hint}")
        if name in _NEVER:
            raise TypeError(f"{caller}: there is no option {name}\nhint: {_NEVER[name]}")
        refuse(caller, {name: value}, function)
