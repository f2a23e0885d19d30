"""What an engine's workers do, for the journal: by this machine's clock."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from abreast._abreast import SerialLane
from abreast.backends.line import Link

if TYPE_CHECKING:
    from abreast.backends.remote import Item

__all__ = ["died", "joined", "ran"]


def joined(link: Link, others: Iterable[Link], lanes: SerialLane) -> None:
    """Note that a worker serves."""
    used = {each.slot for each in others if each.lane is not None and not each.parted}
    link.slot = next(slot for slot in itertools.count() if slot not in used)
    link.lane = lanes.beside(link.slot, link.facts["pid"])


def ran(link: Link, item: Item, start: float, seconds: float, failed: bool, returned: int) -> None:
    """Note that a task ran, and how many bytes came back."""
    call = item.job.entry()
    if not call or link.lane is None:
        return
    if not link.is_near:
        # The message that was on its way for the shortest time tells most of the other clock.
        ahead = time.perf_counter() - start - seconds
        link.ahead = ahead if link.ahead is None else min(link.ahead, ahead)
        start += link.ahead
    number = item.job.first + item.key[1]
    moved = item.size, returned
    link.lane.ran(call, number, 1, start, start + seconds, failed, moved)


def died(link: Link) -> None:
    """Note that a worker is gone that was not told to leave, and with which task."""
    if link.lane is None or link.idle_since == float("inf"):
        return
    item = link.held.get(link.current) if link.current is not None else None
    if item is None:
        link.lane.died(0, 0, 0.0)
    else:
        link.lane.died(item.job.entry(), item.job.first + item.key[1], link.since)
