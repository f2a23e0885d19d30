"""Two results are the same when nothing can tell them apart: types, bits, order, messages."""

from __future__ import annotations

import enum
import reprlib
import types
from collections import deque
from typing import Any

import numpy as np

__all__ = ["difference", "short"]

_short = reprlib.Repr()
_short.maxlevel = 4
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 12
_short.maxstring = _short.maxother = 300

_BY_IDENTITY = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
_SEQUENCES = (list, tuple, deque)
_NUMPY_OPAQUE = "OT"
"""Kinds of NumPy dtypes whose bytes are addresses, not values."""


def short(value: Any) -> str:
    """Show a value on one line of bounded length, even if its own repr raises."""
    return _short.repr(value)


def difference(expected: Any, got: Any, at: str = "result") -> str:
    """Say where two values differ first; the empty string if nowhere.

    Parameters
    ----------
    expected, got : object
    at : str
        How the message calls the place.
    """
    return _compare(expected, got, at, set())


def _compare(expected: Any, got: Any, at: str, seen: set[tuple[int, int]]) -> str:
    if expected is got or (id(expected), id(got)) in seen:
        return ""
    if not _same_type(type(expected), type(got)):
        return f"{at}: type {_name(got)} ({short(got)}), not {_name(expected)} ({short(expected)})"
    # Values may contain themselves.
    seen.add((id(expected), id(got)))
    if isinstance(expected, BaseException):
        return _exceptions(expected, got, at, seen)
    if isinstance(expected, np.ndarray):
        return _arrays(expected, got, at, seen)
    if isinstance(expected, np.generic) and not isinstance(expected, np.void):
        same = expected.dtype == got.dtype and expected.tobytes() == got.tobytes()
        return "" if same else f"{at}: {got!r}, not {expected!r}"
    if isinstance(expected, (float, complex)):
        # By their bits: -0.0 is not 0.0, and nan is nan.
        same = np.array(expected).tobytes() == np.array(got).tobytes()
        return "" if same else f"{at}: {got!r}, not {expected!r}"
    if isinstance(expected, _BY_IDENTITY):
        same = _same_type(expected, got)
        return "" if same else f"{at}: {short(got)}, not {short(expected)}"
    found = _contents(expected, got, at, seen)
    return found or _state(expected, got, at, seen)


def _contents(expected: Any, got: Any, at: str, seen: set[tuple[int, int]]) -> str:
    if isinstance(expected, (*_SEQUENCES, dict)) and len(expected) != len(got):
        return f"{at}: {len(got)} items, not {len(expected)}: {short(got)}"
    if isinstance(expected, _SEQUENCES):
        pairs = enumerate(zip(expected, got, strict=True))
        return _first(_compare(a, b, f"{at}[{place}]", seen) for place, (a, b) in pairs)
    if isinstance(expected, dict):
        keys = _compare(list(expected), list(got), f"keys of {at}", seen)
        return keys or _first(
            _compare(expected[key], got[key], f"{at}[{short(key)}]", seen) for key in expected
        )
    if isinstance(expected, (set, frozenset)):
        first, second = (sorted(each, key=repr) for each in (expected, got))
        return _compare(first, second, f"elements of {at}", seen)
    # Without an `__eq__` of its own, only its state can tell it from another.
    own: Any = type(expected).__eq__
    if own is not object.__eq__ and expected != got:
        return f"{at}: {short(got)}, not {short(expected)}"
    return ""


def _state(expected: Any, got: Any, at: str, seen: set[tuple[int, int]]) -> str:
    if isinstance(expected, enum.Enum):
        return "" if expected.name == got.name else f"{at}: {got!r}, not {expected!r}"
    names = dict.fromkeys(getattr(expected, "__dict__", ()))
    for kind in type(expected).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names.update(dict.fromkeys([slots] if isinstance(slots, str) else slots))
    missing = object()
    return _first(
        _compare(getattr(expected, name, missing), getattr(got, name, None), f"{at}.{name}", seen)
        for name in names
        if getattr(expected, name, missing) is not missing
    )


def _exceptions(
    expected: BaseException, got: BaseException, at: str, seen: set[tuple[int, int]]
) -> str:
    inner, others = (getattr(each, "exceptions", ()) for each in (expected, got))
    return _first(
        [
            _compare(expected.args, got.args, f"{at}.args", seen) if not inner else "",
            _compare(_text(expected), _text(got), f"str({at})", seen),
            _compare(inner, others, f"{at}.exceptions", seen),
            _compare(_notes(expected), _notes(got), f"{at}.__notes__", seen),
            _compare(_attributes(expected), _attributes(got), f"attributes of {at}", seen),
        ]
    )


def _arrays(expected: Any, got: Any, at: str, seen: set[tuple[int, int]]) -> str:
    facts = [
        (each.dtype, each.shape, each.flags.writeable, each.flags.fnc) for each in (expected, got)
    ]
    if facts[0] != facts[1]:
        return f"{at}: dtype, shape, writeable, column order are {facts[1]}, not {facts[0]}"
    if expected.dtype.hasobject or expected.dtype.kind in _NUMPY_OPAQUE:
        return _compare(expected.tolist(), got.tolist(), at, seen)
    if expected.tobytes() != got.tobytes():
        return f"{at}: {short(got)}, not {short(expected)}"
    return ""


def _first(found: Any) -> str:
    return next((each for each in found if each), "")


def _same_type(expected: Any, got: Any) -> bool:
    if expected is got:
        return True
    # What a case defines by `exec` is another object each time it runs.
    names = [
        (getattr(it, "__module__", it), getattr(it, "__qualname__", it)) for it in (expected, got)
    ]
    return names[0] == names[1]


def _name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _notes(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", ()))


def _attributes(error: BaseException) -> dict[str, Any]:
    return {key: value for key, value in vars(error).items() if key != "__notes__"}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as reason:
        return f"<its __str__ raises {type(reason).__name__}>"
