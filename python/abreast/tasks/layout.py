"""Where the tasks of a graph stand in a picture: in layers, with few crossings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Layout", "lay_out"]

_SWEEPS = 4
_MOST_BENDS = 20_000
"""More points on long edges than this are left out: such an edge is drawn straight."""


@dataclass
class Layout:
    """Places in units of one column and one layer."""

    places: list[tuple[float, int]] = field(default_factory=list)
    """Column and layer of each task."""
    edges: list[tuple[int, int, list[tuple[float, int]]]] = field(default_factory=list)
    """From a task to one that needs it, through these points."""
    width: float = 1.0
    layers: int = 0


def lay_out(inputs: Sequence[Sequence[int]], order: Sequence[int]) -> Layout:
    """Place tasks below their inputs.

    Parameters
    ----------
    inputs : sequence of sequences of int
        What each task needs.
    order : sequence of int
        All tasks, inputs first.

    Examples
    --------
    >>> lay_out([[], [], [0, 1]], [0, 1, 2]).places
    [(0.0, 0), (1.0, 0), (0.5, 1)]
    """
    layer = [0] * len(inputs)
    for task in order:
        layer[task] = 1 + max((layer[each] for each in inputs[task]), default=-1)
    # Points stand in for edges where these cross a layer, so that tasks make room for them.
    above: list[list[int]] = [list(dict.fromkeys(each)) for each in inputs]
    edges: list[tuple[int, int, list[int]]] = []
    bends = 0
    for task in order:
        for at, source in enumerate(above[task]):
            span = layer[task] - layer[source] - 1
            points: list[int] = []
            if bends + span <= _MOST_BENDS:
                bends += span
                for step in range(span):
                    above.append([points[-1] if points else source])
                    layer.append(layer[source] + 1 + step)
                    points.append(len(above) - 1)
            edges.append((source, task, points))
            if points:
                above[task][at] = points[-1]
    rows: list[list[int]] = [[] for _ in range(1 + max(layer, default=-1))]
    for each in [*order, *range(len(inputs), len(above))]:
        rows[layer[each]].append(each)
    columns = _columns(rows, above)
    return Layout(
        [(columns[task], layer[task]) for task in range(len(inputs))],
        [(a, b, [(columns[each], layer[each]) for each in points]) for a, b, points in edges],
        float(max(map(len, rows), default=1)),
        len(rows),
    )


def _columns(rows: list[list[int]], above: list[list[int]]) -> list[float]:
    """Order each row by the mean place of its neighbours, up and down in turns."""
    below: list[list[int]] = [[] for _ in above]
    for each, sources in enumerate(above):
        for source in sources:
            below[source].append(each)
    width = max(map(len, rows), default=1)
    columns = [0.0] * len(above)

    def spread(row: list[int]) -> None:
        start = (width - len(row)) / 2
        for at, each in enumerate(row):
            columns[each] = start + at

    for row in rows:
        spread(row)
    for sweep in range(_SWEEPS):
        neighbours = below if sweep % 2 else above
        for row in reversed(rows) if sweep % 2 else rows:
            mean = {
                each: sum(columns[it] for it in neighbours[each]) / len(neighbours[each])
                if neighbours[each]
                else columns[each]
                for each in row
            }
            row.sort(key=mean.__getitem__)
            spread(row)
    return columns
