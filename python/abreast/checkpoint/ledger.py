"""A checkpoint file in the process that makes calls: one program at a time, with an index."""

from __future__ import annotations

import json
import os
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from abreast.checkpoint import records
from abreast.checkpoint.file import hint, identify, locked, unusable
from abreast.checkpoint.group import Group, Recorded, Run, key_of, own
from abreast.checkpoint.records import HEAD, HEADER, Damaged, Form, Header, unpack_header
from abreast.errors import CheckpointError
from abreast.pickling import loads

__all__ = ["Ledger", "forget", "ledger_of"]

_WINDOW = 1 << 20
"""Bytes that are read at a time."""
_LENGTHS = struct.Struct("<IIIQ").unpack_from
"""Of a header whose check was seen before: length, tag, sum, task."""
_PATIENCE = 5.0
_KEPT = 4
"""Files whose index is kept after they were closed."""


class Ledger:
    """An open file; made by `Ledger.open`, closed as often as it was opened.

    Parameters
    ----------
    ident : bytes
        What names the file.
    path : str
    """

    def __init__(self, ident: bytes, path: str) -> None:
        self.ident = ident
        self.path = path
        self.lock = threading.RLock()
        self.file: int | None = None
        self.users = 0
        self.calls: dict[int, Recorded] = {}
        self.by_key: dict[str, Recorded] = {}
        self.form = Form(ident)
        self.unreported: list[tuple[int, int]] = []
        """Damaged places that nobody was told of."""
        self.claims = _claims.setdefault(ident, {})
        """Groups that a call of this process found first, and which call."""
        self._runs: dict[int, Run] = {}
        self._reported: list[tuple[int, int]] = []
        self._parts: dict[tuple[int, int], dict[int, int]] = {}
        self._long: dict[int, list[int]] = {}
        self._scanned = HEAD
        self._next_run = 1
        self._window = b""
        self._window_at = 0
        self._synced = time.monotonic()

    # Opening and closing

    @classmethod
    def open(cls, path: str) -> Ledger:
        """Open a file, or make it.

        Raises
        ------
        CheckpointError
            If another program uses it, it is no checkpoint, or it cannot be read and written.
        """
        with _lock:
            while _left:
                _left.pop().close()
            try:
                found = Path(path).stat()
                for ledger in _open.values():
                    if ledger.file is not None and os.path.samestat(found, os.fstat(ledger.file)):
                        ledger.users += 1
                        ledger.refresh()
                        return ledger
            except FileNotFoundError:
                pass
            except OSError as reason:
                raise unusable(path, reason) from reason
            file = locked(path)
            try:
                ident = identify(file, path)
                ledger = _known.pop(ident) if ident in _known else cls(ident, path)
                if os.fstat(file).st_size < ledger._scanned:
                    ledger = cls(ident, path)  # somebody put an older copy there
                ledger.file, ledger.path, ledger.users = file, path, 1
                ledger._window = b""
                ledger.refresh()
            except BaseException:
                os.close(file)
                raise
            _open[ident] = ledger
            return ledger

    def close(self) -> None:
        """Close the file, unless somebody else has it open too."""
        # Not for ever: it may be called while garbage is collected, in a thread that holds a lock
        # of another one's.
        if not _lock.acquire(timeout=_PATIENCE):
            _left.append(self)
            return
        try:
            with self.lock:
                self._close()
        finally:
            _lock.release()

    def _close(self) -> None:
        self.users -= 1
        if self.users or self.file is None:
            return
        try:
            self.sync(0)
        finally:
            _open.pop(self.ident, None)
            _known[self.ident] = self
            while len(_known) > _KEPT:
                _known.popitem(last=False)
            file, self.file = self.file, None
            self._window = b""
            os.close(file)

    def sync(self, period: float = 1.0) -> float:
        """See to it that what was written outlasts the machine; answers when to ask again."""
        left = self._synced + period - time.monotonic()
        if left > 0:
            return left
        if self.file is not None:
            try:
                os.fdatasync(self.file)
            except OSError as reason:
                raise unusable(self.path, reason) from reason
        self._synced = time.monotonic()
        return period

    # Writing

    def new_run(self) -> int:
        """Return the number of a new run."""
        with self.lock:
            number, self._next_run = self._next_run, self._next_run + 1
            return number

    def begin(
        self, recorded: Recorded | None, function: str, parts: dict[str, str], run: int
    ) -> Group:
        """Write that a call has a run, and answer the run's own group."""
        with self.lock:
            self._note_tear()
            if recorded is None or recorded.dropped:
                recorded = self.by_key.get(key_of(parts))
            if recorded is None:
                number = max(self.calls, default=0) + 1
                about = {"function": function, "parts": parts, "at": time.time()}
                self.write(records.CALL, number, 0, [json.dumps(about).encode()])
                recorded = self._call(number, about)
            about = {"call": recorded.number, "at": time.time(), "process": os.getpid()}
            self.write(records.RUN, run, 0, [json.dumps(about).encode()])
            return self._begin(run, recorded)

    def link(self, run: int, first: int, group: Group) -> None:
        """Write that what a run brings from an index on belongs to a group."""
        with self.lock:
            self.write(records.LINK, run, first, [struct.pack("<I", group.number)])
            self._link(run, first, group)

    def drop(self, call: int) -> None:
        """Forget a call; its bytes stay."""
        with self.lock:
            self._note_tear()
            self.write(records.FORGET, call, 0, [])
            self._drop(call)

    def _note_tear(self) -> None:
        """Write where the end was cut off, so that nobody wonders when more has come behind it."""
        self.refresh()
        if self.torn:
            place = (self._scanned, self._scanned + self.torn)
            self.write(records.TEAR, 0, 0, [struct.pack("<QQ", *place)])

    def told(self) -> int:
        """Return how many bytes are damaged that nobody was told of; they are told of now."""
        with self.lock:
            places, self.unreported = self.unreported, []
            for start, end in places:
                self.write(records.TEAR, 0, 0, [struct.pack("<QQ", start, end)])
                self._reported.append((start, end))
            return sum(end - start for start, end in places)

    def write(self, kind: int, number: int, index: int, chunks: Sequence[Any]) -> None:
        """Append a record.

        Raises
        ------
        CheckpointError
            If it cannot be written.
        """
        made = self.form.records(kind, number, index, chunks)
        with self.lock:
            if self.file is None:
                return  # a task that nobody waits for any more
            try:
                for record in made:
                    records.append(self.file, record)
            except OSError as reason:
                raise unusable(self.path, reason) from reason

    # Reading

    def find(self, recorded: Recorded, index: int, digest: bytes) -> Group | None:
        """Return a group of a call that has this item there; best one that nobody has found yet."""
        found = None
        for group in recorded.groups:
            if group.hash(index) == digest:
                if group.number not in self.claims:
                    return group
                found = found or group
        return found

    def load(self, group: Group, index: int) -> tuple[Any, bool]:
        """Return the result of an item, and whether it is whole."""
        with self.lock:
            try:
                return self._load(group.offset(index)), True
            except Damaged:
                at = group.offset(index)
                self.unreported.append((at, at + HEADER))
                group.put(index, 0)
                return None, False
            except records.Unpackable as reason:
                raise CheckpointError(
                    f"{self.path}: the result of task {index} cannot be read back: "
                    f"{type(reason.__cause__).__name__}: {reason.__cause__}\n"
                    f"{hint(self.path, group.call)}"
                ) from reason.__cause__

    def load_some(self, group: Group, first: int, count: int) -> list[Any]:
        """Return the results of items in a row, up to the first that is not small and whole."""
        values: list[Any] = []
        with self.lock:
            for at in group.offsets[first : first + count]:
                start = at - self._window_at
                if start < 0 or start + HEADER > len(self._window):
                    self._bytes(at, HEADER)
                    start = 0
                length, _, total, _ = _LENGTHS(self._window, start + 8)
                start += HEADER
                if start + length > len(self._window):
                    if length > _WINDOW // 8:
                        break
                    self._bytes(at, HEADER + length)
                    start = HEADER
                data = self._window[start : start + length]
                if crc32(data) != total or data[:1] != b"\x80" or at in self._long:
                    break
                try:
                    values.append(loads(data))
                except Exception:  # `load` says what is wrong
                    break
        return values

    def _load(self, offset: int) -> Any:
        header = self._header(offset)
        if header is None:
            raise Damaged
        places = self._long.get(offset)
        if places is None and header.length <= _WINDOW:
            data = self._bytes(offset + HEADER, header.length)
            if crc32(data) != header.sum:
                raise Damaged
            if data[:1] == b"\x80":
                try:
                    return loads(data)
                except Exception as reason:
                    raise records.Unpackable from reason
        stream = _Stream(self, places or [offset])
        return records.decode(stream.read, stream.length, stream.check)

    def _bytes(self, at: int, length: int) -> bytes:
        start = at - self._window_at
        if start < 0 or start + length > len(self._window):
            assert self.file is not None
            self._window = os.pread(self.file, max(_WINDOW, length), at)
            self._window_at, start = at, 0
        return self._window[start : start + length]

    def _header(self, at: int) -> Header | None:
        start = at - self._window_at
        if start < 0 or start + HEADER > len(self._window):
            self._bytes(at, HEADER)
            start = 0
            if len(self._window) < HEADER:
                return None
        return self.form.header(self._window, start)

    def refresh(self) -> None:
        """Take in what was appended."""
        with self.lock:
            assert self.file is not None
            self._window = b""
            size = os.fstat(self.file).st_size
            at, result = self._scanned, None
            while at < size:
                at, last = self._results(at, size)
                if last is not None:
                    result = last
                if at >= size:
                    break
                header = self._header(at)
                if header is not None and at + HEADER + header.length <= size:
                    if header.kind in (records.RESULT, records.PART):
                        self._result(header, at)
                        result = at
                        at += HEADER + header.length
                        continue
                    if self._take(header, at):
                        at += HEADER + header.length
                        result = None
                        continue
                start = at
                if result is not None and not self._is_whole(result):
                    # It was cut short, and what follows stands inside what it should have been.
                    start = result
                found = self._next_mark(start + 1, size)
                if found is None:
                    # Cut off, or still being written.
                    at = start
                    break
                self._damaged(start, found)
                at, result = found, None
            self._scanned = at

    def _results(self, at: int, size: int) -> tuple[int, int | None]:
        """Take in results from a place on; answer the end, and where the last one stands.

        What stands elsewhere in this class for each kind of record, for the one that there are many
        of: so a file of 100,000 is there in a tenth of a second.
        """
        mark, seed, results = self.form.mark, self.form.seed, records.RESULT
        last, number, run = None, -1, None
        while at + HEADER <= size:
            start = at - self._window_at
            if start < 0 or start + HEADER > len(self._window):
                self._bytes(at, HEADER)
                start = 0
            window = self._window
            found, check, length, tag, _, task = unpack_header(window, start)
            if found != mark or tag >> 28 != results:
                break
            if crc32(window[start + 8 : start + HEADER], seed) != check:
                break
            end = at + HEADER + length
            if end > size:
                break
            if tag != number:
                number, run = tag, self._runs.get(tag & 0xFFFFFFF)
            if run is not None:
                group = run.group if task >= run.first else run.group_at(task)
                if task == len(group.offsets):
                    group.offsets.append(at)
                    group.results += 1
                else:
                    group.put(task, at)
            at, last = end, at
        return at, last

    @property
    def torn(self) -> int:
        """Bytes at the end that are no record, or not yet."""
        assert self.file is not None
        return os.fstat(self.file).st_size - self._scanned

    def _next_mark(self, start: int, size: int) -> int | None:
        at = start
        while at + HEADER <= size:
            window = self._bytes(at, min(_WINDOW, size - at))
            found = window.find(self.form.mark)
            if found < 0:
                at += max(1, len(window) - 3)
                continue
            at += found
            header = self._header(at) if at + HEADER <= size else None
            if header is not None and at + HEADER + header.length <= size:
                return at
            at += 1
        return None

    def _is_whole(self, at: int) -> bool:
        header = self._header(at)
        if header is None:
            return False
        total, place, end = 0, at + HEADER, at + HEADER + header.length
        while place < end:
            data = self._bytes(place, min(_WINDOW, end - place))
            if not data:
                return False
            total = crc32(data, total)
            place += len(data)
        return total == header.sum

    def _damaged(self, start: int, end: int) -> None:
        if not any(first <= start and end <= last for first, last in self._reported):
            self.unreported.append((start, end))

    def _take(self, header: Header, at: int) -> bool:
        """Take in a record that is no result; false if it is damaged."""
        data = self._bytes(at + HEADER, header.length)
        if crc32(data) != header.sum:
            return False
        kind, number = header.kind, header.number
        run = self._runs.get(number)
        if kind == records.ITEMS and run is not None:
            run.group_at(header.task).note(header.task, data)
        elif kind == records.CALL:
            if number not in self.calls:
                self._call(number, json.loads(data))
        elif kind == records.RUN:
            self._next_run = max(self._next_run, number + 1)
            recorded = self.calls.get(json.loads(data)["call"])
            if recorded is not None and run is None:
                self._begin(number, recorded)
        elif kind == records.LINK and run is not None:
            whose = self._runs.get(struct.unpack("<I", data)[0])
            if whose is not None:
                self._link(number, header.task, own(whose))
        elif kind == records.FORGET:
            self._drop(number)
        elif kind == records.TEAR:
            place = struct.unpack("<QQ", data)
            self._reported.append(place)
            self.unreported = [
                each
                for each in self.unreported
                if not (place[0] <= each[0] and each[1] <= place[1])
            ]
        return True

    def _result(self, header: Header, at: int) -> None:
        run = self._runs.get(header.number)
        if run is None:
            return
        index = header.task
        if header.kind == records.PART:
            place, count = struct.unpack("<II", self._bytes(at + HEADER, 8))
            parts = self._parts.setdefault((header.number, index), {})
            parts[place] = at
            if len(parts) < count:
                return
            del self._parts[header.number, index]
            at = parts[0]
            self._long[at] = [parts[each] for each in range(count)]
        run.group_at(index).put(index, at)

    def _call(self, number: int, about: dict[str, Any]) -> Recorded:
        recorded = Recorded(number, about["function"], about["parts"], about["at"])
        self.calls[number] = recorded
        self.by_key[key_of(recorded.parts)] = recorded
        return recorded

    def _begin(self, run: int, recorded: Recorded) -> Group:
        if run not in self._runs:
            group = Group(run, recorded.number)
            recorded.groups.append(group)
            self._runs[run] = Run(group)
        return own(self._runs[run])

    def _link(self, number: int, first: int, group: Group) -> None:
        run = self._runs[number]
        if (run.first, run.group) != (first, group):
            run.earlier.append((run.first, run.group))
            run.first, run.group = first, group

    def _drop(self, call: int) -> None:
        recorded = self.calls.get(call)
        if recorded is not None:
            recorded.dropped = True
            recorded.groups.clear()
            self.by_key.pop(key_of(recorded.parts), None)


class _Stream:
    """The bytes of a long value, in one record or several, straight from the file."""

    def __init__(self, ledger: Ledger, offsets: list[int]) -> None:
        assert ledger.file is not None
        self._file = ledger.file
        self._left: list[tuple[int, int, int]] = []
        self.length = 0
        for offset in offsets:
            header = ledger._header(offset)
            if header is None:
                raise Damaged
            skipped = 8 if header.kind == records.PART else 0
            self._left.append((offset + HEADER, header.length, header.sum))
            self.length += header.length - skipped
        self._parts = len(offsets) > 1 or skipped > 0
        self._left.reverse()
        self._at = self._end = self._sum = self._total = 0

    def read(self, size: int) -> bytearray:
        """Return the next so many bytes."""
        data = bytearray(size)
        rest = memoryview(data)
        while rest.nbytes:
            if self._at == self._end:
                self._enter()
            piece = rest[: self._end - self._at]
            self._fill(piece)
            rest = rest[piece.nbytes :]
        return data

    def check(self) -> None:
        """Raise `Damaged` unless all was read, as it was written."""
        if self._left or self._at != self._end or self._total != self._sum:
            raise Damaged

    def _enter(self) -> None:
        if self._total != self._sum or not self._left:
            raise Damaged
        at, length, self._sum = self._left.pop()
        self._at, self._end, self._total = at, at + length, 0
        if self._parts:
            self._fill(memoryview(bytearray(8)))

    def _fill(self, piece: memoryview) -> None:
        while piece.nbytes:
            count = os.preadv(self._file, [piece], self._at)
            if not count:
                raise Damaged
            self._total = crc32(piece[:count], self._total)
            self._at += count
            piece = piece[count:]


_lock = threading.RLock()
_left: list[Ledger] = []
"""Still to be closed."""
_claims: dict[bytes, dict[int, object]] = {}
_open: dict[bytes, Ledger] = {}
_known: OrderedDict[bytes, Ledger] = OrderedDict()


def ledger_of(ident: bytes) -> Ledger | None:
    """Return a file that this process has open, or had."""
    return _open.get(ident) or _known.get(ident)


def _forked() -> None:
    """In a forked child: the file is its parent's."""
    global _lock
    _lock = threading.RLock()
    for ledger in _open.values():
        if ledger.file is not None:
            os.close(ledger.file)
            ledger.file = None
    _open.clear()
    _known.clear()
    _left.clear()


def forget() -> None:
    """Know nothing of any file, as a new process would."""
    _known.clear()
    _claims.clear()


os.register_at_fork(after_in_child=_forked)
