"""What a given signature says: ``"float64(float64[:], UniTuple(int64, 2))"``."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Array", "Generator", "Nothing", "Number", "Several", "read"]

_TOKEN = re.compile(r"\s*(?:(\w+)|([()\[\],:]))")
_GENERATORS = ("PCG64", "PCG64DXSM", "SFC64")


class Number:
    """A number of a type."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def sample(self) -> Any:
        """Return a value of the type."""
        return self.dtype.type(0)

    def taken(self, value: Any) -> Any:
        """Return a value as one of the type; `TypeError` where it is none."""
        return self.dtype.type(value)

    def __repr__(self) -> str:
        return str(self.dtype)


class Array:
    """An array of elements of a type, with so many axes."""

    def __init__(self, dtype: Any, rank: int) -> None:
        self.dtype = dtype
        self.rank = rank

    def sample(self) -> Any:
        """Return a value of the type."""
        import numpy as np

        return np.zeros((1,) * self.rank, self.dtype)

    def taken(self, value: Any) -> Any:
        """Return a value as one of the type; `TypeError` where it is none."""
        import numpy as np

        if isinstance(value, np.ndarray) and value.dtype == self.dtype and value.ndim == self.rank:
            return value
        what = (
            f"{value.dtype}, {value.ndim} axes"
            if isinstance(value, np.ndarray)
            else type(value).__name__
        )
        hint = f"numpy.asarray(x, {str(self.dtype)!r}) makes such an array"
        raise TypeError(f"given {what}", hint)

    def __repr__(self) -> str:
        return f"{self.dtype}[{', '.join(':' * self.rank)}]"


class Several:
    """A tuple of values of types, or a named one."""

    def __init__(self, items: list[Any], kind: Any = None) -> None:
        self.items = items
        self.kind = kind

    def _made(self, items: list[Any]) -> Any:
        return tuple(items) if self.kind is None else self.kind(*items)

    def sample(self) -> Any:
        """Return a value of the type."""
        return self._made([it.sample() for it in self.items])

    def taken(self, value: Any) -> Any:
        """Return a value as one of the type; `TypeError` where it is none."""
        given = isinstance(value, tuple) and len(value) == len(self.items)
        if not given or (self.kind is not None and type(value) is not self.kind):
            name = "a tuple" if self.kind is None else f"a {self.kind.__name__}"
            raise TypeError(
                f"given {type(value).__name__}", f"give {name} of {len(self.items)} values"
            )
        return self._made([it.taken(x) for it, x in zip(self.items, value, strict=True)])

    def __repr__(self) -> str:
        return f"({', '.join(map(repr, self.items))})"


class Generator:
    """A random generator of NumPy's, or a list of them."""

    def __init__(self, bits: str, many: bool = False) -> None:
        self.bits = bits
        self.many = many

    def sample(self) -> Any:
        """Return a value of the type."""
        import numpy as np

        made = np.random.Generator(getattr(np.random, self.bits)(0))
        return [made] if self.many else made

    def taken(self, value: Any) -> Any:
        """Return the value: the call looks at it."""
        return value

    def __repr__(self) -> str:
        return f"[Generator({self.bits})]" if self.many else f"Generator({self.bits})"


class Nothing:
    """``None``."""

    def sample(self) -> None:
        """Return a value of the type."""

    def taken(self, value: Any) -> None:
        """Return a value as one of the type; `TypeError` where it is none."""
        if value is not None:
            raise TypeError(f"given {type(value).__name__}", "give None")

    def __repr__(self) -> str:
        return "none"


class _Wrong(Exception):
    """The text is no signature."""


def read(signature: str, names: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Read a signature.

    Parameters
    ----------
    signature : str
        Such as ``"int32(int32, float64[:, :])"``.
    names : dict
        What names mean that are no types of NumPy's: classes of named tuples.

    Returns
    -------
    tuple
        The type of the result, None if it is not said, and those of the parameters.

    Raises
    ------
    TypeError
        It is not a signature.

    Examples
    --------
    >>> read("float64(float64[:], UniTuple(int64, 2))", {})
    (float64, [float64[:], (int64, int64)])
    """
    try:
        reader = _Reader(signature, names)
        returns = None
        if reader.next != "(" or reader.closes_early():
            returns = reader.type()
        types = reader.several(")")
        if reader.next is not None:
            raise _Wrong
    except _Wrong as error:
        why = f": {error}" if str(error) else ""
        raise TypeError(
            f"jit({signature!r}): this is not a signature{why}\n"
            'hint: write "int32(int32, float64[:, :])": the result, then types; [:] for each axis, '
            "(int64, float64) or UniTuple(float64, 3) for tuples, Generator for a random generator"
        ) from None
    return returns, types


class _Reader:
    def __init__(self, text: str, names: dict[str, Any]) -> None:
        self.names = names
        self.tokens: list[str] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise _Wrong
            self.tokens.append(found[1] or found[2])
            at = found.end()
        self.at = 0

    @property
    def next(self) -> str | None:
        """The token that comes."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *allowed: str) -> str:
        """Take the token that comes."""
        token = self.next
        if token is None or (allowed and token not in allowed):
            raise _Wrong
        self.at += 1
        return token

    def closes_early(self) -> bool:
        """Whether something follows the parenthesis that opens here."""
        depth = 0
        for at, token in enumerate(self.tokens):
            depth += (token in "([") - (token in ")]")
            if depth == 0:
                return at + 1 < len(self.tokens)
        return False

    def several(self, end: str) -> list[Any]:
        """Types in parentheses."""
        self.take("(" if end == ")" else "[")
        found = []
        while self.next != end:
            found.append(self.type())
            if self.next != end:
                self.take(",")
        self.take(end)
        return found

    def type(self) -> Any:
        """One type."""
        if self.next == "(":
            return Several(self.several(")"))
        if self.next == "[":
            items = self.several("]")
            if len(items) == 1 and isinstance(items[0], Generator):
                return Generator(items[0].bits, many=True)
            raise _Wrong("lists are of random generators")
        name = self.take()
        if not name.isidentifier():
            raise _Wrong
        if name in ("void", "none", "None"):
            return Nothing()
        if name == "Generator":
            return self.generator()
        if name == "UniTuple":
            return self.uniform()
        if name == "Tuple":
            items = self.several(")")
            one = len(items) == 1 and isinstance(items[0], Several)
            return items[0] if one else Several(items)
        return self.named(name)

    def generator(self) -> Generator:
        """Read what follows the word."""
        bits = "PCG64"
        if self.next == "(":
            self.take("(")
            bits = self.take(*_GENERATORS)
            self.take(")")
        return Generator(bits)

    def uniform(self) -> Several:
        """Read a tuple of things of one type."""
        self.take("(")
        item = self.type()
        self.take(",")
        count = self.take()
        self.take(")")
        if not count.isdigit():
            raise _Wrong
        return Several([item] * int(count))

    def named(self, name: str) -> Any:
        """Read what begins with a name: a number, an array, a named tuple."""
        import numpy as np

        kind = self.names.get(name)
        if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return Several([self.field(kind, it) for it in kind._fields], kind)
        try:
            dtype = np.dtype(name)
        except TypeError:
            raise _Wrong(f"{name} is no type") from None
        if self.next != "[":
            return Number(dtype)
        self.take("[")
        axes = [""]
        while self.next != "]":
            token = self.take(":", ",", "1")
            if token == ",":
                axes.append("")
            else:
                axes[-1] += token
        self.take("]")
        if not all(it in (":", "::1") for it in axes):
            raise _Wrong("write : for each axis")
        return Array(dtype, len(axes))

    def field(self, kind: Any, field: str) -> Any:
        """Return the type of a field of a class of named tuples."""
        import typing

        import numpy as np

        try:
            hint = typing.get_type_hints(kind)[field]
            return Number(np.dtype(hint))
        except (KeyError, NameError, TypeError):
            why = f"{kind.__name__}.{field} does not say that it is a number"
            raise _Wrong(why) from None
