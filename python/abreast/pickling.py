"""How objects become bytes: the standard pickle where it is enough, cloudpickle where it is not."""

from __future__ import annotations

import pickle
import types
from collections.abc import Callable
from typing import Any

__all__ = ["dumps", "dumps_call", "loads"]

_BY_NAME = (types.FunctionType, types.BuiltinFunctionType, type)

loads = pickle.loads


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
    return _by_value(obj, buffers) if b"__main__" in data else data


def dumps_call(function: Any, pack: Callable[[Any], Any]) -> Any:
    """Return `function` as it travels with its task.

    Bytes, if a name is enough to find it in a worker, which then recognises a function that it has
    seen; bytes in a tuple, if it goes by value, which is read anew for each task, so that none sees
    what another did to captured variables, or what `pack` makes of it, if it captured large memory;
    itself, if it is pickled together with its arguments.
    """
    if isinstance(function, _BY_NAME):
        if function.__module__ == "__main__":
            buffers: list[Any] = []
            try:
                data = _by_value(function, buffers)
            except Exception:
                return function
            return pack(function) if buffers else (data,)
        try:
            data = pickle.dumps(function, protocol=5)
        except Exception:
            return function
        if b"__main__" not in data:
            return data
    return function


def _by_value(obj: Any, buffers: list[Any] | None) -> bytes:
    import cloudpickle

    if buffers is None:
        data: bytes = cloudpickle.dumps(obj, protocol=5)
    else:
        buffers.clear()
        data = cloudpickle.dumps(obj, protocol=5, buffer_callback=buffers.append)
    return data
