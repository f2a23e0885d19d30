"""`report()`: what was made of a compiled function, loop by loop."""

from __future__ import annotations

import numpy as np
import pytest

import abreast as ab


@ab.jit
def matmul(a, b, out):
    for i in ab.prange(a.shape[0]):
        for j in range(b.shape[1]):
            s = 0.0
            for k in range(a.shape[1]):
                s += a[i, k] * b[k, j]
            out[i, j] = s


@ab.jit
def several(u, where):
    for _t in range(10):
        for i in range(1, len(u) - 1):
            u[i] = 0.5 * (u[i - 1] + u[i + 1])
    for i in range(len(where)):
        u[where[i]] += 1.0
    i = 0
    while u[i] > 3.0:
        i += 1
    return i


@ab.jit
def total(x):
    s = 0.0
    for i in ab.prange(len(x)):
        s += x[i]
    return s


def lines(function, *given):
    function(*given)
    text = function.report()
    assert text.startswith(f"{function.__qualname__}(")
    first = function.plain.__code__.co_firstlineno
    return [
        it.replace(f"line {first + place}:", f"+{place}:")
        for it in text.splitlines()[1:]
        for place in [next((p for p in range(20) if f"line {first + p}:" in it), 0)]
    ]


def test_parallel_loops_lanes_and_versions():
    found = lines(matmul, np.ones((3, 4)), np.ones((4, 5)), np.empty((3, 5)))
    assert found[0] == "  +2: for i in ab.prange(a.shape[0])"
    assert found[1].startswith("    two versions: without checks where lengths")
    assert found[2].startswith("    on all cores")
    assert found[3] == "    +3: for j in range(b.shape[1])"
    assert found[4].startswith("      in lanes, ")
    assert found[5] == "      +5: for k in range(a.shape[1])"
    assert found[6] == "        one turn after the other: it carries a value from turn to turn"


def test_what_hinders_lanes_is_said():
    found = "\n".join(lines(several, np.zeros(9), np.arange(3)))
    assert "+3: for i in range(1, len(u) - 1)\n" in found
    assert "turns write and read the same elements of u" in found
    assert "what is checked inside must end it in order" in found
    assert "+8: while u[i] > 3.0\n    one turn after the other" in found


def test_reductions_and_functions_without_loops():
    assert "on all cores; add of all turns" in "\n".join(lines(total, np.ones(3)))
    nothing = ab.jit(lambda x: x + x)
    nothing(1)
    assert nothing.report().splitlines()[1:] == ["  no loops"]


def test_loops_of_functions_that_are_called_are_named():
    @ab.jit
    def outer(x):
        return total(x) + 1.0

    outer(np.ones(3))
    assert " of total" in outer.report()


def test_a_function_that_was_not_called_has_no_report():
    with pytest.raises(
        ValueError, match=r"report of .*0 signatures were compiled(.|\n)*hint: call"
    ):
        ab.jit(lambda x: x).report()
