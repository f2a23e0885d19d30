"""Complex numbers, compiled as pairs of real ones: the bits that the interpreter gives."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp
from abreast import _abreast
from test_compiler import sample

DTYPES = {"c64": np.complex64, "c128": np.complex128}
PARTS = {"c64": "f32", "c128": "f64"}
VECTORS = ["", ":32", ":16"]
LENGTHS = (2, 7, 8, 17, 100)


def numbers(dtype, count, seed=0):
    """Complex numbers with ends and special ones among their parts."""
    part = PARTS[dtype]
    x = np.empty(count, DTYPES[dtype])
    x.real, x.imag = sample(part, count, 2 * seed), sample(part, count, 2 * seed + 1)
    return x


def tame(dtype, count, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=count) + 1j * rng.normal(size=count)).astype(DTYPES[dtype])


def both(text, inputs, outputs, vector=""):
    """Run a kernel on both devices; outputs are copied for each."""
    found = []
    for device in ("interpreter", "cpu" + vector):
        results = [each.copy() for each in outputs]
        _abreast.run_loop(text, device, [*inputs, *results])
        found.append(results)
    for expected, compiled in zip(*found, strict=True):
        same(expected, compiled)


def same(expected, compiled):
    """The same bits, but for those of NaN."""
    if expected.dtype.kind == "c":
        same(expected.real, compiled.real)
        same(expected.imag, compiled.imag)
        return
    expected, compiled = np.ascontiguousarray(expected), np.ascontiguousarray(compiled)
    if expected.dtype.kind == "f":
        nan = np.isnan(expected)
        assert np.array_equal(nan, np.isnan(compiled))
        expected, compiled = np.where(nan, 0, expected), np.where(nan, 0, compiled)
    assert expected.tobytes() == compiled.tobytes()


OPS = {
    "neg": ("%1", None),
    "conj": ("%1", None),
    "square": ("%1", None),
    "reciprocal": ("%1", None),
    "real": ("%1", "part"),
    "imag": ("%1", "part"),
    "add": ("%1, %2", None),
    "sub": ("%1, %2", None),
    "mul": ("%1, %2", None),
    "div": ("%1, %2", None),
    "eq": ("%1, %2", "bool"),
    "ne": ("%1, %2", "bool"),
}


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", OPS)
def test_ops(op, dtype, vector):
    operands, result = OPS[op]
    result = {None: dtype, "part": PARTS[dtype]}.get(result, result)
    classes = [("unit", "unit", "unit"), ("any", "unit", "any"), ("zero", "any", "unit")]
    for x_class, y_class, z_class in classes:
        text = f"""
        kernel @op(%n: extent, %x: read {dtype}[{x_class}], %y: read {dtype}[{y_class}],
                   %z: write {result}[{z_class}]) {{
          for parallel (%i) in (%n) {{
            %1 = load %x[%i]
            %2 = load %y[%i]
            %3 = {op} {operands}
            store %3, %z[%i]
          }}
        }}
        """
        for n in LENGTHS:
            whole = [numbers(dtype, 2 * n + 1, seed) for seed in (1, 2)]
            x, y = [
                seen(each, kind, n) for each, kind in zip(whole, (x_class, y_class), strict=True)
            ]
            kind = DTYPES.get(result) or {"f32": "f4", "f64": "f8", "bool": "?"}[result]
            z = np.zeros(2 * n + 1, kind)
            both(text, [n, x, y], [seen(z, z_class, n)], vector)


def seen(x, kind, n):
    if kind == "zero":
        return np.lib.stride_tricks.as_strided(x, (n,), (0,), writeable=False)
    return x[:n] if kind == "unit" else x[: 2 * n : 2][::-1]


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize(
    ("source", "target"),
    [
        *itertools.product(DTYPES, ["bool", "f32", "f64", "i32", "c64", "c128"]),
        *itertools.product(["bool", "f32", "f64", "i64", "u8"], DTYPES),
    ],
)
def test_casts(source, target, vector):
    if source == target:
        return
    kinds = {"bool": "?", "f32": "f4", "f64": "f8", "i32": "i4", "i64": "i8", "u8": "u1", **DTYPES}
    text = f"""
    kernel @cast(%n: extent, %x: read {source}[unit], %y: write {target}[unit]) {{
      for parallel (%i) in (%n) {{
        %1 = load %x[%i]
        %2 = cast %1 to {target}
        store %2, %y[%i]
      }}
    }}
    """
    x = numbers(source, 77) if source in DTYPES else sample(source, 77)
    both(text, [77, x], [np.zeros(77, kinds[target])], vector)


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_scalars_constants_and_choices(dtype, vector):
    text = f"""
    kernel @choose(%n: extent, %x: read {dtype}[unit], %c: {dtype},
                   %a: f64, %y: write {dtype}[unit], %z: write {PARTS[dtype]}[unit]) {{
      %k = const {dtype} (1.5, -2.5)
      for parallel (%i) in (%n) {{
        %1 = load %x[%i]
        %2 = mul %1, %c
        %3 = add %2, %k
        %4 = real %1
        %5 = imag %1
        %6 = lt %4, %5
        %7 = select %6, %3, %c
        store %7, %y[%i]
        store %5, %z[%i]
      }}
    }}
    """
    x = numbers(dtype, 50)
    part = np.zeros(50, x.real.dtype)
    bits = int.from_bytes(DTYPES[dtype](0.5 - 3j).tobytes(), "little")
    both(text, [50, x, bits, 0], [np.zeros_like(x), part], vector)


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F", "any"])
def test_sums_of_rows_and_columns(order, dtype, vector):
    classes = {"C": "any, unit", "F": "unit, any", "any": "any, any"}[order]
    text = f"""
    kernel @rows(%n: extent, %m: extent, %x: read {dtype}[{classes}], %y: write {dtype}[unit]) {{
      for parallel (%i) in (%n) {{
        %s = reduce add (%j) in (%m) {{
          %1 = load %x[%i, %j]
          yield %1
        }}
        store %s, %y[%i]
      }}
    }}
    """
    for n, m in ((3, 2 * (order == "F")), (2, 2), (70, 5), (200, 33), (3, 5000)):
        x = np.asarray(tame(dtype, n * m, n).reshape(n, m), order="F" if order == "F" else "C")
        if order == "any":
            x = np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, ::2]
        both(text, [n, m, x], [np.zeros(n, x.dtype)], vector)


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", ["any, unit", "unit, any", "any, any", "zero, unit"])
def test_sums_over_axes_that_do_not_join(classes, dtype, vector):
    text = f"""
    kernel @all(%n: extent, %m: extent, %x: read {dtype}[{classes}], %y: write {dtype}[]) {{
      %s = reduce add (%i, %j) in (%n, %m) {{
        %1 = load %x[%i, %j]
        %2 = mul %1, %1
        yield %2
      }}
      store %s, %y[]
    }}
    """
    for n, m in ((2, 3), (70, 5), (200, 33), (3, 5000)):
        x = tame(dtype, (n + 1) * (m + 1), n).reshape(n + 1, m + 1)[:n, :m]
        if classes == "unit, any":
            x = np.asfortranarray(x)
        elif classes == "any, any":
            x = np.repeat(x, 2, 1)[:, ::-2]
        elif classes == "zero, unit":
            x = np.broadcast_to(x[0], (n, m))
        both(text, [n, m, x], [np.zeros((), x.dtype)], vector)


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sum_with_other_reductions(dtype, vector):
    text = f"""
    kernel @all(%n: extent, %x: read {dtype}[unit], %s: write {dtype}[], %m: write {PARTS[dtype]}[],
                %q: write {dtype}[]) {{
      %empty = const {dtype} (7.0, 8.0)
      %low = const {PARTS[dtype]} 9.0
      %1, %2, %3 = reduce add, max, add (%i) in (%n) empty (%empty, %low, %empty) {{
        %4 = load %x[%i]
        %5 = real %4
        %6 = mul %4, %4
        yield %4, %5, %6
      }}
      store %1, %s[]
      store %2, %m[]
      store %3, %q[]
    }}
    """
    for n in (0, 1, 31, 32, 33, 4096, 9000):
        x = tame(dtype, n, n)
        outputs = [np.zeros((), x.dtype), np.zeros((), x.real.dtype), np.zeros((), x.dtype)]
        both(text, [n, x], outputs, vector)


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_loops_and_choices_that_carry_complex_numbers(dtype, vector):
    text = f"""
    kernel @carry(%n: extent, %x: update {dtype}[unit], %out: write {dtype}[]) {{
      %start = const {dtype} (1.0, 0.0)
      %four = const {PARTS[dtype]} 4.0
      %last = for (%i) in (%n) carry (%z = %start) {{
        %1 = load %x[%i]
        %2 = mul %z, %1
        %3 = real %2
        %4 = lt %3, %four
        %5 = if %4 {{
          %6 = add %2, %1
          yield %6
        }} else {{
          %7 = conj %1
          yield %7
        }}
        store %5, %x[%i]
        yield %5
      }}
      store %last, %out[]
    }}
    """
    for n in (0, 1, 50):
        x = tame(dtype, n, 3)
        both(text, [n], [x, np.zeros((), x.dtype)], vector)


FUNCTIONS = {
    "z * w + c": lambda xp, z, w: z * w + (2 - 1j),
    "quotients": lambda xp, z, w: z / (w + 3) - 1 / (w + 2),
    "parts": lambda xp, z, w: xp.real(z) * xp.imag(w) + xp.abs(z),
    "conj": lambda xp, z, w: xp.conj(z) * w,
    "where": lambda xp, z, w: xp.where(xp.real(z) > 0, z, w),
    "comparisons": lambda xp, z, w: (z == w) | (z != z[::-1]),
    "strides": lambda xp, z, w: z[::-1] + w[::2].sum() * w,
    "sums": lambda xp, z, w: z.sum() + (z * w).mean(),
    "casts": lambda xp, z, w: z.astype("complex64").astype("complex128") * w,
    "sums that go on": lambda xp, z, w: xp.cumsum(z) if xp is np else xp.cumulative_sum(z),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_arrays_have_the_values_of_numpy_and_one_set_of_bits(name, dtype):
    function = FUNCTIONS[name]
    for n in (1, 5, 200, 40_000):
        z, w = (tame("c128", n, seed).astype(dtype) for seed in (5, 6))
        expected = np.asarray(function(np, z, w))
        found = []
        for threads in (1, 2):
            with ab.threads(threads):
                found.append(np.asarray(function(anp, anp.asarray(z), anp.asarray(w))))
        assert found[0].tobytes() == found[1].tobytes()
        assert found[0].dtype == expected.dtype
        scale = np.abs(expected).max() if expected.dtype.kind in "fc" else 1
        tolerance = 1e-5 if dtype == "complex64" else 1e-13
        np.testing.assert_allclose(found[0], expected, rtol=tolerance, atol=tolerance * scale)


def test_results_beyond_the_caches_and_long_sums():
    n = 5_000_003
    z = np.resize(tame("c64", 100_003, 1), n)
    x = anp.asarray(z)
    np.testing.assert_allclose(np.asarray(x * x + 1), z * z + 1, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.asarray(x[1:] + x[:-1]), z[1:] + z[:-1], rtol=1e-6)
    np.testing.assert_allclose(complex(x.sum()), z.sum(dtype=complex), rtol=1e-3)
