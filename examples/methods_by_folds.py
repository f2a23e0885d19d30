"""Methods times folds: one loop inside another, and the same loops made one.

Shows two ways to write a double loop. *Nested*: a map over methods whose tasks map over folds. How
many workers each level has is the plan's affair; with a plan of one level, the inner map runs
serially in its task. *Flat*: one map over all pairs, which keeps many workers busy on one level and
is what to prefer when there are few methods.

Prints for each method the root mean squared error over ten folds, its mean and its standard
deviation, once a way of writing: the digits are the same. The data are scikit-learn's diabetes
progression of 442 patients.

Run it, also on another plan (`pip install '.[demo]'` brings scikit-learn)::

    python examples/methods_by_folds.py
    ABREAST_PLAN=threads python examples/methods_by_folds.py
    ABREAST_PLAN=processes:2,threads:2 python examples/methods_by_folds.py

In a program the last plan is ``ab.plan(["processes:2", "threads:2"])``.
"""

from itertools import product

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsRegressor

import abreast as ab

x, y = load_diabetes(return_X_y=True)
folds = list(KFold(n_splits=10, shuffle=True, random_state=1).split(x))
methods = {
    "linear regression": LinearRegression(),
    "random forest": RandomForestRegressor(n_estimators=20, random_state=1),
    "20 nearest neighbours": KNeighborsRegressor(20),
}


def error(name, fold):
    """Return the root mean squared error of a method on the held-out patients of a fold."""
    train, held_out = fold
    # A clone, because fit() writes into the estimator, and on threads all tasks have the same one.
    fitted = clone(methods[name]).fit(x[train], y[train])
    return np.sqrt(np.mean((y[held_out] - fitted.predict(x[held_out])) ** 2))


def errors_of_method(name):
    """Return the errors of one method on all folds: a map inside a task."""
    return ab.map(lambda fold: error(name, fold), folds)


nested = ab.map(errors_of_method, methods)

pairs = list(product(methods, folds))
flat = ab.map(lambda pair: error(*pair), pairs)
flat = np.reshape(flat, (len(methods), len(folds)))

print("                       nested loops         one flat loop")
print("method                     mean  deviation       mean  deviation")
for name, row, flat_row in zip(methods, nested, flat, strict=True):
    columns = [np.mean(row), np.std(row, ddof=1), np.mean(flat_row), np.std(flat_row, ddof=1)]
    print(f"{name:21}", *(f"{column:10.6f}" for column in columns))
