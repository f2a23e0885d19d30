"""Ten-fold cross-validation of a random forest, one task a fold.

Shows the plainest use of `ab.map`: a function of one fold, called for ten of them. It uses the data
as global variables, which travel with it. Each fold has a `random_state` of its own, so that its
forest does not depend on who grows it. With ``folds = list(LeaveOneOut().split(x))`` the same
program leaves out one patient at a time: 442 tasks instead of ten.

Prints for each fold how many patients were held out and the root mean squared error there, then the
error over all patients. The data are scikit-learn's diabetes progression of 442 patients.

Run it, also on another plan (`pip install '.[demo]'` brings scikit-learn)::

    python examples/ten_fold.py
    ABREAST_PLAN=threads python examples/ten_fold.py
"""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import KFold

import abreast as ab

x, y = load_diabetes(return_X_y=True)
folds = list(KFold(n_splits=10, shuffle=True, random_state=1).split(x))


def squared_errors(number):
    """Fit on all patients outside the fold of this number; return the errors of those inside."""
    train, held_out = folds[number]
    forest = RandomForestRegressor(n_estimators=50, random_state=number)
    forest.fit(x[train], y[train])
    return (y[held_out] - forest.predict(x[held_out])) ** 2


errors = ab.map(squared_errors, range(len(folds)))

print("fold  patients  root mean squared error")
for number, squares in enumerate(errors):
    print(f"{number:4}  {len(squares):8}  {np.sqrt(np.mean(squares)):23.6f}")
print(f" all  {len(y):8}  {np.sqrt(np.mean(np.concatenate(errors))):23.6f}")
