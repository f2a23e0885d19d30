"""Compiled functions on their way to other processes."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abreast.compiled.function import JitFunction

__all__ = ["reduced"]


def reduced(function: JitFunction) -> Any:
    """Return what pickle needs: the name where it can be found there, else the Python function.

    The source travels with functions that have no module of their own, such as those of notebooks.
    """
    plain = function.plain
    module = sys.modules.get(plain.__module__)
    found: Any = module
    for part in plain.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is function and plain.__module__ != "__main__":
        return function.__qualname__
    from abreast.compiled.lines import written
    from abreast.compiled.names import _read

    _read(plain)  # raises if the source is nowhere
    return _restored, (plain, function._settings, "".join(written(plain)))


def _restored(plain: FunctionType, settings: dict[str, Any], text: str) -> Any:
    from abreast.compiled.decorator import jit
    from abreast.compiled.function import JitFunction
    from abreast.compiled.lines import remember

    remember(plain, text)
    if "signature" in settings:
        given = {name: settings[name] for name in ("boundscheck", "races")}
        return jit(settings["signature"], **given)(plain)
    return JitFunction(plain, **settings)
