"""What a seed means: NumPy's rules, and `SeedSequence`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random.bit_generator import ISpawnableSeedSequence

from abreast._abreast import SeedSequence

__all__ = ["SeedSequence", "sequence_of"]

# So that NumPy takes ours for its own.
ISpawnableSeedSequence.register(SeedSequence)


def seen(entropy: Any, spawn_key: Any, pool_size: int) -> tuple[Any, list[int], list[int]]:
    """Return the entropy, its 32-bit words, and the spawn key, as NumPy understands them.

    NumPy checks them, so its exceptions are those of ours.
    """
    key = () if spawn_key is None else spawn_key
    checked = np.random.SeedSequence(entropy, spawn_key=key, pool_size=pool_size)
    steps = [int(step) for step in checked.spawn_key]
    if any(step >= 1 << 64 for step in steps):
        raise ValueError(
            f"spawn_key={spawn_key!r}: each step is a whole number below 2**64\n"
            "hint: a large number belongs into the entropy"
        )
    return checked.entropy, _words(checked.entropy), steps


def _words(entropy: Any) -> list[int]:
    if isinstance(entropy, np.ndarray) and entropy.dtype == np.uint32:
        return [int(word) for word in entropy.ravel()]
    if isinstance(entropy, str):
        entropy = int(entropy, 16) if entropy.startswith("0x") else int(entropy)
    if isinstance(entropy, (int, np.integer)):
        words, left = [], int(entropy)
        while True:
            words.append(left & 0xFFFFFFFF)
            left >>= 32
            if not left:
                return words
    return [word for part in entropy for word in _words(part)]


def restored(state: dict[str, Any]) -> SeedSequence:
    """Return the sequence of a pickle."""
    return SeedSequence(**state)


def sequence_of(seed: Any) -> SeedSequence:
    """Return the seed sequence that a seed means: a number, several, or a sequence of NumPy's."""
    if isinstance(seed, SeedSequence):
        return seed
    if isinstance(seed, np.random.SeedSequence):
        return SeedSequence(
            seed.entropy,
            spawn_key=seed.spawn_key,
            pool_size=seed.pool_size,
            n_children_spawned=seed.n_children_spawned,
        )
    return SeedSequence(seed)
