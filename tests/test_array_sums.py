"""Reductions of arrays that lie in memory in odd ways: values of NumPy, and bits that stay."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp
from test_compiler import DTYPES, both, results_of, sample
from test_compiler_short_rows import rows_of, tame


def drawn():
    return np.random.default_rng(7)


def bits(made):
    return np.ascontiguousarray(np.asarray(made)).view(np.uint8)


VIEWS = {
    "every third column": lambda x: x[:, ::3],
    "columns from the last": lambda x: x[:, ::-2],
    "every second row": lambda x: x[::2],
    "without edges": lambda x: x[:, 5:-5],
    "transposed": lambda x: x.T,
    "transposed, every third": lambda x: x.T[::3],
}


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "c8"])
def test_sums_of_views(dtype, view, axis):
    look = VIEWS[view]
    x = (drawn().standard_normal((700, 401)) * 50).astype(dtype)
    if dtype == "c8":
        x = x + np.float32(0.5) * x[::-1] * np.complex64(1j)
    found = np.asarray(look(anp.asarray(x)).sum(axis=axis))
    wide = {"f4": "f8", "c8": "c16"}.get(dtype, dtype)
    np.testing.assert_allclose(found, look(x.astype(wide)).sum(axis=axis), rtol=1e-4, atol=0.2)
    # The same numbers in another place: the bits depend on shapes alone, on any threads.
    again = anp.asarray(np.ascontiguousarray(look(x)))
    with ab.threads(1):
        assert np.array_equal(bits(again.sum(axis=axis)), bits(found))


@pytest.mark.parametrize("how", ["sum", "max", "argmin", "var", "any"])
@pytest.mark.parametrize("axes", [(2, 0, 1), (1, 0, 2), (2, 1, 0), (0, 2, 1), (1, 2, 0)])
def test_permuted_axes(axes, how):
    x = drawn().standard_normal((40, 3, 70))
    shown = anp.permute_dims(anp.asarray(x), axes)
    for axis in (0, 1, 2):
        found = np.asarray(getattr(anp, how)(shown, axis=axis))
        expected = getattr(np, how)(x.transpose(axes), axis=axis)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
        copied = anp.asarray(np.ascontiguousarray(x.transpose(axes)))
        assert np.array_equal(bits(getattr(anp, how)(copied, axis=axis)), bits(found))


@pytest.mark.parametrize("how", ["add", "min", "argmax", "moments", "mul"])
@pytest.mark.parametrize("dtype", ["f32", "f64", "i16"])
@pytest.mark.parametrize("rows", [15, 16, 130, 1300])
def test_points_closer_than_their_values(rows, dtype, how):
    if how == "moments" and dtype == "i16":
        pytest.skip("there are none of integers")
    text = rows_of(how, dtype)
    x = tame("moments", sample(dtype, 67 * rows * 3, 3)).reshape(67, 3 * rows)
    x = x.astype(DTYPES[dtype])
    outputs = [np.zeros(rows, DTYPES[each]) for each in results_of(how, dtype)]
    for vector in ("", ":32"):
        both(text, [rows, 67, x[:, ::3].T], outputs, vector)
    both(text, [rows, 30, x[5:35, ::-3].T], outputs)
    both(text, [rows, 0, x[:0, ::3].T], outputs)


@pytest.mark.parametrize("dtype", [bool, np.float64])
@pytest.mark.parametrize("count", [1, 31, 5000, 300_000])
def test_any_and_all_wherever_it_is_decided(count, dtype):
    for place in sorted({0, count // 2, count - 1}):
        one = np.zeros(count, dtype)
        one[place] = 1
        x, y = anp.asarray(one), anp.asarray(1 - one if dtype is not bool else ~one)
        for threads in (1, 2):
            with ab.threads(threads):
                assert bool((x > 0).any())
                assert bool(x.any())
                assert not bool(y.all())
                assert not bool((y != 0).all())
                assert not bool((x > 1).any())
                assert bool((x < 2).all())


def test_any_of_nothing():
    assert not bool(anp.any(anp.zeros(0, dtype=bool)))
    assert bool(anp.all(anp.zeros(0, dtype=bool)))


@pytest.mark.parametrize("divisor", [1, -1, 7, -7, 2**31 - 1, -(2**31), 0])
@pytest.mark.parametrize("dtype", ["i4", "i8", "u1", "i2"])
def test_division_by_one_number_as_numpy(dtype, divisor):
    info = np.iinfo(dtype)
    if not info.min <= divisor <= info.max:
        pytest.skip("no number of the type")
    x = drawn().integers(info.min, info.max, 3000, dtype=dtype, endpoint=True)
    x[:3] = info.min, info.max, 0
    a = anp.asarray(x)
    with np.errstate(all="ignore"):
        assert np.array_equal(np.asarray(a // divisor), x // divisor)
        assert np.array_equal(np.asarray(a % divisor), x % divisor)
    if divisor == 0:
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            np.asarray(a // divisor)


@pytest.mark.parametrize("count", [0, 1, 2, 64, 65, 400, 1000])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i2", "i8"])
def test_sorts_keep_zeros_in_their_order(dtype, count):
    x = drawn().integers(-3, 4, count).astype(dtype)
    if np.dtype(dtype).kind == "f":
        x *= drawn().choice([1, -1], count).astype(dtype)
        x[count // 2 :][::7] = np.nan
    expected = np.sort(x, kind="stable")
    found = np.asarray(anp.sort(anp.asarray(x)))
    assert np.array_equal(found, expected, equal_nan=np.dtype(dtype).kind == "f")
    zeros = expected == 0
    assert np.array_equal(np.signbit(found[zeros]), np.signbit(expected[zeros]))
    places = np.argsort(x, kind="stable")
    assert np.array_equal(np.asarray(anp.argsort(anp.asarray(x))), places)


KEYWORDS = {
    "sum": {"axis": 0},
    "mean": {"axis": 1},
    "max": {},
    "std": {"axis": 0, "ddof": 1},
    "argmax": {"axis": 0},
    "cumsum": {"axis": 1},
    "any": {"axis": 0},
    "ravel": {},
    "transpose": {},
    "swapaxes": {"axis1": 0, "axis2": 1},
    "moveaxis": {"source": 0, "destination": 1},
    "expand_dims": {"axis": 1},
    "squeeze": {},
    "clip": {"a_min": -1, "a_max": 1},
    "zeros_like": {},
    "full_like": {"fill_value": 3},
    "sort": {"axis": 0},
    "argsort": {"axis": 0},
    "round": {"decimals": 1},
    "count_nonzero": {"axis": 0},
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_arguments_by_numpys_names(name):
    x = np.round(drawn().standard_normal((4, 3)), 3)
    a = anp.asarray(x)
    expected = getattr(np, name)(a=x, **KEYWORDS[name])
    for module in (anp, np):
        found = getattr(module, name)(a=a, **KEYWORDS[name])
        assert isinstance(found, anp.Array)
        np.testing.assert_allclose(np.asarray(found), expected)


def test_other_names_of_numpy():
    a = anp.asarray(np.arange(3.0))
    assert np.asarray(anp.flip(m=a)).tolist() == [2, 1, 0]
    assert anp.broadcast_to(array=a, shape=(2, 3)).shape == (2, 3)
    assert anp.stack(arrays=[a, a], axis=1).shape == (3, 2)


@pytest.mark.parametrize("text", ["a", b"a"])
def test_text_times_an_array(text):
    x = anp.asarray(np.arange(3.0))
    for product in (lambda: x * text, lambda: text * x):
        with pytest.raises(TypeError, match=r"unsupported operand types for \*: .*\nhint:"):
            product()
    assert "ab" * anp.asarray(2) == "abab"


SMALL_STACK = """
import threading
import numpy as np
import abreast as ab
import abreast.numpy as anp

x = np.random.default_rng(0).standard_normal((4200, 300))
a = anp.asarray(x)
found = {}

def run():
    for how in ("sum", "var", "argmax"):
        found[how] = np.asarray(getattr(anp, how)(a, axis=0))
    found["third"] = np.asarray(a[:, ::3].sum(axis=0))
    with ab.threads(1):
        found["one"] = np.asarray(a.sum(axis=0))

threading.stack_size(128 << 10)
thread = threading.Thread(target=run)
thread.start()
thread.join()
for how in ("sum", "var", "argmax"):
    assert np.allclose(found[how], getattr(x, how)(axis=0))
assert np.allclose(found["third"], x[:, ::3].sum(axis=0))
assert np.array_equal(found["one"], found["sum"])
"""


def test_columns_on_a_thread_with_a_small_stack(tmp_path):
    # In a process of its own, for it would end with the thread.
    code = ["-c", SMALL_STACK]
    done = subprocess.run([sys.executable, *code], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
