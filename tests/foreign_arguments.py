"""Arguments that a function takes, found by trying; and whether two outcomes are the same."""

from __future__ import annotations

import itertools
import signal
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

KINDS: dict[str, Callable[[], Any]] = {
    "int": lambda: 3,
    "float": lambda: 1.5,
    "ints": lambda: np.arange(6) - 2,
    "floats": lambda: np.linspace(-1.0, 2.0, 6),
    "matrix": lambda: np.linspace(-1.0, 2.0, 16).reshape(4, 4),
    "tuple": lambda: (2, 0, 1),
    "complex": lambda: 1.5 - 0.5j,
    "bool": lambda: True,
    "negative": lambda: -2,
    "small": lambda: 0.25,
    "zero": lambda: 0,
    "int32s": lambda: np.arange(6, dtype=np.int32),
    "float32s": lambda: np.linspace(0.25, 2.0, 6, dtype=np.float32),
    "int matrix": lambda: np.arange(16).reshape(4, 4),
    "cube": lambda: np.arange(24.0).reshape(2, 3, 4),
    "complexes": lambda: np.array([1 + 1j, -2j, 0.5]),
    "bools": lambda: np.array([True, False, True, True, False, False]),
    "strided": lambda: np.arange(12.0)[::2],
    "none": lambda: None,
    "generator": lambda: np.random.default_rng(7),
}
MIXED = {
    2: ["int", "float", "ints", "floats", "matrix", "tuple", "negative", "int matrix", "bools"],
    3: ["int", "float", "floats", "matrix"],
    4: ["int", "floats", "matrix"],
}
MOST = 10
"""Combinations of arguments for one function."""
RAISED = (ArithmeticError, IndexError, ValueError, AssertionError)
"""Exceptions that are part of what a function means; others say that arguments do not fit."""


UNFIT = (
    "The truth value of an array",
    "only integers, slices",
    "only int",
    "arrays used as indices",
    "too many indices",
    "setting an array element",
    "Maximum allowed",
    "can only convert an array",
)
"""How messages of these begin that say the same."""


class TooLong(BaseException):
    """Python needs more than a second."""


def combinations(count: int) -> Iterator[tuple[str, ...]]:
    """Return kinds of arguments for as many parameters, the likely ones first."""
    if count == 0:
        yield ()
        return
    yield from ((kind,) * count for kind in KINDS)
    if count in MIXED:
        mixed = itertools.product(MIXED[count], repeat=count)
    else:
        pairs = itertools.permutations(["int", "float", "floats", "matrix", "ints"], 2)
        mixed = ((one,) * k + (two,) * (count - k) for one, two in pairs for k in range(1, count))
    yield from (it for it in mixed if len(set(it)) > 1)


def outcome(function: Callable[..., Any], kinds: tuple[str, ...]) -> tuple[Any, list[Any]]:
    """Return what a call returns or raises, and the arguments afterwards."""
    arguments = [KINDS[kind]() for kind in kinds]
    np.random.seed(1)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*arguments), arguments
        except RAISED as error:
            return error, arguments


def fitting(
    function: Callable[..., Any], count: int
) -> list[tuple[tuple[str, ...], tuple[Any, list[Any]]]]:
    """Return combinations that a function takes, with what Python makes of each."""
    values, errors, slow = [], [], 0
    for kinds in combinations(count):
        try:
            found = _in_time(function, kinds)
        except TooLong:
            slow += 1
            if slow == 3:
                break
            continue
        except Exception:
            continue
        if isinstance(found[0], Exception) and str(found[0]).startswith(UNFIT):
            continue
        (errors if isinstance(found[0], Exception) else values).append((kinds, found))
        if len(values) == MOST:
            break
    return (values + errors[:3])[:MOST]


def _in_time(function: Callable[..., Any], kinds: tuple[str, ...]) -> tuple[Any, list[Any]]:
    def stop(*_: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        return outcome(function, kinds)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def difference(found: Any, expected: Any, tolerance: float = 1e-12) -> str:
    """Say how what was found differs from what is expected; the empty string if it does not."""
    if isinstance(expected, Exception):
        same = type(found) is type(expected) and str(found) == str(expected)
        return "" if same else f"{found!r} for {expected!r}"
    if type(found) is not type(expected):
        return f"{type(found).__name__} for {type(expected).__name__}: {found!r}, {expected!r}"
    if isinstance(expected, tuple):
        if len(found) != len(expected):
            return f"{found!r} for {expected!r}"
        pairs = zip(found, expected, strict=True)
        return next(filter(None, (difference(a, b, tolerance) for a, b in pairs)), "")
    if isinstance(expected, np.random.Generator):
        same = found.bit_generator.state == expected.bit_generator.state
        return "" if same else "generators stand elsewhere"
    if isinstance(expected, np.ndarray | np.generic | int | float | complex):
        if getattr(found, "dtype", None) != getattr(expected, "dtype", None):
            return f"{found.dtype} for {expected.dtype}"
        if np.shape(found) != np.shape(expected):
            return f"shape {np.shape(found)} for {np.shape(expected)}"
        kind = np.asarray(expected).dtype
        if kind.itemsize // (2 if kind.kind == "c" else 1) < 8 and kind.kind in "fc":
            tolerance = 1e-5
        with np.errstate(all="ignore"):
            exact = kind.kind not in "fc"
            same = np.array_equal(found, expected) if exact else _close(found, expected, tolerance)
        return "" if same else f"{found!r} for {expected!r}"
    return "" if found is expected or repr(found) == repr(expected) else f"{found!r} {expected!r}"


def _close(found: Any, expected: Any, tolerance: float) -> bool:
    return bool(np.allclose(found, expected, rtol=tolerance, atol=1e-13, equal_nan=True))
