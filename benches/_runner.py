"""What a bench asks of abreast and of each rival."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Function = Callable[..., Any]


class Runner:
    """Something that runs tasks. Making one imports what it needs, `open` starts its workers."""

    pip = ""
    """What installs it, if it is not part of Python."""

    def open(self, workers: int) -> None:
        """Start the workers."""
        raise NotImplementedError

    def map(self, function: Function, items: Sequence[Any]) -> list[Any]:
        """Call the function for each item, as a user of it would write that."""
        raise NotImplementedError

    def put(self, value: Any) -> Any:
        """Bring a large value where workers find it; return what stands for it as an item."""
        return value

    def submit(self, function: Function) -> Any:
        """Run the function once in a worker, and wait for its result."""
        raise NotImplementedError

    def close(self) -> None:
        """End the workers, and leave nothing behind."""
        raise NotImplementedError
