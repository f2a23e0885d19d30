"""How objects become bytes: the standard pickle where it is enough, cloudpickle where it is not."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Callable
from typing import Any

__all__ = [
    "PLAIN",
    "Blob",
    "Packer",
    "dumps",
    "dumps_call",
    "is_plain",
    "loads",
    "pack",
    "pack_data",
    "unpack",
]

Packer = Callable[[Any], Any]
"""Makes of a value a parcel: something that has `open()` and travels without being unpacked."""

_BY_NAME = (types.FunctionType, types.BuiltinFunctionType, type)

PLAIN = frozenset({type(None), bool, int, float, str, bytes})
"""Types whose values nobody can change: a copy cannot be told from the original."""

loads = pickle.loads


def is_plain(value: Any) -> bool:
    """Whether `value` is of such a type, or a tuple of them, or a tuple of such tuples."""
    kind = type(value)
    if kind is not tuple:
        return kind in PLAIN
    kinds = set(map(type, value))
    if kinds <= PLAIN:
        return True
    return kinds <= _PLAIN_OR_TUPLE and all(
        PLAIN.issuperset(map(type, each)) for each in value if type(each) is tuple
    )


_PLAIN_OR_TUPLE = PLAIN | {tuple}


class Blob:
    """A value on its way between tasks, as it was when it was packed.

    Examples
    --------
    >>> values = [1]
    >>> packed = pack(values)
    >>> values.append(2)
    >>> packed.open(), packed.open() is packed.open()
    ([1], False)
    """

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = data

    def open(self) -> Any:
        """Return a new copy of the value."""
        return unpack(self.data)


def pack(value: Any, packer: Packer | None = None) -> Blob:
    """Take a value as it is now.

    Raises
    ------
    Exception
        Whatever the value's own pickling raises.
    """
    return Blob(pack_data(value, packer))


def pack_data(value: Any, packer: Packer | None) -> Any:
    """As `pack`: the bytes alone, or what `packer` makes of a value with large memory."""
    if packer is None:
        return dumps(value)
    buffers: list[Any] = []
    data = dumps(value, buffers)
    if not buffers and len(data) < _LARGE:
        return data
    if len(data) + sum(buffer.raw().nbytes for buffer in buffers) < _LARGE:
        return dumps(value)
    return packer(value)


def unpack(data: Any) -> Any:
    """Return a new copy of what `pack_data` packed."""
    return loads(data) if type(data) is bytes else data.open()


_LARGE = 128 << 10
"""Bytes from which on memory does not travel with its task, but is placed once."""


def dumps(obj: Any, buffers: list[Any] | None = None) -> bytes:
    """Pickle `obj`; what only this process knows by name travels by value.

    With `buffers`, the memory of arrays and the like is not in the pickle: what shows it is
    appended there, and goes to `loads` (pickle protocol 5).

    The standard pickle is several times faster, but names what it finds in ``__main__``, which is
    another module in every worker, and refuses lambdas and closures. Where either shows, the
    object is pickled by value, with cloudpickle.

    Raises
    ------
    Exception
        Whatever the object's own pickling raises.
    """
    try:
        if buffers is None:
            data = pickle.dumps(obj, protocol=5)
        else:
            data = pickle.dumps(obj, protocol=5, buffer_callback=buffers.append)
    except Exception:
        # A second opinion, not a handler: what fails here too raises from there.
        return _by_value(obj, buffers)
    return _by_value(obj, buffers) if _names_what_stays(data) else data


def _names_what_stays(data: bytes) -> bool:
    """Whether a pickle names what only this process has, or what the user wants sent along."""
    if b"__main__" in data:
        return True
    cloudpickle: Any = sys.modules.get("cloudpickle.cloudpickle")
    sent_along = getattr(cloudpickle, "_PICKLE_BY_VALUE_MODULES", ())
    return bool(sent_along) and any(name.encode() in data for name in sent_along)


def dumps_call(function: Any, packer: Packer | None = None) -> Any:
    """Return `function` as it travels with its task.

    Bytes, if a name is enough to find it in a worker, which then recognises a function that it has
    seen; bytes in a tuple, if it goes by value, which is read anew for each task, so that none sees
    what another did to captured variables, or what `packer` makes of it, if it captured large
    memory; itself, if it is pickled together with its arguments.
    """
    if isinstance(function, _BY_NAME):
        if function.__module__ == "__main__":
            buffers: list[Any] | None = None if packer is None else []
            try:
                data = _by_value(function, buffers)
            except Exception:
                return function
            return packer(function) if packer is not None and buffers else (data,)
        known = _named.get(function)
        if known is not None and _is_found(function) and not _names_what_stays(known):
            return known
        try:
            data = pickle.dumps(function, protocol=5)
        except Exception:
            return function
        if _names_what_stays(data):
            return (_by_value(function, None),)
        if b"__main__" not in data:
            if len(_named) >= _NAMES:
                _named.clear()
            _named[function] = data
            return data
    return function


_NAMES = 256
_named: dict[Any, bytes] = {}
"""Functions that travel by name, and how: pickling a name takes longer than sending it."""


def _is_found(function: Any) -> bool:
    """Whether the name of a function still means it, which pickling would look up too."""
    module = sys.modules.get(function.__module__)
    return getattr(module, function.__qualname__, None) is function


def _by_value(obj: Any, buffers: list[Any] | None) -> bytes:
    import cloudpickle

    if buffers is None:
        data: bytes = cloudpickle.dumps(obj, protocol=5)
    else:
        buffers.clear()
        data = cloudpickle.dumps(obj, protocol=5, buffer_callback=buffers.append)
    return data
