"""Element types, and how wide they are where nobody says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from abreast._abreast import Array, array_width

__all__ = ["can_cast", "dtypes", "finfo", "iinfo", "isdtype"]


@contextmanager
def dtypes(bits: int) -> Iterator[None]:
    """Make numbers 32 or 64 bits wide whose type nobody says: `with anp.dtypes(32):`.

    It holds for the thread, until the end of the block, and for what is created and computed from
    Python's own numbers. Arrays of NumPy keep their type.

    Parameters
    ----------
    bits : int
        32 or 64.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> with anp.dtypes(32):
    ...     anp.ones(2).dtype, anp.arange(3).dtype
    (dtype('float32'), dtype('int32'))
    """
    if bits not in (32, 64):
        raise ValueError(
            f"dtypes({bits!r}): numbers are 32 or 64 bits wide\nhint: dtypes(32) or (64)"
        )
    before = array_width(bits)
    try:
        yield
    finally:
        array_width(before)


def _dtype(of: Any) -> Any:
    return of.dtype if isinstance(of, Array) else of


class FloatLimits:
    """The limits of a floating point type, as Python's numbers; what else `numpy.finfo` tells.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.finfo("float16").max
    65504.0
    """

    def __init__(self, dtype: Any) -> None:
        limits = np.finfo(dtype)
        self._limits = limits
        self.dtype = np.dtype(limits.dtype)
        self.bits = int(limits.bits)
        self.eps = float(limits.eps)
        self.max = float(limits.max)
        self.min = float(limits.min)
        self.smallest_normal = float(limits.smallest_normal)

    def __getattr__(self, name: str) -> Any:
        if name == "_limits":
            raise AttributeError(name)
        return getattr(self._limits, name)

    def __repr__(self) -> str:
        return repr(self._limits)

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return FloatLimits, (self.dtype,)


def finfo(type: Any, /) -> FloatLimits:
    """Return the limits of a floating point type.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.finfo("float32").eps
    1.1920928955078125e-07
    """
    return FloatLimits(_dtype(type))


def iinfo(type: Any, /) -> Any:
    """Return the limits of an integer type.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.iinfo("int8").max
    127
    """
    return np.iinfo(_dtype(type))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Return whether an element type is of a kind.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.isdtype(anp.float32, "real floating")
    True
    """
    return np.isdtype(np.dtype(dtype), kind)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Return whether every element of one type can be one of another.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.can_cast("int32", "int64")
    True
    """
    return np.can_cast(_dtype(from_), to)
