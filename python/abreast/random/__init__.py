"""Random numbers: NumPy's, on every core, and streams for tasks.

>>> import abreast as ab
>>> ab.random.default_rng(42).random()  # numpy.random.default_rng(42).random()
0.7739560485559633

`default_rng` gives NumPy's numbers. `parallel_rng` counts: the value at a position depends on seed,
draw and position alone, so large results are filled on every core. `streams` and `jumped` cut one
seed into many generators. `path` gives each task its own; `watch` notices tasks that share one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abreast._abreast import SeedSequence
    from abreast.random.bit_generators import (
        MT19937,
        PCG64,
        PCG64DXSM,
        SFC64,
        BitGenerator,
        Philox,
    )
    from abreast.random.blocks import BlockGenerator, block_rng
    from abreast.random.generator import Generator, default_rng
    from abreast.random.mrg32k3a import MRG32k3a
    from abreast.random.parallel import ParallelGenerator, parallel_rng
    from abreast.random.spawned import jumped, streams

__all__ = [
    "default_rng",
    "parallel_rng",
    "streams",
    "jumped",
    "block_rng",
    "Generator",
    "ParallelGenerator",
    "BlockGenerator",
    "SeedSequence",
    "BitGenerator",
    "PCG64",
    "PCG64DXSM",
    "MT19937",
    "Philox",
    "SFC64",
    "MRG32k3a",
]

_HOMES = {
    "abreast.random.generator": "default_rng Generator",
    "abreast.random.parallel": "parallel_rng ParallelGenerator",
    "abreast.random.spawned": "streams jumped",
    "abreast.random.blocks": "block_rng BlockGenerator",
    "abreast.random.entropy": "SeedSequence",
    "abreast.random.bit_generators": "BitGenerator PCG64 PCG64DXSM MT19937 Philox SFC64",
    "abreast.random.mrg32k3a": "MRG32k3a",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(_absent(name), name=name)
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # also where a module of this name has just been put
    return value


_OLDER = {
    "rand": "random",
    "randint": "integers",
    "randn": "standard_normal",
    "random_integers": "integers",
    "random_sample": "random",
    "ranf": "random",
    "sample": "random",
}


def _absent(name: str) -> str:
    said = f"module 'abreast.random' has no attribute {name!r}"
    if name.startswith("_"):
        return said
    from difflib import get_close_matches

    if name in ("seed", "RandomState", "get_state", "set_state"):
        return f"{said}\nhint: there is no state of all; rng = abreast.random.default_rng(seed)"
    from abreast.random.generator import Generator

    method = _OLDER.get(name, name)
    if hasattr(Generator, method):
        return (
            f"{said}\nhint: rng = abreast.random.default_rng(seed), then rng.{method}(...); "
            "parallel_rng(seed) draws on all cores"
        )
    near = get_close_matches(name, __all__, 1)
    return f"{said}\nhint: did you mean abreast.random.{near[0]}?" if near else said


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
