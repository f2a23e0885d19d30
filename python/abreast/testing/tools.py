"""What cases are written with."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import abreast as ab
from abreast.backends.contract import Level

__all__ = ["caught", "fresh_main", "here", "in_main", "nap", "renamed", "scratch", "spin"]

_numbers = itertools.count()


def caught(function: Callable[..., Any], *args: Any, **kwargs: Any) -> BaseException | str:
    """Return what a call raises, as a value to compare; a text if it returns."""
    try:
        value = function(*args, **kwargs)
    except BaseException as error:
        return error
    return f"nothing was raised; the value is {value!r}"


def here() -> Level:
    """Return the level on which tasks of the case run."""
    return ab.plan().levels[0]


def fresh_main(source: str) -> dict[str, Any]:
    """Run code in a namespace that calls itself ``__main__`` and that no import can find."""
    namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    exec(source, namespace)
    return namespace


def in_main(source: str) -> types.ModuleType:
    """Run code in the real ``__main__``, as a notebook or a prompt does."""
    main = sys.modules["__main__"]
    exec(source, vars(main))
    return main


def renamed(function: Any) -> Any:
    """Give a function a name that no other has: some things are said once for each name."""
    name = f"{function.__name__}_{next(_numbers)}"
    function.__qualname__ = function.__name__ = name
    function.__code__ = function.__code__.replace(co_name=name)
    return function


@contextlib.contextmanager
def scratch() -> Iterator[str]:
    """Make a folder for tasks to write to, and remove it whoever still writes.

    A call that failed does not wait for its other tasks. One of them may make a file just when
    the folder is emptied, which `tempfile.TemporaryDirectory` takes for a fault.
    """
    folder = tempfile.mkdtemp(prefix="abreast-case-")
    try:
        yield folder
    finally:
        for _ in range(100):
            shutil.rmtree(folder, ignore_errors=True)
            if not Path(folder).exists():
                break
            time.sleep(0.01)  # a task was quicker
        else:
            shutil.rmtree(folder)  # says what is in the way


def nap(seconds: float) -> float:
    """Sleep in steps, as Python code that can be interrupted between any two of them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.005)
    return seconds


def spin(seconds: float) -> float:
    """Compute for a while."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return seconds
