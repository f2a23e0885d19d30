"""Sums and means, also of what is not NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast.compiled.library.corners import diag

__all__: list[str] = []


def diff(a: Any) -> Any:
    return a[..., 1:] - a[..., :-1]


def ptp(a: Any) -> Any:
    return a.max() - a.min()


def nansum(a: Any) -> Any:
    return np.where(np.isnan(a), 0, a).sum()


def nanmean(a: Any) -> Any:
    return nansum(a) / int(np.count_nonzero(~np.isnan(a)))


def nanprod(a: Any) -> Any:
    return np.where(np.isnan(a), 1, a).prod()


def nancumsum(a: Any) -> Any:
    return np.cumsum(np.where(np.isnan(a), 0, a))


def nancumprod(a: Any) -> Any:
    return np.cumprod(np.where(np.isnan(a), 1, a))


def nanmax(a: Any) -> Any:
    flat = a.ravel()
    if len(flat) == 0:
        raise ValueError("zero-size array to reduction operation fmax which has no identity")
    found = flat[0]
    for i in range(1, len(flat)):
        found = np.fmax(found, flat[i])
    return found


def nanmin(a: Any) -> Any:
    flat = a.ravel()
    if len(flat) == 0:
        raise ValueError("zero-size array to reduction operation fmin which has no identity")
    found = flat[0]
    for i in range(1, len(flat)):
        found = np.fmin(found, flat[i])
    return found


def nanvar(a: Any, ddof: Any = 0) -> Any:
    apart = np.abs(np.where(np.isnan(a), 0, a - nanmean(a)))
    count = int(np.count_nonzero(~np.isnan(a)))
    found = (apart * apart).sum() / max(count - ddof, 0)
    return found if count > ddof else found * np.nan


def nanstd(a: Any, ddof: Any = 0) -> Any:
    return np.sqrt(nanvar(a, ddof))


def average(a: Any, weights: Any = None) -> Any:
    if weights is None:
        return a.mean()
    whole = weights.sum()
    if whole == 0:
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    return (a * weights).sum() / whole


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0) -> Any:
    both = y[..., 1:] + y[..., :-1]
    parts = (dx if x is None else x[..., 1:] - x[..., :-1]) * both / 2.0
    if y.ndim == 1:
        return parts.sum()
    return parts.sum(axis=-1)


def ediff1d(ary: Any) -> Any:
    flat = ary.ravel()
    return flat[1:] - flat[:-1]


def cov(m: Any, rowvar: Any = True, bias: Any = False, ddof: Any = None) -> Any:
    less = (0 if bias else 1) if ddof is None else ddof
    if m.ndim == 1:
        apart = m - m.mean()
        return (apart * np.conj(apart)).sum() / (len(m) - less)
    points = m if rowvar else m.T
    count = points.shape[1]
    apart = points - np.sum(points, axis=1, keepdims=True) / count
    return (apart @ np.conj(apart).T) / (count - less)


def corrcoef(x: Any, rowvar: Any = True) -> Any:
    both = cov(x, rowvar)
    wide = np.sqrt(diag(both).real)
    return np.clip(both / wide[:, None] / wide[None, :], -1, 1)
