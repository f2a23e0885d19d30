"""Write f32.txt and f64.txt: arguments of every elementary function, and what is true of them.

    python crates/ir/golden/elementary/make.py

A line is a function, its arguments' bits, and the true value as a number of the format and what is
missing from it, in float64, all hexadecimal. Finite values come from mpmath; the others, and the
signs of zeros, from NumPy, or where it lacks the function from C99, Annex F.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from minimax import rounded
from mpmath import mp, mpf

from references import BINARY, FORMATS, REFERENCES, arguments, reference

COUNT = 90
NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "pow": "power"}
NUMPY |= {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}
ANGLES = {"sin", "cos", "tan"}
INF, NAN = math.inf, math.nan
ANNEX_F = {  # of infinity, -infinity, 0
    "erf": (1.0, -1.0, 0.0),
    "erfc": (0.0, 2.0, 1.0),
    "lgamma": (INF, INF, INF),
}


def special(name: str) -> list[float]:
    """Return the arguments at which something begins, ends or happens."""
    dtype, *_ = FORMATS[name]
    kind = np.finfo(dtype)
    one = dtype(1)
    sizes = [0.0, 1.0, 0.5, 2.0, 3.0, 10.0, 0.625, 8.5, 100.0, INF, 1e30]
    sizes += [kind.tiny, kind.smallest_subnormal, kind.max, kind.tiny - kind.smallest_subnormal]
    sizes += [np.nextafter(one, dtype(0)), np.nextafter(one, dtype(2)), kind.eps, kind.tiny * 1e5]
    return [sign * float(size) for size in sizes for sign in (1, -1)] + [NAN]


def hard_angles(name: str) -> list[float]:
    """Return numbers close to multiples of pi/2, small and huge."""
    dtype, *_ = FORMATS[name]
    near = [float(dtype(float(k * mp.pi / 2))) for k in (1, 2, 3, 4, 5, 11, 355, 1000, 4820, 65537)]
    # The double closest of all (Kahan and McDonald), and a float of that kind.
    worst = 6381956970095103 * 2.0**797 if name == "f64" else 16367173 * 2.0**72
    return [*near, worst, -worst, 2.0**17, 2.0**20, 2.0**20 + 1, 1e22, float(np.finfo(dtype).max)]


def limit(function: str, given: tuple) -> float:
    """Return the value where it is no finite number, or a zero, whose sign counts."""
    if function in ANNEX_F:
        (x,) = given
        if math.isnan(x):
            return NAN
        at_infinity, at_minus, at_zero = ANNEX_F[function]
        if math.isinf(x):
            return at_infinity if x > 0 else at_minus
        if function == "lgamma":
            return 0.0 if x in (1, 2) else INF
        return math.copysign(at_zero, x) if function == "erf" else at_zero
    with np.errstate(all="ignore"):
        # Arrays, because NumPy takes its own ways with a lone exponent such as 1/2.
        return float(
            getattr(np, NUMPY.get(function, function))(*(np.array([it] * 2) for it in given))[0]
        )


def bits(value: float, name: str) -> str:
    """Return a number's bits."""
    dtype, word, *_ = FORMATS[name]
    return f"{int(dtype(value).view(word)):x}"


def line(function: str, given: tuple, name: str) -> str:
    """Return one line."""
    dtype, _, digits, _, overflow = FORMATS[name]
    true = reference(function, given)
    if true is None or true == 0:
        high, low = limit(function, tuple(dtype(it) for it in given)), 0.0
    elif abs(true) >= (2 - mpf(2) ** -digits) * mpf(2) ** (overflow - 1):
        high, low = math.copysign(INF, true), 0.0
    else:
        if function == "atan2" and math.copysign(1, given[0]) < 0:
            true = -abs(true)  # mpmath knows no -0
        high = math.copysign(nearest(true, name), true)
        low = float(true - mpf(high))
    words = " ".join(bits(float(it), name) for it in given)
    return f"{function} {words} : {bits(high, name)} {bits(low, 'f64')}"


def nearest(true: mpf, name: str) -> float:
    """Return the nearest number, which may be subnormal."""
    dtype, _, digits, lowest, _ = FORMATS[name]
    if abs(true) < mpf(2) ** (lowest + digits - 1):
        return float(mp.nint(true / mpf(2) ** lowest) * mpf(2) ** lowest)
    return float(rounded(true, dtype))


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a format."""
    for function in REFERENCES:
        rng = np.random.default_rng(list(function.encode()))
        cases = [tuple(map(float, it)) for it in arguments(rng, function, COUNT, name)]
        if function in BINARY:
            some = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, INF, -INF, NAN, 5e-324, 1e300]
            dtype, *_ = FORMATS[name]
            some = [float(dtype(it)) if math.isfinite(it) and abs(it) < 1e30 else it for it in some]
            some[-1] = float(np.finfo(dtype).max)
            some[-2] = float(np.finfo(dtype).smallest_subnormal)
            cases = list(product(some, some)) + cases
        else:
            cases = [(it,) for it in special(name)] + cases
        if function in ANGLES:
            cases += [(it,) for it in hard_angles(name)]
        if function == "lgamma":
            cases += [(it,) for it in (4.0847727e36, 4.0847e36, 2.5563e305, 2.5564e305)]
            cases += [(it,) for it in (-0.25, -0.75, -1.5, -2.25, -3.7, -10.25, -100.5)]
        kind = FORMATS[name][0]
        unique = {repr(case): tuple(float(kind(it)) for it in case) for case in cases}
        yield from (line(function, case, name) for case in unique.values())


if __name__ == "__main__":
    mp.prec = 240
    np.seterr(over="ignore")  # what f32 does not hold is infinite
    for name in FORMATS:
        text = "\n".join(lines(name)) + "\n"
        (Path(__file__).parent / f"{name}.txt").write_text(text)
