"""Notices that a module of the user's was reloaded, so that workers do not run its old code."""

from __future__ import annotations

import sys
import sysconfig
from types import ModuleType
from typing import Any

__all__ = ["Sources"]

_INSTALLED = tuple(
    {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
)


class Sources:
    """The user's own modules as they were when workers could first have imported them.

    Reloading a module gives it a new spec. Workers that imported the old one cannot be told apart
    from those that did not, so all are replaced. Installed packages are taken to stay as they are.
    """

    def __init__(self) -> None:
        self._seen = 0
        self._specs: dict[str, Any] = {}
        self._modules: list[tuple[str, ModuleType]] = []
        self.changed()

    def changed(self) -> bool:
        """Whether one of them was reloaded since it was first seen here."""
        if self._seen != len(sys.modules):
            self._seen = len(sys.modules)
            self._modules = [
                (name, module) for name, module in list(sys.modules.items()) if _is_local(module)
            ]
        changed = False
        for name, module in self._modules:
            spec = getattr(module, "__spec__", None)
            # The spec itself is kept: an id could be given to its successor.
            if self._specs.setdefault(name, spec) is not spec:
                changed = True
        return changed


def _is_local(module: Any) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or getattr(module, "__name__", "") == "__main__":
        return False
    return not file.startswith(_INSTALLED) and module.__name__.partition(".")[0] != "abreast"
