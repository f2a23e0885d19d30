"""From what a user calls to what a backend runs; the checks that `map`, `imap`, `submit` share."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from abreast.backends.contract import Backend, Call, Level
from abreast.errors import RandomStreamWarning
from abreast.plans import Plan, backend, current, resolve

__all__ = [
    "ON_ERROR",
    "Streams",
    "check_function",
    "check_on_error",
    "check_seed_global",
    "make_call",
    "name_of",
    "note",
    "place",
]

ON_ERROR = ("raise", "finish", "return")
"""What happens when a task raises: stop the rest, finish the rest, or give errors as results."""

PlanLike = str | Plan | Sequence[str] | None


_AFTER = {"submit": "function, argument"}


def check_function(caller: str, function: Any) -> None:
    """Refuse what cannot be called, with what was probably meant."""
    if not callable(function):
        raise TypeError(
            f"{caller}: the first argument is the function, and {function!r} cannot be called\n"
            f"hint: {caller}({_AFTER.get(caller, 'function, items')}), without parentheses after "
            "the function's name"
        )


def check_on_error(caller: str, on_error: str) -> None:
    """Refuse an unknown way to treat errors."""
    if on_error not in ON_ERROR:
        raise ValueError(
            f"{caller}: on_error={on_error!r}: one of {', '.join(map(repr, ON_ERROR))}"
        )


def check_seed_global(caller: str, seed_global: bool, seed: Any, level: Level) -> None:
    """Refuse to seed the global streams without a seed, or where tasks share them."""
    if seed_global and seed is None:
        raise ValueError(
            f"{caller}: seed_global=True needs a seed\nhint: seed=1 beside seed_global=True"
        )
    if seed_global and level.name == "threads" and level.workers > 1:
        raise ValueError(
            f"{caller}: seed_global=True on plan('threads'): threads share the global streams\n"
            "hint: take a parameter `rng` instead, or use plan('processes')"
        )


def place(plan: PlanLike) -> Backend:
    """Return the backend of the given plan, or of the plan in force."""
    return backend(current()[0] if plan is None else resolve(plan)[0])


def make_call(
    function: Callable[..., Any],
    *,
    star: bool,
    seed: Any,
    seed_global: bool,
    heard: bool = False,
) -> Call:
    """Say how the tasks of a call are called."""
    if seed is None:
        return Call(function, star=star, watched=True, heard=heard)
    from abreast.random.path import Seeded

    seeded = Seeded(function, seed, star=star, seed_global=seed_global)
    # A task that seeds the global streams itself may draw from them.
    return Call(seeded, indexed=True, watched=not seed_global, heard=heard)


def name_of(function: Any) -> str:
    """Return how messages call a function."""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name).removeprefix("<locals>.")


def note(error: BaseException, caller: str, function: Any, index: int) -> BaseException:
    """Add to an exception which task raised it."""
    text = f"abreast: raised by task {index} of {caller}({name_of(function)})"
    # An exception that many tasks share is told once where it was first seen.
    if text not in getattr(error, "__notes__", ()):
        error.add_note(text)
        if type(error) is TypeError and (hint := _missing(error, caller, function)):
            error.add_note(hint)
    return error


def _missing(error: TypeError, caller: str, function: Any) -> str:
    """Say what to write when the function got fewer arguments than it takes."""
    said, found, what = str(error).partition("() missing ")
    if not found or said.rpartition(".")[2] != name_of(function).rpartition(".")[2]:
        return ""
    if "'rng'" in what:
        return "hint: with seed=1 each task gets its own generator as rng"
    if caller == "submit":
        return ""
    return f"hint: one iterable for each parameter: {caller}(function, xs, ys)"


class Streams:
    """Warns once when two tasks of a call drew from a stream that they share."""

    _told: ClassVar[set[Any]] = set()

    def __init__(self, function: Any, stacklevel: int) -> None:
        self._function = function
        self._stacklevel = stacklevel
        self._tasks = 0

    def note(self, tasks: int) -> None:
        """So many more tasks drew."""
        if not tasks:
            return
        self._tasks += tasks
        function = self._function
        # Its code tells one lambda from another.
        code = getattr(function, "__code__", type(function))
        key = (code, getattr(function, "__module__", None), name_of(function))
        if self._tasks < 2 or key in self._told:
            return
        self._told.add(key)
        name = name_of(function)
        warnings.warn(
            f"tasks of {name} draw random numbers from a generator they share (a captured "
            "Generator, numpy.random or random): results depend on the plan and on the order of "
            "tasks\n"
            f"hint: def {name}(..., rng): rng.normal(), called with seed=1, gives each task its "
            "own stream",
            RandomStreamWarning,
            stacklevel=self._stacklevel,
        )
