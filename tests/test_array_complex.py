"""Functions and reductions of complex arrays: the values of NumPy, special ones too."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp
from abreast.numpy import fallback
from abreast.numpy.fallback import NUMPY_NAMES

DTYPES = ("complex64", "complex128")
ENDS = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 2.5, -700.0, 88.5, 709.5, 720.0]
ENDS += [1e-310, 1e-40, 3e-160, 3e38, 1.2e308, -1e308]


def numbers(n, dtype, seed=0):
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(2, n)) * 10.0 ** rng.integers(-3, 2, (2, n))
    return (parts[0] + 1j * parts[1]).astype(dtype)


def specials(dtype):
    """Every pair of ends, as numbers of a type."""
    with np.errstate(all="ignore"):
        return np.array([complex(x, y) for x, y in itertools.product(ENDS, ENDS)]).astype(dtype)


CIRCULAR = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
INVERSE = ("asin", "acos", "atan", "asinh", "acosh", "atanh")
# How many units of the last place each part may be off.
UNITS = {
    **dict.fromkeys(["exp", "sqrt", "abs", "log", "log2", "log10", "log1p", "exp2"], 3),
    **dict.fromkeys(INVERSE, 4),
    **dict.fromkeys(CIRCULAR, 3),
    **dict.fromkeys(["tan", "tanh"], 6),
}


# NumPy's own have constants of 53 bits.
LN_2, LN_10 = (np.log(np.longdouble(base)) for base in (2, 10))
EXACT = {
    "log2": lambda w: np.log(w) / LN_2,
    "log10": lambda w: np.log(w) / LN_10,
    "exp2": lambda w: np.exp(w * LN_2),
}


def numpys(name):
    return getattr(np, NUMPY_NAMES.get(name, name))


def open_signs(name, z):
    """Which signs C99 leaves open: those of what an infinite or unknown angle gives."""
    if name == "exp":
        return (z.real == -np.inf) & ~np.isfinite(z.imag)
    if name == "exp2":
        return ~np.isfinite(z.imag)
    if name in ("atan", "atanh", "acosh"):
        return np.isnan(z)
    if name not in CIRCULAR:
        return np.zeros(len(z), bool)
    angle = z.real if name in ("sin", "cos", "tan") else z.imag
    return ~np.isfinite(angle) | (np.isnan(z) if name in ("cos", "cosh") else False)


def assert_same_values(name, found, expected, signed, dtype):
    assert found.dtype == expected.dtype
    tiny = 1e-300 if dtype == "complex128" else 1e-36
    for part in ("real", "imag"):
        ours, theirs = getattr(found, part), getattr(expected, part)
        np.testing.assert_allclose(abs(ours), abs(theirs), rtol=1e-5, atol=tiny, err_msg=name)
        assert np.array_equal(np.sign(ours[signed]), np.sign(theirs[signed]), equal_nan=True)
        zeros = (theirs == 0) & (ours == 0) & signed
        assert np.array_equal(np.signbit(ours[zeros]), np.signbit(theirs[zeros]))


@pytest.mark.parametrize(
    "name", [name for name in [*UNITS, "reciprocal", "sign"] if name not in ("log1p", "exp2")]
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values(name, dtype):
    z = specials(dtype)
    if name == "sign":
        # NumPy's size of the largest numbers is infinite, that of the smallest is rounded.
        z = z[~((abs(z.real) > 1e38) & np.isfinite(z)) & ~((abs(z) < 1e-37) & (z != 0))]
    with np.errstate(all="ignore"):
        expected = numpys(name)(z)
    found = np.asarray(getattr(anp, name)(anp.asarray(z)))
    assert_same_values(name, found, expected, ~open_signs(name, z), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values_that_numpy_rounds_away(dtype):
    z = specials(dtype)
    # NumPy's angle for 2**z is rounded before its sine is taken, and log(1 + z) loses small parts.
    even = z[(abs(z.imag) < 3) | ~np.isfinite(z)]
    far = z[~np.isfinite(z) | (abs(z) >= 1) & (abs(z) < 1e30)]
    for name, given in (("exp2", even), ("log1p", far)):
        with np.errstate(all="ignore"):
            expected = numpys(name)(given)
        found = np.asarray(getattr(anp, name)(anp.asarray(given)))
        # A number very near -1 or 1 is no special value.
        expected.real[given == -1] = -np.inf if name == "log1p" else expected.real[given == -1]
        assert_same_values(name, found, expected, ~open_signs(name, given), dtype)
    small = np.array([1e-30 + 1e-30j, -1e-20j, 0, -3e-25 + 2e-10j]).astype(dtype)
    np.testing.assert_allclose(anp.log1p(small), small - small * small / 2, rtol=1e-6)


def test_expm1_where_the_exponential_is_too_large():
    z = np.array([720 + 1j, 709.9 + 0.5j, -800 + 3j])
    with np.errstate(over="ignore"):
        expected = np.exp(z)
    expected[2] = -1
    np.testing.assert_allclose(anp.expm1(anp.asarray(z)), expected, rtol=1e-14)


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_part_is_right_to_a_few_units_of_its_last_place(name, dtype):
    z = numbers(20_000, dtype)
    z[:2000] /= abs(z[:2000])  # where the logarithm of the size nearly vanishes
    exact = EXACT.get(name, numpys(name))(z.astype(np.clongdouble))
    found = np.asarray(getattr(anp, name)(anp.asarray(z)))
    # A part that nearly vanishes is right to twice the precision beside 1.
    slack = np.finfo(dtype).eps ** 2 if name.startswith("log") else 0
    if name in ("log1p", "exp2"):
        slack = 50 * np.finfo(np.clongdouble).eps * np.maximum(1, abs(exact))
    for part in ("real", "imag"):
        wanted = getattr(exact, part)
        apart = abs(getattr(found, part) - wanted)
        unit = np.spacing(abs(wanted).astype(z.real.dtype))
        enough = np.maximum(UNITS[name] * unit, slack)
        assert np.all((apart <= enough) | (found == exact.astype(dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_expm1_is_right_to_three_units_of_the_larger_of_its_terms(dtype):
    z = numbers(20_000, dtype) / 3
    w = z.astype(np.clongdouble)
    less, half = np.expm1(w.real), np.sin(w.imag / 2)
    exact = less * np.cos(w.imag) - 2 * half**2, np.exp(w.real) * np.sin(w.imag)
    found = np.asarray(anp.expm1(anp.asarray(z)))
    terms = np.maximum(abs(less * np.cos(w.imag)), 2 * half**2)
    for ours, wanted, beside in ((found.real, exact[0], terms), (found.imag, exact[1], 0)):
        unit = np.spacing(np.maximum(abs(wanted), beside).astype(z.real.dtype))
        assert np.all(abs(ours - wanted) <= 3 * unit)


def test_powers():
    z = numbers(3000, "complex128", 5)
    w = numbers(3000, "complex128", 6)
    x, exponents = anp.asarray(z), anp.asarray(w)
    with np.errstate(all="ignore"):
        exact = z.astype(np.clongdouble) ** w.astype(np.clongdouble)
        far = np.spacing(abs(exact).astype(float)) * (1 + abs(w * np.log(z)))
        usual = (abs(exact) < 1e300) & (abs(exact) > 1e-300)
    assert np.all((abs(np.asarray(x**exponents) - exact) <= 3 * far)[usual])
    single = z.astype("complex64"), w.astype("complex64")
    with np.errstate(all="ignore"):
        exact = single[0].astype(np.clongdouble) ** single[1].astype(np.clongdouble)
        usual = (abs(exact) < 1e30) & (abs(exact) > 1e-30)
        unit = np.spacing(abs(exact).astype("float32"))
    found = np.asarray(anp.asarray(single[0]) ** anp.asarray(single[1]))
    assert found.dtype == "complex64"
    assert np.all((abs(found - exact) <= unit)[usual])
    for exponent in (0, 1, 2, 3, 7, 25, -1, -2, -9, 2.0, -3.0, 0.5, 1.5, 2 - 1j, 150, np.int64(3)):
        for base in (z / abs(z), (z[:40] / abs(z[:40])).astype("complex64")):
            found = np.asarray(anp.asarray(base) ** exponent)
            expected = base**exponent
            assert found.dtype == expected.dtype
            loss = 1e-13 if base.dtype == "complex128" else 1e-4
            np.testing.assert_allclose(found, expected, rtol=loss)
            np.testing.assert_allclose(
                np.asarray(anp.pow(base, anp.full(base.shape, exponent))),
                expected.astype(np.result_type(base, np.asarray(exponent))),
                rtol=loss,
            )
    # Exact, whatever says the exponent.
    assert ((1 + 2j) ** anp.asarray([1, 2, 3])).tolist() == [1 + 2j, -3 + 4j, -11 - 2j]
    assert (anp.asarray([1 + 2j]) ** 4).tolist() == [-7 - 24j]
    found = anp.asarray([0j]) ** anp.asarray([0, 2, 2.5, 1 + 2j, 1 - 2j])
    assert found.tolist() == [1, 0, 0, 0, 0]
    assert np.isnan(np.asarray(anp.asarray([0j]) ** anp.asarray([-1.0, 1j]))).all()
    assert (2.0 ** anp.asarray([1j, 2 + 0j])).tolist()[1] == 4
    with pytest.raises(ValueError, match=r"pow.*\(2,\).*\(3,\)"):
        anp.ones(2, dtype=complex) ** anp.ones(3, dtype=complex)


@pytest.mark.parametrize("dtype", DTYPES)
def test_products(dtype):
    loss = 1e-3 if dtype == "complex64" else 1e-11
    z = numbers(9001 * 3, dtype, 8)
    z /= abs(z)
    for shape in ((27003,), (9001, 3), (3, 9001), (1, 27003), (3, 9001, 1)):
        given = z.reshape(shape)
        for axis in (None, *range(len(shape)), tuple(range(len(shape)))):
            for view in (given, given[..., ::-1], given.T):
                found = np.asarray(anp.prod(anp.asarray(view), axis=axis))
                expected = np.prod(view.astype("complex128"), axis=axis).astype(dtype)
                np.testing.assert_allclose(found, expected, rtol=loss)
                assert found.dtype == dtype
    assert anp.asarray(z).prod().tolist() == anp.asarray(z).prod().tolist()
    product, total, last = anp.asarray(z).prod(), anp.asarray(z).sum(), anp.asarray(z.real).prod()
    ab.compute(product, total, last)
    np.testing.assert_allclose(complex(product), np.prod(z.astype("complex128")), rtol=loss)
    np.testing.assert_allclose(complex(total), np.sum(z), rtol=loss, atol=loss)
    assert complex(anp.zeros(0, dtype=dtype).prod()) == 1
    assert anp.zeros((0, 2), dtype=dtype).prod(axis=0).tolist() == [1, 1]
    seen = set()
    for threads in (1, 2):
        with ab.threads(threads):
            seen.add(np.asarray(anp.asarray(z).prod()).tobytes())
    ours = np.asarray(anp.cumulative_prod(anp.asarray(z)))
    np.testing.assert_allclose(ours, np.cumprod(z), rtol=loss)
    assert len(seen) == 1


def test_nothing_of_it_runs_through_numpy(monkeypatch):
    monkeypatch.setattr(fallback, "by_numpy", None)
    z = anp.asarray(numbers(100, "complex64"))
    for name in (*UNITS, "expm1", "sign", "reciprocal"):
        getattr(anp, name)(z).block_until_ready()
    for exponent in (2, -3, 0.5, 1j, z):
        (z**exponent).block_until_ready()
    z.prod().block_until_ready()
    anp.cumulative_prod(z).block_until_ready()


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
