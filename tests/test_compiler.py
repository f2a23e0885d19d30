"""Compiled kernels give the bits that the interpreter gives, which is what a kernel means."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from abreast import _abreast
from abreast.assembler import assemble

DTYPES = {
    "bool": np.bool_,
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
    "u8": np.uint8,
    "u16": np.uint16,
    "u32": np.uint32,
    "u64": np.uint64,
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
}
LENGTHS = (1, 7, 16, 100)


def sample(name, count, seed=0):
    """Values of a type, ends and special ones among them, in an order of their own."""
    rng = np.random.default_rng((seed, zlib.crc32(name.encode())))
    dtype = np.dtype(DTYPES[name])
    if name == "bool":
        return rng.integers(0, 2, count).astype(bool)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        values = rng.integers(info.min, info.max, count, dtype=dtype, endpoint=True)
        special = [info.min, info.max, 0, 1, 2, 3, info.max // 2, *([-1, -2] if info.min else [])]
    else:
        info = np.finfo(dtype)
        values = (rng.normal(size=count) * 10.0 ** rng.integers(-3, 3, count)).astype(dtype)
        special = [0.0, -0.0, 1, -1, 0.5, np.inf, -np.inf, np.nan, info.max, info.tiny, info.eps]
        special += [info.smallest_subnormal, 88.9, -104, 3e4, 1e5, 1e9, 2.5, -2.5, 65.5]
    with np.errstate(over="ignore"):
        special = np.array(special, object).astype(dtype)
    where = rng.random(count) < 0.3
    values[where] = rng.choice(special, where.sum())
    return values


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
    if expected.dtype.kind == "f":
        nan = np.isnan(expected)
        assert np.array_equal(nan, np.isnan(compiled))
        # A NaN has many bit patterns, and which of them is not promised.
        expected, compiled = np.where(nan, 0, expected), np.where(nan, 0, compiled)
    bad = np.flatnonzero(
        expected.view(f"u{expected.itemsize}") != compiled.view(f"u{expected.itemsize}")
    )
    assert bad.size == 0, (bad[:5], expected.flat[bad[:5]], compiled.flat[bad[:5]])


def signatures():
    """Every op with every type of operands, and the type of its result."""
    for name, arity, accepts, rule in _abreast.loop_ops():
        for dtype in DTYPES:
            if dtype not in accepts.split():
                continue
            if rule == "Stated":
                yield from ((name, [dtype], to) for to in DTYPES if to != dtype)
            elif rule == "Bits":
                size = np.dtype(DTYPES[dtype]).itemsize
                for to in DTYPES:
                    if to not in ("bool", dtype) and np.dtype(DTYPES[to]).itemsize == size:
                        yield name, [dtype], to
            elif rule == "Select":
                yield name, ["bool", dtype, dtype], dtype
            elif rule == "Scale":
                yield name, [dtype, "i32"], dtype
            elif rule == "Exponent":
                yield name, [dtype], "i32"
            elif rule == "Compare":
                yield name, [dtype] * arity, "bool"
            elif rule == "Same":
                yield name, [dtype] * arity, dtype


SIGNATURES = list(signatures())


def kernel_of(name, operands, result):
    """A kernel of one op over arrays."""
    parameters = [f"%x{k}: read {dtype}[unit]" for k, dtype in enumerate(operands)]
    lines = [f"%a{k} = load %x{k}[%i]" for k in range(len(operands))]
    given = ", ".join(f"%a{k}" for k in range(len(operands)))
    to = f" to {result}" if name in ("cast", "bitcast") else ""
    return "\n".join(
        [
            f"kernel @one(%n: extent, {', '.join(parameters)}, %y: write {result}[unit]) {{",
            "  for parallel (%i) in (%n) {",
            *("    " + line for line in lines),
            f"    %r = {name} {given}{to}",
            "    store %r, %y[%i]",
            "  }",
            "}",
        ]
    )


@pytest.mark.parametrize("vector", ["", ":16"])
@pytest.mark.parametrize("name", sorted({name for name, _, _ in SIGNATURES}))
def test_every_op(name, vector):
    for _, operands, result in (each for each in SIGNATURES if each[0] == name):
        text = kernel_of(name, operands, result)
        count = 300
        inputs = [sample(dtype, count, k) for k, dtype in enumerate(operands)]
        if name == "ldexp":
            inputs[1] = (inputs[1] % 40).astype(np.int32)
        both(text, [count, *inputs], [np.zeros(count, DTYPES[result])], vector)


@pytest.mark.parametrize("vector", ["", ":16", ":32"])
@pytest.mark.parametrize("length", LENGTHS)
def test_any_length_and_stride(length, vector):
    text = """
    kernel @strides(%n: extent, %m: extent, %a: read f32[any, unit], %b: read f64[zero, any],
                    %c: read u8[any, zero], %s: f32, %y: write f32[any, any]) {
      for parallel (%i, %j) in (%n, %m) {
        %1 = load %a[%i, %j]
        %2 = load %b[%i, %j]
        %3 = load %c[%i, %j]
        %4 = cast %2 to f32
        %5 = cast %3 to f32
        %6 = mul %1, %4
        %7 = add %6, %5
        %8 = exp %1
        %9 = mul %8, %s
        %10 = sub %7, %9
        store %10, %y[%i, %j]
      }
    }
    """
    a = sample("f32", length * 23).reshape(length, 23)
    b = np.broadcast_to(sample("f64", 46)[::-2], (length, 23))
    c = np.broadcast_to(sample("u8", length)[:, None], (length, 23))
    bits = int(np.float32(0.37).view(np.uint32))
    found = []
    for device in ("interpreter", "cpu" + vector):
        y = np.full((23, length), 7, np.float32)
        _abreast.run_loop(text, device, [length, 23, a, b, c, bits, y.T[:, ::-1][:, ::1]])
        found.append(y)
    same(*found)


REDUCTIONS = [
    (how, dtype)
    for how, dtypes in {
        "add": [each for each in DTYPES if each != "bool"],
        "mul": ["i32", "u64", "f32", "f64"],
        "min": list(DTYPES),
        "max": list(DTYPES),
        "and": ["bool", "u8", "i64"],
        "or": ["bool", "u8", "i64"],
        "xor": ["bool", "u8", "i64"],
        "argmin": ["bool", "i8", "u16", "f16", "f32", "f64"],
        "argmax": ["bool", "i8", "u16", "f16", "f32", "f64"],
        "moments": ["f32", "f64"],
    }.items()
    for dtype in dtypes
]


def results_of(how, dtype):
    if how in ("argmin", "argmax"):
        return [dtype, "i64"]
    return ["i64", dtype, dtype] if how == "moments" else [dtype]


@pytest.mark.parametrize("vector", ["", ":32"])
@pytest.mark.parametrize(("how", "dtype"), REDUCTIONS)
def test_reductions_along_memory_and_across(how, dtype, vector):
    results = results_of(how, dtype)
    names = [f"%r{k}" for k in range(len(results))]
    whole = f"""
    kernel @whole(%n: extent, %x: read {dtype}[unit], {
        ", ".join(f"%y{k}: write {each}[]" for k, each in enumerate(results))
    }) {{
      {", ".join(names)} = reduce {how} (%i) in (%n) {{
        %1 = load %x[%i]
        yield %1
      }}
      {chr(10).join(f"store %r{k}, %y{k}[]" for k in range(len(results)))}
    }}
    """
    columns = f"""
    kernel @columns(%n: extent, %m: extent, %x: read {dtype}[any, unit], {
        ", ".join(f"%y{k}: write {each}[unit]" for k, each in enumerate(results))
    }) {{
      for parallel (%j) in (%m) {{
        {", ".join(names)} = reduce {how} (%i) in (%n) {{
          %1 = load %x[%i, %j]
          yield %1
        }}
        {chr(10).join(f"store %r{k}, %y{k}[%j]" for k in range(len(results)))}
      }}
    }}
    """
    for n in (0, 1, 5, 31, 32, 33, 63, 64, 500, 4095, 4096, 4097, 12289):
        x = sample(dtype, n)
        if how == "moments":
            x = np.nan_to_num(x, posinf=3, neginf=-3).clip(-1e3, 1e3)
        both(whole, [n, x], [np.zeros((), DTYPES[each]) for each in results], vector)
    for n, m in ((0, 3), (1, 1), (33, 70), (4100, 17)):
        x = sample(dtype, n * m).reshape(n, m)
        if how == "moments":
            x = np.nan_to_num(x, posinf=3, neginf=-3).clip(-1e3, 1e3)
        both(columns, [n, m, x], [np.zeros(m, DTYPES[each]) for each in results], vector)


STREAMED = """
kernel @streamed(%n: extent, %m: extent, %x: read f32[any, unit], %d: read f64[any, unit],
                 %y: write f32[any, unit], %z: write f64[any, unit], %b: write bool[any, unit]) {
  for parallel (%i, %j) in (%n, %m) {
    %1 = load %x[%i, %j]
    %2 = load %d[%i, %j]
    %3 = LONG %1
    %4 = cast %3 to f64
    %5 = mul %4, %2
    %6 = gt %5, %2
    store %3, %y[%i, %j]
    store %5, %z[%i, %j]
    store %6, %b[%i, %j]
  }
}
"""


@pytest.mark.parametrize("vector", ["", "16", "32"])
@pytest.mark.parametrize("op", ["exp", "abs"])
def test_stores_past_the_caches_wherever_memory_lies(op, vector):
    """The same bits and nothing beside them, whatever is aligned and however rows end."""
    text = STREAMED.replace("LONG", op)
    assert "nontemporal" in _abreast.loop_llvm(text, int(vector or 64), "streaming")
    assert "nontemporal" not in _abreast.loop_llvm(text, int(vector or 64))
    shapes = [(1, m) for m in (0, 1, 15, 16, 17, 100, 16383, 16384, 16385, 40000)]
    for n, m in [*shapes, (23, 77), (3, 16400), (64, 64)]:
        for shift in (0, 1, 5, 16):
            x = sample("f32", n * m + shift)[shift:].reshape(n, m)
            d = sample("f64", n * m).reshape(n, m)
            found = []
            for device in ("interpreter", f"cpu:{vector}:0"):
                results = []
                whole = []
                for dtype in (np.float32, np.float64, np.bool_):
                    whole.append(np.full(n * m + 40, 1, dtype))
                    results.append(whole[-1][shift : shift + n * m].reshape(n, m))
                _abreast.run_loop(text, device, [n, m, x, d, *results])
                found.append(whole)
            for expected, compiled in zip(*found, strict=True):
                same(expected, compiled)


@pytest.mark.parametrize("how", ["plain", "streaming"])
def test_nothing_is_fetched_by_way_of_the_frame_pointer(how):
    """Machines leave such fetches out, and nobody sees it but in the time."""
    text = _abreast.loop_llvm(STREAMED.replace("LONG", "exp"), 64, how)
    found = assemble(text, "x86_64-unknown-linux-gnu", "skylake-avx512", "", readable=True)
    fetches = [line for line in found.decode().splitlines() if "prefetch" in line]
    assert fetches
    assert not [line for line in fetches if "%rbp" in line]


def test_stores_past_the_caches_with_any_number_of_threads():
    text = STREAMED.replace("LONG", "sin")
    n = 1_000_003
    x, d = sample("f32", n).reshape(1, n), sample("f64", n).reshape(1, n)
    found = []
    before = _abreast.pool_threads()[0]
    try:
        for device, threads in (("cpu", 1), ("cpu::0", 1), ("cpu::0", 2), ("cpu::0", 5)):
            _abreast.set_pool_threads(threads)
            results = [np.zeros((1, n), each) for each in (np.float32, np.float64, np.bool_)]
            _abreast.run_loop(text, device, [1, n, x, d, *results])
            found.append(results)
    finally:
        _abreast.set_pool_threads(before)
    for results in found[1:]:
        for expected, streamed in zip(found[0], results, strict=True):
            same(expected, streamed)


NEVER = f"cpu::{1 << 60}"


def reduction(how, dtype, rows):
    """Sums of rows or of columns, and their squares scaled by what stands before the reduction."""
    results = results_of(how, dtype)
    names = ", ".join(f"%r{k}" for k in range(len(results)))
    outer, inner = ("i", "j") if rows else ("j", "i")
    stores = "\n".join(f"store %r{k}, %y{k}[%{outer}]" for k in range(len(results)))
    outputs = ", ".join(f"%y{k}: write {each}[unit]" for k, each in enumerate(results))
    return f"""
    kernel @pieces(%n: extent, %m: extent, %x: read {dtype}[any, unit],
                   %s: read {dtype}[unit], {outputs}) {{
      for parallel (%{outer}) in (%{"n" if rows else "m"}) {{
        %0 = load %s[%{outer}]
        {names} = reduce {how} (%{inner}) in (%{"m" if rows else "n"}) {{
          %1 = load %x[%i, %j]
          %2 = max %1, %0
          yield %2
        }}
        {stores}
      }}
    }}
    """


@pytest.mark.parametrize("rows", [True, False])
@pytest.mark.parametrize("how", ["add", "max", "argmin", "moments"])
def test_reductions_in_pieces(how, rows):
    """Few points of many values are run in pieces, to the same bits."""
    text = reduction(how, "f32", rows)
    results = results_of(how, "f32")
    shapes = [(0, 3), (3, 0), (1, 1), (33, 70), (4100, 17), (5, 4097), (8193, 1), (1, 12289)]
    for n, m in shapes:
        x = np.nan_to_num(sample("f32", n * m), posinf=3, neginf=-3).clip(-1e3, 1e3)
        x, points = x.reshape(n, m), n if rows else m
        scale = sample("f32", points, 1).clip(-9, 9)
        both(
            text,
            [n, m, x, scale],
            [np.zeros(points, DTYPES[each]) for each in results],
            "::0",
        )
    # More blocks than pieces, and a last piece that is not whole.
    for shape in ((4096 * 259 + 7, 2), (2, 4096 * 513 + 1)):
        x = np.random.default_rng(1).standard_normal(shape, np.float32)
        points = shape[0 if rows else 1]
        if points > 2:
            continue
        scale = np.full(points, -5, np.float32)
        found = []
        for device in (NEVER, "cpu::0"):
            found.append([np.zeros(points, DTYPES[each]) for each in results])
            _abreast.run_loop(text, device, [*shape, x, scale, *found[-1]])
        for expected, compiled in zip(*found, strict=True):
            same(expected, compiled)


@pytest.mark.parametrize("how", ["add", "argmax", "moments"])
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_columns_of_any_number_of_rows(how, dtype):
    """Rows of one lane are added four at once: around the ends of such groups, and over tiles."""
    text = reduction(how, dtype, False)
    results = results_of(how, dtype)
    for n, m in [(n, 40) for n in (31, 32, 159, 160, 161, 287, 288, 300)] + [(300, 600)]:
        x = np.nan_to_num(sample(dtype, n * m), posinf=3, neginf=-3).clip(-1e3, 1e3)
        scale = np.full(m, -1e3, DTYPES[dtype])
        outputs = [np.zeros(m, DTYPES[each]) for each in results]
        both(text, [n, m, x.reshape(n, m), scale], outputs)
