"""Random expressions: NumPy's values, and the same bits however they are computed.

The expressions use operations whose results IEEE 754 fixes, and reductions of a fixed order, so
that bits can be compared; elementary functions are compared with themselves.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import abreast as ab
import abreast.numpy as anp
from abreast.numpy import Array
from arrays import assert_same, numbers, outcome

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

NUMBERS = ["bool", "int8", "int32", "int64", "uint8", "uint32", "float16", "float32", "float64"]


@pytest.fixture(autouse=True, scope="module")
def linear_algebra_has_its_threads() -> None:
    """Start the threads of NumPy's libraries, which never end, before they are counted."""
    with ab.threads(3):
        pass


def is_float(x: Any) -> bool:
    return x.dtype in ("float16", "float32", "float64")


def signless(xp: Any, x: Any) -> Any:
    """Without the sign of zeros, which a division would show."""
    return xp.where(x == 0, abs(x), x) if is_float(x) else x


def exact(xp: Any, name: str, x: Any, y: Any) -> Any:
    return {
        "add": lambda: x + y,
        "subtract": lambda: (
            xp.where(x > y, x, y) - signless(xp, xp.minimum(x, y))
            if x.dtype != bool and y.dtype != bool
            else x ^ y
            if x.dtype == y.dtype
            else x + y
        ),
        "multiply": lambda: x * y,
        "divide": lambda: x / y,
        # Of zeros of both signs NumPy takes the first, or the vector's choice.
        "maximum": lambda: signless(xp, xp.maximum(x, y)),
        "where": lambda: xp.where(x > y, x, y),
        "less": lambda: (x < y) | (y == x),
        "abs": lambda: xp.abs(x) + 1,
        "square": lambda: xp.square(x),
        "sqrt": lambda: xp.sqrt(xp.abs(y)),
        "flip": lambda: xp.flip(x, axis=0) + y,
        "cast": lambda: x.astype("float32") * 0.5,
        "round": lambda: xp.floor(x / 2) + xp.trunc(y),
        "number": lambda: x * 3 + 1,
        # A float beyond the integers has no value there that NumPy promises.
        "negative": lambda: (
            0 - xp.abs((xp.where(abs(y) < 30_000, y, 0) if is_float(y) else y).astype("int16"))
        ),
        "not": lambda: xp.logical_not(x) & xp.isfinite(y),
    }[name]()


EXACT = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "where",
    "less",
    "abs",
    "square",
    "sqrt",
    "flip",
    "cast",
    "round",
    "number",
    "negative",
    "not",
]

ELEMENTARY = ["exp", "sin", "log1p", "tanh", "atan"]


@st.composite
def slices(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A basic index that keeps every axis."""
    parts = []
    for length in shape:
        bound = st.none() | st.integers(-length - 1, length + 1)
        step = draw(st.sampled_from([None, 1, 2, 3, -1, -2]))
        parts.append(slice(draw(bound), draw(bound), step))
    return tuple(parts)


@st.composite
def sources(draw: st.DrawFn, dtypes: list[str]) -> list[np.ndarray[Any, Any]]:
    """Two arrays that broadcast together, lying in memory somehow."""
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 7, 17, 40]), min_size=1, max_size=3)))
    made = []
    for seed in range(2):
        own = tuple(1 if draw(st.integers(0, 5)) == 0 else length for length in shape)
        array = numbers(draw(st.sampled_from(dtypes)), own, seed)
        layout = draw(st.sampled_from(["C", "F", "reversed", "padded", "foreign"]))
        if layout == "F":
            array = np.asfortranarray(array)
        elif layout == "reversed":
            array = np.ascontiguousarray(array[::-1])[::-1]
        elif layout == "padded":
            room = np.zeros((*own[:-1], own[-1] * 2), array.dtype)
            room[..., ::2] = array
            array = room[..., ::2]
        elif layout == "foreign":
            array = array.astype(array.dtype.newbyteorder(">"))
        made.append(array)
    return made


def chain(xp: Any, steps: list[str], x: Any, y: Any) -> list[Any]:
    """What each step makes of what the two before it made."""
    made = [x, y]
    for step in steps:
        made.append(exact(xp, step, made[-1], made[-2]))
    return made[2:]


def bits(value: Any) -> tuple[Any, ...]:
    seen = np.asarray(value)
    # All NaNs are one: which bits they carry is nobody's promise.
    if seen.dtype.kind == "f":
        seen = np.where(np.isnan(seen), np.nan, seen).astype(seen.dtype)
    return seen.dtype, seen.shape, seen.tobytes()


def random_expressions_have_numpys_values(data: st.DataObject) -> None:
    x, y = data.draw(sources(NUMBERS))
    steps = data.draw(st.lists(st.sampled_from(EXACT), min_size=1, max_size=6))
    expected = outcome(
        lambda: tuple(a.astype(a.dtype.newbyteorder("=")) for a in chain(np, steps, x, y))
    )
    found = outcome(lambda: tuple(chain(anp, steps, anp.asarray(x), anp.asarray(y))))
    assert_same(found, expected, f"{steps} {x.dtype} {x.shape} {y.dtype} {y.shape}", exact=True)


def fused_or_not_and_on_any_number_of_threads(data: st.DataObject) -> None:
    x, y = data.draw(sources(["float32", "float64", "int32", "bool"]))
    steps = data.draw(st.lists(st.sampled_from(EXACT), min_size=2, max_size=5))
    elementary = data.draw(st.sampled_from(ELEMENTARY))
    axis = data.draw(st.sampled_from([None, 0, -1]))

    def build(settle: bool) -> list[Array]:
        def step(value: Array) -> Array:
            return value.block_until_ready() if settle else value

        made = [step(anp.asarray(x)), step(anp.asarray(y))]
        for name in steps:
            made.append(step(exact(anp, name, made[-1], made[-2])))
        last = step(getattr(anp, elementary)(made[-1].astype("float64")))
        more = [last.sum(axis=axis), last.max(axis=axis), anp.cumulative_sum(last, axis=0)]
        return [*made[2:], last, *map(step, more)]

    with np.errstate(all="ignore"):
        alone = [bits(value) for value in build(True)]
        for threads in (1, 2, 3):
            with ab.threads(threads):
                made = build(False)
                anp.evaluate(*made)
                assert [bits(value) for value in made] == alone, (steps, threads)
        # The last one alone, so that nothing before it is memory.
        assert bits(build(False)[-1]) == alone[-1]


def slices_of_results_are_results_of_slices(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.sampled_from([1, 3, 17, 40, 130]), min_size=1, max_size=2)))
    dtype = data.draw(st.sampled_from(["float32", "float64", "int64"]))
    x, y = (anp.asarray(numbers(dtype, shape, seed)) for seed in range(2))
    key = data.draw(slices(shape))
    steps = [
        step
        for step in data.draw(st.lists(st.sampled_from(EXACT), min_size=1, max_size=4))
        if step != "flip"
    ]
    function = getattr(anp, data.draw(st.sampled_from(ELEMENTARY)))

    def all_of(x: Array, y: Array) -> Array:
        made = [x, y]
        for step in steps:
            made.append(exact(anp, step, made[-1], made[-2]))
        answer: Array = function(made[-1].astype(dtype if dtype[0] == "f" else "float64"))
        return answer

    whole = np.asarray(all_of(x, y))[key]
    assert bits(all_of(x[key], y[key])) == bits(whole), (steps, key)
    assert bits(all_of(x, y)[key]) == bits(whole), (steps, key)
    computed = all_of(x, y).block_until_ready()
    assert bits(computed[key]) == bits(whole)


def reductions_of_random_expressions(data: st.DataObject) -> None:
    x, y = data.draw(sources(NUMBERS))
    steps = data.draw(st.lists(st.sampled_from(EXACT), min_size=1, max_size=3))
    name = data.draw(st.sampled_from(["sum", "prod", "min", "max", "mean", "any", "argmax", "var"]))
    axis = data.draw(st.sampled_from([None, 0, -1]))
    keepdims = data.draw(st.booleans())

    def reduced(xp: Any, x: Any, y: Any) -> Any:
        return getattr(xp, name)(chain(xp, steps, x, y)[-1], axis=axis, keepdims=keepdims)

    expected = outcome(lambda: reduced(np, x, y))
    found = outcome(lambda: reduced(anp, anp.asarray(x), anp.asarray(y)))
    if not isinstance(expected, Exception):
        expected = expected.astype(expected.dtype.newbyteorder("="))
    ordered = name in ("min", "max", "any", "argmax")
    with np.errstate(all="ignore"):
        finite = isinstance(expected, Exception) or bool(np.isfinite(expected).all())
    if ordered or finite:
        largest = (
            1.0
            if isinstance(expected, Exception) or not expected.size
            else float(max(1.0, abs(expected).max()))
        )
        assert_same(found, expected, f"{name} {steps}", exact=ordered, scale=1e3 * largest)


CHECKS = [
    random_expressions_have_numpys_values,
    fused_or_not_and_on_any_number_of_threads,
    slices_of_results_are_results_of_slices,
    reductions_of_random_expressions,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_some_expressions(check: Callable[[st.DataObject], None]) -> None:
    settings(EXAMPLES, derandomize=True)(given(st.data())(check))()


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_many_expressions(check: Callable[[st.DataObject], None]) -> None:
    settings(EXAMPLES, max_examples=1000)(given(st.data())(check))()
