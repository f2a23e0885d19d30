"""Pictures of graphs."""

from __future__ import annotations

import os
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from abreast.tasks.delayed import Delayed, is_held, label
from abreast.tasks.graph import Tasks
from abreast.tasks.layout import lay_out

__all__ = ["Picture", "visualize"]

_COLUMN, _LAYER, _HEIGHT, _MARGIN = 110, 76, 30, 12
_LETTERS = 15
"""Longer names are cut: the whole one is in the tooltip."""

_STYLE = (
    ".tasks text{font:12px sans-serif;text-anchor:middle;dominant-baseline:central;fill:#222}"
    ".tasks rect,.tasks ellipse{fill:#e8f0fb;stroke:#5b7ea8}"
    ".tasks .asked rect,.tasks .asked ellipse{stroke-width:2.5}"
    ".tasks .value ellipse,.tasks .future ellipse{fill:#eef3e6;stroke:#7d9460}"
    ".tasks path{fill:none;stroke:#8a8a8a}"
)


class Picture:
    """A graph of tasks, drawn: what `visualize` returns. Notebooks show it by themselves.

    Attributes
    ----------
    svg : str
        The picture.
    dot : str
        The graph in the language of Graphviz, which draws it its own way.
    """

    def __init__(self, tasks: Tasks) -> None:
        order = tasks.graph(1).order()
        self._inputs = [tasks.inputs[start:end] for start, end in pairwise(tasks.ends)]
        self._order = order
        self._nodes = tasks.nodes
        self._asked = set(tasks.outputs)

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        layout = lay_out(self._inputs, self._order)
        width = int(layout.width * _COLUMN + 2 * _MARGIN)
        height = int((layout.layers - 1) * _LAYER + _HEIGHT + 2 * _MARGIN)
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tasks" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}">',
            f"<style>{_STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z" style="fill:#8a8a8a"/>'
            "</marker></defs>",
        ]
        for source, task, points in layout.edges:
            path = [layout.places[source], *points, layout.places[task]]
            lines.append(f'<path d="{_curve(path)}" marker-end="url(#tip)"/>')
        rank = {task: place for place, task in enumerate(self._order)}
        for task, place in enumerate(layout.places):
            lines.append(self._shape(task, rank[task], *_point(place)))
        return "\n".join([*lines, "</svg>", ""])

    def _shape(self, task: int, rank: int, x: float, y: float) -> str:
        name, kind = label(self._nodes[task]), _kind(self._nodes[task])
        asked = " asked" if task in self._asked else ""
        short = name.rpartition("<locals>.")[2]
        if len(short) > _LETTERS:
            short = short[: _LETTERS - 1] + "…"
        half = _COLUMN / 2 - 6
        if kind == "task":
            left, top = x - half, y - _HEIGHT / 2
            shape = (
                f'<rect x="{left:g}" y="{top:g}" width="{2 * half:g}" height="{_HEIGHT}" rx="5"/>'
            )
        else:
            shape = f'<ellipse cx="{x:g}" cy="{y:g}" rx="{half:g}" ry="{_HEIGHT / 2:g}"/>'
        return (
            f'<g class="{kind}{asked}"><title>{escape(f"{rank}: {name}")}</title>{shape}'
            f'<text x="{x:g}" y="{y:g}">{escape(short)}</text></g>'
        )

    @property
    def dot(self) -> str:
        """The graph for Graphviz."""
        lines = ["digraph {", "  node [shape=box, style=rounded]"]
        for task, node in enumerate(self._nodes):
            text = label(node).replace("\\", "\\\\").replace('"', '\\"')
            shape = "" if _kind(node) == "task" else ", shape=ellipse"
            thick = ", penwidth=2" if task in self._asked else ""
            lines.append(f'  {task} [label="{text}"{shape}{thick}]')
        for task, inputs in enumerate(self._inputs):
            lines += [f"  {source} -> {task}" for source in dict.fromkeys(inputs)]
        return "\n".join([*lines, "}", ""])

    def save(self, filename: str | os.PathLike[str]) -> None:
        """Write it to a file: SVG or dot, by its name."""
        path = Path(filename)
        kinds = {".svg": "svg", ".dot": "dot"}
        if path.suffix.lower() not in kinds:
            raise ValueError(
                f"visualize: filename={os.fspath(filename)!r}: a name that ends in .svg or .dot\n"
                "hint: Graphviz makes other formats from .dot: dot -Tpng graph.dot"
            )
        path.write_text(getattr(self, kinds[path.suffix.lower()]), encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        tasks = sum(_kind(node) == "task" for node in self._nodes)
        return f"<Picture of {tasks} task{'' if tasks == 1 else 's'}>"


def visualize(*anything: Any, filename: str | os.PathLike[str] | None = None) -> Picture:
    """Draw the graph behind delayed values; nothing is computed.

    Parameters
    ----------
    *anything : object
        What `compute` takes.
    filename : path, optional
        Where to write it: ``.svg`` or ``.dot``.

    Returns
    -------
    Picture
        Shown by notebooks; `svg` and `dot` are its text.

    Examples
    --------
    >>> import abreast as ab
    >>> total = ab.delayed(sum)([ab.delayed(abs)(-1), ab.delayed(abs)(2)])
    >>> ab.visualize(total)
    <Picture of 3 tasks>
    >>> ab.visualize(total).svg.startswith("<svg")
    True
    """
    tasks = Tasks(anything)
    if not tasks.nodes:
        raise TypeError(
            "visualize: nothing among the arguments is delayed\n"
            "hint: visualize(delayed(function)(arguments))"
        )
    tasks.trace(isolated=False)
    picture = Picture(tasks)
    if filename is not None:
        picture.save(filename)
    return picture


def _kind(node: Any) -> str:
    if not isinstance(node, Delayed):
        return "future"
    return "value" if is_held(node) else "task"


def _point(place: tuple[float, int]) -> tuple[float, float]:
    column, layer = place
    return (
        _MARGIN + (column + 0.5) * _COLUMN,
        _MARGIN + _HEIGHT / 2 + layer * _LAYER,
    )


def _curve(path: list[tuple[float, int]]) -> str:
    points = [_point(each) for each in path]
    (x, y), (last_x, last_y) = points[0], points[-1]
    points[0], points[-1] = (x, y + _HEIGHT / 2), (last_x, last_y - _HEIGHT / 2)
    x, y = points[0]
    parts = [f"M{x:g},{y:g}"]
    for to_x, to_y in points[1:]:
        middle = (y + to_y) / 2
        parts.append(f"C{x:g},{middle:g} {to_x:g},{middle:g} {to_x:g},{to_y:g}")
        x, y = to_x, to_y
    return "".join(parts)
