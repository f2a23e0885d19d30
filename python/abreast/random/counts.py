"""Methods that draw whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast.random.drawing import Drawing, threads_for

__all__ = ["Counts"]


class Counts(Drawing):
    """Whole numbers; the arguments are those of `numpy.random.Generator`."""

    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
    ) -> Any:
        """Draw whole numbers from `low` to below `high`, or up to it; with one bound, from 0."""
        bounds = _bounds(low, high, endpoint)
        if size is None and dtype is np.int64 and bounds is not None:
            first, last = bounds
            if _LEAST <= first <= last <= _MOST:
                return np.int64(self._bits.integer(first, last))
        kind = _integer_type(dtype)
        if kind is None or bounds is None:
            return self._between(low, high, size, dtype, endpoint)
        first, last = bounds
        least, most = _LIMITS[kind.name]
        if not least <= first <= last <= most:
            return self._by_numpy("integers", low, high, size, dtype, endpoint)
        out = np.empty(1 if size is None else size, kind)
        view = out.reshape(-1).view(np.uint8) if kind.name == "bool" else out.reshape(-1)
        self._bits.integers(kind.name, first, last, view, threads_for(out.nbytes // 8))
        if size is not None:
            return out
        return dtype(out[0]) if dtype is int or dtype is bool else out[0]

    def _between(self, low: Any, high: Any, size: Any, dtype: Any, endpoint: bool) -> Any:
        """Draw between bounds in arrays: here if they are long integers, and so is the result."""
        arrays = [np.asarray(it) for it in ((0, low) if high is None else (low, high))]
        plain = _integer_type(dtype) == np.int64 and all(it.dtype.kind == "i" for it in arrays)
        if not plain or any(it.size == 0 for it in arrays) or all(it.size == 1 for it in arrays):
            return self._by_numpy("integers", low, high, size, dtype, endpoint)
        first, last = arrays
        try:
            shape = np.broadcast_shapes(first.shape, last.shape)
            wanted = shape if size is None else tuple(np.empty(size, np.void).shape)
            fits = np.broadcast_shapes(shape, wanted) == wanted
        except (ValueError, TypeError):
            fits = False
        if not fits or bool((last <= first).any() if not endpoint else (last < first).any()):
            return self._by_numpy("integers", low, high, size, dtype, endpoint)
        out = np.empty(wanted, np.int64)
        columns = [
            np.ascontiguousarray(np.broadcast_to(it, wanted), np.int64).reshape(-1)
            for it in (first, last.astype(np.int64) - (not endpoint))
        ]
        self._bits.integers_between(columns[0], columns[1], out.reshape(-1))
        return out

    def bytes(self, length: int) -> bytes:
        """Draw random bytes."""
        if type(length) is not int or length < 1:
            return self._by_numpy("bytes", length)  # type: ignore[no-any-return]
        return self._bits.bytes(length, threads_for(length // 8))

    def binomial(self, n: Any, p: Any, size: Any = None) -> Any:
        """Draw successes in `n` trials."""
        return self._whole("binomial", (n, p), "wr", size)

    def negative_binomial(self, n: Any, p: Any, size: Any = None) -> Any:
        """Draw failures before the `n`-th success."""
        return self._whole("negative_binomial", (n, p), "rr", size)

    def poisson(self, lam: Any = 1.0, size: Any = None) -> Any:
        """Draw counts of mean `lam`."""
        return self._whole("poisson", (lam,), "r", size)

    def geometric(self, p: Any, size: Any = None) -> Any:
        """Draw trials up to the first success."""
        return self._whole("geometric", (p,), "r", size)

    def hypergeometric(self, ngood: Any, nbad: Any, nsample: Any, size: Any = None) -> Any:
        """Draw good ones among `nsample` taken."""
        return self._whole("hypergeometric", (ngood, nbad, nsample), "www", size)

    def logseries(self, p: Any, size: Any = None) -> Any:
        """Draw numbers of the logarithmic series."""
        return self._whole("logseries", (p,), "r", size)

    def zipf(self, a: Any, size: Any = None) -> Any:
        """Draw from Zipf's law, of exponent `a`."""
        return self._whole("zipf", (a,), "r", size)


_LIMITS: dict[str, tuple[int, int]] = {
    f"{sign}int{bits}": (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    for sign in ("", "u")
    for bits in (8, 16, 32, 64)
} | {"bool": (0, 1)}


_LEAST, _MOST = _LIMITS["int64"]


def _integer_type(dtype: Any) -> Any:
    if dtype is np.int64:
        return _LONG
    try:
        found = np.dtype(dtype)
    except TypeError:
        return None
    return found if found.isnative and found.name in _LIMITS else None


_LONG = np.dtype(np.int64)


def _bounds(low: Any, high: Any, endpoint: bool) -> tuple[int, int] | None:
    """Return the first and the last number, if the bounds are whole numbers."""
    if high is None:
        low, high = 0, low
    if not isinstance(low, (int, np.integer)) or not isinstance(high, (int, np.integer)):
        return None
    return int(low), int(high) - (0 if endpoint else 1)
