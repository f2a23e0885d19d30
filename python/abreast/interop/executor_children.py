"""What `ProcessPoolExecutor` is told about its child processes, as far as a plan can do it."""

from __future__ import annotations

from typing import Any

__all__ = ["check_context", "check_most"]


def check_most(most: Any, plan: str) -> None:
    """Refuse a number of tasks after which no worker can be replaced.

    Examples
    --------
    >>> check_most(3, "processes")
    """
    if isinstance(most, bool) or not isinstance(most, int):
        raise TypeError(
            f"Executor: max_tasks_per_child={most!r}: max_tasks_per_child is an integer"
        )
    if most < 1:
        raise ValueError(
            f"Executor: max_tasks_per_child={most!r}: max_tasks_per_child must be >= 1"
        )
    if plan != "processes":
        raise ValueError(
            f"Executor({plan!r}, max_tasks_per_child={most}): this plan does not start its workers "
            "anew\nhint: Executor('processes', max_tasks_per_child=...)"
        )


def check_context(context: Any, plan: str) -> None:
    """Refuse a context of multiprocessing that asks for what workers are not: forks.

    Examples
    --------
    >>> import multiprocessing
    >>> check_context(multiprocessing.get_context("spawn"), "processes")
    """
    if context is None:
        return
    get = getattr(context, "get_start_method", None)
    if get is None:
        raise TypeError(
            f"Executor: mp_context={context!r}: not a context of multiprocessing\n"
            "hint: leave it away"
        )
    method = get(allow_none=True)
    if method == "fork":
        raise ValueError(
            f"Executor({plan!r}, mp_context={method!r}): workers are new processes, which inherit "
            "nothing of this one\nhint: leave mp_context away: functions and the globals that they "
            "use go along, and large arrays are not copied"
        )
