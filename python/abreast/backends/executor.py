"""Tasks on any `concurrent.futures.Executor`."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from abreast.backends import trackers
from abreast.backends.between_imports import forking_between_imports
from abreast.backends.contract import Backend, Level
from abreast.backends.engine import Launched, local_address, outer_address
from abreast.backends.pool import PoolBackend
from abreast.backends.remote import RemoteBackend
from abreast.errors import LaunchError, PlanError

__all__ = ["KINDS", "ExecutorEngine", "count", "open"]


def _process(workers: int) -> Executor:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, initializer=_leave_ctrl_c_to_the_caller)


def _leave_ctrl_c_to_the_caller() -> None:
    """Not to die of it, in a worker without a task: such a pool ends with its first worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _loky(workers: int) -> Executor:
    from loky import ProcessPoolExecutor

    return trackers.end_with(
        lambda: ProcessPoolExecutor(workers, initializer=_leave_ctrl_c_to_the_caller)
    )


def _also(executor: Executor, then: Callable[[], object]) -> Executor:
    """Have whoever shuts an executor down end what was started for it."""
    shutdown = executor.shutdown

    def stop(*args: Any, **kwargs: Any) -> None:
        shutdown(*args, **kwargs)
        then()

    executor.shutdown = stop  # type: ignore[method-assign]
    return executor


def _dask(workers: int) -> Executor:
    from abreast.backends.dask import LocalEngine

    engine = LocalEngine(workers)
    engine.start()
    return _also(engine.client.get_executor(), lambda: engine.stop(1.0))


KINDS: dict[str, tuple[Callable[[int], Executor], str]] = {
    "process": (_process, ""),
    "thread": (ThreadPoolExecutor, ""),
    "loky": (_loky, "loky"),
    "dask": (_dask, "distributed"),
}
"""Executors that a plan makes for itself, as in ``plan("executor:loky:4")``, and their packages."""


def open(level: Level) -> Backend:
    """Open the backend; this is its entry point."""
    given = dict(level.options).get("executor")
    kind = level.name.partition(":")[2]
    if given is None and kind not in KINDS:
        raise PlanError(
            f"plan({level.name!r}): which executor?\n"
            "hint: plan(executor) takes any concurrent.futures.Executor; "
            f"plan('executor:process') makes one, and so with {', '.join(list(KINDS)[1:])}"
        )
    if given is not None:
        if isinstance(given, ThreadPoolExecutor):
            return PoolBackend(level, lambda: given, owned=False)
        made_by = type(given)
        is_here = made_by.__module__.startswith(("concurrent.futures", "loky", "joblib"))
        title = f"this {made_by.__name__}"
        engine = ExecutorEngine(lambda: given, title, owned=False, is_here=is_here)
        return RemoteBackend(level, engine)
    make, package = KINDS[kind]

    def begin() -> Executor:
        try:
            return make(level.workers)
        except ImportError as error:
            raise LaunchError(
                f"plan({level.name!r}): {package or kind} is not here: {error}\n"
                f"hint: pip install {package or kind}"
            ) from None

    if kind == "thread":
        return PoolBackend(level, begin, owned=True)
    engine = ExecutorEngine(begin, f"the executor {kind!r}", owned=True, is_here=True)
    return RemoteBackend(level, engine)


def count(executor: Executor) -> int:
    """Return how many tasks an executor runs at one time, as far as it says."""
    from abreast.machine import cores

    for name in ("_max_workers", "num_workers"):
        found = getattr(executor, name, None)
        if isinstance(found, int) and found > 0:
            return found
    client: Any = getattr(executor, "_client", None)  # Dask's
    if hasattr(client, "ncores"):
        with contextlib.suppress(Exception):
            return max(1, int(sum(client.ncores().values())))
    view = getattr(executor, "view", None)  # ipyparallel's
    with contextlib.suppress(Exception):
        return max(1, len(view.client.ids))  # type: ignore[union-attr]
    return cores()


class ExecutorEngine:
    """An executor as an engine: it runs pilots, and tells nothing of its workers."""

    survives_crash = False
    stops_anything = False

    def __init__(
        self, make: Callable[[], Executor], title: str, *, owned: bool, is_here: bool
    ) -> None:
        self.make = make
        self.owned = owned
        self.executor: Executor | None = None
        self.title = title
        self.is_here = is_here
        """Whether its workers are on this machine, as far as is known."""

    def start(self) -> None:
        """Make it, if it is this plan's."""
        self.executor = self.make()

    def slots(self) -> int:
        """As many as the plan says."""
        return sys.maxsize

    def address(self) -> str:
        """Workers of CPython and loky are on this machine; of others nobody knows."""
        return local_address() if self.is_here else outer_address()

    def launch(
        self, work: Callable[..., None], *args: Any, ended: Callable[[BaseException | None], None]
    ) -> Launched:
        """Submit it."""
        assert self.executor is not None
        with forking_between_imports():
            future: Future[None] = self.executor.submit(work, *args)
        future.add_done_callback(lambda done: ended(_error(done)))
        return future

    def poll(self) -> None:
        """Do nothing: futures call by themselves."""

    def kill(self, facts: dict[str, Any]) -> bool:
        """There is no way to, without the other workers."""
        return False

    def explain(self, error: BaseException) -> str:
        """Say why it runs nothing."""
        hint = "make a new executor, and call plan() with it"
        if self.owned:
            hint = "abreast.shutdown() ends it, and the next call starts another"
        if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("abreast"):
            hint = "pip install abreast where its workers run"
        return f"{self.title} runs no tasks: {type(error).__name__}: {error}\nhint: {hint}"

    def stop(self, grace: float) -> None:
        """Shut it down, if it is this plan's."""
        executor, self.executor = self.executor, None
        if self.owned and executor is not None:
            executor.shutdown(wait=True)


def _error(future: Future[None]) -> BaseException | None:
    if future.cancelled():
        return None
    return future.exception()
