"""Compiled functions at the edges of types and lengths: beside CPython and NumPy, bit for bit."""

from __future__ import annotations

import linecache
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

import abreast as ab

LEAST, MOST = -(2**63), 2**63 - 1
A = np.arange(7.0)


def made(text: str) -> Any:
    """The function f of a text that can be read back, as Python has it."""
    name = f"<edge {len(linecache.cache)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    names: dict[str, Any] = {"__name__": "edges", "np": np, "ab": ab}
    exec(compile(text, name, "exec"), names)
    return names["f"]


def run(function: Any, arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    given = [it.copy() if isinstance(it, np.ndarray) else it for it in arguments]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = function(*given)
        except Exception as error:
            return type(error), given
    return (type(found), found), given


def compare(text: str, *calls: tuple[Any, ...]) -> None:
    plain = made(text)
    compiled = ab.jit(plain)
    for arguments in calls:
        expected, after = run(plain, arguments)
        found, given = run(compiled, arguments)
        assert found == expected, f"{text}{arguments}: {found}, not {expected}"
        np.testing.assert_equal(given, after)


SIGNED = [np.int8(50), np.int64(-1), np.int64(5), np.int16(400)]
UNSIGNED = [np.uint8(50), np.uint64(3), np.uint64(2**63 + 5), np.uint64(2**64 - 1)]
PLAIN = [0, 5, -1, 300, 2**40]


@pytest.mark.parametrize("operator", ["<", "<=", "==", "!=", ">", ">="])
def test_integers_of_all_types_are_compared_as_they_are(operator):
    numbers = [*SIGNED, *UNSIGNED]
    calls = [(x, y) for x in numbers for y in [*PLAIN, *UNSIGNED[1:], np.int64(5), np.int64(-1)]]
    text = f"def f(x, y):\n    return x {operator} y, y {operator} x\n"
    compare(text, *calls)
    for constant in (-1, 300):
        text = f"def f(x):\n    return x {operator} {constant}\n"
        compare(text, *[(x,) for x in numbers])


@pytest.mark.parametrize("operator", ["+", "-", "*", "//", "%", "&", "|", "^"])
def test_ints_that_a_type_does_not_hold_are_refused_as_numpy_does(operator):
    text = f"def f(x, y):\n    return x {operator} y\n"
    compare(text, *[(x, y) for x in [*SIGNED, *UNSIGNED] for y in (1, 5, -1, 300)])
    for constant in (-1, 300):
        text = f"def f(x):\n    return x {operator} {constant}\n"
        compare(text, (np.int8(50),), (np.uint8(50),), (np.uint64(3),), (np.int64(3),))


def test_a_variable_of_a_narrow_type_takes_no_int_that_is_too_large():
    function = ab.jit(
        made("def f(x, n):\n    s = n\n    for v in x:\n        s = v\n    return s\n")
    )
    assert function(np.array([7], np.uint8), 3) == 7
    with pytest.raises(OverflowError, match="out of bounds for uint8"):
        function(np.array([7], np.uint8), 300)


def test_powers():
    for power in (-1, -2):
        text = f"def f(x):\n    return x ** {power}\n"
        compare(text, (2,), (np.int64(2),), (np.int8(1),), (np.uint8(2),), (2.5,), (0,))
    compare("def f(x, y):\n    return x ** y\n", (np.int64(2), np.int64(-1)), (2, 5), (0, 0))


def test_constants_of_narrow_types_are_rounded():
    compare("def f():\n    return np.float64(np.float32(0.1))\n", ())
    compare("def f(x):\n    return np.float32(0.1) + x\n", (np.float64(1),), (1.0,))
    compare("def f():\n    return np.float64(0.1) == np.float32(0.1)\n", ())
    compare("def f():\n    return min(np.int8(3), 4)\n", ())


def test_floats_to_ints():
    compare("def f(x):\n    return int(x)\n", (-(2.0**63),), (3.7,), (-3.7,), (float("nan"),))


def test_indices_are_integers_that_are_not_wrapped():
    text = "def f(a, i):\n    return a[i]\n"
    with pytest.raises(IndexError):
        ab.jit(made(text))(A, np.uint64(2**64 - 1))
    compare(text, (A, np.uint64(3)), (A, np.uint8(3)), (A, -7), (A, -8), (A, 7))
    compare("def f(a, i):\n    return len(a[:i])\n", (A, np.uint64(3)), (A, -8), (A, 9))
    function = ab.jit(made("def f(i):\n    return (1, 2, 3)[i]\n"))
    with pytest.raises(ab.LanguageError, match="is float, not an integer"):
        function(1.0)
    assert [function(i) for i in (0, -1, True)] == [1, 3, 2]


@pytest.mark.parametrize("step", [-1, -2, 3, 100, -100, MOST, -MOST])
def test_slices(step):
    text = f"""
def f(a, i, j, o):
    k = 0
    for v in a[i:j:{step}]:
        o[k] = v
        k += 1
    for v in reversed(a[i:j:{step}][::2]):
        o[k] = v
        k += 1
    for n, v in enumerate(a[::{step}], 3):
        o[k] = v + n
        k += 1
    return len(a[i:j:{step}]), len(a[i:j]), a[i:].size
"""
    calls = [(i, j) for i in (-9, -3, 0, 2, 9) for j in (-9, -2, 0, 3, 9)]
    compare(text, *[(A, i, j, np.zeros(30)) for i, j in calls])
    compare(text, *[(A[:0], i, j, np.zeros(30)) for i, j in calls])


ZIPS = [
    "zip((1, 2, 3), a)",
    "zip(a, (1, 2, 3))",
    "zip(range(len(a)), (1, 2.5, 3))",
    "zip(reversed((1, 2, 3)), a[::-1], range(2, 20, 3))",
    "zip(a, (1, 2, 3), (4, 5))",
    "zip((), a)",
]


@pytest.mark.parametrize("what", ZIPS)
@pytest.mark.parametrize("leaves", ["", "        if s > 3:\n            break\n"])
def test_zip_of_tuples_and_arrays_ends_with_the_shortest(what, leaves):
    text = f"def f(a):\n    s = n = 0.0\n    for t in {what}:\n        n += 1.0\n"
    text += (
        f"        s += t[0] * t[1]\n{leaves}    else:\n        n += 100.0\n    return n, s + 0.0\n"
    )
    plain = made(text)
    compiled = ab.jit(plain)
    for n in range(6):
        # Ones after the end: what is read beyond it would count.
        whole = np.arange(1.0, 9.0)
        assert compiled(whole[:n]) == plain(whole[:n])


def test_names_of_a_loop_that_may_not_turn():
    text = "def f(a):\n    for x, y in zip((1, 2), a):\n        z = x\n    return z\n"
    compare(text, (A[:0],), (A[:1],), (A,))


def test_a_step_of_zero():
    for what in ("{}", "enumerate({})", "zip({}, range(9))", "reversed({})", "range(len({}))"):
        what = what.format("range(0, n, s)")
        text = f"def f(n, s):\n    k = 0\n    for i in {what}:\n        k += 1\n    return k\n"
        compare(text, *[(n, s) for n in (0, -9, 9) for s in (0, 1, -1, 2, -2, 100)])


@pytest.mark.parametrize("what", ["{}", "enumerate({})", "zip({}, range(9))", "reversed({})"])
def test_ranges_as_wide_as_all_integers(what):
    what = what.format("range(x, y, z)")
    text = f"""
def f(x, y, z):
    k = 0
    for i in {what}:
        k += 1
        if k > 20:
            break
    return k
"""
    ends = (LEAST, LEAST + 5, 0, MOST)
    steps = (LEAST + 1, -(2**62), -1, 1, 2**62, MOST)
    compare(text, *[(x, y, z) for x in ends for y in ends for z in steps])


@pytest.mark.parametrize(
    "what, words",
    [
        ("reversed(zip(a, a))", "reversed of an iterator"),
        ("reversed(enumerate(a))", "reversed of an iterator"),
        ("range(len(zip(a, a)))", "len of an iterator"),
        ("zip(a, ab.prange(3))", "zip of prange"),
        ("enumerate(ab.prange(3))", "enumerate of prange"),
        ("reversed(ab.prange(3))", "reversed of prange"),
    ],
)
def test_iterators_that_are_refused(what, words):
    function = ab.jit(made(f"def f(a):\n    for x in {what}:\n        pass\n    return 0\n"))
    with pytest.raises(ab.LanguageError, match=words):
        function(A)


def test_logical_reductions_are_of_bools():
    text = "def f(a, s):\n    for i in ab.prange(len(a)):\n        s = s {} {}\n    return s\n"
    for word, start in (("and", True), ("or", False)):
        compare(text.format(word, "(i > 3)"), (A, start), (A[:0], start), (A[:2], start))
        with pytest.raises(ab.LanguageError, match="reduced by `and` or `or`, and is int"):
            ab.jit(made(text.format(word, "i")))(A, 1)


RACES = [
    ("a[0] = i", "turn 0 .* and turn 1 writes it too"),
    ("a[i] = a[i - 1]", "turn . .*of prange writes .* and turn . .*reads it"),
    ("a[i] = i\n        a[i + 1] = i", "writes it too"),
    ("for j in range(3):\n            b[j, 0] = i", "an element of b here"),
]


@pytest.mark.parametrize("body, words", RACES)
def test_races_that_are_proved_are_refused(body, words):
    text = f"def f(a, b, n):\n    for i in ab.prange(1, n):\n        {body}\n"
    text = text.replace("prange(1, n)", "prange(n)") if "a[0]" in body else text
    with pytest.raises(ab.LanguageError, match=words) as caught:
        ab.jit(made(text), boundscheck=False)(np.zeros(9), np.zeros((9, 9)), 5)
    assert "hint: turns of prange run at once" in str(caught.value)
    assert caught.value.line in (3, 4)


def test_loops_without_races_are_not_refused():
    text = """
def f(a, b, n):
    for i in ab.prange(n):
        a[2 * i] = a[2 * i + 1]
        for j in range(n):
            b[i, j] = b[i, j] + a[2 * i]
        if i == 3:
            b[n, 0] = 1.0
"""
    compare(text, (np.arange(20.0), np.ones((9, 9)), 8))


ENDING = """
from pathlib import Path
import numpy as np, abreast as ab
@ab.jit
def total(a):
    s = 0.0
    for i in ab.prange(len(a)):
        s += a[i]
    return s
for count in (2, 3, 5, 4):
    with ab.threads(count):
        assert total(np.ones(1_000_000)) == 1e6
ab.shutdown()
names = [(it / "comm").read_text() for it in Path("/proc/self/task").iterdir()]
print([it for it in names if it.startswith("abreast-pool")])
"""


def test_threads_of_smaller_pools_are_ended(tmp_path):
    # In a process of its own: libraries of linear algebra keep the threads that they were allowed.
    program = tmp_path / "ending.py"
    program.write_text(ENDING)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
