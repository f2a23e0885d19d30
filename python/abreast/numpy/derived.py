"""Functions of each element that are made of others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from abreast._abreast import Array, array_function, array_result_type
from abreast.numpy.convert import asarray
from abreast.numpy.handover import ByNumpy, composed, floats

__all__ = [
    "angle",
    "deg2rad",
    "degrees",
    "divmod",
    "fabs",
    "fix",
    "float_power",
    "heaviside",
    "logaddexp2",
    "modf",
    "polyval",
    "rad2deg",
    "radians",
    "rint",
    "select",
    "sinc",
]


def _where(condition: Any, yes: Any, no: Any) -> Array:
    made: Array = array_function("where", condition, yes, no)
    return made


def _real(x: Any) -> Array:
    made = floats(x)
    if made.dtype.kind == "c":
        raise ByNumpy
    return made


@composed
def deg2rad(x: Any) -> Array:
    """Return degrees as radians.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.deg2rad([0.0, 180.0])
    Array([0.        , 3.14159265])
    """
    return _real(x) * (math.pi / 180.0)


@composed
def rad2deg(x: Any) -> Array:
    """Return radians as degrees.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.rad2deg([0.0, anp.pi])
    Array([  0., 180.])
    """
    return _real(x) * (180.0 / math.pi)


@composed
def radians(x: Any) -> Array:
    """As `deg2rad`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.radians(180.0)
    Array(3.14159265)
    """
    return _real(x) * (math.pi / 180.0)


@composed
def degrees(x: Any) -> Array:
    """As `rad2deg`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.degrees(anp.pi)
    Array(180.)
    """
    return _real(x) * (180.0 / math.pi)


@composed
def fabs(x: Any) -> Array:
    """Return the magnitude, of integers as floats.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.fabs([-2, 3])
    Array([2., 3.])
    """
    return asarray(array_function("abs", _real(x)))


@composed
def rint(x: Any) -> Array:
    """Return the nearest whole number, ties to even, of integers as floats.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.rint([0.5, 1.5, 2.4])
    Array([0., 2., 2.])
    """
    return asarray(array_function("round", _real(x)))


@composed
def fix(x: Any) -> Array:
    """Return the whole number next to it towards zero.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.fix([-1.7, 1.7])
    Array([-1.,  1.])
    """
    array = asarray(x)
    if array.dtype.kind != "f":
        raise ByNumpy
    return asarray(array_function("trunc", array))


@composed
def angle(z: Any, deg: bool = False) -> Array:
    """Return the angle of complex numbers over the real axis, in radians or degrees.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.angle([1j, -1.0], deg=True)
    Array([ 90., 180.])
    """
    array = asarray(z)
    if array.dtype.kind == "c":
        made = array_function("atan2", array.imag, array.real)
    else:
        array = array.cast("float64") if array.dtype == bool else floats(array)
        zero = array.dtype.type(0)
        made = array_function("where", array < 0, array.dtype.type(math.pi), zero)
        made = array_function("where", array_function("isnan", array), array, made)
    return asarray(made * (180.0 / math.pi) if deg else made)


@composed
def sinc(x: Any) -> Array:
    """Return `sin(pi x) / (pi x)`, which is 1 at 0.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.sinc([0.0, 0.5])
    Array([1.        , 0.63661977])
    """
    given = asarray(x)
    given = given if given.dtype.kind in "fc" else given.cast("float64")
    turned = given * math.pi
    return _where(turned == 0, 1.0, array_function("sin", turned) / turned)


@composed
def heaviside(x1: Any, x2: Any) -> Array:
    """Return 0 for what is negative, 1 for what is positive, and `x2` for zero.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.heaviside([-1.5, 0, 2.0], 0.5)
    Array([0. , 0.5, 1. ])
    """
    x, middle = _together(x1, x2)
    far = _where(x < 0, 0.0, _where(x > 0, 1.0, x))
    return _where(x == 0, middle, far)


def _together(x1: Any, x2: Any) -> tuple[Array, Array]:
    """Return two operands as floats of the type that they meet in."""
    # A float of Python makes integers the default float; else each becomes its own.
    weak = float in (type(x1), type(x2))
    sides = [one if type(one) in (int, float) or weak else _real(one) for one in (x1, x2)]
    kind = np.dtype(array_result_type(*sides)).name
    if not kind.startswith("float"):
        raise ByNumpy
    return asarray(sides[0], dtype=kind), asarray(sides[1], dtype=kind)


@composed
def logaddexp2(x1: Any, x2: Any) -> Array:
    """Return `log2(2**x1 + 2**x2)` without overflow on the way.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.logaddexp2(3.0, 3.0)
    Array(4.)
    """
    x, y = _together(x1, x2)
    rest = array_function("exp2", -array_function("abs", x - y))
    rest = array_function("log1p", rest) * math.log2(math.e)
    # Two equal infinities are no distance apart.
    return asarray(array_function("maximum", x, y) + _where(x == y, 1.0, rest))


@composed
def float_power(x1: Any, x2: Any) -> Array:
    """Return powers in float64, or complex128.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.float_power([2, 4], -1)
    Array([0.5 , 0.25])
    """
    x, y = asarray(x1), asarray(x2)
    kind = "complex128" if "c" in (x.dtype.kind, y.dtype.kind) else "float64"
    return asarray(array_function("pow", x.cast(kind), y.cast(kind)))


@composed
def divmod(x1: Any, x2: Any) -> tuple[Array, Array]:
    """Return the quotient, rounded down, and what is left.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.divmod([7, -7], 2)
    (Array([ 3, -4]), Array([1, 1]))
    """
    quotient = array_function("floor_divide", x1, x2)
    return asarray(quotient), asarray(array_function("remainder", x1, x2))


@composed
def modf(x: Any) -> tuple[Array, Array]:
    """Return what stands behind the point and what stands before it, both with the sign.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.modf([1.5, -2.25])
    (Array([ 0.5 , -0.25]), Array([ 1., -2.]))
    """
    given = _real(x)
    whole = array_function("trunc", given)
    rest = _where(array_function("isinf", given), 0.0, given - whole)
    return asarray(array_function("copysign", rest, given)), asarray(whole)


@composed
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Array:
    """Return for each element the choice of the first condition that holds, else the default.

    Parameters
    ----------
    condlist : sequence of array_like of bool
        The conditions.
    choicelist : sequence of array_like
        A choice for each.
    default : array_like
        For elements of which no condition holds.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> x = anp.arange(5)
    >>> anp.select([x < 1, x > 3], [x - 10, x * 10], x)
    Array([-10,   1,   2,   3,  40])
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(
            f"select: {len(condlist)} conditions and {len(choicelist)} choices\n"
            "hint: give each condition its choice, and at least one; default= is for the rest"
        )
    conditions = [asarray(condition) for condition in condlist]
    for place, condition in enumerate(conditions):
        if condition.dtype != bool:
            raise TypeError(
                f"select: condition {place} is {condition.dtype} of shape {condition.shape}, "
                "not bool\nhint: write a comparison, as x != 0"
            )
    choices = [
        one if type(one) in (int, float, complex) else asarray(one)
        for one in [*choicelist, default]
    ]
    kind = np.dtype(array_result_type(*choices)).name
    made = asarray(choices.pop(), dtype=kind)
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        made = _where(condition, asarray(choice, dtype=kind), made)
    return made


@composed
def polyval(p: Any, x: Any) -> Array:
    """Return the value of a polynomial at each element.

    Parameters
    ----------
    p : array_like
        The coefficients, of the highest power first.
    x : array_like
        Where.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.polyval([1.0, 0.0, -2.0], [1.0, 3.0])
    Array([-1.,  7.])
    """
    if isinstance(x, np.poly1d):
        raise ByNumpy
    coefficients, places = asarray(p), asarray(x)
    if coefficients.ndim != 1 or coefficients.size > 32:
        raise ByNumpy
    made = array_function("multiply", places, 0)
    for place in range(coefficients.size):
        made = made * places + coefficients[place]
    return asarray(made)
