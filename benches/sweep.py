"""Everyday expressions of NumPy, small and large, beside NumPy in the same run.

    python benches/sweep.py [part of a title] ... [--sizes 10,1000,100000,10000000]

Prints NumPy's time over ours for each expression and number of elements, so what is below 1 is
slower than NumPy; the worst ones once more at the end. Each pair is timed in turn, and the shortest of
several rounds counts.
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
Expression = Callable[[Any, Data], Any]
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


EXPRESSIONS: dict[str, Expression] = {
    "x + y": lambda np, d: d["x"] + d["y"],
    "f + g": lambda np, d: d["f"] + d["g"],
    "2 * x + 1": lambda np, d: 2 * d["x"] + 1,
    "x / y": lambda np, d: d["x"] / d["y"],
    "x ** 2": lambda np, d: d["x"] ** 2,
    "x + f": lambda np, d: d["x"] + d["f"],
    "x + i": lambda np, d: d["x"] + d["i"],
    "i * j + 3": lambda np, d: d["i"] * d["j"] + 3,
    "b + b": lambda np, d: d["b"] + d["b"],
    "i // 7": lambda np, d: d["i"] // 7,
    "i % 7": lambda np, d: d["i"] % 7,
    "i // j": lambda np, d: d["i"] // d["j"],
    "i % j": lambda np, d: d["i"] % d["j"],
    "s // 7": lambda np, d: d["s"] // 7,
    "s % t": lambda np, d: d["s"] % d["t"],
    "-x": lambda np, d: -d["x"],
    "abs(x)": lambda np, d: np.abs(d["x"]),
    "abs(z)": lambda np, d: np.abs(d["z"]),
    "abs(c)": lambda np, d: np.abs(d["c"]),
    "z * z + z": lambda np, d: d["z"] * d["z"] + d["z"],
    "sqrt(abs(x))": lambda np, d: np.sqrt(np.abs(d["x"])),
    "exp(x)": lambda np, d: np.exp(d["x"]),
    "sin(f)": lambda np, d: np.sin(d["f"]),
    "x > 0": lambda np, d: d["x"] > 0,
    "(x > 0) & (y < 0)": lambda np, d: (d["x"] > 0) & (d["y"] < 0),
    "i == j": lambda np, d: d["i"] == d["j"],
    "where(h, x, y)": lambda np, d: np.where(d["h"], d["x"], d["y"]),
    "clip(x, -1, 1)": lambda np, d: np.clip(d["x"], -1, 1),
    "maximum(x, y)": lambda np, d: np.maximum(d["x"], d["y"]),
    "floor(x)": lambda np, d: np.floor(d["x"]),
    "round(x, 2)": lambda np, d: np.round(d["x"], 2),
    "isnan(x)": lambda np, d: np.isnan(d["x"]),
    "x.astype(f4)": lambda np, d: d["x"].astype(np.float32),
    "i.astype(f8)": lambda np, d: d["i"].astype(np.float64),
    "x.astype(i4)": lambda np, d: d["x"].astype(np.int32),
    "x.sum()": lambda np, d: d["x"].sum(),
    "f.sum()": lambda np, d: d["f"].sum(),
    "i.sum()": lambda np, d: d["i"].sum(),
    "b.sum()": lambda np, d: d["b"].sum(),
    "h.sum()": lambda np, d: d["h"].sum(),
    "z.sum()": lambda np, d: d["z"].sum(),
    "c.sum()": lambda np, d: d["c"].sum(),
    "x.mean()": lambda np, d: d["x"].mean(),
    "x.var()": lambda np, d: d["x"].var(),
    "x.std()": lambda np, d: d["x"].std(),
    "x.min()": lambda np, d: d["x"].min(),
    "f.max()": lambda np, d: d["f"].max(),
    "i.max()": lambda np, d: d["i"].max(),
    "x.argmax()": lambda np, d: d["x"].argmax(),
    "i.argmin()": lambda np, d: d["i"].argmin(),
    "x.prod()": lambda np, d: d["x"].prod(),
    "(x > 9).any()": lambda np, d: (d["x"] > 9).any(),
    "(x < 9).all()": lambda np, d: (d["x"] < 9).all(),
    "h.any()": lambda np, d: d["h"].any(),
    "count_nonzero(h)": lambda np, d: np.count_nonzero(d["h"]),
    "x[::2].sum()": lambda np, d: d["x"][::2].sum(),
    "x[::-1].sum()": lambda np, d: d["x"][::-1].sum(),
    "x[1:] - x[:-1]": lambda np, d: d["x"][1:] - d["x"][:-1],
    "x[::2] + 1": lambda np, d: d["x"][::2] + 1,
    "m.sum(axis=0)": lambda np, d: d["m"].sum(axis=0),
    "m.sum(axis=1)": lambda np, d: d["m"].sum(axis=1),
    "n.sum(axis=0)": lambda np, d: d["n"].sum(axis=0),
    "n.sum(axis=1)": lambda np, d: d["n"].sum(axis=1),
    "m.max(axis=0)": lambda np, d: d["m"].max(axis=0),
    "m.max(axis=1)": lambda np, d: d["m"].max(axis=1),
    "m.var(axis=0)": lambda np, d: d["m"].var(axis=0),
    "m.mean(axis=1)": lambda np, d: d["m"].mean(axis=1),
    "m.argmax(axis=0)": lambda np, d: d["m"].argmax(axis=0),
    "m.argmax(axis=1)": lambda np, d: d["m"].argmax(axis=1),
    "m.T.sum()": lambda np, d: d["m"].T.sum(),
    "n.T.sum()": lambda np, d: d["n"].T.sum(),
    "m[:, ::3].sum(axis=0)": lambda np, d: d["m"][:, ::3].sum(axis=0),
    "m[:, ::3].sum(axis=1)": lambda np, d: d["m"][:, ::3].sum(axis=1),
    "m[:, 1:-1].sum(axis=1)": lambda np, d: d["m"][:, 1:-1].sum(axis=1),
    "m[::2].sum()": lambda np, d: d["m"][::2].sum(),
    "m + m.T": lambda np, d: d["m"] + d["m"].T,
    "m.T.copy()": lambda np, d: np.asarray(d["m"].T, copy=True, **order(np)),
    "m + v": lambda np, d: d["m"] + d["v"],
    "m - m.mean(axis=1)[:, None]": lambda np, d: d["m"] - d["m"].mean(axis=1)[:, None],
    "m - m.mean(axis=0)": lambda np, d: d["m"] - d["m"].mean(axis=0),
    "p.sum(axis=1)": lambda np, d: d["p"].sum(axis=1),
    "p.sum(axis=0)": lambda np, d: d["p"].sum(axis=0),
    "sqrt((p * p).sum(axis=1))": lambda np, d: np.sqrt((d["p"] * d["p"]).sum(axis=1)),
    "q.sum(axis=1)": lambda np, d: d["q"].sum(axis=1),
    "q.sum(axis=(0, 2))": lambda np, d: d["q"].sum(axis=(0, 2)),
    "q.transpose(2, 0, 1).sum(axis=0)": lambda np, d: np.permute_dims(d["q"], (2, 0, 1)).sum(
        axis=0
    ),
    "q.transpose(2, 0, 1).sum(axis=2)": lambda np, d: np.permute_dims(d["q"], (2, 0, 1)).sum(
        axis=2
    ),
    "q.transpose(1, 0, 2).sum()": lambda np, d: np.permute_dims(d["q"], (1, 0, 2)).sum(),
    "cumsum(x)": lambda np, d: np.cumsum(d["x"]),
    "cumsum(m, axis=0)": lambda np, d: np.cumsum(d["m"], axis=0),
    "diff(x)": lambda np, d: np.diff(d["x"]),
    "concatenate([x, y])": lambda np, d: np.concatenate([d["x"], d["y"]]),
    "stack([x, y])": lambda np, d: np.stack([d["x"], d["y"]]),
    "sort(x)": lambda np, d: np.sort(d["x"]),
    "sort(i)": lambda np, d: np.sort(d["i"]),
    "argsort(x)": lambda np, d: np.argsort(d["x"]),
    "x[i % len(x)]": lambda np, d: d["x"][d["i"]] if len(d["x"]) > 1000 else d["x"][d["j"] % 10],
    "x[h]": lambda np, d: d["x"][d["h"]],
    "unique(i)": lambda np, d: np.unique(d["i"]),
    "arange(n)": lambda np, d: np.arange(len(d["x"])),
    "zeros(n)": lambda np, d: np.zeros(len(d["x"])),
    "linspace(0, 1, n)": lambda np, d: np.linspace(0, 1, len(d["x"])),
    "((x - y) ** 2).mean()": lambda np, d: ((d["x"] - d["y"]) ** 2).mean(),
    "(x * y).sum()": lambda np, d: (d["x"] * d["y"]).sum(),
    "(x - x.mean()) / x.std()": lambda np, d: (d["x"] - d["x"].mean()) / d["x"].std(),
}


def order(module: Any) -> dict[str, str]:
    """What makes NumPy's copy of a transpose lie in rows, as ours does."""
    return {"order": "C"} if module is np else {}


def ready(value: Any) -> None:
    """Have a value computed."""
    if isinstance(value, anp.Array):
        value.block_until_ready()


def ratio(call: Expression, theirs: Data, ours: Data) -> tuple[float, float, float]:
    """NumPy's time over ours, and both in microseconds, the shortest of several rounds."""
    calls = (lambda: call(np, theirs), lambda: ready(call(anp, ours)))
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


def chosen(parts: list[str]) -> Iterator[tuple[str, Expression]]:
    """The expressions whose titles contain one of these, or all."""
    for title, call in EXPRESSIONS.items():
        if not parts or any(part in title for part in parts):
            yield title, call


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
    print(f"{'NumPy over ours':36}" + "".join(f"{count:>12,}" for count in sizes), flush=True)
    seen: list[tuple[float, str]] = []
    for title, call in chosen(words):
        line = f"{title:36}"
        for count in sizes:
            try:
                found, theirs, mine = ratio(call, made[count], ours[count])
            except Exception as error:
                line += f"{type(error).__name__[:11]:>12}"
                continue
            line += f"{found:>12.2f}"
            seen.append((found, f"{title:36}{count:>12,}{theirs:>12.1f}{mine:>12.1f}"))
        print(line, flush=True)
    print(f"\n{'the worst':36}{'elements':>12}{'NumPy, µs':>12}{'ours, µs':>12}{'ratio':>8}")
    for found, line in sorted(seen)[:WORST]:
        print(f"{line}{found:>8.2f}")


if __name__ == "__main__":
    main()
