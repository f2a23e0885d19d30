"""Large memory that tasks of an engine read: one copy a machine, that nobody has to tidy up.

It lies in a file without a name, which ends with the last process that has it. Others of the same
user on the same machine find it through the process that keeps it.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

__all__ = ["LARGE", "Room", "node", "open_room"]

LARGE = 128 << 10
"""Bytes from which on memory is placed, and does not travel with each task."""


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
        self.descriptor = os.memfd_create("abreast-room", os.MFD_CLOEXEC)
        at = 0
        while at < self.size:
            at += os.write(self.descriptor, view[at : at + (1 << 30)])

    def place(self) -> tuple[int, int, int]:
        """Say where other processes find it."""
        return os.getpid(), self.descriptor, self.size

    def view(self) -> Any:
        """Return the memory, as it was placed; what is written there stays here."""
        return mmap.mmap(self.descriptor, self.size, mmap.MAP_PRIVATE)

    def close(self) -> None:
        """Keep it no longer; who sees it goes on to do so."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()


def open_room(place: tuple[int, int, int]) -> Any:
    """Return memory that another process of this machine keeps.

    Raises
    ------
    OSError
        If it is not there any more, or not for this user.
    """
    keeper, descriptor, size = place
    # A file that is open for reading can be mapped privately: writing copies the page.
    with Path(f"/proc/{keeper}/fd/{descriptor}").open("rb") as file:
        return mmap.mmap(file.fileno(), size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
