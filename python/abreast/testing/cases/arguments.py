"""What tasks are called with arrives as it was at the call, and as a copy."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import functools
import operator
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import abreast as ab
from abreast.testing.case import case
from abreast.testing.cases.values import same
from abreast.testing.tools import fresh_main, in_main

DTYPES = "?,i1,u1,<i2,>i2,<u4,>i8,<f2,<f4,>f4,<f8,>f8,<c8,>c16,S3,<U4,M8[ns],m8[D],V5"


@dataclass
class Record:
    """A dataclass that workers import."""

    name: str
    values: list[float] = field(default_factory=list)


class Scale:
    """An object that can be called, with a method and a static one."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, x: float) -> float:
        """Scale."""
        return self.factor * x

    def method(self, x: float) -> float:
        """Scale, and one more."""
        return self.factor * x + 1

    @classmethod
    def of_class(cls, x: float) -> tuple[str, float]:
        """Name the class."""
        return cls.__name__, x

    @staticmethod
    def static(x: float) -> float:
        """Negate."""
        return -x


@case("callables")
def functions_by_name() -> Any:
    """Functions that workers import, builtins, classes and operators can be called."""
    return [
        ab.map(same, [1]),
        ab.map(abs, [-1, -2.5]),
        ab.map(str, [1, None]),
        ab.map(operator.itemgetter(1), ["ab", (3, 4)]),
        ab.map(Record, ["a", "b"]),
        ab.map(np.sqrt, [4.0, 2.0]),
        ab.map("-".join, [["a", "b"]]),
    ]


@case("callables")
def functions_by_value() -> Any:
    """Lambdas, closures over closures, recursive local functions and default arguments work."""
    k = 3

    def outer(x: int) -> int:
        def inner(y: int) -> int:
            return y * k + x

        return inner(x)

    def factorial(n: int) -> int:
        return 1 if n < 2 else n * factorial(n - 1)

    return [
        ab.map(lambda x: x + k, range(3)),
        ab.map(outer, range(3)),
        ab.map(factorial, [0, 5, 20]),
        ab.map(lambda x, scale=0.5: x * scale, range(3)),
    ]


@case("callables")
def partials_and_methods() -> Any:
    """Partials, bound methods, class methods, static methods and callable objects work."""
    scale = Scale(2.5)
    return [
        ab.map(functools.partial(pow, 2), range(4)),
        ab.map(functools.partial(int, base=2), ["101", "11"]),
        ab.map(scale, [1, 2]),
        ab.map(scale.method, [1, 2]),
        ab.map(Scale.of_class, [1]),
        ab.map(scale.static, [1]),
        ab.map([1, 2, 2].count, [1, 2, 3]),
    ]


@case("main")
def functions_of_main() -> Any:
    """Functions of `__main__` find the globals, classes and imports that they use there."""
    main = fresh_main(
        "import math\n"
        "from dataclasses import dataclass\n"
        "SCALE = 3\n"
        "@dataclass\n"
        "class Box:\n"
        "    size: int\n"
        "def helper(x): return x * SCALE\n"
        "def task(box): return math.floor(helper(box.size) / 2), isinstance(box, Box), __name__\n"
    )
    return ab.map(main["task"], [main["Box"](n) for n in range(4)])


@case("main")
def functions_of_main_are_taken_anew() -> Any:
    """A function of `__main__` that is defined again, or whose globals change, is the new one."""
    seen = []
    for version in (1, 2):
        main = in_main(f"VERSION = {version}\ndef versioned(x): return x, VERSION, {version}\n")
        seen.append(ab.map(main.versioned, range(3)))
    in_main("VERSION = 3")
    seen.append(ab.map(main.versioned, range(3)))
    seen.append(ab.submit(main.versioned, 0).result())
    return seen


@case("numpy")
def arrays_of_all_dtypes() -> Any:
    """Arrays keep dtype and byte order, also structured ones and those of objects."""
    arrays: list[Any] = [np.frombuffer(bytes(range(1, 81)), "u1").astype("u1").copy()]
    for name in DTYPES.split(","):
        dtype = np.dtype(name)
        raw = np.zeros(dtype.itemsize * 4, "u1")
        raw[::3] = 1
        arrays.append(raw.view(dtype))
    arrays.append(np.array([(1, 2.5)], dtype=[("a", ">i2"), ("b", "<f8")]))
    arrays.append(np.array([None, [1], "x"], dtype=object))
    return ab.map(same, arrays)


@case("numpy")
def arrays_of_all_shapes() -> Any:
    """Arrays of any shape arrive: no dimension, no element, strided, reversed, broadcast."""
    base = np.arange(120.0).reshape(4, 5, 6)
    arrays = [
        np.array(1.5),
        np.empty(0),
        np.empty((3, 0, 2)),
        base[::2, 1:4, ::-1],
        base.transpose(2, 0, 1),
        base[:, 2],
        np.broadcast_to(np.arange(3.0), (4, 3)),
        np.diag(np.arange(3.0)),
    ]
    # Sums of what arrived, in the order of its memory, besides the arrays themselves.
    return ab.map(describe_array, arrays), [each.copy() for each in ab.map(same, arrays)]


def describe_array(array: Any) -> Any:
    """Say what a task sees of an array."""
    return array.shape, array.dtype.str, array.tolist()


@case("numpy", "large")
def one_large_array_for_many_tasks() -> Any:
    """A large array that many items name is the same for all of them."""
    big = np.arange(300_000, dtype="f8")
    items = [(big, n) for n in range(20)]
    return ab.map(lambda item: float(item[0][item[1] :: 1000].sum()), items)


@case("iterables")
def several_iterables() -> Any:
    """Several iterables give one argument each; `itertools.repeat` goes along."""
    from itertools import count, repeat

    return ab.map(same_three, [1, 2, 3], "abc", repeat(None)), ab.map(
        lambda a, b: a + b, count(), [5, 0, 7]
    )


def same_three(a: Any, b: Any, c: Any) -> Any:
    """Answer three arguments."""
    return a, b, c


@case("iterables")
def tuples_are_one_argument() -> Any:
    """An item that is a tuple, a list or a dict stays one argument."""
    return ab.map(same, [(1, 2), (), [3], {"a": 1}]), ab.map(same_three, [(1,)], [()], [[]])


@case("sharing", requires="isolated")
def tasks_do_not_see_each_other() -> Any:
    """What a task does to an argument that other items share is seen by no other task."""
    shared = [0]
    array = np.zeros(4)
    sizes = ab.map(grow, [shared] * 200)
    pairs = ab.map(grow, [shared] * 50, range(50))
    nested = ab.map(lambda item: grow(item["list"]), [{"list": shared}] * 50)
    sums = ab.map(add_one, [array] * 100)
    return sizes, pairs, nested, sums, shared, array


def grow(values: list[int], more: int = 1) -> int:
    """Change the argument."""
    values.append(more)
    return len(values)


def add_one(array: Any) -> float:
    """Change an array."""
    array += 1.0
    return float(array.sum())


@case("sharing", "large", requires="isolated")
def tasks_do_not_see_each_other_in_large_arrays() -> Any:
    """A task can write into a large array, and only it sees what it wrote."""
    big = np.zeros(400_000)
    return ab.map(add_one, [big] * 12), float(big.sum()), big.flags.writeable


@case("sharing", requires="isolated", answer=(list(range(40)), list(range(40))))
def an_iterator_may_reuse_its_buffer() -> Any:
    """An item is taken as it is when the iterator gives it, whatever becomes of it afterwards."""

    def buffers() -> Iterator[list[int]]:
        buffer = [0]
        for value in range(40):
            buffer[0] = value
            yield buffer

    return ab.map(operator.itemgetter(0), buffers()), list(
        ab.imap(operator.itemgetter(0), buffers())
    )


@case("sharing", requires="isolated background")
def arguments_are_taken_at_the_call() -> Any:
    """What the caller does to an argument after `submit` is not seen by the task."""
    values, array = [1], np.ones(100_000)
    futures = [ab.submit(total, values, array) for _ in range(20)]
    values.append(2)
    array[:] = 5
    return ab.gather(futures)


def total(values: list[int], array: Any) -> Any:
    """Sum up."""
    return sum(values), float(array.sum())


@case()
def keyword_arguments() -> Any:
    """`submit` passes positional and keyword arguments, whatever their names."""

    def show(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    futures = [
        ab.submit(show),
        ab.submit(show, 1, None, key="v"),
        ab.submit(show, function=1, plan=2, self=3, args=4, kwargs=5),
        ab.submit(dict, a=1),
    ]
    return ab.gather(futures)


@case("threads")
def calls_from_several_threads() -> Any:
    """Several threads use one plan at a time, and each gets its own results."""
    found: dict[int, Any] = {}
    plan = ab.plan()

    def call(number: int) -> None:
        mapped = [ab.map(lambda x: x * number, range(30), plan=plan) for _ in range(5)]
        found[number] = mapped, ab.options(plan=plan).submit(divmod, number, 3).result()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return dict(sorted(found.items()))
