"""Compiled functions on their way to other processes."""

from __future__ import annotations

import sys
from types import FrameType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abreast.compiled.function import JitFunction

__all__ = ["is_found_by_name", "reduced"]


def reduced(function: JitFunction) -> Any:
    """Return what pickle needs: the name where it can be found there, else the Python function.

    The source travels with functions that have no module of their own, such as those of notebooks.
    """
    plain = function.plain
    if is_found_by_name(function, plain):
        return function.__qualname__
    from abreast.compiled.lines import written
    from abreast.compiled.names import _read

    _read(plain)  # raises if the source is nowhere
    return _restored, (plain, function._settings, "".join(written(plain)))


def is_found_by_name(function: Any, named: Any) -> bool:
    """Whether a pickle may name `function`, which has the name of `named`.

    In ``__main__`` it depends on who asks. The standard pickle names Python's functions there too,
    and `multiprocessing` sees to it that workers find them; whoever cannot uses cloudpickle, which
    takes functions of ``__main__`` by value.
    """
    found: Any = sys.modules.get(named.__module__)
    for part in named.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is function and (named.__module__ != "__main__" or not _asked_for_values())


def _asked_for_values() -> bool:
    """Whether the pickler at work takes functions by value: nothing but its frame tells."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if name != "pickle" and not name.startswith("abreast.compiled."):
            return "cloudpickle" in name or name.startswith("dill")
        frame = frame.f_back
    return False


def _restored(plain: FunctionType, settings: dict[str, Any], text: str) -> Any:
    from abreast.compiled.decorator import jit
    from abreast.compiled.function import JitFunction
    from abreast.compiled.lines import remember

    remember(plain, text)
    if "signature" in settings:
        given = {name: settings[name] for name in ("boundscheck", "races")}
        return jit(settings["signature"], **given)(plain)
    return JitFunction(plain, **settings)
