"""Which functions run through NumPy: there is no kernel for them yet."""

from __future__ import annotations

__all__ = ["REFUSED", "fallbacks"]

fallbacks = tuple(
    """
    allclose amax amin angle append apply_along_axis apply_over_axes argpartition argsort
    argwhere around array_equal array_equiv array_split atleast_1d atleast_2d atleast_3d
    average bartlett bincount bitwise_count blackman block broadcast_shapes choose
    column_stack common_type compress convolve copy corrcoef correlate cov cross deg2rad
    degrees delete diag diag_indices diag_indices_from diagflat diagonal diff digitize
    divmod dot dsplit dstack ediff1d einsum extract fabs fix flatnonzero float_power frexp
    frombuffer fromfile fromfunction fromiter fromstring gcd geomspace gradient hamming
    hanning heaviside histogram histogram2d histogram_bin_edges histogramdd hsplit hstack i0
    indices inner insert interp intersect1d isclose iscomplex iscomplexobj isin isneginf
    isposinf isreal isrealobj isscalar ix_ kaiser kron lcm ldexp lexsort logaddexp2 logspace
    mask_indices matmul matvec median meshgrid modf nan_to_num nanargmax nanargmin
    nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile
    nanstd nansum nanvar nonzero outer packbits pad partition percentile piecewise poly
    polyadd polyder polydiv polyfit polyint polymul polysub polyval promote_types ptp
    quantile rad2deg radians ravel_multi_index real_if_close repeat resize rint roll
    rollaxis roots rot90 row_stack searchsorted select setdiff1d setxor1d sinc sort
    sort_complex spacing split take take_along_axis tensordot tile trace trapezoid tri tril
    tril_indices tril_indices_from trim_zeros triu triu_indices triu_indices_from union1d
    unique unique_all unique_counts unique_inverse unique_values unpackbits unravel_index
    unwrap vander vdot vecdot vecmat vsplit vstack
    """.split()
)
"""Names of functions that compute their arguments, hand them to NumPy, and wrap what it answers."""

REFUSED = frozenset(["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"])
"""Names of functions that write to an argument."""
