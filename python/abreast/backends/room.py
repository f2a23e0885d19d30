"""Large memory that tasks of an engine read: one copy a machine, that nobody has to tidy up.

It lies in a file without a name, which ends with the last process that has it. Others of the same
user on the same machine find it through the process that keeps it.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import weakref
from pathlib import Path
from typing import Any

__all__ = ["LARGE", "MANY", "Room", "node", "open_room"]

LARGE = 128 << 10
"""Bytes from which on memory is placed, and does not travel with each task."""
MANY = 128
"""Descriptors for memory that somebody else made, and as many for what shows it, at most."""

_views: weakref.WeakSet[Any] = weakref.WeakSet()


def node() -> tuple[str, ...]:
    """Name the machine, as far as processes find each other's memory there."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # no Linux: every process is a machine of its own
        return (str(os.getpid()), os.urandom(8).hex())
    return boot, space, str(os.getuid())


class Room:
    """Memory that this process keeps."""

    def __init__(self, content: Any) -> None:
        view = memoryview(content).cast("B")
        self.size = view.nbytes
        self.descriptor = _file()
        self._fill(view)

    def _fill(self, view: memoryview) -> None:
        at = 0
        while at < self.size:
            at += os.pwrite(self.descriptor, view[at : at + (1 << 30)], at)

    def refill(self, content: Any) -> bool:
        """Take other content from now on, if no other process has this memory, open or mapped.

        Memory that was in use is written in half the time that new memory takes.
        """
        try:
            # A lease to write is given to who has a file alone.
            fcntl.fcntl(self.descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            fcntl.fcntl(self.descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except (OSError, AttributeError):
            return False
        view = memoryview(content).cast("B")
        if view.nbytes != self.size:
            self.size = view.nbytes
            os.ftruncate(self.descriptor, self.size)
        self._fill(view)
        return True

    @classmethod
    def empty(cls, size: int) -> Room:
        """Return memory to be filled.

        Raises
        ------
        OSError
            If there is not so much.
        """
        room = cls.__new__(cls)
        room.size = size
        room.descriptor = _file()
        if size:
            os.posix_fallocate(room.descriptor, 0, size)
        return room

    @classmethod
    def adopt(cls, place: tuple[int, int, int]) -> Room:
        """Return memory that another process of this machine made, to be kept here as well.

        Raises
        ------
        OSError
            If it is not there any more, or not for this user.
        """
        keeper, descriptor, size = place
        room = cls.__new__(cls)
        room.size = size
        room.descriptor = os.open(f"/proc/{keeper}/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
        if os.fstat(room.descriptor).st_size != size:
            raise OSError("another file stands there")
        return room

    def place(self) -> tuple[int, int, int]:
        """Say where other processes find it."""
        return os.getpid(), self.descriptor, self.size

    def view(self, *, shared: bool = False) -> Any:
        """Return the memory, as it was placed; what is written there stays here, unless shared."""
        if not self.size:
            return bytearray()
        kind = mmap.MAP_SHARED if shared else mmap.MAP_PRIVATE
        return mmap.mmap(self.descriptor, self.size, kind)

    def content(self) -> Any:
        """Return the memory for good, to be written by this process: a view, while these are few.

        A view holds a descriptor, of which a process has a thousand or so.
        """
        if self.size and len(_views) < MANY:
            view = self.view()
            _views.add(view)
            return view
        content = bytearray(self.size)
        at = 0
        while at < self.size:
            at += os.preadv(self.descriptor, [memoryview(content)[at : at + (1 << 30)]], at)
        return content

    def close(self) -> None:
        """Keep it no longer; who sees it goes on to do so."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()


def _file() -> int:
    """Return a file without a name, opened as others open it: so a lease tells whether they did."""
    first = os.memfd_create("abreast-room", os.MFD_CLOEXEC)
    try:
        return os.open(f"/proc/self/fd/{first}", os.O_RDWR | os.O_CLOEXEC)
    finally:
        os.close(first)


def open_room(place: tuple[int, int, int]) -> Any:
    """Return memory that another process of this machine keeps.

    Raises
    ------
    OSError
        If it is not there any more, or not for this user.
    """
    keeper, descriptor, size = place
    if not size:
        return bytearray()
    # A file that is open for reading can be mapped privately: writing copies the page.
    with Path(f"/proc/{keeper}/fd/{descriptor}").open("rb") as file:
        return mmap.mmap(file.fileno(), size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
