"""The option `checkpoint=` of `map` and `imap`; what it needs is loaded when it is used."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from abreast.backends.contract import Backend, Call, Job
from abreast.tasks.reach import open_job
from abreast.tasks.rules import Rules

__all__ = ["CheckpointLike", "begin", "check_checkpoint", "refuse_checkpoint"]

CheckpointLike = str | os.PathLike[str] | None


def check_checkpoint(caller: str, checkpoint: Any) -> None:
    """Refuse what is no path."""
    if checkpoint is None:
        return
    path = os.fspath(checkpoint) if isinstance(checkpoint, (str, os.PathLike)) else None
    if not path or not isinstance(path, str):
        raise TypeError(
            f"{caller}: checkpoint={checkpoint!r}: the path of a file\n"
            f'hint: {caller}(..., checkpoint="run.checkpoint")'
        )


def refuse_checkpoint(caller: str, checkpoint: CheckpointLike) -> None:
    """Refuse the option where there is one task alone."""
    if checkpoint is not None:
        raise ValueError(
            f"{caller}: checkpoint={checkpoint!r} is for map and imap, whose items tell their "
            "results apart\n"
            f"hint: map(function, [item], checkpoint={checkpoint!r})"
        )


def begin(
    backend: Backend,
    call: Call,
    caller: str,
    function: Callable[..., Any],
    rules: Rules | None,
    checkpoint: CheckpointLike,
    seed: Any,
) -> tuple[Job, Callable[[], None]]:
    """Open the job of a call, beside its checkpoint if it has one; and what is to be done after it.

    Raises
    ------
    CheckpointError
        If the file cannot be used, or holds results of the call as it was before a change.
    """
    check_checkpoint(caller, checkpoint)
    if checkpoint is None:
        return open_job(backend, call, caller, function, rules), _nothing
    from abreast.tasks.resume import resume

    resumed = resume(caller, os.fspath(checkpoint), function, seed, call)
    try:
        job = open_job(backend, resumed.call, caller, function, rules)
        return resumed.before(job), resumed.close
    except BaseException:
        resumed.close()
        raise


def _nothing() -> None:
    """There is no checkpoint."""
