"""What was made of a compiled function, as text."""

from __future__ import annotations

from types import FunctionType

from abreast.compiled.lines import written

__all__ = ["reported"]


def reported(function: FunctionType, signature: str, told: list[tuple[int, str, int, str]]) -> str:
    """Return a line for the signature, and two for each loop: its source, and what became of it.

    Parameters
    ----------
    function : function
    signature : str
        The types that it was compiled for.
    told : list of tuple
        Line, name of another function that was compiled into this one, depth, words.
    """
    lines = [f"{function.__qualname__}({signature})"]
    if not told:
        lines.append("  no loops")
    source = written(function)
    last = None
    for line, inner, depth, words in told:
        space = "  " * (depth + 1)
        if line and (line, inner) != last:
            text = "" if inner or line > len(source) else source[line - 1].strip()
            where = f"line {line}" + (f" of {inner}" if inner else "")
            lines.append(f"{space}{where}: {text}".rstrip(": "))
        elif not line:
            lines.append(f"{space}a loop")
        last = (line, inner)
        lines.append(f"{space}  {words}")
    return "\n".join(lines)
