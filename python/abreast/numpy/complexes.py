"""Functions of complex numbers, where NumPy says less at infinity and NaN than it could."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["expm1"]


def expm1(x: Any) -> Any:
    """Return `exp(x) - 1`: NumPy's, and the array API's where a part is infinite or NaN."""
    made = np.array(np.expm1(x))
    if made.dtype.kind != "c":
        return made
    real, imag = np.real(x), np.imag(x)
    circles = ~np.isfinite(imag)
    made[(real == np.inf) & circles] = complex(np.inf, np.nan)
    # The circle on which the number would lie has shrunk to a point.
    made[(real == -np.inf) & circles] = -1
    straight = (imag == 0) & ~np.isfinite(real)
    # A number on the real axis stays there, on the side from which it came.
    made.real[straight] = np.expm1(real)[straight]
    made.imag[straight] = imag[straight]
    return made
