"""Discrete Fourier transforms; run through NumPy so far.

>>> import abreast.numpy as anp
>>> anp.fft.fft(anp.ones(2))
Array([2.+0.j, 0.+0.j])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array
from abreast.numpy.convert import asarray, check_device
from abreast.numpy.numpys import through_numpy

__all__ = list(np.fft.__all__)

globals().update(through_numpy(np.fft, __all__))


def fftfreq(n: int, /, d: float = 1.0, *, dtype: Any = None, device: Any = None) -> Array:
    """Return the frequencies that `fft` answers with, for `n` samples at distance `d`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.fft.fftfreq(4)
    Array([ 0.  ,  0.25, -0.5 , -0.25])
    """
    check_device(device)
    return asarray(np.fft.fftfreq(n, d), dtype=dtype)


def rfftfreq(n: int, /, d: float = 1.0, *, dtype: Any = None, device: Any = None) -> Array:
    """Return the frequencies that `rfft` answers with, for `n` samples at distance `d`.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.fft.rfftfreq(4)
    Array([0.  , 0.25, 0.5 ])
    """
    check_device(device)
    return asarray(np.fft.rfftfreq(n, d), dtype=dtype)


def __getattr__(name: str) -> Any:
    from abreast.numpy.names import refusal

    raise refusal(__name__, name, __all__)
