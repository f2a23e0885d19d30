"""How objects become bytes: the standard pickle where it is enough, cloudpickle where it is not."""

from __future__ import annotations

import pickle
import types
from typing import Any

__all__ = ["PLAIN", "Blob", "dumps", "dumps_call", "is_plain", "loads", "pack"]

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

    def __init__(self, data: bytes) -> None:
        self.data = data

    def open(self) -> Any:
        """Return a new copy of the value."""
        return loads(self.data)


def pack(value: Any) -> Blob:
    """Take a value as it is now.

    Raises
    ------
    Exception
        Whatever the value's own pickling raises.
    """
    return Blob(dumps(value))


def dumps(obj: Any) -> bytes:
    """Pickle `obj`; what only this process knows by name travels by value.

    The standard pickle is several times faster, but names what it finds in ``__main__``, which is
    another module in every worker, and refuses lambdas and closures. Where either shows, the
    object is pickled by value, with cloudpickle.

    Raises
    ------
    Exception
        Whatever the object's own pickling raises.
    """
    try:
        data = pickle.dumps(obj, protocol=5)
    except Exception:
        # A second opinion, not a handler: what fails here too raises from there.
        return _by_value(obj)
    return _by_value(obj) if b"__main__" in data else data


def dumps_call(function: Any) -> Any:
    """Return `function` as it travels with its task.

    Bytes, if a name is enough to find it in a worker, which then recognises a function that it has
    seen; bytes in a tuple, if it goes by value, which is read anew for each task, so that none sees
    what another did to captured variables; itself, if it is pickled together with its arguments.
    """
    if isinstance(function, _BY_NAME):
        if function.__module__ == "__main__":
            try:
                return (_by_value(function),)
            except Exception:
                return function
        try:
            data = pickle.dumps(function, protocol=5)
        except Exception:
            return function
        if b"__main__" not in data:
            return data
    return function


def _by_value(obj: Any) -> bytes:
    import cloudpickle

    data: bytes = cloudpickle.dumps(obj, protocol=5)
    return data
