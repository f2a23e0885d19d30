"""Whole arrays in compiled functions, beside NumPy: values, types, shapes, exceptions."""

from __future__ import annotations

import copy
import gc
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import abreast as ab


def run(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    """What a call returns or raises, and its arguments afterwards."""
    given = copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        try:
            return function(*given), given
        except (ValueError, IndexError, ZeroDivisionError, OverflowError, MemoryError) as error:
            return error, given


def alike(found: Any, expected: Any) -> bool:
    if isinstance(expected, tuple):
        same = isinstance(found, tuple) and len(found) == len(expected)
        return same and all(map(alike, found, expected))
    if isinstance(expected, Exception):
        # NumPy leaves out the first axes of one element here.
        said = str(expected).split(" from shape")[0].strip()
        plain = str(found).strip().startswith(said)
        return isinstance(found, type(expected).__mro__[-3]) and plain
    if expected is None:
        return found is None
    kind = np.asarray(expected).dtype
    digits = 1e-4 if kind in (np.float32, np.complex64) else 2e-2 if kind == np.float16 else 1e-11
    return (
        type(found) is type(expected)
        and np.asarray(found).dtype == kind
        and np.shape(found) == np.shape(expected)
        and np.allclose(found, expected, rtol=digits, atol=digits, equal_nan=True)
    )


def check(function: Any, *arguments: Any) -> None:
    """The same function, compiled and as it stands."""
    plain = function.plain if isinstance(function, ab.JitFunction) else function
    compiled = function if isinstance(function, ab.JitFunction) else ab.jit(function)
    expected, after = run(plain, arguments)
    found, given = run(compiled, arguments)
    assert alike(found, expected), f"{plain.__name__}{arguments}: {found!r}, not {expected!r}"
    assert alike(given, after), f"{plain.__name__}{arguments}: {given}, not {after}"


LINE = np.linspace(0.1, 3, 10)
TABLE = np.arange(12.0).reshape(3, 4)


@ab.jit
def arithmetic(a, b):
    return a + b, a - b, a * b, a < b, a == b, np.maximum(a, b), np.where(a > b, a, b)


@ab.jit
def quotients(a, b):
    return a / b, a // b, a % b


KINDS = ["i1", "u1", "i4", "i8", "u8", "f4", "f8", "c16"]


LONG = [pytest.param(it, marks=pytest.mark.long) for it in ["i1", "u1", "i4", "u8", "f4"]]


@pytest.mark.parametrize("kind", ["i8", "f8", "c16", *LONG])
def test_types_meet_as_in_numpy(kind):
    values = np.array([1, 2, 3, 5, 7])
    first = KINDS.index(kind)
    for other in (KINDS[first], KINDS[(first + 3) % 8]):
        x, y = values.astype(kind), values[::-1].astype(other)
        if "c" in kind + other:
            check(lambda a, b: (a + b, a - b, a * b, a == b), x, y)
            continue
        check(arithmetic, x, y)
        check(quotients, x, y)
    for number in (3, np.float32(2)):
        if kind != "c16":
            check(arithmetic, values.astype(kind), number)


SHAPES = [(4,), (1,), (3, 4), (3, 1), (1, 4), (1, 1), (2, 3, 4), (0,), (3, 0), (5,), (2, 1, 1)]


@ab.jit
def added(a, b):
    return a + b * 2


@ab.jit
def stored(a, b):
    a[...] = b


@ab.jit
def increased(a, b):
    a += b


@pytest.mark.parametrize("function", [added, stored, increased])
def test_shapes_are_broadcast_as_in_numpy(function):
    for first, second in itertools.product(SHAPES, SHAPES):
        x = np.arange(float(np.prod(first))).reshape(first)
        y = np.arange(float(np.prod(second))).reshape(second) + 1
        check(function, x, y)


def wave(b, c):
    a = np.empty_like(b)
    a[:] = b * 2 + np.sin(c)
    return a


def stencil(a, b):
    a[1:-1, :] = 0.25 * (b[:-2] + b[2:])


def rows(a, b):
    a += b[None, :]
    a[0] = b
    a[:, 1] = 7
    a[1] -= a[2]
    a[:, 0], a[:, 3] = a[:, 3].copy(), a[:, 0].copy()


def functions(x):
    y = np.exp(x) + 1
    t = np.sqrt(x) * np.tanh(x) - np.log(x) / np.arctan2(x, y)
    return y, t, abs(-x), -x, x**2, x**0.5, np.clip(x, 0.5, 2), np.isnan(x), ~(x > 1), np.floor(x)


def test_expressions():
    check(wave, LINE, LINE + 1)
    check(stencil, np.zeros((5, 4)), np.arange(20.0).reshape(5, 4) ** 2)
    check(rows, TABLE, np.arange(4.0))
    check(functions, LINE)
    check(functions, TABLE[:, ::2] + 1)
    check(functions, np.asfortranarray(TABLE + 1))


def shifted_on(a):
    a[1:] = a[:-1]


def shifted_back(a):
    a[:-1] = a[1:]


def turned(a):
    a[:] = a[::-1]


def crossed(a):
    a[1:] += a[:-1] * 2
    a[::2] = a[: (len(a) + 1) // 2] + 1


def spread(a):
    a[:] = a[2]
    a[1:] = a[:1] + a[1:]


@pytest.mark.parametrize("function", [shifted_on, shifted_back, turned, crossed, spread])
def test_the_right_side_is_made_first(function):
    check(function, LINE)
    check(function, TABLE if function is not spread else LINE[:5])


def test_arguments_that_share_memory():
    def one(a, b):
        a[:] = b * 2

    def two(a, b):
        a += b
        b[1:] = a[:-1] + 0

    ways = [
        lambda p: (p[1:], p[:-1]),
        lambda p: (p[:-1], p[1:]),
        lambda p: (p, p),
        lambda p: (p[::-1], p),
        lambda p: (p[::2], p[:6]),
    ]
    for function in (one, two):
        for way in ways:
            expected, found = np.arange(12.0), np.arange(12.0)
            function(*way(expected))
            ab.jit(function)(*way(found))
            assert (found == expected).all()


def made(n):
    return (
        np.zeros(n),
        np.ones((2, n), dtype=np.int32),
        np.full(n, 2.5),
        np.full((n, 2), 7),
        np.arange(n),
        np.arange(0.0, 1.0, 0.1),
        np.arange(7, 0, -2),
        np.linspace(0, 1, 7),
        np.linspace(0, 1, n, endpoint=False),
        np.eye(3),
        np.eye(2, n, k=1),
        np.zeros(n, dtype="float32") + np.arange(n),
    )


def like(x):
    y = np.zeros_like(x)
    y[1:] = x[1:] - x[:-1]
    return (
        np.cumsum(y),
        y.astype(np.float32),
        y.size,
        y.shape,
        np.ones_like(x),
        len(y * 2),
        x.copy(),
    )


def looped(n):
    y = np.empty(n, dtype=np.int64)
    for i in range(n):
        y[i] = i * i
    return y


def test_new_arrays():
    for n in (4, 1, 0):
        check(made, n)
        check(looped, n)
    check(looped, -1)
    check(like, LINE)
    check(like, np.arange(5))


def stepped(x, n):
    u = x.copy()
    for _ in range(n):
        u = u + 0.1 * (np.sum(u) - u[::-1])
        u[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u


def chosen(x, flag):
    if flag:
        y = x + 1
    else:
        y = x[1:] * 2
        y = -y
    return y


def several(x):
    t = x * 2
    if x[0] > 0:
        return t
    return t + 1


def aliased(x):
    y = x + 1
    z = y
    y = y * 2
    z[0] = 99
    return y, z


def triangle(a, n):
    s = 0.0
    for i in range(n):
        b = a[:i] * 2
        s += b.sum()
    return s


def doubled(x):
    a = x * 1
    s = 0
    while s < 3:
        a = a * 2
        s += 1
    return a


def shrunk(x):
    y = x * 1
    while len(y) > 2:
        y = y[1:-1] + 1
    return y


def test_variables_that_are_arrays():
    for n in (0, 1, 4):
        check(stepped, LINE, n)
    for flag in (True, False):
        check(chosen, LINE, flag)
    check(several, LINE)
    check(several, -LINE)
    check(aliased, LINE)
    check(triangle, LINE, 8)
    check(doubled, LINE)
    check(shrunk, LINE)


@ab.jit
def norm(v):
    return np.sqrt(np.dot(v, v))


@ab.jit
def lap(u):
    t = u[2:] + u[:-2]
    return t - 2 * u[1:-1]


def test_functions_that_call_functions():
    @ab.jit
    def unit(v):
        return v / norm(v)

    @ab.jit
    def twice(u):
        return lap(lap(u * 1.0)) + lap(u)[1:-1]

    assert np.allclose(unit(LINE), LINE / np.linalg.norm(LINE))
    plain = lap.plain
    assert np.allclose(twice(LINE**3), plain(plain(LINE**3)) + plain(LINE**3)[1:-1])


def views(x):
    return x[::2], x.T, x[None], x[::-1], x[1:], x[:0]


def test_views_are_returned_as_views():
    check(views, LINE)
    check(views, TABLE)
    x = LINE.copy()
    found = ab.jit(lambda x: x[::2])(x)
    found[0] = 5
    assert x[0] == 5
    same = ab.jit(lambda x: x)(x)
    assert same is x


@ab.jit
def totals(a):
    return a.sum(), a.mean(), a.min(), a.max(), a.argmax(), a.argmin(), a.var(), a.std(), a.prod()


@ab.jit
def along(a):
    return (
        np.sum(a, axis=0),
        a.mean(axis=1),
        a.min(axis=-1),
        np.argmax(a, axis=0),
        np.std(a, axis=1),
        a.sum(axis=1, keepdims=True) + a,
        (a > 3).any(axis=0),
        np.var(a, axis=0, ddof=1),
    )


@pytest.mark.parametrize("kind", ["?", "f8", *LONG])
def test_reductions(kind):
    values = (TABLE % 3).astype(kind)
    check(totals, values)
    check(totals, values[:, ::2].T)
    check(totals, values[0])
    if kind != "?":
        check(along, values)


def truths(a):
    return np.any(a > 3), (a > 3).all(), np.count_nonzero(a), (a > 2).sum(), np.sum(a * a)


def test_more_reductions():
    check(truths, TABLE)
    check(truths, np.zeros((0, 2)))
    for function in (
        lambda a: a.min(),
        lambda a: np.argmax(a),
        lambda a: a.sum(),
        lambda a: a.prod(),
    ):
        check(function, np.zeros(0))
    check(lambda a: a.max(), np.array([1, np.nan, 2]))
    check(lambda z: (z.sum(), z.mean(), z.real, z.imag, np.conj(z), abs(z)), LINE + 1j * LINE)


def times(a, b):
    return a @ b, np.dot(a, b)


def test_products():
    check(times, TABLE, TABLE.T.copy())
    check(times, TABLE, TABLE.T)
    check(times, TABLE, np.arange(4.0))
    check(times, np.arange(3.0), TABLE)
    check(times, LINE, LINE)
    check(times, TABLE.astype(int), np.arange(4))
    check(times, TABLE + 1j, TABLE.T)
    check(times, TABLE, TABLE)
    check(lambda a: (a + 1) @ (a * 2).T, TABLE)


def test_inside_of_prange():
    def each(m):
        out = np.empty(m.shape[0])
        for i in ab.prange(m.shape[0]):
            r = np.exp(m[i]) * 2
            r = r - r.mean()
            out[i] = r.sum() + np.max(m[i])
        return out

    check(each, TABLE)
    check(each, np.random.default_rng(1).random((300, 17)))


def test_what_is_too_large_or_wrong():
    # NumPy's words, or those of who has a limit for arrays.
    with pytest.raises(MemoryError, match=r"Unable to allocate 7\.11 PiB|array of 7\.1 PiB"):
        ab.jit(lambda n: np.zeros(n))(10**15)
    check(lambda a: a @ a, np.zeros((2, 3)))
    check(lambda a, b: np.where(a > 0, b, 1.0), np.zeros(3), np.zeros(4))
    check(lambda a: a + 300, np.zeros(3, np.int16))


def test_memory_goes_back():
    import tracemalloc

    @ab.jit
    def fails(x, n):
        y = x * 2
        z = np.zeros(len(x))
        z[n] = y[0]
        return y

    x = np.zeros(100_000)
    fails(x, 0)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(50):
            fails(x, 5)
            with pytest.raises(IndexError):
                fails(x, 100_000)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 400_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("x = np.fft.fft(a)", "numpy.fft.fft"),
        ("a += 0.5 + 1j", "changed in place"),
        ("if a:\n        pass", "the truth of"),
        ("return math.sin(a)", "math.sin of"),
        ("return sum(a[None])", "sum of a 2-dimensional"),
        ("return a.sum(axis=n)", "an axis that varies"),
        ("return a.tolist()", "the method tolist"),
        ("for i in range(n):\n        a = a[None]\n    return a", "more than 8 different things"),
        ("return np.zeros(n, dtype=n)", "a dtype that is"),
        ("return math.frexp(n)", "math.frexp"),
    ],
)
def test_refusals(body, words, tmp_path):
    path = tmp_path / "refused.py"
    path.write_text(f"import math\nimport numpy as np\ndef f(a, n):\n    {body}\n")
    scope: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    with pytest.raises(ab.LanguageError) as caught:
        ab.jit(scope["f"])(np.arange(3.0), 3)
    assert words in str(caught.value)
    assert str(caught.value).splitlines()[-1].startswith("hint: ")
