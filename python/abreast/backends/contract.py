"""What a backend is, as types. `CONTRACT.md` beside this file is the same in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

__all__ = [
    "Backend",
    "Call",
    "Capabilities",
    "Ended",
    "Job",
    "Level",
    "Opener",
    "Output",
    "Pulled",
    "Running",
]


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do, as data: no surprise, no trial."""

    isolated: bool
    """Tasks get copies of their arguments."""
    parallel_python: bool
    """Pure Python code of several tasks runs at the same time."""
    survives_crash: bool
    """A task that kills its process costs only itself."""
    stops_anything: bool
    """A running task can be stopped whatever it does, compiled code included."""


@dataclass(frozen=True)
class Level:
    """One level of a plan: a backend and its settings, complete and comparable."""

    name: str
    workers: int = 1
    isolate: bool = False
    inner_threads: int = 1
    inner: tuple[Level, ...] = field(default=())
    """The levels below, for tasks that call abreast themselves; none means serial."""
    memory: int = 0
    """Most bytes of a worker process's own memory; zero for its share of the machine's."""
    options: tuple[tuple[str, Any], ...] = field(default=())
    """What else the backend was told, such as the address of a scheduler; all of it hashable."""


@dataclass(frozen=True)
class Call:
    """What the tasks of a job call.

    Exactly one of the styles: ``function(item)``, ``function(*item)`` (`star`),
    ``function(index, item)`` (`indexed`), or, with `function` None, the item brings its own:
    ``item[0](*item[1], **item[2])``.
    """

    function: Callable[..., Any] | None
    star: bool = False
    indexed: bool = False
    watched: bool = False
    """Note when a task draws from a random stream that it shares with others."""
    heard: bool = False
    """What tasks say is for `Job.pull`; otherwise it shows by itself, as it comes."""
    caller: str = ""
    """What the user called, such as ``"map"``: for the journal."""


class Ended(NamedTuple):
    """A task that ended, other than by putting its value into the caller's list."""

    task: int
    value: Any
    error: BaseException | None


class Output(NamedTuple):
    """Something that a task said before it ended, for `abreast.backends.output.show`."""

    task: int
    kind: str
    """``"stdout"``, ``"stderr"``, ``"warning"`` or ``"log"``; or ``"place"``, which shows nothing:
    what follows is said by this task of a bundle."""
    data: Any
    """Text, or bytes that are no text; of a warning or a record, what `show` reads; the number of
    a task of a bundle, as an integer or its digits."""


class Pulled(NamedTuple):
    """What `Job.pull` took: how many tasks ended, how many carry a note, and which need a look."""

    finished: int
    notes: int
    ended: list[Ended]
    output: Sequence[Output] = ()
    """What tasks said, if the call is heard: that of a task no later than its end."""


class Running(NamedTuple):
    """A task that runs now: for how long, and who runs it, as a person would look for it."""

    task: int
    seconds: float
    worker: str


class Job(Protocol):
    """The tasks of one call, on one backend. One thread at a time uses it.

    But `started`, `halt` and `cancel` may be called from any thread, also while another one waits.
    """

    def want(self) -> int:
        """How many more tasks to push now; zero when enough are on their way."""

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Append a task for each item, as it is now.

        They get the next indices; with `at`, the indices from there on: these tasks have ended,
        and run once more. A backend that copies items copies each before it asks for the next.

        Raises
        ------
        TransferError
            With the index of an item that cannot be taken; those before it are appended.
        """

    def skip(self) -> None:
        """Pass over an index: that of an item which `push` refused with `TransferError`."""

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Wait at most `timeout` seconds until tasks ended, and take them.

        Values go to their index in `results`, if given, and are not listed then.
        """

    def wait(self, timeout: float | None) -> bool:
        """Wait at most `timeout` seconds until `pull` has something; true when it has."""

    def ready(self) -> bool:
        """Whether `pull` has something."""

    def outstanding(self) -> int:
        """Tasks pushed and neither ended nor withdrawn; of what ended, `ready` tells."""

    def running(self) -> bool:
        """Whether some task has been started and has not ended."""

    def started(self) -> list[Running]:
        """Tasks that run now."""

    def halt(self, task: int, force: bool = False) -> bool:
        """Interrupt one running task, or end it by force; whether it ran. Does not wait.

        Its end is reported as any other: as what it raised, or as lost.
        """

    def cancel(self, first: int = 0) -> int:
        """Withdraw every task from index `first` on that was not started; answers how many."""

    def stop(self, grace: float) -> None:
        """Withdraw, interrupt what runs, and after `grace` seconds use force where possible."""

    def watch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called once nothing is outstanding, on any thread."""


class Backend(Protocol):
    """One place where tasks run."""

    level: Level
    capabilities: Capabilities

    def open(self, call: Call) -> Job:
        """Begin a job."""

    def outstanding(self) -> int:
        """Tasks of all jobs that neither ended nor were withdrawn."""

    def shutdown(self, grace: float) -> None:
        """Leave nothing behind: no process, no thread, no memory."""

    def disarm(self) -> None:
        """Forget everything without touching it: called in a forked child."""


Opener = Callable[[Level], Backend]
"""What an entry point of group ``abreast.backends`` is."""
