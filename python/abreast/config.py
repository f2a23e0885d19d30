"""Settings of the process: how much shared memory abreast may use.

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
from collections.abc import Callable
from dataclasses import dataclass, replace

from abreast.errors import ConfigError

__all__ = ["Settings", "get", "set"]


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
    """

    memory: int
    keep: int
    spill: str | None


_UNITS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgt", 1):
    _UNITS[_letter] = _UNITS[_letter + "ib"] = 1024**_power
    _UNITS[_letter + "b"] = 1000**_power

_settings: Settings | None = None
_watchers: list[Callable[[int, int], None]] = []


def get() -> Settings:
    """Return the settings in force.

    They come from `set`, else from the variables ``ABREAST_MEMORY``, ``ABREAST_KEEP`` and
    ``ABREAST_SPILL``, else from the machine.
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
) -> None:
    """Change settings; what is not given stays.

    Parameters
    ----------
    memory, keep : int or str, optional
        Bytes, or text such as ``"500 MB"`` (powers of 1000) or ``"8 GiB"`` (powers of 1024).
    spill : path, optional
        A folder; ``""`` means none. It must be set before anything is shared.

    Raises
    ------
    ConfigError
        For what makes no sense.
    """
    global _settings
    settings = get()
    if memory is not None:
        settings = replace(settings, memory=_bytes("memory", memory))
    if keep is not None:
        settings = replace(settings, keep=_bytes("keep", keep))
    if spill is not None:
        if _watchers:
            raise ConfigError(
                f"config.set(spill={os.fspath(spill)!r}): shared memory is in use already\n"
                "hint: set it before the first task, or in the variable ABREAST_SPILL"
            )
        settings = replace(settings, spill=_folder(os.fspath(spill)))
    _settings = settings
    for told in _watchers:
        told(settings.memory, settings.keep)


def watch(told: Callable[[int, int], None] | None) -> None:
    """Have ``told(memory, keep)`` called when they change, and nobody any more if None."""
    _watchers[:] = [] if told is None else [told]


def _first() -> Settings:
    from tempfile import gettempdir

    from abreast.machine import memory as machine_memory

    variable = os.environ.get
    text = variable("ABREAST_MEMORY")
    memory = machine_memory() // 2 if not text else _bytes("the variable ABREAST_MEMORY", text)
    text = variable("ABREAST_KEEP")
    keep = memory // 4 if not text else _bytes("the variable ABREAST_KEEP", text)
    return Settings(memory, keep, _folder(variable("ABREAST_SPILL", gettempdir())))


def _bytes(what: str, given: int | str) -> int:
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
