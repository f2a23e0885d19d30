"""The cases of `distributions.txt`: methods, parameters, and what NumPy draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
from digest import digest

SHAPES = [1e-3, 0.03, 0.25, 0.5, 0.999, 1.0, 1.001, 1.7, 2.0, 3.3, 10.0, 47.0, 1e3, 1e6]
SCALES = [0.0, 1e-300, 0.1, 1.0, 2.5, 1e10]
LOCS = [(0.0, 1.0), (-3.5, 0.25), (1e6, 1e-3), (7.0, 0.0), (0.1, 1e12)]
PROBABILITIES = [1e-12, 1e-3, 0.02, 0.1, 0.25, 1 / 3, 0.34, 0.5, 0.51, 0.7, 0.9, 0.999, 1.0]

# Method, its parameters one case after the other, how many draws.
CASES: list[tuple[str, list[tuple[float, ...]], int]] = [
    ("random", [()], 1000),
    ("standard_normal", [()], 300_000),
    ("standard_exponential", [()], 100_000),
    ("standard_exponential_inv", [()], 3000),
    ("standard_cauchy", [()], 2000),
    ("uniform", [(0, 1), (-1, 1), (5, 5), (-1e300, 1e300), (0.1, 0.3)], 500),
    ("normal", LOCS, 2000),
    ("lognormal", [(0, 1), (2, 0.25), (-5, 3), (1, 0)], 2000),
    ("exponential", [(scale,) for scale in SCALES], 500),
    ("rayleigh", [(scale,) for scale in SCALES], 1000),
    ("standard_gamma", [(0.0,), *((shape,) for shape in SHAPES)], 3000),
    ("gamma", list(product([0.0, 0.3, 1.0, 2.5, 100.0], [0.0, 0.5, 3.0])), 1000),
    ("chisquare", [(shape,) for shape in SHAPES], 1000),
    ("noncentral_chisquare", list(product([0.1, 1.0, 1.5, 20.0], [0.0, 0.3, 5.0, 300.0])), 1000),
    ("f", list(product([0.3, 2.0, 7.5], [0.7, 2.0, 30.0])), 1000),
    ("noncentral_f", list(product([0.3, 2.0], [0.7, 30.0], [0.0, 4.0, 100.0])), 1000),
    ("standard_t", [(shape,) for shape in SHAPES], 1000),
    ("beta", list(product([1e-110, 1e-3, 0.02, 0.5, 1.0, 1.5, 40.0], repeat=2)), 700),
    ("pareto", [(shape,) for shape in SHAPES], 700),
    ("weibull", [(0.0,), *((shape,) for shape in SHAPES)], 700),
    ("power", [(shape,) for shape in SHAPES], 700),
    ("laplace", LOCS, 2000),
    ("gumbel", LOCS, 2000),
    ("logistic", LOCS, 2000),
    ("wald", list(product([1e-3, 1.0, 50.0], [1e-3, 0.7, 30.0, 1e8])), 1000),
    ("triangular", [(0, 0, 1), (0, 1, 1), (-3, 0.5, 8), (1, 2, 3.5)], 1000),
    (
        "vonmises",
        list(product([0.0, 1.0, -3.0, 20.0], [0.0, 1e-9, 3e-6, 1e-3, 0.7, 4.0, 1e3, 1e5, 2e6])),
        500,
    ),
    (
        "poisson",
        [(lam,) for lam in [0, 1e-9, 0.3, 1, 5, 9.99, 10, 13.7, 100, 1e4, 1e9, 1e17]],
        2000,
    ),
    (
        "binomial",
        list(product([0, 1, 2, 10, 59, 60, 61, 100, 1000, 10**6, 10**12], [0.0, *PROBABILITIES])),
        500,
    ),
    ("negative_binomial", list(product([0.3, 1, 8, 100], [1e-3, 0.2, 0.7, 1.0])), 700),
    ("geometric", [(p,) for p in PROBABILITIES], 1000),
    (
        "hypergeometric",
        [
            (0, 0, 0),
            (5, 0, 3),
            (0, 7, 3),
            (10, 10, 9),
            (15, 40, 50),
            (20, 30, 10),
            (20, 30, 40),
            (30, 20, 25),
            (300, 500, 791),
            (1000, 3000, 1500),
            (3000, 1000, 2500),
            (10**8, 10**7, 10**6),
            (999_999_999, 999_999_999, 10**9),
            (10**5, 10**5, 9),
        ],
        1000,
    ),
    ("logseries", [(p,) for p in [0.0, 1e-6, 0.1, 0.5, 0.9, 0.999, 0.999999]], 1500),
    ("zipf", [(a,) for a in [1.01, 1.1, 1.5, 2.0, 2.3, 4.0, 30.0, 1024.0, 2000.0]], 1500),
]
NAN, INF = float("nan"), float("inf")
STRANGE: list[tuple[str, list[tuple[float, ...]], int]] = [
    ("normal", [(NAN, 1), (0, NAN), (INF, 1), (0, INF)], 100),
    ("lognormal", [(NAN, 1), (0, NAN), (INF, 1), (0, INF)], 100),
    ("exponential", [(NAN,), (INF,)], 100),
    ("rayleigh", [(NAN,), (INF,)], 100),
    ("standard_gamma", [(NAN,), (INF,), (1e300,), (5e-324,)], 300),
    ("gamma", [(NAN, 1), (2, NAN), (INF, 1), (2, INF), (INF, 0)], 300),
    ("chisquare", [(NAN,), (INF,)], 300),
    ("noncentral_chisquare", [(NAN, 1), (2, NAN), (2, INF), (0.5, INF), (INF, 1), (NAN, 0)], 300),
    ("f", [(NAN, 1), (1, NAN), (INF, INF)], 300),
    ("noncentral_f", [(1, NAN, 1), (0.5, 1, NAN), (INF, 1, INF)], 300),
    ("standard_t", [(NAN,), (INF,)], 300),
    ("beta", [(NAN, 1), (0.5, NAN), (INF, 1), (INF, INF), (0.5, INF), (5e-324, 5e-324)], 300),
    ("pareto", [(NAN,), (INF,), (1e-308,)], 100),
    ("weibull", [(NAN,), (INF,), (1e-308,)], 100),
    ("power", [(NAN,), (INF,), (1e-308,)], 100),
    ("laplace", [(NAN, 1), (0, NAN), (0, INF), (INF, INF)], 100),
    ("gumbel", [(NAN, 1), (0, NAN), (0, INF), (INF, INF)], 100),
    ("logistic", [(NAN, 1), (0, NAN), (0, INF), (INF, INF)], 100),
    ("wald", [(NAN, 1), (1, NAN), (INF, 1), (1, INF)], 100),
    ("triangular", [(NAN, NAN, NAN), (0, NAN, 1), (0, 0, INF)], 100),
    ("vonmises", [(NAN, 1), (INF, 1), (0, NAN), (0, INF), (1e300, 3)], 100),
    ("zipf", [(INF,)], 100),
    ("poisson", [(9e18,), (5e-324,)], 300),
    ("binomial", [(2**63 - 1, 0.3), (2**63 - 1, 1e-18), (2**62, 0.999)], 300),
    ("geometric", [(1e-19,), (5e-324,)], 300),
]
SINGLES: list[tuple[str, list[tuple[float, ...]], int]] = [
    ("random", [()], 1000),
    ("standard_normal", [()], 300_000),
    ("standard_exponential", [()], 100_000),
    ("standard_exponential_inv", [()], 3000),
    ("standard_gamma", [(0.0,), *((shape,) for shape in SHAPES)], 3000),
]
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"]


def bits_of(values: Any) -> Iterator[int]:
    """Return values as the words that hold them; all that is not a number as the same."""
    values = np.atleast_1d(values).ravel()
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.abs(np.nan), values).astype(values.dtype)
        values = values.view(f"u{values.dtype.itemsize}")
    return (int(value) % 2**64 for value in values.tolist())


def case(text: str, rng: np.random.Generator, draw: Callable[[], Any]) -> str:
    """Write a case: what it is, the digest of its values, and the word of the stream after it."""
    drawn = digest(bits_of(draw()))
    return f"{text} : {drawn:x} {rng.bit_generator.random_raw():x}"


def distributions() -> Iterator[str]:
    """All methods, from generators of several kinds in turn."""
    kinds = [np.random.PCG64, np.random.MT19937, np.random.SFC64]
    seed = 0
    for dtype, cases in (("float64", CASES), ("float32", SINGLES), ("float64", STRANGE)):
        for name, parameters, count in cases:
            for arguments in parameters:
                rng = np.random.Generator(kinds[seed % 3](seed))
                method = getattr(rng, name.removesuffix("_inv"))
                extra: dict[str, Any] = {"size": count}
                if dtype == "float32" or name.endswith("_inv"):
                    extra["dtype"] = dtype
                if name.endswith("_inv"):
                    extra["method"] = "inv"
                text = " ".join(repr(float(it)) for it in arguments)
                yield case(
                    f"{name} {dtype} {seed} {count} {text}".rstrip(),
                    rng,
                    lambda method=method, arguments=arguments, extra=extra: method(
                        *arguments, **extra
                    ),
                )
                seed += 1


def errors() -> Iterator[str]:
    """Record what NumPy says to parameters good and bad."""
    strange = [-1.0, 2e9, -0.0, 1e19, 0.0, INF, 0.5, 1.0, NAN]
    whole = [-1, 0, 5, 10**9, 2**62]
    seen = set()
    for name, parameters, _ in CASES:
        many = len(parameters[0])
        if name in seen or not many:
            continue
        seen.add(name)
        choices: list[list[Any]] = [strange] * many
        if name == "hypergeometric":
            choices = [whole] * 3
        elif name == "binomial":
            choices = [whole, strange]
        if many == 3 and name != "hypergeometric":
            choices = [strange[::2]] * 3
        for arguments in product(*choices):
            try:
                getattr(np.random.default_rng(1), name)(*arguments, size=0)
            except (ValueError, OverflowError) as error:
                said = f"{type(error).__name__} {error}"
            else:
                said = "fine"
            yield f"{name} {' '.join(repr(float(it)) for it in arguments)} : {said}"


def integers() -> Iterator[str]:
    """Integers of every width: bounds of all sizes, one value and many."""
    seed = 0
    for dtype in INTEGERS:
        info = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        lowest, highest = int(info[0]), int(info[1])
        bounds = {(lowest, highest), (lowest, lowest), (0, 1), (0, highest), (lowest, highest - 1)}
        for power in (1, 2, 3, 5, 6, 7, 8, 15, 16, 31, 32, 33, 40, 62, 63):
            for width in (2**power - 1, 2**power, 2**power + 1, 3 * 2**power // 2):
                if width <= highest:
                    bounds.add((0, width))
                if width <= highest - lowest:
                    bounds.add((lowest, lowest + width))
        for low, high in sorted(bounds):
            rng = np.random.default_rng(seed)
            text = f"{dtype} {seed} {low} {high}"

            def draw(
                rng: np.random.Generator = rng, low: int = low, high: int = high, dtype: str = dtype
            ) -> Any:
                some = [rng.integers(low, high, dtype=dtype, endpoint=True) for _ in range(5)]
                many = rng.integers(low, high, size=203, dtype=dtype, endpoint=True)
                return np.concatenate([some, many]).astype(dtype)

            yield case(text, rng, draw)
            seed += 1
    # Bounds in arrays share the rest of a word.
    for dtype in INTEGERS:
        rng = np.random.default_rng(seed)
        high = np.arange(101) % 2 if dtype == "bool" else np.arange(101)
        yield case(
            f"array-{dtype} {seed} 0 0",
            rng,
            lambda rng=rng, high=high, dtype=dtype: rng.integers(
                0, high, dtype=dtype, endpoint=True
            ),
        )
        seed += 1


def orders() -> Iterator[str]:
    """Shuffles, choices, bytes, and draws of several numbers at once."""
    seed = 0

    def fresh() -> np.random.Generator:
        nonlocal seed
        seed += 1
        return np.random.default_rng(seed)

    for count in (0, 1, 2, 10, 257, 5000):
        rng = fresh()
        yield case(f"permutation {seed} {count}", rng, lambda: rng.permutation(count))  # noqa: B023
        rng = fresh()
        yield case(
            f"permuted {seed} {count}",
            rng,
            lambda: rng.permuted(np.arange(7 * count).reshape(-1, 7), axis=1),  # noqa: B023
        )
        rng = fresh()
        yield case(
            f"bytes {seed} {count}",
            rng,
            lambda: np.frombuffer(rng.bytes(count), np.uint8) if count else np.zeros(0),  # noqa: B023
        )
    for population, count in product((1, 7, 100, 10_000, 10_001, 30_000), (0, 1, 5, 90, 250, 9000)):
        rng = fresh()
        yield case(
            f"choice {seed} {population} {count}",
            rng,
            lambda: rng.choice(population, count),  # noqa: B023
        )
        if count > population:
            continue
        for name, shuffle in (("distinct", True), ("unordered", False)):
            rng = fresh()
            yield case(
                f"{name} {seed} {population} {count}",
                rng,
                lambda: rng.choice(population, count, replace=False, shuffle=shuffle),  # noqa: B023
            )
    for population, count in ((1, 1), (5, 3), (5, 5), (100, 60), (1000, 999)):
        weights = np.arange(1, population + 1) ** 2.0
        weights /= weights.sum()
        for name, replace in (("weighted", True), ("weighted-distinct", False)):
            rng = fresh()
            yield case(
                f"{name} {seed} {population} {count}",
                rng,
                lambda: rng.choice(population, count, replace=replace, p=weights),  # noqa: B023
            )
    vectors = [[1.0], [0.2, 0.8], [0.0, 1.0, 0.0], [0.1] * 10, [0.5, 0.0, 0.25, 0.25], [1, 0, 0]]
    for n, shares in product((0, 1, 20, 1000, 10**9), vectors):
        rng = fresh()
        yield case(
            f"multinomial {seed} {n} {' '.join(map(repr, map(float, shares)))}",
            rng,
            lambda: rng.multinomial(n, shares, 50),  # noqa: B023
        )
    alphas = [[], [1.0], [2.0, 3.0], [0.01, 0.02, 0.03], [0.0, 0.01, 0.0], [0.0, 0.0], [5.0, 0.05]]
    for alpha in [*alphas, [0.5] * 8, [0.099] * 4, [1e-5] * 5, [100.0, 1.0, 1e-3]]:
        rng = fresh()
        yield case(
            f"dirichlet {seed} 0 {' '.join(map(repr, map(float, alpha)))}".rstrip(),
            rng,
            lambda: rng.dirichlet(alpha, 200),  # noqa: B023
        )
    urns = [[5], [5, 5], [3, 0, 9, 1], [100, 200, 300, 400], [0, 0], [40, 1000, 7]]
    for urn, method in product(urns, ("marginals", "count")):
        for sample in sorted({0, 1, sum(urn) // 3, sum(urn) // 2, sum(urn) * 2 // 3, sum(urn)}):
            if sample > sum(urn):
                continue
            rng = fresh()
            yield case(
                f"urn-{method} {seed} {sample} {' '.join(map(str, urn))}",
                rng,
                lambda: rng.multivariate_hypergeometric(urn, sample, 40, method=method),  # noqa: B023
            )
