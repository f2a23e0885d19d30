"""Given signatures: ``jit("float64(float64[:], int64)")``."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from abreast.compiled.function import JitFunction
from abreast.compiled.signature import Array, Nothing, Number, Several, read
from abreast.errors import LanguageError

__all__ = ["SignedFunction"]


class SignedFunction(JitFunction):
    """A compiled function for arguments of given types, which are converted to them.

    Attributes
    ----------
    signature : str
        As it was given.
    """

    signature: str
    _types: list[Any]
    _returns: Any

    def __new__(  # type: ignore[misc]
        cls, function: FunctionType, signature: str, **settings: Any
    ) -> JitFunction:
        """Make and compile it."""
        made: Any = super().__new__(cls, function, **settings)
        made.signature = signature
        made._settings["signature"] = signature
        made._returns, made._types = read(signature, _names(function))
        if len(made._types) != len(made._parameters):
            raise TypeError(
                f"jit({signature!r}): {len(made._types)} types for "
                f"{len(made._parameters)} parameters of {function.__qualname__}"
            )
        from abreast.compiled.names import undefined

        if undefined(made):
            made._found = None  # once more at the first call, when all names are there
            made._decorating = False
            return made  # type: ignore[no-any-return]
        made.compile(*(it.sample() for it in made._types))
        made._decorating = False
        return made  # type: ignore[no-any-return]

    def __init__(self, *_given: Any, **_settings: Any) -> None:
        pass

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Convert the arguments, and call it."""
        if named or len(given) != len(self._types):
            given = self._bound(given, named)
        values = []
        for x, kind in zip(given, self._types, strict=True):
            try:
                values.append(kind.taken(x))
            except TypeError as error:
                if len(error.args) != 2:
                    raise
                what, hint = error.args
                raise TypeError(
                    f"{self.__qualname__}: {what}; the signature is {self.signature}\nhint: {hint}"
                ) from None
        found = super().__call__(*values)
        if self._returns is None or isinstance(self._returns, Nothing):
            return found
        return self._returned(self._returns, found)

    def _bound(self, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """Return the arguments in the order of the parameters."""
        parameters = self._parameters
        wrong = TypeError(
            f"{self.__qualname__}: {len(given) + len(named)} arguments for the signature "
            f"{self.signature}"
        )
        if len(given) > len(parameters):
            raise wrong
        values = dict(zip(parameters, given, strict=False))
        for name, value in named.items():
            if name in values or name not in parameters:
                raise TypeError(f"{self.__qualname__}: it cannot be given {name}= here")
            values[name] = value
        values = {**self._defaults, **values}
        if len(values) != len(parameters):
            raise wrong
        return tuple(values[name] for name in parameters)

    def _returned(self, kind: Any, found: Any) -> Any:
        """Return a result as one of the type that the signature says."""
        if isinstance(kind, Array) and getattr(found, "ndim", None) == kind.rank:
            return found if found.dtype == kind.dtype else found.astype(kind.dtype)
        if isinstance(kind, Several) and isinstance(found, tuple):
            if len(found) == len(kind.items):
                items = zip(kind.items, found, strict=True)
                return kind._made([self._returned(it, x) for it, x in items])
        elif isinstance(kind, Number) and getattr(found, "ndim", 0) == 0 and found is not None:
            return kind.taken(found)
        shape = getattr(found, "ndim", None)
        what = type(found).__name__ if not shape else f"{found.dtype}, {shape} axes"
        raise TypeError(
            f"{self.__qualname__}: it returns {what}; the signature is {self.signature}\n"
            'hint: say in the signature what it returns, or leave that away: "(int64, float64[:])"'
        )

    def _again(self) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
        """Types of the parameters and of the result, for calls of itself."""
        types = [_said(kind) for kind in self._types]
        returns = ("none",) if self._returns is None else _said(self._returns)
        for kind, said in zip(self._types, types, strict=True):
            if said is None:
                raise LanguageError(
                    f"jit of {self.__qualname__}: it calls itself, and its signature has {kind!r}\n"
                    "hint: functions that call themselves take numbers, arrays and tuples of these"
                )
        if returns is None or _holds_array(self._returns):
            raise LanguageError(
                f"jit of {self.__qualname__}: it calls itself, and returns {self._returns!r}\n"
                "hint: functions that call themselves return numbers, tuples of these or None: "
                "pass an array that results are stored to"
            )
        return [said for said in types if said is not None], returns


def _holds_array(kind: Any) -> bool:
    return isinstance(kind, Array) or any(map(_holds_array, getattr(kind, "items", ())))


def _said(kind: Any) -> tuple[Any, ...] | None:
    """Return a type in the words of the compiler, if it has some for it."""
    if isinstance(kind, Number):
        return ("number", kind.dtype.name)
    if isinstance(kind, Array):
        return ("array", kind.dtype.name, kind.rank)
    if isinstance(kind, Nothing):
        return ("none",)
    if not isinstance(kind, Several):
        return None
    items = [_said(it) for it in kind.items]
    return None if None in items else ("tuple", items, kind.kind)


def _names(function: FunctionType) -> dict[str, Any]:
    """Return what names around a function stand for."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    inner = {}
    for name, cell in cells:
        try:
            inner[name] = cell.cell_contents
        except ValueError:
            continue
    return {**function.__globals__, **inner}
