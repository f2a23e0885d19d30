"""What tasks return arrives as it is, where it belongs."""

# ruff: noqa: D401 - the first line of a case is its promise

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import struct
from typing import Any

import numpy as np

import abreast as ab
from abreast.testing.case import case
from abreast.testing.tools import fresh_main, nap

Point = collections.namedtuple("Point", "x y")


class Colour(enum.Enum):
    """An enumeration that workers import."""

    RED = 1
    BLUE = "b"


def same(item: Any) -> Any:
    """Answer the argument."""
    return item


def late_first(item: int) -> int:
    """The first tasks take longest."""
    nap(0.05 if item < 3 else 0.0)
    return item * item


@case("order")
def order() -> Any:
    """Results stand in the order of the items, whichever ends first."""
    return ab.map(late_first, range(200))


@case("order")
def order_of_imap() -> Any:
    """An ordered stream yields in the order of the items, whichever ends first."""
    return list(ab.imap(late_first, range(60)))


@case("floats")
def floats() -> Any:
    """Floats arrive bit by bit: signed zeros, infinities, denormals, payloads of nan."""
    patterns = [0x7FF8000000000001, 0xFFF8000000000000, 0x0000000000000001, 0x8000000000000000]
    odd = [struct.unpack("<d", struct.pack("<Q", each))[0] for each in patterns]
    return ab.map(same, [0.1, -0.0, float("inf"), 5e-324, 1e308, *odd, complex(-0.0, float("nan"))])


@case()
def integers() -> Any:
    """Integers of any size arrive whole; booleans stay booleans."""
    return ab.map(same, [0, -1, True, False, 2**31, 2**63, -(2**64), 10**1000, -(10**5000)])


@case()
def singletons() -> Any:
    """None, Ellipsis, NotImplemented and empty containers arrive as themselves."""
    return ab.map(same, [None, ..., NotImplemented, (), [], {}, set(), frozenset(), "", b""])


@case()
def texts() -> Any:
    """Any text and any bytes arrive: lone surrogates, zeros, megabytes."""
    return ab.map(
        same, ["\ud800", "a\0b", "\U0001f40d" * 3, b"\0\xff", bytearray(b"x"), "y" * 10**6]
    )


@case()
def containers() -> Any:
    """Containers keep type, order and nesting."""
    odd = [
        collections.OrderedDict(b=1, a=2),
        collections.Counter("hello"),
        collections.defaultdict(list, {1: [2]}),
        collections.deque([1, 2], maxlen=3),
        Point(1, Point(2.0, None)),
        {"k": [({1, 2}, frozenset("ab")), {(1,): {}}]},
        slice(1, None, 2),
        range(3, 30, 4),
    ]
    return ab.map(same, odd), [each.maxlen for each in ab.map(same, [odd[3]])]


@case()
def library_types() -> Any:
    """Numbers, dates and enumerations of the standard library keep type and value."""
    zone = datetime.timezone(datetime.timedelta(hours=-5))
    return ab.map(
        same,
        [
            decimal.Decimal("1.10"),
            fractions.Fraction(1, 3),
            datetime.datetime(2024, 2, 29, 1, 2, 3, 4, zone),
            Colour.RED,
            Colour.BLUE,
        ],
    )


@case()
def members_of_enumerations_are_the_same() -> Any:
    """What is one object everywhere, such as a member of an enumeration, is that object."""
    red, none, kind = ab.map(same, [Colour.RED, None, Colour])
    return red is Colour.RED, none is None, kind is Colour


@case("numpy", "floats")
def numpy_scalars() -> Any:
    """NumPy scalars keep their dtype."""
    kinds = "?bBhHiIlLefdFD"
    return ab.map(same, [np.dtype(kind).type(1) for kind in kinds] + [np.datetime64("NaT", "s")])


@case("numpy")
def arrays_as_results() -> Any:
    """Arrays keep dtype, shape, column order and bits, and can be written by the caller."""
    back = ab.map(make_array, range(6))
    for each in back:
        each[...] = each
    return back


def make_array(item: int) -> Any:
    """Make one of several kinds of arrays."""
    base = np.arange(60, dtype="f8").reshape(3, 4, 5) / 7
    makers = [base, base.T, base[::2, ::-1], base[:0], np.asfortranarray(base[0]), base[1, 2, 3:4]]
    return makers[item]


@case("numpy")
def large_arrays_as_results() -> Any:
    """Results of megabytes arrive whole, and stay when the next ones come."""
    first = ab.map(large, range(4))
    second = ab.map(large, range(4, 8))
    return [(each.sum(), each[0], each[-1], each.shape) for each in first + second]


def large(item: int) -> Any:
    """Five megabytes."""
    return np.full(655360, item, dtype="f8")


@case("sharing")
def structure_inside_a_result() -> Any:
    """Inside one result, what is one object stays one object."""
    (pair,) = ab.map(twice_the_same, [1])
    (loop,) = ab.map(contains_itself, [1])
    return pair[0] is pair[1], loop[1] is loop


def twice_the_same(item: int) -> Any:
    """Answer one list in two places."""
    inner = [item]
    return inner, inner


def contains_itself(item: int) -> Any:
    """Answer a list that contains itself."""
    inner: list[Any] = [item]
    inner.append(inner)
    return inner


KEPT = [0]


def kept(_item: int) -> Any:
    """Answer one and the same global list."""
    return KEPT


@case("sharing", requires="isolated")
def results_are_the_callers_own() -> Any:
    """Two tasks that return one object give the caller two."""
    first, second = ab.map(kept, range(2))
    first.append(1)
    return second, ab.map(kept, range(2))


@case("main")
def classes_of_main() -> Any:
    """Instances of classes defined in `__main__` come back as instances of these very classes."""
    main = fresh_main(
        "class Pair:\n    def __init__(self, a): self.a = a\ndef make(a): return Pair([a])\n"
    )
    back = ab.map(main["make"], range(5))
    return [type(each) is main["Pair"] for each in back], [each.a for each in back]


@case("callables")
def functions_as_results() -> Any:
    """Functions and classes can be results; closures keep what they captured."""
    adders: list[Any] = ab.map(lambda n: lambda x: x + n, range(3))
    kinds: list[Any] = ab.map(type, [1, "a", None])
    return [add(10) for add in adders], kinds


@case()
def exceptions_as_results() -> Any:
    """An exception that is returned, not raised, is a result like any other."""
    return ab.map(same, [ValueError(1, "a"), KeyError("k")])


@case("iterables")
def any_iterable() -> Any:
    """Items come from any iterable: generators, views, sets, texts, arrays, maps."""
    source = {"a": 1, "b": 2}
    many: list[Any] = [
        (n for n in range(9)),
        source,
        source.items(),
        {7},
        "text",
        np.arange(4),
        map(str, [1]),
    ]
    return [ab.map(same, each) for each in many]


@case("state")
def calls_do_not_mix() -> Any:
    """Many small calls in a row, with changing functions, each give their own results."""
    return [ab.map(lambda x, k=k: (k, x), range(k % 5)) for k in range(100)]
