"""Everyday expressions of NumPy, small and large, beside NumPy in the same run.

    python benches/sweep.py [part of an expression] ... [--sizes 10,1000,100000,10000000]

Prints NumPy's time over ours for each expression and number of elements, so what is below 1 is
slower than NumPy; the worst ones once more at the end. Each pair is timed in turn, and the
shortest of several rounds counts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import abreast.numpy as anp
from _measure import seconds

SIZES = (10, 1000, 100_000, 10_000_000)
WORST = 25

Data = dict[str, Any]
Expression = Callable[..., Any]
"""Given a module, `numpy` or `abreast.numpy`, and its arrays by name."""


def data(count: int) -> Data:
    """Arrays of about so many elements: numbers, whole numbers, tables, and choices."""
    rng = np.random.default_rng(0)
    side = max(int(count**0.5), 1)
    x = rng.standard_normal(count)
    y = rng.standard_normal(count)
    whole = rng.integers(-1000, 1000, count)
    return {
        "x": x,
        "y": y,
        "f": x.astype("f4"),
        "g": y.astype("f4"),
        "i": whole,
        "j": rng.integers(1, 50, count),
        "s": whole.astype("i4"),
        "t": rng.integers(1, 50, count, dtype="i4"),
        "b": rng.integers(0, 255, count, dtype="u1"),
        "h": x > 0,
        "z": x + 1j * y,
        "c": (x + 1j * y).astype("c8"),
        "m": x[: side * side].reshape(side, side),
        "n": x[: side * side].astype("f4").reshape(side, side),
        "v": y[:side],
        "p": x[: count // 3 * 3].reshape(-1, 3),
        "q": x[: side // 3 * 3 * side].reshape(side, 3, -1) if side >= 3 else x.reshape(1, 1, -1),
    }


EXPRESSIONS = (
    "x + y",
    "f + g",
    "2 * x + 1",
    "x / y",
    "x ** 2",
    "x + f",
    "x + i",
    "i * j + 3",
    "b + b",
    "i // 7",
    "i % 7",
    "i // j",
    "i % j",
    "s // 7",
    "s % t",
    "-x",
    "np.abs(x)",
    "np.abs(z)",
    "np.abs(c)",
    "z * z + z",
    "np.sqrt(np.abs(x))",
    "np.exp(x)",
    "np.sin(f)",
    "x > 0",
    "(x > 0) & (y < 0)",
    "i == j",
    "np.where(h, x, y)",
    "np.clip(x, -1, 1)",
    "np.maximum(x, y)",
    "np.floor(x)",
    "np.round(x, 2)",
    "np.isnan(x)",
    "x.astype(np.float32)",
    "i.astype(np.float64)",
    "x.astype(np.int32)",
    "x.sum()",
    "f.sum()",
    "i.sum()",
    "b.sum()",
    "h.sum()",
    "z.sum()",
    "c.sum()",
    "x.mean()",
    "x.var()",
    "x.std()",
    "x.min()",
    "f.max()",
    "i.max()",
    "x.argmax()",
    "i.argmin()",
    "x.prod()",
    "(x > 9).any()",
    "(x < 9).all()",
    "h.any()",
    "np.count_nonzero(h)",
    "x[::2].sum()",
    "x[::-1].sum()",
    "x[1:] - x[:-1]",
    "x[::2] + 1",
    "m.sum(axis=0)",
    "m.sum(axis=1)",
    "n.sum(axis=0)",
    "n.sum(axis=1)",
    "m.max(axis=0)",
    "m.max(axis=1)",
    "m.var(axis=0)",
    "m.mean(axis=1)",
    "m.argmax(axis=0)",
    "m.argmax(axis=1)",
    "m.T.sum()",
    "n.T.sum()",
    "m[:, ::3].sum(axis=0)",
    "m[:, ::3].sum(axis=1)",
    "m[:, 1:-1].sum(axis=1)",
    "m[::2].sum()",
    "m + m.T",
    'np.copy(m.T, order="C")',
    "m + v",
    "m - m.mean(axis=1)[:, None]",
    "m - m.mean(axis=0)",
    "p.sum(axis=1)",
    "p.sum(axis=0)",
    "np.sqrt((p * p).sum(axis=1))",
    "q.sum(axis=1)",
    "q.sum(axis=(0, 2))",
    "np.permute_dims(q, (2, 0, 1)).sum(axis=0)",
    "np.permute_dims(q, (2, 0, 1)).sum(axis=2)",
    "np.permute_dims(q, (1, 0, 2)).sum()",
    "np.cumsum(x)",
    "np.cumsum(m, axis=0)",
    "np.diff(x)",
    "np.concatenate([x, y])",
    "np.stack([x, y])",
    "np.sort(x)",
    "np.sort(i)",
    "np.argsort(x)",
    "x[j % 10]",
    "x[h]",
    "np.unique(i)",
    "np.arange(len(x))",
    "np.zeros(len(x))",
    "np.linspace(0, 1, len(x))",
    "((x - y) ** 2).mean()",
    "(x * y).sum()",
    "(x - x.mean()) / x.std()",
)
"""What is timed; `np` is either module, the other names are those of `data`."""


def ready(value: Any) -> None:
    """Have a value computed."""
    if isinstance(value, anp.Array):
        value.block_until_ready()


def ratio(call: Expression, theirs: Data, ours: Data) -> tuple[float, float, float]:
    """NumPy's time over ours, and both in microseconds, the shortest of several rounds."""
    calls = (lambda: call(np=np, **theirs), lambda: ready(call(np=anp, **ours)))
    calls[1]()
    calls[0]()
    once = min(seconds(calls[0]) for _ in range(2))
    many = max(1, min(200, int(0.5e-3 / max(once, 1e-7))))
    rounds = 9 if once < 0.02 else 4
    best = [float("inf")] * 2
    for _ in range(rounds):
        for place, one in enumerate(calls):
            took = seconds(lambda one=one: [one() for _ in range(many)]) / many
            best[place] = min(best[place], took * 1e6)
    return best[0] / best[1], best[0], best[1]


def chosen(parts: list[str], names: str) -> Iterator[tuple[str, Expression]]:
    """The expressions that contain one of these texts, or all, as functions of these names."""
    for text in EXPRESSIONS:
        if not parts or any(part in text for part in parts):
            yield text, eval(f"lambda np, {names}: {text}")


def main() -> None:
    words = sys.argv[1:]
    sizes = SIZES
    if "--quick" in words:
        words.remove("--quick")
        sizes = (10,)
    if "--sizes" in words:
        place = words.index("--sizes")
        sizes = tuple(int(float(it)) for it in words[place + 1].split(","))
        del words[place : place + 2]
    made = {count: data(count) for count in sizes}
    ours = {
        count: {name: anp.asarray(it) for name, it in arrays.items()}
        for count, arrays in made.items()
    }
    print(f"{'NumPy over ours':40}" + "".join(f"{count:>12,}" for count in sizes), flush=True)
    seen: list[tuple[float, str]] = []
    names = ", ".join(made[sizes[0]])
    for title, call in chosen(words, names):
        line = f"{title:40}"
        for count in sizes:
            try:
                found, theirs, mine = ratio(call, made[count], ours[count])
            except Exception as error:
                line += f"{type(error).__name__[:11]:>12}"
                continue
            line += f"{found:>12.2f}"
            seen.append((found, f"{title:40}{count:>12,}{theirs:>12.1f}{mine:>12.1f}"))
        print(line, flush=True)
    print(f"\n{'the worst':40}{'elements':>12}{'NumPy, µs':>12}{'ours, µs':>12}{'ratio':>8}")
    for found, line in sorted(seen)[:WORST]:
        print(f"{line}{found:>8.2f}")


if __name__ == "__main__":
    main()
