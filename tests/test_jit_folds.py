"""`sum` and its like over arrays and generator expressions, and lists that become arrays."""

from __future__ import annotations

import math

import numpy as np
import pytest

import abreast as ab
from jit_oracle import beside

X = np.random.default_rng(2).random(7)
SQUARE = np.random.default_rng(3).random((3, 3))


FOLDS = {
    "products": (lambda x: sum(x[i] * x[-i] for i in range(len(x))), X),
    "arrays": (lambda x: (sum(x), min(x), max(x)), X),
    "bytes": (lambda x: (sum(x), min(x), max(x)), np.array([100, 50, 3], np.uint8)),
    "half": (lambda x: (sum(x), min(x), max(x)), X.astype(np.float16)),
    "bools": (lambda x: (sum(x), min(x), max(x), any(x), all(x)), X > 0.5),
    "nan first": (lambda x: (min(x), max(x)), np.array([np.nan, 1, 0])),
    "nan later": (lambda x: (min(x), max(x)), np.array([1, np.nan, 0])),
    "tests": (lambda x: max(abs(v) for v in x if v < 0.5), X),
    "any": (lambda x: (any(v > 0.9 for v in x), all(v < 2 for v in x)), X),
    "early": (lambda x: any(1 / v > 2 for v in (x, 0.25, 0)), 1),
    "not early": (lambda x: any(1 / v > 8 for v in (x, 0.25, 0)), 1),
    "two loops": (lambda a: sum(a[i, j] for i in range(3) for j in range(i)), SQUARE),
    "inside": (lambda a: max(sum(abs(v) for v in row) for row in a), SQUARE),
    "ranges": (lambda n: (sum(range(n)), max(range(n), default=-1)), 0),
    "squares": (lambda n: sum(i * i for i in range(n)), 9),
    "start": (lambda x: sum(x, 1.5) + sum((1, 2, x[0]), start=3), X),
    "lists": (lambda x: (sum([v * 2 for v in x]), max([x[0], x[1]])), X),
    "zip": (lambda x: max(abs(p - q) for p, q in zip(x, x[::-1], strict=False)), X),
    "product": (lambda x: (math.prod(x), math.prod(v for v in x if v > 0.5)), X),
    "empty min": (lambda x: min(x), X[:0]),
    "empty max": (lambda x: max(v for v in x if v > 9), X),
    "complex": (lambda x: sum(x), X * 1j),
}


@pytest.mark.parametrize("name", FOLDS)
def test_folds(name):
    beside(*FOLDS[name])


def test_names_of_a_loop_without_a_name_are_its_own():
    def apart(x):
        i = 5
        total = sum(i for i in range(4))
        return total, i, sum(x[k] for x in (x, x + 1) for k in range(2))

    beside(apart, X)


def test_arrays_that_are_computed_are_computed_once():
    def once(x):
        y = x * 2
        return sum(y[i] for i in range(len(y)))

    beside(once, X)


LISTS = {
    "numbers": (lambda x: np.array([x[0], 2, x[1] * 3]), X),
    "narrow": (lambda x: np.array([x[0], 2]), X.astype(np.float32)),
    "mixed": (lambda: (np.array([1, 2.5, True]), np.array([True]), np.array([1, 2j])),),
    "rows": (lambda: np.array([[1, 2], [3, 4]]) @ np.array(((0, 1), (1, 0))),),
    "nothing": (lambda: np.array([]),),
    "typed": (lambda: (np.array([1, 2], dtype=np.float32), np.array([1.5, 2], np.int8)),),
    "stacked": (lambda x: np.array([x, x * 2]), X),
    "comprehension": (lambda n: np.array([i * 0.5 for i in range(n)]), 4),
    "none": (lambda n: np.array([i * 0.5 for i in range(n)]), 0),
    "table": (lambda n: np.array([[i * j for j in range(3)] for i in range(n)]), 2),
    "tested": (lambda x: np.array([v for v in x if v > 0.5]), X),
    "pairs": (lambda x: np.array([(v, v * v) for v in x]), X),
    "lengths": (lambda n: np.zeros([n, 2]), 3),
    "put together": (lambda x: (np.concatenate([x, x]), np.stack([x, x + 1])), X),
    "reduced": (lambda x: (np.sum([x[0], x[1]]), np.max(3.5), np.dot(2, 3.0)), X),
    "means": (lambda x: (np.mean((1, 2, 3)), np.min([x[0], x[2]]), np.sum(2)), X),
    "indices": (lambda x: (x[[0, 2]], x[[1]]), X),
    "in": (lambda v: (v in [1, 2, 3], v not in [2]), 2),
    "added": (lambda x: x[:2] * (1.0, 2.0), X),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists(name):
    beside(*LISTS[name])


def test_lists_in_statements():
    def statements(x):
        a, b = [x[0], x[1]]
        for k in [1, 2, 3]:
            a += x[k]
        weights = np.array([0.25, 0.5, 0.25])
        out = np.zeros(len(x))
        for i in range(1, len(x) - 1):
            out[i] = sum(weights[k] * x[i + k - 1] for k in range(3))
        return a, b, out

    beside(statements, X)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: [v * 2 for v in x], "a list(.|\n)*hint: "),
        (lambda x: sum(v for v in ab.prange(len(x))), "prange in a generator expression"),
        (lambda x: sum(SQUARE), r"sum of a 2-dimensional array(.|\n)*hint: .*axis=0"),
        (lambda x: sum(x, key=abs), r"sum with key=(.|\n)*hint: sum takes start="),
        (lambda x: max(x * 1j), "an order of complex numbers(.|\n)*hint: use abs"),
        (lambda x: sum(1.0), "sum of a float(.|\n)*hint: give it an array"),
        (lambda x: np.array([[1, 2], [3]]), "rows that differ(.|\n)*hint: NumPy refuses it"),
        (lambda x: np.array([[j * 2 for j in range(i)] for i in range(3)]), "rows that differ"),
    ],
)
def test_refusals(function, words):
    with pytest.raises(ab.LanguageError, match=words):
        ab.jit(function)(X)
