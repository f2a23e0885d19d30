"""Large memory arrives as it is, wherever it stands, and what is written stays where it is."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.values import same
from abreast.testing.tools import caught

N = 40_000
"""Elements of an array whose memory goes its own way: 320 kB of doubles."""


@dataclass(eq=False)
class Box:
    """An object with large memory in it."""

    name: str
    data: Any


class Model:
    """An object with a large array, that can be called."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def __call__(self, x: float) -> Any:
        """Apply."""
        return self.weights * x


def numbers(size: int = N) -> Any:
    """Return 0.0, 1.0, ..."""
    return np.arange(size, dtype="f8")


def read_only(array: Any) -> Any:
    """Forbid to write."""
    array.flags.writeable = False
    return array


def total(array: Any) -> float:
    """Sum up, in the order of the elements."""
    return float(np.add.reduce(np.ravel(array), dtype="f8"))


def fill(array: Any) -> tuple[float, float]:
    """Write to all of an array; answer what it held."""
    held = float(array.flat[0]), total(array)
    array[...] = -1
    return held


def kinds(size: int) -> list[Any]:
    """Return arrays of every kind, from `size` numbers; `size` is a multiple of 40."""
    flat = numbers(size)
    square = flat.reshape(40, -1)
    structured = np.zeros(size, dtype=[("a", ">i2"), ("b", "f8", (2,)), ("c", "S3")])
    structured["a"] = np.arange(size) % 1000
    return [
        flat,
        square,
        np.asfortranarray(square),
        square.T,
        square.reshape(4, 10, -1).transpose(1, 2, 0),
        square[::2, ::2],
        square[10:30],
        square[:, 1:],
        flat[::-1],
        np.broadcast_to(square[0], (50, square.shape[1])),
        read_only(flat + 1),
        np.empty((0, size)),
        np.array(float(size)),
        np.frombuffer(bytes(range(200)) * (size // 25) + b"x", "u1")[1:].view("f8"),
        square > 100,
        square - 1j * square,
        flat.astype("i1"),
        flat.astype(">f4"),
        flat.astype(">i8"),
        flat.astype("M8[s]"),
        flat.astype("U8"),
        flat.astype("S9"),
        structured,
        structured[:: size // 10],
        np.array([None, "x", [1, 2], 3.5] * (size // 4), dtype=object),
        np.array([np.nan, -0.0, np.inf, 5e-324] * (size // 4)),
    ]


@case("numpy")
def arrays_of_every_kind() -> Any:
    """Arrays of every layout and kind arrive and come back, whether they are small or large."""
    items = [*kinds(40), *kinds(N)]
    found = [*ab.map(same, items), *ab.imap(same, kinds(N))]
    # A copy of what was broadcast may be written to, where tasks get copies.
    return [each.copy() for each in found]


@case("numpy")
def sizes_around_a_page() -> Any:
    """An array arrives whole, whatever its number of bytes."""
    sizes = [n + k for n in (0, 4096, 65_536, 131_072, 1 << 21) for k in (-1, 0, 1) if n + k >= 0]
    arrays = [np.arange(size).astype("u1") for size in sizes]
    return ab.map(same, arrays), ab.map(np.arange, sizes)


@case("numpy")
def arrays_in_every_place() -> Any:
    """Large arrays arrive inside lists, dicts, tuples and objects, and with what is called."""
    x = numbers()

    def default(y: float, scale: Any = x) -> Any:
        return scale[::1000] * y

    def closure(y: float) -> Any:
        return (x * y)[::1000]

    nested = {"a": x, "b": [(x + 1, {"c": x[5:]}), 1], "d": Box("box", x.reshape(200, -1))}
    found = ab.map(same, [[x, [x + 2]], (x, 1, "two"), nested["b"], {"k": nested}])
    box = ab.map(same, [Box("box", x)])[0]
    future = ab.submit(same_named, x, key=nested["b"], other={"x": x[::2]})
    return (
        found[:3],
        found[3]["k"]["d"].data,
        box.data,
        ab.map(default, [1.0, 2.0]),
        ab.map(closure, [1.0, 2.0]),
        ab.map(Model(x), [2.0]),
        ab.map(functools.partial(np.add, x), [1.0, x]),
        future.result(),
    )


def same_named(*args: Any, **kwargs: Any) -> Any:
    """Answer all arguments."""
    return args, kwargs


@case("numpy", requires="isolated")
def one_object_stays_one() -> Any:
    """What is one object in an item is one in the task, and two items never share one."""
    x = numbers()

    def task(a: Any, b: Any) -> Any:
        a[0] = 5.0
        return a is b, b[0]

    one, other = ab.map(lambda y: (y, y), [x])[0]
    first, second = ab.map(same, [x, x])
    first[0] = 7.0
    return ab.map(task, [x], [x]), one is other, x[0], second[0]


@case("numpy", "sharing", requires="isolated")
def arguments_that_are_written() -> Any:
    """A task can write to all of a large argument; the next one and the caller see nothing."""
    x = numbers()
    shared = ab.share(x)
    found = []
    for data in (x, shared, x[100:], shared[100:-100], x.reshape(200, -1), shared[::2]):
        found.append(ab.map(fill, [data] * 8))
        found.append([ab.submit(fill, data).result(), *ab.imap(fill, [data] * 3)])
        found.append(ab.map(lambda it: fill(it["x"][0]), [{"x": [data]}] * 3))
    return found, total(x), total(shared)


@case("numpy")
def arguments_that_are_read_only() -> Any:
    """An array that the caller may not write to is one that the task may not write to."""
    items = [read_only(numbers(size)) for size in (10, N)]
    errors = [caught(ab.map, fill, [item]) for item in items]
    return [(type(error), str(error)) for error in errors], [total(each) for each in items]


@case("numpy")
def results_are_passed_on() -> Any:
    """Results, and views of them of any kind, are arguments like any other."""
    results = ab.map(np.full, [N] * 4, [0.5, 1.5, 2.5, 3.5])
    views = [
        each
        for it in results
        for each in (it, it[N // 2 :], it[1:-1], it[::-1], it[::3], it.reshape(8, -1).T, it[:0])
    ]
    again = ab.map(np.negative, views)
    return (
        ab.map(total, views),
        ab.map(total, again),
        ab.map(lambda k: total(results[k]), range(4)),
        ab.submit(same_named, *results[:2], last=results[3][5:10]).result(),
        ab.map(lambda a, b: total(a) - total(b), results, reversed(results)),
    )


@case("numpy")
def results_that_are_written_and_passed_on() -> Any:
    """What the caller writes to a result shows in later tasks, in it and in views of it."""
    (result,) = ab.map(np.zeros, [N])
    sums = [ab.map(total, [result])]
    for place in (0, N // 2, N - 1):
        result[place] = 1.0
        sums.append(ab.map(total, [result, result[: place + 1], result[place:], result[::2]]))
        sums.append([ab.submit(total, result[place:]).result()])
    return sums, total(result)


@case("numpy", "sharing", requires="isolated")
def results_are_independent() -> Any:
    """Results of tasks that return their argument, or parts of it, are the caller's own."""
    x = numbers()
    shared = ab.share(x)
    found = []
    for data in (x, shared):
        for function in (same, half, backwards):
            for result in ab.map(function, [data] * 2):
                found.append(total(result))
                result[...] = -1
    return found, total(x), total(shared)


def half(array: Any) -> Any:
    """Answer a view."""
    return array[len(array) // 2 :]


def backwards(array: Any) -> Any:
    """Answer a view whose steps are negative."""
    return array[::-1]


@case("numpy", "sharing")
def shared_is_used_as_the_object_itself() -> Any:
    """A shared object has the type and the values of the original, whatever is done with it."""
    x = numbers().reshape(200, -1)
    shared = ab.share(x)
    small, text = ab.share([1, 2]), ab.share("text")
    return (
        [type(each) for each in (shared, small, text)],
        (small, text, shared.shape, shared.dtype, shared.flags.c_contiguous, len(shared)),
        np.array_equal(shared, x),
        total(shared @ shared.T),
        np.sqrt(shared)[5, 5:9],
        [total(each) for each in (shared[3], shared[:, 4], shared.T[::2], np.sort(shared, axis=0))],
        [repr(shared), repr(shared) == repr(x)],
        shared.sum(axis=0)[:3],
    )


@case("numpy", "sharing")
def shared_goes_everywhere() -> Any:
    """A shared array arrives as an argument, nested, captured, in parts, and shared once more."""
    x = numbers()
    shared = ab.share(x)
    both = ab.share({"a": x, "b": [x[::2], "text"], "c": Box("box", x + 1)})
    model = ab.share(Model(x))
    return (
        ab.map(total, [shared] * 3),
        ab.map(lambda it: total(it["a"][0]) + total(it["b"]), [{"a": [shared], "b": shared[9:]}]),
        ab.map(lambda k: total(shared[k:]), [0, 1, N]),
        ab.map(total, [shared[5:], shared[::-1], shared.reshape(8, -1).T, shared.view("i8")]),
        ab.submit(same_named, shared[:10], k=shared[-5:]).result(),
        ab.map(lambda it: (total(it["a"]), total(it["b"][0]), total(it["c"].data)), [both] * 2),
        ab.map(lambda k: total(both["a"]) + k, [1, 2]),
        [total(each) for each in ab.map(model, [1.0, 2.0])],
        list(ab.imap(total, (shared for _ in range(4)))),
        ab.map(total, [ab.share(shared), ab.share(shared[7:])]),
    )


@case("numpy", "sharing")
def shared_is_as_it_was() -> Any:
    """What is done to the original after `share` does not show."""
    x = numbers()
    shared = ab.share(x)
    x[...] = -1
    found = ab.map(total, [shared, x, shared[1:]])
    return found, total(shared)


@case("numpy", requires="isolated background")
def the_caller_goes_on_writing() -> Any:
    """A task gets an array as it was when it was submitted, though the caller changes it."""
    x, futures = np.zeros(N), []
    for step in range(60):
        futures.append(ab.submit(total, x))
        x[step * 501 % N] += 1.0
        if step % 7 == 0:
            futures.append(ab.submit(lambda: total(x)))
            x[: step * 100] *= 2.0
    return ab.gather(futures)


@case("numpy", requires="isolated", answer=([float(N * k) for k in range(30)],) * 2)
def one_buffer_for_many_items() -> Any:
    """An iterator that gives one array again and again, each time changed, is understood."""
    x = np.zeros(N)

    def items() -> Any:
        for k in range(30):
            x[...] = k
            yield x

    return ab.map(total, items()), list(ab.imap(total, items()))


@case("large")
def bytes_of_any_length() -> Any:
    """Bytes and bytearrays arrive whole, alone and inside others, and keep their type."""
    found = []
    for size in (0, 1, 131_071, 131_072, 131_073, 3_000_001):
        data = (b"abreast" * (size // 7 + 1))[:size]
        items = [data, bytearray(data), (data, 1, (data,)), [data], {1: bytearray(data)}]
        found.append(ab.map(same, items))
    return found


@case("large")
def objects_of_any_length() -> Any:
    """Large objects without arrays arrive: lists, dicts, texts, integers."""
    items: list[Any] = [
        list(range(100_000)),
        {n: str(n) for n in range(20_000)},
        "text" * 100_000,
        7**200_000,
    ]
    shared = ab.share(items[0])
    return ab.map(same, items), ab.map(lambda k: shared[k], [0, -1]), ab.map(sum, [shared])


@case("large", "numpy")
def many_large_results() -> Any:
    """Many large results, several from a task, stand in their places."""
    made = ab.map(lambda k: (np.full(N, k), k, [np.full(N // 2, -k)]), range(30))
    return [(total(a), k, total(b)) for a, k, (b,) in made]


@case("errors", "numpy")
def exceptions_with_large_arrays() -> Any:
    """An exception that carries a large array arrives with it."""

    def fail(value: float) -> None:
        raise ValueError("large", np.full(N, value))

    kept: list[Any] = ab.map(fail, [1.0, 2.0], on_error="return")
    error: Any = caught(ab.map, fail, [3.0])
    return [each.args for each in kept if isinstance(each, ValueError)], type(error), error.args


@case("frames")
def data_frames() -> Any:
    """Frames and series of pandas arrive and come back; shared ones are used like any other."""
    return _with("pandas", _frames)


def _frames(pandas: Any) -> Any:
    columns = {"a": np.arange(N), "b": np.arange(N) / 2, "c": ["x", "y"] * (N // 2)}
    frame = pandas.DataFrame(columns)
    items = [frame, frame["a"], frame[["a", "b"]].T, frame.set_index("c"), frame.iloc[::2]]
    back = ab.map(same, items)
    shared = ab.share(frame)
    return (
        [
            bool(one.equals(item)) and type(one) is type(item)
            for one, item in zip(back, items, strict=True)
        ],
        bool(shared.equals(frame)),
        ab.map(lambda name: float(shared[name].max()), ["a", "b"]),
        ab.map(lambda it: float(it["a"].sum() + it["b"].sum()), [shared, frame, shared.iloc[5:]]),
    )


@case("frames")
def arrow_tables() -> Any:
    """Tables and arrays of Arrow arrive and come back."""
    return _with("pyarrow", _tables)


def _tables(arrow: Any) -> Any:
    table = arrow.table({"a": np.arange(N), "b": ["x", None] * (N // 2)})
    items = [table, table["a"], table.slice(7, 100), ab.share(table)]
    back = ab.map(same, items)
    return [bool(one.equals(item)) for one, item in zip(back, items, strict=True)], ab.map(
        len, items
    )


def _with(name: str, work: Callable[[Any], Any]) -> Any:
    """Do what needs a package, on every plan or, without it, on none."""
    try:
        package = importlib.import_module(name)
    except ImportError:
        return f"{name} is not installed"
    return work(package)
