"""What pandas, SciPy and scikit-learn answer is what they answer on NumPy's arrays."""

import warnings
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast.numpy import Array

X = np.linspace(0.0, 1.0, 50)
Y = X * 2 + np.sin(X * 9)
GIVEN = {"x": X, "y": Y, "g": np.arange(50) % 3, "m": np.stack([X, Y], axis=1)}

PANDAS = """
pd.Series(x) + x
x + pd.Series(x)
y * pd.Series(x)
pd.Series(x) > y
pd.Series(x).where(x > 0.5, 0)
pd.Series(y, index=g).groupby(level=0).mean()
pd.Series(x).isin(x[:5])
pd.Categorical(g).codes
pd.cut(x, 3).codes
pd.Index(x)
pd.Series(x).corr(pd.Series(y))
pd.concat([pd.Series(x), pd.Series(y)])
pd.DataFrame({"x": x, "y": y}).eval("x + y")
pd.DataFrame({"x": x, "y": y}).assign(z=x * 2).sum()
pd.DataFrame({"x": x, "y": y}).describe()
pd.DataFrame(m, columns=["a", "b"]).mean()
pd.DataFrame({"x": x})[np.asarray(x > 0.5)]
pd.DataFrame({"x": x, "g": g}).groupby("g").sum()
pd.DataFrame({"x": x}).groupby(np.asarray(g)).sum()
np.exp(pd.Series(x))
""".strip().splitlines()

SCIPY = """
stats.ttest_ind(x, y)
stats.pearsonr(x, y)
stats.spearmanr(x, y)
stats.linregress(x, y)
stats.norm.pdf(x)
stats.norm.fit(y)
stats.ks_2samp(x, y)
stats.mannwhitneyu(x, y)
stats.gaussian_kde(y)(x)
stats.iqr(y)
stats.skew(y)
stats.mode(g)
stats.rankdata(y)
stats.f_oneway(x, y)
stats.chi2_contingency(m[1:] + 1)[0]
optimize.curve_fit(lambda x, a, b: a * x + b, x, y)[0]
optimize.minimize(lambda p: ((x * p[0] - y) ** 2).sum(), [1.0]).x
optimize.least_squares(lambda p: x * p[0] - y, [1.0]).x
integrate.simpson(y, x=x)
interpolate.CubicSpline(x, y)(0.5)
signal.find_peaks(y)[0]
signal.savgol_filter(y, 5, 2)
ndimage.gaussian_filter(y, 1)
sparse.csr_matrix(m).toarray()
spatial.distance.cdist(m, m)
linalg.expm(m[:2])
fft.rfft(x)
""".strip().splitlines()

LEARN = """
linear_model.LinearRegression().fit(m, y).predict(m)
linear_model.LinearRegression().fit(m, y).score(m, y)
linear_model.LogisticRegression().fit(m, g).predict(m)
ensemble.RandomForestRegressor(3, random_state=0).fit(m, y).predict(m)
preprocessing.StandardScaler().fit_transform(m)
model_selection.train_test_split(m, y, random_state=0)[0]
metrics.r2_score(y, x)
""".strip().splitlines()


def compare(line: str, library: str, *modules: str) -> None:
    """Compare what a line answers for our arrays with what it answers for NumPy's."""
    pytest.importorskip(library)
    names: dict[str, Any] = {"np": np}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in modules:
            names[module] = pytest.importorskip(f"{library}.{module}")
        if not modules:
            names["pd"] = pytest.importorskip(library)
        expected = eval(line, names | GIVEN)
        found = eval(line, names | {name: anp.asarray(x) for name, x in GIVEN.items()})
    assert isinstance(found, (type(expected), Array))
    same(found, expected)


def same(found: Any, expected: Any) -> None:
    """Compare numbers, through results that have several."""
    if isinstance(expected, (tuple, list)):
        for mine, theirs in zip(found, expected, strict=True):
            same(mine, theirs)
        return
    kind = complex if np.iscomplexobj(expected) else float
    mine, theirs = np.asarray(found, dtype=kind), np.asarray(expected, dtype=kind)
    np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("line", PANDAS)
def test_pandas(line: str) -> None:
    compare(line, "pandas")


@pytest.mark.parametrize("line", SCIPY)
def test_scipy(line: str) -> None:
    modules = [
        name
        for name in (
            *("stats", "optimize", "integrate", "interpolate", "signal", "ndimage", "sparse"),
            *("spatial", "linalg", "fft"),
        )
        if f"{name}." in line
    ]
    compare(line, "scipy", *modules)


@pytest.mark.parametrize("line", LEARN)
def test_scikit_learn(line: str) -> None:
    compare(line, "sklearn", line.partition(".")[0])


def test_elements_are_numbers() -> None:
    x = anp.asarray([3.0, 1.0, 3.0])
    assert set(x) == {1.0, 3.0} and sorted(x) == [1.0, 3.0, 3.0]
    assert dict.fromkeys(x, 1) == {3.0: 1, 1.0: 1}
    assert all(isinstance(value, np.float64) for value in x)
    assert all(isinstance(row, Array) for row in anp.ones((2, 2)))
