"""What a value is, as sixteen bytes: the same in every run, on every plan.

Pickles do not serve: they differ with the order of sets, with what is shared inside, with the memo.
Here numbers count by their bits, sets and dicts in the order of their content, arrays by their
bytes, functions by their code and what it uses, objects by what they would be pickled from.
"""

from __future__ import annotations

import copyreg
import marshal
import struct
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from itertools import repeat
from typing import Any

from abreast.checkpoint.names import is_users, of_function, where

__all__ = ["WIDTH", "Content", "Uncountable"]

WIDTH = 16
"""Bytes of a digest."""

_NUMBERS = frozenset({type(None), bool, int, float})

_BY_KIND = ("_thread.lock", "_thread.RLock", "_thread._local", "_contextvars.Context")
"""Types whose objects have no content that could differ between runs."""

_NOT_CONTENT = frozenset(
    {
        *("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__firstlineno__"),
        *("__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
        *(
            "__static_attributes__",
            "__slotnames__",
            "__abstractmethods__",
            "_abc_impl",
            "__parameters__",
        ),
        *("__dataclass_fields__", "__dataclass_params__", "__orig_bases__"),
    }
)
"""What a class says about itself that does not change what its methods do, or says it again."""

_DESCRIPTORS = (
    types.MemberDescriptorType,
    types.GetSetDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.MethodWrapperType,
)


class Uncountable(Exception):
    """A value has no content that could be compared: `args[0]` says what it is."""


def _hash(*parts: bytes) -> bytes:
    return blake2b(b"".join(parts), digest_size=WIDTH).digest()


def _number(data: bytes) -> bytes:
    """Return the digest of a number: itself, if it is short enough, which is quicker."""
    return data.ljust(WIDTH, b"\0") if len(data) <= WIDTH else _hash(data)


class Content:
    """Makes digests; one object for values of one call, so that what they share is seen once.

    Parameters
    ----------
    reach : callable, optional
        Told of each function and class that is found under its name, which then counts by that name
        alone: whoever is told looks at it. Left out, they count by their content.
    """

    def __init__(self, reach: Callable[[Any], None] | None = None) -> None:
        self._reach = reach
        self._open: dict[int, int] = {}
        self._highest = sys.maxsize  # of what is open, that what was just looked at is part of
        self._lasting: dict[int, tuple[Any, bytes]] = {}

    def digest(self, value: Any) -> bytes:
        """Return the digest of a value.

        Raises
        ------
        Uncountable
            For a value without content that could be compared.
        """
        kind = type(value)
        if kind in _NUMBERS:
            return _number(marshal.dumps(value, 2))
        if kind is str:
            return _hash(b"s", value.encode("utf-8", "surrogatepass"))
        if kind is bytes:
            return _hash(b"b", value)
        own = id(value)
        known = self._lasting.get(own)
        if known is not None:
            return known[1]
        if own in self._open:
            # Part of itself: told by how far up it is.
            self._highest = min(self._highest, self._open[own])
            return _hash(b"up", str(len(self._open) - self._open[own]).encode())
        depth = self._open[own] = len(self._open)
        outside, self._highest = self._highest, sys.maxsize
        try:
            found = self._digest(kind, value)
        except RecursionError:
            raise Uncountable("something nested too deep") from None
        finally:
            del self._open[own]
            inside = self._highest
            self._highest = min(outside, inside) if inside < depth else outside
        if inside >= depth and isinstance(value, (type, types.FunctionType)):
            self._lasting[own] = (value, found)
        return found

    def digests(self, items: Sequence[Any]) -> list[bytes]:
        """Return the digest of each item; quick for numbers."""
        if _NUMBERS.issuperset(map(type, items)):
            return list(map(_number, map(marshal.dumps, items, repeat(2))))
        return [self.digest(item) for item in items]

    def _digest(self, kind: type, value: Any) -> bytes:
        if kind is tuple or kind is list:
            if _NUMBERS.issuperset(map(type, value)):
                return _hash(b"n" if kind is tuple else b"N", marshal.dumps(list(value), 2))
            return self._row(b"t" if kind is tuple else b"l", value)
        if kind is dict:
            return self._pairs(b"d", value)
        if kind is set or kind is frozenset:
            tag = b"S" if kind is set else b"f"
            return _hash(tag, *sorted(self.digest(each) for each in value))
        special = _SPECIAL.get(kind)
        if special is not None:
            return special(self, value)
        if isinstance(value, type):
            return self._class(value)
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            if kind is numpy.ndarray or kind is numpy.memmap:
                return self._array(value, numpy)
            if isinstance(value, numpy.generic) and not isinstance(value, numpy.void):
                return _hash(b"g", value.dtype.str.encode(), value.tobytes())
        return self._object(kind, value)

    def _row(self, tag: bytes, values: Iterable[Any]) -> bytes:
        return _hash(tag, *map(self.digest, values))

    def _pairs(self, tag: bytes, mapping: Any) -> bytes:
        pairs = ((self.digest(key), self.digest(each)) for key, each in list(mapping.items()))
        return _hash(tag, *(part for pair in sorted(pairs) for part in pair))

    def _array(self, array: Any, numpy: Any) -> bytes:
        head = f"{array.dtype.descr}{array.dtype.itemsize}{array.shape}".encode()
        if array.dtype.hasobject:
            return _hash(b"o", _hash(head), self.digest(array.ravel().tolist()))
        state = blake2b(b"a" + _hash(head), digest_size=WIDTH)
        flat = numpy.ascontiguousarray(array).reshape(-1)
        state.update(flat.view(numpy.uint8) if array.size and array.itemsize else b"")
        return state.digest()

    def _named(self, tag: bytes, value: Any) -> bytes:
        return _hash(tag, where(value).encode())

    def _class(self, value: type) -> bytes:
        if not is_users(value.__module__):
            if self._reach is not None:
                self._reach(value)
            return self._named(b"C", value)
        if self._reach is not None:
            self._reach(value)
            return self._named(b"K", value)
        parts = [b"k", value.__qualname__.encode(), self._row(b"B", value.__bases__)]
        for name, each in sorted(self.of_class(value)):
            parts += [name.encode(), b"=", self.digest(each)]
        return _hash(*parts)

    def of_class(self, value: type) -> list[tuple[str, Any]]:
        """Return what makes a class, besides its bases, without what Python adds by itself."""
        members = [
            (name, each)
            for name, each in vars(value).items()
            if name not in _NOT_CONTENT and not isinstance(each, _DESCRIPTORS)
        ]
        enum = sys.modules.get("enum")
        if enum is not None and isinstance(value, enum.EnumMeta):
            own = {name for name in vars(value) if name.startswith("_")} | set(value.__members__)
            values = {name: each.value for name, each in value.__members__.items()}
            members = [pair for pair in members if pair[0] not in own]
            members.append(("its members", values))
        return members

    def _function(self, value: types.FunctionType) -> bytes:
        if not is_users(value.__module__):
            if self._reach is not None:
                self._reach(value)
            return self._named(b"F", value)
        if self._reach is not None and _found_by_name(value):
            self._reach(value)
            return self._named(b"U", value)
        parts = [b"u", self.code(value.__code__)]
        for label, each in of_function(value):
            parts += [label.encode(), b"=", self.digest(each)]
        if value.__dict__:
            parts.append(self._pairs(b"d", value.__dict__))
        return _hash(*parts)

    def code(self, code: types.CodeType) -> bytes:
        """Return the digest of what code does: neither its file nor its lines count."""
        shape = (
            code.co_argcount,
            code.co_posonlyargcount,
            code.co_kwonlyargcount,
            code.co_flags,
        )
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        return _hash(
            b"c",
            self.digest(code.co_code),
            self._row(b"t", code.co_consts),
            self.digest(names),
            self.digest(shape),
            self.digest(code.co_exceptiontable),
        )

    def _method(self, value: Any) -> bytes:
        return _hash(b"m", self.digest(value.__self__), self.digest(value.__func__))

    def _builtin(self, value: Any) -> bytes:
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, types.ModuleType):
            if self._reach is not None:
                self._reach(value)
            return self._named(b"F", value)
        return _hash(b"M", value.__name__.encode(), self.digest(owner))

    def _module(self, value: types.ModuleType) -> bytes:
        if self._reach is not None:
            self._reach(value)
        return _hash(b"I", value.__name__.encode())

    def _member(self, value: Any) -> bytes:
        return _hash(
            b"p", self._row(b"t", (getattr(value, name, None) for name in ("fget", "fset", "fdel")))
        )

    def _wrapping(self, value: Any) -> bytes:
        return _hash(b"w", type(value).__name__.encode(), self.digest(value.__func__))

    def _object(self, kind: type, value: Any) -> bytes:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in _BY_KIND:
            return _hash(b"L", name.encode())
        enum = sys.modules.get("enum")
        if enum is not None and isinstance(value, enum.Enum):
            return _hash(b"e", self.digest(kind), value.name.encode(), self.digest(value.value))
        wrapped = getattr(value, "__wrapped__", None)
        if wrapped is None:
            wrapped = getattr(value, "py_func", None)
        if isinstance(wrapped, types.FunctionType) and not is_users(kind.__module__):
            # A library's decorator: what it made is told by what it was made of.
            return _hash(b"W", name.encode(), self.digest(wrapped))
        try:
            reduce = copyreg.dispatch_table.get(kind)
            reduced = reduce(value) if reduce else value.__reduce_ex__(4)
        except RecursionError:
            raise
        except Exception as reason:
            raise Uncountable(f"{_article(name)}, {reason}") from reason
        if isinstance(reduced, str):
            return _hash(b"G", str(getattr(value, "__module__", "")).encode(), reduced.encode())
        if not isinstance(reduced, tuple):
            raise Uncountable(_article(name))
        whole: list[Any] = [*reduced[:5], *[None] * (5 - len(reduced))]
        make, args, state, items, pairs = whole
        parts = [b"O", self.digest(kind), self.digest(make), self.digest(args), self.digest(state)]
        if items is not None:
            parts.append(self._row(b"l", items))
        if pairs is not None:
            parts.append(self._pairs(b"d", dict(pairs)))
        return _hash(*parts)


def _article(name: str) -> str:
    return f"an object of type `{name}`"


def _found_by_name(function: types.FunctionType) -> bool:
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is function


def _float_bits(value: complex) -> bytes:
    return struct.pack("<dd", value.real, value.imag)


_SPECIAL: dict[type, Callable[[Content, Any], bytes]] = {
    complex: lambda _, value: _hash(b"z", _float_bits(value)),
    bytearray: lambda _, value: _hash(b"y", bytes(value)),
    memoryview: lambda _, value: _hash(b"v", value.tobytes()),
    type(...): lambda *_: _hash(b"..."),
    type(NotImplemented): lambda *_: _hash(b"not implemented"),
    slice: lambda it, value: it._row(b"/", (value.start, value.stop, value.step)),
    range: lambda it, value: it._row(b"r", (value.start, value.stop, value.step)),
    types.MappingProxyType: lambda it, value: it._pairs(b"d", value),
    types.CodeType: lambda it, value: it.code(value),
    types.FunctionType: Content._function,
    types.MethodType: Content._method,
    types.BuiltinFunctionType: Content._builtin,
    types.ModuleType: Content._module,
    property: Content._member,
    staticmethod: Content._wrapping,
    classmethod: Content._wrapping,
}


def _descriptor(_: Content, value: Any) -> bytes:
    return _hash(b"D", repr(getattr(value, "__objclass__", "")).encode(), value.__name__.encode())


_SPECIAL |= dict.fromkeys(_DESCRIPTORS, _descriptor)
