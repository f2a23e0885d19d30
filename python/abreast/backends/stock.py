"""Large memory of a hub's tasks: what is placed, what results left, and on which machine it is."""

from __future__ import annotations

import contextlib
import itertools
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from abreast.backends import keeper
from abreast.backends.away import Away, Holder, Reader, gone
from abreast.backends.engine import Engine
from abreast.backends.kept import Kept
from abreast.backends.line import Link, Switchboard
from abreast.backends.parcel import Loose, Parcel
from abreast.backends.room import MANY as MANY_ROOMS
from abreast.backends.room import Room, node
from abreast.failures import lost, shut_down

if TYPE_CHECKING:
    from abreast.backends.contract import Level

__all__ = ["Stock"]

TICK = 0.02


class Stock(Switchboard):
    """Memory by key: one transfer a machine, and from machine to machine not through here."""

    def __init__(self, engine: Engine, level: Level) -> None:
        super().__init__(engine)
        self.level = level
        self.rooms: dict[int, Room | Away] = {}
        self.fallen: deque[list[int]] = deque()
        """Keys of memory that nobody wants any more."""
        self.keepers: dict[tuple[Any, int], Any] = {}
        """By machine and key: where the memory is; None while it is on its way."""
        self.cut: set[tuple[Any, Any]] = set()
        """Pairs of machines of which the first does not reach the second."""
        self.keys = itertools.count()
        self.arrived = threading.Condition(self.lock)
        self.away: weakref.WeakSet[Kept] = weakref.WeakSet()
        """Results on other machines."""
        self.near = node()

    def disarm(self) -> None:
        """In a forked child: these connections are the parent's."""
        super().disarm()
        self.arrived = threading.Condition(self.lock)

    # From other threads.

    def forget(self, job: int, keys: list[int]) -> None:
        """Let go of what a job has at the pilots."""
        with self.lock:
            for link in self.links:
                if job in link.jobs or link.keys & set(keys):
                    link.jobs.discard(job)
                    link.keys -= set(keys)
                    self.post(link, ("drop", job, keys))
            for key in keys:
                self.rooms.pop(key, None)
            for place in [place for place in self.keepers if place[1] in keys]:
                del self.keepers[place]
            if self.thread is not None:
                self.wake()

    def place(self, content: Any) -> int:
        """Place large memory, and answer the key by which pilots ask for it."""
        room = Room(content)
        with self.lock:
            key = next(self.keys)
            self.rooms[key] = room
        return key

    def keep(self, rooms: Sequence[Room | Away]) -> list[int]:
        """Note memory that a task made, and answer the keys by which pilots ask for it."""
        with self.lock:
            keys = [next(self.keys) for _ in rooms]
            self.rooms.update(zip(keys, rooms, strict=True))
        return keys

    def let_fall(self, keys: list[int]) -> None:
        """Forget memory soon; on any thread, whatever that holds."""
        self.fallen.append(keys)
        with contextlib.suppress(OSError, AttributeError):
            self.rope.send(b"!")

    def fetch(self, keys: list[int]) -> list[bytearray]:
        """Return what lies under keys on other machines; wait for it.

        Raises
        ------
        WorkerLost
            If who kept it is gone.
        PoolClosed
            If the plan is shut down.
        """
        readers: list[tuple[Reader, str]] = []
        here = threading.current_thread() is self.thread
        with self.lock:
            for key in keys:
                away = self.rooms.get(key)
                if not isinstance(away, Away) or self.thread is None or (self.closing and not here):
                    raise shut_down()
                reader = Reader()
                readers.append((reader, away.origin))
                away.readers.append(reader)
                self._ask(key, away)
        self.wake()
        while not all(reader.done for reader, _ in readers):
            if here:
                self._pump()
                continue
            with self.lock:
                self.arrived.wait_for(lambda: all(reader.done for reader, _ in readers), 1.0)
                if self.thread is None or not self.thread.is_alive():
                    raise shut_down()
        contents = []
        for reader, origin in readers:
            if reader.content is None:
                raise gone(origin)
            contents.append(reader.content)
        return contents

    def _pump(self) -> None:
        """Send and hear, in a callback that waits on the one thread that does."""
        with self.lock:
            for link in self.links:
                self.watch(link)
        self.hear(TICK)

    # What pilots say.

    def take_over(
        self, link: Link, index: int, data: bytes | None, places: Any, address: Any
    ) -> tuple[int, Any, Any]:
        """Hold the memory of a result here as well, or know where it is."""
        if not link.is_near:
            return keeper.KEPT, self._leave_there(link, data, places, address), ()
        try:
            rooms = [Room.adopt(place) for place in places]
        except OSError:
            # It died in this very moment, and the result with it.
            return -1, lost(("died", link.facts["pid"], None, None), index), ()
        self.post(link, ("taken", [descriptor for _, descriptor, _ in places]))
        if len(self.rooms) + len(rooms) <= MANY_ROOMS:
            return keeper.KEPT, Kept(self, data, rooms, _size(data, places)), ()
        contents = [room.content() for room in rooms]
        return keeper.VALUE, contents.pop(0) if data is None else data, contents

    def take_parcel(
        self, link: Link, index: int, data: bytes | None, places: Any, address: Any
    ) -> Any:
        """Return a parcel of a result; an exception if it is lost."""
        kind, taken, contents = self.take_over(link, index, data, places, address)
        if kind == keeper.KEPT:
            return Parcel(taken)
        return Loose(taken, contents) if kind == keeper.VALUE else taken

    def _leave_there(self, link: Link, data: bytes | None, places: Any, address: Any) -> Kept:
        aways = [Away(link, Holder(place, address)) for place in places]
        kept = Kept(self, data, aways, _size(data, places))
        self.away.add(kept)
        link.keys.update(kept.keys)
        descriptors = [descriptor for _, descriptor, _ in places]
        self.post(link, ("named", list(zip(descriptors, kept.keys, strict=True))))
        # Another process of that machine holds it as well, so it outlives its worker.
        for other in self.links:
            if other is not link and other.serves and other.machine == link.machine:
                for key, place in zip(kept.keys, places, strict=True):
                    other.keys.add(key)
                    self.post(other, ("hold", key, place))
                break
        return kept

    def _on_need(self, link: Link, key: int, parts: Any) -> None:
        """Bring memory again: who kept it on its machine is gone."""
        with self.lock:
            room = self.rooms.get(key)
            if isinstance(room, Away):
                self._bring_result(link, key, room)
            else:
                self.post(link, ("memory", key, False), [b"" if room is None else room.view()])

    def _on_kept(self, link: Link, key: int, place: Any, address: Any, parts: Any) -> None:
        with self.lock:
            room = self.rooms.get(key)
            if isinstance(room, Away):
                room.holders[link] = Holder(place, address)
                room.coming.pop(link.machine, None)
            elif (link.machine, key) in self.keepers:
                self.keepers[link.machine, key] = place
            else:
                return
            for other in self.links:
                if other is not link and key in other.keys and other.machine == link.machine:
                    self.post(other, ("place", key, place))

    def _on_fetched(self, link: Link, key: int, source: int, how: str, parts: Any) -> None:
        """Note that a pilot tried to get memory from another machine."""
        with self.lock:
            away = self.rooms.get(key)
            for other in self.links:
                if other.number == source:
                    other.gives -= 1
                    if how == "cut":
                        self.cut.add((link.machine, other.machine))
            if how != "well" and isinstance(away, Away):
                away.relays.append(link)
                self._ask(key, away)

    def _on_sent(self, link: Link, key: int, _count: int, parts: list[Any]) -> None:
        """Take memory that was asked for, for whoever waits."""
        with self.lock:
            away = self.rooms.get(key)
            if not isinstance(away, Away):
                return
            away.asked = None
            if not parts:
                away.holders.pop(link, None)
                self._ask(key, away)
                return
            readers, away.readers = away.readers, []
            relays, away.relays = away.relays, []
            if relays:
                # What readers get is theirs to write.
                content = bytes(parts[0]) if readers else parts[0]
                for each in relays:
                    self.post(each, ("relayed", key), [content])
            for number, reader in enumerate(readers):
                reader.content = bytearray(parts[0]) if number else parts[0]
                reader.done = True
            self.arrived.notify_all()

    def _ask(self, key: int, away: Away) -> None:
        """Have memory of another machine sent here, by one who has it."""
        if away.asked is not None or not (away.readers or away.relays):
            return
        if not away.holders:
            self._tell_gone(key, away)
            return
        away.asked = min(away.holders, key=lambda link: link.gives)
        self.post(away.asked, ("send", key))

    def _tell_gone(self, key: int, away: Away) -> None:
        readers, away.readers = away.readers, []
        away.relays.clear()
        for reader in readers:
            reader.done = True
        for link in self.links:
            if key in link.keys:
                self.post(link, ("gone", key, away.origin))
        self.arrived.notify_all()

    # What they are given.

    def specs(self, link: Link, buffers: list[Any], parts: list[Any]) -> list[tuple[bool, int]]:
        """Say where each buffer is: beside the message, or placed on the machine."""
        specs = []
        for each in buffers:
            if isinstance(each, int):
                self._bring(link, each)
                specs.append((True, each))
            else:
                specs.append((False, len(parts)))
                parts.append(each)
        return specs

    def _bring(self, link: Link, key: int) -> None:
        """Have placed memory where the pilot finds it: one transfer a machine."""
        if key in link.keys:
            return
        link.keys.add(key)
        room = self.rooms[key]
        if isinstance(room, Away):
            self._bring_result(link, key, room)
        elif link.is_near:
            self.post(link, ("place", key, room.place()))
        elif (link.machine, key) not in self.keepers:
            self.keepers[link.machine, key] = None
            self.post(link, ("memory", key, True), [room.view()])
        elif self.keepers[link.machine, key] is not None:
            self.post(link, ("place", key, self.keepers[link.machine, key]))

    def _bring_result(self, link: Link, key: int, away: Away) -> None:
        """Have a machine get a result of another one: from there, or else through here."""
        place = away.place_on(link.machine)
        if place is not None:
            self.post(link, ("place", key, place))
        elif not away.holders:
            self.post(link, ("gone", key, away.origin))
        elif link.machine not in away.coming:
            away.coming[link.machine] = link
            source = away.source(link.machine, self.cut)
            if source is None:
                away.relays.append(link)
                self._ask(key, away)
            else:
                source.gives += 1
                address = away.holders[source].address
                self.post(link, ("fetch", key, source.number, address))

    # How it goes wrong, and ends.

    def lose_memory(self, link: Link) -> None:
        """Note that a pilot is gone: what it kept is not there, what it was to keep others get."""
        if not link.serves:
            return
        for key, room in list(self.rooms.items()):
            if isinstance(room, Away):
                self._lose_holder(link, key, room)
        for place in [place for place, where in self.keepers.items() if where is None]:
            if place[0] == link.machine:
                self._bring_again(place)

    def _lose_holder(self, link: Link, key: int, away: Away) -> None:
        away.holders.pop(link, None)
        away.relays[:] = [each for each in away.relays if each is not link]
        if away.asked is link:
            away.asked = None
        if not away.holders:
            self._tell_gone(key, away)
            return
        self._ask(key, away)
        if away.coming.get(link.machine) is link:
            del away.coming[link.machine]
            for other in self.links:
                if other.serves and other.machine == link.machine and key in other.keys:
                    self._bring_result(other, key, away)

    def _bring_again(self, place: tuple[Any, int]) -> None:
        """Who was to keep memory is gone: the others get their own."""
        del self.keepers[place]
        machine, key = place
        room = self.rooms[key]
        for link in self.links:
            if link.serves and key in link.keys and link.machine == machine:
                assert isinstance(room, Room)
                self.post(link, ("memory", key, False), [room.view()])

    def bring_home(self) -> None:
        """Before the end: have here what lies elsewhere and somebody may still ask for."""
        if not threading.main_thread().is_alive():
            return  # The program ends: nobody will.
        for each in list(self.away):
            # What is lost is said to who asks.
            with contextlib.suppress(Exception):
                each.bring()


def _size(data: bytes | None, places: list[tuple[int, int, int]]) -> int:
    return len(data or b"") + sum(size for _, _, size in places)
