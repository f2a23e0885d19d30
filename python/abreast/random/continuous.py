"""Methods that draw real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast.random.drawing import Drawing

__all__ = ["Continuous"]


class Continuous(Drawing):
    """Real numbers; the arguments are those of `numpy.random.Generator`."""

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Draw uniform numbers from 0 to below 1."""
        if size is None and out is None and dtype is np.float64:
            return self._bits.double()
        return self._plain("random", size, dtype, out)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Draw normal numbers of mean 0 and deviation 1."""
        if size is None and out is None and dtype is np.float64:
            return self._bits.real("standard_normal", ())
        return self._plain("standard_normal", size, dtype, out)

    def standard_exponential(
        self, size: Any = None, dtype: Any = np.float64, method: str = "zig", out: Any = None
    ) -> Any:
        """Exponential numbers of mean 1, by ziggurat or by the inverse ("inv")."""
        return self._plain("standard_exponential", size, dtype, out, method=method)

    def standard_gamma(
        self, shape: Any, size: Any = None, dtype: Any = np.float64, out: Any = None
    ) -> Any:
        """Draw gamma numbers of scale 1."""
        return self._shaped("standard_gamma", shape, size, dtype, out)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Draw uniform numbers from `low` to below `high`."""
        return self._reals("uniform", (low, high), size)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw normal numbers of mean `loc` and deviation `scale`."""
        return self._reals("normal", (loc, scale), size)

    def lognormal(self, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None) -> Any:
        """Draw numbers whose logarithm is normal, of mean `mean` and deviation `sigma`."""
        return self._reals("lognormal", (mean, sigma), size)

    def standard_cauchy(self, size: Any = None) -> Any:
        """Draw quotients of two normal numbers."""
        return self._reals("standard_cauchy", (), size)

    def exponential(self, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw exponential numbers of mean `scale`."""
        return self._reals("exponential", (scale,), size)

    def gamma(self, shape: Any, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw gamma numbers."""
        return self._reals("gamma", (shape, scale), size)

    def beta(self, a: Any, b: Any, size: Any = None) -> Any:
        """Draw beta numbers, from 0 to 1."""
        return self._reals("beta", (a, b), size)

    def chisquare(self, df: Any, size: Any = None) -> Any:
        """Draw sums of the squares of `df` normal numbers."""
        return self._reals("chisquare", (df,), size)

    def noncentral_chisquare(self, df: Any, nonc: Any, size: Any = None) -> Any:
        """Draw as `chisquare`, of normal numbers whose means are not 0."""
        return self._reals("noncentral_chisquare", (df, nonc), size)

    def f(self, dfnum: Any, dfden: Any, size: Any = None) -> Any:
        """Draw quotients of two chi-square numbers over their degrees of freedom."""
        return self._reals("f", (dfnum, dfden), size)

    def noncentral_f(self, dfnum: Any, dfden: Any, nonc: Any, size: Any = None) -> Any:
        """Draw as `f`, with a noncentral numerator."""
        return self._reals("noncentral_f", (dfnum, dfden, nonc), size)

    def standard_t(self, df: Any, size: Any = None) -> Any:
        """Draw Student's t with `df` degrees of freedom."""
        return self._reals("standard_t", (df,), size)

    def laplace(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw two exponentials back to back."""
        return self._reals("laplace", (loc, scale), size)

    def logistic(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw logistic numbers."""
        return self._reals("logistic", (loc, scale), size)

    def gumbel(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw from the limit of largest values."""
        return self._reals("gumbel", (loc, scale), size)

    def pareto(self, a: Any, size: Any = None) -> Any:
        """Draw Pareto II, or Lomax, numbers of shape `a`."""
        return self._reals("pareto", (a,), size)

    def weibull(self, a: Any, size: Any = None) -> Any:
        """Draw Weibull numbers of shape `a` and scale 1."""
        return self._reals("weibull", (a,), size)

    def power(self, a: Any, size: Any = None) -> Any:
        """Draw numbers of density a x**(a - 1) from 0 to 1."""
        return self._reals("power", (a,), size)

    def rayleigh(self, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw rayleigh numbers of mode `scale`."""
        return self._reals("rayleigh", (scale,), size)

    def triangular(self, left: Any, mode: Any, right: Any, size: Any = None) -> Any:
        """Draw numbers from `left` to `right`, most often near `mode`."""
        return self._reals("triangular", (left, mode, right), size)

    def vonmises(self, mu: Any, kappa: Any, size: Any = None) -> Any:
        """Draw normal angles on the circle, around `mu`."""
        return self._reals("vonmises", (mu, kappa), size)

    def wald(self, mean: Any, scale: Any, size: Any = None) -> Any:
        """Draw inverse Gaussian numbers."""
        return self._reals("wald", (mean, scale), size)
