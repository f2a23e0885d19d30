"""Functions of a graph: how they travel, and what they must not hold."""

from __future__ import annotations

import functools
import opcode
import pickle
import types
from collections.abc import Iterator
from typing import Any

from abreast.bundle import BY_NAME, BY_VALUE, WITH_STATE
from abreast.failures import unpicklable
from abreast.pickling import PLAIN, Packer, dumps_call, pack_data
from abreast.tasks.delayed import decorated_place, find_undecorated
from abreast.tasks.prepare import name_of
from abreast.tasks.walk import is_node

__all__ = ["check_captured", "kind_of", "pack_function"]

_WRITES = {opcode.opmap[name] for name in ("STORE_GLOBAL", "DELETE_GLOBAL") if name in opcode.opmap}


def kind_of(function: Any) -> Any:
    """Return what functions have in common that take about equally long: their code."""
    return getattr(function, "__code__", None) or (
        function if isinstance(function, (type, types.BuiltinFunctionType)) else type(function)
    )


def check_captured(function: Any) -> None:
    """Refuse a function that holds a delayed value or a future: nothing would wait for it."""
    for name, value in _captured(function):
        if is_node(value):
            raise TypeError(
                f"compute: {name_of(function)} holds {value!r} as {name}, where it cannot become "
                "its value\nhint: give it to the function as an argument"
            )


def _captured(function: Any) -> Iterator[tuple[str, Any]]:
    while isinstance(function, functools.partial):
        yield from (
            (f"argument {place} of a partial", it) for place, it in enumerate(function.args)
        )
        yield from (
            (f"argument {name!r} of a partial", it) for name, it in function.keywords.items()
        )
        function = function.func
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, (type, types.ModuleType)):
        yield from (
            (f"attribute {name!r}", it) for name, it in getattr(owner, "__dict__", {}).items()
        )
    if isinstance(function, types.FunctionType):
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            try:
                yield f"captured variable {name!r}", cell.cell_contents
            except ValueError:  # not bound yet
                continue
        yield from (
            (f"default {place}", it) for place, it in enumerate(function.__defaults__ or ())
        )


class _Decorated:
    """Stands for a function that is found under its name, but decorated."""

    def __init__(self, place: tuple[str, str]) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return find_undecorated, self.place


def pack_function(function: Any, packer: Packer | None) -> tuple[int, Any]:
    """Return how long a function serves once it was read, and its bytes."""
    packed = dumps_call(function, packer)
    if isinstance(packed, bytes):
        return BY_NAME, packed
    place = decorated_place(function)
    if place is not None:
        return BY_NAME, pickle.dumps(_Decorated(place), protocol=5)
    try:
        if isinstance(packed, tuple):
            data = packed[0]
        elif packed is function:
            data = pack_data(function, packer)
        else:
            data = packed
    except Exception as reason:
        raise unpicklable("function", None, reason) from reason
    return BY_VALUE if _is_stateless(function) else WITH_STATE, data


def _is_stateless(function: Any) -> bool:
    """Whether no task that calls it can leave anything in it for the next."""
    waiting, seen = [function], set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen or type(value) in PLAIN or isinstance(value, types.ModuleType):
            continue
        seen.add(id(value))
        if isinstance(value, types.BuiltinFunctionType) and isinstance(
            value.__self__, (types.ModuleType, type(None))
        ):
            continue
        if isinstance(value, type) and value.__module__ != "__main__":
            continue
        if not isinstance(value, types.FunctionType) or vars(value):
            return False
        waiting += [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
        for cell in value.__closure__ or ():
            try:
                waiting.append(cell.cell_contents)
            except ValueError:
                return False
        for code in _codes(value.__code__):
            if _WRITES.intersection(code.co_code[::2]):
                return False
            names = value.__globals__.keys() & set(code.co_names)
            waiting += [value.__globals__[name] for name in names]
    return True


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    waiting = [code]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [each for each in code.co_consts if isinstance(each, types.CodeType)]
