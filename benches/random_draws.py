"""Random numbers into memory in use: `parallel_rng` and `default_rng` beside NumPy and JAX."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import abreast as ab
from _measure import Bench, reach, seconds, sized
from abreast.random import drawing

DRAWS = sized(100_000_000)
SINGLE = sized(10_000_000)
SMALL = 10_000  # a result that stays in the cache: fresh memory would cost more than the draws
ROUNDS = sized(7)
STREAMS = sized(1_000_000)


def nano(seconds: float) -> str:
    """Show the seconds of a draw as nanoseconds."""
    return f"{seconds * 1e9:,.2f} ns"


def best(call: Callable[[], object], count: int) -> float:
    """Return the seconds of a draw, the better of two passes: others use this machine too."""
    return min(seconds(call), seconds(call)) / count


def passes(call: Callable[[], object]) -> float:
    """Return the seconds of a draw in the best of many short passes, into memory in use."""
    return min(seconds(call) for _ in range(sized(100))) / SMALL


def jax_normals(count: int) -> Callable[[], object] | None:
    """Return a call that draws float32 normals with JAX, if it is here."""
    try:
        import jax
    except ImportError:
        print("  jax is not installed; pip install jax adds it")
        return None
    key = jax.random.key(1)
    draw: Any = jax.jit(partial(jax.random.normal, shape=(count,)))
    draw(key).block_until_ready()
    return lambda: draw(key).block_until_ready()


def large(name: str, dtype: str, least: float) -> None:
    """Compare draws of 1e8 values."""
    out = np.ones(DRAWS, dtype)
    parallel, numpy = ab.random.parallel_rng(1), np.random.default_rng(1)
    bench = Bench(f"{DRAWS:,} of {name} in {dtype}, 2 threads")
    cases: dict[str, Callable[[], float | list[float]]] = {
        "abreast": partial(best, partial(getattr(parallel, name), dtype=dtype, out=out), DRAWS),
        "NumPy": partial(best, partial(getattr(numpy, name), dtype=dtype, out=out), DRAWS),
        "a write": partial(best, partial(out.fill, 1.0), DRAWS),
    }
    rival = jax_normals(DRAWS) if name == "standard_normal" and dtype == "float32" else None
    if rival is not None:
        cases["JAX"] = partial(best, rival, DRAWS)
    bench.run(cases, ROUNDS)
    bench.table(nano)
    for other in ("NumPy", "JAX") if rival is not None else ("NumPy",):
        ratio = bench.ratio(other)
        reach(f"{least:.0f} times as fast as {other}", f"{ratio:.2f}", ratio >= least)
    if name == "random" and dtype == "float64":
        ratio = 1 / bench.ratio("a write")
        reach("within 1.5 of a write by one thread", f"{ratio:.2f}", ratio <= 1.5)


def one_stream(name: str, *args: Any, **keywords: Any) -> None:
    """Compare NumPy's own numbers, from one stream."""
    ours, theirs = ab.random.default_rng(1), np.random.default_rng(1)
    shown = ", ".join([*map(str, args), *(f"{key}={it}" for key, it in keywords.items())])
    bench = Bench(f"{SMALL:,} of default_rng's {name}({shown}), one thread")
    cases = {
        "abreast": partial(passes, partial(getattr(ours, name), *args, SMALL, **keywords)),
        "NumPy": partial(passes, partial(getattr(theirs, name), *args, SMALL, **keywords)),
    }
    bench.run(cases, ROUNDS)
    bench.table(nano)
    ratio = bench.ratio("NumPy")
    reach("not slower than NumPy", f"{ratio:.2f}", ratio >= 1)


def on_threads(threads: int, call: Callable[[], object]) -> float:
    """Time a draw of NumPy's numbers on so many threads."""
    before = drawing.threads_for
    drawing.threads_for = lambda _count: threads
    try:
        return best(call, SINGLE)
    finally:
        drawing.threads_for = before


def two_cores() -> None:
    """Compare NumPy's uniforms on one core and on two."""
    out = np.ones(SINGLE)
    call = partial(ab.random.default_rng(1).random, out=out)
    bench = Bench(f"{SINGLE:,} of default_rng's random", base="two cores")
    cases = {"two cores": partial(on_threads, 2, call), "one core": partial(on_threads, 1, call)}
    bench.run(cases, 3 * ROUNDS)
    bench.table(nano)
    ratio = bench.ratio("one core")
    reach("1.8 times as fast on two cores", f"{ratio:.2f}", ratio >= 1.8)


def spawning() -> None:
    """Time the seeds of a million streams."""
    for what, call in (
        ("streams(1, n)", lambda: ab.random.streams(1, STREAMS)),
        ("SeedSequence(1).spawn(n)", lambda: ab.random.SeedSequence(1).spawn(STREAMS)),
        ("default_rng(1).spawn(n)", lambda: ab.random.default_rng(1).spawn(STREAMS)),
    ):
        start = time.perf_counter()
        kept = call()
        taken = time.perf_counter() - start
        reach(f"{STREAMS:,} streams by {what} below 1 s", f"{taken:.2f} s", taken < 1)
        del kept


def main() -> None:
    """Run all."""
    for name, dtype, least in (
        ("standard_normal", "float64", 8),
        ("standard_normal", "float32", 8),
        ("random", "float64", 5),
    ):
        large(name, dtype, least)
    one_stream("standard_normal")
    one_stream("standard_gamma", 2.5)
    one_stream("integers", 0, 1000)
    one_stream("integers", 0, 1 << 40)
    two_cores()
    spawning()


if __name__ == "__main__":
    main()
