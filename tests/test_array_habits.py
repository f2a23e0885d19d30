"""What programs for NumPy write: each line gives NumPy's value here, as an array of abreast."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp
from abreast.numpy import Array

DATA = np.arange(12.0).reshape(3, 4) + 1
LINES = [
    line.strip()
    for line in """
    xp.flip(x,0)
    xp.sum(x,0)
    xp.sum(x,0,'float32')
    xp.prod(x,1)
    xp.mean(x,0)
    xp.mean(x,0,'float32')
    xp.std(x,0)
    xp.var(x,0)
    xp.var(x,0,None,None,1)
    xp.std(x,0,ddof=1)
    xp.min(x,0)
    xp.amax(x,0)
    xp.any(x,0)
    xp.all(x,0)
    xp.argmax(x,0)
    xp.argmin(x,1)
    xp.count_nonzero(x,0)
    xp.roll(x,1,0)
    xp.concatenate([x,x],0)
    xp.concatenate((x,x),1)
    xp.concat([x,x],1)
    xp.stack([x,x],0)
    xp.stack([x,x],-1)
    xp.expand_dims(x,0)
    xp.squeeze(x,None)
    xp.take(x,[0,1],1)
    xp.sort(x,0)
    xp.unique(x,True)
    xp.cumsum(x,0)
    xp.cumprod(x,0)
    xp.cumulative_sum(v)
    xp.moveaxis(x,0,1)
    xp.swapaxes(x,0,1)
    xp.repeat(x,2,0)
    xp.tile(x,2)
    xp.diff(x,1,0)
    xp.reshape(x,(4,3),'F')
    xp.reshape(x,(4,3),order='F')
    xp.ravel(x,'F')
    xp.ravel(x,order='F')
    xp.zeros(3,int)
    xp.zeros((2,3),'float32')
    xp.zeros((2,3),order='F')
    xp.ones(3,int)
    xp.empty(0,int)
    xp.full(3,1,float)
    xp.full(3,1,'float32')
    xp.full(shape=3,fill_value=1)
    xp.zeros(shape=3)
    xp.zeros_like(x,int)
    xp.ones_like(x,int)
    xp.full_like(x,1,int)
    xp.eye(3,4,1)
    xp.eye(3,k=1)
    xp.eye(3,dtype=int)
    xp.eye(3,None,0,int)
    xp.arange(0,10,2,int)
    xp.arange(start=1,stop=5)
    xp.arange(stop=5)
    xp.arange(start=1,stop=5,step=2)
    xp.arange(3,dtype='float32')
    xp.linspace(0,1,5,True)
    xp.linspace(0,1,5,False)
    xp.linspace(0,1,5,False,True)[1]
    xp.linspace(start=0,stop=1,num=3)
    xp.logspace(0,1,5)
    xp.geomspace(1,10,4)
    xp.array([1,2],'float32')
    xp.array([[1,2]],ndmin=3)
    xp.array(x,order='F')
    xp.asarray([1,2],'float32')
    xp.asarray([1,2],float)
    xp.clip(x,2,5)
    xp.clip(x,a_min=2,a_max=5)
    xp.clip(x,2,None)
    xp.where(x>3,x,0)
    xp.where(x>3)
    xp.round(x,1)
    xp.round(x,decimals=1)
    xp.around(x,1)
    xp.transpose(x,(1,0))
    xp.transpose(x,axes=(1,0))
    xp.broadcast_to(x,(2,3,4))
    xp.meshgrid(v,v,indexing='ij')
    xp.argsort(x,0)
    xp.nansum(x,0)
    xp.nanmean(x,0)
    xp.median(x,0)
    xp.percentile(x,50,0)
    xp.quantile(x,0.5,0)
    xp.average(x,0)
    xp.ptp(x,0)
    xp.trapezoid(v)
    xp.cross(v[:3],v[:3])
    xp.dot(x,v)
    xp.inner(v,v)
    xp.outer(v,v)
    xp.vdot(v,v)
    xp.tensordot(x,x,2)
    xp.tensordot(x,x,axes=([0],[0]))
    xp.einsum('ij,ij->i',x,x)
    xp.kron(v,v)
    xp.trace(x)
    xp.diagonal(x)
    xp.linalg.norm(x)
    xp.linalg.norm(x,2,None)
    xp.linalg.solve(sq,v[:3])
    xp.linalg.inv(sq)
    xp.linalg.lstsq(x,v[:3],None)[0]
    xp.linalg.matrix_power(sq,2)
    xp.linalg.multi_dot([sq,sq])
    xp.fft.fft(v)
    xp.fft.rfft(v)
    xp.fft.fftshift(v)
    xp.fft.fftfreq(4,0.5)
    xp.add.reduce(x)
    xp.add.reduce(x,1)
    xp.add.reduce(x,axis=1)
    xp.add.reduce(x,axis=None)
    xp.add.accumulate(v)
    xp.add.accumulate(x,1)
    xp.multiply.accumulate(v)
    xp.add.outer(v,v)
    xp.subtract.outer(v,v)
    xp.multiply.outer(v,v)
    xp.add.reduceat(v,[0,2])
    xp.logical_and.reduce(x>1)
    xp.add.identity
    xp.add.nin
    xp.add.nargs
    xp.add.nout
    xp.exp.__name__
    xp.r_[0:3]
    xp.c_[dv,dv]
    xp.s_[0:3]
    xp.mgrid[0:3]
    xp.ogrid[0:3]
    xp.index_exp[0]
    xp.float_power(v,2)
    xp.isclose(v,v)
    xp.allclose(v,v)
    xp.array_equal(v,v)
    xp.shape(v)
    xp.ndim(v)
    xp.size(x,0)
    xp.copy(v)
    xp.iinfo('int8').max
    xp.dtype('int8')
    xp.issubdtype(int,xp.integer)
    xp.can_cast('int8','int16')
    xp.result_type(x,1)
    xp.array_repr(v)
    xp.array_str(v)
    xp.array2string(v)
    xp.number
    xp.floating
    xp.integer
    xp.int_
    xp.intp
    xp.double
    xp.single
    xp.half
    xp.byte
    xp.uint
    xp.longlong
    xp.nan_to_num(v)
    xp.select([x>1],[x])
    xp.piecewise(v,[v>1],[1,0])
    xp.apply_along_axis(np.sum,0,x)
    xp.interp(2.5,v,v)
    xp.histogram(x,3)
    xp.digitize(v,[1,2])
    xp.searchsorted(v,2.5)
    xp.bincount(xp.asarray([1,2]))
    xp.cov(x)
    xp.corrcoef(x)
    xp.polyfit(v,v,1)
    xp.polyval([1,2],v)
    xp.gradient(v)
    xp.convolve(v,v)
    xp.correlate(v,v)
    xp.pad(v,1)
    xp.tril(x,-1)
    xp.triu(x,1)
    xp.diag(v)
    xp.vstack([v,v])
    xp.hstack([v,v])
    xp.split(v,2)
    xp.array_split(v,3)
    xp.delete(v,0)
    xp.insert(v,0,1.)
    xp.append(v,1.)
    xp.rot90(x)
    xp.iterable(v)
    xp.isscalar(3)
    xp.unravel_index(3,(2,3))
    xp.angle(v)
    xp.real(v)
    xp.conj(v)
    xp.exp(v,dtype='float32')
    xp.add(v,1,dtype='float32')
    xp.permute_dims(x,(1,0))
    xp.astype(x,int)
    xp.isin(v,[1.])
    xp.take_along_axis(x,xp.asarray([[0],[0],[0]]),1)
    xp.fmax.reduce(v)
    xp.sum(x,0,keepdims=True)
    xp.sum(x,where=x>2)
    xp.identity(3)
    xp.tri(3)
    xp.vander(v)
    xp.fromiter(range(3),float)
    xp.fromfunction(lambda i,j:i+j,(2,2))
    xp.lexsort((v,v))
    xp.partition(v,1)
    xp.ix_([0],[1])
    xp.block([[x],[x]])
    xp.flatnonzero(v)
    xp.nonzero(v)
    xp.argwhere(v)
    xp.atleast_2d(v)
    xp.ediff1d(v)
    xp.divmod(v,2)
    xp.modf(v)
    xp.unwrap(v)
    xp.i0(v)
    xp.sinc(v)
    xp.heaviside(v,0.5)
    xp.degrees(v)
    xp.deg2rad(v)
    xp.gcd(xp.asarray([4]),6)
    xp.copysign(v,-1)
    """.strip().splitlines()
]


def answer(xp: Any, line: str) -> Any:
    wrap = (lambda x: x) if xp is np else anp.asarray
    names = {"xp": xp, "np": np, "x": wrap(DATA), "v": wrap(DATA[0]), "sq": wrap(np.eye(3) + 1)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(line, names | {"d": DATA, "dv": DATA[0]})


@pytest.mark.parametrize("line", LINES)
def test_lines_of_numpy(line: str) -> None:
    expected, found = answer(np, line), answer(anp, line)
    many = isinstance(expected, (tuple, list))
    assert not many or len(found) == len(expected)
    for theirs, mine in zip(*((expected, found) if many else ([expected], [found])), strict=True):
        if not isinstance(theirs, (np.ndarray, np.generic)):
            assert type(mine) is type(theirs) or callable(theirs) or isinstance(mine, Array)
            continue
        if isinstance(theirs, np.ndarray):
            assert isinstance(mine, Array)
        seen = np.asarray(mine)
        assert (seen.dtype, seen.shape) == (theirs.dtype, theirs.shape)
        digits = 1e-6 if seen.dtype == "float32" else 1e-12
        np.testing.assert_allclose(seen, theirs, rtol=digits, atol=digits)


def x() -> Array:
    return anp.asarray([1.5, 2.0, 3.0])


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: anp.vectorize, AttributeError, "abreast.vectorize(f)"),
    (lambda: anp.random, AttributeError, "abreast.random.default_rng(seed)"),
    (lambda: anp.load, AttributeError, "anp.asarray(numpy.load(...))"),
    (lambda: anp.save, AttributeError, "numpy.save takes arrays"),
    (lambda: anp.meen, AttributeError, "did you mean anp.mean?"),
    (lambda: anp.trapz, AttributeError, "anp.trapezoid"),
    (lambda: anp.in1d, AttributeError, "anp.isin"),
    (lambda: anp.ndarray, AttributeError, "anp.Array"),
    (lambda: anp.polynomial, AttributeError, "numpy.polynomial is NumPy's"),
    (lambda: anp.str_, AttributeError, "arrays of abreast hold numbers"),
    (lambda: anp.quux, AttributeError, "dir(anp) lists"),
    (lambda: anp.copyto, AttributeError, "x.at[...].set(value)"),
    (lambda: anp.linalg.slove, AttributeError, "did you mean anp.linalg.solve?"),
    (lambda: anp.linalg.expm, AttributeError, "scipy.linalg takes arrays"),
    (lambda: anp.fft.ffft, AttributeError, "anp.fft.fft"),
    (lambda: x().exp, AttributeError, "anp.exp(x)"),
    (lambda: x().maen, AttributeError, "did you mean x.mean?"),
    (lambda: x().at[0].sub(1), AttributeError, "x.at[...].subtract(value)"),
    (lambda: x().at[0].quux(1), AttributeError, "set, add, subtract, multiply, divide, power"),
    (lambda: anp.add.at(x(), 0, 1), TypeError, "x.at[index].add(value)"),
    (lambda: anp.power.at(x(), 0, 1), TypeError, "x.at[index].power(value)"),
    (lambda: np.subtract.at(x(), 0, 1), TypeError, "x.at[index].add(value) and the like"),
    (lambda: anp.exp.reduce(x()), ValueError, "only functions of two operands"),
    (lambda: anp.exp.outer(x(), x()), ValueError, "only functions of two operands"),
    (lambda: x().__setitem__(x() > 2, 0), TypeError, "anp.where(condition, 0, x)"),
    (lambda: x().__setitem__(0, x()[0] + 1), TypeError, "for += it is x = x.at[0].add(...)"),
    (lambda: anp.zeros(2, order="X"), ValueError, "full: order='X'"),
    (lambda: anp.arange(), TypeError, "arange: no number is given"),
    (lambda: anp.reshape(x(), 3, "X"), ValueError, "reshape: order='X'"),
    (lambda: ab.random.normal, AttributeError, "then rng.normal(...)"),
    (lambda: ab.random.randn, AttributeError, "then rng.standard_normal(...)"),
    (lambda: ab.random.seed, AttributeError, "rng = abreast.random.default_rng(seed)"),
    (lambda: ab.random.defualt_rng, AttributeError, "did you mean abreast.random.default_rng?"),
    (lambda: ab.delay, AttributeError, "did you mean abreast.delayed?"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_there_is_instead(number: int) -> None:
    call, kind, words = REFUSED[number]
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert "\nhint: " in message and words in message, message


def test_private_names_are_just_not_there() -> None:
    for module in (anp, anp.linalg, anp.fft, ab, ab.random):
        with pytest.raises(AttributeError) as caught:
            module.__quux__  # noqa: B018
        assert "hint" not in str(caught.value)
    assert not hasattr(anp, "__path") and not hasattr(x().at[0], "__array__")


def test_round() -> None:
    assert round(x().mean(), 2) == 2.17
    assert isinstance(round(x().mean(), 2), Array)
    assert type(round(x().mean())) is int and round(x().mean()) == 2
    assert type(round(anp.asarray(7))) is int
    assert round(x()).tolist() == [2.0, 2.0, 3.0]
    assert round(x(), -1).tolist() == [0.0, 0.0, 0.0]


def test_what_is_no_number_equals_no_element() -> None:
    for other in (None, "a"):
        assert (x() == other).tolist() == [False] * 3
        assert (x() != other).tolist() == [True] * 3
        assert isinstance(x() == other, Array)
    assert (anp.asarray(1) != None).item() is True  # noqa: E711
    assert None not in x()


def test_elements_in_a_row() -> None:
    m = anp.asarray(DATA)
    assert m.flat[5] == DATA.flat[5] and m.flat[2:4].tolist() == DATA.flat[2:4].tolist()
    assert [float(value) for value in m.flat] == list(DATA.flat) == np.asarray(m.flat).tolist()
    rest = m.flat
    assert (next(rest), next(rest), len(rest)) == (1.0, 2.0, 12)
    with pytest.raises(TypeError, match=r"hint: x = x\.ravel\(\)\.at"):
        m.flat[0] = 1
    assert math.trunc(m[0, 1] + 0.5) == 2


def test_explain_says_that_nothing_is_to_do() -> None:
    assert "nothing runs: the elements lie in memory" in x().explain()
    assert "nothing runs" not in (x() + 1).explain()


KEYS: list[Any] = [0, slice(1, None), [0, 0, 2], np.array([1, 1]), np.array([True, False, True])]
CHANGES: dict[str, np.ufunc] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.true_divide,
    "power": np.power,
    "min": np.minimum,
    "max": np.maximum,
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_changes_are_those_of_ufuncs(change: str) -> None:
    for source in (np.array([1.5, 2.0, 3.0]), np.array([1.5, 2.0, 3.0], "float32")):
        for key in KEYS:
            expected = source.copy()
            CHANGES[change].at(expected, key, source.dtype.type(2.5))
            found = getattr(anp.asarray(source).at[key], change)(2.5)
            assert found.dtype == source.dtype
            np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6)
    mask = anp.asarray([1.5, 2.0, 3.0]) > 1.7
    found = getattr(x().at[mask], change)(2)
    expected = np.array([1.5, 2.0, 3.0])
    expected[1:] = CHANGES[change](expected[1:], 2)
    assert found.tolist() == pytest.approx(expected.tolist())


def test_masks_wait_and_fuse() -> None:
    y = (x() * 2).at[x() > 1.7].set(0)
    assert not y.is_ready
    assert y.tolist() == [3.0, 0.0, 0.0]
    assert x().at[x() > 1.7].set([7.0, 8.0]).tolist() == [1.5, 7.0, 8.0]
    small = anp.zeros(2, "uint8")
    with pytest.raises(OverflowError, match="300 out of bounds for uint8"):
        small.at[small == 0].set(300)
    assert small.at[0].subtract(1).tolist() == [255, 0]
    whole = anp.asarray([5, 6])
    assert whole.at[0].divide(2).tolist() == [2, 6]
    assert whole.at[whole > 5].set(2.7).tolist() == whole.at[1].set(2.7).tolist() == [5, 2]
