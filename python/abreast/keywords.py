"""Keywords that a function does not have: what was given, what is allowed, what was meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["after_the_colon", "refuse"]

_PLACES = (
    *("workers", "n_workers", "num_workers", "max_workers", "n_jobs", "jobs", "pool", "executor"),
    *("processes", "num_processes", "nprocs", "threads", "n_threads", "num_threads", "backend"),
    "scheduler",
)
"""How others say where to run."""
_BLOCKS = ("chunksize", "chunk_size", "chunks", "batch_size", "batchsize")
"""How others say how many items travel together."""
_OTHERWISE = {
    "retry": "retries",
    "max_retries": "retries",
    "random_state": "seed",
    "rng": "seed",
    "return_exceptions": "on_error",
}
"""How others call what is here by another name."""


def refuse(
    caller: str, unknown: dict[str, Any], function: Callable[..., Any], called: Any = None
) -> NoReturn:
    """Raise a `TypeError` for keywords that `function` does not have.

    Parameters
    ----------
    caller : str
        How messages call it.
    unknown : dict
        What was given.
    function : callable
    called : callable, optional
        The user's function; a keyword may have been meant for it.
    """
    allowed = _keywords(function)
    name, value = next(iter(unknown.items()))
    shown = repr(value)
    given = f"{name}={shown if len(shown) <= 40 else shown[:37] + '...'}"
    hint = _hint(caller, name, given, allowed, called)
    raise TypeError(
        f"{caller}: {given}: there is no such keyword; allowed: {', '.join(allowed)}"
        + (f"\nhint: {hint}" if hint else "")
    )


def _keywords(function: Callable[..., Any]) -> list[str]:
    from inspect import Parameter, signature

    named = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    parameters = signature(function).parameters.values()
    several = any(it.kind is Parameter.VAR_POSITIONAL for it in parameters)
    # What stands before *args cannot be given by name in practice.
    kinds = named[:1] if several else named
    return [it.name for it in parameters if it.kind in kinds]


def _hint(caller: str, name: str, given: str, allowed: list[str], called: Any) -> str:
    if called is not None and name in _parameters(called):
        own = getattr(called, "__name__", "function")
        return f"for an argument of {own}: {caller}(functools.partial({own}, {given}), items)"
    if name in _PLACES and "workers" in allowed:
        return "plan('processes', workers=4)"
    if name in _PLACES and "plan" in allowed:
        return (
            "say where with plan(...): abreast.plan('processes', workers=4) from then on, or "
            "plan='processes:4' in this call"
        )
    if name in _BLOCKS:
        return "nothing to set: how many items travel together follows from how long they take"
    from difflib import get_close_matches

    meant = _OTHERWISE.get(name)
    close = [meant] if meant in allowed else get_close_matches(name, allowed, 1, 0.7)
    return f"did you mean {close[0]}=?" if close else ""


def _parameters(called: Any) -> list[str]:
    try:
        from inspect import signature

        return list(signature(called).parameters)
    except (TypeError, ValueError):
        return []


def after_the_colon(name: str, given: str) -> str:
    """Say what stands there in the name of a plan."""
    way = "address='tcp://10.0.0.1:8786'" if name == "dask" else "workers=4"
    return (
        f"plan('{name}:{given}'): after the colon stands a number of workers\n"
        f"hint: plan('{name}:4'), or plan('{name}', {way})"
    )
