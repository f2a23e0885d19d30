"""Hands the tasks of a plan to its pilots, and takes what they answer."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from abreast._abreast import SerialLane
from abreast.backends import keeper, lanes, output, pilot
from abreast.backends.capture import facts as streams
from abreast.backends.contract import Level, Output
from abreast.backends.engine import Engine, Launched
from abreast.backends.kept import Kept
from abreast.backends.line import Link
from abreast.backends.stock import TICK, Stock
from abreast.backends.surroundings import filters
from abreast.errors import LaunchError
from abreast.failures import lost

if TYPE_CHECKING:
    from abreast.backends.remote import Item, RemoteJob

__all__ = ["MANY", "SPAN", "Hub"]

SPAN = 0.02
"""Seconds of work that a pilot has before it, at most."""
MANY = 512
"""Most tasks that are handed over at one time."""
BYTES = 1 << 20
"""Bytes of arguments that are handed over ahead."""
LINGER = 0.5
"""Seconds without work after which a pilot leaves, and the engine has its worker back."""
is_copy = False
"""Whether this process was forked by one that could have had pilots: it has that one's handlers."""


def _note_fork() -> None:
    global is_copy
    is_copy = True


os.register_at_fork(after_in_child=_note_fork)

FAILURES = 3
"""Pilots in a row that end before they serve, after which no more are launched."""


class Hub(Stock):
    """Pilots, and the jobs whose tasks they take."""

    def __init__(self, engine: Engine, level: Level, caller: SerialLane) -> None:
        super().__init__(engine, level)
        self.caller = caller
        """Beside which its workers stand in the journal."""
        self.jobs: dict[int, RemoteJob] = {}
        self.turns: deque[RemoteJob] = deque()
        """Jobs with tasks that nobody has; the next to be served first."""
        self.launched: dict[int, Launched | None] = {}
        self.numbers = itertools.count()
        self.served: set[int] = set()
        self.failures = 0
        self.mean: float | None = None
        """Seconds that a submitted task takes."""
        self.broken: str | None = None

    # From other threads.

    def halt(self, item: Item, force: bool) -> bool:
        """Interrupt a task that runs, or end its worker."""
        with self.lock:
            link = item.link
            if link is None or link.current != item.key:
                return False
            if not force:
                self.post(link, ("halt", *item.key))
                return True
            link.killed = True
            return self.engine.kill(link.facts)

    def give_up(self, item: Item) -> None:
        """Expect nothing more of the pilot that runs it."""
        with self.lock:
            link = item.link
            if link is not None:
                self.lose(link, "closed")

    def skip(self, items: list[Item]) -> None:
        """Tell pilots which tasks nobody wants any more."""
        told: dict[Link, dict[int, list[int]]] = {}
        for item in items:
            if item.link is not None:
                told.setdefault(item.link, {}).setdefault(item.key[0], []).append(item.key[1])
        for link, jobs in told.items():
            for job, indices in jobs.items():
                self.post(link, ("skip", job, indices))
        self.wake()

    # On its own thread.

    def step(self) -> None:
        """Hear what pilots say, and hand out tasks."""
        # What pilots had said by then counts: which tasks had begun.
        is_broken = self.broken is not None
        active = self.jobs or self.launched or not all(link.parted for link in self.links)
        self.hear(TICK if active else None)
        self.engine.poll()
        calls: list[Callable[[], None]] = []
        while self.fallen:
            self.forget(-1, self.fallen.popleft())
        with self.lock:
            if is_broken:
                self._fail_all()
            elif self.broken is None:
                self._launch()
                self._hand_out()
                self._even_out()
                self._let_go()
            for link in self.links:
                self.watch(link)
            for job in [job for job in self.jobs.values() if not job.items]:
                del self.jobs[job.number]
                calls += job.told()
        for call in calls:
            call()

    # What pilots say.

    def heard(self, link: Link, events: Any, parts: list[Any]) -> None:
        """Take what a pilot says."""
        at = 0
        for event in events:
            count = event[5] if event[0] == "e" else event[2] if event[0] == "sent" else 0
            getattr(self, f"_on_{event[0]}")(link, *event[1:], parts=parts[at : at + count])
            at += count

    def _on_hello(self, link: Link, number: int, facts: dict[str, Any], parts: Any) -> None:
        own = pilot.facts()
        wrong = _differs(own, facts)
        if wrong:
            self.fault(LaunchError(f"plan over {self.engine.title}: {wrong}"))
            return
        with self.lock:
            link.number, link.facts = number, facts
            self.served.add(number)
            link.is_near = facts["node"] == self.near
            lanes.joined(link, self.links, self.caller)
            link.idle_since = time.monotonic()
            self.failures = 0
            welcome = {
                "level": self.level,
                "filters": filters(),
                "streams": streams(),
                "path": _path() if self.engine.owned and link.is_near else None,
                "near": link.is_near,
            }
            self.post(link, ("welcome", welcome))

    def _on_b(self, link: Link, job: int, index: int, parts: Any) -> None:
        with self.lock:
            link.current, link.since = (job, index), time.monotonic()
            item = link.held.get((job, index))
            if item is not None:
                item.since = link.since
                if item.withdrawn:
                    # It was begun in the very moment in which it was withdrawn.
                    self.post(link, ("halt", job, index))

    def _on_e(
        self,
        link: Link,
        job: int,
        index: int,
        kind: int,
        data: Any,
        _count: int,
        times: tuple[float, float],
        note: bool,
        parts: Any,
    ) -> None:
        start, seconds = times
        with self.lock:
            if link.current == (job, index):
                link.current = None
            item = link.held.pop((job, index), None)
            if not link.held:
                link.idle_since = time.monotonic()
            if item is not None:
                self.mean = seconds if self.mean is None else 0.8 * self.mean + 0.2 * seconds
                item.job.took(seconds)
                returned = sum(map(len, parts), len(data))
                lanes.ran(link, item, start, seconds, kind == keeper.FAILURE, returned)
            parcels: list[Any] = []
            if kind == keeper.NESTED:
                kind, data, inside = data
                parcels = [self.take_parcel(link, index, *each) for each in inside]
            if kind == keeper.KEPT:
                kind, data, parts = self.take_over(link, index, *data)
            if item is not None:
                item.job.end(item, kind, data, parts, note, parcels)

    def _on_o(self, link: Link, job: int, index: int, tag: int, data: Any, parts: Any) -> None:
        with self.lock:
            item = link.held.get((job, index))
            if item is None or item.withdrawn:
                return
            (said,) = output.read([(index, tag, data)])
            if item.job.call.heard:
                item.job.hear(said)
                return
        _show(said)

    def _on_gave(self, link: Link, given: list[tuple[int, int]], parts: Any) -> None:
        with self.lock:
            link.asked = False
            for key in reversed(given):
                item = link.held.pop(key, None)
                if item is not None and not item.withdrawn:
                    item.job.put_back(item)
                    self._take_turn(item.job)
            if not link.held:
                link.idle_since = time.monotonic()

    # What they are given.

    def _take_turn(self, job: RemoteJob) -> None:
        if job.pending and not job.has_turn:
            job.has_turn = True
            self.turns.append(job)

    def add(self, job: RemoteJob) -> None:
        """Note that a job has tasks."""
        with self.lock:
            self.jobs[job.number] = job
            self._take_turn(job)
        self.wake()

    def _wanted(self) -> int:
        waiting = sum(len(job.items) for job in self.jobs.values())
        return min(waiting, self.level.workers, self.engine.slots())

    def _launch(self) -> None:
        serving = {link.number for link in self.links if link.serves and not link.parted}
        for number in serving & self.launched.keys():
            self.launched[number] = None
        missing = self._wanted() - len(serving | self.launched.keys())
        for _ in range(missing):
            number = next(self.numbers)
            self.launched[number] = None
            try:
                launched = self.engine.launch(
                    pilot.serve,
                    self.addresses,
                    self.secret,
                    number,
                    ended=partial(self._pilot_ended, number),
                )
            except Exception as error:
                self.launched.pop(number, None)
                self._refused(error)
                return
            if number in self.launched:  # otherwise it has ended meanwhile
                self.launched[number] = launched

    def _pilot_ended(self, number: int, error: BaseException | None) -> None:
        with self.lock:
            if self.launched.pop(number, self) is self or self.closing:
                return
            if error is not None and number not in self.served:
                self._refused(error)
        self.wake()

    def _refused(self, error: BaseException) -> None:
        """Note that a pilot could not be launched, or did not get far."""
        self.failures += 1
        if self.failures >= FAILURES or not self.engine.survives_crash:
            if any(link.serves and link.held for link in self.links) and self.failures < 100:
                return  # Others do the work; they may still end well.
            self.fault(error)

    def _hand_out(self) -> None:
        links = [link for link in self.links if link.serves and not link.killed]
        links.sort(key=lambda link: len(link.held))
        busy = True
        while self.turns and busy:
            busy = False
            for link in links:
                if self.turns and self._fill(link):
                    busy = True

    def _fill(self, link: Link) -> bool:
        """Hand a pilot tasks of the job whose turn it is; whether it took some."""
        job = self.turns[0]
        mean = job.mean if job.call.function is not None or job.mean is not None else self.mean
        room = 1 if mean is None else max(1, min(MANY, int(SPAN / max(mean, 1e-6))))
        ahead = len(link.held)
        if ahead and (room == 1 or ahead > room // 2 or link.asked):
            return False
        # The last ones are shared out evenly.
        serving = max(1, sum(each.serves and not each.parted for each in self.links))
        count = min(room - ahead, max(1, -(-len(job.pending) // (2 * serving))))
        self.turns.popleft()
        job.has_turn = False
        items: list[Item] = []
        size = 0
        while job.pending and len(items) < count and (not items or size < BYTES):
            item = job.pending.popleft()
            items.append(item)
            size += item.size
        self._take_turn(job)
        if items:
            self._hand(link, job, items)
        return bool(items)

    def _hand(self, link: Link, job: RemoteJob, items: list[Item]) -> None:
        if job.number not in link.jobs:
            link.jobs.add(job.number)
            self._send_job(link, job)
        tasks = []
        parts: list[Any] = []
        for item in items:
            item.link = link
            link.held[item.key] = item
            specs = None
            if item.buffers:
                specs = self.specs(link, item.buffers, parts)
            tasks.append((item.key[1], item.data, specs, self._kept(link, item.kept, parts)))
        self.post(link, ("tasks", job.number, tasks), parts)

    def _kept(self, link: Link, kept: list[Kept], parts: list[Any]) -> list[Any]:
        return [(each.data, self.specs(link, each.keys, parts)) for each in kept]

    def _send_job(self, link: Link, job: RemoteJob) -> None:
        parts: list[Any] = []
        packed = None
        if job.function is not None:
            data, buffers, kept = job.function
            packed = data, self.specs(link, buffers, parts), self._kept(link, kept, parts)
        message = ("job", job.number, job.style, job.call.watched, job.around, packed)
        self.post(link, message, parts)

    def _even_out(self) -> None:
        """Where one pilot has nothing and another is held up: ask for what it has not begun."""
        if self.turns or not any(
            link.serves and not link.held and not link.parted for link in self.links
        ):
            return
        now = time.monotonic()
        for link in self.links:
            begun = link.current is not None
            left = len(link.held) - begun
            if left > 0 and begun and not link.asked and now - link.since > 2 * SPAN:
                link.asked = True
                self.post(link, ("give", (left + 1) // 2 if left > 1 else 1))

    def _let_go(self) -> None:
        if self.turns:
            return
        now = time.monotonic()
        for link in self.links:
            if link.serves and not link.held and now - link.idle_since > LINGER:
                self._part(link)

    def _part(self, link: Link) -> None:
        """Say goodbye; the other side closes, as soon as nobody wants results that it has."""
        self.post(link, ("leave",))
        link.idle_since = float("inf")
        link.killed = link.parted = True

    # How it goes wrong, and ends.

    def lose(self, link: Link, reason: str) -> None:
        """Note that a pilot is gone."""
        if link not in self.links:
            return
        self.links.remove(link)
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(link.sock)
        link.sock.close()
        self.lose_memory(link)
        lanes.died(link)
        if reason == "died" and not self.engine.survives_crash:
            reason = "broken"
        for key, item in reversed(link.held.items()):
            if item.withdrawn:
                continue
            if key == link.current or reason == "closed":
                loss = (reason, link.facts["pid"], None, None)
                item.job.fail(item, lost(loss, key[1]))
            else:
                item.job.put_back(item)
                self._take_turn(item.job)
        link.held.clear()

    def fault(self, error: BaseException) -> None:
        """Note that nothing will run any more."""
        with self.lock:
            if isinstance(error, LaunchError):
                self.broken = str(error)
            else:
                self.broken = self.engine.explain(error)
            if self.thread is not None:
                self.wake()

    def _fail_all(self) -> None:
        # What runs is lost with its worker, whoever is heard first: the engine, or the line's end.
        for link in list(self.links):
            self.lose(link, "died")
        for job in list(self.jobs.values()):
            for item in list(job.items.values()):
                job.fail(item, LaunchError(self.broken))

    def end(self) -> None:
        """Leave nothing behind."""
        if self.broken is None:
            self.bring_home()
        with self.lock:
            links = list(self.links)
            for link in links:
                self._part(link)
            launched = [each for each in self.launched.values() if each is not None]
        for each in launched:
            with contextlib.suppress(Exception):
                each.cancel()
        deadline = time.monotonic() + 5.0
        for link in links:
            # A goodbye, as long as the other side listens; then the end of the line.
            with contextlib.suppress(OSError, ValueError):
                link.sock.settimeout(max(0.01, deadline - time.monotonic()))
                for piece in link.outbox:
                    link.sock.sendall(piece)
                link.sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 1.0
        while self.launched and time.monotonic() < deadline and self.broken is None:
            time.sleep(0.002)
            with self.lock:
                self.launched = {n: each for n, each in self.launched.items() if self._lives(each)}
        with self.lock:
            for link in links:
                self.lose(link, "closed")
            self._fail_all()
        for sock in (self.listener, self.bell, self.rope):
            if sock is not None:
                sock.close()
        self.selector.close()
        self.rooms.clear()
        with contextlib.suppress(Exception):
            self.engine.stop(1.0)

    @staticmethod
    def _lives(launched: Any) -> bool:
        done = getattr(launched, "done", None)
        return launched is not None and done is not None and not done()


def _show(said: Output) -> None:
    with output.aloud:
        try:
            output.show(said)
        except Exception:
            traceback.print_exc()


def _path() -> list[str]:
    return [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 - empty means here


def _differs(own: dict[str, Any], other: dict[str, Any]) -> str:
    """Say what is not the same at both ends, and has to be."""
    here, there = own["python"], other["python"]
    place = f"on {other['host']}"
    if here.split(".")[:2] != there.split(".")[:2]:
        return (
            f"the workers {place} run Python {there}, and this program Python {here}\n"
            "hint: functions travel as code of one version: use the same Python at both ends"
        )
    if own["abreast"] != other["abreast"]:
        return (
            f"the workers {place} have abreast {other['abreast']}, and this program abreast "
            f"{own['abreast']}\nhint: pip install abreast=={own['abreast']} where the workers run"
        )
    return ""
