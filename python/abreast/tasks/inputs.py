"""Futures among arguments: found anywhere inside lists, tuples and dicts, and replaced.

Exact lists and dicts (their values), tuples and named tuples are looked into, however deep they
lie inside each other; everything else is taken as it is. A container that holds a future is copied,
one that does not is passed on. There is no recursion, so depth has no limit.

A delayed value there is refused: nobody has begun to compute it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from itertools import chain
from typing import Any

from abreast.pickling import unpack
from abreast.tasks.delayed import Delayed

__all__ = [
    "PLAIN",
    "Slot",
    "assemble",
    "failure",
    "find",
    "find_in_call",
    "hold",
    "is_plain",
    "may_hold",
    "replace",
    "replace_in_call",
]

PLAIN = frozenset((int, float, str, bytes, bool, type(None), complex))
"""What neither holds a future nor can change."""

_FUTURE, _LIST, _DICT, _TUPLE, _NAMED = range(1, 6)
_PROMISES = (Future, Delayed)
_SOUGHT = (*_PROMISES, tuple)
_EXACT: dict[type, int] = {list: _LIST, dict: _DICT, tuple: _TUPLE}


def may_hold(values: Iterable[Any]) -> bool:
    """Whether a closer look is needed: for arguments without containers this costs next to nothing.

    Examples
    --------
    >>> may_hold((1, "two", 3.0)), may_hold(([],))
    (False, True)
    """
    for value in values:
        kind = type(value)
        if kind not in PLAIN and (kind in _EXACT or issubclass(kind, _SOUGHT)):
            return True
    return False


def _role(kind: type) -> int:
    """Say what values of a type are to the search; zero for what it does not look into."""
    if kind in PLAIN:
        return 0
    if issubclass(kind, _PROMISES):
        return _FUTURE
    if issubclass(kind, tuple) and hasattr(kind, "_fields") and hasattr(kind, "_make"):
        return _NAMED
    return _EXACT.get(kind, 0)


def _values(container: Any) -> Iterable[Any]:
    return container.values() if type(container) is dict else container


def _inside(container: Any, wanted: int) -> Iterator[tuple[int, Any]]:
    """Yield what in a container is a future or a container: role and value, in order."""
    # Most containers hold nothing of the kind; which types there are is found out at C speed.
    roles = {kind: _role(kind) for kind in set(map(type, _values(container)))}
    if any(roles.values()):
        # A copy, for another thread may be changing it.
        for value in list(_values(container)):
            role = roles.get(type(value), 0)
            if role > wanted:
                yield role, value


def hold(values: Sequence[Any]) -> bool:
    """Whether there is a future anywhere in the values; for many of them, which seldom hold any.

    Examples
    --------
    >>> hold([1, (2, {"k": [3]})])
    False
    """
    containers: list[Any] = [values]
    seen = set()
    while containers:
        # At C speed, whatever stands in them.
        kinds = set(map(type, chain.from_iterable(map(_values, containers))))
        roles = {kind: role for kind in kinds if (role := _role(kind))}
        if _FUTURE in roles.values():
            return True
        if not roles:
            return False
        below = []
        for container in containers:
            for value in list(_values(container)):
                if type(value) in roles and id(value) not in seen:
                    seen.add(id(value))
                    below.append(value)
        containers = below
    return False


def failure(futures: Iterable[Future[Any]]) -> BaseException | None:
    """Return what the first future that has no value raises; all of them are over.

    Examples
    --------
    >>> from concurrent.futures import Future
    >>> one, other = Future(), Future()
    >>> one.set_result(1)
    >>> other.cancel()
    True
    >>> failure([one]), failure([one, other])
    (None, CancelledError())
    """
    for each in futures:
        if each.cancelled():
            return CancelledError()
        error = each.exception()
        if error is not None:
            return error
    return None


def find(root: Any, caller: str = "submit") -> list[Future[Any]]:
    """Return the futures inside `root`, each once, in the order in which they stand.

    Raises
    ------
    TypeError
        If there is a delayed value, which `caller` does not compute.

    Examples
    --------
    >>> from concurrent.futures import Future
    >>> a, b = Future(), Future()
    >>> find((1, [b, {"k": (a, b)}])) == [b, a]
    True
    """
    if _role(type(root)) == _FUTURE:
        return [_begun(root, caller)]
    if not _role(type(root)):
        return []
    found: dict[Future[Any], None] = {}
    seen = {id(root)}
    stack = [_inside(root, 0)]
    while stack:
        for role, value in stack[-1]:
            if role == _FUTURE:
                found[_begun(value, caller)] = None
            elif id(value) not in seen:
                seen.add(id(value))
                stack.append(_inside(value, 0))
                break
        else:
            stack.pop()
    return list(found)


def _begun(promise: Any, caller: str) -> Any:
    """Return a future; refuse a delayed value."""
    if type(promise) is Delayed:
        raise TypeError(
            f"{caller}: {promise!r} is not computed, and {caller} does not compute it\n"
            "hint: abreast.compute(value) first; or have the call wait as well, with "
            "abreast.delayed(function)(value) and one abreast.compute for all"
        )
    return promise


def replace(root: Any, value_of: Callable[[Any], Any], kind: type = Future) -> Any:
    """Return `root` with every value of type `kind` inside replaced by ``value_of(it)``.

    Examples
    --------
    >>> from concurrent.futures import Future
    >>> a, other = Future(), [1]
    >>> copy = replace({"k": [a, other]}, lambda future: 5)
    >>> copy, copy["k"][1] is other
    ({'k': [5, [1]]}, True)
    """
    if isinstance(root, kind):
        return value_of(root)
    changed = _changed(root, kind)
    # Lists and dicts may contain themselves: they are there before what stands in them.
    copies: dict[int, Any] = {}
    for key, container in changed.items():
        if type(container) in (list, dict):
            copies[key] = type(container)()

    def copied(value: Any) -> Any:
        if isinstance(value, kind):
            return value_of(value)
        return copies.get(id(value), value)

    for container in changed.values():
        if id(container) not in copies:
            _copy_tuples(container, changed, copies, copied)
    for key, container in changed.items():
        if type(container) is list:
            copies[key].extend(map(copied, container))
        elif type(container) is dict:
            copies[key].update((name, copied(value)) for name, value in container.items())
    return copies.get(id(root), root)


def _changed(root: Any, kind: type) -> dict[int, Any]:
    """Return the containers inside `root` that hold a value of type `kind`, however deep."""
    containers = {id(root): root} if _role(type(root)) > _FUTURE else {}
    around: dict[int, list[int]] = {}
    holders: list[int] = []
    pending = list(containers.values())
    while pending:
        container = pending.pop()
        if any(issubclass(each, kind) for each in set(map(type, _values(container)))):
            holders.append(id(container))
        for _, value in _inside(container, _FUTURE):
            around.setdefault(id(value), []).append(id(container))
            if id(value) not in containers:
                containers[id(value)] = value
                pending.append(value)
    changed: dict[int, Any] = {}
    while holders:
        key = holders.pop()
        if key not in changed:
            changed[key] = containers[key]
            holders.extend(around.get(key, ()))
    return changed


def _copy_tuples(
    first: Any, changed: dict[int, Any], copies: dict[int, Any], copied: Callable[[Any], Any]
) -> None:
    """Copy a tuple, and before it the tuples in it: no circle goes through tuples alone."""
    stack = [first]
    while stack:
        current = stack[-1]
        missing = [value for value in current if id(value) in changed and id(value) not in copies]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        kind: Any = type(current)
        make = tuple if kind is tuple else kind._make
        copies[id(current)] = make(map(copied, current))


def find_in_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Future[Any]]:
    """Return the futures among arguments, as `find`; quickly where there are no containers."""
    if _is_flat(args) and _is_flat(kwargs.values()):
        values = chain(args, kwargs.values())
        found = (_begun(each, "submit") for each in values if isinstance(each, _PROMISES))
        return list(dict.fromkeys(found))
    # Containers seldom hold any, and then finding that out is all there is to do.
    return find((args, kwargs)) if hold([*args, *kwargs.values()]) else []


def replace_in_call(
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    value_of: Callable[[Any], Any],
    kind: type = Future,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments with values of type `kind` replaced, as `replace` does.

    Examples
    --------
    >>> replace_in_call((1, Slot(0)), {"k": [Slot(1)]}, lambda slot: "ab"[slot.number], Slot)
    ((1, 'a'), {'k': ['b']})
    """
    if not (_is_flat(args) and _is_flat(kwargs.values())):
        both: tuple[tuple[Any, ...], dict[str, Any]] = replace((args, kwargs), value_of, kind)
        return both
    return (
        tuple([value_of(each) if isinstance(each, kind) else each for each in args]),
        {name: value_of(each) if isinstance(each, kind) else each for name, each in kwargs.items()},
    )


def _is_flat(values: Iterable[Any]) -> bool:
    for value in values:
        kind = type(value)
        if kind in _EXACT or issubclass(kind, tuple):
            return False
    return True


def is_plain(root: Any, kind: type) -> bool:
    """Whether nothing inside `root` can change but the containers that `replace` copies anyway.

    Examples
    --------
    >>> is_plain([1, [Slot(0), "two"]], Slot), is_plain([[1], Slot(0)], Slot)
    (True, False)
    """
    if type(root) is tuple and _is_flat(root):
        return all(type(value) in PLAIN or isinstance(value, kind) for value in root)
    changed = _changed(root, kind)
    return all(
        type(value) in PLAIN or isinstance(value, kind) or id(value) in changed
        for container in changed.values()
        for value in _values(container)
    )


class Slot:
    """Stands for a value that is not there yet, also in the pickle of what surrounds it."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> Any:
        return _take, (self.number,)


_here = threading.local()


def _take(number: int) -> Any:
    """Take the place of a slot where the pickle is read."""
    return _here.values[number]


def assemble(data: Any, values: Sequence[Any]) -> Any:
    """Call a function that was pickled with its arguments, slots among them, when it was submitted.

    It runs in the worker, so that what was pickled at the call is read once and where it is used.
    """
    before = getattr(_here, "values", None)
    _here.values = values
    try:
        function, args, kwargs = unpack(data)
    finally:
        _here.values = before
    return function(*args, **kwargs)
