"""Random generators in compiled functions: NumPy's numbers, and NumPy's states afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import abreast as ab


@ab.jit
def pi(rng, n):
    inside = 0
    for _ in range(n):
        x = rng.random()
        y = rng.random()
        if x * x + y * y < 1.0:
            inside += 1
    return 4.0 * inside / n


@ab.jit
def fill(rng, out, kind, a, b):
    for i in range(len(out)):
        if kind == 0:
            out[i] = rng.random()
        elif kind == 1:
            out[i] = rng.uniform(a, b)
        elif kind == 2:
            out[i] = rng.standard_normal()
        elif kind == 3:
            out[i] = rng.normal(a, scale=b)
        elif kind == 4:
            out[i] = rng.standard_exponential()
        elif kind == 5:
            out[i] = rng.exponential(b)
        else:
            out[i] = rng.rayleigh(b)


@ab.jit
def fill_integers(rng, out, low, high):
    for i in range(len(out)):
        out[i] = rng.integers(low, high)


@ab.jit
def dice(rng, out):
    for i in range(len(out)):
        out[i] = rng.integers(1, 6, endpoint=True) + rng.integers(3)


KINDS = ["PCG64", "PCG64DXSM", "SFC64"]


def same_state(one: Any, other: Any) -> None:
    np.testing.assert_equal(one.bit_generator.state, other.bit_generator.state)


def two(kind: str, seed: int) -> tuple[Any, Any]:
    bits = getattr(np.random, kind)
    return np.random.Generator(bits(seed)), np.random.Generator(bits(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_pi_is_that_of_numpy_and_so_is_the_state_after_it(kind):
    ours, theirs = two(kind, 1)
    assert pi(ours, 1000) == pi.plain(theirs, 1000)
    same_state(ours, theirs)
    assert ours.random() == theirs.random()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", range(7))
def test_distributions_are_those_of_numpy(kind, what):
    ours, theirs = two(kind, what)
    n = 20_000
    found, expected = np.empty(n), np.empty(n)
    fill(ours, found, what, 1.5, 4.0)
    draws = [
        lambda: theirs.random(n),
        lambda: theirs.uniform(1.5, 4.0, n),
        lambda: theirs.standard_normal(n),
        lambda: theirs.normal(1.5, 4.0, n),
        lambda: theirs.standard_exponential(n),
        lambda: theirs.exponential(4.0, n),
        lambda: theirs.rayleigh(4.0, n),
    ]
    expected = draws[what]()
    same_state(ours, theirs)
    # The tails take logarithms, whose last digit is the C library's there and ours here.
    different = np.flatnonzero(found != expected)
    assert len(different) <= (0 if what < 2 else n // 1000)
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("low", "high"),
    [
        *((0, 1), (0, 6), (-5, 5), (0, 3 * 2**30), (0, 2**32 - 1), (0, 2**32), (0, 2**32 + 1)),
        *((-(2**62), 2**62 + 9), (0, 3 * 2**61), (-(2**63), 2**63 - 1)),
    ],
)
def test_integers_are_those_of_numpy_one_by_one(kind, low, high):
    ours, theirs = two(kind, 9)
    ours.integers(3), theirs.integers(3)  # half a word is left
    found, expected = np.empty(200, np.int64), np.empty(200, np.int64)
    fill_integers(ours, found, low, high)
    fill_integers.plain(theirs, expected, low, high)
    np.testing.assert_array_equal(found, expected)
    same_state(ours, theirs)


def test_bounds_that_are_known_are_drawn_the_same():
    ours, theirs = two("PCG64", 3)
    found, expected = np.empty(501, np.int64), np.empty(501, np.int64)
    dice(ours, found)
    dice.plain(theirs, expected)
    np.testing.assert_array_equal(found, expected)
    same_state(ours, theirs)


def test_numbers_have_the_types_of_numpy():
    @ab.jit
    def several(rng):
        return rng.random(), rng.normal(), rng.integers(5), rng.uniform(), rng.integers(2, 9)

    ours, theirs = two("PCG64", 4)
    found, expected = several(ours), several.plain(theirs)
    assert found == expected
    assert [type(it) for it in found] == [type(it) for it in expected]


def test_generators_of_abreast_give_the_same_numbers():
    ours, theirs = ab.random.default_rng(11), np.random.default_rng(11)
    assert pi(ours, 100) == pi(theirs, 100)
    assert ours.random() == theirs.random()
    assert pi.signatures.count("Generator(PCG64), int") == 1


ERRORS = [
    (lambda rng, a, b: rng.uniform(a, b), 1.0, 0.0),
    (lambda rng, a, b: rng.uniform(a, b), -1e308, 1.7e308),
    (lambda rng, a, b: rng.normal(a, b), 0.0, -1.0),
    (lambda rng, a, b: rng.normal(a, b), 0.0, -0.0),
    (lambda rng, a, b: rng.exponential(a + b), -3.0, 1.0),
    (lambda rng, a, b: rng.integers(a, b), 5, 5),
    (lambda rng, a, b: rng.integers(a - b), 5, 5),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors_are_those_of_numpy(case):
    function, a, b = ERRORS[case]
    ours, theirs = two("PCG64", 5)
    ours.random(), theirs.random()
    with pytest.raises((ValueError, OverflowError)) as expected:
        function(theirs, a, b)
    with pytest.raises((ValueError, OverflowError)) as found:
        ab.jit(function)(ours, a, b)
    assert (found.type, str(found.value)) == (expected.type, str(expected.value))
    same_state(ours, theirs)


def test_the_state_is_right_after_an_error():
    @ab.jit
    def overrun(rng, out):
        for i in range(len(out) + 1):
            out[i] = rng.random()

    ours, theirs = two("PCG64", 6)
    found, expected = np.empty(5), np.empty(5)
    for rng, out, f in ((ours, found, overrun), (theirs, expected, overrun.plain)):
        with pytest.raises(IndexError):
            f(rng, out)
    np.testing.assert_array_equal(found, expected)
    same_state(ours, theirs)


@ab.jit
def walks(rngs, steps, out):
    for i in ab.prange(len(rngs)):
        rng = rngs[i]
        at = 0.0
        for _ in range(steps):
            at += rng.normal()
        out[i] = at


def test_a_list_of_generators_does_not_depend_on_threads():
    results = []
    for threads in (1, 2):
        rngs = np.random.default_rng(7).spawn(17)
        out = np.empty(17)
        with ab.threads(threads):
            walks(rngs, 50, out)
        results.append((out, [rng.bit_generator.state for rng in rngs]))
    rngs = np.random.default_rng(7).spawn(17)
    expected = np.empty(17)
    walks.plain(rngs, 50, expected)
    for out, states in results:
        np.testing.assert_allclose(out, expected, rtol=1e-14)
        assert out.tobytes() == results[0][0].tobytes()
        assert states == [rng.bit_generator.state for rng in rngs]


def test_one_generator_inside_of_prange_is_refused():
    @ab.jit
    def shared(rng, out):
        for i in ab.prange(len(out)):
            out[i] = rng.random()

    with pytest.raises(ab.LanguageError, match=r"one generator inside of prange(.|\n)*rng.spawn"):
        shared(np.random.default_rng(), np.empty(3))

    @ab.jit
    def first(rngs, out):
        for i in ab.prange(len(out)):
            out[i] = rngs[0].random()

    with pytest.raises(ab.LanguageError, match="turn 0 of prange writes an element of rngs"):
        first(np.random.default_rng().spawn(3), np.empty(3))


def test_what_is_not_drawn_says_so():
    rng = np.random.default_rng()
    cases: list[tuple[Any, str]] = [
        (lambda rng: rng.random(3), "random with this argument(.|\n)*draw in a loop"),
        (lambda rng: rng.random(size=3), "random with size="),
        (lambda rng: rng.gamma(2.0), "the method gamma of a generator(.|\n)*there are random"),
        (lambda rng: rng.integers(2.5), "a bound that is a float"),
        (lambda rng: rng.integers(), "without a bound"),
        (lambda rng: rng + 1, "a generator of PCG64"),
    ]
    for function, message in cases:
        with pytest.raises(ab.LanguageError, match=message):
            ab.jit(function)(rng)
    draw = ab.jit(lambda rng, other: rng.random() + other.random())
    with pytest.raises(TypeError, match=r"passed before\nhint: .*rng.spawn"):
        draw(rng, rng)
    with pytest.raises(TypeError, match="MT19937"):
        draw(rng, np.random.Generator(np.random.MT19937()))
    with pytest.raises(TypeError, match="different kinds"):
        draw([rng, np.random.Generator(np.random.SFC64())], rng)
    with pytest.raises(IndexError, match="list index out of range"):
        ab.jit(lambda rngs, i: rngs[i].random())([rng], 1)
