"""The functions the benches run as tasks: importable by any worker, and importing nothing heavy."""

from __future__ import annotations

import time
from typing import Any


def nothing(_item: Any = None) -> None:
    """Do nothing."""


def same(item: Any) -> Any:
    """Return the item: a small result."""
    return item


def sleep(seconds: float) -> None:
    """Take a known time, whatever else the machine does."""
    time.sleep(seconds)


def microsecond(item: int) -> int:
    """Compute for about a microsecond, in plain Python."""
    for step in range(40):
        item ^= step
    return item
