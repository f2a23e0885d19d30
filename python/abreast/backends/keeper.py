"""What a pilot has of large memory: what tasks read, and what they left for others."""

from __future__ import annotations

import contextlib
import pickle
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

__all__ = [
    "APPLY",
    "FAILURE",
    "INDEXED",
    "KEEP",
    "KEPT",
    "NESTED",
    "PLAIN",
    "STAR",
    "VALUE",
    "Keeper",
]

PLAIN, STAR, INDEXED, APPLY = range(4)
"""How a task calls its function."""
VALUE, FAILURE, KEPT, NESTED = range(4)
"""How a task ended: with a value, its memory in the message or not, or with parcels in it."""

KEEP = 1 << 20
"""Bytes of memory of a result from which on it does not travel, where the caller finds it."""

SPARES = 4
"""Of so many results the memory is used again."""
SPARED = 1.0
"""Seconds after which it is given back."""


class _Gone:
    """Stands for the place of a result that is lost."""

    def __init__(self, origin: str) -> None:
        self.origin = origin


class Keeper:
    """Memory by key: on this machine, or to be fetched from another one."""

    def __init__(self, sock: socket.socket, secret: bytes) -> None:
        self.sock = sock
        self.secret = secret
        self.changed = threading.Condition()
        self.leaving = False
        self.welcome: dict[str, Any] | None = None
        self.places: dict[int, Any] = {}
        """Large memory: where it is, or itself."""
        self.kept: dict[int, Any] = {}
        """What others of this machine read here, by its key."""
        self.results: dict[int, Any] = {}
        """What the caller has not taken over yet, by its descriptor."""
        self.spares: list[Any] = []
        """Memory of results that others have taken over."""
        self.spared = 0.0
        self.depot: Any = None
        """What stays here, where the caller is on another machine."""
        self.coming: set[int] = set()
        """Results that are being fetched."""

    def tell(self, *events: tuple[Any, ...], parts: Sequence[Any] = ()) -> None:
        """Send events, after those that wait."""
        raise NotImplementedError

    def begin_depot(self) -> None:
        """Be ready to keep results."""
        from abreast.backends.depot import Depot

        self.depot = Depot(self.sock.getsockname()[0], self.secret)

    def end_depot(self) -> None:
        """Let go of results: the caller is gone."""
        self.forget_spares(at_once=True)
        if self.depot is not None:
            self.depot.close()

    def is_wanted(self) -> bool:
        """Whether results are to stay here when the tasks have ended."""
        return self.depot is not None and bool(self.depot.rooms)

    # What the caller says.

    def _on_place(self, key: int, place: Any, _parts: list[Any]) -> None:
        with self.changed:
            self.places[key] = place
            self.changed.notify_all()

    def _on_memory(self, key: int, keep: bool, parts: list[Any]) -> None:
        content = parts[0]
        if keep:
            from abreast.backends.room import Room

            room = self.kept[key] = Room(content)
            self.tell(("kept", key, room.place(), None))
            content = room.place()
        self._on_place(key, content, [])

    def _on_taken(self, descriptors: list[int], _parts: list[Any]) -> None:
        with self.changed:
            for descriptor in descriptors:
                self._spare(self.results.pop(descriptor, None))

    def _spare(self, room: Any) -> None:
        """Have memory here for another result, once nobody has this one any more."""
        from abreast.config import get

        if room is not None and room.size >= KEEP and not self.leaving:
            self.spared = time.monotonic()
            self.spares.append(room)
            while len(self.spares) > SPARES or sum(it.size for it in self.spares) > get().keep:
                self.spares.pop(0)

    def forget_spares(self, *, at_once: bool = False) -> None:
        """Give back memory that was not wanted again for a while."""
        if self.spares and (at_once or time.monotonic() - self.spared > SPARED):
            with self.changed:
                self.spares.clear()

    def _room(self, content: Any) -> Any:
        """Place memory; where other memory was, if possible."""
        from abreast.backends.room import Room

        size = memoryview(content).nbytes
        with self.changed:
            fitting = [it for it in self.spares if size // 2 <= it.size <= 2 * size]
            self.spares = [it for it in self.spares if it not in fitting]
        found = next((it for it in fitting if size >= KEEP and it.refill(content)), None)
        with self.changed:
            self.spares += [it for it in fitting if it is not found]
        if found is not None:
            return found
        return Room(content)

    def drop(self, keys: list[int]) -> None:
        """Let go of memory that nobody wants any more."""
        for key in keys:
            self.places.pop(key, None)
            self.kept.pop(key, None)
            self.coming.discard(key)
            if self.depot is not None:
                with self.changed:
                    self._spare(self.depot.rooms.pop(key, None))

    # Results that stay here.

    def _on_named(self, names: list[tuple[int, int]], _parts: list[Any]) -> None:
        with self.changed:
            for descriptor, key in names:
                room = self.results.pop(descriptor)
                self.depot.rooms[key] = room
                self.places[key] = room.place()

    def _on_hold(self, key: int, place: Any, _parts: list[Any]) -> None:
        """Hold a result of another process of this machine as well."""
        from abreast.backends.room import Room

        with contextlib.suppress(OSError):
            self._hold(key, Room.adopt(place))

    def _hold(self, key: int, room: Any) -> None:
        self.depot.rooms[key] = room
        self._on_place(key, room.place(), [])
        self.tell(("kept", key, room.place(), self._address()))

    def _address(self) -> tuple[str, int] | None:
        """Where other machines fetch what is here; from that of the caller others cannot."""
        assert self.welcome is not None
        return None if self.welcome["near"] else self.depot.address()

    def _on_fetch(self, key: int, source: int, address: Any, _parts: list[Any]) -> None:
        self.coming.add(key)
        arguments = key, source, address
        threading.Thread(
            target=self._fetch, args=arguments, name="abreast-fetch", daemon=True
        ).start()

    def _fetch(self, key: int, source: int, address: tuple[str, int]) -> None:
        from abreast.backends.depot import fetch

        try:
            room = fetch((address[0], address[1]), self.secret, key)
        except OSError as reason:
            how = "cut" if isinstance(reason, (TimeoutError, ConnectionRefusedError)) else "ill"
            self.tell(("fetched", key, source, how))
            return
        if room is None:
            self.tell(("fetched", key, source, "ill"))
            return
        self.tell(("fetched", key, source, "well"))
        with self.changed:
            if key in self.coming:
                self.coming.discard(key)
                self._hold(key, room)

    def _on_relayed(self, key: int, parts: list[Any]) -> None:
        from abreast.backends.room import Room

        self._hold(key, Room(parts[0]))

    def _on_send(self, key: int, _parts: list[Any]) -> None:
        """Give the caller what somebody asks for there."""
        room = self.depot.rooms.get(key)
        parts = [] if room is None else [room.view()]
        self.tell(("sent", key, len(parts)), parts=parts)

    def _on_gone(self, key: int, origin: str, _parts: list[Any]) -> None:
        self._on_place(key, _Gone(origin), [])

    # What tasks read and leave.

    def answer(self, style: int, data: bytes, buffers: list[Any]) -> tuple[int, Any]:
        """Say what a task returned; what is large stays on this machine."""
        assert self.welcome is not None
        # Where the caller finds nothing, what it needs at once has to travel.
        if len(data) + sum(each.nbytes for each in buffers) < KEEP or not (
            self.welcome["near"] or style == APPLY
        ):
            return VALUE, data
        placed = self._placed(data, buffers)
        if placed is None:
            return VALUE, data
        buffers.clear()
        return KEPT, self._left(*placed)

    def pack(self, value: Any) -> Any:
        """Pack what a task of a graph made, as it is now."""
        from abreast.backends.parcel import Loose, Made
        from abreast.pickling import dumps

        found: list[Any] = []
        data = dumps(value, found)
        views = [each.raw() for each in found]
        placed = None
        if len(data) + sum(each.nbytes for each in views) >= KEEP:
            placed = self._placed(data, views)
        return Loose(data, [bytes(each) for each in views]) if placed is None else Made(*placed)

    def hand_over(self, made: list[Any]) -> list[Any]:
        """Say where parcels of a result are."""
        return [self._left(each.data, each.rooms) for each in made]

    def _placed(self, data: bytes, views: list[Any]) -> tuple[bytes | None, list[Any]] | None:
        """Place a pickle and its large memory; None where there is no room for more."""
        from abreast.backends.room import MANY

        if len(self.depot.rooms) + len(self.results) >= MANY:
            return None
        small = data if len(data) < KEEP else None
        try:
            self._address()
            whole = views if small is not None else [data, *views]
            return small, [self._room(each) for each in whole]
        except OSError:  # too many of them: these bytes travel
            return None

    def _left(self, data: bytes | None, rooms: list[Any]) -> tuple[Any, ...]:
        """Keep memory until the caller says that it has it, or how it calls it."""
        self.results.update((room.descriptor, room) for room in rooms)
        return data, [room.place() for room in rooms], self._address()

    def open(self, data: Any, specs: Any, parts: list[Any]) -> Any:
        """Read a pickle whose large memory came beside it."""
        if not specs:
            return pickle.loads(data)
        from abreast.backends.kept import read

        return read(data, [self._memory(kind, n, parts) for kind, n in specs])

    def _memory(self, is_key: bool, number: int, parts: list[Any]) -> Any:
        if not is_key:
            return bytearray(parts[number])
        from abreast.backends.room import open_room

        with self.changed:
            self.changed.wait_for(lambda: number in self.places or self.leaving)
            place = self.places.get(number)
        if isinstance(place, _Gone):
            from abreast.backends.away import gone

            raise gone(place.origin)
        if not isinstance(place, tuple):
            return bytearray(place or b"")
        try:
            return open_room(place)
        except (OSError, ValueError):
            # Who kept it is gone.
            with self.changed:
                self.places.pop(number, None)
            self.tell(("need", number))
            return self._memory(is_key, number, parts)
