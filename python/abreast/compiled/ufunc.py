"""Functions of numbers over whole arrays: `vectorize`."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from types import FunctionType
from typing import Any, overload

from abreast import _abreast
from abreast.compiled.function import JitFunction
from abreast.compiled.loops import prange
from abreast.compiled.subclasses import means_more

__all__ = ["Vectorized", "vectorize"]


@overload
def vectorize(function: Callable[..., Any], /, **others: Any) -> Vectorized: ...
@overload
def vectorize(function: None = None, /, **others: Any) -> Callable[[Any], Vectorized]: ...


def vectorize(function: Any = None, /, **others: Any) -> Any:
    """Compile a function of numbers to one of arrays, element by element, on all cores.

    Parameters
    ----------
    function : callable
        A Python function of numbers that returns a number; it is compiled as by `jit`, but
        functions of `math` give NaN and inf where they would raise, as those of NumPy do.
    **others
        Options of Numba's that ask for what is so anyway, as `jit` takes them.

    Returns
    -------
    Vectorized
        Called with arrays and numbers, which are broadcast; takes ``out=`` and ``where=``.

    Examples
    --------
    >>> import abreast as ab
    >>> import numpy as np
    >>> @ab.vectorize
    ... def larger(x, y):
    ...     return x if x > y else y
    >>> larger(np.array([1, 5, 2]), 3).tolist()
    [3, 5, 3]
    """
    if others:
        from abreast.compiled.options import taken

        taken("vectorize", vectorize, others)
    if function is None:
        return vectorize
    if isinstance(function, list | tuple | str):
        raise TypeError(
            "vectorize: signatures\n"
            "hint: leave them away: the function is compiled for the types that it meets"
        )
    if isinstance(function, Vectorized | JitFunction):
        function = function.plain
    if not isinstance(function, FunctionType):
        raise TypeError(
            f"vectorize({function!r}): vectorize takes a Python function\n"
            "hint: decorate a `def` or pass a lambda"
        )
    return Vectorized(function)


class Vectorized:
    """A function over whole arrays; made by `vectorize`.

    Attributes
    ----------
    plain : function
        The function as Python runs it.

    Examples
    --------
    >>> import abreast as ab
    >>> square = ab.vectorize(lambda x: x * x)
    >>> square([1, 2, 3]).tolist()
    [1, 4, 9]
    """

    def __init__(self, function: FunctionType) -> None:
        self.plain: Any = function
        self.__name__ = function.__name__
        self.__qualname__ = function.__qualname__
        self.__module__ = function.__module__
        self.__doc__ = function.__doc__
        self._one = JitFunction(function, domain=False)
        self._loops: dict[tuple[bool, ...], JitFunction] = {}

    def __call__(self, *given: Any, out: Any = None, where: Any = True) -> Any:
        """Compute the function for each element.

        Parameters
        ----------
        *given : array_like
            An array or a number for each parameter; they are broadcast.
        out : ndarray, optional
            Where the results go; a new array by default.
        where : array_like of bool, optional
            Where to compute; elsewhere `out` stays as it is.

        Returns
        -------
        ndarray or number
            A number if all that is given are numbers.

        Raises
        ------
        TypeError
            As many arguments as parameters are needed, and numbers or arrays.
        ValueError
            The shapes do not go together.

        Examples
        --------
        >>> import abreast as ab
        >>> twice = ab.vectorize(lambda x: 2 * x)
        >>> twice([1.5, 2.0]).tolist()
        [3.0, 4.0]
        """
        import numpy as np

        if len(given) != len(self._one._parameters):
            count = len(self._one._parameters)
            raise TypeError(f"{self.__qualname__}: {len(given)} arrays for {count} parameters")
        values = [
            x if isinstance(x, bool | int | float | complex) else np.asarray(x) for x in given
        ]
        for x in (*given, out):
            kind: Any = type(x)
            if isinstance(x, np.ndarray) and kind is not np.ndarray and means_more(kind):
                raise TypeError(
                    f"{self.__qualname__}: a {kind.__name__} is more than its numbers\n"
                    "hint: numpy.asarray(x) is the numbers alone; x.filled(numpy.nan) of a masked "
                    "array"
                )
        arrays = [x for x in values if isinstance(x, np.ndarray)]
        mask = None if where is True else np.asarray(where, bool)
        shapes = [x.shape for x in arrays] + ([] if mask is None else [mask.shape])
        shape = np.broadcast_shapes(*shapes)
        if out is not None and out.shape != shape:
            shape = np.broadcast_shapes(shape, out.shape)
            if out.shape != shape:
                raise ValueError(
                    f"{self.__qualname__}: out has the shape {out.shape}, the result {shape}\n"
                    "hint: give an array of the result's shape"
                )
        if not arrays and out is None and mask is None:
            return self._one(*values)
        # One element of each says the type of the result; arrays without axes are numbers.
        ones = [x.dtype.type(1) if isinstance(x, np.ndarray) else x for x in values]
        numbers = [x[()] if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in values]
        flat: list[Any] = []
        for x in numbers:
            whole = isinstance(x, np.ndarray)
            full = np.ascontiguousarray(np.broadcast_to(x, shape)) if whole else None
            flat.append(x if full is None else full.reshape(-1))
        dtype = self._one._result(*ones)
        if out is None:
            result = _abreast.jit_empty(shape, np.dtype(dtype))
        elif np.can_cast(dtype, out.dtype, "same_kind"):
            result = out
        else:
            raise TypeError(
                f"{self.__qualname__}: results are {dtype}, out holds {out.dtype}\n"
                "hint: give an array of the result's type"
            )
        target = result if result.flags.c_contiguous else np.ascontiguousarray(result)
        if any(np.may_share_memory(target, x) for x in flat if isinstance(x, np.ndarray)):
            target = target.copy()
        extra = (
            [] if mask is None else [np.ascontiguousarray(np.broadcast_to(mask, shape)).reshape(-1)]
        )
        kinds = (mask is not None, *(isinstance(x, np.ndarray) for x in flat))
        self._loop(kinds)(target.reshape(-1), *extra, *flat)
        if target is not result:
            result[...] = target
        return result[()] if out is None and shape == () else result

    def _loop(self, kinds: tuple[bool, ...]) -> JitFunction:
        """Return the loop over all elements for arrays here and numbers there."""
        if kinds not in self._loops:
            masked, *arrays = kinds
            names = [f"x{place}" for place in range(len(arrays))]
            given = ", ".join(
                f"{name}[i]" if array else name for name, array in zip(names, arrays, strict=True)
            )
            head = ["out", "mask"] if masked else ["out"]
            # The loop has the function's name, so what it uses must be called something else.
            one, turns = f"_{self._label}", f"_turns_of_{self._label}"
            body = f"out[i] = {one}({given})"
            text = (
                f"def {self._label}({', '.join([*head, *names])}):\n"
                f"    for i in {turns}(len(out)):\n"
                f"        {f'if mask[i]: {body}' if masked else body}\n"
            )
            file = f"<loop of {self.__qualname__}: {text}>"
            linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
            scope: dict[str, Any] = {one: self._one, turns: prange}
            exec(compile(text, file, "exec"), scope)
            # Indices are those of the loop, so nothing is to be checked.
            self._loops[kinds] = JitFunction(scope[self._label], boundscheck=False, domain=False)
        return self._loops[kinds]

    @property
    def _label(self) -> str:
        return self.__name__ if self.__name__.isidentifier() else "loop"

    def __reduce__(self) -> Any:
        from abreast.compiled.pickled import is_found_by_name

        if is_found_by_name(self, self):
            return self.__qualname__
        return _again, (self._one,)

    def __repr__(self) -> str:
        return f"<vectorize {self.__qualname__}>"


def _again(function: JitFunction) -> Vectorized:
    return Vectorized(function.plain)
