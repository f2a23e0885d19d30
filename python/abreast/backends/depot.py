"""What a pilot keeps for its caller on a machine that is not the caller's: results of its tasks.

Pilots of other machines fetch them from here, without a way through the caller. They prove that
they know the secret of the run, as they do to the caller.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from typing import Any

from abreast.backends import wire
from abreast.backends.room import Room

__all__ = ["Depot", "fetch"]

PATIENCE = 5.0
"""Seconds for another pilot to answer."""
_KEY = struct.Struct("<Q")
_SIZE = struct.Struct("<q")
_PIECE = 1 << 30


class Depot:
    """Memory by key, and a port where others of the run fetch it."""

    def __init__(self, host: str, secret: bytes) -> None:
        self.host = host
        self.secret = secret
        self.rooms: dict[int, Room] = {}
        self.listener: socket.socket | None = None

    def address(self) -> tuple[str, int]:
        """Return where others find it; the port opens with the first call."""
        if self.listener is None:
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            self.listener = socket.socket(family, socket.SOCK_STREAM)
            self.listener.bind((self.host, 0))
            self.listener.listen(64)
            threading.Thread(target=self._listen, name="abreast-depot", daemon=True).start()
        return self.host, self.listener.getsockname()[1]

    def close(self) -> None:
        """Give away nothing more, and free what is here."""
        listener, self.listener = self.listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # the thread that accepts wakes up
            listener.close()
        self.rooms.clear()

    def _listen(self) -> None:
        listener = self.listener
        while listener is not None and listener is self.listener:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            # Each on a thread: one that is slow keeps nobody else.
            threading.Thread(
                target=self._give, args=(sock,), name="abreast-depot", daemon=True
            ).start()

    def _give(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            sock.settimeout(PATIENCE)
            challenge = os.urandom(wire.CHALLENGE)
            sock.sendall(challenge)
            proof = wire.greet(self.secret, challenge, wire.exactly(sock, wire.REPLY))
            if proof is None:
                return
            sock.sendall(proof)
            (key,) = _KEY.unpack(wire.exactly(sock, _KEY.size))
            room = self.rooms.get(key)
            if room is None:
                sock.sendall(_SIZE.pack(-1))
                return
            # The descriptor is another one: this may be dropped meanwhile.
            descriptor = os.dup(room.descriptor)
            try:
                sock.settimeout(None)
                wire.notice_silence(sock)
                sock.sendall(_SIZE.pack(room.size))
                at = 0
                while at < room.size:
                    sent = os.sendfile(sock.fileno(), descriptor, at, min(_PIECE, room.size - at))
                    if not sent:
                        return
                    at += sent
            finally:
                os.close(descriptor)


def fetch(address: tuple[str, int], secret: bytes, key: int) -> Room | None:
    """Return what another depot has under a key; None if it has nothing there.

    Raises
    ------
    OSError
        If it cannot be reached, or is gone before the end.
    """
    with wire.connect(address, secret, PATIENCE) as sock:
        sock.sendall(_KEY.pack(key))
        (size,) = _SIZE.unpack(wire.exactly(sock, _SIZE.size))
        if size < 0:
            return None
        room = Room.empty(size)
        view: Any = room.view(shared=True)
        at = 0
        with memoryview(view) as target:
            while at < size:
                with target[at:] as rest:
                    count = sock.recv_into(rest)
                if not count:
                    raise ConnectionResetError("the other worker is gone")
                at += count
        return room
