"""Functions of numbers over whole arrays, and functions with given signatures, beside NumPy."""

from __future__ import annotations

import linecache
import math
import pickle

import numpy as np
import pytest

import abreast as ab


@ab.vectorize
def sinacosb(a, b):
    """The product of a sine and a cosine."""
    return math.sin(a) * math.cos(b)


@ab.vectorize
def clipped(x, low, high):
    if x < low:
        return low
    return high if x > high else x


def test_values_and_shapes():
    draw = np.random.default_rng(1)
    a, b = draw.random((50, 1)), draw.random(70)
    assert np.allclose(sinacosb(a, b), np.sin(a) * np.cos(b), rtol=1e-14)
    assert sinacosb(a[::2, 0], b[:50:2]).shape == (25,)
    assert np.allclose(sinacosb(a.T, 2.0), np.sin(a.T) * np.cos(2.0), rtol=1e-14)
    assert isinstance(sinacosb(0.5, 1.5), float)
    assert sinacosb(np.zeros((0, 3)), 1.0).shape == (0, 3)
    for dtype in ("int8", "int64", "float32", "float64"):
        x = np.arange(-5, 6).astype(dtype)
        expected = np.clip(x, np.dtype(dtype).type(-2), np.dtype(dtype).type(3))
        found = clipped(x, -2, 3)
        assert found.dtype == dtype
        assert np.array_equal(found, expected)


def test_out_and_where():
    x = np.linspace(0, 1, 11)
    out = np.full(11, -1.0)
    assert sinacosb(x, x, out=out, where=x > 0.5) is out
    assert np.allclose(out, np.where(x > 0.5, np.sin(x) * np.cos(x), -1))
    strided = np.zeros(22)[::2]
    assert np.allclose(sinacosb(x, 0.0, out=strided), np.sin(x))
    same = x.copy()
    sinacosb(same, 0.0, out=same)
    assert np.allclose(same, np.sin(x))
    with pytest.raises(ValueError, match="out has the shape"):
        sinacosb(x, 0.0, out=np.zeros(1))
    with pytest.raises(TypeError, match="out holds int64"):
        sinacosb(x, 0.0, out=np.zeros(11, np.int64))
    with pytest.raises(ValueError, match="broadcast"):
        sinacosb(x, np.zeros(3))


def test_misuse_and_names():
    assert (sinacosb.__name__, repr(sinacosb)) == ("sinacosb", "<vectorize sinacosb>")
    assert pickle.loads(pickle.dumps(sinacosb)) is sinacosb
    with pytest.raises(TypeError, match="1 arrays for 2 parameters"):
        sinacosb(1.0)
    with pytest.raises(TypeError, match="does not return one number"):
        ab.vectorize(lambda x: (x, x))(np.zeros(3))
    with pytest.raises(TypeError, match="vectorize takes a Python function"):
        ab.vectorize(3)
    assert math.isnan(sinacosb(math.inf, 0.0))


@ab.jit("int32(int32, int32)")
def add(x, y):
    return x + y


@ab.jit("float64(float64[:, :], int64)")
def row(a, i):
    s = 0.0
    for x in a[i]:
        s += x
    return s


def test_given_signatures():
    assert add.signatures == ["int32, int32"]
    found = add(3, 4.0)
    assert (found, type(found)) == (7, np.int32)
    assert row(np.ones((3, 4)), 1) == 4.0
    assert row(np.asfortranarray(np.ones((3, 4))), -1) == 4.0
    with pytest.raises(TypeError, match="given int64, 1 axes; the signature is"):
        row(np.arange(3), 1)
    with pytest.raises(TypeError, match="given list"):
        row([1], 1)
    with pytest.raises(TypeError, match="1 arguments for the signature"):
        add(1)
    for signature in ("int32", "int32(what)", "int32(int32", "result(int32)"):
        with pytest.raises(TypeError, match="this is not a signature"):
            ab.jit(signature)(lambda x: x)
    with pytest.raises(TypeError, match="1 types for 2 parameters"):
        ab.jit("int32(int32)")(lambda x, y: x)


@pytest.mark.parametrize("name", ["f", "prange", "out", "i", "x0", "mask"])
def test_a_function_may_have_any_name(name):
    text = f"def {name}(x, y):\n    return x * y\n"
    file = f"<function {name}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    scope = {}
    exec(compile(text, file, "exec"), scope)
    product = ab.vectorize(scope[name])
    assert product(np.arange(3.0), 2.0).tolist() == [0.0, 2.0, 4.0]
    assert product(np.arange(3.0), 2.0, where=np.array([True, False, True]))[2] == 4.0
