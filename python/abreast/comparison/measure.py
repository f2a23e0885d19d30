"""The order of a comparison: sizes, warm-up, turns, and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from abreast.comparison.agreement import Check, agree, short
from abreast.comparison.rows import Omitted, Row, make_row
from abreast.comparison.subject import Subject
from abreast.comparison.words import seconds_text
from abreast.tasks.progress import Progress

__all__ = ["Measurement", "Settings"]


@dataclass(frozen=True)
class Settings:
    """How to measure; what they mean says `compare`."""

    make: Callable[[int], Any] | None
    fresh: bool
    repeats: int
    warmup: int
    seconds: float
    check: Check
    limit: float | None
    budget: float | None
    on_error: str


class Measurement:
    """One run of `compare`: what was measured stays here when it is interrupted."""

    def __init__(self, subjects: Sequence[Subject], settings: Settings, progress: Progress) -> None:
        self._subjects = subjects
        self._settings = settings
        self._progress = progress
        self._failed: dict[str, str] = {}
        self._done = 0
        self.rows: list[Row] = []
        self.omitted: list[Omitted] = []

    def run(self, sizes: Sequence[int]) -> None:
        """Measure at all sizes, the smallest first."""
        self._start = perf_counter()
        for number, size in enumerate(sizes):
            present = [each for each in self._subjects if self._fits(each, size)]
            for subject in present:
                subject.begin()
            try:
                if present:
                    self._measure(present, size)
            finally:
                for subject in present:
                    if subject.times:
                        row = make_row(
                            subject.label, subject.plan, size, subject.times, subject.calls
                        )
                        subject.medians.append((size, row.median))
                        self.rows.append(row)
            self._advance_to((number + 1) * len(self._subjects) * self._settings.repeats)

    def _advance_to(self, done: int) -> None:
        if done > self._done:
            self._progress.add(done - self._done)
            self._done = done

    def _fits(self, subject: Subject, size: int) -> bool:
        """Whether it is measured at this size; if not, say why."""
        limit, budget = self._settings.limit, self._settings.budget
        expected = subject.expect(size)
        reason = self._failed.get(subject.name)
        if reason is None and limit is not None and expected > limit:
            reason = f"about {seconds_text(expected)} expected, the limit is {seconds_text(limit)}"
        if reason is None and budget is not None:
            left = max(0.0, budget - (perf_counter() - self._start))
            if left <= 0 and self.rows:
                reason = f"the budget of {seconds_text(budget)} was spent"
            elif expected > left:
                reason = (
                    f"about {seconds_text(expected)} expected, "
                    f"{seconds_text(left)} of the budget were left"
                )
        if reason is None:
            return True
        self._omit(subject, size, reason)
        return False

    def _omit(self, subject: Subject, size: int, reason: str) -> None:
        subject.times = []
        self.omitted.append(Omitted(subject.label, subject.plan, size, reason))

    def _measure(self, present: list[Subject], size: int) -> None:
        values = self._values(size)
        present = self._warm_up(present, size, values)
        for number in range(self._settings.repeats):
            rotation = number % max(1, len(present))
            # Whatever slows the machine for a while, and whoever comes after whom, hits all alike.
            for subject in [*present[rotation:], *present[:rotation]]:
                if not self._has_enough(subject, number):
                    self._guard(subject, size, partial(self._turn, subject, values))
                self._advance_to(self._done + 1)
            if self._is_spent():
                break

    def _has_enough(self, subject: Subject, number: int) -> bool:
        """Whether it takes no turn in round `number`."""
        if subject.name in self._failed:
            return True
        # The first call was counted: without warm-up, or because it was too slow for another.
        return bool(subject.times) and (number == 0 or self._is_slow(subject.times[0]))

    def _values(self, size: int) -> Callable[[], tuple[Any, ...]]:
        """Return what makes the arguments: once for all, or anew for each call."""
        make = self._settings.make

        def build() -> tuple[Any, ...]:
            if make is None:
                return (size,)
            try:
                made = make(size)
            except Exception as error:
                error.add_note(f"abreast: raised by make({size}) of compare")
                raise
            return made if type(made) is tuple else (made,)

        if make is None or self._settings.fresh:
            return build
        once = build()
        return lambda: once

    def _warm_up(
        self, present: list[Subject], size: int, values: Callable[[], tuple[Any, ...]]
    ) -> list[Subject]:
        """Call each a few times; return those that can go on."""
        settings = self._settings
        first: tuple[str, Any] | None = None
        going: list[Subject] = []
        for subject in present:
            if self._is_spent() and going:
                budget = seconds_text(settings.budget or 0)
                self._omit(subject, size, f"the budget of {budget} was spent")
                continue
            found = self._guard(subject, size, partial(self._try, subject, values))
            if subject.name in self._failed:
                continue
            going.append(subject)
            if settings.check is False:
                continue
            if first is None:
                first = subject.name, found
            else:
                self._compare(first, (subject.name, found), size)
        return going

    def _try(self, subject: Subject, values: Callable[[], tuple[Any, ...]]) -> Any:
        settings = self._settings
        for number in range(max(1, settings.warmup)):
            arguments = values()
            taken, value = subject.attempt(arguments)
            if self._is_slow(taken) or (settings.warmup == 0 and number == 0):
                break
        if self._is_slow(taken):
            subject.times = [taken]
        if not settings.fresh:
            subject.calibrate(arguments, taken)
        if settings.warmup == 0 and subject.calls == 1:
            subject.times = [taken]
        return value

    def _turn(self, subject: Subject, values: Callable[[], tuple[Any, ...]]) -> None:
        subject.turn(values, self._settings.seconds / self._settings.repeats)

    def _is_slow(self, seconds: float) -> bool:
        limit = self._settings.limit
        return limit is not None and seconds > limit

    def _is_spent(self) -> bool:
        budget = self._settings.budget
        return budget is not None and perf_counter() - self._start >= budget

    def _guard(self, subject: Subject, size: int, step: Callable[[], Any]) -> Any:
        """Do a step with a user's function, and say whose and at which size if it raises."""
        try:
            return step()
        except Exception as error:
            if self._settings.on_error == "omit":
                text = f"{type(error).__name__}: {error}".partition("\n")[0]
                self._failed[subject.name] = f"raised at size {size:,}: {text}"
                self._omit(subject, size, self._failed[subject.name])
                return None
            error.add_note(f"abreast: raised by {subject.name!r} at size {size:,} of compare")
            raise

    def _compare(self, first: tuple[str, Any], second: tuple[str, Any], size: int) -> None:
        (name, value), (other, found) = first, second
        check = agree if self._settings.check is True else self._settings.check
        assert not isinstance(check, bool)
        same = check(value, found)
        if not (same if isinstance(same, bool) else _truth(same)):
            raise ValueError(
                f"compare: at size {size:,}, {name!r} and {other!r} disagree: "
                f"{short(value)} and {short(found)}\n"
                "hint: check= takes a function of both values, such as numpy.allclose; "
                "check=False asks for no agreement"
            )


def _truth(same: Any) -> bool:
    """Whether a check said yes, also element by element."""
    every = getattr(same, "all", None)
    return bool(every() if callable(every) else same)
