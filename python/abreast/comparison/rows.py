"""What a comparison consists of: rows of times, and what was left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Omitted", "Row", "band", "make_row", "ratio"]

FEW = 3
"""Fewer times than this make no band that could be trusted."""


class Row(NamedTuple):
    """The times of one function, on one plan, at one size.

    Attributes
    ----------
    label, plan : str
        The function, and the plan in force around it.
    size : int
        The size.
    median, low, high : float
        Seconds a call takes: the median, and the 5 % and 95 % quantiles.
    repeats : int
        How many times were taken.
    calls : int
        How many calls, one after the other, each of them is the mean of.
    times : tuple of float
        All of them, in the order in which they were taken.

    Examples
    --------
    >>> from abreast.comparison.rows import make_row
    >>> row = make_row("f", "serial", 10, [0.3, 0.1, 0.2])
    >>> row.median, row.repeats
    (0.2, 3)
    """

    label: str
    plan: str
    size: int
    median: float
    low: float
    high: float
    repeats: int
    calls: int
    times: tuple[float, ...]


class Omitted(NamedTuple):
    """A size at which a function was not measured, and why."""

    label: str
    plan: str
    size: int
    reason: str


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value that a share of sorted numbers does not exceed, interpolated."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = math.ceil(place)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def make_row(label: str, plan: str, size: int, times: Sequence[float], calls: int = 1) -> Row:
    """Sum up times."""
    ordered = sorted(times)
    low, median, high = (quantile(ordered, share) for share in (0.05, 0.5, 0.95))
    return Row(label, plan, size, median, low, high, len(ordered), calls, tuple(times))


def band(row: Row) -> tuple[float, float]:
    """Return between what the time lies; a few times may be off by a factor of two."""
    if row.repeats < FEW:
        return row.median / 2, row.median * 2
    return row.low, row.high


def ratio(one: Row, other: Row) -> float:
    """Return how many times as fast the second row is."""
    # A clock may show no time at all.
    return max(one.median, 1e-12) / max(other.median, 1e-12)
