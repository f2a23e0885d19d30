"""abreast: your code says what to run, a plan says where.

>>> import abreast as ab
>>> with ab.plan("threads", workers=2):
...     ab.map(lambda x: x * x, range(4))
[0, 1, 4, 9]

Importing starts nothing, and loads what a name needs when the name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abreast import config, random
    from abreast.comparison.compare import compare
    from abreast.comparison.found import Comparison
    from abreast.compiled import (
        JitFunction,
        Vectorized,
        jit,
        prange,
        thread_count,
        thread_id,
        vectorize,
    )
    from abreast.errors import (
        AbreastError,
        CheckpointError,
        CheckpointWarning,
        CompileError,
        ConfigError,
        DeadlineExceeded,
        LanguageError,
        LaunchError,
        PlanError,
        PoolClosed,
        RaceError,
        RandomStreamWarning,
        RemoteError,
        TaskTimeout,
        TransferError,
        WorkerLost,
    )
    from abreast.inner_threads import threads
    from abreast.interop.executor import Executor
    from abreast.journal.timeline import Timeline, timeline
    from abreast.memory_use import Memory, memory
    from abreast.plans import Plan, plan, shutdown
    from abreast.reports import Report, report
    from abreast.shared import share
    from abreast.tasks.compute import compute, persist
    from abreast.tasks.delayed import Delayed, delayed
    from abreast.tasks.future import Future
    from abreast.tasks.gather import as_completed, gather, wait
    from abreast.tasks.imap import imap
    from abreast.tasks.map import map
    from abreast.tasks.options import options
    from abreast.tasks.submit import submit
    from abreast.tasks.visualize import visualize

__all__ = [
    "map",
    "imap",
    "submit",
    "options",
    "Future",
    "as_completed",
    "wait",
    "gather",
    "Executor",
    "delayed",
    "Delayed",
    "compute",
    "persist",
    "visualize",
    "plan",
    "Plan",
    "shutdown",
    "threads",
    "jit",
    "JitFunction",
    "prange",
    "thread_id",
    "thread_count",
    "vectorize",
    "Vectorized",
    "memory",
    "Memory",
    "share",
    "config",
    "random",
    "report",
    "Report",
    "timeline",
    "Timeline",
    "compare",
    "Comparison",
    "AbreastError",
    "CheckpointError",
    "CheckpointWarning",
    "CompileError",
    "ConfigError",
    "DeadlineExceeded",
    "LanguageError",
    "LaunchError",
    "PlanError",
    "PoolClosed",
    "RaceError",
    "RandomStreamWarning",
    "RemoteError",
    "TaskTimeout",
    "TransferError",
    "WorkerLost",
    "__version__",
]

_HOMES = {
    "abreast.tasks": "map imap submit options Future as_completed wait gather "
    "delayed Delayed compute persist visualize",
    "abreast.interop.executor": "Executor",
    "abreast.plans": "plan Plan shutdown",
    "abreast.shared": "share",
    "abreast.reports": "report Report",
    "abreast.inner_threads": "threads",
    "abreast.compiled": "jit JitFunction prange thread_id thread_count vectorize Vectorized",
    "abreast.memory_use": "memory Memory",
    "abreast.journal.timeline": "timeline Timeline",
    "abreast.comparison": "compare Comparison",
    "abreast.errors": "AbreastError CheckpointError CheckpointWarning CompileError ConfigError "
    "DeadlineExceeded LanguageError LaunchError PlanError PoolClosed RaceError RandomStreamWarning "
    "RemoteError TaskTimeout TransferError WorkerLost",
    "abreast._abreast": "__version__",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}
_HOME |= {"config": "", "random": ""}  # modules themselves

__version__: str


def __getattr__(name: str) -> Any:
    if name == "numpy":  # usually under a name of its own: import abreast.numpy as anp
        from importlib import import_module

        return import_module("abreast.numpy")
    if name not in _HOME:
        raise AttributeError(_absent(name), name=name)
    from importlib import import_module

    home = _HOME[name]
    if not home:
        return import_module(f"abreast.{name}")
    globals()[name] = getattr(import_module(home), name)
    return globals()[name]


def _absent(name: str) -> str:
    said = f"module 'abreast' has no attribute {name!r}"
    if name.startswith("_"):
        return said
    from difflib import get_close_matches

    near = get_close_matches(name, __all__, 1, 0.6) or get_close_matches(
        name.lower(), __all__, 1, 0.9
    )
    return f"{said}\nhint: did you mean abreast.{near[0]}?" if near else said


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
