"""Functions and reductions of complex arrays: the values of NumPy, special ones too."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp

DTYPES = ("complex64", "complex128")
ENDS = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 2.5, -700.0, 88.5, 709.5, 720.0]
ENDS += [1e-310, 1e-40, 3e-160, 3e38, 1.2e308, -1e308]


def numbers(n, dtype, seed=0):
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(2, n)) * 10.0 ** rng.integers(-3, 2, (2, n))
    return (parts[0] + 1j * parts[1]).astype(dtype)


@pytest.mark.parametrize("name", ["exp", "sqrt", "abs", "reciprocal"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values(name, dtype):
    with np.errstate(all="ignore"):
        z = np.array([complex(x, y) for x, y in itertools.product(ENDS, ENDS)]).astype(dtype)
        expected = getattr(np, name)(z)
    found = np.asarray(getattr(anp, name)(anp.asarray(z)))
    assert found.dtype == expected.dtype
    tiny = 1e-300 if dtype == "complex128" else 1e-36
    # Which zero exp(-inf + inf j) has, nobody says.
    told = ~((z.real == -np.inf) & ~np.isfinite(z.imag)) if name == "exp" else np.ones(len(z), bool)
    for part in ("real", "imag"):
        ours, theirs = getattr(found, part), getattr(expected, part)
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=tiny)
        zeros = (theirs == 0) & (ours == 0) & told
        assert np.array_equal(np.signbit(ours[zeros]), np.signbit(theirs[zeros]))


@pytest.mark.parametrize("name", ["exp", "sqrt", "abs"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_part_is_right_to_three_units_of_its_last_place(name, dtype):
    z = numbers(20_000, dtype)
    exact = getattr(np, name)(z.astype(np.clongdouble))
    found = np.asarray(getattr(anp, name)(anp.asarray(z)))
    for part in ("real", "imag"):
        wanted = getattr(exact, part)
        apart = abs(getattr(found, part) - wanted)
        assert np.all(apart <= 3 * np.spacing(abs(wanted).astype(z.real.dtype)))


CIRCULAR = ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh")


@pytest.mark.parametrize("name", CIRCULAR)
@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values_of_circular_functions(name, dtype):
    with np.errstate(all="ignore"):
        z = np.array([complex(x, y) for x, y in itertools.product(ENDS, ENDS)]).astype(dtype)
        expected = getattr(np, name)(z)
    found = np.asarray(getattr(anp, name)(anp.asarray(z)))
    assert found.dtype == expected.dtype
    tiny = 1e-300 if dtype == "complex128" else 1e-36
    # Which infinity or zero comes of an angle that is infinite or unknown, C99 leaves open.
    angle = z.real if name in ("sin", "cos", "tan") else z.imag
    told = np.isfinite(angle) | (name == "log")
    if name in ("cos", "cosh"):
        told &= ~np.isnan(z)
    for part in ("real", "imag"):
        ours, theirs = getattr(found, part), getattr(expected, part)
        np.testing.assert_allclose(abs(ours), abs(theirs), rtol=1e-5, atol=tiny)
        assert np.array_equal(np.sign(ours[told]), np.sign(theirs[told]), equal_nan=True)
        zeros = (theirs == 0) & (ours == 0) & told
        assert np.array_equal(np.signbit(ours[zeros]), np.signbit(theirs[zeros]))


@pytest.mark.parametrize("name", CIRCULAR)
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_part_of_circular_functions_is_right_to_six_units(name, dtype):
    z = numbers(20_000, dtype)
    z[:2000] /= abs(z[:2000])  # where the logarithm of the size nearly vanishes
    exact = getattr(np, name)(z.astype(np.clongdouble))
    found = np.asarray(getattr(anp, name)(anp.asarray(z)))
    for part in ("real", "imag"):
        wanted = getattr(exact, part)
        apart = abs(getattr(found, part) - wanted)
        unit = np.spacing(abs(wanted).astype(z.real.dtype))
        # The logarithm of a size very near 1 is right to twice the precision beside 1.
        enough = np.maximum(6 * unit, np.finfo(dtype).eps ** 2 if name == "log" else 0)
        assert np.all((apart <= enough) | (found == exact.astype(dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_reductions(dtype):
    tolerance = 1e-4 if dtype == "complex64" else 1e-12
    z = numbers(70 * 33 * 4, dtype, 3).reshape(70, 33, 4)
    x = anp.asarray(z)
    for axis in (None, 0, 1, -1, (0, 2)):
        for how in ("sum", "mean", "var", "std"):
            found = np.asarray(getattr(anp, how)(x, axis=axis))
            expected = getattr(np, how)(z, axis=axis)
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    unit = z / abs(z)
    np.testing.assert_allclose(anp.prod(anp.asarray(unit)), np.prod(unit), rtol=1e-3)
    np.testing.assert_allclose(anp.var(x, correction=1), np.var(z, ddof=1), rtol=tolerance)
    np.testing.assert_allclose(
        anp.cumulative_prod(anp.asarray(unit[:, 0, 0])), np.cumprod(unit[:, 0, 0]), rtol=1e-4
    )


def test_one_set_of_bits_for_any_threads_and_any_fusing():
    z = anp.asarray(numbers(100_003, "complex128", 4))
    seen = set()
    for threads in (1, 2):
        with ab.threads(threads):
            whole = anp.exp(z) * anp.sqrt(z) + anp.abs(z)
            seen.add(np.asarray(whole).tobytes())
            steps = [anp.exp(z), anp.sqrt(z), anp.abs(z)]
            for step in steps:
                step.block_until_ready()
            seen.add(np.asarray(steps[0] * steps[1] + steps[2]).tobytes())
            seen.add(np.concatenate([np.asarray(whole[:7]), np.asarray(whole[7:])]).tobytes())
    assert len(seen) == 1


def test_no_elements_and_few():
    for dtype in DTYPES:
        none = anp.asarray(np.zeros(0, dtype))
        assert complex(none.sum()) == 0
        assert np.asarray(anp.exp(none)).shape == (0,)
        one = anp.asarray(np.array(-4, dtype))
        assert complex(anp.sqrt(one)) == 2j
        assert complex(anp.exp(one * 0)) == 1
        assert anp.exp(one).dtype == np.dtype(dtype)
