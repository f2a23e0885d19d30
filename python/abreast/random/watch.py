"""Notices tasks that draw from a stream of random numbers that is not their own.

The streams that a task can reach without being given one: Python's global `random`, NumPy's global
`numpy.random`, and generators that its function captures (closure, default argument, global
variable, bound instance, `functools.partial`). Their state is compared before and after a task.
A few tasks of a call are looked at, so the cost does not grow with their number.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__ = ["after", "before"]

State = list[tuple[Any, Any]]


def before(function: Any) -> State:
    """Return the streams that `function` could share, with their state."""
    streams: list[Any] = []
    if "random" in sys.modules:
        streams.append(sys.modules["random"])
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        streams.append(numpy_random.mtrand._rand)
        streams.extend(_captured(function, numpy_random.Generator, numpy_random.RandomState))
    return [(stream, _state(stream)) for stream in streams]


def after(states: State) -> bool:
    """Whether one of the streams moved since `before`."""
    return any(_state(stream) != state for stream, state in states)


def _state(stream: Any) -> Any:
    if isinstance(stream, ModuleType):
        return stream.getstate()
    generator = getattr(stream, "_bit_generator", None) or stream.bit_generator
    return _comparable(generator.state)


def _comparable(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _comparable(value) for key, value in state.items()}
    return state.tobytes() if hasattr(state, "tobytes") else state


def _captured(function: Any, *kinds: type, depth: int = 3) -> list[Any]:
    """Return the generators that a call of `function` reaches without its arguments."""
    found: list[Any] = []
    values: list[Any] = [getattr(function, "func", None), getattr(function, "__wrapped__", None)]
    values += getattr(function, "args", ()) or ()
    values += (getattr(function, "keywords", None) or {}).values()
    values.append(getattr(function, "__func__", None))
    owner = getattr(function, "__self__", None)
    # A builtin's owner is its module, and a class method's its class: those share nothing.
    if not isinstance(owner, (type, ModuleType)):
        values += getattr(owner, "__dict__", {}).values()
    values += getattr(function, "__defaults__", None) or ()
    values += (getattr(function, "__kwdefaults__", None) or {}).values()
    for cell in getattr(function, "__closure__", None) or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:
            continue
    code = getattr(function, "__code__", None)
    names = getattr(function, "__globals__", {})
    values += [names[name] for name in getattr(code, "co_names", ()) if name in names]
    for value in values:
        if isinstance(value, kinds):
            found.append(value)
        elif depth > 0 and callable(value) and not isinstance(value, type):
            found += _captured(value, *kinds, depth=depth - 1)
    return found
