"""Arrays have NumPy's values, element types and shapes, and raise what it raises."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast import _abreast
from abreast.numpy.elementwise import FUNCTIONS
from abreast.numpy.fallback import NUMPY_NAMES
from arrays import DTYPES, assert_same_as_numpy, numbers, views


@pytest.fixture(autouse=True, scope="module")
def interpreted() -> Iterator[None]:
    """No compiler, for these are thousands of kernels; that it agrees is shown elsewhere."""
    _abreast.array_interpret(True)
    yield
    _abreast.array_interpret(False)


ONE = [
    name for name in _abreast.array_functions() if name in FUNCTIONS and FUNCTIONS[name].arity == 1
]
TWO = [
    name for name in _abreast.array_functions() if name in FUNCTIONS and FUNCTIONS[name].arity == 2
]
OPERATORS = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "and_",
    "or_",
    "xor",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
]


def call(name: str) -> Callable[..., Any]:
    return lambda xp, *operands: getattr(xp, NUMPY_NAMES.get(name, name))(*operands)


# NumPy's own loops for these are several units off; ours are measured against mpmath elsewhere.
SCALE = {"pow": 8.0, "logaddexp": 4.0}


@pytest.mark.parametrize("name", ONE)
def test_functions_of_one_operand(name: str) -> None:
    for dtype in DTYPES:
        assert_same_as_numpy(call(name), numbers(dtype), context=name)


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_operands(name: str) -> None:
    for left in DTYPES:
        for right in DTYPES:
            if name in ("bitwise_left_shift", "bitwise_right_shift"):
                x, y = numbers(left), np.abs(numbers(right, seed=1))
            else:
                x, y = numbers(left), numbers(right, seed=1)
            if name == "nextafter" and x.dtype.kind in "biu" and y.dtype.kind in "biu":
                continue
            assert_same_as_numpy(call(name), x, y, context=name, scale=SCALE.get(name, 1.0))


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_with_numbers_of_python(name: str) -> None:
    function = getattr(operator, name)
    for dtype in DTYPES:
        for number in (2, -1, 0.5, True, 1.5 - 2j, 1000):
            x = numbers(dtype)
            # The logarithm's last digits, a thousand times: NumPy's as well, complex64 by float32.
            lost = name == "pow" and dtype.startswith("complex") and number == 1000
            scale = 100 if lost else 8
            assert_same_as_numpy(
                lambda _, x, n=number: function(x, n), x, context=(name, number), scale=scale
            )
            assert_same_as_numpy(
                lambda _, x, n=number: function(n, x), x, context=(number, name), scale=scale
            )


@pytest.mark.parametrize("dtype", ["float32", "int16", "complex128", "bool"])
def test_every_way_to_lie_in_memory(dtype: str) -> None:
    for name, x in views(dtype).items():
        assert_same_as_numpy(lambda xp, x: x, x, context=name, exact=True)
        assert_same_as_numpy(lambda xp, x: x + x, x, context=name, exact=True)
        assert_same_as_numpy(lambda xp, x: (x * 2).T, x, context=name, exact=True)
        assert_same_as_numpy(lambda xp, x: xp.sum(x), x, context=name)
        assert_same_as_numpy(lambda xp, x: xp.reshape(x, -1) * 2, x, context=name, exact=True)
        assert_same_as_numpy(lambda xp, x: xp.reshape(x * 2, -1), x, context=name, exact=True)
        assert_same_as_numpy(lambda xp, x: xp.flip(x * 2) * x, x, context=name)
        assert_same_as_numpy(lambda xp, x: x[..., None] * 3, x, context=name)


@pytest.mark.parametrize("left", DTYPES)
def test_casts(left: str) -> None:
    for right in DTYPES:
        x = np.abs(numbers(left)) if np.dtype(right).kind == "u" else numbers(left)
        assert_same_as_numpy(lambda xp, x, d=right: x.astype(d), x, context=right)


BROADCASTS = [
    ((3, 4), (4,)),
    ((3, 1), (1, 4)),
    ((3, 4), ()),
    ((0, 4), (1, 4)),
    ((2, 1, 3), (4, 1)),
    ((3,), (4,)),
    ((2, 3), (3, 2)),
    ((1,), (0,)),
]


@pytest.mark.parametrize(("left", "right"), BROADCASTS)
def test_broadcasting(left: Any, right: Any) -> None:
    x, y = numbers("float64", left), numbers("float32", right, 1)
    assert_same_as_numpy(lambda xp, x, y: x + y, x, y)
    assert_same_as_numpy(lambda xp, x, y: xp.where(x > 0, x, y), x, y)
    assert_same_as_numpy(lambda xp, x, y: (xp.exp(x) * y).sum(axis=-1), x, y)


INDICES: list[Any] = [
    0,
    -1,
    (1, 2),
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    slice(5, 1, -2),
    slice(100, 200),
    (slice(None), 1),
    (..., 1),
    (..., None),
    (None, 0, ...),
    (slice(0, 2), slice(None, None, 2)),
    (1, None, slice(1, 3)),
    3,
    -4,
    (0, 0, 0),
    (..., ...),
    np.array([0, 2]),
    [0, 1],
    np.array([[True, False, True, False]] * 3),
    (np.array([0, 1]), slice(1, 3)),
    True,
    np.int64(1),
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_indices(index: Any) -> None:
    x = numbers("float32")
    assert_same_as_numpy(lambda xp, x: x[index], x, exact=True)
    assert_same_as_numpy(lambda xp, x: (x + 1)[index] * 2, x, exact=True)


UPDATES = ["set", "add", "multiply", "min", "max"]


@pytest.mark.parametrize("change", UPDATES)
def test_changed_copies(change: str) -> None:
    ufunc = {"add": np.add, "multiply": np.multiply, "min": np.minimum, "max": np.maximum}.get(
        change
    )
    values: list[Any] = [2, numbers("float64", (4,))]
    for dtype in ("float32", "int64", "bool", "complex64"):
        for index in INDICES[:12] + INDICES[18:20]:
            for value in values:
                if not isinstance(value, int) and (dtype == "bool" or index is INDICES[2]):
                    continue

                def update(xp: Any, x: Any, i: Any = index, v: Any = value) -> Any:
                    if xp is anp:
                        return getattr(x.at[i], change)(v)
                    v = np.asarray(v).astype(x.dtype)
                    copy = x.copy()
                    copy[i] = v if ufunc is None else ufunc(copy[i], v)
                    return copy

                assert_same_as_numpy(update, numbers(dtype), context=(change, index))
    x = anp.asarray(np.zeros(3))
    x.at[0].set(5)
    assert x[0] == 0


REDUCTIONS = [
    "sum",
    "prod",
    "min",
    "max",
    "mean",
    "var",
    "std",
    "any",
    "all",
    "argmin",
    "argmax",
    "count_nonzero",
]


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name: str) -> None:
    axes: list[Any] = [None, 0, 1, -1, 2, (0, 2), (), 3, (0, 0)]
    for dtype in DTYPES:
        for shape in ((2, 3, 4), (3, 0, 2), (5, 1, 4000)):
            if shape[-1] == 4000 and dtype not in ("float32", "int64"):
                continue
            for axis in axes if dtype == "float64" else axes[:4]:
                if name.startswith("arg") and isinstance(axis, tuple):
                    continue
                for keepdims in (False, True):
                    assert_same_as_numpy(
                        lambda xp, x, a=axis, k=keepdims: getattr(xp, name)(x, axis=a, keepdims=k),
                        numbers(dtype, shape),
                        context=(name, axis, keepdims),
                        scale=1e3 if dtype in ("float32", "complex64") else 10,
                    )


def test_reductions_take_dtype_and_correction() -> None:
    for dtype in ("int8", "float32", "bool"):
        x = numbers(dtype, (4, 5))
        assert_same_as_numpy(lambda xp, x: xp.sum(x, dtype="float64"), x)
        assert_same_as_numpy(lambda xp, x: xp.prod(x, axis=1, dtype="int32"), x)
        assert_same_as_numpy(lambda xp, x: xp.var(x, axis=0, ddof=1), x, scale=10)
        assert_same_as_numpy(lambda xp, x: x.std(axis=0, ddof=1), x, scale=10)
        assert_same_as_numpy(lambda xp, x: xp.mean(x, dtype="float32"), x, scale=10)
        assert_same_as_numpy(lambda xp, x: xp.sum(x, initial=3), x, scale=10)
    x = numbers("float64", (4097,))
    x[[3, 4000]] = np.nan
    for name in ("min", "max", "argmin", "argmax", "sum", "mean"):
        assert_same_as_numpy(lambda xp, x, n=name: getattr(xp, n)(x), x, context=name)


def test_sums_that_go_on() -> None:
    for dtype in DTYPES:
        for axis in (0, 1, -1, 5):
            for name in ("cumulative_sum", "cumulative_prod"):
                assert_same_as_numpy(
                    lambda xp, x, n=name, a=axis: getattr(xp, n)(x, axis=a),
                    numbers(dtype, (3, 4)),
                    scale=10,
                    context=(name, axis),
                )
        assert_same_as_numpy(lambda xp, x: xp.cumsum(x), numbers(dtype), scale=10)
    x = numbers("float64", (4,))
    assert_same_as_numpy(lambda xp, x: xp.cumulative_sum(x, include_initial=True), x)
    assert_same_as_numpy(lambda xp, x: xp.cumulative_sum(x), numbers("float64", (2, 2)))


CREATIONS: list[Callable[[Any], Any]] = [
    lambda xp: xp.zeros((2, 3)),
    lambda xp: xp.zeros(4, dtype="int8"),
    lambda xp: xp.ones((), dtype="complex64"),
    lambda xp: xp.full((2, 0), 1.5),
    lambda xp: xp.full((2, 2), 7),
    lambda xp: xp.full(3, True),
    lambda xp: xp.full((2, 3), xp.asarray([1, 2, 3])),
    lambda xp: xp.arange(5),
    lambda xp: xp.arange(2, 11, 3),
    lambda xp: xp.arange(10, 0, -3),
    lambda xp: xp.arange(0),
    lambda xp: xp.arange(5, 1),
    lambda xp: xp.arange(0.0, 1.0, 0.1),
    lambda xp: xp.arange(1, 2, 0.3),
    lambda xp: xp.arange(3, dtype="float32"),
    lambda xp: xp.arange(0.5, 4, dtype="float32"),
    lambda xp: xp.linspace(0, 1, 7),
    lambda xp: xp.linspace(-3.5, 12.25, 1000),
    lambda xp: xp.linspace(0, 1, 5, endpoint=False),
    lambda xp: xp.linspace(2, 2, 3),
    lambda xp: xp.linspace(0, 1, 1),
    lambda xp: xp.linspace(0, 10, 5, dtype="int32"),
    lambda xp: xp.linspace(0, 1, 4, dtype="float32"),
    lambda xp: xp.eye(3),
    lambda xp: xp.eye(3, 4, k=1),
    lambda xp: xp.eye(3, k=-1, dtype="int16"),
    lambda xp: xp.identity(2),
    lambda xp: xp.ones_like(xp.asarray([1.5, 2.5])),
    lambda xp: xp.full_like(xp.asarray([1, 2]), 9),
    lambda xp: xp.zeros((-1,)),
    lambda xp: xp.zeros("a"),
    lambda xp: xp.asarray([[1, 2], [3, 4]]),
    lambda xp: xp.asarray([[1, 2], [3]]),
    lambda xp: xp.asarray(3),
    lambda xp: xp.asarray(True),
    lambda xp: xp.asarray(2**63),
]


@pytest.mark.parametrize("number", range(len(CREATIONS)))
def test_creation(number: int) -> None:
    assert_same_as_numpy(CREATIONS[number])


MOVES: list[Callable[[Any, Any], Any]] = [
    lambda xp, x: xp.permute_dims(x, (2, 0, 1)),
    lambda xp, x: xp.permute_dims(x, (0, 0, 1)),
    lambda xp, x: xp.transpose(x),
    lambda xp, x: xp.swapaxes(x, 0, -1),
    lambda xp, x: xp.moveaxis(x, 0, 2),
    lambda xp, x: xp.moveaxis(x, (0, 1), (-1, 0)),
    lambda xp, x: xp.expand_dims(x, axis=1),
    lambda xp, x: xp.expand_dims(x, axis=(0, -1)),
    lambda xp, x: xp.expand_dims(x, axis=9),
    lambda xp, x: xp.squeeze(x[:, :1], axis=1),
    lambda xp, x: xp.squeeze(x[:1, :1]),
    lambda xp, x: xp.squeeze(x, axis=0),
    lambda xp, x: xp.flip(x, axis=(0, 2)),
    lambda xp, x: xp.flipud(x),
    lambda xp, x: xp.reshape(x, (4, -1)),
    lambda xp, x: xp.reshape(x, (5, -1)),
    lambda xp, x: xp.reshape(x, (24,)),
    lambda xp, x: xp.reshape(xp.transpose(x), (6, 4)),
    lambda xp, x: xp.reshape(x, (2, 1, 3, 4, 1)),
    lambda xp, x: xp.ravel(x),
    lambda xp, x: xp.broadcast_to(x, (5, 2, 3, 4)),
    lambda xp, x: xp.broadcast_to(x, (2, 3)),
    lambda xp, x: tuple(xp.broadcast_arrays(x, x[:1, :, :1])),
    lambda xp, x: xp.concat([x, x], axis=1),
    lambda xp, x: xp.stack([x, x], axis=-1),
    lambda xp, x: xp.unstack(x, axis=1),
    lambda xp, x: xp.matrix_transpose(x),
    lambda xp, x: x.T,
    lambda xp, x: x.mT,
    lambda xp, x: xp.clip(x, -0.5, 0.5),
    lambda xp, x: xp.clip(x, None, 0.5),
    lambda xp, x: x.clip(0),
    lambda xp, x: x.reshape(6, 4).reshape((2, -1)),
    lambda xp, x: x.round(2),
    lambda xp, x: x.transpose(1, 2, 0),
    lambda xp, x: x.flatten(),
    lambda xp, x: x.real + x.imag,
    lambda xp, x: x @ xp.swapaxes(x, 1, 2),
    lambda xp, x: xp.sort(x, axis=0),
    lambda xp, x: xp.median(x),
    lambda xp, x: divmod(x, 0.3),
    lambda xp, x: xp.where(x > 0),
    lambda xp, x: xp.nonzero(x > 0),
]


@pytest.mark.parametrize("number", range(len(MOVES)))
def test_moves(number: int) -> None:
    x = numbers("float64", (2, 3, 4))
    assert_same_as_numpy(MOVES[number], x, scale=10)
    assert_same_as_numpy(lambda xp, x: MOVES[number](xp, x * 2), x, scale=10)
