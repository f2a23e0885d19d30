"""Operations wait, and what is asked for together becomes few kernels with the same bits."""

import gc
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pytest

import abreast as ab
import abreast.numpy as anp
from abreast.numpy import Array
from arrays import DTYPES, assert_same, numbers


def kernels(*arrays: Array) -> int:
    return anp.explain(*arrays).count("kernel @")


def x() -> Array:
    return anp.asarray(numbers("float64", (50, 40)))


SHAPES: list[tuple[int, Callable[[Array], Any]]] = [
    (1, lambda x: anp.exp(x) + 3 * anp.sin(x)),
    (1, lambda x: (x[1:] - x[:-1])[:, ::-1].T * 2),
    (1, lambda x: anp.arange(40) * x + anp.eye(50, 40)),
    (1, lambda x: x.astype("float32").sum()),
    (1, lambda x: anp.sqrt((x * x).sum(axis=1))),
    (1, lambda x: [x.min(), x.max(), x.mean(), x.var(), x.argmax()]),
    (1, lambda x: [(anp.exp(x) + 1).min(axis=0), anp.exp(x).max(axis=0)]),
    (1, lambda x: [x + 1, x * 2, anp.exp(x)]),
    (1, lambda x: (y := anp.exp(x), y + 1)),
    (2, lambda x: x - x.mean(axis=1, keepdims=True)),
    (2, lambda x: x - x.mean()),
    (2, lambda x: (anp.exp(x[:, :1]) * x).sum()),
    (1, lambda x: anp.where(x > 0, x, 0).sum(axis=0)),
    (1, lambda x: anp.cumulative_sum(x * 2, axis=1)),
    (1, lambda x: (x + 1).reshape(40, 50)),
    (1, lambda x: [x.sum(axis=0), (x * 2).sum(axis=0)]),
]


@pytest.mark.parametrize("number", range(len(SHAPES)))
def test_how_many_kernels(number: int) -> None:
    count, build = SHAPES[number]
    made = build(x())
    made = list(made) if isinstance(made, (list, tuple)) else [made]
    assert not any(array.is_ready for array in made)
    assert kernels(*made) == count, anp.explain(*made)
    # All at once or each on its own: the same bits.
    anp.evaluate(*made)
    alone = build(x())
    for array, other in zip(
        made, alone if isinstance(alone, (list, tuple)) else [alone], strict=True
    ):
        np.testing.assert_array_equal(np.asarray(array), np.asarray(other))


EXPRESSIONS: list[Callable[[Callable[[Any], Any], Any], Any]] = [
    lambda stop, x: stop(stop(anp.exp(x)) + stop(3 * stop(anp.sin(x)))),
    lambda stop, x: stop(stop(stop(x * 1.1) + 0.3) * x).sum(),
    lambda stop, x: stop(stop(x - stop(x.mean(axis=0))) ** 2).sum(axis=0) / 49,
    lambda stop, x: stop(stop(anp.log(stop(abs(x)))) / 7)[::-1].T,
    lambda stop, x: stop(stop(x[:, 1:] - x[:, :-1]) * 0.1).max(axis=1),
]


@pytest.mark.parametrize("number", range(len(EXPRESSIONS)))
def test_fusing_changes_no_bit(number: int) -> None:
    build = EXPRESSIONS[number]
    fused = np.asarray(build(lambda array: array, x()))
    apart = np.asarray(build(lambda array: array.block_until_ready(), x()))
    np.testing.assert_array_equal(fused, apart)


def test_compute_takes_arrays() -> None:
    y = anp.exp(x()) + 3
    low, rest = ab.compute(y.min(), {"high": [y.max()]})
    assert low.is_ready
    assert rest["high"][0].is_ready
    expected = np.exp(numbers("float64", (50, 40))) + 3
    assert float(low) == pytest.approx(expected.min())
    assert float(rest["high"][0]) == pytest.approx(expected.max())
    assert not y.is_ready


def test_compute_takes_lists_that_hold_themselves() -> None:
    circle: list[Any] = [x() + 1]
    circle.append(circle)
    assert ab.compute(circle)[0].is_ready


def test_shared_work_is_done_once() -> None:
    y = anp.exp(x())
    text = anp.explain(y.sum(axis=0), y.sum(axis=1))
    assert text.count(" = exp ") == 1


def test_a_long_loop_compiles_twice_and_stays_flat() -> None:
    data = x()
    process = psutil.Process()

    def loop(rounds: int) -> Array:
        value = data
        for _ in range(rounds):
            value = value * 0.5 + data * 0.25 - 1.0
        return value.block_until_ready()

    loop(300)
    gc.collect()
    before, memory = anp.compilations(), process.memory_info().rss
    value = loop(10_000)
    assert anp.compilations() - before <= 2
    assert process.memory_info().rss - memory < 20 << 20
    expected = numbers("float64", (50, 40))
    start = expected
    for _ in range(10_000):
        expected = expected * 0.5 + start * 0.25 - 1.0
    np.testing.assert_array_equal(np.asarray(value), expected)


def test_gradient_descent_compiles_a_few_kernels_once() -> None:
    data = anp.asarray(numbers("float64", (100, 20)))
    target = anp.asarray(numbers("float64", (100, 1), 1))

    def descend(rounds: int) -> Array:
        weights = anp.zeros((1, 20))
        for _ in range(rounds):
            error = (data * weights).sum(axis=1, keepdims=True) - target
            weights = weights - 0.05 * (data * error).mean(axis=0, keepdims=True)
        return weights.block_until_ready()

    descend(200)
    before = anp.compilations()
    weights = np.asarray(descend(1000))
    assert anp.compilations() - before <= 2
    x, y = np.asarray(data), np.asarray(target)
    solution = np.linalg.lstsq(x, y, rcond=None)[0].T
    np.testing.assert_allclose(weights, solution, atol=1e-6)


def test_extents_and_numbers_compile_nothing_new() -> None:
    def build(rows: int, factor: float) -> Array:
        data = anp.asarray(np.ones((rows, 7)))
        return (data * factor + 1).sum(axis=0).block_until_ready()

    build(3, 2.0)
    before = anp.compilations()
    for rows in range(4, 30):
        assert float(build(rows, rows / 2)[0]) == rows * (rows / 2 + 1)
    assert anp.compilations() - before <= 1  # the index at the end


def test_a_chain_of_any_length_is_let_go_without_recursion() -> None:
    value = x()
    for _ in range(50_000):
        value = value[::-1]
    assert value.shape == (50, 40)
    del value


def test_two_threads_compute_one_graph() -> None:
    y = anp.exp(x())
    parts = [y * number for number in range(8)]
    found: list[Any] = []

    def ask() -> None:
        found.append([np.asarray(part).copy() for part in parts])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    for values in found[1:]:
        np.testing.assert_array_equal(values, found[0])


def test_inputs_are_released_when_the_value_is_there() -> None:
    import weakref

    source = np.ones(1000)
    alive = weakref.ref(source)
    y = anp.asarray(source) + 1
    del source
    assert alive() is not None
    y.block_until_ready()
    gc.collect()
    assert alive() is None


def functions(xp: Any, x: Any) -> list[Any]:
    """Several kernels' worth of everything, for elements of any type."""
    made = [x + x, x * 2, x == x.T, xp.where(x > 1, x, 0) if x.dtype.kind != "c" else x * x]
    made += [x.sum(), x[::2, 1:].sum(axis=0), (x + x).sum(axis=1), xp.any(x, axis=0)]
    if x.dtype.kind != "c":
        made += [x.min(), x.max(axis=1), x.argmax(axis=0), x.mean(), xp.sqrt(abs(x)), x.var()]
        made += [x // 2, x % 3, xp.cumulative_sum(x, axis=1), x.astype("float32").T]
    return made


QUICK = ("bool", "int16", "float32", "complex64")


@pytest.mark.parametrize(
    "dtype",
    [dtype if dtype in QUICK else pytest.param(dtype, marks=pytest.mark.long) for dtype in DTYPES],
)
def test_compiled_kernels_agree_with_numpy(dtype: str) -> None:
    source = numbers(dtype, (40, 40))
    for place in (source, source.T, source[::-1, ::-1]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, expected = functions(anp, anp.asarray(place)), functions(np, place)
        anp.evaluate(*found)
        for number, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
            scale = 1e3 if dtype in ("float32", "complex64") else 50.0
            assert_same(np.asarray(mine), np.asarray(theirs), (dtype, number), scale=scale)
