"""`print` in compiled functions: to the character what CPython prints."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import abreast as ab


def printed(function, *given):
    """Return what a call prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        function(*given)
    return out.getvalue()


def same(function, *given):
    """Compare what the compiled function prints with what Python prints."""
    compiled = printed(function, *given)
    assert compiled == printed(function.plain, *given)
    assert compiled


@ab.jit
def one(x):
    print(x)


@pytest.mark.parametrize(
    "value",
    [
        *[0, -1, 2**63 - 1, -(2**63), True, False, None],
        *[0.1, -0.0, 1e16, 1e-5, 1.0, 1e22, 123456789.123456789, 5e-324, 1.7976931348623157e308],
        *[float("nan"), float("inf"), float("-inf"), 1 / 3],
        *[1 + 2j, -0.0 - 1e300j, (1, 2.5, (True, None))],
        *[np.int8(-3), np.uint64(2**64 - 1), np.float32(0.1), np.float16(0.1), np.bool_(True)],
        *[np.complex64(0.1 + 2j), (np.float64(0.5), np.int32(7))],
    ],
    ids=repr,
)
def test_values(value):
    same(one, value)


def test_several_with_words_between():
    @ab.jit
    def several(x, y):
        print()
        print("a string", x, "and", y, x > y)
        print(x, y, sep="")
        print(x, y, sep=", ", end=";\n\t")
        print(x, end="")
        print("", x, sep=None, end=None)
        print("percent % {} \\ \u00e9 \u4e2d \U0001f600", flush=True)
        print(*(x, y), (x, (y,)))

    same(several, 1, 2.5)
    same(several, np.float32(2.5), 7)


def test_formatted_strings():
    @ab.jit
    def formatted(i, x, z):
        print(f"step {i}: {x:.3f} {x!r:>20} {i:05d} {i=} {x = :e} {{}} {z}", f"{i > 2}", i)
        print(f"{x:+.2%}{i:x}", "text", sep="|")

    same(formatted, 3, 2 / 3, 1 - 2j)
    same(formatted, np.int16(30), np.float32(1 / 3), 2j)


def test_constants_and_names_from_outside():
    title = "total"
    number = 7

    @ab.jit
    def shown(x):
        say = "local"
        print(title, number, x, "yesno", say)

    same(shown, 1.0)


def test_in_loops_and_branches():
    @ab.jit
    def loops(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i]
            if x[i] > 1.5:
                print("large", i, x[i])
            else:
                print(i, end=" ")
        while s > 1:
            print(s)
            s /= 3
        return s

    x = np.array([1.0, 2.0, 0.5, 3.25])
    same(loops, x)
    assert loops(x) == loops.plain(x)


def test_what_was_printed_before_an_error_is_there():
    @ab.jit
    def fails(x, n):
        for i in range(n):
            print("at", i)
            x[i] = i

    def caught(x, n):
        with pytest.raises(IndexError):
            fails(x, n)

    assert printed(caught, np.zeros(3), 5) == "at 0\nat 1\nat 2\nat 3\n"


def test_in_other_functions_and_recursive_ones():
    @ab.jit
    def inner(x):
        print("inner", x)
        return x + 1

    @ab.jit
    def outer(x):
        print("before")
        y = inner(x) + inner(x * 2)
        print("after", y)

    same(outer, 3)

    @ab.jit("void(int64, int64, int64, int64)")
    def hanoi(n, a, b, c):
        if n > 0:
            hanoi(n - 1, a, c, b)
            print("move", n, "from", a, "to", c)
            hanoi(n - 1, b, a, c)

    def both():
        hanoi.plain(4, 1, 2, 3)

    assert printed(hanoi, 4, 1, 2, 3) == printed(both)


def test_lines_stay_whole_in_prange():
    @ab.jit
    def parallel(n):
        for i in ab.prange(n):
            print("turn", i, i * 0.5)
            print("again", i)

    lines = printed(parallel, 2000).splitlines()
    wanted = printed(parallel.plain, 2000).splitlines()
    assert sorted(lines) == sorted(wanted)
    places = {line: place for place, line in enumerate(lines)}
    # What one turn prints stands in its order.
    assert all(places[f"turn {i} {i * 0.5}"] < places[f"again {i}"] for i in range(2000))


def test_a_reduction_that_prints():
    @ab.jit
    def reduced(n):
        s = 0
        for i in ab.prange(n):
            s += i
            if i % 100 == 0:
                print(i)
        return s

    assert sorted(printed(reduced, 1000).split(), key=int) == [str(i) for i in range(0, 1000, 100)]
    with contextlib.redirect_stdout(io.StringIO()):
        assert reduced(1000) == 499500


def test_much_of_it():
    @ab.jit
    def much(n):
        for i in range(n):
            print(i, i * 0.25)

    same(much, 30_000)


def test_whoever_fails_to_print_stops_it():
    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError("nobody reads")

    @ab.jit
    def endless(n):
        for i in range(n):
            print(i)

    with contextlib.redirect_stdout(Broken()), pytest.raises(BrokenPipeError, match="nobody"):
        endless(10**12)


@ab.jit
def spoken(x):
    print("task", x)
    return x


@pytest.mark.parametrize("place", ["serial", "threads", "processes"])
def test_plans_show_it_in_order(place, capsys):
    with ab.plan(place, workers=2) if place != "serial" else ab.plan(place):
        assert ab.map(spoken, range(4)) == [0, 1, 2, 3]
    assert sorted(capsys.readouterr().out.splitlines()) == [f"task {i}" for i in range(4)]


def test_long_loops_show_progress(tmp_path):
    script = tmp_path / "slow.py"
    script.write_text(
        "import abreast as ab\n"
        "@ab.jit\n"
        "def slow(n):\n"
        "    s = 0.0\n"
        "    print('begun', flush=True)\n"
        "    for i in range(n):\n"
        "        s += (i * 3) % 7 / (i + 1)\n"
        "    return s\n"
        "slow(10)\n"
        "slow(10**13)\n"
    )
    process = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        begun = time.monotonic()
        assert [process.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
        assert time.monotonic() - begun < 30
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=20)
    finally:
        process.kill()


def test_what_is_refused():
    @ab.jit
    def array(x):
        print(range(len(x)))

    with pytest.raises(ab.LanguageError, match="print of an iterator"):
        array(np.zeros(3))

    @ab.jit
    def to_file(x):
        print(x, file=None, sep=" ")

    with pytest.raises(ab.LanguageError, match="file="):
        to_file(1)
