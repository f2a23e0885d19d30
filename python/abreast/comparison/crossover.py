"""Who is faster from which size on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from abreast.comparison.rows import Row, band, ratio
from abreast.comparison.words import count_text

__all__ = ["Crossover", "cross"]


class Crossover(NamedTuple):
    """Which of two is faster from which size on; prints as a sentence.

    Attributes
    ----------
    faster, slower : str
        The two, by the largest size. If nobody is clearly faster there, `slower` is the one that
        was at the smallest size.
    size : int or None
        The smallest size from which on `faster` is clearly faster, up to the largest; None if at
        the largest size no difference is clear.
    before : int or None
        The largest size up to which `slower` was clearly faster, if it was at the smallest.
    ratio : float
        How many times as fast `faster` is at the largest size.
    sizes : tuple of int
        The sizes at which both were measured.
    """

    faster: str
    slower: str
    size: int | None
    before: int | None
    ratio: float
    sizes: tuple[int, ...]

    def __str__(self) -> str:
        if not self.sizes:
            return f"{self.faster} and {self.slower} have no size in common"
        last = f"{self.sizes[-1]:,}"
        if self.size is None:
            text = f"no clear difference between {self.faster} and {self.slower} at size {last}"
        else:
            where = "at all sizes"
            if len(self.sizes) == 1:
                where = f"at size {last}"
            elif self.size == self.sizes[-1]:
                where = f"at the largest size, {last}"
            elif self.size != self.sizes[0]:
                where = f"from size {self.size:,} on"
            at = "" if where.endswith(last) else f" at {last}"
            text = f"{self.faster} is faster than {self.slower} {where}, "
            text += f"{count_text(self.ratio)} times as fast{at}"
        if self.before is not None:
            where = "at" if self.before == self.sizes[0] else "up to"
            text += f"; {where} size {self.before:,}, {self.slower} is the faster"
        return text


def _ahead(one: Row, other: Row) -> int:
    """1 if the first row is clearly faster, -1 if the second is, 0 if neither."""
    (low, high), (its_low, its_high) = band(one), band(other)
    return int(high < its_low) - int(its_high < low)


def cross(name: str, mine: Mapping[int, Row], base: str, its: Mapping[int, Row]) -> Crossover:
    """Compare the rows, by size, of two."""
    sizes = tuple(sorted(mine.keys() & its.keys()))
    if not sizes:
        return Crossover(name, base, None, None, math.nan, sizes)
    ahead = [_ahead(mine[size], its[size]) for size in sizes]
    last = ahead[-1]
    faster, slower = (base, name) if last < 0 else (name, base)
    size = None
    if last:
        behind = [place for place, each in enumerate(ahead) if each != last]
        size = sizes[behind[-1] + 1 if behind else 0]
    early = ahead[0]
    before = None
    if early and early != last:
        if not last and early > 0:
            faster, slower = base, name
        before = next((b for b, each in zip(sizes, ahead[1:], strict=False) if each != early), None)
    its_last, my_last = its[sizes[-1]], mine[sizes[-1]]
    times = ratio(its_last, my_last) if faster == name else ratio(my_last, its_last)
    return Crossover(faster, slower, size, before, times, sizes)
