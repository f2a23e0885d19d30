"""Subclasses of NumPy's arrays: which are more than the numbers in them."""

from __future__ import annotations

import functools
from typing import Any

__all__ = ["means_more"]

_TOLD_BY = ("__array_ufunc__", "__array_function__", "__add__", "__mul__", "__eq__")


@functools.cache
def means_more(kind: Any) -> bool:
    """Whether arrays of a class compute with more than their numbers: masks, units, matrices.

    Parameters
    ----------
    kind : type
        A subclass of `numpy.ndarray`.

    Returns
    -------
    bool
        Whether it has arithmetic of its own.

    Examples
    --------
    >>> import numpy as np
    >>> means_more(np.ma.MaskedArray), means_more(np.memmap)
    (True, False)
    """
    import numpy as np

    return any(getattr(kind, name) is not getattr(np.ndarray, name) for name in _TOLD_BY)
