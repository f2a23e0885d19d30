"""`default_rng` and `Generator`: NumPy's numbers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from abreast.random.bit_generators import PCG64, BitGenerator, taken_over
from abreast.random.counts import Counts
from abreast.random.orders import Orders
from abreast.random.vectors import Vectors

__all__ = ["Generator", "default_rng"]


class Generator(Vectors, Counts, Orders):
    """NumPy's `Generator`: the same methods, arguments, numbers and errors.

    Long draws let other Python threads run, and threads may share a generator. Large results of
    `random`, `uniform`, `bytes` and of `integers` over all values of a type are drawn on every
    core, from PCG64, PCG64DXSM and Philox; the numbers are those of one core.

    Parameters
    ----------
    bit_generator : BitGenerator
        Where the bits come from. One of NumPy's is copied: what is drawn here does not move it.

    Examples
    --------
    >>> import abreast as ab
    >>> rng = ab.random.Generator(ab.random.Philox(7))
    >>> rng.normal(10.0, 2.0, size=3)
    array([ 7.19287133, 11.69683903, 12.61736053])
    >>> rng.integers(6, size=4)
    array([4, 1, 1, 0])
    """

    def __init__(self, bit_generator: Any) -> None:
        if isinstance(bit_generator, np.random.BitGenerator):
            bit_generator = taken_over(bit_generator)
        if not isinstance(bit_generator, BitGenerator):
            raise TypeError(
                f"bit_generator={bit_generator!r}: a PCG64, PCG64DXSM, MT19937, Philox or SFC64 of "
                "abreast.random or numpy.random\n"
                "hint: default_rng(seed) makes generator and bit generator from a seed"
            )
        self._generator = bit_generator
        self._bits = bit_generator._bits

    @property
    def bit_generator(self) -> BitGenerator:
        """Where the bits come from."""
        return self._generator

    @classmethod
    def from_numpy(cls, rng: Any) -> Self:
        """Return a generator that goes on where one of NumPy's stands, which stays there.

        Examples
        --------
        >>> import numpy as np
        >>> from abreast.random import Generator
        >>> theirs = np.random.default_rng(1)
        >>> _ = theirs.normal(size=5)
        >>> ours = Generator.from_numpy(theirs)
        >>> ours.normal() == theirs.normal()
        True
        """
        if isinstance(rng, np.random.Generator):
            rng = rng.bit_generator
        elif isinstance(rng, np.random.RandomState):
            rng = rng._bit_generator
        return cls(taken_over(rng))

    def to_numpy(self) -> np.random.Generator:
        """Return NumPy's generator in this state; the two go on apart.

        Examples
        --------
        >>> rng = default_rng(1)
        >>> _ = rng.random(3, dtype="float32")  # half a word is left
        >>> rng.to_numpy().bytes(4) == rng.bytes(4)
        True
        """
        return np.random.Generator(self._generator.to_numpy())

    def spawn(self, n_children: int) -> list[Self]:
        """Return as many new generators, independent of this one and of each other."""
        return [type(self)(child) for child in self._generator.spawn(n_children)]

    def __reduce__(self) -> Any:
        return type(self), (self._generator,)

    def __repr__(self) -> str:
        return f"{self} at 0x{id(self):X}"

    def __str__(self) -> str:
        return f"{type(self).__name__}({self._generator._kind})"


def default_rng(seed: Any = None) -> Generator:
    """Return the generator of a seed, with the numbers of `numpy.random.default_rng(seed)`.

    Parameters
    ----------
    seed : None, int, sequence of int, SeedSequence, BitGenerator, or Generator
        None takes entropy from the operating system. A generator of `abreast.random` is returned as
        it is. One of NumPy's, also a bit generator or `RandomState`, is copied in its state.

    Examples
    --------
    >>> import abreast as ab
    >>> ab.random.default_rng(42).standard_normal(3)
    array([ 0.30471708, -1.03998411,  0.7504512 ])
    """
    if isinstance(seed, Generator):
        return seed
    if isinstance(seed, BitGenerator):
        return Generator(seed)
    if isinstance(seed, (np.random.Generator, np.random.BitGenerator, np.random.RandomState)):
        return Generator.from_numpy(seed)
    return Generator(PCG64(seed))
