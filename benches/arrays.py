"""Arrays of `abreast.numpy` beside NumPy and beside the memory they pass through.

Memory is reused where a rival can (``out=``), and so it is by abreast, whose buffers come from a
shelf. Rivals beyond NumPy run where they are installed: numexpr, Numba, JAX.

    ./dev bench arrays
    python benches/arrays.py [first|tiny|remainders|waves|polynomials|together|sums] ...
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

import abreast as ab
import abreast.numpy as anp
from _measure import BASE, Bench, micro, milli, quick, reach, seconds, sized

POOL = ThreadPoolExecutor(2)
ROUNDS = sized(15, 3)


def drawn(count: int, dtype: str) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(count, dtype=np.dtype(dtype).type)


def halves(call: Callable[[slice], object], count: int) -> Callable[[], None]:
    """Do something on both halves of an array at once, each on a thread."""
    parts = [slice(0, count // 2), slice(count // 2, count)]

    def both() -> None:
        list(POOL.map(call, parts))

    return both


def ready(make: Callable[[], Any]) -> Callable[[], None]:
    return lambda: make().block_until_ready()


def timed(calls: dict[str, Callable[[], object]]) -> dict[str, Callable[[], float]]:
    return {name: (lambda call=call: seconds(call)) for name, call in calls.items()}


def jax_rival(function: Callable[[Any, Any], Any], x: np.ndarray) -> dict[str, Any]:
    """A function of an array module and an array, jitted by JAX; nothing where that is missing."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return {}
    jax.config.update("jax_enable_x64", True)
    jitted, jx = jax.jit(lambda v: function(jnp, v)), jnp.asarray(x)
    jitted(jx)  # compiled
    return {"JAX jit": lambda: jax.block_until_ready(jitted(jx))}


def numba_rival(text: str, x: np.ndarray, out: np.ndarray) -> dict[str, Any]:
    """An expression of `v` for each element, by Numba on all threads; nothing if not installed."""
    try:
        import numba
    except ImportError:
        return {}
    space: dict[str, Any] = {"np": np, "prange": numba.prange}
    loop = f"def f(x, y):\n    for i in prange(x.size):\n        v = x[i]\n        y[i] = {text}\n"
    exec(loop, space)
    jitted = numba.njit(parallel=True)(space["f"])
    flat, place = x.reshape(-1), out.reshape(-1)
    jitted(flat, place)  # compiled
    return {"Numba": lambda: jitted(flat, place)}


def numexpr_rival(text: str, x: np.ndarray, out: np.ndarray) -> dict[str, Any]:
    """An expression of `x`; nothing if numexpr is not installed."""
    try:
        import numexpr
    except ImportError:
        return {}
    numexpr.set_num_threads(2)
    return {"numexpr": lambda: numexpr.evaluate(text, local_dict={"x": x}, out=out)}


def wave(count: int, dtype: str, limit: float) -> None:
    x, y = drawn(count, dtype), np.zeros(count, dtype)
    a, part = anp.asarray(x), np.empty(count, dtype)
    three = np.dtype(dtype).type(3)

    def numpy() -> None:
        np.exp(x, out=y)
        np.sin(x, out=part)
        np.multiply(part, 3, out=part)
        np.add(y, part, out=y)

    calls: dict[str, Callable[[], object]] = {
        BASE: ready(lambda: anp.exp(a) + 3 * anp.sin(a)),
        "copy, 2 threads": halves(lambda at: np.copyto(y[at], x[at]), count),
        "NumPy": numpy,
        **numexpr_rival("exp(x) + 3 * sin(x)", x, y),
        **numba_rival(f"np.exp(v) + np.{dtype}({three}) * np.sin(v)", x, y),
        **jax_rival(lambda xp, v: xp.exp(v) + 3 * xp.sin(v), x),
    }
    bench = Bench(f"exp(x) + 3 sin(x), {count:,} {dtype}")
    bench.run(timed(calls), ROUNDS)
    bench.table(milli)
    ratio = 1 / bench.ratio("copy, 2 threads")
    reach(f"at most {limit} of the copy", f"{ratio:.2f}", ratio <= limit)
    least = min(bench.ratio(name) for name in calls if name not in (BASE, "copy, 2 threads"))
    reach("8 times as fast as each rival", f"{least:.1f}", least >= 8)


def polynomial(n: int) -> None:
    x = drawn(n * n, "float64").reshape(n, n)
    a = anp.asarray(x)
    bench = Bench(f"x + x*x + x*x*x, {n} x {n} float64")
    calls: dict[str, Callable[[], object]] = {
        BASE: ready(lambda: a + a * a + a * a * a),
        "NumPy": lambda: x + x * x + x * x * x,
        **numba_rival("v + v * v + v * v * v", x, np.zeros_like(x)),
        **jax_rival(lambda _xp, v: v + v * v + v * v * v, x),
    }
    if n >= 1000:
        flat, place = x.reshape(-1), np.zeros(n * n)
        calls["copy, 2 threads"] = halves(lambda at: np.copyto(place[at], flat[at]), n * n)
    many = 1 if n >= 300 else sized(1000)

    def each(call: Callable[[], object]) -> Callable[[], list[float]]:
        return lambda: [seconds(lambda: [call() for _ in range(many)]) / many]

    rounds = ROUNDS if n >= 1000 or many > 1 else sized(101, 3)
    bench.run({name: each(call) for name, call in calls.items()}, rounds)
    bench.table(micro)
    reach("not slower than NumPy", f"{bench.ratio('NumPy'):.2f}", bench.ratio("NumPy") >= 1)


def together(count: int) -> None:
    x = drawn(count, "float32")
    a = anp.asarray(x)

    def all_three() -> object:
        y = anp.exp(a) + 3 * anp.sin(a)
        return ab.compute(y.sum(), y.min(), y.max())

    def numpy() -> object:
        y = np.exp(x) + 3 * np.sin(x)
        return y.sum(), y.min(), y.max()

    small = anp.asarray(x[:50_000])

    def cached() -> object:
        for _ in range(count // 50_000):
            y = anp.exp(small) + 3 * anp.sin(small)
            ab.compute(y.sum(), y.min(), y.max())
        return None

    calls: dict[str, Callable[[], object]] = {
        BASE: all_three,
        "reading x, 2 threads": halves(lambda at: np.max(x[at]), count),
        "the same on cached data": cached,
        "NumPy": numpy,
    }
    bench = Bench(f"sum, min and max of exp(x) + 3 sin(x) together, {count:,} float32")
    bench.run(timed(calls), ROUNDS)
    bench.table(milli)


def reductions(dtype: str) -> None:
    count = 1_000_000 if quick() else 100_000_000
    x = drawn(count, dtype)
    a = anp.asarray(x)
    read = halves(lambda at: np.max(x[at]), count)
    for name, call, rival in (
        ("sum", a.sum, x.sum),
        ("var", a.var, x.var),
        ("argmax", a.argmax, x.argmax),
    ):
        bench = Bench(f"{name} of {count:,} {dtype}")
        bench.run(timed({BASE: ready(call), "reading x, 2 threads": read, "NumPy": rival}), ROUNDS)
        bench.table(milli)
        ratio = 1 / bench.ratio("reading x, 2 threads")
        reach("at most 1.25 of reading x", f"{ratio:.2f}", ratio <= 1.25)
    side = 1000 if quick() else 10_000
    m = x[: side * side].reshape(side, side)
    b = anp.asarray(m)
    for axis in (0, 1):
        bench = Bench(f"sum over axis {axis} of {side:,} x {side:,} {dtype}")
        calls: dict[str, Callable[[], object]] = {
            BASE: ready(lambda axis=axis: b.sum(axis=axis)),
            "reading x, 2 threads": read,
            "NumPy": lambda axis=axis: m.sum(axis=axis),
        }
        bench.run(timed(calls), ROUNDS)
        bench.table(milli)
        ratio = 1 / bench.ratio("reading x, 2 threads")
        reach("at most 1.25 of reading x", f"{ratio:.2f}", ratio <= 1.25)


FIRST = """
import sys, time
import numpy as np, abreast.numpy as anp
a = anp.asarray(np.ones(1000, np.float32))
(a + 1).block_until_ready()
begun = time.perf_counter()
(anp.exp(a) + 3 * anp.sin(a)).block_until_ready()
print(time.perf_counter() - begun)
"""


def first() -> None:
    print("first call of exp(x) + 3 sin(x), in a process that has computed something before")
    with tempfile.TemporaryDirectory() as folder:
        for what in ("compiled", "from disk"):
            times = []
            for number in range(5):
                place = f"{folder}/{number if what == 'compiled' else 0}"
                done = subprocess.run(
                    [sys.executable, "-c", FIRST],
                    env={**os.environ, "ABREAST_CACHE": place},
                    capture_output=True,
                    text=True,
                    check=True,
                )
                times.append(float(done.stdout))
            print(f"  {what}: {milli(sorted(times)[2])}")


def tiny() -> None:
    x = drawn(10, "float64")
    a = anp.asarray(x)
    many = sized(2000)

    def repeated(call: Callable[[], object]) -> Callable[[], list[float]]:
        return lambda: [seconds(lambda: [call() for _ in range(many)]) / many]

    for title, function in (
        ("x + x", lambda _xp, v: v + v),
        ("exp(x)", lambda xp, v: xp.exp(v)),
        ("x.sum()", lambda _xp, v: v.sum()),
    ):
        calls: dict[str, Callable[[], object]] = {
            BASE: ready(lambda function=function: function(anp, a)),
            "NumPy": lambda function=function: function(np, x),
        }
        try:
            import jax
            import jax.numpy as jnp

            jax.config.update("jax_enable_x64", True)
            jx = jnp.asarray(x)
            calls["JAX"] = ready(lambda function=function, jx=jx: function(jnp, jx))
        except ImportError:
            pass
        bench = Bench(f"{title}, 10 elements")
        bench.run({name: repeated(call) for name, call in calls.items()}, ROUNDS)
        bench.table(micro)
        ratio = 1 / bench.ratio("NumPy")
        reach("at most 3 times NumPy", f"{ratio:.1f}", ratio <= 3)
        if "JAX" in calls:
            reach("a fifth of JAX", f"{bench.ratio('JAX'):.1f}", bench.ratio("JAX") >= 5)


def remainders(dtype: str) -> None:
    """`%`, `//` and `fmod` of floats, and of integers."""
    whole = np.dtype(dtype).kind == "i"
    for count in (1000, 1_000_000):
        rng = np.random.default_rng(3)
        x = (rng.normal(size=count) * 1000).astype(dtype)
        y = (rng.integers(1, 50, count) if whole else rng.uniform(0.5, 5, count)).astype(dtype)
        a, b, out = anp.asarray(x), anp.asarray(y), np.empty_like(x)
        many = 1 if count > 1000 else sized(200)
        for title in ("remainder", "floor_divide", "fmod"):
            ours, theirs = getattr(anp, title), getattr(np, title)
            calls: dict[str, Callable[[], object]] = {
                BASE: ready(lambda f=ours, a=a, b=b: f(a, b)),
                "NumPy": lambda f=theirs, x=x, y=y, out=out: f(x, y, out=out),
            }
            bench = Bench(f"{title}, {count:,} {dtype}")
            bench.run(
                {
                    name: (
                        lambda call=call, many=many: [
                            seconds(lambda: [call() for _ in range(many)]) / many
                        ]
                    )
                    for name, call in calls.items()
                },
                ROUNDS,
            )
            bench.table(micro)
            reach("faster than NumPy", f"{bench.ratio('NumPy'):.1f}", bench.ratio("NumPy") > 1)


def remain() -> None:
    for dtype in ("float32", "float64", "int32", "int64"):
        remainders(dtype)


def waves() -> None:
    wave(10_000_000 if not quick() else 100_000, "float32", 1.25)
    wave(100_000_000 if not quick() else 100_000, "float32", 1.25)
    wave(100_000_000 if not quick() else 100_000, "float64", 1.6)


def polynomials() -> None:
    for n in (10, 30, 100, 300, 1000, 3000, 10_000):
        polynomial(min(n, 100) if quick() else n)


def sums() -> None:
    for dtype in ("float32", "float64"):
        reductions(dtype)


PARTS: dict[str, Callable[[], None]] = {
    "first": first,
    "tiny": tiny,
    "remainders": remain,
    "waves": waves,
    "polynomials": polynomials,
    "together": lambda: together(10_000_000 if not quick() else 100_000),
    "sums": sums,
}


def main() -> None:
    asked = [name for name in sys.argv[1:] if not name.startswith("-")]
    unknown = [name for name in asked if name not in PARTS]
    if unknown:
        raise SystemExit(f"arrays: no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    for name in asked or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
