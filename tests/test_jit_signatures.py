"""Given signatures: tuples, named tuples, random generators, arrays as results."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import abreast as ab


class Ball(NamedTuple):
    height: float
    mass: np.float32


def added(pair):
    return pair[0] + pair[1]


@pytest.mark.parametrize(
    "signature",
    [
        "float64(UniTuple(float64, 2))",
        "float64((float64, int32))",
        "float64(Tuple((float64, int8)))",
        "float64(Tuple(float64, uint8))",
    ],
)
def test_tuples(signature):
    compiled = ab.jit(signature)(added)
    assert compiled((1, 2)) == 3.0 and type(compiled((1, 2))) is np.float64
    with pytest.raises(
        TypeError, match=r"given int; the signature is(.|\n)*hint: give a tuple of 2"
    ):
        compiled(1)
    with pytest.raises(TypeError, match=r"given tuple"):
        compiled((1, 2, 3))


def test_named_tuples():
    heavier = ab.jit("Ball(Ball, float64)")(lambda ball, by: Ball(ball.height, ball.mass + by))
    found = heavier(Ball(1, 2), 0.5)
    assert found == Ball(1.0, 2.5) and type(found) is Ball
    assert type(found.height) is np.float64 and type(found.mass) is np.float32
    with pytest.raises(TypeError, match="hint: give a Ball of 2 values"):
        heavier((1, 2), 0.5)


def test_random_generators():
    one = ab.jit("float64(Generator, int64)")(lambda rng, n: rng.random() * n)
    assert one(np.random.default_rng(1), 2) == np.random.default_rng(1).random() * 2
    other = ab.jit("float64(Generator(SFC64))")(lambda rng: rng.random())
    made = [np.random.Generator(np.random.SFC64(1)) for _ in range(2)]
    assert other(made[0]) == made[1].random()
    many = ab.jit("float64([Generator])")(lambda rngs: rngs[1].random())
    assert many(np.random.default_rng(1).spawn(2)) == np.random.default_rng(1).spawn(2)[1].random()


def test_results():
    times = ab.jit("float32[:](float64[:], int64)")(lambda x, n: x * n)
    assert times(np.ones(2), 3).dtype == np.float32
    both = ab.jit("(float64, float32[:])(float32[:, ::1])")(lambda x: (x[0, 0], x[0]))
    found = both(np.ones((2, 2), np.float32))
    assert type(found[0]) is np.float64 and found[1].shape == (2,)
    wrong = ab.jit("float64[:](float64)")(lambda x: x)
    with pytest.raises(TypeError, match=r"it returns float64; the signature is(.|\n)*hint"):
        wrong(1)


def test_names_and_defaults():
    def scaled(x, by=2.0):
        return x * by

    compiled = ab.jit("float32(float32, float32)")(scaled)
    assert compiled(3) == 6 and compiled(3, by=3) == 9 and compiled(by=1, x=5) == 5
    with pytest.raises(TypeError, match="0 arguments for the signature"):
        compiled()
    with pytest.raises(TypeError, match="cannot be given what="):
        compiled(3, what=1)


@pytest.mark.parametrize(
    "signature",
    [
        "float64(",
        "float64(foo)",
        "float64(float64[3])",
        "float64([float64])",
        "float64(UniTuple(float64))",
        "float64(Generator(MT19937))",
        "float64[:)(x)",
        "float64(float64) int64",
        "float64(float64; int64)",
        "",
    ],
)
def test_what_is_no_signature(signature):
    with pytest.raises(TypeError, match=r"this is not a signature(.|\n)*hint: write"):
        ab.jit(signature)(added)


def test_functions_that_call_themselves_take_tuples():
    @ab.jit("float64(UniTuple(float64, 2), int64)")
    def deep(pair, n):
        return pair[0] if n == 0 else deep((pair[1], pair[0] + n), n - 1)

    assert deep((1.5, 2.0), 7) == deep.plain((1.5, 2.0), 7)
    with pytest.raises(TypeError):
        deep((1.5, 2.0, 3.0), 1)
