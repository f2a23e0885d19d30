"""What this process and all that it started need of memory, as Linux keeps it."""

from __future__ import annotations

from pathlib import Path


def peaks() -> tuple[int, int]:
    """Return the peak memory of this process, and the sum of its descendants'.

    Not ru_maxrss: that begins with the size of the process that started this one.
    """
    own = Path("/proc/self")
    return _peak(own), sum(_peak(process) for process in _below(own))


def _below(process: Path) -> list[Path]:
    """Return the children, their children, and so on: an engine's workers are not its own."""
    found: list[Path] = []
    for thread in (process / "task").iterdir():
        for child in (thread / "children").read_text().split():
            place = Path("/proc", child)
            found += [place, *_below(place)]
    return found


def _peak(process: Path) -> int:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
