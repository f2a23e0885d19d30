"""NumPy's functions and methods on arrays of abreast: NumPy's values, as arrays of abreast."""

import warnings
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast.numpy import Array

RNG = np.random.default_rng(0)
V = RNG.normal(size=12)
M = RNG.normal(size=(4, 3))
GIVEN = {
    "v": V,
    "m": M,
    "s": M.T @ M + np.eye(3),
    "n": np.where(np.arange(12) % 5 == 0, np.nan, V),
    "i": RNG.integers(0, 9, 12),
    "z": V + 1j * V[::-1],
    "b": V > 0,
    "q": np.sort(V),
}
LINES = [
    line.strip()
    for line in """
    np.percentile(v,[5,95])
    np.percentile(m,50,axis=0)
    np.quantile(v,.3)
    np.median(v)
    np.median(m,axis=1)
    np.histogram(v,5)
    np.histogram(v,bins=q)
    np.histogram2d(v,v)
    np.histogramdd(m)
    np.histogram_bin_edges(v)
    np.interp(.5,q,v)
    np.interp(v,q,v)
    np.corrcoef(v,q)
    np.corrcoef(m)
    np.cov(m)
    np.cov(m,rowvar=False)
    np.polyfit(v,q,2)
    np.polyfit(v,q,1,cov=True)
    np.polyval(v,2.)
    np.poly1d(v)(1.)
    np.linalg.norm(m)
    np.linalg.norm(m,axis=1)
    np.linalg.solve(s,m[0])
    np.linalg.inv(s)
    np.linalg.det(s)
    np.linalg.eigh(s).eigenvalues
    np.linalg.eigvalsh(s)
    np.abs(np.linalg.eigvals(s))
    np.linalg.svd(m,compute_uv=False)
    np.linalg.svd(m)
    np.linalg.qr(m)
    np.linalg.cholesky(s)
    np.linalg.lstsq(m,m[:,0])[0]
    np.linalg.pinv(m)
    np.linalg.matrix_rank(m)
    np.linalg.matrix_power(s,3)
    np.linalg.slogdet(s)
    np.linalg.cond(s)
    np.linalg.multi_dot([m,s,s])
    np.fft.fft(v)
    np.fft.ifft(z)
    np.fft.rfft(v)
    np.fft.irfft(z)
    np.fft.fft2(m)
    np.fft.fftn(m)
    np.fft.fftshift(v)
    np.einsum('ij,jk->ik',m,s)
    np.einsum('ij->',m)
    np.tensordot(m,s,1)
    np.tensordot(m,s,axes=([1],[0]))
    np.meshgrid(v,q)
    np.pad(v,2)
    np.pad(m,1,mode='edge')
    np.searchsorted(q,.1)
    np.searchsorted(q,v)
    np.digitize(v,q)
    np.bincount(i)
    np.bincount(i,weights=v)
    np.gradient(v)
    np.gradient(m)
    np.gradient(v,.5)
    np.trapezoid(v)
    np.trapezoid(v,q)
    np.trapezoid(v,dx=.1)
    np.nansum(n)
    np.nanmean(n)
    np.nanstd(n)
    np.nanvar(n)
    np.nanmin(n)
    np.nanmax(n)
    np.nanmedian(n)
    np.nanpercentile(n,30)
    np.nanquantile(n,.3)
    np.nanargmax(n)
    np.nancumsum(n)
    np.nanprod(n)
    np.nan_to_num(n)
    np.isclose(v,q)
    np.allclose(v,v)
    np.array_equal(v,v)
    np.array_equal(n,n,equal_nan=True)
    np.array_equiv(v,v)
    np.unique(i)
    np.unique(i,return_counts=True)
    np.unique(i,return_inverse=True,return_index=True)
    np.sort(v)
    np.argsort(v)
    np.argsort(v)[::-1]
    np.lexsort((v,i))
    np.partition(v,3)
    np.argpartition(v,3)
    np.diff(v)
    np.diff(v,n=2)
    np.ediff1d(v)
    np.cumsum(v)
    np.cumprod(v)
    np.cumsum(m,axis=0)
    np.convolve(v,q)
    np.convolve(v,q,'same')
    np.correlate(v,q)
    np.dot(m,s)
    np.vdot(z,z)
    np.inner(v,q)
    np.outer(v,q)
    np.cross(m[0],m[1])
    np.kron(s,s)
    np.matmul(m,s)
    np.trace(s)
    np.diag(v)
    np.diag(s)
    np.diagonal(s)
    np.tril(s)
    np.triu(s)
    np.concatenate([v,q])
    np.stack([v,q])
    np.vstack([v,q])
    np.hstack([v,q])
    np.column_stack([v,q])
    np.dstack([v,q])
    np.append(v,1.)
    np.insert(v,1,5.)
    np.delete(v,[1,2])
    np.split(v,3)
    np.array_split(v,5)
    np.tile(v,2)
    np.repeat(v,2)
    np.roll(v,3)
    np.roll(m,1,axis=0)
    np.rot90(m)
    np.flip(m,0)
    np.where(b,v,q)
    np.where(b)
    np.nonzero(b)
    np.argwhere(b)
    np.flatnonzero(b)
    np.select([b],[v],0.)
    np.choose(i%2,[v,q])
    np.piecewise(v,[b],[1.,0.])
    np.take(v,[0,1])
    np.take_along_axis(v,np.argsort(v),0)
    np.compress(b,v)
    np.extract(b,v)
    np.isin(i,[1,2])
    np.intersect1d(i,i)
    np.union1d(i,i)
    np.setdiff1d(i,[1])
    np.average(v,weights=np.abs(q))
    np.ptp(v)
    np.std(v,ddof=1)
    np.var(m,axis=0,ddof=1)
    np.mean(m,axis=0,keepdims=True)
    np.sum(v,where=b)
    np.max(v,initial=9.)
    np.clip(v,-1,1)
    np.round(v,2)
    np.angle(z)
    np.unwrap(v)
    np.real(z)
    np.imag(z)
    np.conj(z)
    np.abs(z)
    np.sinc(v)
    np.i0(v)
    np.heaviside(v,.5)
    np.floor_divide(v,.3)
    np.mod(v,.3)
    np.divmod(v,.3)
    np.modf(v)
    np.frexp(v)
    np.ldexp(v,2)
    np.exp(v)
    np.logaddexp(v,q)
    np.apply_along_axis(np.sum,0,m)
    np.ones_like(v)
    np.zeros_like(m,dtype=int)
    np.full_like(v,2.)
    np.empty_like(v).shape
    np.copy(v)
    np.reshape(v,(3,4))
    np.ravel(m)
    np.transpose(m)
    np.swapaxes(m,0,1)
    np.moveaxis(m,0,1)
    np.squeeze(v[None])
    np.expand_dims(v,0)
    np.atleast_2d(v)
    np.broadcast_to(v,(2,12))
    np.broadcast_arrays(v,m[0,0])
    np.vander(v,3)
    np.any(b)
    np.all(b)
    np.count_nonzero(b)
    np.count_nonzero(b,axis=0)
    np.argmax(v)
    np.size(v)
    np.shape(v)
    np.ndim(v)
    np.iscomplexobj(z)
    np.isreal(z)
    np.isscalar(v)
    np.result_type(v,1)
    np.can_cast(v.dtype,'float32')
    np.array2string(v)
    np.array_repr(q)[:3]
    np.isposinf(v)
    np.trim_zeros(v)
    np.resize(v,(2,3))
    np.block([[m],[m]])
    np.polynomial.polynomial.polyval(2.,v)
    np.polynomial.Polynomial.fit(v,q,2)(.5)
    np.ma.masked_where(b,v).sum()
    np.lib.stride_tricks.sliding_window_view(v,3)
    np.einsum_path('ij,jk->ik',m,s)[0]
    np.linalg.tensorsolve(np.eye(3),v[:3])
    np.float64(v[0])
    np.int64(i[0])
    np.add.reduce(v)
    np.multiply.outer(v,q)
    np.gcd(i,6)
    np.lcm(i,6)
    np.bitwise_and(i,3)
    np.packbits(b)
    np.unravel_index(i[0],(3,4))
    np.ravel_multi_index((i%3,i%4),(3,4))
    np.cbrt(v)
    np.spacing(v)
    np.nextafter(v,q)
    np.min_scalar_type(i)
    v.tolist()
    v[i%5]
    v[b]
    m[i%4,i%3]
    v[::-1]
    m[...,0]
    v.reshape(3,-1)
    v.argsort()
    v.nonzero()
    v.repeat(2)
    v.take([1])
    v.dot(q)
    m.T@m
    v.cumsum()
    v.searchsorted(.1)
    v.astype(int)
    v.astype('f4')
    v.mean(), v.std(ddof=1)
    m.max(axis=1)
    m.sum(0)
    m.mean(0)
    m.argmax(1)
    v.round(1)
    v.clip(0)
    v.clip(-1,1)
    v.item(0)
    v.size, v.shape, v.ndim, v.dtype
    len(m)
    list(v)[0]
    v.view('i8')
    v.byteswap().byteswap()
    v.tobytes()
    m.flatten('F')
    m.reshape(3,4,order='F')
    m.trace()
    m.diagonal()
    m.swapaxes(0,1)
    m.ravel('F')
    v.all(), v.any()
    v.min(), v.prod()
    sum(v)
    v.var(ddof=1)
    v.nbytes
    m.compress([True,False],axis=1)
    v**2, v**.5, 2**i, -v, abs(v), v//.3, v%.3, ~b, b&b, b|b, b^b
    i<<1, i>>1, i&1
    v==v, v<q
    divmod(v,.3)
    v@q
    float(v.sum()), int(i[0]), complex(v[0]), bool(b[0])
    f"{v[0]:.2f}"
    str(v), format(v)
    [row.sum() for row in m]
    np.nan in n
    """.strip().splitlines()
]


@pytest.mark.parametrize("line", LINES)
def test_numpys_value(line: str) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = eval(line, {"np": np, **GIVEN})
        found = eval(line, {"np": np, **{name: anp.asarray(x) for name, x in GIVEN.items()}})
    check(found, expected)


def check(found: Any, expected: Any) -> None:
    """Compare, items of lists and tuples one by one."""
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for mine, theirs in zip(found, expected, strict=True):
            check(mine, theirs)
        return
    if isinstance(expected, np.ndarray):
        assert isinstance(found, Array)
    elif not isinstance(expected, np.generic):
        assert type(found) is type(expected)
    mine, theirs = np.asarray(found), np.asarray(expected)
    assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
    if theirs.dtype.kind in "fc":
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12)
    elif theirs.dtype.kind != "O":
        np.testing.assert_array_equal(mine, theirs)


def test_what_numpy_makes_by_itself_is_numpys() -> None:
    v = anp.asarray(V)
    # These two ask the elements whose they are.
    assert isinstance(anp.roots(v), Array) and isinstance(anp.poly(v), Array)
    np.testing.assert_allclose(np.roots(v), np.roots(V))
    np.testing.assert_allclose(np.poly(v), np.poly(V))
    for made in (np.asarray(v), np.array([v, v]), np.random.default_rng(0).permutation(v)):
        assert type(made) is np.ndarray
    np.testing.assert_allclose(v, V)
    assert not np.asarray(v).flags.writeable


def test_items_at_places() -> None:
    m = anp.asarray(M)
    assert m.item(5) == M.item(5) and m.item(1, 2) == M.item(1, 2) and m.item((1, 2)) == M[1, 2]
    assert type(m.item(-1)) is float
    for place in ((12,), (4, 0), (0, 0, 0), ("a",)):
        with pytest.raises((IndexError, TypeError, ValueError)) as caught:
            m.item(*place)
        assert "hint: a place is one integer" in caught.value.__notes__[0]


def test_complex_expm1_at_its_edges() -> None:
    """The array API's special cases, both signs; NumPy's value at all other places."""
    inf, nan = np.inf, np.nan
    parts = [0.0, 1.0, -1.0, inf, -inf, nan]
    z = np.array([complex(real, imag) for real in parts for imag in parts])
    cases = {
        "(inf, 0.0)": (inf, 0.0),
        "(inf, inf)": (inf, nan),
        "(inf, nan)": (inf, nan),
        "(-inf, inf)": (-1.0, 0.0),
        "(-inf, nan)": (-1.0, 0.0),
        "(nan, 0.0)": (nan, 0.0),
    }
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for dtype in ("complex128", "complex64"):
            found = np.asarray(anp.expm1(anp.asarray(z.astype(dtype))))
            assert found.dtype == dtype
            plain = np.expm1(z.astype(dtype))
            for at, mine, theirs in zip(z, found, plain, strict=True):
                value = cases.get(str((float(at.real), abs(float(at.imag)))))
                real, imag = value or (theirs.real, theirs.imag)
                ours, expected = (mine.real, abs(mine.imag)), (real, abs(imag))
                np.testing.assert_allclose(ours, expected, rtol=3 * np.finfo(dtype).eps)
        lines = anp.asarray([complex(inf, -0.0), complex(nan, -0.0)])
        assert np.signbit(np.asarray(anp.expm1(lines)).imag).all()
