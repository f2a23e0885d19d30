"""Stores each result where the task runs, before the next task begins there.

So a program that is killed loses only what was running: nothing that ended waits in a buffer.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import Any
from zlib import crc32

from abreast.checkpoint import ledger, records
from abreast.checkpoint.records import HEAD, SMALL, Form, pack_check, pack_rest, tag_of
from abreast.errors import CheckpointError, TransferError
from abreast.pickling import PLAIN

__all__ = ["Keeping", "NotKept"]


class NotKept(Exception):
    """A task ended well where its result could not be stored; whoever made the call may."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def __reduce__(self) -> Any:
        return type(self), (self.value,)


class Keeping:
    """A function whose results are stored under the index of their task.

    Parameters
    ----------
    function : callable
    style : {"item", "star", "indexed"}
        How it is called.
    path : str
        Of the file.
    ident : bytes
        What names the file, wherever it was moved.
    run : int
        Under which number results are stored.
    """

    def __init__(
        self, function: Callable[..., Any], style: str, path: str, ident: bytes, run: int
    ) -> None:
        self.__wrapped__ = function
        self.style = style
        self.path = path
        self.ident = ident
        self.run = run
        self.tag = tag_of(records.RESULT, run)
        self.process = os.getpid()
        self._target: _Target | None = None

    def __call__(self, index: int, item: Any) -> Any:
        """Run task `index`, and store its result."""
        if self.style == "indexed":
            value = self.__wrapped__(index, item)
        elif self.style == "star":
            value = self.__wrapped__(*item)
        else:
            value = self.__wrapped__(item)
        if type(value) in PLAIN:
            data = pickle.dumps(value, 5)
        else:
            try:
                chunks = records.encode(value)
            except Exception as reason:
                raise _unstorable(index, reason) from reason
            if len(chunks) > 1:
                if self._keep(index, chunks):
                    return value
                raise NotKept(value)
            data = chunks[0]
        if len(data) > SMALL:
            if self._keep(index, [data]):
                return value
            raise NotKept(value)
        if not self._keep_small(index, data):
            raise NotKept(value)
        return value

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to go on."""
        return {**vars(self), "_target": None}

    def _keep_small(self, index: int, data: bytes) -> bool:
        """Store what is copied more quickly than it would be written in pieces."""
        target = self._target
        if target is None or target.process != os.getpid():
            target = self._find()
        # `Form.records`, for one short record.
        rest = pack_rest(len(data), self.tag, crc32(data), index)
        data = b"".join((target.mark, pack_check(crc32(rest, target.seed)), rest, data))
        try:
            if target.ledger is None:
                return os.write(target.file, data) == len(data)
            with target.ledger.lock:
                file = target.ledger.file
                # Without a file, nobody waits for this task any more.
                return file is None or os.write(file, data) == len(data)
        except OSError:
            return False

    def _keep(self, index: int, chunks: list[Any]) -> bool:
        target = self._target
        if target is None or target.process != os.getpid():
            target = self._find()
        try:
            if target.ledger is not None:
                target.ledger.write(records.RESULT, self.run, index, chunks)
            else:
                for record in target.form.records(records.RESULT, self.run, index, chunks):
                    records.append(target.file, record)
        except (OSError, CheckpointError):
            return False
        return True

    def _find(self) -> _Target:
        self._target = _Target(self.path, self.ident, self.process)
        return self._target


class _Target:
    """Where a process writes: a file that it has open as its own, or a descriptor beside that."""

    def __init__(self, path: str, ident: bytes, owner: int) -> None:
        self.process = os.getpid()
        self.form = Form(ident)
        self.mark, self.seed = self.form.mark, self.form.seed
        self.file = _NOWHERE
        self.ledger = ledger.ledger_of(ident) if self.process == owner else None
        if self.process != owner:
            self._open(path, ident)

    def _open(self, path: str, ident: bytes) -> None:
        """Open the file, if it is there and the one that is meant."""
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError:
            return
        try:
            same = records.read_head(os.pread(file, HEAD, 0)) == ident
        except (OSError, ValueError):
            same = False
        if same:
            self.file = file
        else:
            os.close(file)

    def __del__(self) -> None:
        if self.file != _NOWHERE and self.process == os.getpid():
            os.close(self.file)


_NOWHERE = -1
"""No descriptor: to write there fails."""


def _unstorable(index: int, reason: Exception) -> TransferError:
    error = TransferError(
        f"the result of task {index} cannot be stored in the checkpoint: "
        f"{type(reason).__name__}: {reason}\n"
        "hint: open files, locks, connections and generators cannot; return what they gave"
    )
    error.index = index
    return error
