"""How a task would reach a Future that is not one of its arguments: the error names the way.

A future among the arguments becomes its value. One that a function captured, or that hangs on an
attribute, cannot: it stays in the process that submitted it.
"""

from __future__ import annotations

import functools
import sys
import types
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from abreast.backends.contract import Backend, Call, Job
from abreast.errors import TransferError
from abreast.tasks.future import FutureTravels
from abreast.tasks.prepare import name_of
from abreast.tasks.rules import Rules

__all__ = ["check_reach", "explained", "open_job"]

_DEEP = 6
"""Steps from the function or an argument to the future, at most."""
_WIDE = 20_000
"""Objects that are looked at, at most."""
_HINT = (
    "hint: a Future becomes its value as an argument, also inside lists, tuples and dicts; "
    "anywhere else put its result()"
)
_LEAVES = (int, float, str, bytes, bytearray, type(None), type, types.ModuleType)

_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)

Step = tuple[Any, str, str]
"""What is reached, how a sentence says it of a function, and how code would write it."""


def check_reach(caller: str, function: Any) -> None:
    """Refuse a function that captured a Future, where it does not have to be pickled.

    It looks where that is cheap: at variables, defaults, globals that the code names, arguments of
    a `functools.partial`. So a program that works on threads works on processes.
    """
    inner = function
    while type(inner) is functools.partial:
        if _any_future(inner.args) or _any_future(inner.keywords.values()):
            raise TransferError(_captured(caller, function))
        inner = inner.func
    if type(inner) is types.FunctionType and _holds(inner) and not _is_found_by_name(inner):
        raise TransferError(_captured(caller, function))


def _holds(function: types.FunctionType) -> bool:
    if function.__closure__ is not None and _any_future(
        value for value, _, _ in _captured_by(function)
    ):
        return True
    if function.__defaults__ is not None and _any_future(function.__defaults__):
        return True
    if function.__kwdefaults__ is not None and _any_future(function.__kwdefaults__.values()):
        return True
    # A function that workers import brings none of its globals along.
    if function.__module__ == "__main__" or "<" in function.__qualname__:
        known = function.__globals__
        for name in function.__code__.co_names:
            found = known.get(name)
            if found is not None and isinstance(found, Future):
                return True
    return False


def _any_future(values: Iterable[Any]) -> bool:
    return any(isinstance(value, Future) for value in values)


def _is_found_by_name(function: types.FunctionType) -> bool:
    """Whether workers import the function, with what it holds there."""
    if function.__module__ == "__main__":
        return False
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is function


def open_job(
    backend: Backend, call: Call, caller: str, function: Any, rules: Rules | None = None
) -> Job:
    """Begin a job; a function that captured a Future is refused by a name for it."""
    if rules is not None:
        from abreast.tasks.tries import Tries

        job = open_job(backend, call, caller, function)
        return Tries(job, rules, backend, caller, name_of(function))
    if not backend.capabilities.isolated:
        check_reach(caller, function)
    try:
        return backend.open(replace(call, caller=caller))
    except TransferError as error:
        better = explained(error, caller, function, ())
        raise better from better.__cause__


def explained(error: TransferError, caller: str, function: Any, item: Any) -> TransferError:
    """Return an error that names how a Future was reached, if that is what stopped the pickling.

    Parameters
    ----------
    error : TransferError
        As the backend raised it, with the pickler's as its cause.
    caller : str
    function : callable or None
        Of the call, if it was to be sent.
    item : object
        What was to be sent besides: for `submit` the positional arguments and the named ones.
    """
    if not _is_about_a_future(error):
        return error
    if function is not None and (text := _captured(caller, function)):
        # It is about the call, not about one of its tasks.
        better = TransferError(text)
        better.__cause__ = error.__cause__
        return better
    text = ""
    if error.index is not None:
        text = _hangs_on(item, error.index if caller != "submit" else None)
    text = text or f"{error.args[0].partition(chr(10))[0]}\n{_HINT}"
    better = TransferError(text)
    better.index = error.index
    better.__cause__ = error.__cause__
    return better


def _is_about_a_future(error: BaseException) -> bool:
    cause = error.__cause__
    while cause is not None and not isinstance(cause, FutureTravels):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def _captured(caller: str, function: Any) -> str:
    """Say how a function holds a Future; nothing if it does not."""
    found = _search(function)
    if found is None:
        return ""
    said, written = found[0][1], "".join(step[2] for step in found)
    where = f" (`{written}`)" if len(found) > 1 else ""
    variable = written if written.isidentifier() else "future"
    if caller in ("map", "imap"):
        # Beside the items, and the same for all of them.
        variable = f"items, itertools.repeat({variable})"
    return (
        f"the function `{_name(function)}` holds a Future {said}{where}: "
        "a Future as an argument becomes its value\n"
        f"hint: pass it: {caller}({_name(function)}, {variable})"
    )


def _hangs_on(item: Any, index: int | None) -> str:
    """Say how an argument holds a Future; nothing if none does."""
    named = [(item, f"the argument of task {index}")]
    if index is None:
        args, kwargs = item
        named = [(each, f"argument {place}") for place, each in enumerate(args)]
        named += [(each, f"argument {name!r}") for name, each in kwargs.items()]
    for value, name in named:
        found = _search(value)
        if found is not None:
            way = "".join(step[2] for step in found)
            return (
                f"{name} holds a Future at `{way}`, which stays in the process that submitted it\n"
                f"{_HINT}"
            )
    return ""


def _name(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return name_of(function).rpartition("<locals>.")[2]


def _search(start: Any) -> list[Step] | None:
    """Return the steps to the nearest Future."""
    queue: deque[tuple[Any, list[Step]]] = deque([(start, [])])
    # Kept as they are met, so that no id is given twice.
    seen = {id(start): start}
    while queue and len(seen) < _WIDE:
        value, steps = queue.popleft()
        for step in _below(value):
            found = step[0]
            if isinstance(found, Future):
                return [*steps, step]
            if len(steps) < _DEEP and id(found) not in seen and not isinstance(found, _LEAVES):
                seen[id(found)] = found
                queue.append((found, [*steps, step]))
    return None


def _below(value: Any) -> Iterator[Step]:
    """Yield what would be pickled with a value."""
    if isinstance(value, types.FunctionType):
        yield from _captured_by(value)
        yield from _defaults_of(value)
        yield from _globals_of(value)
    elif isinstance(value, functools.partial):
        for place, each in enumerate(value.args):
            yield each, f"in argument {place} of its partial", f"args[{place}]"
        for name, each in value.keywords.items():
            yield each, f"in argument `{name}` of its partial", f"keywords[{name!r}]"
        yield value.func, "in the function of its partial", "func"
    elif isinstance(value, _METHODS):
        yield value.__self__, "in its object", "self"
    elif isinstance(value, dict):
        for key, each in list(value.items()):
            yield each, "", f"[{key!r}]"
    elif isinstance(value, (list, tuple, deque)):
        for place, each in enumerate(list(value)):
            yield each, "", f"[{place}]"
    elif isinstance(value, (set, frozenset)):
        for each in list(value):
            yield each, "", "{...}"
    yield from _attributes_of(value)


def _captured_by(function: types.FunctionType) -> Iterator[Step]:
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=True):
        try:
            yield cell.cell_contents, f"in its variable `{name}`", name
        except ValueError:  # it has no value yet
            continue


def _defaults_of(function: types.FunctionType) -> Iterator[Step]:
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    for name, each in [
        *zip(names, defaults, strict=True),
        *(function.__kwdefaults__ or {}).items(),
    ]:
        yield each, f"as the default of its parameter `{name}`", name


def _globals_of(function: types.FunctionType) -> Iterator[Step]:
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [each for each in code.co_consts if isinstance(each, types.CodeType)]
        for name in code.co_names:
            if name in function.__globals__:
                yield function.__globals__[name], f"in the global variable `{name}`", name


def _attributes_of(value: Any) -> Iterator[Step]:
    state = getattr(value, "__dict__", None)
    for name, each in list(state.items()) if isinstance(state, dict) else []:
        yield each, f"in its attribute `{name}`", f".{name}"
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else list(slots):
            each = getattr(value, name, None)
            yield each, f"in its attribute `{name}`", f".{name}"
