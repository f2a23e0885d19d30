"""What loops of compiled functions are written with."""

from __future__ import annotations

__all__ = ["prange"]


def prange(*bounds: int) -> range:
    """Count like `range`; in a compiled function the turns run on all cores.

    Turns must not depend on each other. Variables that are only combined, as in ``s += x``,
    ``s *= x``, ``s = min(s, x)`` or ``s = max(s, x)``, are reduced; the order in which that happens
    depends on the number of turns alone, so the result does not depend on threads.

    Parameters
    ----------
    *bounds : int
        As those of `range`.

    Returns
    -------
    range
        Where Python runs the function: the same numbers in order.

    Examples
    --------
    >>> list(prange(2, 5))
    [2, 3, 4]
    """
    return range(*bounds)
