"""Repeated ten-fold cross-validation of ridge regression over a grid of penalties.

Shows a map inside a task whose folds are random: they are drawn from the task's own stream, so the
twenty repetitions differ from each other and never from one plan to the next.

Prints for each penalty the mean squared error and its standard deviation over five repetitions. The
data are scikit-learn's diabetes progression of 442 patients.

Run it, also on another plan (`pip install '.[demo]'` brings scikit-learn)::

    python examples/cross_validation.py
    ABREAST_PLAN=threads python examples/cross_validation.py
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_diabetes

import abreast as ab

PENALTIES = [0.001, 0.01, 0.1, 1.0]
FOLDS = 10


def error_of_fold(held_out: np.ndarray, x: np.ndarray, y: np.ndarray, penalty: float) -> float:
    """Fit on all rows but those held out; return the mean squared error there."""
    train = np.setdiff1d(np.arange(len(y)), held_out)
    centre, mean = x[train].mean(axis=0), y[train].mean()
    a = x[train] - centre
    beta = np.linalg.solve(a.T @ a + penalty * np.eye(x.shape[1]), a.T @ (y[train] - mean))
    return float(np.mean((y[held_out] - mean - (x[held_out] - centre) @ beta) ** 2))


def repetition(penalty: float, rng: np.random.Generator) -> float:
    """Return the cross-validated error for one random division into folds.

    The inner map runs serially inside a worker, or as the second level of a plan says.
    """
    x, y = load_diabetes(return_X_y=True)
    folds = np.array_split(rng.permutation(len(y)), FOLDS)
    return float(np.mean(ab.map(lambda fold: error_of_fold(fold, x, y, penalty), folds)))


tasks = [penalty for penalty in PENALTIES for _ in range(5)]
errors = np.reshape(ab.map(repetition, tasks, seed=1), (len(PENALTIES), 5))
for penalty, row in zip(PENALTIES, errors, strict=True):
    print(f"penalty {penalty:6.3f}   mean squared error {row.mean():.6f} +- {row.std():.6f}")
