"""Polynomials of least greatest error, by Remez' exchange on a grid, rounded to a format.

E. Remez, "Sur la détermination des polynômes d'approximation de degré donné" (1934); J.-M. Muller,
"Elementary Functions" (3rd ed. 2016), chapter 3. Coefficients are rounded one after the other, the
lowest first, and what is left is fitted anew each time, so that the later ones make up for the
rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from mpmath import mp, mpf

Real = Callable[[mpf], mpf]
mp.prec = 240


@dataclass(frozen=True)
class Target:
    """What to approximate: `weight(u) * (polynomial(u) - function(u))` is to be small."""

    function: Real
    weight: Real
    low: mpf
    high: mpf
    points: int = 600

    def samples(self) -> tuple[list[mpf], list[mpf], list[mpf]]:
        """Return grid (dense at both ends), values and weights."""
        middle, half = (self.high + self.low) / 2, (self.high - self.low) / 2
        angles = [mp.pi * (i + mpf(1) / 2) / self.points for i in range(self.points)]
        grid = [middle - half * mp.cos(angle) for angle in angles]
        return grid, [self.function(u) for u in grid], [self.weight(u) for u in grid]


def _peaks(errors: list[mpf], count: int) -> list[int]:
    """Return the places of `count` extrema whose signs alternate, the greatest among them."""
    places: list[int] = []
    for i, error in enumerate(errors):
        if places and (error > 0) == (errors[places[-1]] > 0):
            if abs(error) > abs(errors[places[-1]]):
                places[-1] = i
        else:
            places.append(i)
    while len(places) > count:
        places.pop(0 if abs(errors[places[0]]) < abs(errors[places[-1]]) else -1)
    return places


def fit(
    grid: list[mpf], values: list[mpf], weights: list[mpf], first: int, degree: int
) -> tuple[list[mpf], mpf]:
    """Return the coefficients of u^first ... u^degree, and the greatest weighted error."""
    count = degree - first + 1
    n = len(grid)
    chosen = [round((n - 1) * (1 - np.cos(np.pi * i / count)) / 2) for i in range(count + 1)]
    coefficients: list[mpf] = []
    error = mpf(0)
    for _ in range(30):
        rows, right = mp.zeros(count + 1, count + 1), mp.zeros(count + 1, 1)
        for row, i in enumerate(chosen):
            power = grid[i] ** first
            for column in range(count):
                rows[row, column] = power
                power *= grid[i]
            rows[row, count] = (-1) ** row / weights[i]
            right[row] = values[i]
        solution = mp.lu_solve(rows, right)
        coefficients = [solution[i] for i in range(count)]
        reverse = coefficients[::-1]
        errors = [
            (mp.polyval(reverse, u) * u**first - value) * weight
            for u, value, weight in zip(grid, values, weights, strict=True)
        ]
        error = max(abs(it) for it in errors)
        places = _peaks(errors, count + 1)
        if len(places) < count + 1 or error < abs(solution[count]) * mpf("1.0001"):
            break
        chosen = places
    return coefficients, error


def rounded(value: mpf, dtype: type) -> np.floating:
    """Return the nearest number of a format."""
    if dtype is np.float64:
        return np.float64(float(value))
    # Through a double, with its last bit made odd, so that the second rounding cannot err.
    bits = int(mp.floor(mp.log(abs(value), 2))) if value else 0
    scale = mpf(2) ** (24 - 1 - bits)
    return np.float32(float(mp.nint(value * scale) / scale))


def polynomial(target: Target, dtype: type, bits: float, degree: int = 0) -> tuple[list, float]:
    """Return coefficients in `dtype`, of the least degree that leaves an error below 2^-bits."""
    grid, values, weights = target.samples()
    while True:
        wanted, error = fit(grid, values, weights, 0, degree)
        if error < mpf(2) ** -bits:
            break
        degree += 1
    result: list = []
    rest = list(values)
    for first in range(degree + 1):
        result.append(rounded(wanted[first], dtype))
        exact = mpf(float(result[-1]))
        rest = [value - exact * u**first for value, u in zip(rest, grid, strict=True)]
        if first == degree:
            break
        # On an interval around 0 what is left may be no Chebyshev system; then the old ones serve.
        later, error = fit(grid, rest, weights, first + 1, degree)
        if error < _worst(grid, rest, weights, first + 1, wanted[first + 1 :]):
            wanted[first + 1 :] = later
    return result, float(mp.log(_worst(grid, rest, weights, 0, [mpf(0)]), 2))


def _worst(
    grid: list[mpf], values: list[mpf], weights: list[mpf], first: int, coefficients: list[mpf]
) -> mpf:
    """Return the greatest weighted error that coefficients of u^first ... leave."""
    reverse = coefficients[::-1]
    return max(
        abs(mp.polyval(reverse, u) * u**first - value) * weight
        for u, value, weight in zip(grid, values, weights, strict=True)
    )
