"""Tasks on the workers of an engine: the contract, over pilots."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import pickle
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from abreast.backends import journal, keeper
from abreast.backends.contract import (
    Call,
    Capabilities,
    Ended,
    Job,
    Level,
    Output,
    Pulled,
    Running,
)
from abreast.backends.engine import Engine
from abreast.backends.hub import SPAN, Hub
from abreast.backends.kept import Kept, leaving, returned
from abreast.backends.line import Link
from abreast.backends.parcel import Loose, Parcel
from abreast.backends.room import LARGE, MANY, Room
from abreast.backends.surroundings import Surroundings
from abreast.failures import garbled, lost, rebuild, shut_down, unpicklable
from abreast.pickling import dumps

__all__ = ["Item", "RemoteBackend", "RemoteJob"]


class RemoteBackend:
    """Tasks go to pilots; the engine starts with the first of them."""

    def __init__(self, level: Level, engine: Engine) -> None:
        self.level = level
        self.engine = engine
        self.capabilities = Capabilities(
            isolated=True,
            parallel_python=True,
            survives_crash=engine.survives_crash,
            stops_anything=engine.stops_anything,
        )
        self.lanes = journal.shared().engine(journal.plan_of(level), level.workers)
        self.hub = Hub(engine, _bare(level), self.lanes)
        self.surroundings = Surroundings()
        self.numbers = itertools.count()
        self.jobs: weakref.WeakSet[RemoteJob] = weakref.WeakSet()
        self.closed = False

    def open(self, call: Call) -> Job:
        """Begin a job."""
        if self.closed:
            raise shut_down()
        return RemoteJob(self, call)

    def pack(self, value: Any) -> Any:
        """Take a value as it is now: its large memory is placed, once a machine."""
        found: list[Any] = []
        data = dumps(value, found)
        views = [each.raw() for each in found]
        size = sum(view.nbytes for view in views)
        if size >= LARGE and len(self.hub.rooms) + len(views) <= MANY:
            with contextlib.suppress(OSError):
                rooms = [Room(view) for view in views]
                return Parcel(Kept(self.hub, data, rooms, size + len(data)))
        return Loose(data, [bytes(view) for view in views])

    def outstanding(self) -> int:
        """Tasks of all jobs."""
        with self.hub.lock:
            return sum(len(job.items) for job in self.hub.jobs.values())

    def shutdown(self, grace: float) -> None:
        """End the pilots, and what was started for them."""
        self.closed = True
        with self.hub.lock:
            jobs = list(self.hub.jobs.values())
        for job in jobs:
            job.withdraw_closed()
        deadline = time.monotonic() + grace
        while self.outstanding() and time.monotonic() < deadline:
            time.sleep(0.005)
        for job in jobs:
            job.end_closed()
        self.hub.close(grace)

    def disarm(self) -> None:
        """Forget everything: it is the parent's."""
        self.closed = True
        self.hub.disarm()
        for job in list(self.jobs):
            job.orphan()


def _bare(level: Level) -> Level:
    """Return the level as it travels: without what only this process has."""
    return Level(level.name, level.workers, inner_threads=level.inner_threads, inner=level.inner)


class Item:
    """A task on its way."""

    __slots__ = ("buffers", "data", "job", "kept", "key", "link", "since", "size", "withdrawn")

    def __init__(
        self, job: RemoteJob, index: int, data: bytes, buffers: list[Any], kept: list[Kept]
    ) -> None:
        self.job = job
        self.key = job.number, index
        self.data = data
        self.buffers = buffers
        """Bytes that go along, or keys of placed memory."""
        self.kept = kept
        """Results of other tasks, which it takes from where they are."""
        self.size = len(data) + sum(len(each) for each in buffers if not isinstance(each, int))
        self.link: Link | None = None
        self.since = 0.0
        self.withdrawn = False

    def runs(self) -> bool:
        """Whether it has begun, as far as is known."""
        return self.since > 0.0


class RemoteJob:
    """The tasks of one call."""

    def __init__(self, backend: RemoteBackend, call: Call) -> None:
        self.backend = backend
        self.hub = backend.hub
        backend.jobs.add(self)
        self.call = call
        self.number = next(backend.numbers)
        self.style = _style(call)
        around = backend.surroundings.now()
        self.around = b"" if around is None else around[1]
        self.changed = threading.Condition(self.hub.lock)
        self.keys: list[int] = []
        self.placed: OrderedDict[tuple[int, int], tuple[int | None, bytes]] = OrderedDict()
        """Large arguments that came lately, by where they are here."""
        self.function: tuple[bytes, list[Any], list[Kept]] | None = None
        if call.function is not None:
            try:
                with leaving(self.hub) as kept:
                    self.function = *self._pack(call.function, always=True), kept
            except (MemoryError, OSError):
                raise
            except Exception as reason:
                raise unpicklable("function", None, reason) from reason
        self.first = 0
        """Number of its first task, in the journal."""
        self._entry = 0
        if call.function is not None:
            self._entry = backend.lanes.begin(*journal.title(call))
        self.pushed = 0
        self.items: dict[int, Item] = {}
        self.pending: deque[Item] = deque()
        self.has_turn = False
        self.mean: float | None = None
        self.ended: list[tuple[int, int, Any, Any, bool, Sequence[Any]]] = []
        self.said: list[Output] = []
        self.callbacks: list[Callable[[], None]] = []
        weakref.finalize(self, self.hub.forget, self.number, self.keys).atexit = False

    # For its user.

    def want(self) -> int:
        """How many more tasks to push now."""
        workers = min(self.backend.level.workers, 64)
        if self.mean is None:
            return max(0, 4 * workers - len(self.pending))
        ahead = workers * max(2, min(2048, int(4 * SPAN / max(self.mean, 1e-6))))
        return max(0, ahead - len(self.pending))

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Append a task for each item."""
        index = begin = self.pushed if at is None else at
        start = time.perf_counter()
        what = "function or an argument" if self.call.function is None else "argument"
        try:
            for item in items:
                if self.backend.closed:
                    raise shut_down()
                try:
                    with leaving(self.hub) as kept:
                        data, buffers = self._pack(item)
                except (MemoryError, OSError):
                    raise
                except Exception as reason:
                    raise unpicklable(what, index, reason) from reason
                if self.call.function is None and not self._entry:
                    self._entry, self.first = self.backend.lanes.join(journal.name_of(item[0]))
                task = Item(self, index, data, buffers, kept)
                with self.hub.lock:
                    self.items[index] = task
                    self.pending.append(task)
                index += 1
                self.pushed += at is None
        finally:
            if self.pending:
                self.hub.add(self)
            if self._entry and self.call.function is not None and at is None:
                took = time.perf_counter() - start
                self.backend.lanes.pushed(self._entry, index - begin, took)

    def entry(self) -> int:
        """Return its number in the journal; zero for none."""
        return self._entry

    def _pack(self, value: Any, *, always: bool = False) -> tuple[bytes, list[Any]]:
        """Pickle a value; its large memory goes beside it, or is placed once for many."""
        found: list[Any] = []
        data = dumps(value, found)
        if not found:
            return data, []
        views = [each.raw() for each in found]
        if sum(view.nbytes for view in views) < LARGE:
            return dumps(value), []
        return data, [self._place(view, always) for view in views]

    def _place(self, view: Any, always: bool) -> Any:
        if view.nbytes < LARGE:
            return bytes(view)
        if always:
            self.keys.append(self.hub.place(view))
            return self.keys[-1]
        # The same array again, as in `map(f, [array] * 8)`, is found where it was.
        where = _address(view), view.nbytes
        known = self.placed.get(where)
        if known is not None:
            key, room = known
            if _same(room, where):
                if key is None:
                    key = self.hub.place(view)
                    self.keys.append(key)
                    self.placed[where] = key, room
                return key
        content = bytes(view)
        self.placed[where] = None, content
        while len(self.placed) > 2:
            self.placed.popitem(last=False)
        return content

    def skip(self) -> None:
        """Pass over an index."""
        self.pushed += 1

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Wait until tasks ended, and take them."""
        begin = time.perf_counter()
        if timeout != 0.0:
            self.wait(timeout)
        waited = time.perf_counter()
        with self.hub.lock:
            taken, self.ended = self.ended, []
            said, self.said = self.said, []
        listed: list[Ended] = []
        notes = 0
        for index, kind, data, parts, note, parcels in taken:
            notes += note
            lost_one = next((each for each in parcels if isinstance(each, BaseException)), None)
            if lost_one is not None:
                listed.append(Ended(index, None, lost_one))
                continue
            if kind == keeper.KEPT and self.style == keeper.APPLY and results is None:
                # The future opens it when it is asked; other tasks take it unopened.
                listed.append(Ended(index, data, None))
            elif kind in (keeper.VALUE, keeper.KEPT):
                try:
                    kept = kind == keeper.KEPT
                    with returned(parcels):
                        value = data.open() if kept else pickle.loads(data, buffers=parts)
                except Exception as reason:
                    listed.append(Ended(index, None, garbled(index, reason)))
                    continue
                if results is None:
                    listed.append(Ended(index, value, None))
                else:
                    results[index] = value
            elif kind == keeper.FAILURE:
                listed.append(Ended(index, None, rebuild(data)))
            else:
                listed.append(Ended(index, None, data))
        if self._entry:
            took = time.perf_counter() - waited
            self.backend.lanes.pulled(self._entry, waited - begin, took)
        return Pulled(len(taken), notes, listed, said)

    def wait(self, timeout: float | None) -> bool:
        """Wait until something arrived."""
        with self.hub.lock:
            self.changed.wait_for(lambda: self.ended or self.said or not self.items, timeout)
            return bool(self.ended or self.said)

    def ready(self) -> bool:
        """Whether something arrived."""
        return bool(self.ended or self.said)

    def outstanding(self) -> int:
        """Tasks that neither ended nor were withdrawn."""
        return len(self.items)

    def running(self) -> bool:
        """Whether a worker runs one of the tasks."""
        with self.hub.lock:
            return any(item.runs() for item in self.items.values())

    def started(self) -> list[Running]:
        """Tasks that run now."""
        now = time.monotonic()
        with self.hub.lock:
            return [
                Running(index, now - item.since, item.link.worker())
                for index, item in self.items.items()
                if item.runs() and item.link is not None
            ]

    def halt(self, task: int, force: bool = False) -> bool:
        """Interrupt one running task; with `force`, end its worker."""
        with self.hub.lock:
            item = self.items.get(task)
            if item is None or not item.runs():
                return False
            halted = self.hub.halt(item, force)
        self.hub.wake()
        return halted

    def cancel(self, first: int = 0) -> int:
        """Withdraw what no worker has begun."""
        with self.hub.lock:
            later = [
                item for index, item in self.items.items() if index >= first and not item.runs()
            ]
            for item in later:
                item.withdrawn = True
                del self.items[item.key[1]]
            self.pending = deque(item for item in self.pending if not item.withdrawn)
            self.hub.skip(later)
            self.changed.notify_all()
        return len(later)

    def stop(self, grace: float) -> None:
        """Withdraw, interrupt, and end or give up the workers that go on."""
        self.cancel()
        for running in self.started():
            self.halt(running.task)
        self._await_end(grace)
        for running in self.started():
            if self.backend.capabilities.stops_anything:
                self.halt(running.task, force=True)
        if self.backend.capabilities.stops_anything:
            self._await_end(10.0)
        with self.hub.lock:
            for item in list(self.items.values()):
                self.hub.give_up(item)
        self.hub.wake()

    def _await_end(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self.hub.lock:
            while self.items and time.monotonic() < deadline:
                self.changed.wait(0.05)

    def watch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called once nothing is outstanding."""
        with self.hub.lock:
            self.callbacks.append(callback)
            due = [] if self.items or self.number in self.hub.jobs else self.told()
        for each in due:
            each()

    # For the hub, which holds the lock.

    def told(self) -> list[Callable[[], None]]:
        """Take who is to be told that nothing is outstanding."""
        due, self.callbacks = self.callbacks, []
        self.changed.notify_all()
        return due

    def took(self, seconds: float) -> None:
        """Note how long a task took."""
        self.mean = seconds if self.mean is None else 0.7 * self.mean + 0.3 * seconds

    def end(
        self, item: Item, kind: int, data: Any, parts: Any, note: bool, parcels: Sequence[Any] = ()
    ) -> None:
        """Note that a task has ended."""
        if self.items.pop(item.key[1], None) is not None:
            self.ended.append((item.key[1], kind, data, parts, note, parcels))
            self.changed.notify_all()

    def fail(self, item: Item, error: BaseException) -> None:
        """Note that a task will never end by itself."""
        self.end(item, -1, error, (), False)

    def put_back(self, item: Item) -> None:
        """Take back a task that was not begun after all."""
        item.link, item.since = None, 0.0
        at = 0
        while at < len(self.pending) and self.pending[at].key < item.key:
            at += 1
        self.pending.insert(at, item)

    def hear(self, said: Output) -> None:
        """Keep what a task said."""
        self.said.append(said)
        self.changed.notify_all()

    def orphan(self) -> None:
        """In a forked child: what was not over there is the parent's."""
        self.changed = threading.Condition(self.hub.lock)
        for index in list(self.items):
            self.ended.append((index, -1, lost(("closed", None, None, None), index), (), False, ()))
        self.items.clear()
        self.pending.clear()
        self.callbacks.clear()

    # At shutdown.

    def withdraw_closed(self) -> None:
        """Have what was not begun end as closed."""
        with self.hub.lock:
            later = [item for item in self.items.values() if not item.runs()]
            for item in later:
                item.withdrawn = True
                self.fail(item, lost(("closed", None, None, None), item.key[1]))
            self.pending.clear()
            self.hub.skip(later)

    def end_closed(self) -> None:
        """Have what still runs end as closed, and interrupt it."""
        with self.hub.lock:
            for item in list(self.items.values()):
                if self.backend.capabilities.stops_anything:
                    self.hub.halt(item, force=True)
                item.withdrawn = True
                self.fail(item, lost(("closed", None, None, None), item.key[1]))
            due = self.told()
        for each in due:
            each()


def _style(call: Call) -> int:
    if call.function is None:
        return keeper.APPLY
    return keeper.INDEXED if call.indexed else keeper.STAR if call.star else keeper.PLAIN


def _address(view: Any) -> int:
    import numpy as np

    return int(np.frombuffer(view, dtype=np.uint8).ctypes.data)


def _same(content: bytes, where: tuple[int, int]) -> bool:
    """Whether memory still holds what it held; said by the C library, at its speed."""
    memcmp = ctypes.CDLL(None).memcmp
    memcmp.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t]
    return not memcmp(content, where[0], where[1])
