"""What the library asks of an engine: to run a piece of work somewhere, and to say when it ended.

All else (blocks, output, cancellation, large memory, lost workers) is between the caller and its
pilots, the same on every engine; see `hub.py` and `pilot.py`. So an adapter is a page.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Engine", "Launched", "local_address", "outer_address", "towards"]


class Launched(Protocol):
    """Work that was given to an engine."""

    def cancel(self) -> object:
        """Withdraw it, if it has not begun."""


class Engine(Protocol):
    """Runs pilots. Its methods are called by one thread of the backend."""

    title: str
    """How messages call it."""
    survives_crash: bool
    """Whether a worker that dies takes no other with it, and is replaced."""
    stops_anything: bool
    """Whether `kill` can end a worker."""
    owned: bool
    """Whether its workers are this plan's alone, and see the same files: they get its path."""

    def start(self) -> None:
        """Be ready to launch; `LaunchError` says why not."""

    def slots(self) -> int:
        """How many pilots can serve at one time."""

    def address(self) -> str:
        """Under which address of this machine workers reach it."""

    def launch(
        self, work: Callable[..., None], *args: Any, ended: Callable[[BaseException | None], None]
    ) -> Launched:
        """Have ``work(*args)`` run in a worker; `ended` is told, on any thread, how it ended."""

    def poll(self) -> None:
        """Call what `ended` was given as, where nothing else does."""

    def kill(self, facts: dict[str, Any]) -> bool:
        """End the worker in which a pilot serves; whether that is under way."""

    def explain(self, error: BaseException) -> str:
        """Say why work could not run, with what to do."""

    def stop(self, grace: float) -> None:
        """Stop what `start` started."""


def local_address() -> str:
    """Return the address for workers on this machine."""
    return os.environ.get("ABREAST_HOST") or "127.0.0.1"


def outer_address() -> str:
    """Return an address for workers who knows where."""
    found = os.environ.get("ABREAST_HOST")
    if found:
        return found
    with contextlib.suppress(OSError):
        return socket.gethostbyname(socket.gethostname())
    return "127.0.0.1"


def towards(host: str) -> str:
    """Return this machine's address as seen by another one."""
    found = os.environ.get("ABREAST_HOST")
    if found:
        return found
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((host, 9))  # nothing is sent
            return str(sock.getsockname()[0])
    except OSError:
        return outer_address()
