"""A digest that is a line of code in any language."""

from __future__ import annotations

from collections.abc import Iterable


def digest(words: Iterable[int]) -> int:
    """Return the FNV-1a hash of 64-bit words."""
    sum_ = 0xCBF29CE484222325
    for word in words:
        sum_ = ((sum_ ^ word) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return sum_
