"""Numbers as people read them."""

from __future__ import annotations

__all__ = ["plural", "spell", "size"]


def size(count: float) -> str:
    """Return a number of bytes as text."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


def spell(seconds: float) -> str:
    """Return a time as text, three digits of it."""
    if seconds >= 0.1 or not seconds:
        return f"{seconds:.3g} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def plural(count: int, what: str) -> str:
    """Return a noun as it stands after this number."""
    return what if count == 1 else f"{what}s"
