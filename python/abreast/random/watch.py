"""Notices tasks that draw from a stream of random numbers that is not their own.

The streams that a task can reach without being given one: Python's global `random`, NumPy's global
`numpy.random`, and generators that its function captures (closure, default argument, global
variable, bound instance, `functools.partial`). Their state is compared before and after a task.
A few tasks of a call are looked at, so the cost does not grow with their number.
"""

from __future__ import annotations

import sys
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

__all__ = ["after", "before", "before_on_thread"]

State = list[tuple[Any, Any]]


def before(function: Any) -> State:
    """Return the streams that `function` could share, with their state."""
    return _states(function, everything=True)


def before_on_thread(function: Any) -> State:
    """As `before`, for a task beside which others run in the same process.

    These may draw from a global stream too. So it counts only if the function names its module.
    """
    return _states(function, everything=False)


def _states(function: Any, *, everything: bool) -> State:
    reached = _reached(function, _DEPTH)
    streams: list[Any] = []
    python_random = sys.modules.get("random")
    if python_random is not None and (everything or _names(python_random, reached)):
        streams.append(python_random)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        shared = numpy_random.mtrand._rand
        if everything or _names(numpy_random, reached) or _names(sys.modules["numpy"], reached):
            streams.append(shared)
        kinds: tuple[Any, ...] = (numpy_random.Generator, numpy_random.RandomState)
        ours = sys.modules.get("abreast.random.generator")
        if ours is not None:
            kinds += (ours.Generator,)
        streams += [value for value in reached if isinstance(value, kinds) and value is not shared]
    return [(stream, _state(stream)) for stream in streams]


def _names(module: Any, reached: list[Any]) -> bool:
    """Whether the module, or a function of the generator behind it, is among what is reached."""
    owners = (getattr(module, "_inst", module), getattr(module, "_rand", module))
    return any(
        value is module or getattr(value, "__self__", None) in owners
        for value in reached
        if isinstance(value, (ModuleType, BuiltinFunctionType, MethodType))
    )


def after(states: State) -> bool:
    """Whether one of the streams moved since `before`."""
    return any(_state(stream) != state for stream, state in states)


def _state(stream: Any) -> Any:
    if isinstance(stream, ModuleType):
        return stream.getstate()
    if hasattr(stream, "get_state"):
        # A RandomState keeps every second normal number for later: that is state too.
        return _comparable(stream.get_state(legacy=False))
    return _comparable(stream.bit_generator.state)


def _comparable(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _comparable(value) for key, value in state.items()}
    return state.tobytes() if hasattr(state, "tobytes") else state


_DEPTH = 3
"""Functions that call functions are followed so far."""


def _reached(function: Any, depth: int) -> list[Any]:
    """Return what a call of `function` uses besides its arguments, as far as its code names it."""
    values = _held(function)
    if depth > 0:
        for value in list(values):
            if callable(value) and not isinstance(value, (type, BuiltinFunctionType)):
                values += _reached(value, depth - 1)
    return values


def _held(function: Any) -> list[Any]:
    """Return what `function` itself refers to."""
    if isinstance(function, partial):
        return [function.func, *function.args, *function.keywords.values()]
    if isinstance(function, MethodType):
        return [function.__func__, *getattr(function.__self__, "__dict__", {}).values()]
    if not isinstance(function, FunctionType):
        if isinstance(function, (type, BuiltinFunctionType)):
            return []
        # An object that can be called: its attributes, and the code of its class.
        wrapped = getattr(function, "__wrapped__", None)
        call = vars(type(function)).get("__call__")
        return [wrapped, call, *getattr(function, "__dict__", {}).values()]
    values: list[Any] = [*function.__dict__.values(), *(function.__defaults__ or ())]
    values += (function.__kwdefaults__ or {}).values()
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:
            continue
    names = function.__globals__
    return values + [names[name] for name in function.__code__.co_names if name in names]
