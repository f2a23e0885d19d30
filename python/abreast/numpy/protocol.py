"""What NumPy and other libraries ask arrays for; the extension calls these by name."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from abreast._abreast import Array
from abreast.numpy import fallback
from abreast.numpy.convert import asarray
from abreast.numpy.exchange import CPU
from abreast.numpy.exchange import to_dlpack as dlpack

__all__ = [
    "array",
    "array_function",
    "array_ufunc",
    "dlpack",
    "dlpack_device",
    "iterate",
    "namespace",
    "represent",
]

_REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "minimum": "min",
    "maximum": "max",
    "logical_and": "all",
    "logical_or": "any",
}


def array(self: Array, dtype: Any = None, copy: bool | None = None) -> Any:
    """`__array__`: the elements as NumPy's array, to read alone unless they are copied."""
    seen = np.asarray(memoryview(self))
    if dtype is not None and np.dtype(dtype) != seen.dtype:
        if copy is False:
            raise ValueError(
                f"__array__: copy=False, but {seen.dtype} becomes {np.dtype(dtype)}\n"
                "hint: leave copy out, or ask for the type that it has"
            )
        return seen.astype(dtype)
    return np.array(seen) if copy else seen


def array_ufunc(_self: Array, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
    """`__array_ufunc__`: NumPy's functions of elements make arrays of abreast."""
    from abreast.numpy.elementwise import FUNCTIONS

    for other in inputs:
        theirs = getattr(type(other), "__array_ufunc__", _ABSENT)
        known = isinstance(other, (Array, np.ndarray, np.generic))
        if theirs is None or (theirs is not _ABSENT and not known):
            return NotImplemented
    out = options.get("out", ())
    if any(isinstance(target, Array) for target in out):
        raise TypeError(
            f"{ufunc.__name__}: out= is an array of abreast, and arrays do not change\n"
            "hint: leave it out and use what the function returns"
        )
    if method == "at" and isinstance(inputs[0], Array):
        raise TypeError(
            f"{ufunc.__name__}.at writes to its first argument, and arrays do not change\n"
            "hint: x = x.at[index].add(value) and the like give new arrays"
        )
    if method == "__call__" and not options:
        function = FUNCTIONS.get(ufunc.__name__)
        if function is not None and len(inputs) == function.arity:
            return function(*inputs)
        import abreast.numpy as anp

        composed = anp.__dict__.get(ufunc.__name__)
        if composed is not None and function is None:
            return composed(*inputs)
    elif method == "reduce" and ufunc.__name__ in _REDUCTIONS and len(inputs) == 1:
        made = _reduced(_REDUCTIONS[ufunc.__name__], inputs[0], options)
        if made is not None:
            return made
    given = fallback.to_numpy(inputs)
    try:
        done = getattr(ufunc, method)(*given, **fallback.to_numpy(options))
    except Exception as error:
        fallback.note(error, ufunc.__name__, given)
        raise
    if out:
        return out[0] if len(out) == 1 else out
    return fallback.from_numpy(done)


def _reduced(name: str, x: Any, options: dict[str, Any]) -> Any:
    from abreast.numpy import reduction

    options = {"axis": 0, **options}
    if options.get("dtype") is None:
        options.pop("dtype", None)
    allowed = {"axis", "keepdims", "dtype"} if name in ("sum", "prod") else {"axis", "keepdims"}
    return getattr(reduction, name)(x, **options) if set(options) <= allowed else None


_ABSENT = object()


def array_function(
    _self: Array, function: Any, types: Any, args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """`__array_function__`: the other functions of NumPy make arrays of abreast."""
    import abreast.numpy as anp
    from abreast.numpy.fallbacks import REFUSED

    if not all(issubclass(kind, (Array, np.ndarray, np.generic)) for kind in types):
        return NotImplemented
    if isinstance(options.get("out"), Array):
        raise TypeError(
            f"{function.__name__}: out= is an array of abreast, and arrays do not change\n"
            "hint: leave it out and use what the function returns"
        )
    name = function.__name__
    if name in REFUSED and args and isinstance(args[0], Array):
        raise TypeError(
            f"{name} writes to its first argument, and arrays do not change\n"
            "hint: x.at[...].set(value) gives a new array; numpy.array(x) is a copy to write to"
        )
    own = anp.__dict__.get(name)
    if own is not None and function is getattr(np, name, None):
        try:
            return own(*args, **options)
        except TypeError as error:
            # NumPy's function takes its arguments in another way than ours.
            if "argument" not in str(error):
                raise
    return fallback.by_numpy(function, args, options)


def namespace(_self: Array, api_version: str | None = None) -> Any:
    """`__array_namespace__`: the functions for such arrays."""
    if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12"):
        raise ValueError(
            f"api_version {api_version!r}: known are 2021.12 to 2024.12\nhint: leave it out"
        )
    import abreast.numpy as anp

    return anp


def represent(self: Array, plain: bool = False) -> str:
    """Return the elements as text, as NumPy shows them."""
    seen = np.asarray(self)
    if plain:
        return str(seen)
    text = repr(seen)
    inside = text[text.index("(") :]
    lines = inside.split("\n")
    # "array(" and "Array(" are equally wide, so the lines below stay where they are.
    return "Array" + "\n".join(lines)


def iterate(self: Array) -> Iterator[Any]:
    """Return the elements, as NumPy's numbers, or the rows, one after the other."""
    if self.ndim == 0:
        raise TypeError(f"iteration over a 0-d array of {self.dtype}\nhint: x.item() is its number")
    self.block_until_ready()
    if self.ndim == 1:
        # Numbers can be keys of dicts and members of sets, and cost no array each.
        return iter(np.asarray(self))
    return (self[position] for position in range(self.shape[0]))


def reduce(self: Array) -> tuple[Any, tuple[Any, ...]]:
    """`__reduce__`: the elements, out of band if pickle can; computed first."""
    return asarray, (np.asarray(self),)


def contains(self: Array, value: Any) -> bool:
    """Return whether some element equals a value."""
    equal = self == value
    return bool(equal.reduced("any")) if isinstance(equal, Array) else bool(equal)


def divide(self: Array, other: Any) -> tuple[Any, Any]:
    """Return the quotient, rounded down, and what is left."""
    return self // other, self % other


def written(self: Array, specification: str) -> str:
    """`__format__`: a single element as the number that it is."""
    if not specification:
        return represent(self, plain=True)
    return format(self.item(), specification)


def divided(names: list[str], what: str = "divide") -> None:
    """Tell as NumPy does, and as `numpy.errstate` says, that integers were divided by zero.

    Or, for `what` "over", that the smallest was divided by -1.
    """
    how = np.geterr()[what]  # type: ignore[literal-required]
    event = "divide by zero" if what == "divide" else "overflow"
    for name in names:
        if how == "warn":
            level, frame = 2, sys._getframe(1)
            while frame.f_back and frame.f_globals.get("__name__", "").startswith("abreast."):
                level, frame = level + 1, frame.f_back
            message = f"{event} encountered in {name}"
            warnings.warn(message, RuntimeWarning, stacklevel=level)
        elif how != "ignore":
            # NumPy has more ways, and knows them itself.
            smallest, minus_one = np.full(1, np.iinfo(int).min), np.full(1, -1)
            zero = np.zeros(1, int)
            getattr(np, name)(smallest, zero if what == "divide" else minus_one)


def dlpack_device(_self: Array) -> tuple[int, int]:
    """`__dlpack_device__`: the type and number of the device."""
    return CPU
