"""A checkpoint file is opened, locked and recognised; and what is said where that fails."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

from abreast.checkpoint import records
from abreast.checkpoint.records import HEAD
from abreast.errors import CheckpointError

__all__ = ["hint", "identify", "locked", "unusable"]


def hint(path: str, call: int | None = None) -> str:
    """Say what to do about results that do not fit."""
    one = (
        "" if call is None else f", or drop them: python -m abreast checkpoint {path} --drop {call}"
    )
    return f"hint: give this call a file of its own, or delete {path}{one}"


def locked(path: str) -> int:
    """Open a file and lock it: its descriptor."""
    import fcntl

    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except OSError as reason:
            raise unusable(path, reason) from reason
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file), Path(path).stat()):
                return file
            os.close(file)
        except FileNotFoundError:
            os.close(file)
        except OSError as reason:
            if not isinstance(reason, (BlockingIOError, PermissionError)):
                os.close(file)
                raise unusable(path, reason) from reason
            question = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            pid = struct.unpack("hhqqi", fcntl.fcntl(file, fcntl.F_GETLK, question))[4]
            os.close(file)
            who = f"process {pid}" if pid > 0 else "another program"
            raise CheckpointError(
                f"checkpoint {path} is in use by {who}: one program at a time writes to it\n"
                "hint: wait until that has ended, or name another file"
            ) from None


def identify(file: int, path: str) -> bytes:
    """Return what names the file; a new one gets its first bytes."""
    try:
        ident = records.read_head(os.pread(file, HEAD, 0))
        if ident is None:
            os.ftruncate(file, 0)
            data = records.head()
            if os.write(file, data) != len(data):
                os.write(file, b"")
            ident = records.read_head(os.pread(file, HEAD, 0))
            folder = os.open(Path(path).parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as reason:
        raise unusable(path, reason) from reason
    except ValueError as reason:
        raise CheckpointError(
            f"checkpoint {path} {reason}\nhint: name another file, or move this one away"
        ) from None
    if ident is None:
        raise unusable(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    return ident


def unusable(path: str, reason: OSError) -> CheckpointError:
    """Say that a file cannot be written."""
    what = os.strerror(reason.errno) if reason.errno else str(reason)
    return CheckpointError(
        f"checkpoint {path} cannot be written: {what}\n"
        "hint: what was stored before stays there; once it can be written, the same call goes on "
        "from there"
    )
