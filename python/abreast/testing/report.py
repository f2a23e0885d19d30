"""What came out of a run of the suite."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import indent

__all__ = ["Report", "Result"]

_STATUSES = ("ok", "FAILED", "skipped")


@dataclass(frozen=True)
class Result:
    """The outcome of one case: status ``"ok"``, ``"FAILED"`` or ``"skipped"``, and why."""

    id: str
    status: str
    seconds: float = 0.0
    detail: str = ""

    def __str__(self) -> str:
        line = f"{self.status:<8} {self.id:<44} {self.seconds:7.2f} s"
        if self.status == "skipped":
            return f"{line}  {self.detail}"
        return line if self.status == "ok" else f"{line}\n{indent(self.detail, '    ')}"


@dataclass
class Report:
    """All outcomes of a plan; true when no case failed."""

    plan: str
    results: list[Result] = field(default_factory=list)

    def count(self, status: str) -> int:
        """How many cases ended so."""
        return sum(each.status == status for each in self.results)

    @property
    def failures(self) -> list[Result]:
        """The cases that failed."""
        return [each for each in self.results if each.status == "FAILED"]

    def __bool__(self) -> bool:
        return not self.failures

    def __str__(self) -> str:
        passed, failed, skipped = map(self.count, _STATUSES)
        return f"conformance: {passed} passed, {failed} failed, {skipped} skipped"
