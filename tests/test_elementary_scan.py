"""Every float32 as an argument: errors beside the function in float64, and where values only rise.

The scan of all 2^32 arguments takes minutes; `docs/reference/elementary-functions.md` has its
figures:

    python -m pytest tests/test_elementary_scan.py -m long -s
"""

from __future__ import annotations

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp

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
    "asinh": 1.1,
    "atan": 0.9,
}
# Functions that rise with their argument.
RISING = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sinh", "tanh", "asinh", "atan"}
# Found to rise over every float32.
MONOTONE = {"exp", "log"}
LARGEST = float(np.finfo(np.float32).max) * (1 + 2**-25)  # from here on infinity is nearer
PIECE = 1 << 24


def errors(name: str, x: np.ndarray) -> tuple[anp.Array, anp.Array]:
    """Values, and their errors in units of the last place."""
    a = anp.asarray(x)
    value = getattr(anp, name)(a)
    true = getattr(anp, name)(a.astype(np.float64))
    size = anp.clip(anp.abs(true), 2.0**-126, LARGEST)
    unit = anp.exp2(anp.floor(anp.log2(size)) - 23)
    error = anp.abs(value.astype(np.float64) - true) / unit
    same = (value == true) | (anp.isnan(value) & anp.isnan(true))
    far = anp.isinf(value) & (anp.abs(true) >= LARGEST) & ((value > 0) == (true > 0))
    error = anp.where(anp.isnan(error), np.inf, error)
    return value, anp.where(same | far, 0.0, error)


def scan(name: str, pieces: range | list[int], step: int = 1) -> tuple[float, float, bool]:
    """Greatest error of a function, where it is, and whether values fall somewhere."""
    worst, place, falls, last = 0.0, 0.0, False, None
    for piece in pieces:
        bits = np.arange(piece * PIECE, (piece + 1) * PIECE, step, dtype=np.uint32)
        x = bits.view(np.float32)
        up = piece < 128  # negative numbers are numbered downwards
        value, error = errors(name, x)
        low, high = (value[:-1], value[1:]) if up else (value[1:], value[:-1])
        wanted = (error.max(), error.argmax(), anp.any(high < low), value[0], value[-1])
        most, at, fallen, first, end = ab.compute(*wanted)
        if most > worst:
            worst, place = float(most), float(x[int(at)])
        if last is not None and piece != 128:
            fallen = fallen or (last > first if up else last < first)
        falls, last = falls or bool(fallen), end
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
