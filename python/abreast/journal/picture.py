"""A timeline as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from abreast.journal.timeline import Timeline

__all__ = ["draw"]

_NAMED = 9
"""Functions with a colour of their own; all further ones share one."""


def draw(timeline: Timeline) -> Figure:
    """Draw a row a worker and a bar a task, coloured by function; gaps are idle time.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(
            "timeline: a picture is drawn with Matplotlib, which is not installed\n"
            "hint: pip install matplotlib, or print(abreast.timeline())"
        ) from None
    rows = {worker: at for at, worker in enumerate(timeline.workers)}
    bars: dict[str, dict[int, list[tuple[float, float]]]] = {}
    for task in timeline.tasks:
        spans = bars.setdefault(task.function, {}).setdefault(rows[task.worker], [])
        spans.append((task.start, task.end - task.start))
    figure = Figure(figsize=(9, 1.2 + 0.32 * max(2, len(rows))), layout="constrained")
    axes = figure.add_subplot()
    for number, (function, places) in enumerate(bars.items()):
        label: Any = function if number < _NAMED else "others" if number == _NAMED else None
        for row, spans in places.items():
            # An edge tells neighbours apart, where bars are wide enough to have one.
            edge = 0.5 if len(spans) < 300 else 0.0
            axes.broken_barh(
                spans,
                (row - 0.4, 0.8),
                facecolors=[f"C{min(number, _NAMED)}"],
                edgecolors="white" if edge else "face",
                linewidth=edge,
                label=label,
            )
            label = None
    for what, marker, colour in (("killed", "x", "red"), ("outgrown", "D", "black")):
        times = [
            (event.time, rows[event.worker]) for event in timeline.events if event.what == what
        ]
        if times:
            label = "worker killed" if what == "killed" else "worker replaced: memory"
            x, y = zip(*times, strict=True)
            axes.scatter(x, y, marker=marker, color=colour, label=label, zorder=3)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(max(0.5, len(rows) - 0.5), -0.5)
    axes.set_xlim(0, max(timeline.wall, 1e-9))
    axes.set_xlabel("seconds since the call began")
    axes.spines[["top", "right"]].set_visible(False)
    if bars:
        figure.legend(loc="outside upper left", ncols=4, frameon=False)
    return figure
