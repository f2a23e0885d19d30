"""How objects become bytes: the standard pickle where it is enough, cloudpickle where it is not."""

from __future__ import annotations

import pickle
import types
from typing import Any

__all__ = ["dumps", "dumps_call", "loads"]

_BY_NAME = (types.FunctionType, types.BuiltinFunctionType, type)

loads = pickle.loads


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
