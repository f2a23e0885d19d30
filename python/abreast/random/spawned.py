"""Many generators from one seed, for parallel code written by hand."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from abreast.random.bit_generators import BitGenerator
from abreast.random.entropy import sequence_of

__all__ = ["Streams", "jumped", "streams"]


class Streams(Sequence[np.random.Generator]):
    """Generators of NumPy's, each made when it is first asked for and kept from then on."""

    def __init__(self, count: int, make: Callable[[int], np.random.Generator], what: str) -> None:
        try:
            self._count = operator.index(count)
        except TypeError:
            self._count = -1
        if self._count < 0:
            raise ValueError(f"n={count!r}: how many streams, a whole number from 0 on")
        self._make = make
        self._what = what
        self._made: dict[int, np.random.Generator] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> np.random.Generator: ...
    @overload
    def __getitem__(self, at: slice) -> list[np.random.Generator]: ...
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[it] for it in range(*at.indices(self._count))]
        index = operator.index(at)
        if not -self._count <= index < self._count:
            raise IndexError(f"stream {index} of {self._count}")
        index %= self._count
        found = self._made.get(index)
        # Two threads that ask at once get the same one.
        return self._made.setdefault(index, self._make(index)) if found is None else found

    def __repr__(self) -> str:
        return f"{self._what} of {self._count} streams"


class _Spawned:
    def __init__(self, seed: Any) -> None:
        sequence = sequence_of(seed)
        self.root = (sequence.entropy, sequence.spawn_key, sequence.pool_size)

    def __call__(self, at: int) -> np.random.Generator:
        entropy, key, pool = self.root
        sequence = np.random.SeedSequence(entropy, spawn_key=(*key, at), pool_size=pool)
        return np.random.default_rng(sequence)


class _Jumped:
    def __init__(self, start: Any) -> None:
        self.start = start

    def __call__(self, at: int) -> np.random.Generator:
        return np.random.Generator(self.start.jumped(at))


def streams(seed: Any, n: int) -> Sequence[np.random.Generator]:
    """Return `n` independent generators of NumPy's, the children of a seed.

    Stream i is ``numpy.random.default_rng(SeedSequence(seed, spawn_key=(i,)))``: what
    ``SeedSequence(seed).spawn(n)[i]`` gives, and what task i of ``ab.map(..., seed=seed)`` gets.

    Parameters
    ----------
    seed : None, int, sequence of int, or SeedSequence
        None takes entropy from the operating system. A sequence is read and not advanced.
    n : int
        How many. Each is made when it is first asked for, so a million cost nothing.

    Examples
    --------
    >>> import abreast as ab
    >>> first, second = ab.random.streams(7, 2)
    >>> first.integers(100, size=5), second.integers(100, size=5)
    (array([30, 79, 20,  5, 81]), array([68, 48, 39,  5, 44]))
    """
    return Streams(n, _Spawned(seed), f"children of {seed!r}:")


def jumped(seed: Any, n: int) -> Sequence[np.random.Generator]:
    """Return `n` generators of NumPy's that are pieces of one stream, too long to meet.

    Piece i is ``numpy.random.Generator(numpy.random.PCG64(seed).jumped(i))``, 2**128 over the
    golden ratio words after the one before.

    Parameters
    ----------
    seed : None, int, sequence of int, SeedSequence, or bit generator
        A bit generator of `numpy.random` or `abreast.random` that can jump is cut itself, from
        where it stands.
    n : int
        How many pieces.

    Examples
    --------
    >>> import abreast as ab
    >>> whole, other = ab.random.jumped(7, 2)
    >>> whole.random() == ab.random.default_rng(7).random()
    True
    """
    if isinstance(seed, BitGenerator):
        start: Any = seed.to_numpy()
    elif isinstance(seed, np.random.BitGenerator):
        start = type(seed)(0)
        start.state = seed.state
    else:
        sequence = sequence_of(seed)
        start = np.random.PCG64(np.random.SeedSequence(**sequence.state))
    if not hasattr(start, "jumped"):
        raise TypeError(
            f"seed={seed!r}: this bit generator cannot jump\n"
            "hint: PCG64, PCG64DXSM, MT19937 and Philox can; streams(seed, n) needs no jumps"
        )
    return Streams(n, _Jumped(start), f"pieces of {seed!r}:")
