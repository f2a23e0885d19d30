"""What all methods of a generator share: parameters, sizes, outputs, and NumPy for the rest.

A call is drawn in Rust when its arguments are plain: numbers, arrays of numbers, sizes that fit.
In any other case NumPy's own method draws from the same state. So unusual arguments mean what they
mean in NumPy, and wrong ones raise NumPy's errors.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from abreast._abreast import Bits
from abreast.random.bit_generators import BitGenerator

__all__ = ["Drawing", "LARGE", "threads_for"]

LARGE = 1 << 17
"""Values from which on a result is worth the start of threads."""

_DOUBLE = np.dtype(np.float64)
_FLOAT = np.dtype(np.float32)
_LONG = np.dtype(np.int64)


class _Unusual(Exception):
    """Arguments that are NumPy's to judge."""


# Types of parameters that are plain numbers, by what the parameters are.
_SINGLE = {
    kinds: frozenset(itertools.product(*((int,) if it == "w" else (int, float) for it in kinds)))
    for kinds in ("r", "rr", "wr", "www")
}

# Before anything is drawn. NumPy then says what is wrong.
_REFUSED = (_Unusual, ValueError, OverflowError)


def threads_for(count: int) -> int:
    """Return on how many threads so many values are drawn: no more than `abreast.threads` says."""
    if count < LARGE:
        return 1
    from abreast.inner_threads import count as threads

    return max(1, min(threads(), count // LARGE + 1))


class Drawing:
    """A generator, as far as its methods are all alike."""

    _generator: BitGenerator
    _bits: Bits

    def _by_numpy(self, method: str, /, *args: Any, **keywords: Any) -> Any:
        with self._generator._lent() as theirs:
            return getattr(np.random.Generator(theirs), method)(*args, **keywords)

    def _reals(self, name: str, parameters: tuple[Any, ...], size: Any) -> Any:
        """Draw doubles of a distribution whose parameters are doubles."""
        try:
            if size is None:
                for it in parameters:
                    if type(it) is not float and type(it) is not int:
                        break
                else:
                    return self._bits.real(name, parameters)
            numbers, shape = _numbers(parameters, "r" * len(parameters), size)
            if shape is None:
                return self._bits.real(name, tuple(numbers))
            out = np.empty(shape)
            threads = threads_for(out.size) if name == "uniform" else 1
            self._bits.doubles(name, _columns(numbers, out.shape), out.reshape(-1), threads)
            return out
        except _REFUSED:
            return self._by_numpy(name, *parameters, size=size)

    def _whole(self, name: str, parameters: tuple[Any, ...], kinds: str, size: Any) -> Any:
        """Draw counts; `kinds` says which parameters are whole numbers (w) and which real (r)."""
        try:
            if size is None and tuple(map(type, parameters)) in _SINGLE[kinds]:
                return self._bits.count(name, parameters)
            numbers, shape = _numbers(parameters, kinds, size)
            if shape is None:
                return self._bits.count(name, tuple(numbers))
            out = np.empty(shape, np.int64)
            self._bits.counts(name, _columns(numbers, out.shape), out.reshape(-1))
            return out
        except _REFUSED:
            return self._by_numpy(name, *parameters, size=size)

    def _plain(self, name: str, size: Any, dtype: Any, out: Any, **more: Any) -> Any:
        """Draw doubles or floats of a distribution without parameters."""
        method = more.get("method", "zig")
        kind = "inverse_exponential" if method != "zig" else name
        try:
            dtype = _float_type(dtype)
            if method not in ("zig", "inv") or not _fits(out, dtype, size):
                raise _Unusual
        except (_Unusual, TypeError):
            return self._by_numpy(name, size=size, dtype=dtype, out=out, **more)
        if size is None and out is None:
            if dtype is _DOUBLE:
                return self._bits.real(kind, ())
            one = np.empty(1, dtype)
            self._bits.floats(kind, (), one, 1)
            return float(one[0])
        result = np.empty(size, dtype) if out is None else out
        draw = self._bits.doubles if dtype is _DOUBLE else self._bits.floats
        threads = threads_for(result.size) if name == "random" else 1
        draw(kind, (), result.reshape(-1), threads)
        return result

    def _shaped(self, name: str, shape: Any, size: Any, dtype: Any, out: Any) -> Any:
        """Draw doubles or floats of a distribution with one parameter, as `standard_gamma`."""
        if out is None and dtype is np.float64:
            return self._reals(name, (shape,), size)
        try:
            dtype = _float_type(dtype)
            numbers, wanted = _numbers((shape,), "r", size)
            if not _fits(out, dtype, size) or (wanted is None and out is None):
                raise _Unusual
            result = np.empty(wanted, dtype) if out is None else out
            (number,) = numbers
            if isinstance(number, np.ndarray):
                if np.broadcast_shapes(number.shape, result.shape) != result.shape:
                    raise _Unusual
                # NumPy makes floats of the shapes before it looks at them.
                number = number.astype(dtype).astype(_DOUBLE)
            draw = self._bits.doubles if dtype is _DOUBLE else self._bits.floats
            draw(name, _columns([number], result.shape), result.reshape(-1), 1)
            return result
        except (*_REFUSED, TypeError):
            return self._by_numpy(name, shape, size=size, dtype=dtype, out=out)


def _float_type(dtype: Any) -> Any:
    if dtype is np.float64:
        return _DOUBLE
    found = np.dtype(dtype)
    if found == _DOUBLE:
        return _DOUBLE
    if found == _FLOAT:
        return _FLOAT
    raise _Unusual


def _fits(out: Any, dtype: Any, size: Any) -> bool:
    """Whether an output can be filled as it lies in memory."""
    if out is None:
        return True
    if not isinstance(out, np.ndarray) or out.dtype != dtype:
        return False
    flags = out.flags
    if not (flags.c_contiguous and flags.writeable and flags.aligned):
        return False
    return size is None or (size if isinstance(size, tuple) else (size,)) == out.shape


def _numbers(parameters: tuple[Any, ...], kinds: str, size: Any) -> tuple[list[Any], Any]:
    """Return each parameter as a number or an array, and the shape of the result, None for one."""
    numbers: list[Any] = []
    for parameter, kind in zip(parameters, kinds, strict=True):
        if type(parameter) is float or type(parameter) is int:
            if kind == "w" and type(parameter) is float:
                raise _Unusual
            if kind == "w" and not -(1 << 63) <= parameter < 1 << 63:
                raise _Unusual
            numbers.append(parameter)
            continue
        try:
            array = np.asarray(parameter)
        except ValueError:
            raise _Unusual from None
        if array.dtype.kind not in ("bi" if kind == "w" else "bifu") or array.dtype.itemsize > 8:
            raise _Unusual
        if array.ndim == 0:
            numbers.append(int(array) if kind == "w" else float(array))
        else:
            numbers.append(array.astype(_LONG if kind == "w" else _DOUBLE, copy=False))
    shapes = [it.shape for it in numbers if isinstance(it, np.ndarray)]
    if not shapes:
        return numbers, size
    try:
        shape = np.broadcast_shapes(*shapes)
        if size is not None:
            wanted = tuple(size) if isinstance(size, (tuple, list)) else (size,)
            if np.broadcast_shapes(wanted, shape) != wanted:
                raise _Unusual
            shape = wanted
    except (ValueError, TypeError):
        raise _Unusual from None
    return numbers, shape


def _columns(numbers: list[Any], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Return the parameters as Rust takes them: numbers, or arrays with one for each value."""
    return tuple(
        np.ascontiguousarray(np.broadcast_to(it, shape)).reshape(-1)
        if isinstance(it, np.ndarray)
        else it
        for it in numbers
    )
