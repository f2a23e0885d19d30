"""What the examples must print, computed without abreast; printed as JSON, rows of numbers each.

A program of its own, because scikit-learn brings native threads into its process that tests of
thread pools do not expect there.
"""

import json
from collections.abc import Iterator

import numpy as np
from scipy import integrate, stats
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

Rows = Iterator[list[float]]


def ten_fold() -> Rows:
    x, y = load_diabetes(return_X_y=True)
    squares = 0.0
    for number, fold in enumerate(KFold(10, shuffle=True, random_state=1).split(x)):
        forest = RandomForestRegressor(n_estimators=50, random_state=number)
        (score,) = cross_val_score(forest, x, y, cv=[fold], scoring="neg_mean_squared_error")
        yield [number, len(fold[1]), np.sqrt(-score)]
        squares -= score * len(fold[1])
    yield [len(y), np.sqrt(squares / len(y))]


def three_methods() -> Rows:
    x, y = load_breast_cancer(return_X_y=True)
    for method, scaled in [
        (LogisticRegression(solver="newton-cholesky"), True),
        (RandomForestClassifier(n_estimators=50, random_state=1), False),
        (KNeighborsClassifier(15), True),
    ]:
        benign = np.zeros(len(y))
        for train, test in StratifiedKFold(5, shuffle=True, random_state=1).split(x, y):
            scaler = StandardScaler(with_mean=scaled, with_std=scaled).fit(x[train])
            method.fit(scaler.transform(x[train]), y[train])
            benign[test] = method.predict_proba(scaler.transform(x[test]))[:, 1]
        right = np.mean((benign > 0.5) == y)
        yield [right, brier_score_loss(y, benign), roc_auc_score(y, benign)]


def methods_by_folds() -> Rows:
    x, y = load_diabetes(return_X_y=True)
    folds = KFold(n_splits=10, shuffle=True, random_state=1)
    for method in [
        LinearRegression(),
        RandomForestRegressor(n_estimators=20, random_state=1),
        KNeighborsRegressor(20),
    ]:
        errors = -cross_val_score(method, x, y, cv=folds, scoring="neg_root_mean_squared_error")
        yield [errors.mean(), errors.std(ddof=1)] * 2


def stratified() -> Rows:
    """In closed form from sums of powers, where the example goes by residuals."""
    n, clinics = 2_000_000, np.arange(12)
    rng = np.random.default_rng(1)
    clinic = rng.choice(clinics, n, p=(clinics + 1) / 78)
    x = rng.uniform(0, 10, n)
    y = 20 + clinic + 0.5 * x + rng.normal(0, 5, n)
    powers = (x**0, x, y, x * x, x * y, y * y)
    m, sx, sy, sxx, sxy, syy = (np.bincount(clinic, weights=it) for it in powers)
    a, b, c = sxx - sx * sx / m, sxy - sx * sy / m, syy - sy * sy / m
    slope, error = b / a, np.sqrt((c - b * b / a) / (m - 2) / a)
    yield from np.transpose([m, slope, error]).tolist()
    # Pooling by inverse variances is a weighted mean.
    pooled = np.average(slope, weights=error**-2)
    yield [n, pooled, 1 / np.sqrt(np.sum(error**-2))]
    yield [np.sum(((slope - pooled) / error) ** 2), 11]


def simulation() -> Rows:
    sizes, replicates = [10, 30, 100], 1000
    ends = np.empty((len(sizes), 2, replicates, 2))
    for i, seed in enumerate(np.random.SeedSequence(1).spawn(replicates)):
        rng = np.random.default_rng(seed)
        for each, n in zip(ends, sizes, strict=True):
            x = rng.exponential(1.0, n)
            each[0, i] = np.mean(x), stats.sem(x)
            means = np.mean(x[rng.integers(0, n, (500, n))], axis=1)
            each[1, i] = np.quantile(means, 0.025), np.quantile(means, 0.975)
    for each, n in zip(ends, sizes, strict=True):
        mean, error = each[0].T
        each[0] = np.transpose(stats.t.interval(0.95, n - 1, loc=mean, scale=error))
        for low, high in np.swapaxes(each, 1, 2):
            covers = (low <= 1) & (high >= 1)
            rejects = (low > 0.5) | (high < 0.5)
            error = covers.std() / np.sqrt(replicates)
            yield [n, covers.mean(), error, np.mean(high - low), rejects.mean()]


def cross_validation() -> Rows:
    x, y = load_diabetes(return_X_y=True)
    patients, seeds = np.arange(len(y)), iter(np.random.SeedSequence(1).spawn(20))
    for penalty in [0.001, 0.01, 0.1, 1.0]:
        means = []
        for _ in range(5):
            shuffled = np.random.default_rng(next(seeds)).permutation(patients)
            folds = [(np.setdiff1d(patients, it), it) for it in np.array_split(shuffled, 10)]
            ridge = Ridge(penalty, solver="cholesky")
            scores = cross_val_score(ridge, x, y, cv=folds, scoring="neg_mean_squared_error")
            means.append(-scores.mean())
        yield [penalty, np.mean(means), np.std(means)]


def compressed_files() -> Rows:
    every = []
    for number in range(6):
        degrees = np.random.default_rng([7, number]).normal(280 + number, 8, 4000).round(2)
        every.append(degrees)
        yield [number, 4000, degrees.min(), degrees.max()]
    yield [np.min(every), np.max(every)]


def anywhere() -> Rows:
    shares = []
    for seed in range(4):
        hits = 0
        for child in np.random.SeedSequence(seed).spawn(4):
            x, y = np.random.default_rng(child).random((5000, 2)).T
            hits += int((x**2 + y**2 <= 1).sum())
        shares.append(hits / 20_000)
        yield [20_000, shares[-1], 4 * shares[-1]]
    yield [4 * np.mean(shares)]


def compare() -> Rows:
    exact = integrate.quad(lambda x: np.exp(-(x**2)), 0, 1, epsabs=1e-15)[0]
    for n in [100, 1000, 10_000, 100_000]:
        middles = np.linspace(0, 1, 2 * n + 1)[1::2]
        value = np.mean(np.exp(-(middles**2)))
        yield [n, value, value - exact]


EXAMPLES = [
    anywhere,
    compare,
    compressed_files,
    cross_validation,
    methods_by_folds,
    simulation,
    stratified,
    ten_fold,
    three_methods,
]
rows = {each.__name__: [list(map(float, row)) for row in each()] for each in EXAMPLES}
print(json.dumps(rows))
