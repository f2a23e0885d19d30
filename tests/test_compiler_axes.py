"""Reductions over several axes that memory does not join: the bits that the interpreter gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abreast as ab
import abreast.numpy as anp
from abreast import _abreast
from test_compiler import DTYPES, REDUCTIONS, both, results_of, sample
from test_compiler_short_rows import tame

VECTORS = ["", ":32", ":16"]


@pytest.fixture(autouse=True, scope="module")
def linear_algebra_has_its_threads():
    """Start the threads of NumPy's libraries, which never end, before they are counted."""
    with ab.threads(3):
        pass


def total(how, dtype, strides, lines=(), value="%0"):
    """A kernel that reduces all axes of an array of these strides; `lines` compute the value."""
    results = results_of(how, dtype)
    axes = [f"%i{k}" for k in range(len(strides))]
    names = ", ".join(f"%r{k}" for k in range(len(results)))
    outputs = ", ".join(f"%y{k}: write {each}[]" for k, each in enumerate(results))
    extents = ", ".join(f"%n{k}: extent" for k in range(len(strides)))
    ends = ", ".join(f"%n{k}" for k in range(len(strides)))
    return f"""
    kernel @total({extents}, %x: read {dtype}[{", ".join(strides)}], {outputs}) {{
      {names} = reduce {how} ({", ".join(axes)}) in ({ends}) {{
        %0 = load %x[{", ".join(axes)}]
        {chr(10).join(lines)}
        yield {value}
      }}
      {chr(10).join(f"store %r{k}, %y{k}[]" for k in range(len(results)))}
    }}
    """


def outputs_of(how, dtype, shape=()):
    return [np.zeros(shape, DTYPES[each]) for each in results_of(how, dtype)]


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize(("how", "dtype"), REDUCTIONS)
def test_inner_slices(how, dtype, vector):
    text = total(how, dtype, ["any", "unit"])
    for rows, columns in ((1, 1), (40, 1), (33, 2), (70, 3), (20, 31), (7, 33), (5, 65), (45, 100)):
        whole = tame(how, sample(dtype, rows * (columns + 3), rows)).reshape(rows, columns + 3)
        x = whole[:, 2 : 2 + columns]
        both(text, [rows, columns, x], outputs_of(how, dtype), vector)


@pytest.mark.parametrize("how", ["add", "argmax", "moments"])
@pytest.mark.parametrize(
    "shape", [(0, 5), (5, 0), (1, 9000), (9000, 1), (130, 65), (64, 64), (3, 4097)]
)
def test_several_blocks(how, shape):
    wide = (shape[0], shape[1] + 1)
    x = tame(how, sample("f32", wide[0] * wide[1])).reshape(wide)[:, :-1]
    both(total(how, "f32", ["any", "unit"]), [*shape, x], outputs_of(how, "f32"))


@pytest.mark.parametrize("dtype", ["f32", "f64", "i16", "bool"])
def test_any_strides(dtype):
    how = "or" if dtype == "bool" else "add"
    whole = tame("moments", sample(dtype, 60 * 90)).reshape(60, 90) if dtype != "bool" else None
    whole = sample(dtype, 60 * 90).reshape(60, 90) if whole is None else whole.astype(DTYPES[dtype])
    for x in (whole[::2, ::3], whole[::-1, ::-1], whole.T, whole[:, :40].T, whole.T[::2, 5:]):
        both(total(how, dtype, ["any", "any"]), [*x.shape, x], outputs_of(how, dtype))
    for x in (whole.T, whole[:50, :33].T):
        both(total(how, dtype, ["unit", "any"]), [*x.shape, x], outputs_of(how, dtype))


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize(
    "shape", [(3, 4, 5), (2, 50, 3), (5, 1, 70), (9, 2, 2), (1, 1, 1), (40, 3, 33)]
)
def test_three_axes(shape, vector):
    whole = tame("moments", sample("f64", 2 * np.prod(shape) * 2)).reshape(
        shape[0], 2, shape[1], 2, -1
    )
    x = whole[:, 1, :, 0, : shape[2]]
    for how in ("add", "argmin", "moments"):
        both(total(how, "f64", ["any", "any", "unit"]), [*shape, x], outputs_of(how, "f64"), vector)


@pytest.mark.parametrize("vector", VECTORS)
def test_indices_are_values_too(vector):
    lines = ["%1 = cast %i0 to f32", "%2 = cast %i1 to f32", "%3 = mul %0, %1", "%4 = sub %3, %2"]
    text = total("add", "f32", ["any", "unit"], lines, "%4")
    for shape in ((9, 5), (200, 33), (3, 1000), (70, 64)):
        x = tame("moments", sample("f32", shape[0] * shape[1])).reshape(shape)
        both(text, [*shape, x], outputs_of("add", "f32"), vector)


@pytest.mark.parametrize("vector", VECTORS)
def test_elementary_functions_of_every_argument(vector):
    lines = ["%1 = sin %0", "%2 = exp %1"]
    text = total("add", "f32", ["any", "unit"], lines, "%2")
    for shape in ((40, 5), (20, 33), (3, 1500)):
        x = sample("f32", shape[0] * (shape[1] + 1)).reshape(shape[0], -1)[:, : shape[1]]
        both(text, [*shape, x], outputs_of("add", "f32"), vector)


def test_axes_that_begin_elsewhere():
    text = """
    kernel @inner(%n: extent, %m: extent, %a: i64, %b: i64, %x: read f32[any, unit],
                  %v: read f32[unit], %y: write f32[]) {
      %r = reduce add (%i, %j) in (%a..%n, %b..%m) {
        %1 = load %x[%i, %j]
        %2 = load %v[%i]
        %3 = mul %1, %2
        yield %3
      }
      store %r, %y[]
    }
    """
    x = tame("moments", sample("f32", 60 * 70)).reshape(60, 70)
    v = tame("moments", sample("f32", 60, 1))
    for a, b in ((0, 0), (3, 5), (58, 60), (10, 68)):
        both(text, [60, 70, a, b, x, v], [np.zeros((), np.float32)])


def test_beside_other_points():
    text = """
    kernel @middle(%n: extent, %m: extent, %l: extent, %x: read f32[any, any, unit],
                   %y: write f32[unit]) {
      for parallel (%j) in (%m) {
        %r = reduce add (%i, %k) in (%n, %l) {
          %1 = load %x[%i, %j, %k]
          yield %1
        }
        store %r, %y[%j]
      }
    }
    """
    for shape in ((5, 4, 3), (9, 3, 40), (70, 2, 65), (2, 5, 5000)):
        x = tame("moments", sample("f32", np.prod(shape))).reshape(shape)
        both(text, [*shape, x], [np.zeros(shape[1], np.float32)])


TURNED = ["::0", ":32:0", ":16:0"]


@pytest.mark.parametrize("vector", TURNED)
@pytest.mark.parametrize(
    "shape", [(2, 1024), (5, 5000), (17, 1024), (130, 1500), (300, 1111), (3, 40_000), (70, 4096)]
)
def test_reductions_across_memory(shape, vector):
    for how in ("add", "argmax"):
        x = tame("moments", sample("f32", shape[0] * shape[1])).reshape(shape[::-1]).T
        both(total(how, "f32", ["unit", "any"]), [*shape, x], outputs_of(how, "f32"), vector)


@pytest.mark.parametrize(("how", "dtype"), REDUCTIONS)
def test_every_reduction_across_memory(how, dtype):
    shape = (37, 1300)
    x = tame(how, sample(dtype, shape[0] * shape[1])).reshape(shape[::-1]).T
    both(total(how, dtype, ["unit", "any"]), [*shape, x], outputs_of(how, dtype), "::0")


def test_several_values_and_axes_across_memory():
    text = """
    kernel @across(%n: extent, %m: extent, %l: extent, %x: read f32[unit, any, any],
                   %v: read f64[any], %a: f32, %y: write f32[], %z: write f64[], %at: write i64[]) {
      %r, %s, %k = reduce add, argmin (%i, %j, %h) in (%n, %m, %l) {
        %1 = load %x[%i, %j, %h]
        %2 = sin %1
        %3 = load %v[%h]
        %4 = cast %i to f64
        %5 = sub %3, %4
        yield %2, %5
      }
      %t = mul %r, %a
      store %t, %y[]
      store %s, %z[]
      store %k, %at[]
    }
    """
    scale = int(np.float32(3).view(np.uint32))
    for shape in ((40, 30, 40), (9, 70, 20), (3, 1, 5000)):
        x = sample("f32", np.prod(shape)).reshape(shape[::-1]).T
        v = sample("f64", shape[2])
        outputs = [np.zeros((), DTYPES[each]) for each in ("f32", "f64", "i64")]
        for vector in TURNED:
            both(text, [*shape, x, v, scale], outputs, vector)


def test_transposed_arrays_have_the_bits_of_copies():
    x = np.random.default_rng(1).standard_normal((1200, 300))
    for threads in (1, 2, 3):
        with ab.threads(threads):
            for each in (x, x[:, 3:-2], x[::2]):
                across = anp.asarray(each.T)
                along = anp.asarray(np.ascontiguousarray(each.T))
                for how in (anp.sum, anp.max, anp.argmax, anp.var):
                    one, other = np.asarray(how(anp.sin(across))), np.asarray(how(anp.sin(along)))
                    assert one.tobytes() == other.tobytes()


AXES = [None, 0, 1, 2, (0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("shape", [(300, 7, 5), (7, 2, 200), (40, 64, 33), (3, 100, 3)])
def test_numpy_over_any_axes_and_strides(shape, axis):
    whole = np.random.default_rng(3).standard_normal((shape[0] * 2, shape[1], shape[2] + 2))
    for x in (whole[::2, :, 1:-1], whole[::-2, :, ::-1], whole.T, whole.transpose(1, 0, 2)):
        mine = anp.asarray(x)
        assert np.allclose(anp.sum(anp.sin(mine), axis=axis), np.sin(x).sum(axis))
        assert np.allclose(anp.var(mine, axis=axis), x.var(axis))
        assert np.array_equal(anp.max(mine, axis=axis), x.max(axis))
        if not isinstance(axis, tuple):
            assert np.array_equal(anp.argmin(mine, axis=axis), x.argmin(axis))
        assert np.array_equal(
            anp.sum(anp.astype(mine * 9, "int64"), axis=axis), (x * 9).astype(np.int64).sum(axis)
        )


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90), st.integers(1, 9)),
    order=st.permutations([0, 1, 2]),
    steps=st.tuples(*[st.sampled_from([1, 2, 3, -1, -2])] * 3),
    cut=st.tuples(*[st.integers(0, 5)] * 3),
    axis=st.sampled_from(AXES),
    threads=st.sampled_from([1, 2, 3]),
)
def test_neither_slicing_nor_threads_change_a_bit(shape, order, steps, cut, axis, threads):
    rng = np.random.default_rng(shape)
    whole = rng.standard_normal(shape).transpose(order)
    x = whole[
        tuple(
            slice(c, None, s) if s > 0 else slice(None, None, s)
            for c, s in zip(cut, steps, strict=True)
        )
    ]
    plain = np.ascontiguousarray(x)
    with ab.threads(threads):
        for how in (anp.sum, anp.max, anp.var) if x.size else (anp.sum,):
            one = np.asarray(how(anp.asarray(x), axis=axis))
            assert one.tobytes() == np.asarray(how(anp.asarray(plain), axis=axis)).tobytes()


def test_rows_that_end_inside_of_vectors_are_in_vectors():
    text = total("add", "f32", ["any", "unit"])
    assert "<32 x float>" in _abreast.loop_llvm(text, 64)
