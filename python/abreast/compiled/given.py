"""Given signatures: ``jit("float64(float64[:], int64)")``."""

from __future__ import annotations

import re
from types import FunctionType
from typing import Any

from abreast.compiled.function import JitFunction

__all__ = ["SignedFunction"]

_PART = re.compile(r"\s*(\w+)\s*(\[[\s:,1]*\])?\s*(,|$)")


class SignedFunction(JitFunction):
    """A compiled function for arguments of given types, which are converted to them.

    Attributes
    ----------
    signature : str
        As it was given.
    """

    signature: str
    _types: list[tuple[str, int]]
    _returns: str | None

    def __new__(  # type: ignore[misc]
        cls, function: FunctionType, signature: str, **settings: Any
    ) -> JitFunction:
        """Make and compile it."""
        made: Any = super().__new__(cls, function, **settings)
        made.signature = signature
        made._settings["signature"] = signature
        made._returns, made._types = _read(signature)
        if len(made._types) != len(made._parameters):
            raise TypeError(
                f"jit({signature!r}): {len(made._types)} types for "
                f"{len(made._parameters)} parameters of {function.__qualname__}"
            )
        import numpy as np

        from abreast.compiled.names import undefined

        if undefined(made):
            made._found = None  # once more at the first call, when all names are there
            made._decorating = False
            return made  # type: ignore[no-any-return]
        made.compile(
            *(
                np.zeros((1,) * rank, name) if rank else np.dtype(name).type(0)
                for name, rank in made._types
            )
        )
        made._decorating = False
        return made  # type: ignore[no-any-return]

    def __init__(self, *_given: Any, **_settings: Any) -> None:
        pass

    def __call__(self, *given: Any) -> Any:
        """Convert the arguments, and call it."""
        import numpy as np

        if len(given) != len(self._types):
            raise TypeError(
                f"{self.__qualname__}: {len(given)} arguments for the signature {self.signature}"
            )
        values = []
        for x, (name, rank) in zip(given, self._types, strict=True):
            if rank:
                if not isinstance(x, np.ndarray) or x.dtype != name or x.ndim != rank:
                    what = (
                        f"{x.dtype}, {x.ndim} axes"
                        if isinstance(x, np.ndarray)
                        else type(x).__name__
                    )
                    raise TypeError(
                        f"{self.__qualname__}: given {what}; the signature is {self.signature}\n"
                        f"hint: numpy.asarray(x, {name!r}) makes such an array"
                    )
                values.append(x)
            else:
                values.append(np.dtype(name).type(x))
        found = super().__call__(*values)
        return found if self._returns is None else np.dtype(self._returns).type(found)


def _read(signature: str) -> tuple[str | None, list[tuple[str, int]]]:
    import numpy as np

    def refused() -> TypeError:
        return TypeError(
            f"jit({signature!r}): this is not a signature\n"
            'hint: write "int32(int32, float64[:, :])": the result, then types; [:] for each axis'
        )

    match = re.fullmatch(r"\s*(\w*)\s*\((.*)\)\s*", signature)
    if match is None:
        raise refused()
    returns, inside = match[1] or None, match[2].strip()
    types = []
    at = 0
    while at < len(inside):
        part = _PART.match(inside, at)
        if part is None:
            raise refused()
        types.append(
            (part[1], part[2].count(":") // (2 if "::" in part[2] else 1) if part[2] else 0)
        )
        if part[2] and "::" in part[2]:
            types[-1] = (part[1], part[2].count(",") + 1)
        at = part.end()
    returns = None if returns in ("void", "none") else returns
    for name in [*(name for name, _ in types), *([returns] if returns else [])]:
        try:
            np.dtype(name)
        except TypeError:
            raise refused() from None
    return returns, types
