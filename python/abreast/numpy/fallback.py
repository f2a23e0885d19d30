"""What has no kernel yet is done by NumPy, on the same memory.

The extension calls some of these by name: `operand`, `elementwise`, `getitem`, `refuse_write`,
`attribute` and the functions of `abreast.numpy.protocol`.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np

from abreast._abreast import Array
from abreast.numpy.convert import asarray, is_covered

__all__ = [
    "attribute",
    "elementwise",
    "from_numpy",
    "getitem",
    "operand",
    "refuse_write",
    "to_numpy",
]

NUMPY_NAMES = {
    "abs": "absolute",
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "bitwise_invert": "invert",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
    "conj": "conjugate",
    "pow": "power",
}
"""Functions of the array API standard that older names of NumPy stand for as well."""

IN_PLACE = frozenset(
    {"fill", "itemset", "partition", "put", "resize", "setfield", "setflags", "sort"}
)
"""Methods of NumPy's arrays that write to them."""


def to_numpy(value: Any) -> Any:
    """Return a value with NumPy's arrays in the place of ours, in lists, tuples and dicts too."""
    if isinstance(value, Array):
        return np.asarray(value)
    if type(value) in (list, tuple):
        return type(value)(map(to_numpy, value))
    if type(value) is dict:
        return {key: to_numpy(item) for key, item in value.items()}
    return value


def from_numpy(value: Any) -> Any:
    """Return what NumPy answered with our arrays in the place of its own."""
    if isinstance(value, (np.ndarray, np.generic)):
        return asarray(value) if is_covered(value.dtype) else value
    if isinstance(value, tuple):
        items = map(from_numpy, value)
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [from_numpy(item) for item in value]
    return value


def by_numpy(function: Callable[..., Any], args: Any, options: Any = None) -> Any:
    """Call a function of NumPy with what it knows, and answer with what we know."""
    given = to_numpy(tuple(args))
    out = (options or {}).get("out")
    if isinstance(out, Array):
        raise TypeError(
            f"{function.__name__}: out= is an array of abreast, and arrays do not change\n"
            "hint: leave it out and use what the function returns"
        )
    try:
        done = function(*given, **to_numpy(options or {}))
        # What was written to is the answer, as it is.
        return from_numpy(done) if out is None else done
    except Exception as error:
        note(error, getattr(function, "__name__", "a method"), given, options)
        raise


def note(
    error: Exception,
    name: str,
    given: tuple[Any, ...],
    options: Any = None,
    by: str = ", done by NumPy,",
) -> None:
    """Add to an error what was done to what: NumPy, for one, does not know of our arrays."""
    name = name.strip("<>")
    named = [f"{key}={_described(value)}" for key, value in (options or {}).items()]
    operands = ", ".join([*map(_described, given), *named]) or "nothing"
    hint = "" if "hint: " in str(error) else f"\nhint: {_hint(error, name, given)}"
    error.add_note(f"{name}{by} was given {operands}{hint}")


def _hint(error: Exception, name: str, given: tuple[Any, ...]) -> str:
    """Return what to write instead, as far as the error tells."""
    function = getattr(np, name, None)
    said = str(error)
    if function is None:
        return "see NumPy's documentation"
    if "negative integer powers" in said:
        return "x.astype(float) ** y"
    if isinstance(function, np.ufunc) and "not supported for the input types" in said:
        letters = {signature[0] for signature in function.types}
        # Integers become floats where there are no others.
        kinds = ["bool and integers"] if letters & {"l", "d"} else []
        kinds += [
            each
            for letter, each in (("d", "floats"), ("D", "complex numbers"))
            if letter in letters
        ]
        complexes = [
            value for value in given if getattr(value, "dtype", np.dtype(bool)).kind == "c"
        ]
        instead = (
            "x.real, x.imag and abs(x) are floats" if complexes else "x.astype(...) gives others"
        )
        return f"it takes {', '.join(kinds)}; {instead}"
    return f"numpy.{name} says what it takes"


def _described(value: Any) -> str:
    if isinstance(value, (Array, np.ndarray, np.generic)):
        return f"{value.dtype} of shape {value.shape}"
    if isinstance(value, (list, tuple)) and len(value) <= 4:
        inside = ", ".join(map(_described, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return _short(value) if isinstance(value, (int, float, complex, str)) else type(value).__name__


def operand(value: Any) -> Any:
    """Return an object that stands beside an array as an array; None if it knows better."""
    if isinstance(value, (np.ndarray, np.generic)):
        return asarray(value) if is_covered(value.dtype) else None
    if isinstance(value, (list, tuple)):
        return asarray(value)
    if hasattr(value, "__array_ufunc__") or isinstance(value, (str, bytes)):
        return None
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return asarray(value)
    return None


def elementwise(name: str, operands: tuple[Any, ...]) -> Any:
    """Apply a function of elements to operands that no kernel takes."""
    name = NUMPY_NAMES.get(name, name)
    if name == "where":
        return by_numpy(np.where, operands)
    return by_numpy(getattr(np, name), operands)


def reshaped(array: Array, *shape: Any, **options: Any) -> Any:
    """Return the elements under another shape, given in any way that NumPy takes."""
    from abreast.numpy import methods

    return methods.reshaped(array, *shape, **options)


def compared(name: str, array: Array, other: Any) -> Any:
    """Return for each element whether it equals, or not, what no element can be: None or text."""
    seen = np.asarray(array)
    return from_numpy(np.asarray(seen == other if name == "equal" else seen != other))


def getitem(array: Array, key: Any) -> Any:
    """Return what an index selects that is more than positions and slices."""
    key = to_numpy(key)
    try:
        return from_numpy(np.asarray(array)[key])
    except IndexError as error:
        error.add_note(
            f"index {_written(key)} of {array.dtype} of shape {array.shape}\n"
            "hint: an axis takes a position, a slice, an array of positions, or one of bools"
        )
        raise


def item(array: Array, place: tuple[Any, ...]) -> Any:
    """Return the element at a place, as NumPy counts, as a number of Python."""
    try:
        return np.asarray(array).item(*place)
    except (IndexError, TypeError, ValueError) as error:
        error.add_note(
            f"item{place} of {array.dtype} of shape {array.shape}\n"
            "hint: a place is one integer, counted in rows, or one for each axis"
        )
        raise


def refuse_write(key: Any, value: Any) -> TypeError:
    """Return what there is to say when somebody assigns to elements."""
    index = _written(key)
    hint = f"write x = x.at[{index}].set({_short(value)}), which gives a new array"
    if _is_mask(key):
        hint = (
            f"write x = anp.where(condition, {_short(value)}, x), or x = x.at[condition].set(...)"
        )
    elif isinstance(value, Array):
        # Perhaps Python's way through x[key] += 1.
        hint += (
            f"; for += it is x = x.at[{index}].add(...), and likewise subtract, multiply, divide"
        )
    return TypeError(
        "arrays do not change: `x[...] = value` would change what others compute with\n"
        f"hint: {hint}"
    )


def _is_mask(key: Any) -> bool:
    return isinstance(key, (Array, np.ndarray)) and key.dtype == bool


def _written(key: Any) -> str:
    if isinstance(key, tuple) and key:
        return ", ".join(_written(part) for part in key)
    if isinstance(key, slice):
        parts = ["" if part is None else str(part) for part in (key.start, key.stop, key.step)]
        return ":".join(parts if parts[2] else parts[:2])
    if key is Ellipsis:
        return "..."
    return _short(key)


def _short(value: Any) -> str:
    if isinstance(value, Array):
        return "value"
    if isinstance(value, np.ndarray):
        return f"array of {value.dtype} of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 30 else "value"


def attribute(array: Array, name: str) -> Any:
    """Return a method or property that Python implements, or NumPy."""
    from abreast.numpy.methods import METHODS, PROPERTIES

    if name in METHODS:
        # From now on the interpreter finds it by itself, without coming by here.
        setattr(Array, name, METHODS[name])
        return partial(METHODS[name], array)
    if name in PROPERTIES:
        return PROPERTIES[name](array)
    if name in IN_PLACE:
        raise AttributeError(
            f"arrays do not change, so they have no {name}()\n"
            f"hint: numpy.array(x) is a copy that does; anp.sort(x) and the like give new arrays",
            name=name,
            obj=array,
        )
    if not name.startswith("_") and hasattr(np.ndarray, name):
        found = getattr(np.asarray(array), name)
        return partial(_method, found) if callable(found) else from_numpy(found)
    said = f"'Array' object has no attribute {name!r}"
    if not name.startswith("_"):
        import abreast.numpy as anp

        near = get_close_matches(
            name, {*dir(Array), *METHODS, *PROPERTIES, *dir(np.ndarray)}, 1, 0.7
        )
        if callable(getattr(anp, name, None)):
            said += f"\nhint: anp.{name}(x)"
        elif near:
            said += f"\nhint: did you mean x.{near[0]}?"
    raise AttributeError(said, name=name, obj=array)


def _method(method: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return by_numpy(method, args, options)
