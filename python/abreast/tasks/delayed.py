"""Calls that wait until somebody computes them."""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any, Generic, NoReturn, TypeVar

from abreast.tasks.prepare import PlanLike, name_of

__all__ = ["Delayed", "DelayedFunction", "SeededFunction", "delayed", "hold", "is_held", "label"]

R = TypeVar("R")


def _unary(function: Callable[..., Any]) -> Callable[[Any], Delayed[Any]]:
    return lambda value: Delayed(function, (value,))


def _binary(function: Callable[..., Any]) -> Callable[[Any, Any], Delayed[Any]]:
    return lambda value, other: Delayed(function, (value, other))


def _reflected(function: Callable[..., Any]) -> Callable[[Any, Any], Delayed[Any]]:
    return lambda value, other: Delayed(function, (other, value))


class Delayed(Generic[R]):
    """The value of a call that was not made yet: what `delayed` functions return.

    Operators, `<` and its like, and indexing give delayed values, too. It has neither a truth, nor
    a length, nor items to go through, nor attributes before it is computed. Two are equal if they
    are one; to compare one with anything else by `==` is an error, for the answer would say nothing
    about its value: write ``ab.delayed(operator.eq)(a, b)``.

    Examples
    --------
    >>> import abreast as ab
    >>> total = ab.delayed(sum)([1, 2, 3])
    >>> (total + 1) * 10
    <Delayed mul>
    >>> ab.compute((total + 1) * 10, plan="threads")
    70
    """

    __slots__ = ("__weakref__", "_args", "_function", "_kwargs", "_output", "_plan")

    _output: str
    """Set where it is stated."""

    def __init__(
        self,
        function: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None = None,
        plan: PlanLike = None,
    ) -> None:
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._plan = plan

    def compute(
        self, *, plan: PlanLike = None, progress: Any = False, output: str | None = None
    ) -> R:
        """Return the value; as `abreast.compute`."""
        from abreast.tasks.compute import compute

        value: R = compute(self, plan=plan, progress=progress, output=output)
        return value

    def __repr__(self) -> str:
        return f"<Delayed {label(self)}>"

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{self!r} stays in the process that made it, and a task cannot wait for it\n"
            "hint: abreast.compute(value) first; or give it to a delayed call as an argument, also "
            "inside a list, tuple or dict, not through a closure, an attribute or a set"
        )

    def __bool__(self) -> NoReturn:
        _refuse(self, "is neither true nor false")

    def __len__(self) -> NoReturn:
        _refuse(self, "has no length")

    def __iter__(self) -> NoReturn:
        _refuse(self, "has no items to go through")

    def __contains__(self, item: object) -> NoReturn:
        _refuse(self, "has no items to look through")

    def __int__(self) -> NoReturn:
        _refuse(self, "is no number")

    __float__ = __complex__ = __int__

    def __eq__(self, other: object) -> bool:
        # Nobody finds out why `total == 3` is never true.
        if not isinstance(other, Delayed):
            _refuse(self, f"neither equals {other!r:.40} nor differs from it")
        return self is other

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name, name=name, obj=self)
        raise AttributeError(
            f"{self!r} has no attribute {name!r} before it is computed\n"
            f"hint: abreast.delayed(lambda value: value.{name})(value), with parentheses after "
            f"{name} if it is a method; or abreast.compute(value).{name}",
            name=name,
            obj=self,
        )

    def __getitem__(self, key: Any) -> Delayed[Any]:
        if type(key) is slice:
            key = _sliced(key)
        elif type(key) is tuple and slice in map(type, key):
            key = tuple([_sliced(each) if type(each) is slice else each for each in key])
        return Delayed(operator.getitem, (self, key))

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        _refuse(self, "cannot be changed")

    __neg__ = _unary(operator.neg)
    __pos__ = _unary(operator.pos)
    __abs__ = _unary(operator.abs)
    __invert__ = _unary(operator.invert)
    __add__, __radd__ = _binary(operator.add), _reflected(operator.add)
    __sub__, __rsub__ = _binary(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _binary(operator.mul), _reflected(operator.mul)
    __truediv__, __rtruediv__ = _binary(operator.truediv), _reflected(operator.truediv)
    __floordiv__, __rfloordiv__ = _binary(operator.floordiv), _reflected(operator.floordiv)
    __mod__, __rmod__ = _binary(operator.mod), _reflected(operator.mod)
    __divmod__, __rdivmod__ = _binary(divmod), _reflected(divmod)
    __pow__, __rpow__ = _binary(operator.pow), _reflected(operator.pow)
    __matmul__, __rmatmul__ = _binary(operator.matmul), _reflected(operator.matmul)
    __lshift__, __rlshift__ = _binary(operator.lshift), _reflected(operator.lshift)
    __rshift__, __rrshift__ = _binary(operator.rshift), _reflected(operator.rshift)
    __lt__, __le__ = _binary(operator.lt), _binary(operator.le)
    __gt__, __ge__ = _binary(operator.gt), _binary(operator.ge)
    __and__, __rand__ = _binary(operator.and_), _reflected(operator.and_)
    __or__, __ror__ = _binary(operator.or_), _reflected(operator.or_)
    __xor__, __rxor__ = _binary(operator.xor), _reflected(operator.xor)

    # NumPy leaves `array + delayed` to us, instead of adding to each element.
    __array_ufunc__ = None


def _sliced(key: slice) -> Any:
    parts = (key.start, key.stop, key.step)
    return Delayed(slice, parts) if any(isinstance(each, Delayed) for each in parts) else key


def _refuse(value: Delayed[Any], what: str) -> NoReturn:
    raise TypeError(
        f"{value!r} {what} before it is computed\n"
        "hint: abreast.compute(value), or put the code that asks into a delayed function"
    )


def hold(value: Any) -> Delayed[Any]:
    """Return a delayed value that is there already: as it is, or as a `Blob`."""
    return Delayed(hold, (value,))


def is_held(value: Delayed[Any]) -> bool:
    """Whether it came from `hold`."""
    return value._function is hold


def label(node: Any) -> str:
    """Return how pictures and messages call a delayed value."""
    if not isinstance(node, Delayed):
        return "future"
    return "value" if is_held(node) else name_of(unseeded(node._function))


def unseeded(function: Any) -> Any:
    """Return the user's function, without the wrapper that seeds it."""
    from abreast.tasks.submit import _Once

    return function.__wrapped__ if type(function) is _Once else function


class DelayedFunction(Generic[R]):
    """A function whose calls wait: what `delayed` returns."""

    __slots__ = ("__dict__", "__weakref__", "__wrapped__", "_output", "_plan")

    def __init__(
        self, function: Callable[..., R], plan: PlanLike = None, output: str | None = None
    ) -> None:
        self.__wrapped__ = function
        self._plan = plan
        self._output = output

    def __call__(self, /, *args: Any, **kwargs: Any) -> Delayed[R]:
        """Say that the function is to be called."""
        value: Delayed[R] = Delayed(self.__wrapped__, args, kwargs or None, self._plan)
        if self._output is not None:
            value._output = self._output
        return value

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"delayed({name_of(self.__wrapped__)})"

    def __getattr__(self, name: str) -> Any:
        # What tells about the function: its name, its documentation, its module.
        if name in ("__name__", "__qualname__", "__annotations__", "__defaults__"):
            return getattr(self.__wrapped__, name)
        raise AttributeError(f"{self!r} has no attribute {name!r}")

    def __reduce__(self) -> Any:
        place = decorated_place(self.__wrapped__)
        if place is not None:
            return find_decorated, place
        return type(self), (self.__wrapped__, self._plan, self._output)


class SeededFunction(DelayedFunction[R]):
    """As `DelayedFunction`; each call draws from the stream of the seed itself."""

    __slots__ = ("_seed", "_seed_global")

    def __init__(
        self,
        function: Callable[..., R],
        plan: PlanLike,
        seed: Any,
        seed_global: bool,
        output: str | None = None,
    ) -> None:
        from abreast.tasks.submit import _Once

        super().__init__(function, plan, output)
        self._seed = seed
        self._seed_global = seed_global
        if seed is not True:
            _Once(function, seed, seed_global)  # refuses what makes no sense, here and now

    def __call__(self, /, *args: Any, **kwargs: Any) -> Delayed[R]:
        """Say that the function is to be called."""
        from abreast.tasks.submit import _Once

        once = _Once(self.__wrapped__, self._seed, self._seed_global)
        value: Delayed[R] = Delayed(once, (args, kwargs), None, self._plan)
        if self._output is not None:
            value._output = self._output
        return value

    def __reduce__(self) -> Any:
        seeds = (self._seed, self._seed_global)
        return type(self), (self.__wrapped__, self._plan, *seeds, self._output)


def decorated_place(function: Any) -> tuple[str, str] | None:
    """Return module and name under which a worker finds a function that `delayed` decorates.

    The name leads to the decorated one, so the function's own pickling by name fails.
    """
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return None
    try:
        found = functools.reduce(getattr, name.split("."), sys.modules[module])
    except (KeyError, AttributeError):
        return None
    if isinstance(found, DelayedFunction) and found.__wrapped__ is function:
        return module, name
    return None


def find_decorated(module: str, name: str) -> Any:
    """Return the decorated function at its place."""
    from importlib import import_module

    return functools.reduce(getattr, name.split("."), import_module(module))


def find_undecorated(module: str, name: str) -> Any:
    """Return the function that is decorated at this place."""
    return find_decorated(module, name).__wrapped__


def delayed(function: Callable[..., R]) -> DelayedFunction[R]:
    """Have calls of `function` wait until `compute`; also as a decorator.

    Delayed values are arguments of further delayed calls, alone or inside lists, tuples and dicts.
    What several calls share is computed once.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
        Called as `function` is, it returns a `Delayed`.

    Examples
    --------
    >>> import abreast as ab
    >>> @ab.delayed
    ... def double(x):
    ...     return 2 * x
    >>> ab.compute(ab.delayed(sum)([double(1), double(2)]), plan="threads")
    6
    """
    if isinstance(function, DelayedFunction):
        return function
    if not callable(function) or isinstance(function, Delayed):
        raise TypeError(
            f"delayed: takes a function, and {function!r} cannot be called\n"
            "hint: delayed(function)(arguments), without parentheses after the function's name"
        )
    return DelayedFunction(function)
