"""The caller's end of the lines to pilots: sockets, and the one thread that hears them all."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
import traceback
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

from abreast._abreast import SerialLane
from abreast.backends import wire
from abreast.backends.engine import Engine
from abreast.errors import LaunchError

if TYPE_CHECKING:
    from abreast.backends.remote import Item

__all__ = ["Link", "Switchboard"]


class Link:
    """A pilot that serves, as seen from here."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.challenge = os.urandom(wire.CHALLENGE)
        self.greeting = b""
        self.reader = wire.Reader()
        self.outbox: deque[Any] = deque([memoryview(self.challenge)])
        self.number = -1
        self.facts: dict[str, Any] = {}
        self.is_near = False
        self.slot = 0
        self.lane: SerialLane | None = None
        """Its tasks, in the journal."""
        self.ahead: float | None = None
        """Seconds by which this machine's clock is ahead of its own, where it is elsewhere."""
        self.held: OrderedDict[tuple[int, int], Item] = OrderedDict()
        self.current: tuple[int, int] | None = None
        self.since = 0.0
        self.jobs: set[int] = set()
        self.keys: set[int] = set()
        self.asked = False
        self.idle_since = time.monotonic()
        self.killed = False
        self.parted = False
        """It has no tasks any more; it may still keep results."""
        self.gives = 0
        """Other pilots that fetch results from it."""

    @property
    def serves(self) -> bool:
        """Whether it has said who it is."""
        return bool(self.facts)

    @property
    def machine(self) -> tuple[str, ...]:
        """Name the machine, as far as memory is shared there."""
        return tuple(self.facts.get("node", ()))

    def worker(self) -> str:
        """Name the process, as a person would look for it."""
        return f"process {self.facts['pid']} on {self.facts['host']}"


class Switchboard:
    """Listens for pilots, and hears and sends messages; what they mean others know."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lock = threading.RLock()
        self.links: list[Link] = []
        self.closing = False
        self.secret = wire.token()
        self.thread: threading.Thread | None = None
        self.listener: socket.socket | None = None
        self.addresses: list[tuple[str, int]] = []

    def step(self) -> None:
        """Do what is to be done now, and wait a moment for messages."""
        raise NotImplementedError

    def heard(self, link: Link, events: Any, parts: list[Any]) -> None:
        """Take what a pilot says."""
        raise NotImplementedError

    def lose(self, link: Link, reason: str) -> None:
        """Note that a pilot is gone."""
        raise NotImplementedError

    def fault(self, error: BaseException) -> None:
        """Note that nothing will run any more."""
        raise NotImplementedError

    def end(self) -> None:
        """Leave nothing behind."""
        raise NotImplementedError

    def wake(self) -> None:
        """Have the thread look for work."""
        with self.lock:
            if self.closing:
                return
            if self.thread is None:
                # Callers import it when they pickle, which must not be while the thread forks.
                import cloudpickle  # noqa: F401

                self.selector = selectors.DefaultSelector()
                self.bell, self.rope = socket.socketpair()
                self.bell.setblocking(False)
                self.rope.setblocking(False)
                self.selector.register(self.bell, selectors.EVENT_READ, "bell")
                self.thread = threading.Thread(target=self._run, name="abreast-hub", daemon=True)
                self.thread.start()
            with contextlib.suppress(BlockingIOError):
                self.rope.send(b"!")

    def post(self, link: Link, message: Any, parts: Any = ()) -> None:
        """Send a message as soon as the other side takes it."""
        with self.lock:
            if link.serves:
                link.outbox += wire.encode(message, parts)

    def close(self, grace: float) -> None:
        """Leave nothing behind; nobody has tasks any more."""
        with self.lock:
            self.closing = True
            thread = self.thread
            if thread is None:
                return
            with contextlib.suppress(BlockingIOError):
                self.rope.send(b"!")
        if thread is not threading.current_thread():
            thread.join(grace + 60.0)

    def disarm(self) -> None:
        """In a forked child: these connections are the parent's."""
        self.thread = None
        self.closing = True
        self.lock = threading.RLock()  # it may be held by a thread that is not here
        for link in self.links:
            with contextlib.suppress(OSError):
                os.close(link.sock.detach())
        if self.listener is not None:
            with contextlib.suppress(OSError):
                os.close(self.listener.detach())

    # On its own thread.

    def _run(self) -> None:
        try:
            try:
                self.engine.start()
                self._listen()
            except Exception as error:
                self.fault(error)
            while not self.closing:
                self.step()
        except BaseException as error:
            traceback.print_exc()
            self.fault(error)
        finally:
            self.end()

    def _listen(self) -> None:
        host = self.engine.address()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.bind((host, 0))
        except OSError as error:
            listener.close()
            raise LaunchError(
                f"no port can be opened at {host!r}, where workers of {self.engine.title} would "
                f"call: {error}\nhint: ABREAST_HOST names an address of this machine"
            ) from None
        listener.listen(256)
        listener.setblocking(False)
        self.listener = listener
        self.addresses = [(host, listener.getsockname()[1])]
        self.selector.register(listener, selectors.EVENT_READ, "listener")

    def hear(self, tick: float | None) -> None:
        """Serve the sockets that have something, for a moment."""
        for key, mask in self.selector.select(tick):
            if key.data == "bell":
                with contextlib.suppress(BlockingIOError):
                    while self.bell.recv(4096):
                        pass
            elif key.data == "listener":
                self._accept()
            else:
                self._serve(key.data, mask)

    def _accept(self) -> None:
        assert self.listener is not None
        try:
            sock, _ = self.listener.accept()
        except OSError:
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.notice_silence(sock)
        link = Link(sock)
        with self.lock:
            self.links.append(link)
        self.selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, link)

    def watch(self, link: Link) -> None:
        """Ask to be told when there is room for what waits."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.outbox else 0)
        with contextlib.suppress(KeyError, ValueError):
            if self.selector.get_key(link.sock).events != wanted:
                self.selector.modify(link.sock, wanted, link)

    def _serve(self, link: Link, mask: int) -> None:
        try:
            if mask & selectors.EVENT_WRITE:
                self._write(link)
            if not mask & selectors.EVENT_READ:
                return
            if not link.serves and len(link.greeting) < wire.REPLY:
                self._greet(link)
                return
            messages = link.reader.feed(link.sock)
        except BlockingIOError:
            return
        except OSError:
            messages = None
        if messages is None:
            with self.lock:
                self.lose(link, "died")
            return
        for events, parts in messages:
            self.heard(link, events, parts)

    def _write(self, link: Link) -> None:
        # The lock only for the list: what is sent may be large.
        for _ in range(64):
            with self.lock:
                if not link.outbox:
                    return
                piece = memoryview(link.outbox.popleft()).cast("B")
            sent = 0
            try:
                sent = link.sock.send(piece)
            except BlockingIOError:
                pass
            finally:
                if sent < piece.nbytes:
                    with self.lock:
                        link.outbox.appendleft(piece[sent:])
            if sent < piece.nbytes:
                return

    def _greet(self, link: Link) -> None:
        data = link.sock.recv(wire.REPLY - len(link.greeting))
        if not data:
            raise OSError
        link.greeting += data
        if len(link.greeting) == wire.REPLY:
            proof = wire.greet(self.secret, link.challenge, link.greeting)
            if proof is None:
                raise OSError
            with self.lock:
                link.outbox.append(proof)
