"""Other libraries take arrays as they take NumPy's, and give arrays back where they can."""

import array
import copy
import io
import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast.numpy import Array
from arrays import DTYPES, numbers, views


@contextmanager
def quiet() -> Iterator[None]:
    """Without what other libraries warn of among themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    x = anp.linspace(0.0, 1.0, 5)
    series = pandas.Series(x)
    assert series.dtype == "float64"
    assert series.tolist() == x.tolist()
    frame = pandas.DataFrame({"x": x, "double": x * 2})
    assert frame.sum().tolist() == [2.5, 5.0]
    assert pandas.DataFrame(anp.ones((2, 3))).shape == (2, 3)
    frame["more"] = anp.arange(5)
    assert frame[np.asarray(x > 0.4)]["more"].tolist() == [2, 3, 4]
    back = anp.asarray(frame["double"])
    assert isinstance(back, Array)
    assert back.tolist() == (x * 2).tolist()
    assert isinstance(anp.exp(anp.asarray(series)), Array)
    np.testing.assert_array_equal(np.asarray(x + anp.asarray(series)), np.asarray(x * 2))


@pytest.fixture(scope="module")
def pyplot() -> Any:
    """Matplotlib, with the fonts open that it never closes."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    with quiet():
        figure, _ = pyplot.subplots()
        figure.savefig(io.BytesIO())
        pyplot.close(figure)
    return pyplot


def test_pictures(pyplot: Any) -> None:
    x = anp.linspace(0.0, 6.0, 50)
    with quiet():
        figure, axes = pyplot.subplots()
        try:
            [line] = axes.plot(x, anp.sin(x))
            np.testing.assert_array_equal(line.get_ydata(), np.asarray(anp.sin(x)))
            axes.scatter(x, anp.cos(x), c=x, s=x)
            axes.fill_between(x, x, x * 2)
            axes.hist(x)
            axes.errorbar(x, x, yerr=x / 10)
            axes.imshow(anp.ones((3, 3)))
            axes.pcolormesh(anp.reshape(anp.arange(12.0), (3, 4)))
            axes.set_xlim(x.min(), x.max())
            figure.savefig(io.BytesIO())
        finally:
            pyplot.close(figure)


def test_more_pictures(pyplot: Any) -> None:
    x = anp.linspace(0.0, 1.0, 50)
    y, image = anp.sin(x * 9), anp.reshape(anp.arange(12.0), (3, 4))
    with quiet():
        figure, axes = pyplot.subplots()
        try:
            counts, edges, _ = axes.hist(y, bins=7)
            theirs = np.histogram(np.asarray(y), 7)
            np.testing.assert_array_equal(counts, theirs[0])
            np.testing.assert_allclose(edges, theirs[1])
            shown = axes.imshow(image).get_array()
            np.testing.assert_array_equal(shown, np.asarray(image))
            axes.contourf(image)
            axes.hist2d(x, y)
            axes.boxplot([x, y])
            axes.bar(anp.arange(3), anp.ones(3), yerr=anp.ones(3))
            axes.step(x, y)
            axes.stem(x[:5], y[:5])
            axes.quiver(x, y, x, y)
            axes.axvline(x.mean())
            axes.set_ylim(y.min(), y.max())
            axes.text(x[3], y[3], f"{y[3]:.2f}")
            axes.plot(x, anp.stack([y, y * 2], axis=1))
            figure.savefig(io.BytesIO())
        finally:
            pyplot.close(figure)


def test_scipy() -> None:
    scipy = pytest.importorskip("scipy")
    special = pytest.importorskip("scipy.special")
    linalg = pytest.importorskip("scipy.linalg")
    stats = pytest.importorskip("scipy.stats")
    assert scipy
    source = np.linspace(0.1, 2.0, 7)
    x = anp.asarray(source)
    with quiet():
        # Its own functions of elements are ufuncs, which keep arrays.
        for name in ("erf", "gammaln", "expit"):
            found = getattr(special, name)(x)
            assert isinstance(found, Array)
            np.testing.assert_array_equal(np.asarray(found), getattr(special, name)(source))
        np.testing.assert_allclose(
            float(special.logsumexp(x)), float(special.logsumexp(source)), rtol=1e-14
        )
        np.testing.assert_allclose(
            np.asarray(stats.zscore(x)), stats.zscore(source), rtol=1e-12, atol=1e-14
        )
        np.testing.assert_array_equal(np.asarray(linalg.inv(anp.eye(3))), np.eye(3))


def test_the_buffer_protocol() -> None:
    for dtype in DTYPES:
        for name, source in views(dtype).items():
            x = anp.asarray(source)
            view = memoryview(x)
            assert view.readonly
            assert view.shape == source.shape
            assert view.itemsize == source.itemsize
            assert view.nbytes == source.nbytes
            np.testing.assert_array_equal(np.asarray(view), source, err_msg=name)
            assert bytes(view) == source.tobytes(), name
    x = anp.arange(3, dtype="uint8")
    assert b"".join([x, x]) == b"\0\1\2\0\1\2"
    assert array.array("d", anp.ones(2)).tolist() == [1.0, 1.0]
    assert io.BytesIO(anp.ones(2)).read() == np.ones(2).tobytes()
    with pytest.raises(TypeError, match="read-only"):
        memoryview(x)[0] = 1
    with pytest.raises(TypeError, match="read-write"):
        io.BytesIO(b"abc").readinto(x)  # type: ignore[arg-type]
    # What is shown stays while it is seen, whoever else lets go.
    view = memoryview(anp.arange(1000) * 2)
    assert view[999] == 1998


PAIRS = {
    "ours, NumPy's": lambda x: (anp.asarray(x), x),
    "NumPy's, ours": lambda x: (x, anp.asarray(x)),
    "ours, a scalar of NumPy": lambda x: (anp.asarray(x), x.dtype.type(2)),
    "a scalar of NumPy, ours": lambda x: (x.dtype.type(2), anp.asarray(x)),
    "ours, a list": lambda x: (anp.asarray(x), x.tolist()),
    "a list, ours": lambda x: (x.tolist(), anp.asarray(x)),
}


@pytest.mark.parametrize("pair", list(PAIRS))
def test_mixed_operands(pair: str) -> None:
    for dtype in ("float64", "int64", "complex128"):
        x = numbers(dtype, (3, 4)) + 3
        left, right = PAIRS[pair](x)
        plain = tuple(
            np.asarray(it) if isinstance(it, (Array, list)) else it for it in (left, right)
        )
        for ufunc in (np.add, np.multiply, np.not_equal, np.subtract, np.true_divide):
            found = ufunc(left, right)
            assert isinstance(found, Array), ufunc
            np.testing.assert_allclose(np.asarray(found), ufunc(*plain), rtol=1e-14)
        for found in (left + right, left * right, left == right):
            assert isinstance(found, Array)
        for function in (np.concatenate, np.stack):
            if not isinstance(left, np.generic) and not isinstance(right, np.generic):
                found = function([left, right])
                assert isinstance(found, Array)
                np.testing.assert_array_equal(np.asarray(found), function(list(plain)))
        found = np.where(np.asarray(plain[0]) != 0, left, right)
        assert isinstance(found, Array)
        assert np.allclose(left, left)


def test_results_go_where_out_says() -> None:
    x = anp.asarray(numbers("float64", (3, 4)))
    seen = np.asarray(x)
    target = np.zeros((3, 4))
    calls: list[Any] = [
        (lambda: np.exp(x, out=target), np.exp(seen)),
        (lambda: np.add(seen, x, out=target), seen + seen),
        (lambda: anp.add(x, 1, out=target), seen + 1),
        (lambda: np.add(x, 1, out=(target,), where=seen > 0), None),
        (lambda: np.clip(x, 0, 1, out=target), np.clip(seen, 0, 1)),
    ]
    for call, expected in calls:
        assert call() is target
        if expected is not None:
            np.testing.assert_array_equal(target, expected)
    row = np.zeros(4)
    assert np.sum(x, axis=0, out=row) is row
    np.testing.assert_allclose(row, seen.sum(axis=0))
    both = np.zeros((3, 4)), np.zeros((3, 4))
    assert np.modf(x, out=both)[0] is both[0]
    np.testing.assert_array_equal(both[1], np.modf(seen)[1])
    target[...] = x
    target[0] = x[1]
    np.testing.assert_array_equal(target[0], seen[1])
    target += x
    assert type(target) is np.ndarray


def test_methods_of_ufuncs() -> None:
    x = anp.asarray(numbers("float64", (3, 4)))
    seen = np.asarray(x)
    for found, expected in [
        (np.add.reduce(x), np.add.reduce(seen)),
        (np.add.reduce(x, axis=None), np.add.reduce(seen, axis=None)),
        (np.maximum.accumulate(x, axis=1), np.maximum.accumulate(seen, axis=1)),
        (np.multiply.outer(x[0], x[1]), np.multiply.outer(seen[0], seen[1])),
        (np.add.reduceat(x[0], [0, 2]), np.add.reduceat(seen[0], [0, 2])),
    ]:
        assert isinstance(found, Array)
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-14)


def test_python_itself() -> None:
    x = anp.arange(5)
    assert sum(x) == 10
    assert max(x) == 4
    assert list(itertools.islice(map(int, x), 2)) == [0, 1]
    first, *rest = x
    assert int(first) == 0
    assert len(rest) == 4
    assert copy.copy(x).tolist() == copy.deepcopy(x).tolist() == [0, 1, 2, 3, 4]
    rows = [row.tolist() for row in anp.eye(2)]
    assert rows == [[1, 0], [0, 1]]


TEXTS = [
    (lambda xp: xp.zeros(10_000), "[0., 0., 0., ..., 0., 0., 0.]"),
    (lambda xp: xp.zeros((200, 200), dtype="int8"), "..., "),
    (lambda xp: xp.asarray(2.5), "(2.5)"),
    (lambda xp: xp.asarray(1 + 2j), "(1.+2.j)"),
    (lambda xp: xp.asarray([1 + 2j, float("nan")]), "nan+0.j"),
    (lambda xp: xp.asarray(True), "(True)"),
    (lambda xp: xp.zeros((0, 3)), "shape=(0, 3)"),
    (lambda xp: xp.asarray([[1.5, -2.0]], dtype="float32"), "[[ 1.5, -2. ]], dtype=float32"),
    (lambda xp: xp.zeros((2, 2, 2)), "\n\n"),
]


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_texts_are_numpys(number: int) -> None:
    make, part = TEXTS[number]
    mine, theirs = make(anp), make(np)
    assert repr(mine) == repr(theirs).replace("array(", "Array(", 1)
    assert part in repr(mine)
    assert str(mine) == str(theirs)
    assert f"{mine}" == f"{theirs}"
    with np.printoptions(precision=2, threshold=5):
        assert repr(mine) == repr(theirs).replace("array(", "Array(", 1)
