"""What an iteration stores and the next one loads: compiled kernels give the interpreter's bits."""

from __future__ import annotations

import numpy as np
import pytest

from abreast import _abreast
from test_compiler import both

BODIES = {
    "before": "%a = load %y[%i]\n%b = add %a, %e\nstore %b, %y[%i1]",
    "two ahead": "%a = load %y[%i]\n%b = add %a, %e\nstore %b, %y[%i2]",
    "the same": "%a = load %y[%i1]\n%b = add %a, %e\nstore %b, %y[%i1]",
    "behind": "%a = load %y[%i2]\n%b = add %a, %e\nstore %b, %y[%i1]",
    "after": "%b = add %e, %e\nstore %b, %y[%i1]\n%a = load %y[%i]\n%c = add %a, %e\n"
    "store %c, %z[%i]",
    "two stores": "%a = load %y[%i]\n%b = add %a, %e\nstore %b, %y[%i1]\nstore %e, %y[%i]",
    "a choice": "%a = load %y[%i]\n%b = add %a, %e\n%c = lt %a, %e\nif %c {\n"
    "store %b, %y[%i1]\n} else {\n}",
    "two loads": "%a = load %y[%i]\n%d = load %y[%i]\n%b = add %a, %d\n%c = sub %b, %e\n"
    "store %c, %y[%i1]",
    "a minimum": "%a = load %z[%i]\n%b = min %a, %e\n%c = load %x[%i]\n%d = min %b, %c\n"
    "store %d, %z[%i1]",
    "a chain": "%a = load %y[%i]\n%d = load %z[%i]\n%b = add %a, %d\n%c = sub %d, %e\n"
    "store %b, %y[%i1]\nstore %c, %z[%i1]",
}


def kernel(body, overlapping=""):
    return f"""
    kernel {overlapping} @recurrence(%n: extent, %from: extent, %x: read f64[unit],
                                     %y: update f64[any], %z: update f64[unit]) {{
      %one = const i64 1
      %two = const i64 2
      for (%i) in (%from..%n) {{
        %i1 = add %i, %one
        %i2 = add %two, %i
        %e = load %x[%i]
        {body}
      }}
    }}
    """


@pytest.mark.parametrize("body", BODIES)
def test_recurrences(body):
    rng = np.random.default_rng(0)
    for n, begin in ((20, 0), (20, 3), (1, 0), (0, 0), (3, 9)):
        given = [n, begin, rng.normal(size=n)]
        both(kernel(BODIES[body]), given, [rng.normal(size=n + 2), rng.normal(size=n + 2)])


@pytest.mark.parametrize("body", BODIES)
def test_recurrences_over_memory_that_overlaps(body):
    found = []
    for device in ("interpreter", "cpu"):
        memory = np.random.default_rng(0).normal(size=40)
        given = [12, 1, memory[:12], memory[3:17], memory[5:19]]
        _abreast.run_loop(kernel(BODIES[body], "overlapping"), device, given)
        found.append(memory)
    assert np.array_equal(*found)


def test_a_load_behind_a_check_is_not_moved_before_it():
    text = """
    kernel @guarded(%n: extent, %m: extent, %x: read f64[unit], %y: update f64[unit]) {
      %one = const i64 1
      for (%i) in (%n) {
        %inside = lt %i, %m
        check %inside, 4
        %a = load %y[%i]
        %e = load %x[%i]
        %b = add %a, %e
        %i1 = add %i, %one
        store %b, %y[%i1]
      }
    }
    """
    # The first element is not there: to load it before the check would be wrong.
    with pytest.raises(RuntimeError, match="check 4"):
        _abreast.run_loop(text, "cpu", [5, 0, np.zeros(0), np.zeros(0)])
    # Two a turn: four turns written at once, and one for those that are left.
    assert _abreast.loop_llvm(text, 64).count("load double") == 5 * 2


def test_the_value_is_carried():
    # One load before the loop, none of it inside.
    text = _abreast.loop_llvm(kernel(BODIES["before"]), 64)
    assert text.index("load double") < text.index("phi i64 [ %")


@pytest.mark.parametrize("vector", ["", ":16"])
def test_edit_distance(vector):
    text = """
    kernel @edit(%n: extent, %m: extent, %a: read u8[unit], %b: read u8[unit],
                 %d: update i64[any, unit]) {
      %one = const i64 1
      %zero = const i64 0
      for (%i) in (%n) {
        %i1 = add %i, %one
        %ca = load %a[%i]
        for (%j) in (%m) {
          %j1 = add %j, %one
          %cb = load %b[%j]
          %same = eq %ca, %cb
          %cost = select %same, %zero, %one
          %up = load %d[%i, %j1]
          %left = load %d[%i1, %j]
          %corner = load %d[%i, %j]
          %x = add %up, %one
          %y = add %left, %one
          %z = add %corner, %cost
          %xy = min %x, %y
          %xyz = min %xy, %z
          store %xyz, %d[%i1, %j1]
        }
      }
    }
    """
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, 30).astype(np.uint8), rng.integers(0, 3, 25).astype(np.uint8)
    table = np.zeros((31, 26), int)
    table[0], table[:, 0] = np.arange(26), np.arange(31)
    both(text, [30, 25, a, b], [table], vector)
