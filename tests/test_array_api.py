"""The array API standard: what the public suite does not see, and its list of gaps."""

import inspect
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast.numpy import Array
from arrays import assert_same_as_numpy, numbers

TESTS = Path(__file__).parent


@pytest.mark.parametrize("name", ["array-api-gaps.txt", "array-api-chance.txt"])
def test_every_gap_has_a_reason(name: str) -> None:
    head, *groups = (TESTS / name).read_text().strip().split("\n\n")
    assert all(line.startswith("#") for line in head.splitlines())
    for group in groups:
        lines = group.splitlines()
        reason = [line for line in lines if line.startswith("#")]
        assert reason, group
        assert lines[: len(reason)] == reason, group
        assert len(lines) > len(reason), group
        assert all(line.startswith("array_api_tests/") for line in lines[len(reason) :])


def test_what_there_is() -> None:
    info = anp.__array_namespace_info__()
    assert anp.__array_api_version__ == "2024.12"
    assert anp.ones(1).__array_namespace__() is anp
    assert info.devices() == [info.default_device()] == ["cpu"] == [anp.ones(1).device]
    assert info.default_dtypes()["complex floating"] == "complex128"
    with anp.dtypes(32):
        assert info.default_dtypes()["real floating"] == anp.ones(1).dtype == "float32"
    for kind in ("bool", "integral", ("real floating", "complex floating"), None):
        for name, dtype in info.dtypes(kind=kind).items():
            assert dtype == name
            assert anp.ones(2, dtype=dtype).dtype == dtype
            assert kind is None or anp.isdtype(dtype, kind)
    assert len(info.dtypes()) == 13
    with pytest.raises(ValueError, match="no kind 'decimal'\nhint: "):
        info.dtypes(kind="decimal")
    with pytest.raises(ValueError, match="one device"):
        info.dtypes(device="gpu")
    most = info.capabilities()["max dimensions"]
    assert float(anp.zeros((1,) * most).sum()) == 0
    with pytest.raises(ValueError, match="65 axes are asked for, and arrays have 64 at most\nhint"):
        anp.zeros((1,) * (most + 1))
    with pytest.raises(ValueError, match="64 at most"):
        anp.zeros((1,) * most)[None]


def test_limits_are_numbers_of_python() -> None:
    for dtype in ("float16", "float32", "float64", "complex64"):
        found, expected = anp.finfo(dtype), np.finfo(dtype)
        for name in ("bits", "eps", "max", "min", "smallest_normal"):
            value = getattr(found, name)
            assert type(value) is (int if name == "bits" else float)
            assert value == getattr(expected, name)
        assert found.dtype == expected.dtype
        assert found.tiny == expected.tiny
        assert repr(found) == repr(expected)
    assert anp.finfo(anp.ones(1)).eps == 2.0**-52
    assert isinstance(pickle.loads(pickle.dumps(anp.finfo("float32"))).eps, float)


def test_order() -> None:
    for x in (numbers("int64", (5, 6)), numbers("float64", (7,)), np.array(3)):
        for axis in (0, -1, None):
            for ours in ({}, {"stable": False}, {"kind": "stable"}):
                assert_same_as_numpy(lambda xp, x, a=axis, o=ours: xp.sort(x, axis=a, **o), x)
            assert_same_as_numpy(lambda xp, x, a=axis: xp.argsort(x, axis=a, stable=True), x)
    x = numbers("int8", (4, 50))
    for axis in (0, 1):
        down = np.asarray(anp.argsort(x, axis=axis, descending=True))
        # Equal elements stay in their order: as if they were sorted by their negatives.
        np.testing.assert_array_equal(down, np.argsort(-x, axis=axis, stable=True))
        np.testing.assert_array_equal(
            np.asarray(anp.sort(x, axis=axis, descending=True)),
            np.take_along_axis(x, down, axis=axis),
        )
    assert anp.argsort(x, axis=None, descending=True).shape == (200,)
    assert isinstance(np.sort(anp.asarray(x)), Array)


def test_grids() -> None:
    x, y, z = (numbers("float32", (n,), n) for n in (2, 3, 4))
    for options in ({}, {"indexing": "ij"}, {"sparse": True}, {"sparse": True, "indexing": "ij"}):
        for given in ((), (x,), (x, y), (x, y, z), (x[:1], y[:0])):
            assert_same_as_numpy(
                lambda xp, *given, o=options: tuple(xp.meshgrid(*given, **o)), *given, exact=True
            )
    with pytest.raises(ValueError, match="meshgrid: indexing='yx'\nhint: "):
        anp.meshgrid(x, y, indexing="yx")


def test_choices_are_both_or_none() -> None:
    with pytest.raises(ValueError, match="where: one choice is missing\nhint: "):
        anp.where(anp.asarray([True]), 1)
    assert list(inspect.signature(anp.where).parameters) == ["condition", "x1", "x2"]


def test_modules_that_run_through_numpy() -> None:
    x = numbers("float64", (4, 4))
    cases: list[Any] = [
        lambda xp, x: xp.linalg.inv(x),
        lambda xp, x: tuple(xp.linalg.qr(x)),
        lambda xp, x: xp.linalg.matrix_norm(x),
        lambda xp, x: xp.linalg.slogdet(x).logabsdet,
        lambda xp, x: xp.fft.fft(x),
        lambda xp, x: xp.fft.irfftn(x),
        lambda xp, x: xp.fft.fftfreq(5, d=0.5),
        lambda xp, x: xp.linalg.inv(x[:3]),
    ]
    for case in cases:
        assert_same_as_numpy(case, x, scale=100)
    assert isinstance(anp.linalg.svd(anp.asarray(x)).S, Array)
    assert anp.fft.fftfreq(4, dtype="float32").dtype == "float32"
    assert pickle.loads(pickle.dumps(anp.linalg.inv)).__name__ == "inv"
    assert repr(anp.fft.fft) == "<abreast.numpy.fft.fft, through NumPy>"
    assert {"fft", "linalg", "sort"} <= set(dir(anp))
