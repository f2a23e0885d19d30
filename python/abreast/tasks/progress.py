"""Progress, counted in finished tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

__all__ = ["Progress"]

ProgressLike = bool | str | Callable[[int, int | None], Any]


class Progress:
    """A bar on the terminal or in the notebook, a callback, or nothing.

    ``True`` draws where somebody can see it: silent when standard error goes to a file.
    ``"always"`` draws there too. A function is called with the number of finished tasks and of
    all (None when that is not known).
    """

    def __init__(self, wanted: ProgressLike, total: int | None, label: str) -> None:
        self._total = total
        self._done = 0
        self._callback = wanted if callable(wanted) else None
        self._bar: Any = None
        if (not isinstance(wanted, (bool, str)) and not callable(wanted)) or (
            isinstance(wanted, str) and wanted != "always"
        ):
            raise ValueError(
                f"progress={wanted!r}: True, False, 'always', or a function of (done, total)"
            )
        if wanted == "always" or (wanted is True and _visible()):
            from tqdm.auto import tqdm

            # Without the thread that tqdm starts to refresh slow bars: `period` sees to that.
            silent = type("Bar", (tqdm,), {"monitor_interval": 0})
            self._bar = silent(total=total, desc=label, unit="task", file=sys.stderr)

    @property
    def period(self) -> float | None:
        """Seconds after which it wants a look even if nothing finished."""
        return 0.5 if self._bar is not None else None

    def follow(self, job: Any) -> None:
        """Say of this job what it is doing when nothing finishes for long."""

    def hide(self) -> None:
        """Make room for other output."""

    def add(self, tasks: int) -> None:
        """So many more tasks finished."""
        self._done += tasks
        if self._bar is not None:
            self._bar.update(tasks)
            if not tasks:
                self._bar.refresh()
        if self._callback is not None and tasks:
            self._callback(self._done, self._total)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()


def _visible() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
