"""Tasks on copies, in this process: what `serial` and `threads` do under ``isolate=True``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from abreast.backends.contract import Call
from abreast.failures import describe, garbled, rebuild, unpicklable
from abreast.pickling import dumps, loads

__all__ = ["Isolated", "copy_function", "pack"]


def copy_function(call: Call) -> Call:
    """Return the call with a copy of its function, as a worker would get it."""
    if call.function is None:
        return call
    try:
        function = loads(dumps(call.function))
    except Exception as reason:
        raise unpicklable("function", None, reason) from reason
    return replace(call, function=function)


def pack(item: Any, index: int) -> bytes:
    """Take an item as it is now."""
    try:
        return dumps(item)
    except Exception as reason:
        raise unpicklable("argument", index, reason) from reason


class Isolated:
    """Calls a function with a copy of the packed item and answers a copy of its result."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.__wrapped__: Callable[..., Any] | None = call.function

    def __call__(self, index: int, data: bytes) -> Any:
        """Run task `index`."""
        item = loads(data)
        call = self.call
        try:
            if call.function is None:
                value = item[0](*item[1], **(item[2] or {}))
            elif call.indexed:
                value = call.function(index, item)
            elif call.star:
                value = call.function(*item)
            else:
                value = call.function(item)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # As it would arrive from another process, down to what cannot be sent.
            copy = rebuild(describe(error, index, "task"))
            raise copy.with_traceback(error.__traceback__) from copy.__cause__
        try:
            packed = dumps(value)
        except Exception as reason:
            raise rebuild(describe(reason, index, "result")) from None
        try:
            return loads(packed)
        except Exception as reason:
            raise garbled(index, reason) from reason
