"""What a plan is told besides names and numbers: executors, addresses, clusters."""

from __future__ import annotations

import sys
from typing import Any

from abreast.errors import PlanError

__all__ = ["check", "hashable", "is_executor"]

_OWN = ("serial", "threads", "processes")


class Given:
    """A setting that cannot be hashed, such as a dictionary; equal ones are equal."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Given) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(type(self.value).__name__)

    def __repr__(self) -> str:
        return repr(self.value)


def hashable(value: Any) -> Any:
    """Return a setting as a level holds it."""
    if isinstance(value, list):
        value = tuple(value)
    try:
        hash(value)
    except TypeError:
        return Given(value)
    return value


def is_executor(spec: object) -> bool:
    """Whether it is an executor: there is none where nobody has imported them."""
    base = sys.modules.get("concurrent.futures._base")
    if base is None or not isinstance(spec, base.Executor):
        return False
    if type(spec).__module__.startswith("abreast."):
        raise PlanError(
            f"plan({type(spec).__name__}): its tasks run on a plan of abreast already\n"
            "hint: call plan() with what that one was given"
        )
    return True


def check(names: list[str], given: dict[str, Any]) -> None:
    """Refuse settings that a plan does not take."""
    if len(names) > 1 or names[0].partition(":")[0] in _OWN:
        words = ", ".join(f"{name}=" for name in given)
        raise PlanError(
            f"plan({names[0] if len(names) == 1 else names!r}): takes no {words}\n"
            "hint: plan('dask', address='tcp://host:8786') attaches to a cluster"
        )
