"""Every float32 as an argument: errors beside NumPy in float64, and where values only rise.

The scan of all 2^32 arguments takes half a minute to two minutes a function;
`docs/reference/elementary-functions.md` has its figures:

    python -m pytest tests/test_elementary_scan.py -m long -s
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import abreast.numpy as anp
from abreast import _abreast

# Greatest errors in units of the last place, as promised: `crates/ir/tests/elementary/bounds.rs`.
BOUNDS = {
    "exp": 1.1,
    "exp2": 0.9,
    "expm1": 1.1,
    "log": 0.95,
    "log2": 1.0,
    "log10": 0.9,
    "log1p": 1.0,
    "sin": 1.95,
    "cos": 1.6,
    "tan": 1.2,
    "sinh": 1.0,
    "cosh": 0.8,
    "tanh": 1.1,
    "asin": 0.7,
    "acos": 0.7,
    "atan": 0.9,
    "asinh": 1.1,
    "acosh": 1.0,
    "atanh": 1.2,
    "sqrt": 0.5,
    "cbrt": 0.6,
    "erf": 0.8,
    "erfc": 1.7,
    "lgamma": 1.3,
}
# Functions that rise with their argument.
RISING = {
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "erf"),
    *("sinh", "tanh", "asin", "atan", "asinh", "acosh", "atanh"),
}
# Found to rise over every float32.
MONOTONE = {"exp", "log"}
LARGEST = float(np.finfo(np.float32).max) * (1 + 2**-25)  # from here on infinity is nearer
PIECE = 1 << 24
BLOCK = 1 << 16  # as many as stay in the cache
EXPONENT = np.uint64(0x7FF << 52)
NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
NAMES |= {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}


KERNEL = """kernel @scan(%n: extent, %x: read f32[unit], %y: write f32[unit]) {{
  for parallel (%i) in (%n) {{
    %a = load %x[%i]
    %b = {name} %a
    store %b, %y[%i]
  }}
}}
"""


def values(name: str, x: np.ndarray) -> np.ndarray:
    """Return what our function gives; a kernel of one instruction where NumPy has no such name."""
    if name not in ("erf", "erfc", "lgamma"):
        return np.asarray(getattr(anp, name)(anp.asarray(x)))
    found = np.empty_like(x)
    _abreast.run_loop(KERNEL.format(name=name), "cpu", [len(x), x, found])
    return found


def reference(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function in float64: NumPy's or SciPy's."""
    found = getattr(np, NAMES.get(name, name), None)
    if found is None:
        special = pytest.importorskip("scipy.special")
        found = {"erf": special.erf, "erfc": special.erfc, "lgamma": special.gammaln}[name]
    return found


def errors(name: str, x: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Errors of values in units of the last place."""
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
        true = reference(name)(wide)
        power = (true.view(np.uint64) & EXPONENT).view(np.float64)
        np.clip(power, 2.0**-126, 2.0**127, out=power)
        if name == "lgamma":  # between its poles it crosses 0, at numbers that no format holds
            np.maximum(power, 1.0, out=power, where=wide < -2)
        error = value - true
        np.abs(error, out=error)
        error /= power
        error *= 2.0**23
        odd = ~np.isfinite(error)
        odd |= np.abs(true) >= LARGEST
        if odd.any():
            far = np.isinf(value) & (np.abs(true) >= LARGEST) & ((value > 0) == (true > 0))
            error[np.isnan(error)] = np.inf
            error[(value == true) | (np.isnan(value) & np.isnan(true)) | far] = 0
    return error


def scan(name: str, pieces: Sequence[int], step: int = 1) -> tuple[float, float, bool]:
    """Greatest error of a function, where it is, and whether values fall somewhere."""
    worst, place, falls, last = 0.0, 0.0, False, None
    for piece in pieces:
        bits = np.arange(piece * PIECE, (piece + 1) * PIECE, step, dtype=np.uint32)
        x = bits.view(np.float32)
        value = values(name, x)

        def block(at: int, x: np.ndarray = x, value: np.ndarray = value) -> tuple[float, float]:
            part = slice(at, at + BLOCK)
            error = errors(name, x[part], value[part])
            where = int(error.argmax())
            return float(error[where]), float(x[at + where])

        with ThreadPoolExecutor() as pool:
            found, at = max(pool.map(block, range(0, len(x), BLOCK)), key=lambda it: it[0])
        if found > worst:
            worst, place = found, at
        up = piece < 128  # negative numbers are numbered downwards
        low, high = (value[:-1], value[1:]) if up else (value[1:], value[:-1])
        with np.errstate(invalid="ignore"):
            falls = falls or bool((high < low).any())
            if last is not None and piece != 128:
                falls = falls or bool(last > value[0] if up else last < value[0])
        last = value[-1]
    return worst, place, falls


@pytest.mark.parametrize("name", ["exp", "sin", "log", "tanh"])
def test_some_arguments_are_as_accurate_as_promised(name):
    worst, place, _ = scan(name, [62, 63, 64, 66, 190, 191, 192], step=257)
    assert worst <= BOUNDS[name], f"{name}({place!r}) is {worst} units of the last place off"


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", BOUNDS)
def test_every_argument_is_as_accurate_as_promised(name):
    worst, place, falls = scan(name, range(256))
    rises = ", falls somewhere" if falls else ", never falls"
    print(f"{name:6} {worst:.4f} at {place!r}{rises if name in RISING else ''}")
    assert worst <= BOUNDS[name], f"{name}({place!r}) is {worst} units of the last place off"
    assert name not in MONOTONE or not falls
