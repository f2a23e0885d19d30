"""Waiting for values that a function returned before they were there."""

from __future__ import annotations

import concurrent.futures
import inspect
import io
from collections.abc import Iterator
from typing import Any

from abreast.tasks.delayed import Delayed

__all__ = ["arrive", "is_late", "refuse_unfinished"]

DEPTH = 4
"""So far down into lists, tuples and dicts; a structure may be a circle."""


def is_late(value: Any, depth: int = DEPTH) -> bool:
    """Whether somewhere in a value there is something to wait for."""
    if isinstance(value, (list, tuple)):
        return depth > 0 and any(is_late(each, depth - 1) for each in value)
    if isinstance(value, dict):
        return depth > 0 and any(is_late(each, depth - 1) for each in value.values())
    return isinstance(value, (concurrent.futures.Future, Delayed)) or _has_method(
        value, "block_until_ready", "__dask_graph__"
    )


def arrive(value: Any) -> Any:
    """Wait for everything in a value, and return it with the futures and delayed values replaced.

    >>> import abreast as ab
    >>> arrive([1, ab.options(plan="serial").submit(abs, -2), ab.delayed(abs)(-3)])
    [1, 2, 3]
    """
    if _has_delayed(value, DEPTH):
        from abreast.tasks.compute import compute

        # All at one go, as a user would: what they share is computed once.
        value = compute(value)
    return _wait(value, DEPTH)


def _wait(value: Any, depth: int) -> Any:
    if depth > 0 and isinstance(value, (list, tuple)):
        parts = [_wait(each, depth - 1) for each in value]
        # Of other classes nobody knows how to make another one.
        return type(value)(parts) if type(value) in (list, tuple) else value
    if depth > 0 and isinstance(value, dict):
        found = {key: _wait(each, depth - 1) for key, each in value.items()}
        return found if type(value) is dict else value
    if isinstance(value, concurrent.futures.Future):
        return _wait(value.result(), depth)
    if isinstance(value, Delayed):
        return _wait(value.compute(), depth)
    if _has_method(value, "block_until_ready"):
        value.block_until_ready()
    elif _has_method(value, "__dask_graph__"):
        return value.compute()
    return value


def _has_delayed(value: Any, depth: int) -> bool:
    if type(value) is dict:
        value = list(value.values())
    if type(value) in (list, tuple):
        return depth > 0 and any(_has_delayed(each, depth - 1) for each in value)
    return isinstance(value, Delayed)


def refuse_unfinished(value: Any) -> None:
    """Refuse what was only begun and can neither be waited for nor timed from here."""
    if isinstance(value, concurrent.futures.Future):
        return
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()  # or Python warns that nobody awaited it
        from asyncio import _get_running_loop

        where = "" if _get_running_loop() is None else "; in a script, for here a loop runs already"
        raise TypeError(
            f"it returned an awaitable ({type(value).__name__}), and nothing here awaits it\n"
            "hint: compare a function that returns the value itself, such as "
            f"lambda n: asyncio.run(f(n)){where}"
        )
    if isinstance(value, Iterator) and not isinstance(value, io.IOBase):
        raise TypeError(
            f"it returned an iterator ({type(value).__name__}), which computes nothing before it "
            "is read\nhint: compare a function that reads it, such as lambda n: list(f(n))"
        )


def _has_method(value: Any, *names: str) -> bool:
    # Of the class: instances of some classes answer to every name.
    return any(callable(getattr(type(value), name, None)) for name in names)
