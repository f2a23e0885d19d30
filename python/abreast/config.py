"""Settings of the process: how much memory abreast may use, and whether it keeps a journal.

Examples
--------
>>> import abreast as ab
>>> before = ab.config.get()
>>> ab.config.set(memory="2 GiB")
>>> ab.config.get().memory
2147483648
>>> ab.config.set(memory=before.memory)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Never

from abreast.errors import ConfigError
from abreast.keywords import refuse

__all__ = ["Settings", "get", "set", "size"]


@dataclass(frozen=True)
class Settings:
    """What is set.

    Attributes
    ----------
    memory : int
        Most bytes of shared memory in use at one time, over all processes: arguments and results
        on their way, and what `share` made. Default: half of the memory this process may use.
    keep : int
        Most bytes that each process keeps, when they are free again, to use them once more, which
        is several times faster than fresh memory; after some seconds without work they are given
        back. Default: a quarter of `memory`.
    spill : str or None
        Folder of the file that takes what exceeds `memory`; None: that is a `MemoryError` then.
        The file has no name and is gone with the process. Default: where temporary files go.
    worker_memory : int
        Most bytes of a worker process's own memory; one that has more after a task is replaced by a
        fresh one. ``plan("processes", memory=...)`` goes before. Zero, the default: its share of
        the memory that this process may use.
    journal : bool
        Whether it is written down who runs what, for `timeline` and `report`. Default: yes.
    """

    memory: int
    keep: int
    spill: str | None
    worker_memory: int = 0
    journal: bool = True


_UNITS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgt", 1):
    _UNITS[_letter] = _UNITS[_letter + "ib"] = 1024**_power
    _UNITS[_letter + "b"] = 1000**_power

_settings: Settings | None = None
_watchers: list[Callable[[int, int], None]] = []


def get() -> Settings:
    """Return the settings in force.

    They come from `set`, else from the variables ``ABREAST_MEMORY``, ``ABREAST_KEEP``,
    ``ABREAST_SPILL``, ``ABREAST_WORKER_MEMORY`` and ``ABREAST_JOURNAL``, else from the machine.
    """
    global _settings
    if _settings is None:
        _settings = _first()
    return _settings


def set(
    *,
    memory: int | str | None = None,
    keep: int | str | None = None,
    spill: str | os.PathLike[str] | None = None,
    worker_memory: int | str | None = None,
    journal: bool | None = None,
    **unknown: Never,
) -> None:
    """Change settings; what is not given stays.

    Parameters
    ----------
    memory, keep : int or str, optional
        Bytes, or text such as ``"500 MB"`` (powers of 1000) or ``"8 GiB"`` (powers of 1024).
    spill : path, optional
        A folder; ``""`` means none. It must be set before anything is shared.
    worker_memory : int or str, optional
        As `memory`; for pools that start from then on.
    journal : bool, optional
        Write down from now on who runs what, or do not.

    Raises
    ------
    ConfigError
        For what makes no sense.
    """
    global _settings
    if unknown:
        refuse("config.set", unknown, set)
    settings = get()
    if memory is not None:
        settings = replace(settings, memory=size("memory", memory))
    if keep is not None:
        settings = replace(settings, keep=size("keep", keep))
    if spill is not None:
        if _watchers:
            raise ConfigError(
                f"config.set(spill={os.fspath(spill)!r}): shared memory is in use already\n"
                "hint: set it before the first task, or in the variable ABREAST_SPILL"
            )
        settings = replace(settings, spill=_folder(os.fspath(spill)))
    if worker_memory is not None:
        settings = replace(settings, worker_memory=size("worker_memory", worker_memory))
    if journal is not None:
        if not isinstance(journal, bool):
            raise ConfigError(f"journal={journal!r}: True or False")
        settings = replace(settings, journal=journal)
        _turn(journal)
    _settings = settings
    for told in _watchers:
        told(settings.memory, settings.keep)


def watch(told: Callable[[int, int], None] | None) -> None:
    """Have ``told(memory, keep)`` called when they change, and nobody any more if None."""
    _watchers[:] = [] if told is None else [told]


def keeps_journal() -> bool:
    """Whether the journal is on, without a look at the machine."""
    if _settings is not None:
        return _settings.journal
    return os.environ.get("ABREAST_JOURNAL", "1") != "0"


def _turn(on: bool) -> None:
    home = sys.modules.get("abreast.backends.journal")
    if home is not None:
        home.shared().turn(on)


def _first() -> Settings:
    from tempfile import gettempdir

    from abreast.machine import memory as machine_memory

    variable = os.environ.get
    text = variable("ABREAST_MEMORY")
    memory = machine_memory() // 2 if not text else size("the variable ABREAST_MEMORY", text)
    text = variable("ABREAST_KEEP")
    keep = memory // 4 if not text else size("the variable ABREAST_KEEP", text)
    text = variable("ABREAST_WORKER_MEMORY")
    worker = size("the variable ABREAST_WORKER_MEMORY", text) if text else 0
    text = variable("ABREAST_JOURNAL") or "1"
    if text not in ("0", "1"):
        raise ConfigError(f"the variable ABREAST_JOURNAL={text!r}: 1 or 0")
    spill = _folder(variable("ABREAST_SPILL", gettempdir()))
    return Settings(memory, keep, spill, worker, text == "1")


def size(what: str, given: int | str) -> int:
    """Return a number of bytes that a user gave as such or as text."""
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return given
    if isinstance(given, str):
        number = given.strip().rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
        unit = given.strip()[len(number) :].strip().lower()
        try:
            amount = float(number) * _UNITS[unit]
        except (KeyError, ValueError):
            amount = -1.0
        if 0 <= amount < 2**62:
            return int(amount)
    raise ConfigError(
        f"{what}={given!r}: a number of bytes, not negative\nhint: 2_000_000_000, '2 GB', '1.5 GiB'"
    )


def _folder(given: str) -> str | None:
    if not given:
        return None
    if not os.path.isdir(given):  # noqa: PTH112 - os alone is quick to import
        raise ConfigError(
            f"spill={given!r}: there is no such folder\nhint: an existing folder on a disk, or ''"
        )
    return given
