"""What this process holds, as the operating system counts it: nothing can be left unseen."""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections import Counter
from pathlib import Path

__all__ = ["Held", "descendants_of_session", "listeners"]

_PATIENCE = 3.0
"""Seconds for what has ended to be gone from the system's tables too."""

_NATIVE = frozenset(("jemalloc_bg_thd",))
"""Threads that a library starts when it is imported, and never ends: pyarrow's allocator."""


class Held:
    """Threads, child processes, descriptors and shared mappings at the time it is made."""

    def __init__(self) -> None:
        gc.collect()
        _wake_native_pools()
        self.kinds = {
            "thread": Counter(_threads()),
            "child process": Counter(_children()),
            "descriptor": Counter(_descriptors()),
            "shared mapping": Counter(_mappings()),
        }

    def leaked(self) -> str:
        """Say what is held now and was not then, waiting a moment for it to go."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            more = self._more()
            if not more or time.monotonic() > deadline:
                return more
            time.sleep(0.02)

    def _more(self) -> str:
        lines = []
        now = Held()
        for kind, before in self.kinds.items():
            after = now.kinds[kind]
            # By number: native libraries may replace a thread of theirs by another.
            if after.total() > before.total():
                new = ", ".join(sorted((after - before).elements()))
                lines.append(f"{after.total() - before.total()} {kind} too many: {new}")
        return "\n".join(lines)


def _wake_native_pools() -> None:
    """Have native libraries start their threads now: a fork ends them until they are next used."""
    import threadpoolctl

    for library in threadpoolctl.ThreadpoolController().lib_controllers:
        if library.user_api == "blas":
            library.set_num_threads(library.get_num_threads())


def descendants_of_session(leader: int) -> list[str]:
    """Name the processes that are still in the session which process `leader` began."""
    return [
        f"{pid} ({name})"
        for pid, name, state, _, session in _processes()
        if session == leader and state not in "ZX"
    ]


def listeners(leader: int, number: int) -> list[int]:
    """Return the other processes of a session that have a handler for a signal."""
    return [
        pid
        for pid, _, state, _, session in _processes()
        if session == leader != pid and state not in "ZX" and _handles(pid, number)
    ]


def _handles(pid: int, number: int) -> bool:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def _threads() -> list[str]:
    names = []
    for task in _listed("/proc/self/task"):
        try:
            names.append(Path(f"/proc/self/task/{task}/comm").read_text().strip())
        except OSError:
            continue
    return [name for name in names if name not in _NATIVE]


def _children() -> list[str]:
    here = os.getpid()
    return [f"{pid} ({name}, {state})" for pid, name, state, up, _ in _processes() if up == here]


def _descriptors() -> list[str]:
    found = []
    for number in _listed("/proc/self/fd"):
        try:
            found.append(f"{number} -> {Path(f'/proc/self/fd/{number}').readlink()}")
        except OSError:
            continue
    return found


def _mappings() -> list[str]:
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return []
    return [line.split(maxsplit=5)[5] for line in lines if "/memfd:" in line]


def _processes() -> list[tuple[int, str, str, int, int]]:
    found = []
    for number in _listed("/proc"):
        if not number.isdigit():
            continue
        try:
            text = Path(f"/proc/{number}/stat").read_text()
        except OSError:
            continue
        # The name may contain spaces and brackets; the last bracket ends it.
        head, _, tail = text.rpartition(")")
        state, parent, _, session, *_ = tail.split()
        found.append((int(number), head.partition("(")[2], state, int(parent), int(session)))
    return found


def _listed(folder: str) -> list[str]:
    try:
        return [each.name for each in Path(folder).iterdir()]
    except OSError:
        return []
