"""Plans: where tasks run."""

from __future__ import annotations

import atexit
import opcode
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar, Token, copy_context
from importlib import import_module
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Never, Protocol
from weakref import WeakValueDictionary

from abreast.backends.contract import Backend, Job, Level, Opener
from abreast.backends.settings import check, hashable, is_executor
from abreast.errors import PlanError
from abreast.keywords import after_the_colon, refuse
from abreast.machine import cores

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = [
    "Plan",
    "abandon",
    "backend",
    "context_of",
    "current",
    "expect",
    "forget",
    "in_task",
    "inside",
    "plan",
    "resolve",
    "set_aside",
    "shutdown",
    "take_back",
]

MAX_WORKERS = 1024
"""Most workers of one plan."""

SERIAL = Level("serial")

START_FOLDER = os.getcwd()  # noqa: PTH109 - kept as a string
"""What relative entries of `sys.path` meant when the program began."""

_OPENERS = {
    name: f"abreast.backends.{name}:open"
    for name in ("serial", "threads", "processes", "executor", "dask")
}
"""The backends that come with the library, so that finding them costs no search."""

_context: ContextVar[tuple[Level, ...] | None] = ContextVar("abreast_plan", default=None)
_inside: ContextVar[bool] = ContextVar("abreast_inside", default=False)
"""Whether a task runs here."""
_process: list[Plan] | None = None
"""The plans set by statements, the last of which is in force; each is taken out again when it turns
out to be the head of a `with`, in whatever order threads get there."""
_default_levels: tuple[Level, ...] | None = None
_lock = threading.RLock()
_backends: dict[Level, Backend] = {}
_abandoned: list[Job] = []
_expected: WeakValueDictionary[int, Waiting] = WeakValueDictionary()
"""Work that was submitted and that no backend has yet; what it waits for keeps it alive."""


class Waiting(Protocol):
    """Work that waits for something before a backend gets it."""

    def close(self) -> None:
        """Give it up: its plan is shut down."""

    def orphan(self) -> None:
        """Give it up in a forked child: take no lock."""

    def is_underway(self) -> bool:
        """Whether what it waits for is under way."""


def _read_worker() -> Level | None:
    """Return the level that this process is a worker of, if it is one.

    It waits as bytes until a task asks for a plan: most never do, and workers start faster.
    """
    worker = sys.modules.get("abreast.backends.worker")
    level: Level | None = None if worker is None else worker.read_level()
    return level


_worker = _read_worker()


class Plan:
    """A plan in force: what `plan` returns. As a context manager it holds for the block alone.

    Examples
    --------
    >>> import abreast as ab
    >>> with ab.plan("threads", workers=2) as p:
    ...     print(p)
    plan('threads', workers=2)
    """

    def __init__(self, levels: tuple[Level, ...], before: tuple[Level, ...] | None = None) -> None:
        self.levels = levels
        self._before = before
        self._tokens: list[Token[tuple[Level, ...] | None]] = []
        self._entered = False

    def __enter__(self) -> Plan:
        # The call itself set the plan as a statement does; the first `with` takes that back,
        # unless somebody has set another one since.
        if not self._entered and self._before is not None and _context.get() is self.levels:
            _context.set(self._before)
        elif not self._entered:
            _take_back(self)
        self._entered = True
        self._tokens.append(_context.set(self.levels))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _context.reset(self._tokens.pop())

    def __repr__(self) -> str:
        return " in ".join(_describe(level) for level in reversed(self.levels))


def _describe(level: Level) -> str:
    isolate = ", isolate=True" if level.isolate else ""
    # An engine that is attached to has as many as it has.
    untold = level.name == "serial" or (level.options and level.workers == MAX_WORKERS)
    workers = "" if untold else f", workers={level.workers}"
    memory = f", memory={level.memory}" if level.memory else ""
    options = dict(level.options)
    name = repr(level.name)
    if "executor" in options:
        name = f"<{type(options.pop('executor')).__name__}>"
    told = "".join(f", {name}={value!r}" for name, value in options.items())
    return f"plan({name}{told}{workers}{isolate}{memory})"


def plan(
    spec: str | Plan | Sequence[str] | Executor | None = None,
    *,
    workers: int | Sequence[int] | None = None,
    isolate: bool = False,
    inner_threads: int | None = None,
    memory: int | str | None = None,
    address: str | None = None,
    cluster: Any = None,
    hosts: Sequence[str] | None = None,
    ssh: dict[str, Any] | None = None,
    **unknown: Never,
) -> Plan:
    """Say where tasks run from now on, or, as a context manager, inside a block.

    Nothing starts before the first task. Workers are kept and used again; leaving a block ends
    none of them, `shutdown` or five minutes without work do.

    Parameters
    ----------
    spec : str, list of str, Plan, or concurrent.futures.Executor
        ``"serial"``, ``"threads"``, ``"processes"``, ``"dask"``, or the name of another installed
        backend; ``"processes:4"`` means four workers. A list sets the nested levels: the first for
        tasks, the second for tasks that these tasks start, and so on; below the last, tasks run
        serially. An executor stays its owner's: abreast never shuts it down. Without any, the plan
        in force is returned.
    workers : int or list of int, optional
        How many tasks run at one time, for a list one number a level. Default: the cores this
        process may use.
    isolate : bool
        Have `serial` and `threads` run each task on copies of its arguments, as `processes`
        always does.
    inner_threads : int, optional
        Threads that native libraries (BLAS, OpenMP) may use inside a task. Default: its share of
        the cores.
    memory : int or str, optional
        Most bytes of a worker process's own memory, or text such as ``"4 GB"``. One that has more
        after a task is replaced by a fresh one; nothing is lost. Default: its share of the memory
        that this process may use; see `abreast.config`.
    address : str, optional
        Of ``"dask"``: the scheduler of a cluster that runs already, and goes on to run.
    cluster : object, optional
        Of ``"dask"``: any cluster object of Dask's; it stays its owner's.
    hosts : sequence of str, optional
        Of ``"dask"``: machines on which workers are started over ssh; on the first of them the
        scheduler too. They end with `shutdown`.
    ssh : dict, optional
        With `hosts`: what `asyncssh.connect` is given, such as ``{"username": "ada"}``.

    Returns
    -------
    Plan
        Prints as the call that makes it, and is a context manager.

    Raises
    ------
    PlanError
        For an unknown name or a number that makes no sense.

    Examples
    --------
    >>> import abreast as ab
    >>> _ = ab.plan("threads", workers=2)
    >>> ab.map(abs, [-1, 2])
    [1, 2]
    >>> ab.plan()
    plan('threads', workers=2)
    >>> _ = ab.plan("serial")
    """
    if unknown:
        refuse("plan", unknown, plan)
    if spec is None:
        return Plan(current())
    given = {"address": address, "cluster": cluster, "hosts": hosts, "ssh": ssh}
    levels = resolve(
        spec,
        workers=workers,
        isolate=isolate,
        inner_threads=inner_threads,
        memory=memory,
        options={name: value for name, value in given.items() if value is not None},
    )
    local = _context.get()
    if local is None and _worker is not None:
        # Nobody but the running task is to see what it sets.
        local = current()
    if local is not None:
        _context.set(levels)
        return Plan(levels, local)
    stated = Plan(levels)
    if _heads_a_block(sys._getframe(1)):
        return stated
    global _process
    with _lock:
        # The older ones matter only to threads that are about to enter theirs.
        _process = [*(_process or [])[-_KEPT:], stated]
    return stated


_KEPT = 256


def _heads_a_block(caller: FrameType) -> bool:
    """Whether the call stands in ``with plan(...):``, by the instruction that follows it.

    Such a plan never is the process's, not even until the block is entered, when another thread
    might see it. Where this cannot tell (``p = plan(...)``, then ``with p:``), entering takes it
    back.
    """
    code, at = caller.f_code.co_code, caller.f_lasti + 2
    while at < len(code) and opcode.opname[code[at]] == "CACHE":
        at += 2
    # Python 3.14 has two instructions where the versions before have one.
    following = [opcode.opname[code[each]] for each in (at, at + 2) if each < len(code)]
    return following[:1] == ["BEFORE_WITH"] or following == ["COPY", "LOAD_SPECIAL"]


def _take_back(stated: Plan) -> None:
    global _process
    with _lock:
        # A new list: others read the old one without the lock.
        _process = [each for each in _process or [] if each is not stated]


def current() -> tuple[Level, ...]:
    """Return the levels of the plan in force, outermost first."""
    levels = _context.get()
    if levels is not None:
        return levels
    stated = _process
    if stated:
        return stated[-1].levels
    global _default_levels
    if _default_levels is None:
        _default_levels = _default()
    return _default_levels


def _default() -> tuple[Level, ...]:
    if _worker is not None:
        return _worker.inner or (SERIAL,)
    text = os.environ.get("ABREAST_PLAN", "processes")
    try:
        return resolve(text)
    except PlanError as error:
        own = str(error).startswith("the variable ")
        raise error if own else PlanError(f"the variable ABREAST_PLAN: {error}") from None


def resolve(
    spec: str | Plan | Sequence[str] | Executor,
    *,
    workers: int | Sequence[int] | None = None,
    isolate: bool = False,
    inner_threads: int | None = None,
    memory: int | str | None = None,
    options: dict[str, Any] | None = None,
) -> tuple[Level, ...]:
    """Turn what a user writes into complete levels."""
    if isinstance(spec, Plan):
        return spec.levels
    given = dict(options or {})
    if is_executor(spec):
        from abreast.backends.executor import count as count_workers

        if given:
            raise PlanError(f"plan(executor) takes no {', '.join(given)}: it is an engine already")
        given["executor"] = spec
        spec = "executor"
        workers = count_workers(given["executor"]) if workers is None else workers
    if isinstance(spec, str):
        spec = [part.strip() for part in spec.split(",")]
    names = list(spec) if isinstance(spec, (list, tuple)) else []
    if not names or not all(isinstance(name, str) for name in names):
        raise PlanError(
            f"plan({spec!r}): a plan is a name, 'processes:4', or a list of them\nhint: {_known()}"
        )
    counts: list[int | None]
    if isinstance(workers, Sequence):
        counts = list(workers)
        if len(counts) != len(names):
            raise PlanError(f"plan: {len(counts)} numbers of workers for {len(names)} levels")
    else:
        if workers is not None and len(names) > 1:
            raise PlanError(
                f"plan({names!r}, workers={workers!r}): several levels take several numbers\n"
                "hint: workers=[2, 4], or names such as 'processes:2'"
            )
        counts = [workers] if workers is not None else [None] * len(names)
    if given:
        check(names, given)
        if given.keys() & {"address", "cluster", "hosts"} and counts == [None]:
            counts = [MAX_WORKERS]  # all there are
    parsed: list[tuple[str, int]] = []
    budget = _budget()
    for place, (name, stated) in enumerate(zip(names, counts, strict=True)):
        name, count = _parse(name, stated, budget, outermost=place == 0)
        parsed.append((name, count))
        budget = max(1, budget // count)
    threads = budget if inner_threads is None else _count("inner_threads", inner_threads)
    most = 0 if memory is None else _most(memory, [name for name, _ in parsed])
    levels: tuple[Level, ...] = ()
    for name, count in reversed(parsed):
        own = 0 if name in _IN_PROCESS else most
        told = tuple((key, hashable(value)) for key, value in given.items())
        levels = (Level(name, count, bool(isolate), threads, levels, own, told), *levels)
    return levels


_IN_PROCESS = ("serial", "threads", "executor", "dask")
"""Plans whose workers' memory is not abreast's to bound."""


def _most(memory: int | str, names: list[str]) -> int:
    from abreast.config import size
    from abreast.errors import ConfigError

    if all(name in _IN_PROCESS for name in names):
        raise PlanError(
            f"plan({names[0]!r}, memory={memory!r}): its workers are not processes of their own\n"
            "hint: plan('processes', memory=...) replaces a worker that has grown past it"
        )
    try:
        most = size("memory", memory)
    except ConfigError as error:
        raise PlanError(f"plan: {error}") from None
    if not most:
        raise PlanError("plan: memory=0: a number of bytes, at least 1")
    return most


def _budget() -> int:
    return cores() if _worker is None else max(1, _worker.inner_threads)


def _parse(name: str, given: int | None, budget: int, outermost: bool) -> tuple[str, int]:
    (name, _, number), kind = name.partition(":"), ""
    if name == "executor" and number and not number.isdigit():
        # An executor that is made for the plan: "executor:process:2".
        kind, _, number = number.partition(":")
    if name not in _OPENERS and name not in _installed():
        raise PlanError(f"plan({name!r}): there is no such plan\nhint: {_known(name)}")
    if number and given is None:
        if not number.isdigit():
            raise PlanError(after_the_colon(name, number))
        given = int(number)
    if given is None and outermost and os.environ.get("ABREAST_WORKERS") and _worker is None:
        text = os.environ["ABREAST_WORKERS"]
        if not text.isdigit() or not int(text):
            raise PlanError(
                f"the variable ABREAST_WORKERS={text!r}: not a number of workers\n"
                "hint: a whole number, at least 1; unset, there is one for each usable core"
            )
        given = int(text)
    if name == "serial":
        return name, 1
    name = f"{name}:{kind}" if kind else name
    return name, budget if given is None else _count("workers", given)


def _count(what: str, given: object) -> int:
    import operator

    try:
        if isinstance(given, bool):
            raise TypeError
        count = operator.index(given)  # type: ignore[arg-type]
    except TypeError:
        count = 0
    if not 1 <= count <= MAX_WORKERS:
        raise PlanError(
            f"plan: {what}={given!r}: a whole number from 1 to {MAX_WORKERS}\n"
            f"hint: leave it out to use the {cores()} cores this process may use"
        )
    return count


def _known(name: str = "") -> str:
    import difflib

    names = sorted({*_OPENERS, *_installed()})
    close = difflib.get_close_matches(name, names, 1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}here are: {', '.join(map(repr, names))}"


def _installed() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group="abreast.backends")}


def backend(level: Level) -> Backend:
    """Return the open backend for a level; one is kept for each."""
    found = _backends.get(level)
    if found is not None:
        return found
    with _lock:
        found = _backends.get(level)
        if found is None:
            if not _backends:
                atexit.register(_at_exit)
            found = _backends[level] = _opener(level.name)(level)
    return found


def _opener(name: str) -> Opener:
    name = name.partition(":")[0]
    if name in _OPENERS:
        module, _, attribute = _OPENERS[name].partition(":")
        opener: Opener = getattr(import_module(module), attribute)
        return opener
    loaded: Opener = _installed()[name].load()
    return loaded


def shutdown(grace: float = 1.0) -> None:
    """End all workers that abreast started; the next task starts new ones.

    Parameters
    ----------
    grace : float
        Seconds that running tasks get to end. What does not end is stopped by force on processes;
        its future raises `PoolClosed`.

    Examples
    --------
    >>> import abreast as ab
    >>> ab.shutdown()
    """
    with _lock:
        opened, expected = list(_backends.values()), _all_expected()
        _backends.clear()
        _abandoned.clear()
    while opened:
        opened.pop().shutdown(grace)
    for waiting in expected:
        waiting.close()
    memory = sys.modules.get("abreast.backends.memory")
    if memory is not None:
        memory.close()
    extension = sys.modules.get("abreast._abreast")
    if extension is not None:
        extension.end_pool()  # threads that compute inside this process


def abandon(job: Job) -> None:
    """Nobody wants the job's results: do not wait for it when the program ends."""
    if not job.outstanding():
        return
    _abandoned.append(job)

    def forget() -> None:
        # What its tasks answered may be large; a shutdown may have been quicker.
        if not job.outstanding():
            with suppress(ValueError):
                _abandoned.remove(job)

    job.watch(forget)


def set_aside(job: Job) -> None:
    """Do not wait for a job when the program ends, unless `take_back` comes first."""
    _abandoned.append(job)


def take_back(job: Job) -> None:
    """Wait for a job again that was set aside."""
    with suppress(ValueError):
        _abandoned.remove(job)


def expect(work: Waiting) -> None:
    """Remember work that no backend has yet, until it is forgotten."""
    _expected[id(work)] = work


def forget(work: Waiting) -> None:
    """Wait for the work no longer: a backend has it now, or nobody ever will."""
    _expected.pop(id(work), None)


def _all_expected() -> list[Waiting]:
    # A list at one go: other threads add to it.
    found = (reference() for reference in _expected.valuerefs())
    return [work for work in found if work is not None]


def _at_exit() -> None:
    """Let submitted work end, as concurrent.futures does; Ctrl-C cuts it short."""
    try:
        while _is_busy() or any(each.is_underway() for each in _all_expected()):
            time.sleep(0.01)
    finally:
        shutdown(0.2)


def _is_busy() -> bool:
    outstanding = sum(each.outstanding() for each in list(_backends.values()))
    return outstanding > sum(job.outstanding() for job in _abandoned)


def context_of(level: Level) -> Context:
    """Return a copy of this context for tasks of `level`: with the plan that it has inside."""
    context = copy_context()
    context.run(_enter, level)
    return context


def _enter(level: Level) -> None:
    _context.set(level.inner or (SERIAL,))
    _inside.set(True)


def in_task() -> bool:
    """Whether this is called by a task, directly or not."""
    return _worker is not None or _inside.get()


@contextmanager
def inside(level: Level) -> Iterator[None]:
    """Run a task of `level` here: the plan in force is what that level has inside."""
    token, outside = _context.set(level.inner or (SERIAL,)), _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(outside)
        _context.reset(token)


def _disarm() -> None:
    """In a forked child: neither workers nor threads came along, and locks may be held."""
    global _lock
    _lock = threading.RLock()
    for each in _backends.values():
        each.disarm()
    # Kept alive for ever: their end would join threads that do not exist here.
    _forgotten.extend(_backends.values())
    _backends.clear()
    _abandoned.clear()
    for waiting in _all_expected():
        waiting.orphan()
    _expected.clear()


_forgotten: list[Backend] = []
os.register_at_fork(after_in_child=_disarm)
