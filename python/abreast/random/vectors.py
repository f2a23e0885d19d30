"""Methods whose every draw is a row of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast.random.continuous import Continuous

__all__ = ["Vectors"]


class Vectors(Continuous):
    """Rows of numbers; the arguments are those of `numpy.random.Generator`."""

    def multinomial(self, n: Any, pvals: Any, size: Any = None) -> Any:
        """Count how often each of several outcomes comes up in `n` trials."""
        shares = np.asarray(pvals)
        if type(n) is not int or shares.ndim != 1 or shares.dtype != np.float64 or not shares.size:
            return self._by_numpy("multinomial", n, pvals, size)
        out = _rows(size, shares.size, np.int64)
        if out is None or not 0 <= n < 1 << 63:
            return self._by_numpy("multinomial", n, pvals, size)
        try:
            self._bits.multinomial(n, np.ascontiguousarray(shares), out.reshape(-1))
        except ValueError:
            return self._by_numpy("multinomial", n, pvals, size)
        return out

    def dirichlet(self, alpha: Any, size: Any = None) -> Any:
        """Draw shares that sum to 1."""
        weights = np.asarray(alpha)
        if weights.ndim != 1 or not weights.size or weights.dtype.kind not in "if":
            return self._by_numpy("dirichlet", alpha, size)
        out = _rows(size, weights.size, np.float64)
        if out is None:
            return self._by_numpy("dirichlet", alpha, size)
        try:
            self._bits.dirichlet(np.ascontiguousarray(weights, np.float64), out.reshape(-1))
        except ValueError:
            return self._by_numpy("dirichlet", alpha, size)
        return out

    def multivariate_hypergeometric(
        self, colors: Any, nsample: Any, size: Any = None, method: str = "marginals"
    ) -> Any:
        """Count how many of each colour are among `nsample` taken from an urn."""
        arguments = (colors, nsample, size, method)
        urn = np.asarray(colors)
        if (
            urn.ndim != 1
            or not urn.size
            or urn.dtype != np.int64
            or type(nsample) is not int
            or method not in ("marginals", "count")
        ):
            return self._by_numpy("multivariate_hypergeometric", *arguments)
        out = _rows(size, urn.size, np.int64)
        if out is None or not 0 <= nsample < 1 << 63:
            return self._by_numpy("multivariate_hypergeometric", *arguments)
        urn = np.ascontiguousarray(urn)
        try:
            self._bits.urn(urn, nsample, method == "count", out.reshape(-1))
        except ValueError:
            return self._by_numpy("multivariate_hypergeometric", *arguments)
        return out

    def multivariate_normal(
        self,
        mean: Any,
        cov: Any,
        size: Any = None,
        check_valid: str = "warn",
        tol: float = 1e-8,
        *,
        method: str = "svd",
    ) -> Any:
        """Draw normal vectors of mean `mean` and covariance `cov`.

        The covariance is factored by NumPy's own functions, so the numbers are NumPy's where its
        LAPACK is the same.
        """
        keywords = {"check_valid": check_valid, "tol": tol, "method": method}
        centre, square = np.asarray(mean), np.asarray(cov)
        shape = () if size is None else (size,) if isinstance(size, int) else size
        plain = (
            centre.ndim == 1
            and square.shape == centre.shape * 2
            and centre.dtype.kind in "if"
            and square.dtype.kind in "if"
            and isinstance(shape, tuple)
            and np.prod(shape, dtype=object) * centre.size >= _MANY
            and check_valid in _CHECKS
        )
        if not plain:
            return self._by_numpy("multivariate_normal", mean, cov, size, **keywords)
        # NumPy looks at its arguments with an empty result, and warns.
        self._by_numpy("multivariate_normal", mean, cov, (0, *shape[1:]), **keywords)
        normals = self.standard_normal((*shape, centre.size)).reshape(-1, centre.size)
        square = square.astype(np.float64)
        if method == "svd":
            vectors, roots, _ = np.linalg.svd(square)
            factor = vectors * np.sqrt(roots)
        elif method == "eigh":
            roots, vectors = np.linalg.eigh(square)
            factor = vectors * np.sqrt(np.abs(roots))
        else:
            factor = np.linalg.cholesky(square)
        return (centre + normals @ factor.T).reshape((*shape, centre.size))


_CHECKS = ("warn", "ignore")  # what else there is may raise
_MANY = 1 << 12
"""Numbers from which on our normals are worth more than NumPy's checks cost."""


def _rows(size: Any, width: int, dtype: Any) -> Any:
    """Return an empty result of rows; None if the size is not plain."""
    if size is None:
        return np.empty(width, dtype)
    shape = (size,) if isinstance(size, int) else size
    if not isinstance(shape, tuple) or not all(isinstance(it, int) and it >= 0 for it in shape):
        return None
    return np.empty((*shape, width), dtype)
