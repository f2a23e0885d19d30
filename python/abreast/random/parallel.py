"""`parallel_rng`: numbers that are counted, so any core can make any part of a result.

The value at position `i` of draw `d` is a function of seed, `d` and `i` alone: of Philox4x32-10
[1]_ at the counter (i, d). Normal numbers come from pairs of words by the method of Box and Muller.
Neither the number of threads nor the order in which parts are made changes a bit.

References
----------
.. [1] J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers: as easy as
   1, 2, 3", 2011.
"""

from __future__ import annotations

import threading
from typing import Any, Self

import numpy as np

from abreast._abreast import Positions, SeedSequence
from abreast.random.counts import _LIMITS, _bounds, _integer_type
from abreast.random.drawing import threads_for
from abreast.random.entropy import sequence_of

__all__ = ["ParallelGenerator", "parallel_rng"]


class ParallelGenerator:
    """A generator that fills large arrays on every core, with numbers by position.

    Each call is a draw, and the draws are numbered. All methods take `first`, the position of the
    first value: so parts of one result may be made on their own.

    Parameters
    ----------
    seed : None, int, sequence of int, or SeedSequence
        None takes entropy from the operating system.
    draw : int
        The number of the first draw.

    Examples
    --------
    >>> import abreast as ab
    >>> whole = ab.random.parallel_rng(7).normal(size=1000)
    >>> part = ab.random.parallel_rng(7).normal(size=10, first=500)
    >>> (whole[500:510] == part).all()
    np.True_
    """

    def __init__(self, seed: Any = None, *, draw: int = 0) -> None:
        self._sequence = sequence_of(seed)
        self._positions = Positions(self._sequence)
        self._lock = threading.Lock()
        self.draw = draw

    @property
    def draw(self) -> int:
        """The number of the next draw; it may be set."""
        return self._draw

    @draw.setter
    def draw(self, number: int) -> None:
        if not isinstance(number, (int, np.integer)) or not 0 <= number < 1 << 64:
            raise ValueError(
                f"draw={number!r}: a whole number from 0 to 2**64 - 1\n"
                "hint: it counts the calls; a fresh generator is at 0"
            )
        self._draw = int(number)

    @property
    def seed_seq(self) -> SeedSequence:
        """The seed."""
        return self._sequence

    def random(
        self, size: Any = None, dtype: Any = np.float64, out: Any = None, *, first: int = 0
    ) -> Any:
        """Draw uniform numbers from 0 to below 1, in float64 or float32."""
        return self._reals("uniform", 0.0, 1.0, size, dtype, out, first)

    def uniform(
        self,
        low: Any = 0.0,
        high: Any = 1.0,
        size: Any = None,
        dtype: Any = np.float64,
        out: Any = None,
        *,
        first: int = 0,
    ) -> Any:
        """Draw uniform numbers from `low` to `high`."""
        width = np.subtract(high, low) if _many(low, high) else _number("high", high) - low
        if not np.all(np.greater_equal(width, 0)) or not np.all(np.isfinite(width)):
            raise ValueError(
                f"low={low!r}, high={high!r}: both finite, and low is not above high\n"
                "hint: uniform(low, high, size)"
            )
        return self._reals("uniform", low, width, size, dtype, out, first)

    def standard_normal(
        self, size: Any = None, dtype: Any = np.float64, out: Any = None, *, first: int = 0
    ) -> Any:
        """Draw normal numbers of mean 0 and deviation 1, in float64 or float32."""
        return self._reals("normal", 0.0, 1.0, size, dtype, out, first)

    def normal(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        dtype: Any = np.float64,
        out: Any = None,
        *,
        first: int = 0,
    ) -> Any:
        """Draw normal numbers of mean `loc` and deviation `scale`."""
        return self._reals("normal", loc, _width(scale), size, dtype, out, first)

    def standard_exponential(
        self, size: Any = None, dtype: Any = np.float64, out: Any = None, *, first: int = 0
    ) -> Any:
        """Draw exponential numbers of mean 1, in float64 or float32."""
        return self._reals("exponential", 0.0, 1.0, size, dtype, out, first)

    def exponential(
        self,
        scale: Any = 1.0,
        size: Any = None,
        dtype: Any = np.float64,
        out: Any = None,
        *,
        first: int = 0,
    ) -> Any:
        """Draw exponential numbers of mean `scale`."""
        return self._reals("exponential", 0.0, _width(scale), size, dtype, out, first)

    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
        out: Any = None,
        *,
        first: int = 0,
    ) -> Any:
        """Draw whole numbers from `low` to below `high`, or up to it; with one bound, from 0.

        All are exactly equally likely.
        """
        kind = _integer_type(dtype)
        if kind is None:
            raise TypeError(
                f"dtype={dtype!r}: bool, or integers of 8 to 64 bits in this machine's byte order"
            )
        bounds = _bounds(low, high, endpoint)
        if bounds is None:
            raise TypeError(
                f"low={low!r}, high={high!r}: single whole numbers\n"
                "hint: default_rng(seed).integers takes arrays of bounds"
            )
        least, most = _LIMITS[kind.name]
        if not least <= bounds[0] <= bounds[1] <= most:
            raise ValueError(
                f"low={low!r}, high={high!r}: no {kind.name} lies between them, or one of them is "
                f"outside of {least} to {most}\nhint: high itself is only drawn with endpoint=True"
            )
        result, place = self._room(size, kind, out, first)
        view = result.reshape(-1)
        view = view.view(np.uint8) if kind.name == "bool" else view
        threads = threads_for(view.size)
        self._positions.integers(kind.name, *bounds, *place, view, threads)
        if size is None and out is None:
            return dtype(result[0]) if dtype is int or dtype is bool else result[0]
        return result

    def bytes(self, length: int, *, first: int = 0) -> bytes:
        """Draw random bytes; `first` counts words of eight."""
        if not isinstance(length, (int, np.integer)) or length < 0:
            raise ValueError(f"length={length!r}: a whole number from 0 on")
        words = self.integers(0, 1 << 64, -(-length // 8), np.uint64, first=first)
        return bytes(words.astype("<u8", copy=False).tobytes()[:length])

    def spawn(self, n_children: int) -> list[Self]:
        """Return as many new generators, independent of this one and of each other."""
        return [type(self)(child) for child in self._sequence.spawn(n_children)]

    def _reals(
        self, name: str, shift: Any, scale: Any, size: Any, dtype: Any, out: Any, first: int
    ) -> Any:
        kind = np.dtype(dtype)
        if kind not in (np.float64, np.float32):
            raise TypeError(f"dtype={dtype!r}: float64 or float32")
        if _many(shift, scale):
            shape = np.broadcast_shapes(np.shape(shift), np.shape(scale))
            if size is None:
                size = shape if out is None else out.shape
            standard = self._reals(name, 0.0, 1.0, size, dtype, out, first)
            standard *= np.asarray(scale, kind)  # NumPy says if the shapes do not fit
            standard += np.asarray(shift, kind)
            return standard
        result, place = self._room(size, kind, out, first)
        change = (_number("a parameter", shift), _number("a parameter", scale))
        single = kind == np.float32
        view = result.reshape(-1)
        self._positions.reals(name, *place, *change, view, single, threads_for(view.size))
        return float(result[0]) if size is None and out is None else result

    def _room(self, size: Any, kind: Any, out: Any, first: int) -> tuple[Any, tuple[int, int]]:
        """Return where a draw goes, and its number and first position."""
        if not isinstance(first, (int, np.integer)) or not 0 <= first < 1 << 63:
            raise ValueError(
                f"first={first!r}: a whole number from 0 to 2**63 - 1, the position of the first "
                "value"
            )
        if out is None:
            out = np.empty(1 if size is None else size, kind)
        else:
            shape = getattr(out, "shape", None)
            fits = isinstance(out, np.ndarray) and out.dtype == kind
            fits = fits and out.flags.c_contiguous and out.flags.writeable and out.flags.aligned
            if not fits:
                raise ValueError(
                    f"out is {type(out).__name__} of {getattr(out, 'dtype', 'no type')}: a "
                    f"writable array of {kind} whose rows lie one after the other\n"
                    "hint: np.empty(shape, dtype), and the same dtype here"
                )
            if size is not None and np.empty(size, np.void).shape != shape:
                raise ValueError(f"size={size!r} and out.shape={shape}: the same, or out alone")
        with self._lock:
            draw = self._draw
            self._draw = (draw + 1) % (1 << 64)
        return out, (draw, int(first))

    def __reduce__(self) -> Any:
        return _restored, (type(self), self._sequence, self._draw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._sequence!r}, draw={self._draw})"


def _restored(kind: type[ParallelGenerator], seed: Any, draw: int) -> ParallelGenerator:
    return kind(seed, draw=draw)


def _many(*parameters: Any) -> bool:
    return any(np.ndim(it) > 0 for it in parameters)


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {value!r}: a number, or an array of numbers") from None


def _width(scale: Any) -> Any:
    if not _many(scale):
        scale = _number("scale", scale)
    if not np.all(np.greater_equal(scale, 0)):
        raise ValueError(f"scale={scale!r}: from 0 on")
    return scale


def parallel_rng(seed: Any = None) -> ParallelGenerator:
    """Return a generator for large results: on every core, the same numbers on any number of them.

    The numbers are not NumPy's; `default_rng` has those.

    Parameters
    ----------
    seed : None, int, sequence of int, or SeedSequence
        None takes entropy from the operating system.

    Examples
    --------
    >>> import abreast as ab
    >>> rng = ab.random.parallel_rng(7)
    >>> rng.standard_normal((1000, 1000)).std().round(2)
    np.float64(1.0)
    >>> rng.integers(1, 7, size=10, dtype="uint8").max() <= 6
    np.True_
    """
    return ParallelGenerator(seed)
