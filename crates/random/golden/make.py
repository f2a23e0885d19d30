"""Write the golden files: what NumPy draws, for the tests of this crate to reproduce.

    .venv/bin/python crates/random/golden/make.py

A line is a case; words are hexadecimal. Where a case has many values, a digest (FNV-1a over 64-bit
words) stands for them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from digest import digest
from draws import distributions, errors, integers, orders

PINNED = "2.4.6"  # the NumPy whose numbers these are
HERE = Path(__file__).parent

GENERATORS = {
    "pcg64": np.random.PCG64,
    "pcg64dxsm": np.random.PCG64DXSM,
    "mt19937": np.random.MT19937,
    "philox4x64": np.random.Philox,
    "sfc64": np.random.SFC64,
}
SEEDS = [0, 1, 42, 2**32, 2**127 + 12345]


def hexes(words: Iterable[int]) -> str:
    """Write words in hexadecimal."""
    return " ".join(f"{int(word):x}" for word in words)


def state_words(bits: Any) -> list[int]:
    """Return the state that NumPy's dictionary holds, in the order that the tests know."""
    state = bits.state
    inner = state["state"]
    if "inc" in inner:
        words = [inner["state"], inner["inc"]]
    elif "pos" in inner:
        return [digest(int(word) for word in inner["key"]), inner["pos"]]
    elif "counter" in inner:
        words = [*inner["counter"], *inner["key"], *state["buffer"], state["buffer_pos"]]
    else:
        words = list(inner["state"])
    return [*words, state["has_uint32"], state["uinteger"]]


def streams() -> Iterator[str]:
    """Each generator from several seeds: raw words, calls in turn, jumps, leaps."""
    for name, make in GENERATORS.items():
        for seed in SEEDS:
            bits = make(seed)
            yield f"{name} {seed:x} start : {hexes(state_words(bits))}"
            raw = [int(word) for word in bits.random_raw(2000)]
            yield f"{name} {seed:x} raw : {digest(raw):x} {hexes(raw[:4])}"
            yield f"{name} {seed:x} turns : {hexes(turns(make(seed)))}"
            for jumps in (1, 3):
                used = make(seed)
                used.random_raw(5)
                np.random.Generator(used).integers(0, 2**32, dtype=np.uint32)
                bits = used.jumped(jumps) if name != "sfc64" else used
                words = [*state_words(bits), *turns(bits)]
                yield f"{name} {seed:x} jump {jumps:x} : {hexes(words)}"
            if hasattr(bits, "advance"):
                for delta in (0, 1, 7, 2**64 + 3, 2**127, -1, -(2**70)):
                    bits = make(seed)
                    bits.random_raw(3)
                    bits.advance(delta)
                    words = [*state_words(bits), *turns(bits)]
                    sign = "back" if delta < 0 else "ahead"
                    yield f"{name} {seed:x} {sign} {abs(delta):x} : {hexes(words)}"


def turns(bits: Any) -> list[int]:
    """Draw words of all kinds in turn; then the state, in the middle of a cut word."""
    rng = np.random.Generator(bits)
    drawn: list[int] = []
    for _ in range(5):
        drawn.append(int(rng.integers(0, 2**32, dtype=np.uint32)))
        drawn.append(int(rng.integers(0, 2**64, dtype=np.uint64)))
        drawn.append(int(np.float64(rng.random()).view(np.uint64)))
        drawn.append(int(np.float32(rng.random(dtype=np.float32)).view(np.uint32)))
        drawn.append(int(rng.integers(0, 2**32, dtype=np.uint32)))
    return [*drawn, *state_words(bits)]


def seeds() -> Iterator[str]:
    """Seed sequences: entropy, spawn key, pool size, children; then pool and generated words."""
    cases: list[tuple[int | list[int], tuple[int, ...], int]] = [
        (0, (), 4),
        (1, (), 4),
        (2**32 - 1, (), 4),
        (2**32, (), 4),
        (2**128 - 1, (), 4),
        (3**200, (), 4),
        ([1, 2, 3], (), 4),
        ([0, 2**40, 0, 5, 2**127], (), 4),
        ([], (), 4),
        (7, (0,), 4),
        (7, (1, 2, 3), 4),
        (7, (2**32 - 1, 2**32, 2**63), 4),
        (3**200, (9,), 4),
        (5, (), 8),
        (5, (4,), 8),
        (3**300, (4, 0), 7),
    ]
    for entropy, key, size in cases:
        sequence = np.random.SeedSequence(entropy, spawn_key=key, pool_size=size)
        child = sequence.spawn(3)[2].spawn(2)[1]
        many = isinstance(entropy, list)
        words = [hexes(entropy) if isinstance(entropy, list) else f"{entropy:x}", hexes(key)]
        yield " : ".join(
            [
                f"{'many' if many else 'one'} {size:x}",
                *words,
                hexes(sequence.pool),
                hexes(sequence.generate_state(11)),
                hexes(sequence.generate_state(5, np.uint64)),
                hexes(child.generate_state(4, np.uint64)),
            ]
        )


def legacy() -> Iterator[str]:
    """MT19937 as `RandomState` seeds it."""
    cases: list[int | list[int]] = [0, 1, 42, 2**32 - 1, [0], [1, 2, 3], list(range(700))]
    for seed in cases:
        bits = np.random.MT19937()
        bits._legacy_seeding(seed)
        start = state_words(bits)
        raw = [int(word) for word in bits.random_raw(700)]
        many = isinstance(seed, list)
        text = hexes(seed) if isinstance(seed, list) else f"{seed:x}"
        yield f"{'many' if many else 'one'} : {text} : {hexes([*start, digest(raw), *raw[:3]])}"


FILES = {
    "streams": streams,
    "seeds": seeds,
    "legacy": legacy,
    "distributions": distributions,
    "errors": errors,
    "integers": integers,
    "orders": orders,
}


def main() -> None:
    """Write every file, or complain about another NumPy."""
    if np.__version__ != PINNED:
        sys.exit(f"the golden files are those of NumPy {PINNED}, this is {np.__version__}")
    for name, lines in FILES.items():
        text = "".join(f"{line.rstrip()}\n" for line in lines())
        (HERE / f"{name}.txt").write_text(f"# NumPy {PINNED}, golden/make.py\n{text}")


if __name__ == "__main__":
    main()
