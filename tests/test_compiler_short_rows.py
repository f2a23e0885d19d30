"""Reductions of few values, several side by side: the bits that the interpreter gives."""

from __future__ import annotations

import numpy as np
import pytest

import abreast.numpy as anp
from abreast import _abreast
from test_compiler import DTYPES, REDUCTIONS, both, reduction, results_of, sample

VECTORS = ["", ":32", ":16"]


def rows_of(how, dtype):
    """A kernel that reduces the rows of an array, however memory lies."""
    results = results_of(how, dtype)
    names = ", ".join(f"%r{k}" for k in range(len(results)))
    outputs = ", ".join(f"%y{k}: write {each}[unit]" for k, each in enumerate(results))
    return f"""
    kernel @rows(%n: extent, %m: extent, %x: read {dtype}[any, any], {outputs}) {{
      for parallel (%i) in (%n) {{
        {names} = reduce {how} (%j) in (%m) {{
          %1 = load %x[%i, %j]
          yield %1
        }}
        {chr(10).join(f"store %r{k}, %y{k}[%i]" for k in range(len(results)))}
      }}
    }}
    """


def tame(how, x):
    """Squares of huge numbers differ in nothing but NaN."""
    return np.nan_to_num(x, posinf=3, neginf=-3).clip(-1e3, 1e3) if how == "moments" else x


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize(("how", "dtype"), REDUCTIONS)
def test_rows_of_any_short_length(how, dtype, vector):
    results = results_of(how, dtype)
    text = rows_of(how, dtype)
    rows = 150
    for length in (0, 1, 2, 3, 5, 16, 17, 31, 32, 33, 64, 65):
        x = tame(how, sample(dtype, rows * length, length).reshape(rows, length))
        both(text, [rows, length, x], [np.zeros(rows, DTYPES[each]) for each in results], vector)


@pytest.mark.parametrize("how", ["add", "argmin", "moments"])
@pytest.mark.parametrize("rows", [0, 1, 9, 128, 129, 700])
def test_any_number_of_rows_and_any_strides(how, rows):
    text = rows_of(how, "f32")
    whole = tame(how, sample("f32", 2 * rows * 14, 1)).reshape(2 * rows, 14)
    for x in (whole[::2, ::-1], whole[:rows, 1::4], whole[::-2, :3]):
        outputs = [np.zeros(rows, DTYPES[each]) for each in results_of(how, "f32")]
        both(text, [rows, x.shape[1], x], outputs)


@pytest.mark.parametrize("how", ["add", "argmax", "moments"])
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_what_stands_before_the_reduction(how, dtype):
    text = reduction(how, dtype, True)
    for length in (2, 7, 40):
        x = tame("moments", sample(dtype, 300 * length)).reshape(300, length)
        scale = tame("moments", sample(dtype, 300, 1))
        outputs = [np.zeros(300, DTYPES[each]) for each in results_of(how, dtype)]
        both(text, [300, length, x, scale], outputs)


def test_zeros_keep_their_signs():
    x = np.full((40, 3), -0.0)
    x[::2, 1] = 0.0
    found = np.asarray(anp.sum(anp.asarray(x), axis=1))
    assert np.array_equal(np.signbit(found), np.arange(40) % 2 == 1)


@pytest.mark.parametrize("axis", [0, 1, 2, (1, 2), (0, 2)])
@pytest.mark.parametrize("shape", [(300, 3, 5), (7, 2, 200), (200, 4, 3)])
def test_arrays_over_short_axes(shape, axis):
    x = np.random.default_rng(3).standard_normal(shape)
    mine = anp.asarray(x)
    assert np.allclose(anp.sum(anp.exp(mine), axis=axis), np.exp(x).sum(axis))
    assert np.allclose(anp.var(mine, axis=axis), x.var(axis))
    assert np.array_equal(anp.max(mine, axis=axis), x.max(axis))
    assert np.array_equal(anp.any(mine > 1, axis=axis), (x > 1).any(axis))


def test_the_text_of_short_rows_is_another():
    text = rows_of("add", "f64")
    assert "v32f64" in _abreast.loop_llvm(text, 64)
    assert "v32f64" not in _abreast.loop_llvm(text, 64, "short")
