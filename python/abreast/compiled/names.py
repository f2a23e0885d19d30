"""The source of a function, and what the names in it stand for."""

from __future__ import annotations

import builtins
import functools
import importlib
import math
import operator
import sys
from types import FunctionType, ModuleType
from typing import Any

from abreast import _abreast
from abreast.compiled.function import JitFunction
from abreast.compiled.lines import written
from abreast.compiled.loops import prange, thread_count, thread_id
from abreast.errors import LanguageError

__all__ = ["resolved", "undefined"]

_MATH = (
    "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log2 "
    "log10 log1p sqrt cbrt fabs erf erfc lgamma floor ceil trunc isnan isinf isfinite degrees "
    "radians atan2 hypot copysign nextafter fmod pow prod"
)
_NUMPY = (
    "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 "
    "log log2 log10 log1p sqrt cbrt fabs rint floor ceil trunc abs absolute square sign "
    "negative isnan isinf isfinite signbit real imag conj conjugate angle minimum maximum add "
    "subtract multiply divide true_divide floor_divide remainder mod power arctan2 hypot "
    "copysign nextafter fmod fmin fmax positive reciprocal logical_and logical_or logical_xor "
    "logical_not invert bitwise_and bitwise_or bitwise_xor left_shift right_shift equal not_equal "
    "less less_equal greater greater_equal heaviside degrees rad2deg radians deg2rad round around "
    "swapaxes where clip bool_ int8 int16 int32 int64 uint8 uint16 "
    "uint32 uint64 float16 float32 float64 complex64 complex128 "
    "zeros ones empty full arange linspace eye identity zeros_like ones_like empty_like full_like "
    "copy asarray array sum prod mean min max amin amax any all argmin argmax "
    "var std dot matmul cumsum cumprod count_nonzero nonzero flatnonzero take "
    "transpose reshape ravel concatenate stack vstack hstack size ndim shape"
)
_CMATH = "exp log log10 phase polar rect sin cos sinh cosh sqrt isnan isinf isfinite"
_BUILTINS = (
    "abs min max sum round pow divmod len range print int float bool complex zip enumerate "
    "reversed tuple any all"
)


def resolved(function: JitFunction) -> tuple[Any, list[Any]]:
    """Return the source of a function, its names resolved, and the arrays of its closure."""
    arrays: list[Any] = []
    return _resolve(function, arrays, function._classes, ()), arrays


def undefined(function: JitFunction) -> bool:
    """Whether a name of the function stands for nothing yet."""
    source, arrays = function._source()
    known = _Known(function.plain, arrays, function._classes, (function,))
    for chain in source.outside:
        try:
            known.first(chain.split(".")[0])
        except LookupError:
            return True
    return False


def _resolve(
    function: JitFunction,
    arrays: list[Any],
    classes: dict[str, type[BaseException]],
    around: tuple[JitFunction, ...],
    again: set[JitFunction] | None = None,
) -> Any:
    plain = function.plain
    source = _read(plain)
    again = set() if again is None else again
    known = _Known(plain, arrays, classes, (*around, function), again)
    names = {}
    for chain in source.outside:
        constant = known.constant(chain)
        if constant is not None:
            names[chain] = constant
    for name, value in function._defaults.items():
        names[f"{name}="] = known.described(value, name)
    if plain in _stands_for:
        names["$stands for"] = ("text", _stands_for[plain])
    theirs = not str(plain.__module__).startswith(f"{_LIBRARY}.")
    for method in _METHODS & _attributes(plain.__code__) if theirs else ():
        made = _compiled(importlib.import_module(_LIBRARY).METHODS[method])
        names[f".{method}"] = ("unit", _resolve(made, arrays, function._classes, around))
    if function not in again:
        return source.named(names)
    signed: Any = function
    types, returns = signed._again()
    return source.named(names, (id(plain), types, returns))


def _attributes(code: Any) -> set[str]:
    """Return the names of attributes, and others, that a function reads."""
    inner = (it for it in code.co_consts if isinstance(it, type(code)))
    return set(code.co_names).union(*map(_attributes, inner))


def _read(function: FunctionType) -> Any:
    code = function.__code__
    text = "".join(written(function))
    if not text:
        raise LanguageError(
            f"jit of {function.__qualname__}: its source is not there ({code.co_filename})\n"
            "hint: write it to a file or a notebook; what exec or a prompt ran is not kept"
        )
    body = None
    if code.co_name == "<lambda>":
        places = [
            (it[0], it[2])
            for it in code.co_positions()
            if it[0] is not None and it[2] is not None and it[1:] != (code.co_firstlineno, 0, 0)
        ]
        places = [it for it in places if it != (code.co_firstlineno, 0)] or places
        body = min(places, default=None)
    return _abreast.JitSource(text, code.co_filename, code.co_name, code.co_firstlineno, body)


class _Known:
    """What names of one function stand for."""

    def __init__(
        self,
        function: FunctionType,
        arrays: list[Any],
        classes: dict[str, type[BaseException]],
        around: tuple[JitFunction, ...],
        again: set[JitFunction] | None = None,
    ) -> None:
        self.function = function
        self.arrays = arrays
        self.classes = classes
        self.around = around
        self.again = set() if again is None else again

    def constant(self, chain: str) -> tuple[Any, ...] | None:
        """Return what a name stands for; None if there is no such name."""
        first, *attributes = chain.split(".")
        try:
            value = self.first(first)
        except LookupError:
            return None
        for attribute in attributes:
            if not isinstance(value, ModuleType | type):
                return None  # an attribute of a value: the compiler knows which there are
            try:
                value = getattr(value, attribute)
            except AttributeError:
                return None
        return self.described(value, chain)

    def first(self, name: str) -> Any:
        """Return what a name without attributes stands for."""
        code = self.function.__code__
        own = self._own(name)
        if own is not None:
            return own
        if name in code.co_freevars and self.function.__closure__ is not None:
            cell = self.function.__closure__[code.co_freevars.index(name)]
            try:
                return cell.cell_contents
            except ValueError:
                raise LookupError(name) from None
        if name in self.function.__globals__:
            return self.function.__globals__[name]
        return vars(builtins)[name]

    def _own(self, name: str) -> JitFunction | None:
        """Return a function around that a name will stand for once it is decorated."""
        code = self.function.__code__
        for around in self.around:
            plain: Any = around.plain
            if name != plain.__code__.co_name or not hasattr(around, "signature"):
                continue
            itself = plain is self.function
            here = plain.__globals__ is self.function.__globals__ and plain.__qualname__ == name
            if here and (itself or around._decorating) and name not in code.co_freevars:
                return around
            if itself and name in code.co_freevars:
                return around
        return None

    def described(self, value: Any, chain: str) -> tuple[Any, ...]:
        """Return a value in the words of the compiler."""
        kind = type(value)
        if value is None:
            return ("none",)
        if kind is bool:
            return ("bool", value)
        if kind is int:
            if 2**63 <= value < 2**64:
                return ("large", value)
            if not -(2**63) <= value < 2**63:
                return ("other", "an int that needs more than 64 bits")
            return ("int", value)
        if kind is float:
            return ("float", value)
        if kind is complex:
            return ("complex", value.real, value.imag)
        if kind is str:
            return ("text", value)
        if isinstance(value, tuple) and kind is not tuple and hasattr(kind, "_fields"):
            return ("named_tuple", kind, tuple(self.described(item, chain) for item in value))
        if isinstance(value, type) and issubclass(value, tuple) and hasattr(value, "_fields"):
            defaults = getattr(value, "_field_defaults", {}).items()
            return ("class", value, {name: self.described(it, name) for name, it in defaults})
        if isinstance(value, tuple):
            return ("tuple", tuple(self.described(item, chain) for item in value))
        if isinstance(value, JitFunction):
            if value in self.around:
                if hasattr(value, "signature"):
                    self.again.add(value)
                    return ("again", id(value.plain))
                raise LanguageError(
                    f"jit of {value.__qualname__}: it calls itself\n"
                    "hint: write it as a loop, or give it a signature, such as "
                    '@ab.jit("int64(int64)"): other calls are compiled into the function that '
                    "makes them"
                )
            return ("unit", _resolve(value, self.arrays, self.classes, self.around, self.again))
        named = _named(value)
        if named is not None:
            return ("named", named)
        written = _written(value)
        if written is not None:
            return ("unit", _resolve(written, self.arrays, self.classes, self.around))
        if isinstance(value, ModuleType):
            return ("module",)
        if isinstance(value, type) and issubclass(value, BaseException):
            key = f"{value.__module__}.{value.__qualname__}.{id(value)}"
            self.classes[key] = value
            return ("exception", key)
        return self._numpy(value)

    def _numpy(self, value: Any) -> tuple[Any, ...]:
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.ndarray):
            for place, other in enumerate(self.arrays):
                if other is value:
                    return ("array", place)
            self.arrays.append(value)
            return ("array", len(self.arrays) - 1)
        if numpy is not None and isinstance(value, numpy.generic):
            plain = value.item()
            if isinstance(plain, bool | int | float | complex):
                return self.described(plain, "")
        if isinstance(value, FunctionType):
            return ("other", "a Python function that is not compiled: decorate it with ab.jit")
        module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
        if callable(value) and isinstance(module, str) and isinstance(name, str):
            return ("other", f"{module}.{name}, which is not compiled")
        return ("other", f"an object of {type(value).__name__}")


_table: dict[int, tuple[Any, str]] = {}


def _named(value: Any) -> str | None:
    """Return the name by which the compiler knows a function."""
    if not _table:
        _fill(math, "math", _MATH)
        _fill(builtins, "builtins", _BUILTINS)
        for own in (prange, thread_count, thread_id):
            _table[id(own)] = (own, f"abreast.{own.__name__}")
    # Whoever names a function of these has loaded them.
    cmath = sys.modules.get("cmath")
    if cmath is not None and id(cmath.sin) not in _table:
        _fill(cmath, "cmath", _CMATH)
    numpy = sys.modules.get("numpy")
    if numpy is not None and id(numpy.sin) not in _table:
        _fill(numpy, "numpy", _NUMPY)
    found = _table.get(id(value))
    return found[1] if found is not None else None


_LIBRARY = "abreast.compiled.library"
_METHODS = {"argsort", "repeat", "sort"}
_library: dict[int, tuple[Any, FunctionType]] = {}
_homes: set[str] = set()
_stands_for: dict[FunctionType, str] = {}


def _written(value: Any) -> JitFunction | None:
    """Return what stands for a function that is written in the language itself."""
    module = getattr(value, "__module__", None)
    if isinstance(value, FunctionType) and str(module).startswith(f"{_LIBRARY}."):
        return _compiled(value)
    numpy = sys.modules.get("numpy")
    if not isinstance(module, str) or not module.startswith(("numpy", "math")):
        return None
    home = numpy if module.startswith("numpy") else math
    if home is None:
        return None
    short = "np" if home is numpy else "math"
    if short not in _homes:
        library = importlib.import_module(_LIBRARY)
        for name, function in (library.FUNCTIONS if home is numpy else library.MATH).items():
            try:
                theirs = operator.attrgetter(name)(home)
            except AttributeError:
                continue  # this NumPy has it not, or not yet
            _library[id(theirs)] = (theirs, function)
            _stands_for[function] = f"{short}.{name}"
        _homes.add(short)
    found = _library.get(id(value))
    return None if found is None else _compiled(found[1])


@functools.cache
def _compiled(function: FunctionType) -> JitFunction:
    return JitFunction(function)


def _fill(home: Any, module: str, names: str) -> None:
    for name in names.split():
        value = getattr(home, name, None)
        if value is not None:
            _table.setdefault(id(value), (value, f"{module}.{name}"))
