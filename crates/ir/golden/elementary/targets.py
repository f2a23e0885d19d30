"""What each polynomial approximates, where, and which error counts."""

from __future__ import annotations

from minimax import Target
from mpmath import mp, mpf

SPARE = mpf("1.002")  # reduced arguments reach a little past their bounds
HALF_LN2 = mp.log(2) / 2 * SPARE
QUARTER = (mp.pi / 4 * SPARE) ** 2
HALF = (mp.pi / 2 * SPARE) ** 2
LOG_LOW, LOG_HIGH = mp.sqrt(mpf(1) / 2) - 1, mp.sqrt(2) - 1


def series(function, first: int, count: int = 40):  # noqa: ANN001, ANN201
    """Return (function - its first terms) / u^first near 0, where the difference would cancel."""
    terms = mp.taylor(function, 0, first + count)

    def tail(u: mpf) -> mpf:
        return mp.polyval(terms[first:][::-1], u)

    return tail


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


TARGETS: dict[str, tuple[Target, float]] = {
    "EXP": (
        Target(lambda r: (mp.exp(r) - 1 - r) / r**2, lambda r: r**2 / mp.exp(r), -HALF_LN2, HALF_LN2),
        0,
    ),
    "SIN_HALF": (Target(sine, relative_to_sine, mpf(0), HALF), -0.5),
    "SIN": (Target(sine, relative_to_sine, mpf(0), QUARTER), 0),
    "COS": (Target(cosine, lambda s: s**2 / mp.cos(mp.sqrt(s)), mpf(0), QUARTER), 0),
}

# Name, value, and the bits that each piece may use (0: as many as there are).
CONSTANTS = {
    file: [
        ("LOG2_E", 1 / mp.log(2), [0]),
        ("LN2", mp.log(2), [0, 0, 0]),
        ("TWO_OVER_PI", 2 / mp.pi, [0]),
        ("HALF_PI", mp.pi / 2, [0, 0, 0]),
    ]
    for file in ("f32", "f64")
}
