"""What a compiled function raises, as Python would have raised it."""

from __future__ import annotations

import builtins
from typing import Any

__all__ = ["raised"]


def raised(
    classes: dict[str, type[BaseException]],
    kind: str,
    first: str,
    second: str | None,
    file: str,
    function: str,
    line: int,
) -> BaseException:
    """Return an exception with a traceback that ends at the line of the source.

    ``"like"``: whatever Python raises for the expression `first`, so messages are those of the
    version that runs; ``"builtin"``: a class of Python's with a message; ``"user"``: a class that
    the function names; ``"told"``: such a class or one of Python's, with numbers of the run in
    the message; ``"race"``: turns of `prange` meet, with the message.
    """
    error: BaseException
    if kind == "like":
        error = _like(first)
    elif kind == "told":
        import json

        message = "".join(_piece(it) for it in json.loads(second or "[]"))
        told: Any = classes.get(first) or getattr(builtins, first)
        error = told(message)
    elif kind == "race":
        from abreast.errors import RaceError

        error = RaceError(first)
    else:
        made: Any = getattr(builtins, first) if kind == "builtin" else classes[first]
        error = made() if second is None else made(second)
    # Code of one line, at the place of the original: its frame is what tracebacks show.
    text = "\n" * (line - 1) + "raise error"
    code = compile(text, file, "exec").replace(co_name=function, co_qualname=function)
    try:
        exec(code, {"error": error})
    except BaseException as caught:
        trace = caught.__traceback__
        while trace is not None and trace.tb_frame.f_code is not code:
            trace = trace.tb_next
        return caught.with_traceback(trace)
    return error


def _piece(part: Any) -> str:
    """Return a text as it is, or a number with its type, conversion and format."""
    if isinstance(part, str):
        return part
    value, dtype, conversion, spec = part
    if dtype:
        import numpy as np

        value = np.dtype(dtype).type(value)
    convert: Any = {"s": str, "r": repr, "a": ascii}.get(conversion)
    return format(convert(value) if convert else value, spec)


def _like(expression: str) -> BaseException:
    try:
        if expression == "assert_()":
            raise AssertionError
        eval(expression)
    except Exception as caught:
        return caught.with_traceback(None)
    return RuntimeError(expression)
