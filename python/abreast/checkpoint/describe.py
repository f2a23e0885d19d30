"""What a call is: the parts that decide what its tasks answer, each under a name for people."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections import deque
from pathlib import Path
from typing import Any

from abreast.checkpoint.content import Content, Uncountable
from abreast.checkpoint.names import is_users, of_function, version_of, where
from abreast.errors import CheckpointError

__all__ = ["Parts", "describe", "differences"]

Parts = dict[str, str]
"""The digest, or the text itself, of each part."""

_SHOWN = 4
_SCHEME = "1"
"""Of `content`: another one makes other digests of the same values."""


def describe(caller: str, function: Any, *, star: bool, seed: Any) -> Parts:
    """Return the parts of a call.

    Parameters
    ----------
    caller : str
        How messages call the call.
    function : callable
    star : bool
        Whether items are several arguments.
    seed : object
        What its tasks make their generators from.

    Raises
    ------
    CheckpointError
        If something the function uses has no content that could be compared with a later run's.
    """
    reached = _Reached(caller)
    reached.root(function)
    parts = reached.parts
    parts["the version of Python"] = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parts["the version of how values are compared"] = _SCHEME
    parts["how items are passed"] = "several arguments" if star else "one argument"
    reached.add("the seed", seed)
    return parts


def differences(old: Parts, new: Parts) -> list[str]:
    """Name what differs between two calls."""
    changed = [name for name in new if name in old and old[name] != new[name]]
    added = [f"{name} (new)" for name in new if name not in old]
    gone = [f"{name} (gone)" for name in old if name not in new]
    texts = {name: f"{name} ({old[name]} before, {new[name]} now)" for name in _texts(changed)}
    found = [texts.get(name, name) for name in changed] + added + gone
    if len(found) > _SHOWN:
        found[_SHOWN:] = [f"{len(found) - _SHOWN} more"]
    return found


def _texts(names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(("the version of", "how items"))]


class _Reached:
    """Follows a function to what it uses."""

    def __init__(self, caller: str) -> None:
        self.parts: Parts = {}
        self._caller = caller
        self._content = Content(self._meet)
        self._waiting: deque[Any] = deque()
        self._seen: dict[int, Any] = {}

    def root(self, function: Any) -> None:
        """Follow what a call was given to call."""
        while type(function) is functools.partial:
            for place, value in enumerate(function.args):
                self.value(f"argument {place} of the partial", value)
            for name, value in sorted(function.keywords.items()):
                self.value(f"argument `{name}` of the partial", value)
            function = function.func
        if isinstance(function, types.MethodType):
            self.value(f"the object of `{function.__func__.__qualname__}`", function.__self__)
            function = function.__func__
        kind = type(function)
        if isinstance(function, (types.FunctionType, type)):
            self._meet(function)
            self.parts["the function"] = where(function)
        elif is_users(kind.__module__) and _is_its_attributes(function):
            self.parts["the function"] = where(kind)
            self._meet(kind)
            for name, value in sorted(vars(function).items()):
                self.value(f"the attribute `{name}` of the `{kind.__qualname__}` object", value)
        else:
            self.parts["the function"] = where(kind)
            self.add(f"the `{kind.__qualname__}` object", function)
        while self._waiting:
            self._follow(self._waiting.popleft())

    def value(self, name: str, value: Any) -> None:
        """Add a value under its name; a function has names of its own for what it uses."""
        if isinstance(value, types.FunctionType) and is_users(value.__module__):
            self.parts[self._free(name)] = value.__qualname__
            self._meet(value)
        else:
            self.add(name, value)

    def add(self, name: str, value: Any) -> None:
        """Add the digest of a value."""
        try:
            self.parts[self._free(name)] = self._content.digest(value).hex()[:20]
        except Uncountable as reason:
            raise CheckpointError(
                f"{self._caller}: {name} is or holds {reason}: without content that could be "
                "compared, nobody can tell whether it is the same in a later run\n"
                "hint: make it inside the task, or give the task what it is made from"
            ) from reason

    def _free(self, name: str) -> str:
        """Return the name, numbered if another part has it."""
        number, free = 1, name
        while free in self.parts:
            number += 1
            free = f"{name} ({number})"
        return free

    def _meet(self, value: Any) -> None:
        if id(value) not in self._seen:
            self._seen[id(value)] = value
            self._waiting.append(value)

    def _follow(self, value: Any) -> None:
        module = value.__name__ if isinstance(value, types.ModuleType) else value.__module__
        if not is_users(module) or isinstance(value, types.BuiltinFunctionType):
            top = (module or "").partition(".")[0]
            version = version_of(top) if top and top not in ("abreast", "__main__") else None
            if version is not None:
                self.parts[f"the version of {top}"] = version
        elif isinstance(value, types.ModuleType):
            file = getattr(value, "__file__", None)
            source = Path(file).read_bytes() if file and Path(file).is_file() else b""
            self.add(f"the module `{value.__name__}`", source)
        elif isinstance(value, type):
            self._class(value)
        else:
            self._function(value, value.__qualname__)

    def _function(self, function: types.FunctionType, name: str) -> None:
        name = name.rpartition("<locals>.")[2]
        self.add(f"the code of `{name}`", function.__code__)
        for label, value in of_function(function):
            self.value(f"the {label} of `{name}`", value)
        for label, value in sorted(vars(function).items()):
            if label != "__wrapped__":
                self.value(f"the attribute `{label}` of `{name}`", value)

    def _class(self, kind: type) -> None:
        name = kind.__qualname__.rpartition("<locals>.")[2]
        self.add(f"the bases of the class `{name}`", kind.__bases__)
        rest = {}
        for label, value in sorted(self._content.of_class(kind)):
            function = inspect.unwrap(value) if callable(value) else value
            if isinstance(function, types.FunctionType) and is_users(function.__module__):
                if id(function) not in self._seen:
                    self._seen[id(function)] = function
                    self._function(function, f"{name}.{label}")
            else:
                rest[label] = value
        for label, value in rest.items():
            self.add(f"the attribute `{label}` of the class `{name}`", value)


def _is_its_attributes(value: Any) -> bool:
    """Whether what an object would be pickled from is its `__dict__`."""
    kind, plain = type(value), object
    return type(getattr(value, "__dict__", None)) is dict and all(
        getattr(kind, name) is getattr(plain, name)
        for name in ("__getstate__", "__reduce__", "__reduce_ex__")
    )
