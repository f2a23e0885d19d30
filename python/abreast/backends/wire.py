"""Messages between a caller and its pilots: framed pickles, with large memory beside them."""

from __future__ import annotations

import hmac
import pickle
import secrets
import socket
import struct
from collections.abc import Generator, Sequence
from typing import Any

__all__ = [
    "CHALLENGE",
    "REPLY",
    "Reader",
    "answer",
    "connect",
    "encode",
    "exactly",
    "greet",
    "notice_silence",
    "token",
]

Message = tuple[Any, list[Any]]

_HEAD = struct.Struct("<QI")
_CHUNK = 1 << 18
_DIRECT = 1 << 20
"""Bytes from which on memory is received where it stays."""

CHALLENGE = 16
REPLY = 32 + CHALLENGE


def token() -> bytes:
    """Return a secret by which a caller and its pilots know each other."""
    return secrets.token_bytes(32)


def encode(message: Any, parts: Sequence[Any] = ()) -> list[Any]:
    """Return what is to be sent, piece by piece."""
    body = pickle.dumps(message, protocol=5)
    views = [memoryview(part).cast("B") for part in parts]
    sizes = struct.pack(f"<{len(views)}Q", *(view.nbytes for view in views))
    return [_HEAD.pack(len(body), len(views)) + sizes + body, *views]


class Reader:
    """Turns what arrives into messages, however it was cut on its way."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._target: bytearray | None = None
        self._filled = 0
        self._read: list[Message] = []
        self._parser = self._parse()
        self._need = next(self._parser)

    def _parse(self) -> Generator[int, bytearray, None]:
        while True:
            length, count = _HEAD.unpack((yield _HEAD.size))
            sizes = struct.unpack(f"<{count}Q", (yield 8 * count)) if count else ()
            body = yield length
            parts: list[Any] = []
            for size in sizes:
                part = (yield size) if size else bytearray()
                parts.append(part)
            self._read.append((pickle.loads(body), parts))

    def feed(self, sock: socket.socket) -> list[Message] | None:
        """Receive once; answer the messages that are complete, None when the other side left."""
        if self._target is not None:
            count = sock.recv_into(memoryview(self._target)[self._filled :])
            if not count:
                return None
            self._filled += count
            if self._filled < len(self._target):
                return []
            whole, self._target = self._target, None
            self._need = self._parser.send(whole)
        else:
            data = sock.recv(_CHUNK)
            if not data:
                return None
            self._buffer += data
        self._advance()
        read, self._read = self._read, []
        return read

    def _advance(self) -> None:
        buffer = self._buffer
        while len(buffer) - self._at >= self._need:
            end = self._at + self._need
            piece = buffer[self._at : end]
            self._at = end
            self._need = self._parser.send(piece)
        del buffer[: self._at]
        self._at = 0
        if self._need >= _DIRECT:
            self._target = bytearray(self._need)
            self._filled = len(buffer)
            self._target[: self._filled] = buffer
            buffer.clear()


def answer(secret: bytes, role: bytes, *nonces: bytes) -> bytes:
    """Prove to know the secret."""
    return hmac.digest(secret, role + b"".join(nonces), "sha256")


def greet(secret: bytes, challenge: bytes, reply: bytes) -> bytes | None:
    """Check a pilot's reply; answer what proves the caller, None to somebody else."""
    own, proof = reply[:CHALLENGE], reply[CHALLENGE:]
    if not hmac.compare_digest(proof, answer(secret, b"pilot", challenge, own)):
        return None
    return answer(secret, b"caller", own, challenge)


def connect(address: tuple[str, int], secret: bytes, patience: float) -> socket.socket:
    """Connect a pilot to its caller, each sure of the other."""
    sock = socket.create_connection(address, patience)
    try:
        challenge = exactly(sock, CHALLENGE)
        own = secrets.token_bytes(CHALLENGE)
        sock.sendall(own + answer(secret, b"pilot", challenge, own))
        proof = exactly(sock, 32)
        if not hmac.compare_digest(proof, answer(secret, b"caller", own, challenge)):
            raise ConnectionError("somebody else listens there")
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        notice_silence(sock)
    except BaseException:
        sock.close()
        raise
    return sock


def notice_silence(sock: socket.socket) -> None:
    """Have a cable that was cut show as an error, within half a minute."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    settings = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4}
    # The same for what was sent and nobody says to have got, in milliseconds.
    settings["TCP_USER_TIMEOUT"] = 30_000
    for name, value in settings.items():
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def exactly(sock: socket.socket, count: int) -> bytes:
    """Receive so many bytes."""
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise ConnectionError("the other side hung up")
        data += more
    return data
