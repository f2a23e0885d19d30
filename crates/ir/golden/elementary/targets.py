"""What each polynomial approximates, where, and which error counts."""

from __future__ import annotations

from minimax import Real, Target
from mpmath import mp, mpf

SPARE = mpf("1.002")  # reduced arguments reach a little past their bounds
HALF_LN2 = mp.log(2) / 2 * SPARE
QUARTER = (mp.pi / 4 * SPARE) ** 2
HALF = (mp.pi / 2 * SPARE) ** 2
EIGHTH = mp.sqrt(2) - 1  # tan(pi / 8)
LOG_LOW, LOG_HIGH = mp.sqrt(mpf(1) / 2) - 1, mp.sqrt(2) - 1


def sine(s: mpf) -> mpf:
    """Return (sin(r)/r - 1) / s, s = r^2."""
    r = mp.sqrt(s)
    return (mp.sin(r) / r - 1) / s


def cosine(s: mpf) -> mpf:
    """Return (cos(r) - 1 + s/2) / s^2, s = r^2."""
    return (mp.cos(mp.sqrt(s)) - 1 + s / 2) / s**2


def relative_to_sine(s: mpf) -> mpf:
    """Weight of a term in r^3."""
    r = mp.sqrt(s)
    return r**3 / mp.sin(r)


def on_octave(function: Real, weight: Real) -> Target:
    """Where 1 + f runs from sqrt(1/2) to sqrt(2)."""
    return Target(function, weight, LOG_LOW, LOG_HIGH)


def logarithm(base: mpf) -> Target:
    """(log(1 + f) - f) / f^2, in any base."""
    factor = 1 / mp.log(base)
    return on_octave(
        lambda f: factor * (mp.log1p(f) - f) / f**2, lambda f: f**2 / mp.log1p(f) / factor
    )


def scaled_erfc(t: mpf) -> mpf:
    """Return (1 + 2 a) exp(a^2) erfc(a), t = (a - 4) / (a + 4); between 1 and 1.24 for every a."""
    a = 4 * (1 + t) / (1 - t)
    return (1 + 2 * a) * mp.exp(a * a) * mp.erfc(a)


def stirling(w: mpf) -> mpf:
    """Return x (lgamma(x) - (x - 1/2) log(x) + x - log(2 pi) / 2), w = x^-2."""
    x = 1 / mp.sqrt(w)
    return x * (mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2)


# With the bits wanted beyond 27.5 (f32) and 57 (f64).
TARGETS: dict[str, tuple[Target, float | dict[str, float]]] = {
    "EXP": (
        Target(
            lambda r: (mp.exp(r) - 1 - r) / r**2, lambda r: r**2 / mp.exp(r), -HALF_LN2, HALF_LN2
        ),
        0,
    ),
    "EXP2": (
        Target(
            lambda r: (mp.power(2, r) - 1) / r, lambda r: r / mp.power(2, r), -SPARE / 2, SPARE / 2
        ),
        0,
    ),
    "EXPM1": (
        Target(
            lambda r: (mp.expm1(r) - r) / r**2, lambda r: r**2 / mp.expm1(r), -HALF_LN2, HALF_LN2
        ),
        0,
    ),
    "SINH": (
        Target(
            lambda s: (mp.sinh(mp.sqrt(s)) / mp.sqrt(s) - 1) / s,
            lambda s: mp.sqrt(s) ** 3 / mp.sinh(mp.sqrt(s)),
            mpf(0),
            HALF_LN2**2,
        ),
        0,
    ),
    "COSH": (
        Target(
            lambda s: (mp.cosh(mp.sqrt(s)) - 1) / s,
            lambda s: s / mp.cosh(mp.sqrt(s)),
            mpf(0),
            HALF_LN2**2,
        ),
        0,
    ),
    "LOG": (logarithm(mp.e), 0),
    "LOG2": (logarithm(mpf(2)), 0),
    "LOG10": (logarithm(mpf(10)), 0),
    "SIN": (Target(sine, relative_to_sine, mpf(0), QUARTER), 0),
    # In f32 the file has neighbours of these coefficients, found by trial over all reduced angles:
    # with them the sum of all errors is least, and no sine is above 1.
    "SIN_HALF": (Target(sine, relative_to_sine, mpf(0), HALF), 0),
    "COS": (Target(cosine, lambda s: s**2 / mp.cos(mp.sqrt(s)), mpf(0), QUARTER), 0),
    "ASIN": (
        Target(
            lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
            lambda z: mp.sqrt(z) ** 3 / mp.asin(mp.sqrt(z)),
            mpf(0),
            mpf(1) / 4,
        ),
        0,
    ),
    "ATAN": (
        Target(
            lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
            lambda z: mp.sqrt(z) ** 3 / mp.atan(mp.sqrt(z)),
            mpf(0),
            (EIGHTH * SPARE) ** 2,
        ),
        0,
    ),
    "ERF": (
        Target(
            lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1,
            lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)),
            mpf(0),
            mpf("0.625") ** 2,
        ),
        0,
    ),
    "ERFC": (
        Target(
            lambda t: scaled_erfc(t) - mpf("1.25"),
            lambda t: 1 / scaled_erfc(t),
            mpf("-0.999999999"),
            mpf("0.75"),
        ),
        0,
    ),
    # For the rounding errors of t alone, so three digits do.
    "ERFC_SLOPE": (
        Target(lambda t: mp.diff(scaled_erfc, t), lambda _: mpf(1), mpf("-0.99999"), mpf("0.75")),
        {"f32": -23, "f64": -52.5},
    ),
    "LGAMMA": (
        Target(
            lambda t: (mp.loggamma(2 + t) - (1 - mp.euler) * t) / t**2,
            lambda t: t**2 / abs(mp.loggamma(2 + t)),
            mpf("-0.5"),
            mpf("0.5"),
        ),
        1.2,
    ),
    "STIRLING": (
        Target(
            stirling,
            lambda w: mp.sqrt(w) / mp.loggamma(1 / mp.sqrt(w)),
            mpf("1e-9"),
            mpf("8.4") ** -2,
        ),
        1,
    ),
    # A first guess: what follows triples its digits in f64, and doubles them at the end.
    "CBRT": (Target(lambda f: 1 / mp.cbrt(f), mp.cbrt, mpf(1), mpf(2)), {"f32": -12, "f64": -38}),
}


def series_of_log2(z: mpf) -> mpf:
    """Return what follows the terms in s and s^3 of log2((1 + s) / (1 - s)), over s^5; z = s^2."""
    s = mp.sqrt(z)
    return ((2 * mp.atanh(s) / s - 2) / z - mpf(2) / 3) / z / mp.log(2)


# For `pow` alone, whatever the format of its arguments, as free constants of f64.
WIDE: dict[str, tuple[Target, float]] = {
    # In f64: relative to the whole logarithm.
    "POWER_SERIES": (
        Target(
            series_of_log2,
            lambda z: z**2.5 * mp.log(2) / mp.atanh(mp.sqrt(z)) / 2,
            mpf(0),
            ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * SPARE,
        ),
        67.0,
    ),
    # In f32.
    "POWER_LOG2": (
        on_octave(lambda f: mp.log1p(f) / f / mp.log(2), lambda f: f / mp.log1p(f) * mp.log(2)),
        38.0,
    ),
    "POWER_EXP2": (
        Target(
            lambda r: (mp.power(2, r) - 1) / r,
            lambda r: r / mp.power(2, r),
            mpf("-0.501"),
            mpf("0.501"),
        ),
        32.0,
    ),
}
WIDE_PIECES = [("POWER_FIRST", 2 / mp.log(2)), ("POWER_SECOND", 2 / mp.log(2) / 3)]

# Name, value, and the bits that each piece may use (0: as many as there are; below 0: rounded
# down).
CONSTANTS = {
    file: [
        ("LOG2_E", 1 / mp.log(2), [0]),
        ("LN2", mp.log(2), [0, 0, 0]),
        ("LN2_PIECES", mp.log(2), [0, 0]),
        ("LN2_SHORT", mp.log(2), [short, 0]),
        ("LOG10_2", mp.log10(2), [short, 0]),
        ("LOG2_E_PIECES", 1 / mp.log(2), [0, 0]),
        ("LOG10_E", mp.log10(mp.e), [0, 0]),
        ("ONE_LESS_EULER", 1 - mp.euler, [0, 0]),
        ("STIRLING_CONSTANT", (mp.log(2 * mp.pi) - 1) / 2, [0, 0]),
        ("LOG_PI", mp.log(mp.pi), [0, 0]),
        ("PI", mp.pi, [0, 0]),
        ("SQRT_HALF", mp.sqrt(mpf(1) / 2), [0]),
        ("TWO_OVER_PI", 2 / mp.pi, [0]),
        ("HALF_PI", mp.pi / 2, [0, 0]),
        ("HALF_PI_STEPS", mp.pi / 2, [0, 32 if file == "f64" else 0, 0]),
        ("PI_STEPS", mp.pi, [-1, -1, -1]),  # none is negative
    ]
    # Short: a product with an exponent is exact.
    for file, short in (("f32", 15), ("f64", 41))
}
