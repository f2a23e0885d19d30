"""Stores each result where the task runs, before the next task begins there.

So a program that is killed loses only what was running: nothing that ended waits in a buffer.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from abreast.checkpoint import ledger, records
from abreast.checkpoint.records import HEAD, SMALL, Form, tag_of
from abreast.errors import CheckpointError, TransferError

__all__ = ["Keeping", "NotKept"]

_MOST = 4
"""Files that a worker holds open."""


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

    def __call__(self, index: int, item: Any) -> Any:
        """Run task `index`, and store its result."""
        if self.style == "indexed":
            value = self.__wrapped__(index, item)
        elif self.style == "star":
            value = self.__wrapped__(*item)
        else:
            value = self.__wrapped__(item)
        try:
            chunks = records.encode(value)
        except Exception as reason:
            error = TransferError(
                f"the result of task {index} cannot be stored in the checkpoint: "
                f"{type(reason).__name__}: {reason}\n"
                "hint: open files, locks, connections and generators cannot; return what they gave"
            )
            error.index = index
            raise error from reason
        if not self._keep(index, chunks):
            raise NotKept(value)
        return value

    def _keep(self, index: int, chunks: list[Any]) -> bool:
        if os.getpid() == self.process:
            found = ledger.opened(self.ident)
            if found is None:
                return True  # nobody waits for this task any more
            form = found.form
        else:
            writer = _writer(self.path, self.ident)
            if writer is None:
                return False
            file, form = writer
            found = None
        if len(chunks) == 1 and len(chunks[0]) <= SMALL:
            data = form.small(self.tag, index, chunks[0])
            try:
                if found is None:
                    return os.write(file, data) == len(data)
                with found.lock:
                    return found.file is None or os.write(found.file, data) == len(data)
            except OSError:
                return False
        try:
            if found is not None:
                found.write(records.RESULT, self.run, index, chunks)
            else:
                for record in form.records(records.RESULT, self.run, index, chunks):
                    records.append(file, record)
        except (OSError, CheckpointError):
            return False
        return True


_writers: OrderedDict[bytes, tuple[int, Form]] = OrderedDict()


def _writer(path: str, ident: bytes) -> tuple[int, Form] | None:
    """Return the file for a worker to append to; None where it is not to be found."""
    found = _writers.get(ident)
    if found is not None:
        return found
    try:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        same = records.read_head(os.pread(file, HEAD, 0)) == ident
    except (OSError, ValueError):
        same = False
    if not same:
        os.close(file)
        return None
    _writers[ident] = file, Form(ident)
    while len(_writers) > _MOST:
        os.close(_writers.popitem(last=False)[1][0])
    return _writers[ident]
