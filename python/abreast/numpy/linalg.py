"""Linear algebra; runs through NumPy so far.

>>> import abreast.numpy as anp
>>> anp.linalg.det(anp.asarray([[1.0, 2.0], [3.0, 5.0]])).round(6)
Array(-1.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast.numpy.numpys import through_numpy

__all__ = [name for name in np.linalg.__all__ if name != "LinAlgError"]

LinAlgError = np.linalg.LinAlgError

globals().update(through_numpy(np.linalg, __all__))


def __getattr__(name: str) -> Any:
    from abreast.numpy.names import refusal

    raise refusal(__name__, name, __all__)
