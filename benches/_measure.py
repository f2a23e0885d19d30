"""Interleaved rounds, their medians and bands, and the tables made of them."""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence

BASE = "abreast"

Show = Callable[[float], str]
Case = Callable[[], float | list[float]]
"""Measures once: seconds (or whatever the bench compares), one number or many."""


def quick() -> bool:
    """Whether to only try that everything works (`--quick`): the figures mean nothing then."""
    return "--quick" in sys.argv


def sized(count: int, least: int = 2) -> int:
    """Return the size of a bench or its number of rounds, cut down for `--quick`."""
    return max(least, count // 100) if quick() else count


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def least(call: Callable[[], object], rounds: int = 5) -> float:
    """Return the shortest time of a call, in milliseconds."""
    return min(seconds(call) for _ in range(rounds)) * 1e3


def quantile(samples: Sequence[float], share: float) -> float:
    """Return the value that `share` of the samples do not exceed, interpolated."""
    ordered = sorted(samples)
    place = share * (len(ordered) - 1)
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


class Bench:
    """What was measured, case by case."""

    def __init__(self, title: str, base: str = BASE) -> None:
        self._base = base
        self._samples: dict[str, list[float]] = {}
        self._ratios: dict[str, list[float]] = {}
        self._above: dict[str, list[float]] = {}
        print(title + (" [--quick: not a measurement]" if quick() else ""), flush=True)

    def run(self, cases: Mapping[str, Case], rounds: int) -> None:
        """Measure all cases, one after the other, in each of several rounds.

        What slows the machine for a while then slows them alike. A round that is not counted
        comes first. Called again, with the base among the cases, it adds further cases: their
        ratios are to the base as it was beside them.
        """
        names = list(cases)
        known = set(self._samples)
        for number in range(-1, rounds):
            turn = number % len(names)
            medians: dict[str, float] = {}
            for name in names[turn:] + names[:turn]:
                measured = cases[name]()
                samples = measured if isinstance(measured, list) else [measured]
                medians[name] = statistics.median(samples)
                if number >= 0 and name not in known:
                    self._samples.setdefault(name, []).extend(samples)
            if number < 0:
                continue
            for name in names:
                if name not in known:
                    base = medians[self._base]
                    self._ratios.setdefault(name, []).append(medians[name] / base)
                    self._above.setdefault(name, []).append(medians[name] - base)

    def names(self) -> list[str]:
        """Return the cases measured."""
        return list(self._samples)

    def median(self, name: str = BASE) -> float:
        """Return the median of all samples of a case."""
        return statistics.median(self._samples[name])

    def ratio(self, name: str) -> float:
        """Return the median, over the rounds, of a case's ratio to the base in the same round."""
        return statistics.median(self._ratios[name])

    def above(self, name: str) -> float:
        """Return the median, over the rounds, of what a case exceeds the base by in that round."""
        return statistics.median(self._above[name])

    def table(self, show: Show, notes: dict[str, str] | None = None) -> None:
        """Print a line for each case, the base first."""
        names = sorted(self._samples, key=lambda name: name != self._base)
        width = max(len(name) for name in names)
        print(f"  {'':{width}}  {'median':>14}  {'5% to 95%':>29}  {'ratio to ' + self._base:>16}")
        for name in names:
            samples = self._samples[name]
            ends = [quantile(samples, 0.05), quantile(samples, 0.95)]
            # The longest times are the lowest rates.
            low, high = reversed(ends) if show is rate else ends
            band = f"{show(low)} to {show(high)}"
            line = f"  {name:{width}}  {show(self.median(name)):>14}  {band:>29}"
            note = (notes or {}).get(name, "")
            print(f"{line}  {self.ratio(name):>16,.2f}  {note}".rstrip(), flush=True)


def reach(what: str, found: str, reached: bool) -> None:
    """Print whether a figure the project set itself was reached."""
    print(f"reach: {what}: {found}: {'reached' if reached else 'missed'}", flush=True)


def rate(seconds: float) -> str:
    """Show the seconds of a task as tasks a second."""
    return f"{1 / seconds:,.0f}/s"


def micro(seconds: float) -> str:
    """Show seconds as microseconds."""
    return f"{seconds * 1e6:,.2f} µs"


def milli(seconds: float) -> str:
    """Show seconds as milliseconds."""
    return f"{seconds * 1e3:,.1f} ms"


def plain(seconds: float) -> str:
    """Show seconds as they are."""
    return f"{seconds:.3f} s"


def mebibytes(size: float) -> str:
    """Show bytes as MiB."""
    return f"{size / 2**20:,.1f} MiB"
