"""Functions of each element: those of the array API standard, and NumPy's names for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from abreast._abreast import Array, ElementCall, array_function
from abreast.numpy import fallback
from abreast.numpy.convert import asarray, dtype_name

__all__ = ["FUNCTIONS", "ElementFunction"]


class ElementFunction(ElementCall):
    """A function of each element of its operands, which broadcast together.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.hypot(anp.asarray([3.0, 5.0]), [4.0, 12.0])
    Array([ 5., 13.])
    """

    def __init__(self, name: str, arity: int, meaning: str) -> None:
        self.__name__ = name
        self.__qualname__ = name
        self.__doc__ = meaning
        self.arity = arity

    def _with_options(self, operands: tuple[Any, ...], options: dict[str, Any]) -> Any:
        dtype = options.pop("dtype", None)
        if options or len(operands) != self.arity:
            import numpy as np

            if isinstance(options.get("out"), Array):
                raise TypeError(
                    f"{self.__name__}: out= is an array of abreast, and arrays do not change\n"
                    "hint: leave it out and use what the function returns"
                )
            numpys = getattr(np, fallback.NUMPY_NAMES.get(self.__name__, self.__name__))
            if dtype is not None:
                options["dtype"] = dtype
            return fallback.by_numpy(numpys, operands, options)
        name = dtype_name(dtype)
        if name is None:
            return array_function(self.__name__, *operands)
        return array_function(
            self.__name__, *(asarray(operand, dtype=name) for operand in operands)
        )

    @property
    def _numpys(self) -> Any:
        import numpy as np

        return getattr(np, fallback.NUMPY_NAMES.get(self.__name__, self.__name__))

    def reduce(self, x: Any, /, axis: Any = 0, **options: Any) -> Any:
        """Return the elements along an axis combined: `add.reduce` is the sum."""
        return self._method("reduce", asarray(x), axis=axis, **options)

    def accumulate(self, x: Any, /, axis: int = 0, **options: Any) -> Any:
        """Return each element combined with all before it along an axis."""
        return self._method("accumulate", asarray(x), axis=axis, **options)

    def reduceat(self, x: Any, indices: Any, /, axis: int = 0, **options: Any) -> Any:
        """Return the elements from each index to the next combined."""
        return self._method(
            "reduceat", asarray(x), fallback.to_numpy(indices), axis=axis, **options
        )

    def outer(self, x1: Any, x2: Any, /, **options: Any) -> Any:
        """Return the function of each element of one operand and each of the other."""
        if self.arity != 2:
            return self._method("outer", asarray(x1), asarray(x2))
        rows, columns = asarray(x1), asarray(x2)
        return self(rows.reshaped([*rows.shape, *[1] * columns.ndim]), columns, **options)

    def at(self, x: Any, index: Any, *value: Any) -> Any:
        """Refuse, for it writes to its first argument."""
        change = {"pow": "power"}.get(self.__name__, self.__name__)
        raise TypeError(
            f"{self.__name__}.at writes to its first argument, and arrays do not change\n"
            f"hint: x = x.at[index].{change}(value) gives a new array"
        )

    def _method(self, method: str, *operands: Any, **options: Any) -> Any:
        found = getattr(self._numpys, method, None)
        if found is None or self.arity != 2:
            raise ValueError(
                f"{self.__name__}.{method}: only functions of two operands have it\n"
                "hint: add, multiply, maximum, minimum, logical_and and others do"
            )
        # NumPy brings it back to us, with its arguments in order.
        return found(*operands, **options)

    @property
    def nin(self) -> int:
        """How many operands it takes."""
        return self.arity

    @property
    def nout(self) -> int:
        """How many results it has."""
        return 1

    @property
    def nargs(self) -> int:
        """Both."""
        return self.arity + 1

    @property
    def identity(self) -> Any:
        """What changes no operand; None if there is no such number."""
        return getattr(self._numpys, "identity", None)

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter.POSITIONAL_ONLY
        names = ("x",) if self.arity == 1 else ("x1", "x2", "x3")[: self.arity]
        return inspect.Signature([inspect.Parameter(name, kind) for name in names])

    def __repr__(self) -> str:
        return f"<abreast.numpy.{self.__name__}>"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _found, (self.__name__,)


class Round(ElementFunction):
    """The nearest whole number, or the nearest with so many decimals."""

    def _with_options(self, operands: tuple[Any, ...], options: dict[str, Any]) -> Any:
        decimals = operands[1] if len(operands) == 2 else options.get("decimals", 0)
        if operands and len(operands) + len(options) == 2 and type(decimals) is int:
            x = asarray(operands[0])
            if decimals == 0 and x.dtype.kind in "fiu":
                return array_function("round", x)
            if decimals > 0 and x.dtype.kind in "iu":
                return x
            if x.dtype in ("float32", "float64") and abs(decimals) < 23:
                # Powers of ten that float64 has exactly.
                power = 10.0 ** abs(decimals)
                if decimals > 0:
                    return array_function("round", x * power) / power
                return array_function("round", x / power) * power
        return super()._with_options(operands, options)


def _found(name: str) -> ElementFunction:
    return FUNCTIONS[name]


_ONE = {
    "abs": "The magnitude.",
    "acos": "Arc cosine, in radians.",
    "acosh": "Inverse of the hyperbolic cosine.",
    "asin": "Arc sine, in radians.",
    "asinh": "Inverse of the hyperbolic sine.",
    "atan": "Arc tangent, in radians.",
    "atanh": "Inverse of the hyperbolic tangent.",
    "bitwise_invert": "The bits that are not set.",
    "cbrt": "Cube root.",
    "ceil": "The smallest whole number not below.",
    "conj": "The complex conjugate.",
    "cos": "Cosine of radians.",
    "cosh": "Hyperbolic cosine.",
    "exp": "e to the power.",
    "exp2": "2 to the power.",
    "expm1": "`exp(x) - 1`, exact near zero.",
    "floor": "The largest whole number not above.",
    "imag": "The imaginary part.",
    "isfinite": "Whether it is neither infinite nor NaN.",
    "isinf": "Whether it is infinite.",
    "isnan": "Whether it is NaN.",
    "log": "Natural logarithm.",
    "log10": "Logarithm to base 10.",
    "log1p": "`log(1 + x)`, exact near zero.",
    "log2": "Logarithm to base 2.",
    "logical_not": "Whether it is zero.",
    "negative": "The negative.",
    "positive": "The number itself.",
    "real": "The real part.",
    "reciprocal": "One divided by it.",
    "round": "The nearest whole number, ties to even.",
    "sign": "-1, 0 or 1 by the sign.",
    "signbit": "Whether the sign bit is set.",
    "sin": "Sine of radians.",
    "sinh": "Hyperbolic sine.",
    "sqrt": "Square root.",
    "square": "The square.",
    "tan": "Tangent of radians.",
    "tanh": "Hyperbolic tangent.",
    "trunc": "The whole number next to it towards zero.",
}

_TWO = {
    "add": "The sum.",
    "atan2": "The angle of the point with ordinate x1 and abscissa x2, in radians.",
    "bitwise_and": "The bits set in both.",
    "bitwise_left_shift": "The bits of x1 moved up by x2.",
    "bitwise_or": "The bits set in one or both.",
    "bitwise_right_shift": "The bits of x1 moved down by x2.",
    "bitwise_xor": "The bits set in one alone.",
    "copysign": "x1 with the sign of x2.",
    "divide": "The quotient.",
    "equal": "Whether they are equal.",
    "floor_divide": "The largest whole number not above the quotient.",
    "fmax": "The larger; a number rather than NaN.",
    "fmin": "The smaller; a number rather than NaN.",
    "fmod": "What division towards zero leaves.",
    "greater": "Whether x1 is larger.",
    "greater_equal": "Whether x1 is larger or equal.",
    "hypot": "`sqrt(x1**2 + x2**2)` without overflow on the way.",
    "less": "Whether x1 is smaller.",
    "less_equal": "Whether x1 is smaller or equal.",
    "logaddexp": "`log(exp(x1) + exp(x2))` without overflow on the way.",
    "logical_and": "Whether neither is zero.",
    "logical_or": "Whether not both are zero.",
    "logical_xor": "Whether one alone is zero.",
    "maximum": "The larger; NaN if one is.",
    "minimum": "The smaller; NaN if one is.",
    "multiply": "The product.",
    "nextafter": "The next number from x1 towards x2.",
    "not_equal": "Whether they differ.",
    "pow": "x1 to the power x2.",
    "remainder": "What is left of x1 after `floor_divide`, with the sign of x2.",
    "subtract": "The difference.",
}

FUNCTIONS = {
    **{name: ElementFunction(name, 1, meaning) for name, meaning in _ONE.items()},
    **{name: ElementFunction(name, 2, meaning) for name, meaning in _TWO.items()},
}
"""All of them, by their names in the standard, and by NumPy's."""

FUNCTIONS["round"] = FUNCTIONS["around"] = Round("round", 1, _ONE["round"])

for _name, _numpys in fallback.NUMPY_NAMES.items():
    FUNCTIONS[_numpys] = FUNCTIONS[_name]
FUNCTIONS["mod"] = FUNCTIONS["remainder"]
FUNCTIONS["true_divide"] = FUNCTIONS["divide"]
FUNCTIONS["bitwise_not"] = FUNCTIONS["bitwise_invert"]
