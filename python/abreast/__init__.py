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
    from abreast.errors import (
        AbreastError,
        LaunchError,
        PlanError,
        PoolClosed,
        RandomStreamWarning,
        RemoteError,
        TransferError,
        WorkerLost,
    )
    from abreast.plans import Plan, plan, shutdown
    from abreast.tasks import (
        Delayed,
        Future,
        as_completed,
        compute,
        delayed,
        gather,
        imap,
        map,
        options,
        persist,
        submit,
        visualize,
        wait,
    )

__all__ = [
    "map",
    "imap",
    "submit",
    "options",
    "Future",
    "as_completed",
    "wait",
    "gather",
    "delayed",
    "Delayed",
    "compute",
    "persist",
    "visualize",
    "plan",
    "Plan",
    "shutdown",
    "AbreastError",
    "LaunchError",
    "PlanError",
    "PoolClosed",
    "RandomStreamWarning",
    "RemoteError",
    "TransferError",
    "WorkerLost",
    "__version__",
]

_HOMES = {
    "abreast.tasks": "map imap submit options Future as_completed wait gather "
    "delayed Delayed compute persist visualize",
    "abreast.plans": "plan Plan shutdown",
    "abreast.errors": "AbreastError LaunchError PlanError PoolClosed RandomStreamWarning "
    "RemoteError TransferError WorkerLost",
    "abreast._abreast": "__version__",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__version__: str


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'abreast' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
