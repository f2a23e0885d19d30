"""Loops that count by themselves, `while i < n: ... i += 1`: all is as CPython has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import abreast as ab

LARGEST = 2**63 - 1


def up(a, n, s):
    i = 0
    while i < n:
        a[i] += i
        i += 1
    return i


def down(a, n, s):
    i = n - 1
    while i >= 0:
        a[i] = a[i] * 2 + i
        i -= 1
    return i


def by_some(a, n, s):
    i = 1
    while i < n:
        a[i] = i
        i += s
    return i


def by_three(a, n, s):
    i = s
    while i < n:
        a[i] -= 1
        i += 3
    return i


def closed(a, n, s):
    i = s
    while i <= 5:
        a[i] = 7
        i += 1
    return i


def turned(a, n, s):
    i = s
    while n > i:
        a[i] = s
        i = 1 + i
    return i


def changes(a, n, s):
    i = 0
    while i < n:
        a[i] = n
        n -= s
        i += 1
    return i


def twice(a, n, s):
    i = 0
    while i < n:
        if a[i] == 3:
            i += 1
        a[i] = 5
        i += 1
    return i


def leaves(a, n, s):
    i = 0
    total = 0
    while i < n:
        total += a[i]
        if total > 40:
            break
        i += 1
    else:
        total = -1
    return i, total


def nested(a, n, s):
    i = 0
    while i < n:
        j = i
        while j < len(a):
            a[j] += 1
            j += i + s
        i += 1
    return i


def ends(a, n, s):
    i = n
    turns = 0
    while i < 9223372036854775807:
        i += 1
        turns += 1
    return i, turns


CASES = [(n, s) for n in (-3, 0, 1, 5, 9, 10, 11) for s in (1, 2, 3, 7)]
FUNCTIONS = [up, down, by_some, by_three, closed, turned, changes, twice, leaves, nested]


def outcome(function: Any, n: int, s: int) -> Any:
    a = np.arange(10)
    try:
        found = function(a, n, s)
    except IndexError:
        found = IndexError
    return found, a.tolist()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_as_by_python(function):
    call = ab.jit(function)
    for n, s in CASES:
        assert outcome(call, n, s) == outcome(function, n, s), (n, s)


def test_up_to_the_largest_of_all_integers():
    call = ab.jit(ends)
    for n in (LARGEST, LARGEST - 1, LARGEST - 9):
        assert call(np.zeros(1), n, 1) == ends(np.zeros(1), n, 1)
