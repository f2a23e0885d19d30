"""Named tuples in compiled functions, compared with CPython."""

from __future__ import annotations

import collections
import contextlib
import io
from typing import Any, NamedTuple

import numpy as np
import pytest

import abreast as ab


class Point(NamedTuple):
    x: Any
    y: Any = 0.5


Line = collections.namedtuple("Line", ["start", "end", "name"], defaults=[7])
ORIGIN = Point(1, 2.0)


@ab.jit
def norm(p):
    return p.x * p.x + p.y * p[1]


@ab.jit
def moved(p, by):
    return Point(p.x + by, y=p.y - by)


@ab.jit
def ends(line):
    start, end, _ = line
    x, _y = start
    return Line(Point(end.x, end.y), Point(x), line.name), len(line), line[-1]


def same(function, *given):
    """Compare values and classes with what Python answers."""
    found, wanted = function(*given), function.plain(*given)
    assert found == wanted
    assert classes(found) == classes(wanted)
    return found


def classes(value):
    return (type(value), [classes(it) for it in value] if isinstance(value, tuple) else None)


@pytest.mark.parametrize(
    "p", [Point(3, 4), Point(0.5, 2), Point(1j, True), Point(np.float32(2), np.int64(3))]
)
def test_fields_by_name_and_by_index(p):
    assert norm(p) == norm.plain(p)


def test_made_inside_and_returned():
    assert isinstance(same(moved, Point(1, 2.5), 3), Point)
    found = same(ends, Line(Point(1, 2), Point(3.0, 4.0), 9))
    assert found[0].start.x == 3.0 and found[0].end == (1, 0.5)


def test_programs_are_for_classes():
    Other = collections.namedtuple("Other", ["y", "x"])

    @ab.jit
    def first(p):
        return p.x

    assert [first(Point(1, 2)), first(Other(1, 2))] == [1, 2]
    assert first.signatures[0] == "Point(int, int)" and "Other(int, int)" in first.signatures[1]
    with pytest.raises(ab.LanguageError, match="the attribute x of a tuple of 2"):
        first((1, 2))


def test_from_outside():
    @ab.jit
    def shifted(x):
        return Point(ORIGIN.x + x, ORIGIN.y), ORIGIN

    assert isinstance(same(shifted, 4)[1], Point)


def test_in_loops_and_branches():
    @ab.jit
    def walk(n):
        p = Point(0, 0)
        best = p
        for i in range(n):
            p = Point(p.x + i, p.y + 0.5) if i % 2 else p._replace(y=p.y - 1)
            if p.x > best.x:
                best = p
        while p.x > 3:
            p = Point(p.x // 2, p.y)
        return p, best

    assert isinstance(same(walk, 9)[0], Point)


def test_arrays_and_other_functions():
    @ab.jit
    def scaled(data):
        out = np.zeros(len(data.x))
        for i in ab.prange(len(data.x)):
            out[i] = norm(Point(data.x[i], data.y[i]))
        return out

    p = Point(np.arange(5.0), np.ones(5))
    assert (scaled(p) == p.x**2 + 1).all()

    @ab.jit
    def handed(p):
        return Point(p.y, p.x)

    found = handed(p)
    assert type(found) is Point and found.x is p.y and found.y is p.x


def test_as_tuples():
    @ab.jit
    def some(p, q):
        a, b = p
        return p + q, tuple(p), sum(p), max(p), a in q, p[1:], b

    same(some, Point(1, 2), Point(2, 3))


def test_printed_as_python_prints_them():
    @ab.jit
    def shown(p):
        print(p, Point(p.x, 2.5), f"{p!r} {p.x}")

    out = [io.StringIO(), io.StringIO()]
    for it, function in zip(out, (shown, shown.plain), strict=True):
        with contextlib.redirect_stdout(it):
            function(Point(1, True))
    assert out[0].getvalue() == out[1].getvalue() != ""


def test_what_is_refused():
    @ab.jit
    def few(x):
        return Line(x)

    with pytest.raises(ab.LanguageError, match="Line is not given end"):
        few(1)

    @ab.jit
    def many(x):
        return Point(x, x, x)

    with pytest.raises(ab.LanguageError, match="Point with 3 items, not 2"):
        many(1)

    @ab.jit
    def wrong(x):
        return Point(x, z=1)

    with pytest.raises(ab.LanguageError, match="Point cannot be given z="):
        wrong(1)

    @ab.jit
    def missing(p):
        return p.z

    with pytest.raises(ab.LanguageError, match="the attribute z of a Point"):
        missing(Point(1, 2))

    @ab.jit
    def either(p, c):
        return p if c else (1, 2)

    with pytest.raises(ab.LanguageError, match="on one way"):
        either(Point(1, 2), True)
