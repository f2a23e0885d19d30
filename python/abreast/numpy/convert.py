"""Arrays from other things."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array, array_width

__all__ = ["array", "asarray", "dtype_name", "is_covered"]

COVERED = frozenset(
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
)
"""Element types that kernels know, by their names."""

_PLAIN: dict[Any, str] = {name: name for name in COVERED}
_PLAIN.update({np.dtype(name): name for name in COVERED})
_PLAIN.update({np.dtype(name).type: name for name in COVERED})

# By number, for to say a name takes NumPy a microsecond.
_NUMBERS = frozenset(
    np.dtype(char).num for char in "?bBhHiIlLqQefdFD" if np.dtype(char).name in COVERED
)

_NUMBER_OF = {name: np.dtype(name).num for name in COVERED}

_NARROW = {"int64": "int32", "float64": "float32", "complex128": "complex64", "uint64": "uint32"}


def is_covered(dtype: np.dtype[Any]) -> bool:
    """Return whether kernels know elements of a type, in whatever byte order."""
    return dtype.num in _NUMBERS


def dtype_name(dtype: Any) -> str | None:
    """Return the name of an element type, given as NumPy takes it; None for None."""
    if dtype is None:
        return None
    try:
        known = _PLAIN.get(dtype)
    except TypeError:
        known = None
    if known is not None:
        return known
    if dtype in (int, float, complex) and array_width(None) == 32:
        return {int: "int32", float: "float32", complex: "complex64"}[dtype]
    name = str(np.dtype(dtype).name)
    if name not in COVERED:
        raise TypeError(_refusal("dtype", np.dtype(dtype)))
    return name


def _refusal(what: str, dtype: np.dtype[Any]) -> str:
    return (
        f"{what}: elements of type {dtype} cannot be in an array of abreast, which holds bool, "
        "integers up to 64 bits, float16 to float64, complex64 and complex128\n"
        "hint: keep them in a NumPy array, or say which numbers they are: x.astype(float)"
    )


def asarray(
    obj: Any,
    /,
    dtype: Any = None,
    order: Any = None,  # noqa: ARG001
    *,
    device: Any = None,
    copy: bool | None = None,
) -> Array:
    """Return an object as an array; the memory of NumPy's arrays is used as it is.

    Parameters
    ----------
    obj : object
        An array of abreast or NumPy, a number, nested lists, or whatever NumPy can convert.
    dtype : dtype, optional
        Type of the elements; by default what they have.
    order : str, optional
        Has no effect: where elements lie in memory is up to the kernels.
    device : optional
        Where the array should be; there is one place so far, `"cpu"`.
    copy : bool, optional
        True for memory of its own, False for an error where there would be a copy.

    Returns
    -------
    Array
        If it shares memory with `obj`, later changes to `obj` show in what is computed after them.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.asarray([1.5, 2.0])
    Array([1.5, 2. ])
    """
    check_device(device)
    name = None if dtype is None else dtype_name(dtype)
    if isinstance(obj, Array):
        # By number, as above.
        if name is not None and obj.dtype.num != _NUMBER_OF[name]:
            if copy is False:
                _check_copy(copy, f"{obj.dtype} become {name}")
            return obj.cast(name)
        if copy:
            return _shown(np.array(obj))
        return obj
    number = type(obj)
    if copy is not False and (
        number in (bool, float, complex) or (number is int and -(1 << 63) <= obj < 1 << 63)
    ):
        return Array.full(obj, (), name)
    if isinstance(obj, (np.ndarray, np.generic)):
        return _of_numpy(np.asarray(obj), name, copy)
    if hasattr(obj, "__array__") or hasattr(obj, "__array_interface__") or _is_buffer(obj):
        return _of_numpy(np.asarray(obj), name, copy)
    _check_copy(copy, f"{type(obj).__name__} becomes an array")
    try:
        made = np.asarray(obj)
    except ValueError as error:
        error.add_note(
            f"asarray was given {type(obj).__name__}\n"
            "hint: lists inside of a list become rows, so they are equally long"
        )
        raise
    if name is None and array_width(None) == 32 and not _typed(obj):
        name = _NARROW.get(made.dtype.name)
    return _of_numpy(made, name, None)


def array(
    obj: Any,
    /,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: Any = None,
    ndmin: int = 0,
) -> Array:
    """Return a new array with the elements of an object.

    As `asarray`, in memory of its own unless `copy` is False or None, and with at least `ndmin`
    axes, the new ones first.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.array([[1, 2], [3, 4]]).sum(axis=0)
    Array([4, 6])
    """
    made = asarray(obj, dtype, order, copy=True if copy else None)
    missing = max(ndmin - made.ndim, 0)
    return made.reshaped([1] * missing + list(made.shape)) if missing else made


def check_device(device: Any) -> None:
    """Refuse devices that are not there."""
    if device is not None and device != "cpu":
        raise ValueError(f"device={device!r}: there is one device, 'cpu'\nhint: leave it out")


def _is_buffer(obj: Any) -> bool:
    return isinstance(obj, (bytearray, memoryview))


def _typed(obj: Any) -> bool:
    """Whether something in nested lists has an element type of its own."""
    while isinstance(obj, (list, tuple)) and obj:
        obj = obj[0]
    return hasattr(obj, "dtype")


def _check_copy(copy: bool | None, what: str) -> None:
    if copy is False:
        raise ValueError(
            f"asarray: copy=False, but {what}, which takes a copy\n"
            "hint: leave copy out, for a copy where one is needed"
        )


def _of_numpy(made: np.ndarray[Any, Any], name: str | None, copy: bool | None) -> Array:
    if made.dtype.num not in _NUMBERS:
        raise TypeError(_refusal("asarray", made.dtype))
    if copy:
        made = np.array(made)
    return _shown(made, name, copy)


def _shown(made: np.ndarray[Any, Any], name: str | None = None, copy: bool | None = None) -> Array:
    shown = Array.of_buffer(made)
    if shown is None:
        # Foreign byte order, or elements that do not lie where their type wants them.
        _check_copy(copy, "its bytes are in an order or at places that no kernel reads")
        shown = Array.of_buffer(np.array(made, dtype=made.dtype.newbyteorder("="), order="C"))
        assert shown is not None
    if name is not None and made.dtype.num != _NUMBER_OF[name] and made.dtype.name != name:
        _check_copy(copy, f"{made.dtype} becomes {name}")
        return shown.cast(name)
    return shown
