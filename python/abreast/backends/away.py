"""Memory of a result that lies on other machines than its caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from abreast.errors import WorkerLost

if TYPE_CHECKING:
    from abreast.backends.line import Link

__all__ = ["Away", "Holder", "Reader", "gone"]


class Holder(NamedTuple):
    """What is known of a pilot that has it."""

    place: tuple[int, int, int]
    """Where others of its machine find it."""
    address: tuple[str, int] | None
    """Where those of other machines fetch it, if they can."""


class Reader:
    """Somebody on this machine who waits for it."""

    __slots__ = ("content", "done")

    def __init__(self) -> None:
        self.content: bytearray | None = None
        self.done = False


class Away:
    """Where it is, where it is on its way to, and who waits for it here."""

    __slots__ = ("asked", "coming", "holders", "origin", "readers", "relays")

    def __init__(self, link: Link, holder: Holder) -> None:
        self.origin = link.worker()
        self.holders: dict[Link, Holder] = {link: holder}
        self.coming: dict[Any, Link] = {}
        """By machine: the pilot that is getting it."""
        self.asked: Link | None = None
        """Of whom it was asked for this machine."""
        self.readers: list[Reader] = []
        self.relays: list[Link] = []
        """Pilots that reach no holder: they get it through here."""

    def place_on(self, machine: Any) -> tuple[int, int, int] | None:
        """Return where processes of a machine find it; None if it is not there."""
        for link, holder in self.holders.items():
            if link.machine == machine:
                return holder.place
        return None

    def source(self, machine: Any, cut: set[tuple[Any, Any]]) -> Link | None:
        """Return the pilot from which a machine gets it: of those it reaches the least busy."""
        reached = [
            link
            for link, holder in self.holders.items()
            if holder.address is not None and (machine, link.machine) not in cut
        ]
        return min(reached, key=lambda link: link.gives, default=None)


def gone(origin: str) -> WorkerLost:
    """Say that a result is lost with the worker that kept it."""
    return WorkerLost(
        f"the result of a task is lost: {origin} kept it, and is gone\n"
        "hint: run that task again; what is to outlive its machine is read with result()"
    )
