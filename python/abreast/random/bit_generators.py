"""NumPy's bit generators: same words, same states."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np

from abreast._abreast import Bits, SeedSequence
from abreast.random.entropy import sequence_of

__all__ = ["BitGenerator", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64", "taken_over"]


class BitGenerator:
    """A source of random bits: `PCG64`, `PCG64DXSM`, `MT19937`, `Philox` or `SFC64`.

    Parameters
    ----------
    seed : None, int, sequence of int, or SeedSequence
        As for NumPy's; None takes entropy from the operating system.

    Examples
    --------
    >>> from abreast.random import PCG64
    >>> bits = PCG64(42)
    >>> bits.random_raw()  # numpy.random.PCG64(42).random_raw()
    14276969152011380360
    """

    _kind: ClassVar[str]
    _bits: Bits
    seed_seq: SeedSequence | Any

    def __init__(self, seed: Any = None) -> None:
        if type(self) is BitGenerator:
            raise NotImplementedError(
                "BitGenerator is what all of them have in common and makes no numbers\n"
                "hint: PCG64, PCG64DXSM, MT19937, Philox or SFC64"
            )
        self.seed_seq = sequence_of(seed)
        self._bits = Bits.seeded(self._kind, self.seed_seq)

    @classmethod
    def _of(cls, bits: Bits, seed_seq: Any) -> Self:
        made: Self = cls.__new__(cls)
        made._bits = bits
        made.seed_seq = seed_seq
        return made

    @property
    def state(self) -> dict[str, Any]:
        """The state, as the dictionary that NumPy's generator of this name has."""
        return _dictionary(self._kind, self._bits.parts())

    @state.setter
    def state(self, value: Any) -> None:
        self._bits.restore(_parts(self._kind, value))

    def random_raw(self, size: Any = None, output: bool = True) -> Any:
        """Return words as the generator makes them, one or an array of `size`."""
        out = np.empty(1 if size is None else size, np.uint64)
        self._bits.raw(out.reshape(-1))
        if not output:
            return None
        return int(out[0]) if size is None else out

    def spawn(self, n_children: int) -> list[Self]:
        """Return as many new generators, independent of this one and of each other."""
        spawn = getattr(self.seed_seq, "spawn", None)
        if spawn is None:
            raise TypeError("The underlying SeedSequence does not implement spawning.")
        return [
            self._of(Bits.seeded(self._kind, child), child)
            for child in map(sequence_of, spawn(n_children))
        ]

    def to_numpy(self) -> np.random.BitGenerator:
        """Return NumPy's generator of this name, in this state; the two go on apart.

        Examples
        --------
        >>> from abreast.random import SFC64
        >>> bits = SFC64(1)
        >>> bits.to_numpy().random_raw() == bits.random_raw()
        True
        """
        sequence: Any = self.seed_seq
        if isinstance(sequence, SeedSequence):
            sequence = np.random.SeedSequence(**sequence.state)
        theirs: np.random.BitGenerator = _numpy(self._kind, self._bits.parts(), sequence)
        return theirs

    @contextmanager
    def _lent(self) -> Iterator[np.random.BitGenerator]:
        """NumPy's generator in this state, whose state then becomes this one's; others wait."""
        parts = self._bits.lend()
        theirs = None
        try:
            theirs = _numpy(self._kind, parts, None)
            yield theirs
        finally:
            self._bits.give_back(None if theirs is None else _parts(self._kind, theirs.state))

    def __reduce__(self) -> Any:
        return _restored, (self._kind, self._bits.parts(), self.seed_seq)


class _Jumping(BitGenerator):
    def jumped(self, jumps: int = 1) -> Self:
        """Return the generator as it is after very many words, `jumps` times.

        Pieces of a stream that start at such places do not meet. NumPy's numbers of words: 2**128
        for MT19937 and Philox, 2**128 over the golden ratio for the others.
        """
        jumps = operator.index(jumps)
        if self._kind == "MT19937" and jumps < 0:
            raise ValueError("jumps must be positive")
        return self._of(self._bits.jumped(jumps % (1 << 128)), None)  # type: ignore[arg-type]


class _Advancing(_Jumping):
    def advance(self, delta: int) -> Self:
        """Move on by `delta` steps, back if it is negative; return the generator itself."""
        delta = operator.index(delta)
        self._bits.advance(abs(delta) % (1 << 128), delta < 0)
        return self


class PCG64(_Advancing):
    """NumPy's default bit generator, a permuted congruential generator of 128 bits.

    Examples
    --------
    >>> from abreast.random import PCG64
    >>> bits, later = PCG64(7), PCG64(7).advance(2)
    >>> _ = bits.random_raw(2)
    >>> bits.state == later.state
    True
    """

    _kind = "PCG64"


class PCG64DXSM(_Advancing):
    """PCG64 with a stronger output function: better where there are very many streams.

    Examples
    --------
    >>> from abreast.random import PCG64DXSM
    >>> PCG64DXSM(42).random_raw()
    12329818062196000797
    """

    _kind = "PCG64DXSM"


class MT19937(_Jumping):
    """The Mersenne Twister.

    Examples
    --------
    >>> from abreast.random import MT19937
    >>> MT19937(1).state["state"]["pos"]
    623
    """

    _kind = "MT19937"


class Philox(_Advancing):
    """A generator that counts: block n of its words is a function of key and counter alone.

    Parameters
    ----------
    seed : None, int, sequence of int, or SeedSequence
        What the key is made of.
    counter, key : int or sequence of four, or two, int
        Where to begin, and the key itself, instead of a seed.

    Examples
    --------
    >>> from abreast.random import Philox
    >>> Philox(key=1, counter=2).state["state"]["counter"].tolist()
    [2, 0, 0, 0]
    """

    _kind = "Philox"

    def __init__(self, seed: Any = None, counter: Any = None, key: Any = None) -> None:
        if counter is None and key is None:
            super().__init__(seed)
            return
        # NumPy makes words of integers and says what is wrong with them.
        if isinstance(seed, SeedSequence):
            seed = np.random.SeedSequence(**seed.state)
        theirs: Any = np.random.Philox(seed, counter=counter, key=key)
        self.seed_seq = sequence_of(theirs.seed_seq) if key is None else None
        self._bits = Bits.restored(self._kind, _parts(self._kind, theirs.state))


class SFC64(BitGenerator):
    """The small and fast one; it cannot jump.

    Examples
    --------
    >>> from abreast.random import SFC64
    >>> SFC64(42).random_raw()
    9775594601838723485
    """

    _kind = "SFC64"


_KINDS: dict[str, type[BitGenerator]] = {
    kind._kind: kind for kind in (PCG64, PCG64DXSM, MT19937, Philox, SFC64)
}


def taken_over(theirs: Any) -> BitGenerator:
    """Return our generator of the same name and state as one of NumPy's."""
    name = type(theirs).__name__
    if name not in _KINDS or not isinstance(theirs, np.random.BitGenerator):
        raise TypeError(
            f"{theirs!r} is no bit generator of NumPy's own\nhint: one of {', '.join(_KINDS)}"
        )
    sequence: Any = theirs.seed_seq
    if isinstance(sequence, np.random.SeedSequence):
        sequence = sequence_of(sequence)
    return _restored(name, _parts(name, theirs.state), sequence)


def _restored(kind: str, parts: Any, seed_seq: Any) -> BitGenerator:
    return _KINDS[kind]._of(Bits.restored(kind, parts), seed_seq)


def _numpy(kind: str, parts: Any, seed_seq: Any) -> Any:
    # The seed is for `spawn`; where there is none, any will do, since the state replaces it.
    theirs = getattr(np.random, kind)(0 if seed_seq is None else seed_seq)
    theirs.state = _dictionary(kind, parts)
    return theirs


def _dictionary(kind: str, parts: Any) -> dict[str, Any]:
    """Return NumPy's dictionary of a state."""
    if kind == "MT19937":
        key, pos = parts
        return {"bit_generator": kind, "state": {"key": np.array(key, np.uint32), "pos": pos}}
    *inner, has, word = parts
    state: dict[str, Any] = {"bit_generator": kind}
    if kind == "Philox":
        counter, key, buffer, position = inner
        counter, key, buffer = (np.array(it, np.uint64) for it in (counter, key, buffer))
        state |= {"state": {"counter": counter, "key": key}}
        state |= {"buffer": buffer, "buffer_pos": position}
    elif kind == "SFC64":
        state |= {"state": {"state": np.array(inner[0], np.uint64)}}
    else:
        state |= {"state": {"state": inner[0], "inc": inner[1]}}
    return state | {"has_uint32": int(has), "uinteger": word}


def _parts(kind: str, state: Any) -> tuple[Any, ...]:
    """Return a state for `Bits`, from NumPy's dictionary."""
    if not isinstance(state, dict):
        raise TypeError(f"state must be a dict, {state!r} was given")
    if state.get("bit_generator") != kind:
        raise ValueError(
            f"state must be for a {kind} PRNG, it is for {state.get('bit_generator')!r}"
        )
    inner = state["state"]
    if kind == "MT19937":
        return ([int(word) for word in inner["key"]], int(inner["pos"]))
    half = (bool(state["has_uint32"]), int(state["uinteger"]))
    if kind == "Philox":
        words = [[int(word) for word in inner[name]] for name in ("counter", "key")]
        buffer = [int(word) for word in state["buffer"]]
        return (*words, buffer, int(state["buffer_pos"]), *half)
    if kind == "SFC64":
        return ([int(word) for word in inner["state"]], *half)
    return (int(inner["state"]), int(inner["inc"]), *half)
