"""What runs in a worker of an engine: a pilot calls its caller, and takes tasks from there.

The engine sees one piece of work, `serve`, that ends when there is nothing to do. What the tasks
are, when they begin, what they say and how they end is between pilot and caller.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import platform
import select
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from functools import partial
from typing import Any

from abreast.backends.halting import Halting
from abreast.backends.keeper import APPLY, FAILURE, NESTED, PLAIN, STAR, Keeper

__all__ = ["facts", "serve"]

PATIENCE = 15.0
"""Seconds for one address to answer."""
BEAT = 0.1
"""Seconds after which at the latest is told what a task said."""
_MANY = 64
"""Pieces of output that do not wait for that."""


def facts() -> dict[str, Any]:
    """Say who this is: what has to be the same at both ends, and where they are."""
    from abreast import __version__
    from abreast.backends.room import node

    return {
        "python": platform.python_version(),
        "abreast": __version__,
        "pid": os.getpid(),
        "host": platform.node(),
        "node": node(),
    }


def serve(addresses: Sequence[tuple[str, int]], secret: bytes, number: int) -> None:
    """Serve the caller that listens at one of the addresses, until it has no more tasks.

    Raises
    ------
    ConnectionError
        If none of the addresses can be reached.
    """
    from abreast.backends.wire import connect

    reasons = []
    for address in addresses:
        try:
            sock = connect(address, secret, PATIENCE)
        except OSError as reason:
            reasons.append(f"{address[0]}:{address[1]}: {reason}")
            continue
        Pilot(sock, number, secret).run()
        return
    raise ConnectionError(
        f"the worker on {platform.node()} cannot reach the program that called it: "
        f"{'; '.join(reasons)}\n"
        "hint: set the variable ABREAST_HOST of the calling program to an address that the workers "
        "reach"
    )


class _Work:
    """A job, as a pilot knows it."""

    def __init__(self, style: int, watched: bool, around: bytes, function: Any) -> None:
        self.style = style
        self.watched = watched
        self.around = around
        self.packed = function
        self.function: Any = None
        self.context: Context | None = None
        self.looked = 0


class _Arriving:
    """What was kept and is among the arguments of a task."""

    def __init__(self, pilot: Keeper, kept: Any, parts: list[Any]) -> None:
        self.pilot = pilot
        self.kept = kept
        self.parts = parts

    def value(self, number: int) -> Any:
        """Return its value."""
        data, specs = self.kept[number]
        return self.pilot.open(data, specs, self.parts)

    def sealed(self, number: int) -> Any:
        """Return it as a parcel."""
        from abreast.backends.parcel import Sealed

        return Sealed(partial(self.value, number))


class Pilot(Keeper):
    """Serves one caller on this thread, while another thread listens to it."""

    def __init__(self, sock: socket.socket, number: int, secret: bytes = b"") -> None:
        super().__init__(sock, secret)
        self.number = number
        # Half a message, or a lock that nobody gives back, would be the end of the line.
        self.halting = Halting(frozenset(each.__code__ for each in _WHOLE))
        self.sending = threading.RLock()
        self.out: list[tuple[Any, ...]] = []
        self.works: dict[int, _Work] = {}
        self.waiting: deque[tuple[int, int, bytes, Any, Any, list[Any]]] = deque()
        self.current: tuple[int, int] | None = None
        self.has_warned = False
        self.settled: bytes | None = None

    def run(self) -> None:
        """Serve until the caller says goodbye or is gone."""
        self.tell(("hello", self.number, facts()))
        listener = threading.Thread(target=self._listen, name="abreast-pilot", daemon=True)
        listener.start()
        try:
            with self.changed:
                self.changed.wait_for(lambda: self.welcome is not None or self.leaving)
            if self.welcome is not None:
                from abreast.backends.stay import staying

                with staying(self, self.welcome):
                    self._serve()
        finally:
            self.leaving = True
            self.forget_spares(at_once=True)
            if not self.is_wanted():
                self._hang_up()
                listener.join(2.0)

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    # What the caller says.

    def _listen(self) -> None:
        from abreast.backends.wire import Reader

        reader = Reader()
        try:
            while not self.leaving or self.is_wanted():
                if not select.select([self.sock], [], [], BEAT)[0]:
                    self.flush()
                    self.forget_spares()
                    continue
                messages = reader.feed(self.sock)
                if messages is None:
                    break
                for message, parts in messages:
                    getattr(self, f"_on_{message[0]}")(*message[1:], parts)
        except (OSError, ValueError):
            pass
        finally:
            with self.changed:
                self.leaving = True
                self.waiting.clear()
                self.changed.notify_all()
            # Nobody waits for what runs: the engine gets its worker back.
            self.halting.ask()
            self.end_depot()
            self.sock.close()

    def _on_welcome(self, facts: dict[str, Any], _parts: list[Any]) -> None:
        with self.changed:
            self.begin_depot()
            self.welcome = facts
            self.changed.notify_all()

    def _on_job(
        self, job: int, style: int, watched: bool, around: bytes, function: Any, parts: list[Any]
    ) -> None:
        if function is not None:
            function = *function, parts
        self.works[job] = _Work(style, watched, around, function)

    def _on_tasks(self, job: int, tasks: Any, parts: list[Any]) -> None:
        with self.changed:
            for index, data, specs, kept in tasks:
                self.waiting.append((job, index, data, specs, kept, parts))
            self.changed.notify_all()

    def _on_give(self, count: int, _parts: list[Any]) -> None:
        """Give back what was not begun, the last first."""
        given: list[tuple[int, int]] = []
        with self.changed:
            while self.waiting and len(given) < count:
                given.append(self.waiting.pop()[:2])
        self.tell(("gave", given))

    def _on_skip(self, job: int, indices: list[int], _parts: list[Any]) -> None:
        wanted = set(indices)
        with self.changed:
            given = [each[:2] for each in self.waiting if each[0] == job and each[1] in wanted]
            self.waiting = deque(
                each for each in self.waiting if each[0] != job or each[1] not in wanted
            )
        self.tell(("gave", given))

    def _on_halt(self, job: int, index: int, _parts: list[Any]) -> None:
        self.halting.ask((job, index))

    def _on_drop(self, job: int, keys: list[int], _parts: list[Any]) -> None:
        self.works.pop(job, None)
        self.drop(keys)

    def _on_leave(self, _parts: list[Any]) -> None:
        with self.changed:
            self.leaving = True
            self.changed.notify_all()

    # What the caller hears.

    def tell(self, *events: tuple[Any, ...], parts: Sequence[Any] = ()) -> None:
        """Send events, after those that wait."""
        from abreast.backends.wire import encode

        with self.sending:
            out, self.out = [*self.out, *events], []
            if not out:
                return
            try:
                for piece in encode(out, parts):
                    self.sock.sendall(piece)
            except OSError:
                self.leaving = True  # and the listener sees why

    def flush(self) -> None:
        """Send what waits."""
        if self.out:
            self.tell()

    def say(self, tag: int, data: Any) -> bool:
        """Pass on what the running task says."""
        current = self.current
        if current is None:
            return False
        self.out.append(("o", *current, tag, data))
        if len(self.out) >= _MANY:
            self.tell()
        return True

    def warned(self) -> None:
        """Note that the task warned: the caller knows which warnings were shown already."""
        self.has_warned = True

    # What runs.

    def _serve(self) -> None:
        ended: tuple[tuple[Any, ...], list[Any]] | None = None
        while True:
            with self.changed:
                if not self.waiting and ended is not None:
                    task = None
                elif self.changed.wait_for(lambda: self.waiting or self.leaving):
                    if not self.waiting:
                        return
                    task = self.waiting.popleft()
                    self.halting.expect(task[:2])
            if task is None:
                assert ended is not None
                self.tell(ended[0], parts=ended[1])
                ended = None
                continue
            # One message for both, and before the task begins: should it take the process with
            # it, the caller knows exactly which one that was.
            begun = ("b", *task[:2])
            if ended is None:
                self.tell(begun)
            else:
                self.tell(ended[0], begun, parts=ended[1])
            ended = self._task(*task)

    def _task(
        self, job: int, index: int, data: bytes, specs: Any, kept: Any, parts: list[Any]
    ) -> tuple[tuple[Any, ...], list[Any]]:
        work = self.works[job]
        self.current = job, index
        start = time.perf_counter()
        note = False
        from abreast.backends.kept import returning

        buffers: list[Any] = []
        what = "task"
        try:
            try:
                context = self._context(work)
                self.halting.listen()
                function = self._function(work)
                state: Any = []
                if work.watched and work.looked < 2:
                    from abreast.random.watch import before, before_on_thread

                    work.looked += 1
                    # Beside this thread the engine's own may draw from a global stream.
                    look = before if self.halting.is_main else before_on_thread
                    state = context.run(look, function)
                read = self._reader(data, specs, kept, parts)
                value = context.copy().run(_call, work, function, index, read)
                if state:
                    from abreast.random.watch import after

                    note = context.run(after, state)
                what = "result"
                with returning() as made:
                    packed = _pack(value, buffers)
                value = None
            finally:
                try:
                    self.halting.over()
                finally:
                    self.halting.over()
            kind, answer = self.answer(work.style, packed, buffers)
            if made:
                kind, answer = NESTED, (kind, answer, self.hand_over(made))
        except BaseException as error:
            from abreast.failures import describe

            buffers = []
            kind, answer = FAILURE, describe(error, index, what)
        if self.has_warned:
            from abreast.backends.surroundings import renew

            self.has_warned = False
            renew()
        sys.stdout.flush()
        self.current = None
        seconds = time.perf_counter() - start
        return ("e", job, index, kind, answer, len(buffers), (start, seconds), note), buffers

    def _context(self, work: _Work) -> Context:
        """Return what a task of the job finds around it."""
        if work.context is None or self.settled != work.around:
            from abreast.backends.stay import context_for

            assert self.welcome is not None
            work.context = context_for(self, self.welcome["level"], work.around)
            self.settled = work.around
        from abreast.backends.native import limit_here

        if "numpy" in sys.modules and self.welcome is not None:
            limit_here(self.welcome["level"].inner_threads)
        return work.context

    def _function(self, work: _Work) -> Any:
        if work.style == APPLY:
            return None
        if work.function is None:
            try:
                work.function = self._reader(*work.packed)()
            except ModuleNotFoundError as reason:
                raise _lacking(reason) from reason
        return work.function

    def _reader(self, data: bytes, specs: Any, kept: Any, parts: list[Any]) -> Callable[[], Any]:
        """Return what reads the arguments of a task."""
        if not kept:
            return lambda: self.open(data, specs, parts)

        def read() -> Any:
            from abreast.backends.kept import arriving

            with arriving(_Arriving(self, kept, parts)):
                return self.open(data, specs, parts)

        return read


_WHOLE = (Pilot.tell, Pilot._memory, Pilot.pack)
"""What a task calls here, and must not leave half done."""


def _call(work: _Work, function: Any, index: int, read: Callable[[], Any]) -> Any:
    try:
        item = read()
    except ModuleNotFoundError as reason:
        raise _lacking(reason) from reason
    if work.style == PLAIN:
        return function(item)
    if work.style == APPLY:
        return item[0](*item[1], **(item[2] or {}))
    if work.style == STAR:
        return function(*item)
    return function(index, item)


def _pack(value: Any, buffers: list[Any]) -> bytes:
    """Pickle a result; only memory that is worth it goes beside the pickle."""
    from abreast.backends.room import LARGE
    from abreast.pickling import PLAIN as PLAIN_TYPES
    from abreast.pickling import dumps

    if type(value) in PLAIN_TYPES:
        return pickle.dumps(value, protocol=5)
    found: list[Any] = []
    data = dumps(value, found)
    if not found:
        return data
    if sum(each.raw().nbytes for each in found) < LARGE:
        return dumps(value)
    buffers += [each.raw() for each in found]
    return data


def _lacking(reason: ModuleNotFoundError) -> BaseException:
    from abreast.errors import TransferError

    name = reason.name or str(reason)
    top = name.partition(".")[0]
    return TransferError(
        f"the worker on {platform.node()} lacks the module {name!r}, which the task needs\n"
        f"hint: install {top!r} where the workers run; or send it along: "
        f"`import cloudpickle, {top}; cloudpickle.register_pickle_by_value({top})`"
    )
