"""`compare`: runtimes of functions and plans over a range of sizes."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Never

from abreast.backends.contract import Level
from abreast.comparison.agreement import Check
from abreast.comparison.found import Comparison, find, names_of
from abreast.comparison.measure import Measurement, Settings
from abreast.comparison.subject import Subject
from abreast.keywords import refuse
from abreast.plans import Plan, current, resolve
from abreast.tasks.progress import Progress, ProgressLike

__all__ = ["compare"]

Function = Callable[..., Any]
Functions = Function | Sequence[Function] | Mapping[str, Function]
Spec = str | Plan | Sequence[str]

ON_ERROR = ("raise", "omit")


def compare(
    functions: Functions,
    sizes: Iterable[int],
    *,
    make: Callable[[int], Any] | None = None,
    fresh: bool = False,
    plans: Spec | Sequence[Spec] | None = None,
    repeats: int = 7,
    warmup: int = 1,
    seconds: float = 0.1,
    wait: Callable[[Any], Any] | None = None,
    check: Check = False,
    limit: float | None = None,
    budget: float | None = None,
    on_error: str = "raise",
    base: str | None = None,
    progress: ProgressLike = True,
    **unknown: Never,
) -> Comparison:
    """Measure how long functions take over a range of sizes, and on which plans.

    At each size the functions take turns, in an order that rotates, so that whatever disturbs the
    machine for a while disturbs all alike. The garbage collector is off while a time is taken. What
    is not there when a function returns (futures, delayed values, arrays of JAX or Dask; also
    inside lists, tuples and dicts) is waited for within the time.

    Parameters
    ----------
    functions : callable, list of callable, or dict of str to callable
        What to compare. The keys of a dict are the labels; otherwise they are the functions' names.
    sizes : iterable of int
        Whole numbers from 1 on, each larger than the one before.
    make : callable, optional
        ``make(size)`` makes the argument, or a tuple of arguments, before the clock starts; once a
        size, for all functions. Default: the function gets the size itself.
    fresh : bool
        Make the arguments anew for each call: for functions that change them.
    plans : list of plan, optional
        Run each function on each of these plans. Default: the plan in force.
    repeats : int
        Turns of each function at each size. A turn takes one time, of quick functions more.
    warmup : int
        Calls before that, which are not counted.
    seconds : float
        How long all turns of a function at a size take together, at least, unless that makes more
        than 50 times a turn. A time of less than 50 µs is the mean of several calls in a row.
    wait : callable, optional
        Called with what a function returned, within the time, instead of what is said above.
    check : bool or callable
        Whether all functions must return the same at each size: True, up to rounding, or a function
        of two values, such as ``numpy.allclose``.
    limit : float, optional
        Seconds of a call. A function that is expected to take longer at the next size is left out
        from there on; one that does take longer is not called again at that size.
    budget : float, optional
        Seconds for everything. What does not fit is left out.
    on_error : {"raise", "omit"}
        What to do when a function raises: raise that, or leave the function out from there on.
    base : str, optional
        The name with which the others are compared. Default: the first.
    progress : bool, "always" or callable
        As for `map`.

    Returns
    -------
    Comparison
        The numbers and what they say. Ctrl-C ends the measurement early: what has been measured
        until then is returned, with ``complete=False``.

    Raises
    ------
    TypeError, ValueError, PlanError
        For arguments that make no sense, and results that disagree. What a function raises arrives
        as itself, with a note that names the function and the size.

    Examples
    --------
    >>> import abreast as ab
    >>> found = ab.compare([sum, max], [10, 1000], make=range, seconds=0.01)
    >>> found.names, found.sizes
    (['sum', 'max'], [10, 1000])
    >>> all(row.low <= row.median <= row.high for row in found.table)
    True
    >>> def squares(n):
    ...     return ab.map(lambda x: x * x, range(n))
    >>> ab.compare(squares, [1, 10], plans=["serial", "threads:2"], check=True)
    <Comparison of serial, threads:2 at sizes 1 to 10>
    """
    if unknown:
        refuse("compare", unknown, compare)
    labelled = _functions(functions)
    checked = _sizes(sizes)
    places = _plans(plans)
    for what, given in (("make", make), ("wait", wait), ("check", check)):
        if given is not None and not callable(given) and not isinstance(given, bool):
            raise TypeError(f"compare: {what}={given!r}: a function")
    if isinstance(make, bool) or isinstance(wait, bool):
        raise TypeError("compare: make= and wait= take a function")
    if on_error not in ON_ERROR:
        raise ValueError(f"compare: on_error={on_error!r}: one of {', '.join(map(repr, ON_ERROR))}")
    settings = Settings(
        make=make,
        fresh=bool(fresh),
        repeats=_count("repeats", repeats, 1),
        warmup=_count("warmup", warmup, 0),
        seconds=_seconds("seconds", seconds, 0.0),
        check=check,
        limit=None if limit is None else _seconds("limit", limit),
        budget=None if budget is None else _seconds("budget", budget),
        on_error=on_error,
    )
    series = [(label, plan) for label in labelled for plan in places]
    names = names_of(series)
    first = find(names, base)
    subjects = [
        Subject(label, plan, name, labelled[label], places[plan], wait)
        for (label, plan), name in zip(series, names, strict=True)
    ]
    total = len(subjects) * len(checked) * settings.repeats
    bar = Progress(progress, total, "compare")
    measurement = Measurement(subjects, settings, bar)
    complete = True
    try:
        measurement.run(checked)
    except KeyboardInterrupt:
        if not measurement.rows:
            raise
        complete = False
    finally:
        bar.close()
    return Comparison(
        measurement.rows, measurement.omitted, series=series, base=first, complete=complete
    )


def _functions(functions: Any) -> dict[str, Function]:
    if isinstance(functions, Mapping):
        pairs = list(functions.items())
    elif callable(functions):
        pairs = [(_label(functions), functions)]
    elif isinstance(functions, (list, tuple)):
        pairs = [(_label(each), each) for each in functions]
    else:
        raise TypeError(
            f"compare: functions={functions!r}: a function, a list of them, or a dict from labels "
            "to functions\nhint: compare({'loop': f, 'numpy': g}, [10, 100, 1000])"
        )
    if not pairs:
        raise ValueError("compare: no functions were given\nhint: compare([f, g], [10, 100, 1000])")
    found: dict[str, Function] = {}
    for label, function in pairs:
        if not callable(function):
            raise TypeError(
                f"compare: {function!r} is to be a function, and cannot be called\n"
                "hint: name the function without parentheses after it"
            )
        if not isinstance(label, str):
            raise TypeError(f"compare: the label {label!r} is to be a string")
        if label in found:
            raise ValueError(
                f"compare: two functions are called {label!r}\n"
                "hint: a dict gives them labels: compare({'first': f, 'second': g}, sizes)"
            )
        found[label] = function
    return found


def _label(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _sizes(sizes: Any) -> list[int]:
    hint = "\nhint: [10, 100, 1000], or [10**k for k in range(1, 6)]"
    if isinstance(sizes, (str, bytes)) or not isinstance(sizes, Iterable):
        raise TypeError(f"compare: sizes={sizes!r}: several whole numbers{hint}")
    found: list[int] = []
    for size in sizes:
        if isinstance(size, float) and size.is_integer():
            size = int(size)  # numpy.logspace makes them
        try:
            if isinstance(size, bool):
                raise TypeError
            number = operator.index(size)
        except TypeError:
            more = ""
            if isinstance(size, float):
                more = "\nhint: numpy.logspace(...).astype(int) are whole numbers"
            raise TypeError(
                f"compare: {size!r} among the sizes: whole numbers are allowed{more or hint}"
            ) from None
        if number < 1:
            raise ValueError(f"compare: {number} among the sizes: at least 1{hint}")
        if found and number <= found[-1]:
            raise ValueError(
                f"compare: {number:,} follows {found[-1]:,} among the sizes: each must be larger "
                "than the one before\nhint: sorted(set(sizes))"
            )
        found.append(number)
    if not found:
        raise ValueError(f"compare: sizes is empty{hint}")
    return found


def _plans(plans: Any) -> dict[str, tuple[Level, ...] | None]:
    if plans is None:
        return {_spec(current()): None}
    if isinstance(plans, (str, Plan)):
        plans = [plans]
    if not isinstance(plans, (list, tuple)) or not plans:
        raise TypeError(
            f"compare: plans={plans!r}: a list of plans\n"
            "hint: plans=['serial', 'threads', 'processes:2']"
        )
    found: dict[str, tuple[Level, ...] | None] = {}
    for plan in plans:
        levels = resolve(plan)
        text = plan if isinstance(plan, str) else _spec(levels)
        if text in found:
            raise ValueError(f"compare: plans has {text!r} twice")
        found[text] = levels
    return found


def _spec(levels: tuple[Level, ...]) -> str:
    """Show levels as short as a user would write them."""
    parts = [
        each.name
        + (f":{each.workers}" if each.name != "serial" else "")
        + (" isolated" if each.isolate else "")
        for each in levels
    ]
    return ",".join(parts)


def _count(what: str, given: Any, least: int) -> int:
    try:
        if isinstance(given, bool):
            raise TypeError
        number = operator.index(given)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"compare: {what}={given!r}: a whole number, at least {least}")
    return number


def _seconds(what: str, given: Any, least: float | None = None) -> float:
    good = isinstance(given, (int, float)) and not isinstance(given, bool) and math.isfinite(given)
    if not good or given < 0 or (least is None and given == 0):
        allowed = "more than 0" if least is None else "at least 0"
        raise ValueError(f"compare: {what}={given!r}: a number of seconds, {allowed}")
    return float(given)
