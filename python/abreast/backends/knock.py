"""Whether a Dask scheduler answers at an address: found out without Dask's client.

A client that fails leaves its thread for good, and waits for ever for somebody who says nothing.
"""

from __future__ import annotations

import re
import socket
import struct
import time

__all__ = ["check", "knock"]

_ADDRESS = re.compile(
    r"(?:(?P<scheme>tcp|tls)://)?(?P<host>\[[^\]]+\]|[^/:\[\]]+):(?P<port>\d{1,5})"
)
_OTHERS = ("ucx://", "ucxx://", "ws://", "wss://", "inproc://")
"""What Dask knows besides, and judges itself."""
_LONGEST = 1 << 20
"""Bytes of the first message of a scheduler, at most."""


def check(address: object) -> bool:
    """Whether something can be the address of a scheduler.

    Examples
    --------
    >>> check("tcp://10.0.0.1:8786"), check("localhost:8786"), check("localhost"), check("tcp://")
    (True, True, False, False)
    """
    if not isinstance(address, str):
        return False
    if address.startswith(_OTHERS):
        return True
    found = _ADDRESS.fullmatch(address)
    return found is not None and 0 < int(found["port"]) < 65536


def knock(address: str, patience: float) -> None:
    """Wait until a scheduler answers, for it may be about to start.

    Raises
    ------
    OSError
        If nobody does in time, or somebody else answers.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return
    place = found["host"].strip("[]"), int(found["port"])
    deadline = time.monotonic() + patience
    while True:
        left = max(0.1, deadline - time.monotonic())
        try:
            with socket.create_connection(place, left) as sock:
                if found["scheme"] != "tls":  # whose server waits to be spoken to
                    _listen(sock)
                return
        except (socket.gaierror, _Stranger):
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


class _Stranger(ConnectionError):
    """Something else than a scheduler listens there."""


def _listen(sock: socket.socket) -> None:
    """Hear the beginning of what a scheduler says first: how long it is."""
    said = b""
    while len(said) < 8:
        try:
            more = sock.recv(8 - len(said))
        except TimeoutError:
            raise _Stranger(
                "something listens there that says nothing, as no scheduler does"
            ) from None
        if not more:
            break
        said += more
    if len(said) < 8 or struct.unpack("<Q", said)[0] > _LONGEST:
        raise _Stranger(f"something else than a scheduler listens there: it says {said!r}")
