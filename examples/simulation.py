"""A simulation study of 1000 replicates: how good are two intervals for the mean of skewed data?

Shows `seed`: each replicate draws from a stream of its own, its parameter `rng`, which depends on
the seed and the number of the replicate alone. Any number of workers prints the same digits, and
replicate i alone can be done again with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``.

Prints for three sample sizes and two nominal 95 % intervals (Student's t, and quantiles of 500
bootstrap means) the share of intervals that cover the mean, which is 1, with its standard error;
their mean width; and the power, here how often a mean of 0.5 is rejected. The data are exponential.

Run it, also on another plan (`pip install '.[demo]'` brings SciPy)::

    python examples/simulation.py
    ABREAST_PLAN=threads python examples/simulation.py
"""

import numpy as np
from scipy.special import stdtrit

import abreast as ab

SIZES = [10, 30, 100]
REPLICATES = 1000
RESAMPLES = 500


def t_interval(sample):
    """Return the ends of Student's 95 % interval for the mean."""
    n = len(sample)
    half = stdtrit(n - 1, 0.975) * sample.std(ddof=1) / np.sqrt(n)
    return sample.mean() - half, sample.mean() + half


def bootstrap_interval(sample, rng):
    """Return the 2.5 % and 97.5 % quantiles of the means of resamples."""
    resamples = rng.choice(sample, (RESAMPLES, len(sample)))
    return np.quantile(resamples.mean(axis=1), [0.025, 0.975])


def replicate(_, rng):
    """Draw a sample of each size; return both intervals for each, as an array (size, method, 2)."""
    intervals = []
    for n in SIZES:
        sample = rng.exponential(1.0, n)
        intervals.append([t_interval(sample), bootstrap_interval(sample, rng)])
    return np.array(intervals)


low, high = np.moveaxis(ab.map(replicate, range(REPLICATES), seed=1), -1, 0)
coverage = np.mean((low <= 1) & (high >= 1), axis=0)
error = np.sqrt(coverage * (1 - coverage) / REPLICATES)
width = np.mean(high - low, axis=0)
power = np.mean((low > 0.5) | (high < 0.5), axis=0)

print("  n  interval   coverage  standard error  mean width  power")
for i, n in enumerate(SIZES):
    for j, name in enumerate(["t", "bootstrap"]):
        columns = f"{coverage[i, j]:8.3f}  {error[i, j]:14.6f}  {width[i, j]:10.6f}"
        print(f"{n:3}  {name:9}  {columns}  {power[i, j]:5.3f}")
