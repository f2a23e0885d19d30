"""What this process may use of the machine: cores and memory, containers and batch jobs counted.

``os.cpu_count()`` tells what the machine has. A container, a batch job or ``taskset`` may allow
less, and a program that starts one worker for each core it may not use runs slower than a serial
one. Everything here is read afresh at each call, because limits may change while a process runs.

``root``, in each function, is where the system's files are looked for: tests build their own.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["cores", "core_limits", "CoreLimits", "memory", "available_memory", "shared_memory_free"]


@dataclass(frozen=True, slots=True)
class CoreLimits:
    """Each limit on the cores of this process; ``None`` where there is no such limit.

    Attributes
    ----------
    machine : int
        Cores the operating system sees.
    affinity : int or None
        Cores this process may be scheduled on (``taskset``, cpusets).
    quota : float or None
        Cores' worth of time the cgroup grants, as containers set it; may be a fraction.
    slurm : int or None
        Cores Slurm gave to this task.

    Examples
    --------
    >>> limits = CoreLimits(machine=64, affinity=8, quota=2.5, slurm=None)
    >>> limits.cores, limits.decided_by
    (3, 'cgroup quota')
    """

    machine: int
    affinity: int | None = None
    quota: float | None = None
    slurm: int | None = None

    @property
    def cores(self) -> int:
        """Cores this process may use: the tightest of the limits, at least 1."""
        return self._tightest()[0]

    @property
    def decided_by(self) -> str:
        """Which limit is the tightest: 'machine', 'affinity', 'cgroup quota' or 'Slurm'."""
        return self._tightest()[1]

    def _tightest(self) -> tuple[int, str]:
        # Where the affinity is known the machine's count says nothing more: it can even be
        # smaller, in a container that hides cores from /proc but not from the scheduler.
        found = [(self.machine, "machine")]
        if self.affinity is not None:
            name = "affinity" if self.affinity != self.machine else "machine"
            found = [(self.affinity, name)]
        if self.quota is not None:
            # Rounded up: on two workers a quota of 2.5 would leave half a core unused.
            found.append((math.ceil(self.quota), "cgroup quota"))
        if self.slurm is not None:
            found.append((self.slurm, "Slurm"))
        # Of equal limits the first named is the plainest to explain.
        count, name = min(found, key=lambda limit: limit[0])
        return max(1, count), name


def core_limits(*, root: Path = Path("/")) -> CoreLimits:
    """Each limit on the cores of this process.

    Returns
    -------
    CoreLimits
        The limits found. What cannot be read or understood counts as no limit.

    Examples
    --------
    >>> core_limits().machine >= 1
    True
    """
    return CoreLimits(
        machine=os.cpu_count() or 1,
        affinity=_affinity(),
        quota=_quota(root),
        slurm=_slurm(),
    )


def cores(*, root: Path = Path("/")) -> int:
    """Cores this process may use.

    The least of the affinity (else the machine's cores), the cgroup's quota rounded up, and what
    Slurm gave to the task (``SLURM_CPUS_PER_TASK``, else ``SLURM_CPUS_ON_NODE``).

    Returns
    -------
    int
        A count of cores, at least 1. Limits that cannot be read are ignored: nothing is raised.

    Examples
    --------
    >>> cores() >= 1
    True
    """
    return core_limits(root=root).cores


def memory(*, root: Path = Path("/")) -> int:
    """Memory this process may use at most, in bytes, whether free now or not.

    Returns
    -------
    int
        Bytes: the physical memory or the cgroup's limit, whichever is less; 0 if the system
        tells neither. Limits that cannot be read are ignored: nothing is raised.

    Examples
    --------
    >>> memory() > 2**20
    True
    """
    physical = _meminfo(root, "MemTotal") or _physical()
    limits = [limit for limit, _ in _memory_groups(root)]
    return min([physical, *limits] if physical else limits, default=0)


def available_memory(*, root: Path = Path("/")) -> int:
    """Memory that can be had now without swapping, in bytes.

    Returns
    -------
    int
        Bytes: what the system calls available, or what is left below the limit of the cgroup or
        of one of its parents, whichever is less. Files that the kernel merely caches count as
        free. At most ``memory()``, and nothing is raised.

    Examples
    --------
    >>> 0 <= available_memory() <= memory()
    True
    """
    whole = memory(root=root)
    available = _meminfo(root, "MemAvailable")
    left = [max(0, limit - used) for limit, used in _memory_groups(root)]
    return min([whole, *left] if available is None else [whole, available, *left])


def shared_memory_free(*, root: Path = Path("/")) -> int | None:
    """Free space in ``/dev/shm``, in bytes.

    Returns
    -------
    int or None
        Bytes free to this user, or ``None`` where there is no ``/dev/shm``; nothing is raised.

    Examples
    --------
    >>> free = shared_memory_free()
    >>> free is None or free >= 0
    True
    """
    try:
        status = os.statvfs(root / "dev/shm")
    except (OSError, AttributeError):
        return None
    return status.f_bavail * status.f_frsize


def _affinity() -> int | None:
    """Cores this process may be scheduled on, where the system has such a notion."""
    try:
        return len(os.sched_getaffinity(0)) or None
    except (AttributeError, OSError):
        return None


def _slurm() -> int | None:
    """Cores that Slurm gave to this task."""
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        count = _count(os.environ.get(name, ""))
        if count:
            return count
    return None


def _quota(root: Path) -> float | None:
    """Tightest quota of the cgroup and its parents, in cores: each of them binds."""
    pairs = [_read(folder / "cpu.max").split() for folder in _cgroups(root, None)]
    pairs += [
        [_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")]
        for folder in _cgroups(root, "cpu")
    ]
    # "max" (v2) and -1 (v1) say no limit; neither is a count.
    found = [[_count(text) for text in pair] for pair in pairs if len(pair) == 2]
    return min((quota / period for quota, period in found if quota and period), default=None)


def _memory_groups(root: Path) -> Iterator[tuple[int, int]]:
    """Limit and use, in bytes, of the cgroup and of each parent that has a limit."""
    versions = (
        (None, "memory.max", "memory.current", "inactive_file"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    )
    for controller, limit_name, used_name, cached_name in versions:
        for folder in _cgroups(root, controller):
            limit = _count(_read(folder / limit_name))
            if limit:
                used = _count(_read(folder / used_name)) or 0
                cached = _field(_read(folder / "memory.stat"), cached_name) or 0
                yield limit, max(0, used - cached)


def _cgroups(root: Path, controller: str | None) -> Iterator[Path]:
    """Folders of this process's cgroup, innermost first; v2 if ``controller`` is ``None``."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, name = rest.partition(":")
        if (not controllers) if controller is None else (controller in controllers.split(",")):
            path = PurePosixPath(name)
            for top, folder in _cgroup_mounts(root, controller):
                # A container sees its own part of the tree only: what the path says above it
                # ("/docker/1f2e") is not there, and the mount itself is the process's cgroup.
                inner = path.relative_to(top) if path.is_relative_to(top) else PurePosixPath()
                if ".." in inner.parts:
                    inner = PurePosixPath()
                for part in (inner, *inner.parents):
                    yield folder / part


def _cgroup_mounts(root: Path, controller: str | None) -> list[tuple[PurePosixPath, Path]]:
    """Where a cgroup tree is mounted: (which part of the tree, folder)."""
    found = []
    for line in _read(root / "proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        place, kind = left.split(), right.split()
        if len(place) < 5 or len(kind) < 3:
            continue
        unified = controller is None and kind[0] == "cgroup2"
        # A part above our own root ("/..") belongs to somebody else.
        if (unified or (kind[0] == "cgroup" and controller in kind[2].split(","))) and (
            ".." not in PurePosixPath(place[3]).parts
        ):
            folder = place[4].replace("\\040", " ")
            found.append((PurePosixPath(place[3]), root / folder.lstrip("/")))
    names = ("", "unified") if controller is None else (controller, f"{controller},cpuacct")
    usual = [(PurePosixPath("/"), root / "sys/fs/cgroup" / name) for name in names]
    return found or usual


def _meminfo(root: Path, name: str) -> int | None:
    """One field of /proc/meminfo, which counts in KiB, in bytes."""
    count = _field(_read(root / "proc/meminfo"), f"{name}:")
    return None if count is None else count * 1024


def _physical() -> int:
    """Physical memory in bytes where there is no /proc, or 0."""
    try:
        return max(0, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return 0


def _field(text: str, name: str) -> int | None:
    """Return the number after ``name`` in a file of such lines."""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == name:
            return _count(words[1])
    return None


def _count(text: str) -> int | None:
    """Return a whole number of at least 0; beyond 64 bits it says nothing of a machine."""
    try:
        number = int(text)
    except ValueError:
        return None
    return number if 0 <= number < 2**64 else None


def _read(path: Path) -> str:
    """Text of a small system file, empty if it is not there or not to be read."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return ""
