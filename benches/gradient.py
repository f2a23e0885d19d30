"""Gradient descent on 100 x 20 data: a Python loop of small steps, asked for at its end alone.

Beside NumPy, and JAX where installed, as the loop stands and with a jitted step.

    ./dev bench gradient
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import abreast as ab
import abreast.numpy as anp
from _measure import BASE, Bench, micro, reach, seconds, sized

STEPS = sized(10_000, 100)
ROUNDS = sized(5, 1)


def step(w: Any, data: Any, target: Any) -> Any:
    error = (data * w).sum(axis=1) - target
    return w - 0.001 * (data * error[:, None]).sum(axis=0)


def run(w: Any, data: Any, target: Any, steps: int, step: Callable[..., Any] = step) -> Any:
    for _ in range(steps):
        w = step(w, data, target)
    return np.asarray(w)


def main() -> None:
    rng = np.random.default_rng(0)
    data, target, start = rng.normal(size=(100, 20)), rng.normal(size=100), np.zeros(20)
    own = anp.asarray(data), anp.asarray(target)

    def timed(call: Callable[[], object]) -> Callable[[], float]:
        return lambda: seconds(call) / STEPS

    before = anp.compilations()
    found = run(anp.zeros(20), *own, STEPS)
    made = anp.compilations() - before
    assert np.allclose(found, run(start, data, target, STEPS))
    cases: dict[str, Callable[[], float]] = {
        BASE: timed(lambda: run(anp.zeros(20), *own, STEPS)),
        "NumPy": timed(lambda: run(start, data, target, STEPS)),
    }
    try:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        theirs = jnp.asarray(data), jnp.asarray(target)
        jitted = jax.jit(step)
        few = max(STEPS // 10, 10)

        def jaxed(step: Callable[..., Any]) -> Callable[[], float]:
            return lambda: seconds(lambda: run(jnp.zeros(20), *theirs, few, step)) / few

        cases["JAX"] = jaxed(step)
        cases["JAX, a jitted step"] = jaxed(jitted)
    except ImportError:
        print("JAX is not installed: pip install jax")
    bench = Bench(f"a step of gradient descent on 100 x 20 float64, {STEPS:,} steps")
    used = ab.memory().used
    bench.run(cases, ROUNDS)
    bench.table(micro)
    reach("at most two compilations", str(made), made <= 2)
    more = ab.memory().peak - used
    reach("memory flat: at most 1 MB at any time", f"{more / 1e6:.2f} MB", more <= 1e6)
    if "JAX" in cases:
        reach("faster than JAX", f"{bench.ratio('JAX'):.1f} times", bench.ratio("JAX") >= 1)


if __name__ == "__main__":
    main()
