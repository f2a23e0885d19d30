"""What a case is: a function that runs tasks on the plan in force, and its promise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

from abreast.backends.contract import Capabilities, Level

__all__ = [
    "LEAKS",
    "ORACLE",
    "REQUIREMENTS",
    "THEMES",
    "Case",
    "abilities",
    "case",
    "load",
    "select",
]

THEMES = (
    "values",
    "arguments",
    "sizes",
    "buffers",
    "errors",
    "transfer",
    "random",
    "futures",
    "future_arguments",
    "streams",
    "checkpoints",
    "graphs",
    "output",
    "nesting",
    "inner_threads",
    "cancel",
    "tries",
    "crash",
)
"""The modules of `abreast.testing.cases`, in the order in which they run."""

LEAKS = "leaves_nothing_behind"
"""The last case of each theme: after `abreast.shutdown` everything is as it was before."""

REQUIREMENTS = {
    "isolated": "tasks get copies of their arguments",
    "parallel_python": "Python code of several tasks runs at the same time",
    "survives_crash": "a task that kills its process costs only itself",
    "stops_anything": "a running task can be stopped whatever it does",
    "background": "tasks run while the caller goes on",
    "concurrent": "two tasks are under way at one time",
}
"""What a case may ask of a plan: the capabilities of its backend, and two facts about its level."""

ORACLE: Any = object()
"""Stands for: the right answer is what ``plan("serial", isolate=True)`` gives."""

Function = TypeVar("Function", bound=Callable[[], Any])

_registered: dict[str, Case] = {}


@dataclass(frozen=True)
class Case:
    """One promise, and the code that finds out whether a plan keeps it."""

    id: str
    theme: str
    tags: frozenset[str]
    promise: str
    requires: tuple[str, ...]
    answer: Any
    function: Callable[[], Any]

    def matches(self, wanted: frozenset[str]) -> bool:
        """Whether the case was asked for: by id, theme or tag; nothing asked means all."""
        return not wanted or bool(wanted & {self.id, self.theme, *self.tags})


def case(*tags: str, requires: str = "", answer: Any = ORACLE) -> Callable[[Function], Function]:
    """Make a function a case; the first line of its docstring is the promise.

    The function runs tasks on the plan in force and returns what they gave, exceptions as values
    (`tools.caught`): an exception that leaves it is a failure.

    Parameters
    ----------
    *tags : str
        Names to select it by, besides its theme, which is the name of its module.
    requires : str
        Names from `REQUIREMENTS`; on a plan without them the case is skipped.
    answer : object
        What must be returned, where the serial plan cannot say it.
    """

    def register(function: Function) -> Function:
        theme = function.__module__.rpartition(".")[2]
        needs = tuple(requires.split())
        unknown = [need for need in needs if need not in REQUIREMENTS]
        promise = (function.__doc__ or "").partition("\n")[0]
        if unknown or not promise:
            raise ValueError(f"case {function.__name__}: unknown {unknown}, promise {promise!r}")
        name = f"{theme}.{function.__name__}"
        _registered[name] = Case(name, theme, frozenset(tags), promise, needs, answer, function)
        return function

    return register


def load() -> dict[str, Case]:
    """Return all cases by id, in the order in which they run."""
    for theme in THEMES:
        import_module(f"abreast.testing.cases.{theme}")
    order = {theme: place for place, theme in enumerate(THEMES)}
    return {each.id: each for each in sorted(_registered.values(), key=lambda it: order[it.theme])}


def select(tags: Iterable[str] = ()) -> list[str]:
    """Return the ids of the cases with one of these tags, each theme closed by its leak check."""
    wanted = frozenset(tags)
    chosen: list[str] = []
    cases = load()
    for theme in THEMES:
        ids = [each.id for each in cases.values() if each.theme == theme and each.matches(wanted)]
        chosen += [*ids, f"{theme}.{LEAKS}"] if ids else []
    if not chosen:
        known = sorted({*THEMES, *(tag for each in cases.values() for tag in each.tags)})
        raise ValueError(
            f"no case has the tag {', '.join(sorted(wanted))}\nhint: there are {', '.join(known)}"
        )
    return chosen


def abilities(level: Level, capabilities: Capabilities) -> frozenset[str]:
    """Return what of `REQUIREMENTS` a level meets."""
    met = {name for name, value in vars(capabilities).items() if value}
    if level.name != "serial":
        met.add("background")
        if level.workers > 1:
            met.add("concurrent")
    return frozenset(met)
