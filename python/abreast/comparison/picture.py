"""Runtime against size, drawn with Matplotlib."""

from __future__ import annotations

import base64
import io
import os
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from abreast.comparison.found import Comparison

__all__ = ["html", "plot"]

MARKERS = "os^Dv<>pPX*"
"""Colours alone do not tell lines apart for everybody, nor in print."""


def plot(found: Comparison, path: str | os.PathLike[str] | None, ax: Axes | None) -> Axes:
    """Draw it, as `Comparison.plot` says."""
    if ax is None:
        if path is None:
            from matplotlib import pyplot

            _, ax = pyplot.subplots(layout="constrained")
        else:
            ax = _alone()
    for number, name in enumerate(found.names):
        rows = list(found.rows_of(name).values())
        if not rows:
            continue
        sizes = [row.size for row in rows]
        marker = MARKERS[number % len(MARKERS)]
        (line,) = ax.plot(sizes, [row.median for row in rows], marker=marker, ms=4, label=name)
        ax.fill_between(
            sizes,
            [row.low for row in rows],
            [row.high for row in rows],
            color=line.get_color(),
            alpha=0.2,
            linewidth=0,
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("size")
    ax.set_ylabel("runtime of a call (s), median and 5 % to 95 %")
    ax.grid(which="major", alpha=0.3)
    if ax.get_legend_handles_labels()[0]:
        ax.legend()
    if path is not None:
        _figure(ax).savefig(os.fspath(path))
    return ax


def _alone() -> Axes:
    """Return the axes of a figure that pyplot does not know: nothing has to close it."""
    from matplotlib.figure import Figure

    return Figure(layout="constrained").subplots()


def _figure(ax: Axes) -> Figure:
    """Return the whole figure, also of axes in a part of one."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def html(found: Comparison) -> str:
    """Show the picture, where Matplotlib is there, and the text below it."""
    image = ""
    try:
        ax = plot(found, None, _alone())
    except ModuleNotFoundError:
        pass
    else:
        written = io.BytesIO()
        _figure(ax).savefig(written, format="png", dpi=100)
        data = base64.b64encode(written.getvalue()).decode()
        image = f'<img alt="runtime against size" src="data:image/png;base64,{data}">'
    return f'{image}<pre class="comparison">{escape(found.text())}</pre>'
