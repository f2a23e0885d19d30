"""MRG32k3a: the streams of R's `parallel` and `rlecuyer` packages.

References
----------
.. [1] P. L'Ecuyer, "Good parameters and implementations for combined multiple recursive random
   number generators", 1999.
.. [2] P. L'Ecuyer, R. Simard, E. J. Chen and W. D. Kelton, "An object-oriented random-number
   package with many long streams and substreams", 2002.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from abreast._abreast import Recursive

__all__ = ["MRG32k3a"]

_KIND = 10407  # how R says: L'Ecuyer-CMRG, normals by inversion, samples by rejection


class MRG32k3a:
    """A stream of R's "L'Ecuyer-CMRG": the same uniform numbers, streams and substreams.

    Parameters
    ----------
    seed : int
        What ``RNGkind("L'Ecuyer-CMRG"); set.seed(seed)`` has in R.

    Examples
    --------
    >>> from abreast.random import MRG32k3a
    >>> stream = MRG32k3a(123)
    >>> stream.r_seed  # .Random.seed
    [10407, 1806547166, -983674937, 643431772, 1162448557, -959247990, -133913213]
    >>> worker = stream.next_stream()  # nextRNGStream(.Random.seed)
    >>> worker.random(2)  # runif(2)
    array([0.3411064 , 0.97127266])
    """

    def __init__(self, seed: int) -> None:
        if not isinstance(seed, (int, np.integer)) or not -(1 << 31) < seed < 1 << 31:
            raise ValueError(
                f"seed={seed!r}: a whole number of 32 bits, as R's set.seed takes it\n"
                "hint: MRG32k3a.from_state takes six words, or R's .Random.seed"
            )
        self._stream = Recursive.seeded(int(seed))

    @classmethod
    def _of(cls, stream: Recursive) -> MRG32k3a:
        made = cls.__new__(cls)
        made._stream = stream
        return made

    @classmethod
    def from_state(cls, state: Iterable[int]) -> MRG32k3a:
        """Return the stream in a state: six words, or the seven numbers of R's `.Random.seed`.

        Examples
        --------
        >>> from abreast.random import MRG32k3a
        >>> MRG32k3a.from_state([12345] * 6).random()  # RngStreams' first number
        0.12701112204657714
        """
        words = [int(word) for word in state]
        if len(words) == 7 and words[0] % 100 == 7:
            words = words[1:]
        if len(words) != 6 or not all(-(1 << 31) <= word < 1 << 32 for word in words):
            raise ValueError(
                f"state={words}: six words of 32 bits, or R's .Random.seed, whose first number "
                'ends in 07\nhint: RNGkind("L\'Ecuyer-CMRG") in R before .Random.seed is read'
            )
        return cls._of(Recursive.restored([word % (1 << 32) for word in words]))

    @property
    def state(self) -> list[int]:
        """The six words of the state."""
        return list(self._stream.state())

    @property
    def r_seed(self) -> list[int]:
        """The state as R's `.Random.seed`: its words are signed there."""
        return [_KIND, *((word ^ 1 << 31) - (1 << 31) for word in self.state)]

    def random(self, size: Any = None) -> Any:
        """Uniform numbers between 0 and 1: R's `runif`."""
        out = np.empty(1 if size is None else size)
        self._stream.fill(out.reshape(-1))
        return float(out[0]) if size is None else out

    def next_stream(self) -> MRG32k3a:
        """Return the start of the next stream, 2**127 numbers on: R's `nextRNGStream`."""
        return self._of(self._stream.next(False))

    def next_substream(self) -> MRG32k3a:
        """Return the start of the next substream, 2**76 numbers on: R's `nextRNGSubStream`."""
        return self._of(self._stream.next(True))

    def streams(self, n: int) -> list[MRG32k3a]:
        """Return `n` streams, this one first: what R's `clusterSetRNGStream` gives n workers.

        Each is a copy; drawing from it does not move this one.
        """
        found, stream = [], self._of(Recursive.restored(self.state))
        for _ in range(n):
            found.append(stream)
            stream = stream.next_stream()
        return found

    def __reduce__(self) -> Any:
        return MRG32k3a.from_state, (self.state,)

    def __repr__(self) -> str:
        return f"MRG32k3a.from_state({self.state})"
