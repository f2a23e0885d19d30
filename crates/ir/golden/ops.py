"""Write ops.txt: what NumPy answers for each op that is not elementary.

    .venv/bin/python crates/ir/golden/ops.py

`values f32 3f800000 ...` gives the operands of a type; `add f32 ...` the answers for all pairs of
them, the second operand fastest. Words are hexadecimal, `nan` is any NaN, `?` is a case that NumPy
leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

PINNED = "2.4.6"  # the NumPy whose answers these are
INTEGERS = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]
FLOATS = ["f16", "f32", "f64"]
COMPLEX = ["c64", "c128"]
NAMES = ["bool", *INTEGERS, *FLOATS, *COMPLEX]
LONG = {"i": "int", "u": "uint", "f": "float", "c": "complex"}


def dtype(name: str) -> np.dtype[Any]:
    """Return NumPy's type for a short name."""
    return np.dtype("bool" if name == "bool" else LONG[name[0]] + name[1:])


def operands(name: str) -> np.ndarray[Any, Any]:
    """Return the values that an op of this type is tried on."""
    kind = dtype(name)
    if name == "bool":
        return np.array([False, True])
    if name in INTEGERS:
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        bits = 8 * kind.itemsize
        some = [0, 1, 2, 3, 7, bits - 1, bits, 100, high // 2 + 1, high - 1, high]
        some += [-1, -2, -7, low, low + 1] if low < 0 else []
        return np.array(sorted({value for value in some if low <= value <= high}), kind)
    info = np.finfo(kind)
    reals = [0.0, 1.0, 0.5, 1.5, 2.5, 3.0, 0.1, 1e-3, 1234.5, np.inf, np.nan]
    reals += [info.smallest_subnormal, info.tiny, info.max]
    if name in COMPLEX:
        parts = [(0.0, 0.0), (1.0, 0.0), (-0.0, 2.0), (1.5, -2.5), (0.1, 1e-3), (-3.0, 7.0)]
        parts += [(np.inf, 1.0), (1.0, np.nan), (1e30, -1e30), (info.tiny, info.tiny)]
        return np.array([complex(*part) for part in parts], kind)
    numbers = np.array(reals, kind)
    return np.concatenate([numbers, -numbers[:10], -numbers[-1:]])


def word(value: Any) -> str:
    """Write the bits of one value."""
    value = np.asarray(value)
    if value.dtype.kind == "c":
        parts = [word(value.real), word(value.imag)]
        return "+".join(parts)
    if value.dtype.kind == "f" and np.isnan(value):
        return "nan"
    return f"{int.from_bytes(value.tobytes(), 'little'):x}"


def line(op: str, name: str, values: Iterable[Any]) -> str:
    """Write one case; None is a value that NumPy leaves open."""
    return " ".join([op, name, *("?" if value is None else word(value) for value in values)])


def exactly(name: str, value: Fraction) -> Any:
    """Round a fraction once, to nearest even."""
    kind = dtype(name).type
    try:
        near = kind(float(value))
    except OverflowError:
        near = kind(np.inf if value > 0 else -np.inf)
    if not np.isfinite(near):
        return near
    around = [near, np.nextafter(near, kind(-np.inf)), np.nextafter(near, kind(np.inf))]
    around = [each for each in around if np.isfinite(each)]
    even = lambda each: int(word(each), 16) & 1  # noqa: E731
    return min(around, key=lambda each: (abs(Fraction(float(each)) - value), even(each)))


def fma(name: str, x: Any, y: Any, z: Any) -> Any:
    """Multiply and add with one rounding."""
    if all(np.isfinite(each) for each in (x, y, z)):
        total = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        if total != 0:
            return exactly(name, total)
    # What is infinite, NaN or zero, float64 answers with the right sign too, but for overflow.
    product = np.float64(x) * np.float64(y)
    if np.isfinite(x) and np.isfinite(y) and not np.isfinite(product):
        return dtype(name).type(z)
    return dtype(name).type(product + np.float64(z))


def truncated(x: int, y: int) -> int:
    """Divide towards zero; by zero 0."""
    return 0 if y == 0 else (abs(x) // abs(y)) * (1 if (x < 0) == (y < 0) else -1)


def wrapped(name: str, value: int) -> Any:
    """Return an integer of a type, wrapped."""
    kind = dtype(name)
    return np.array(value % 2 ** (8 * kind.itemsize), f"uint{8 * kind.itemsize}").view(kind)[()]


def unary() -> Iterator[str]:
    """Ops of one operand."""
    plain: dict[str, tuple[list[str], Callable[[Any], Any]]] = {
        "neg": ([*INTEGERS, *FLOATS, *COMPLEX], np.negative),
        "abs": ([*INTEGERS, *FLOATS], np.absolute),
        "sign": ([*INTEGERS, *FLOATS], np.sign),
        "square": ([*INTEGERS, *FLOATS], np.square),
        "reciprocal": ([*FLOATS, *COMPLEX], np.reciprocal),
        "not": (["bool", *INTEGERS], np.invert),
        "conj": (COMPLEX, np.conjugate),
        "real": (COMPLEX, np.real),
        "imag": (COMPLEX, np.imag),
        "mantissa": (FLOATS, lambda x: np.frexp(x)[0]),
    }
    for op in ["sqrt", "floor", "ceil", "trunc", "rint"]:
        plain[op] = (FLOATS, getattr(np, op))
    for op in ["isnan", "isinf", "isfinite", "signbit"]:
        plain[op] = (FLOATS, getattr(np, op))
    for op, (names, function) in plain.items():
        for name in names:
            yield line(op, name, function(operands(name)))
    for name in FLOATS:
        values = operands(name)
        exponents = np.frexp(values)[1].astype("int32")
        yield line("exponent", name, np.where(np.isfinite(values), exponents, 0).astype("int32"))
    for name in INTEGERS:
        values = operands(name)
        bits = 8 * values.dtype.itemsize
        words = [int(word(value), 16) for value in values]
        ones = [value.bit_count() for value in words]
        leading = [bits - value.bit_length() for value in words]
        trailing = [(value & -value).bit_length() - 1 if value else bits for value in words]
        for op, counts in {
            "count_ones": ones,
            "leading_zeros": leading,
            "trailing_zeros": trailing,
        }.items():
            yield line(op, name, np.array(counts, values.dtype))
        inverses = [None if v == 0 else wrapped(name, truncated(1, int(v))) for v in values]
        yield line("reciprocal", name, inverses)


def binary() -> Iterator[str]:
    """Ops of two operands."""
    comparisons = {
        "eq": np.equal,
        "ne": np.not_equal,
        "lt": np.less,
        "le": np.less_equal,
        "gt": np.greater,
        "ge": np.greater_equal,
    }
    numbers = [*INTEGERS, *FLOATS]
    plain: dict[str, tuple[list[str], Callable[[Any, Any], Any]]] = {
        "add": (numbers, np.add),
        "sub": (numbers, np.subtract),
        "mul": (numbers, np.multiply),
        "div": (FLOATS, np.true_divide),
        "floor_div": (numbers, np.floor_divide),
        "rem": (numbers, np.remainder),
        "fmod": (numbers, np.fmod),
        "min": (["bool", *numbers], np.minimum),
        "max": (["bool", *numbers], np.maximum),
        "fmin": (FLOATS, np.fmin),
        "fmax": (FLOATS, np.fmax),
        "and": (["bool", *INTEGERS], np.bitwise_and),
        "or": (["bool", *INTEGERS], np.bitwise_or),
        "xor": (["bool", *INTEGERS], np.bitwise_xor),
        "shl": (INTEGERS, np.left_shift),
        "shr": (INTEGERS, np.right_shift),
        "copysign": (FLOATS, np.copysign),
        "nextafter": (FLOATS, np.nextafter),
    }
    for op, compare in comparisons.items():
        plain[op] = (["bool", *numbers], compare)
    for op, (names, function) in plain.items():
        for name in names:
            values = operands(name)
            yield line(op, name, function(values[:, None], values[None, :]).ravel())
    for name in COMPLEX:
        # One at a time: the loops over whole arrays use fma where the machine has it.
        pairs = list(product(operands(name), repeat=2))
        yield line("add", name, [x + y for x, y in pairs])
        yield line("sub", name, [x - y for x, y in pairs])
        yield line("mul", name, [x * y for x, y in pairs])
        yield line("div", name, [x / y for x, y in pairs])
        yield line("eq", name, [x == y for x, y in pairs])
        yield line("ne", name, [x != y for x, y in pairs])
        yield line("square", name, [x * x for x in operands(name)])
    for name in ["f32", "f64"]:
        pairs = list(product(operands(name), repeat=2))
        whole = np.empty(len(pairs), "complex64" if name == "f32" else "complex128")
        whole.real, whole.imag = np.array(pairs).T
        yield line("complex", name, whole)
    for name in INTEGERS:
        pairs = [(int(x), int(y)) for x, y in product(operands(name), repeat=2)]
        bits = 8 * dtype(name).itemsize
        yield line("mul_high", name, [wrapped(name, x * y >> bits) for x, y in pairs])
        yield line("div", name, [wrapped(name, truncated(x, y)) for x, y in pairs])
        powers = [None if y < 0 else wrapped(name, pow(x, y, 2**bits)) for x, y in pairs]
        yield line("pow", name, powers)
    exponents = operands("i32")
    for name in FLOATS:
        yield line("ldexp", name, np.ldexp(operands(name)[:, None], exponents[None, :]).ravel())


def ternary() -> Iterator[str]:
    """Ops of three operands, over every third value."""
    for name in ["f32", "f64"]:
        triples = product(operands(name)[::3], repeat=3)
        yield line("fma", name, [fma(name, x, y, z) for x, y, z in triples])


def inside(value: Any, kind: np.dtype[Any]) -> bool:
    """Whether an integer type holds a floating point number, cut to a whole one."""
    real = value.real
    return bool(np.isfinite(real) and np.iinfo(kind).min <= int(real) <= np.iinfo(kind).max)


def casts() -> Iterator[str]:
    """Each type to each other."""
    for name, to in product(NAMES, NAMES):
        values, kind = operands(name), dtype(to)
        answers = list(values.astype(kind))
        if kind.kind in "iu" and values.dtype.kind in "fc":
            each = zip(values, answers, strict=True)
            answers = [answer if inside(value, kind) else None for value, answer in each]
        yield line(f"cast.{to}", name, answers)


def main() -> None:
    """Write the file beside this one."""
    if np.__version__ != PINNED:
        raise SystemExit(f"NumPy {PINNED} is needed, this is {np.__version__}")
    np.seterr(all="ignore")
    lines = [f"# NumPy {PINNED}, by ops.py"]
    lines += [line("values", name, operands(name)) for name in NAMES]
    for part in (unary, binary, ternary, casts):
        lines += part()
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
