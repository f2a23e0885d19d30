"""Three methods of prediction at once, one task a method.

Shows `ab.submit` and `ab.gather`: calls that differ and take unequally long, started one by one.
What a task needs, here an estimator, is an argument like any other.

Prints for each method the share of tumours that five-fold cross-validation classifies rightly, the
Brier score of its probabilities (mean squared error, smaller is better) and the area under the ROC
curve. The data are scikit-learn's breast cancer diagnoses of 569 tumours.

Run it, also on another plan (`pip install '.[demo]'` brings scikit-learn)::

    python examples/three_methods.py
    ABREAST_PLAN=threads python examples/three_methods.py
"""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import abreast as ab

methods = {
    "logistic regression": make_pipeline(
        StandardScaler(), LogisticRegression(solver="newton-cholesky")
    ),
    "random forest": RandomForestClassifier(n_estimators=50, random_state=1),
    "15 nearest neighbours": make_pipeline(StandardScaler(), KNeighborsClassifier(15)),
}


def scores(method):
    """Return three scores of probabilities that were predicted for held-out tumours."""
    x, y = load_breast_cancer(return_X_y=True)
    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=1)
    benign = cross_val_predict(method, x, y, cv=folds, method="predict_proba")[:, 1]
    return accuracy_score(y, benign > 0.5), brier_score_loss(y, benign), roc_auc_score(y, benign)


futures = [ab.submit(scores, method) for method in methods.values()]
found = ab.gather(futures)

print("method                 accuracy  Brier score  area under curve")
for name, (accuracy, brier, area) in zip(methods, found, strict=True):
    print(f"{name:21}  {accuracy:8.6f}  {brier:11.6f}  {area:16.6f}")
