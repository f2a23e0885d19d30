"""Times, tables and findings in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from abreast.comparison.rows import ratio

if TYPE_CHECKING:
    from abreast.comparison.found import Comparison

__all__ = ["comparison_text", "count_text", "seconds_text"]


def seconds_text(seconds: float) -> str:
    """Show a time with three digits.

    >>> [seconds_text(each) for each in (0.0, 2.5e-8, 9.9996e-4, 0.0123, 7, 4000)]
    ['0 s', '25.0 ns', '1.00 ms', '12.3 ms', '7.00 s', '4,000 s']
    """
    if seconds <= 0:
        return "0 s"
    for unit, scale in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)):
        value = seconds / scale
        # Below what would be rounded to the next unit.
        if value < 999.5 or unit == "s":
            break
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{digits}f} {unit}"


def count_text(times: float) -> str:
    """Show how many times as fast, with about three digits.

    >>> [count_text(each) for each in (0.01234, 1, 55.21, 1234.5)]
    ['0.0123', '1.00', '55.2', '1,234']
    """
    if times >= 99.95:
        return f"{times:,.0f}"
    if times < 0.0995:
        return f"{times:.3g}"
    return f"{times:.{2 if times < 9.995 else 1}f}"


def table_text(heads: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int]) -> str:
    """Lay out a table; columns are right-aligned, but those listed in `left`.

    A row with fewer cells than heads ends in a remark of any length.
    """
    whole = [row for row in rows if len(row) == len(heads)]
    short = [row for row in rows if len(row) < len(heads)]
    widths = [
        max(
            len(row[column])
            for row in [heads, *whole, *(it[:-1] for it in short)]
            if column < len(row)
        )
        for column in range(len(heads))
    ]

    def line(cells: Sequence[str]) -> str:
        fitted = [
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=False))
        ]
        if len(cells) < len(heads):
            fitted[-1] = cells[-1]
        return "  ".join(fitted).rstrip()

    return "\n".join([line(heads), *map(line, rows)])


def comparison_text(found: Comparison, base: str) -> str:
    """Return the table, who is faster from where on, and what was left out."""
    heads = ["size", "plan" if found.by_plan else "function", "median", "5 % to 95 %", "times"]
    if len(found.names) > 1:
        heads.append(f"speed-up over {base}")
    first = found.rows_of(base)
    lines: list[list[str]] = []
    sizes = {row.size for row in found.table} | {each.size for each in found.omitted}
    for size in sorted(sizes):
        before = len(lines)
        for name in found.names:
            row = found.rows_of(name).get(size)
            if row is None:
                reasons = [it.reason for it in found.omitted_of(name) if it.size == size]
                lines += [["", name, f"left out: {reason}"] for reason in reasons]
                continue
            line = ["", name, seconds_text(row.median)]
            line += [f"{seconds_text(row.low)} to {seconds_text(row.high)}", f"{row.repeats:,}"]
            if len(found.names) > 1:
                beside = first.get(size)
                line.append(count_text(ratio(beside, row)) if beside else "-")
            lines.append(line)
        lines[before][0] = f"{size:,}"
    text = [table_text(heads, lines, left=(1, 3))]
    text += findings(found, base)
    if not found.complete:
        text.append("stopped by Ctrl-C: larger sizes are missing, the last may have fewer times")
    return "\n".join(text)


def findings(found: Comparison, base: str) -> list[str]:
    """Return sentences: who is faster from where on, and how much at large sizes."""
    lines = [str(each) for each in found.crossovers(base)]
    if len(found.names) > 2:
        lines += fastest_text(found)
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, mean in found.speedups(base).items():
        sizes = found.large_sizes(name, base)
        # Of a single size the sentence above says it.
        if len(sizes) > 1:
            groups.setdefault((sizes[0], sizes[-1]), []).append(f"{name} {count_text(mean)}")
    for (start, end), names in groups.items():
        lines.append(f"mean speed-up over {base}, sizes {start:,} to {end:,}: {', '.join(names)}")
    return lines


def fastest_text(found: Comparison) -> list[str]:
    """Say who is the fastest of all, stretch by stretch."""
    stretches = [
        (name, [size for size, _ in sizes])
        for name, sizes in groupby(found.fastest().items(), key=itemgetter(1))
    ]
    parts = []
    for place, (name, sizes) in enumerate(stretches):
        if name is None:
            continue
        start, end = f"{sizes[0]:,}", f"{sizes[-1]:,}"
        if len(stretches) == 1:
            parts.append(f"{name} at all sizes")
        elif len(sizes) == 1:
            parts.append(f"{name} at size {start}")
        elif place == 0:
            parts.append(f"{name} up to size {end}")
        elif place == len(stretches) - 1:
            parts.append(f"{name} from size {start} on")
        else:
            parts.append(f"{name} from size {start} to {end}")
    return [f"fastest of all: {', '.join(parts)}"] if parts else []
