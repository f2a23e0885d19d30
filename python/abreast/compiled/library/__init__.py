"""Functions of NumPy's that are written in the language of compiled functions.

They are compiled into whoever calls them. `FUNCTIONS` says which are there, `MATH` which of
`math`, and `METHODS` which are methods of arrays too.
"""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

from abreast.compiled.library import (
    alike,
    corners,
    counting,
    linear,
    moved,
    orders,
    places,
    signals,
    sums,
)

__all__ = ["FUNCTIONS", "MATH", "METHODS"]

_NAMES: list[tuple[ModuleType, str]] = [
    (alike, "allclose array_equal isclose iscomplex isneginf isposinf isreal nan_to_num"),
    (
        corners,
        "diag diagflat fill_diagonal trace tri tril tril_indices tril_indices_from triu "
        "triu_indices triu_indices_from vander",
    ),
    (
        linear,
        "cross inner kron outer vdot linalg.cholesky linalg.det linalg.inv "
        "linalg.matrix_power linalg.norm linalg.solve",
    ),
    (
        moved,
        "append argwhere ascontiguousarray atleast_1d atleast_2d broadcast_to column_stack "
        "delete expand_dims extract flip fliplr flipud insert repeat resize roll tile "
        "trim_zeros",
    ),
    (
        orders,
        "argsort intersect1d isin median nanmedian nanpercentile nanquantile percentile "
        "quantile setdiff1d setxor1d sort union1d unique",
    ),
    (places, "bincount digitize histogram interp searchsorted"),
    (
        signals,
        "bartlett blackman convolve correlate geomspace hamming hanning logspace polyval sinc "
        "unwrap",
    ),
    (
        sums,
        "average corrcoef cov diff ediff1d nancumprod nancumsum nanmax nanmean nanmin nanprod "
        "nanstd nansum nanvar ptp trapezoid",
    ),
]

FUNCTIONS: dict[str, FunctionType] = {
    name: vars(home)[name.rpartition(".")[2]] for home, names in _NAMES for name in names.split()
}

_OF_MATH = "comb dist factorial gcd isclose isqrt lcm modf perm remainder ulp"

MATH: dict[str, FunctionType] = {name: vars(counting)[name] for name in _OF_MATH.split()}

METHODS: dict[str, Any] = {
    "argsort": orders.argsort,
    "repeat": moved.repeat,
    "sort": orders.sort_in_place,
}
