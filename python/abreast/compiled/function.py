"""A compiled function as users hold it."""

from __future__ import annotations

import contextlib
import functools
import inspect
from types import FunctionType
from typing import Any

from abreast import _abreast
from abreast.compiled.lines import written
from abreast.errors import LanguageError

__all__ = ["JitFunction"]


class JitFunction(_abreast.JitCall):
    """A function that is compiled for the types of arguments that it meets; made by `jit`.

    Attributes
    ----------
    signatures : list of str
        The types that it was compiled for so far.
    plain : function
        The function as Python runs it.

    Examples
    --------
    >>> import abreast as ab
    >>> twice = ab.jit(lambda x: x + x)
    >>> twice(2), twice(0.5)
    (4, 1.0)
    >>> twice.signatures
    ['int', 'float']
    """

    __qualname__: str

    def __new__(
        cls,
        function: FunctionType,
        boundscheck: bool = True,
        domain: bool = True,
        races: bool = False,
    ) -> JitFunction:
        """Make it for a function; nothing is compiled yet."""
        code = function.__code__
        if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
            raise LanguageError(
                f"jit of {function.__qualname__}: a variable number of arguments\n"
                "hint: name the parameters, or pass a tuple"
            )
        count = code.co_argcount + code.co_kwonlyargcount
        names = list(code.co_varnames[:count])
        given = function.__defaults__ or ()
        optional = names[code.co_argcount - len(given) : code.co_argcount]
        defaults = dict(zip(optional, given, strict=True))
        defaults |= function.__kwdefaults__ or {}
        made: JitFunction = super().__new__(
            cls, function.__qualname__, names, defaults, boundscheck, domain, races
        )
        functools.update_wrapper(made, function)
        with contextlib.suppress(LanguageError):  # told when it is called
            written(function)
        made._settings = {"boundscheck": boundscheck, "domain": domain, "races": races}
        made._defaults = defaults
        made._found = None
        made._classes = {}
        return made

    _decorating = True
    """Whether the name that it will have may stand for something else yet."""

    _settings: dict[str, Any]
    _defaults: dict[str, Any]
    _found: tuple[Any, list[Any]] | None
    _classes: dict[str, type[BaseException]]

    def __init__(self, *_given: Any, **_settings: Any) -> None:
        pass

    @property
    def plain(self) -> Any:
        """The function as Python runs it."""
        return self.__dict__["__wrapped__"]

    @property
    def signatures(self) -> list[str]:
        """The types that it was compiled for so far."""
        return self._signatures()

    def inspect(self, what: str = "ir", place: int = -1) -> str:
        """Return what was made of the function.

        Parameters
        ----------
        what : str
            ``"ir"``: the loop language; ``"improved"``: the same after what the compiler did with
            loops and checks; ``"llvm"``: LLVM's; ``"asm"``: the machine's.
        place : int
            Which of `signatures`; the latest one by default.

        Returns
        -------
        str
            The text.

        Raises
        ------
        ValueError
            There is no such text, or the function was not called yet.

        Examples
        --------
        >>> import abreast as ab
        >>> twice = ab.jit(lambda x: x + x)
        >>> twice(2.0)
        4.0
        >>> "add" in twice.inspect("ir")
        True
        """
        if what not in ("ir", "improved", "llvm", "asm"):
            raise ValueError(f"inspect({what!r}): there are 'ir', 'improved', 'llvm' and 'asm'")
        return self._shown(what, self._place("inspect", place))

    def report(self, place: int = -1) -> str:
        """Return what was made of the function, loop by loop, with the lines of the source.

        Parameters
        ----------
        place : int
            Which of `signatures`; the latest one by default.

        Returns
        -------
        str
            For each loop whether it runs on all cores, in lanes of vectors or one turn after the
            other and then why; which checks are left inside, and which loops have two versions.

        Raises
        ------
        ValueError
            The function was not called yet.

        Examples
        --------
        >>> import abreast as ab
        >>> @ab.jit
        ... def gauss(n):
        ...     s = 0
        ...     for i in range(n):
        ...         s += i
        ...     return s
        >>> gauss(10)
        45
        >>> "it carries a value from turn to turn" in gauss.report()
        True
        """
        from abreast.compiled.reported import reported

        place = self._place("report", place)
        return reported(self.plain, self.signatures[place], self._told(place))

    def _place(self, caller: str, place: int) -> int:
        count = len(self.signatures)
        if not -count <= place < count:
            raise ValueError(
                f"{caller} of {self.__qualname__}: {count} signatures were compiled, "
                f"so there is no {place}\n"
                "hint: call the function first, or compile(...) it for arguments like those"
            )
        return place % count

    def _source(self) -> tuple[Any, list[Any]]:
        """Return the source with its names, and the arrays of the closure."""
        if self._found is None:
            from abreast.compiled.names import resolved

            self._found = resolved(self)
        return self._found

    def _raised(
        self, kind: str, first: str, second: str | None, file: str, function: str, line: int
    ) -> BaseException:
        """Return the exception that a check stands for, with the line of the source."""
        from abreast.compiled.exceptions import raised

        return raised(self._classes, kind, first, second, file, function, line)

    def __reduce__(self) -> Any:
        from abreast.compiled.pickled import reduced

        return reduced(self)

    def __repr__(self) -> str:
        return f"<jit {self.__qualname__}>"

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        raise TypeError(
            f"{self.__qualname__} is a method that takes {type(instance).__name__} objects\n"
            "hint: compiled functions take numbers and arrays: make it a staticmethod"
        )
