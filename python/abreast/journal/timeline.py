"""Which worker ran which task when."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from abreast.journal.read import Event, Job, Stretch, Tables, Task, read

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Timeline", "timeline"]

_TRACES = (".json", ".json.gz")
_PICTURES = (".png", ".svg", ".pdf")


class Timeline:
    """What happened, as `timeline` returns it; prints as a chart, and is a picture in a notebook.

    Attributes
    ----------
    tasks : list of Task
        Who ran which task, when; by start.
    jobs : list of Job
        The calls, with what their tasks cost.
    events : list of Event
        Workers that started, died, were replaced.
    caller : list of Stretch
        What callers did for a millisecond or more: sending, waiting, receiving.
    memory : list of (time, bytes)
        Shared memory in use from then on, as calls found it.
    workers : list of str
        All that took part.
    dropped : int
        How many entries are not remembered any more: there is room for 200,000.

    Examples
    --------
    >>> import abreast as ab
    >>> _ = ab.map(abs, [-1, 2], plan="serial")
    >>> found = ab.timeline(last=1)
    >>> found.workers, sum(task.tasks for task in found.tasks)
    (['serial'], 2)
    """

    def __init__(self, tables: Tables) -> None:
        self.tasks: list[Task] = tables.tasks
        self.jobs: list[Job] = tables.jobs
        self.events: list[Event] = tables.events
        self.caller: list[Stretch] = tables.caller
        self.memory: list[tuple[float, int]] = tables.memory
        self.workers: list[str] = tables.workers
        self.dropped: int = tables.dropped

    @property
    def wall(self) -> float:
        """Seconds from the start of the first call to the end of the last."""
        return max((job.ended for job in self.jobs), default=0.0)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file; the ending of its name says how.

        Parameters
        ----------
        path : path
            ``.json`` or ``.json.gz``: a trace that https://ui.perfetto.dev opens; ``.png``,
            ``.svg`` or ``.pdf``: a picture, drawn with Matplotlib.

        Raises
        ------
        ValueError
            For another ending.
        ImportError
            If a picture is asked for and Matplotlib is not installed.

        Examples
        --------
        >>> import abreast as ab
        >>> _ = ab.map(abs, range(100), plan="threads")
        >>> ab.timeline().save("run.json")  # doctest: +SKIP
        """
        name = os.fspath(path)
        if name.endswith(_TRACES):
            from abreast.journal.trace import write

            write(self, name)
        elif name.endswith(_PICTURES):
            from abreast.journal.picture import draw

            draw(self).savefig(name)
        else:
            raise ValueError(
                f"timeline({name!r}): the ending of the name says what is written: "
                f"{', '.join((*_TRACES, *_PICTURES))}\n"
                "hint: timeline('run.json') opens at https://ui.perfetto.dev"
            )

    def to_pandas(self) -> DataFrame:
        """Return the tasks as a data frame."""
        from pandas import DataFrame

        return DataFrame(self.tasks, columns=Task._fields)

    def __str__(self) -> str:
        from abreast.journal.chart import chart

        return chart(self)

    def __repr__(self) -> str:
        ran = sum(task.tasks for task in self.tasks)
        return f"<Timeline: {ran:,} tasks of {len(self.jobs)} calls in {self.wall:.3g} s>"

    def _repr_png_(self) -> bytes | None:
        from io import BytesIO

        try:
            from abreast.journal.picture import draw

            figure = draw(self)
        except ImportError:
            return None  # the notebook shows the text then
        data = BytesIO()
        figure.savefig(data, format="png")
        return data.getvalue()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def timeline(path: str | os.PathLike[str] | None = None, last: int | None = None) -> Timeline:
    """Return which worker ran which task when, and write it to a file if one is named.

    The journal that it reads is always on, in memory, and holds the newest 200,000 entries; tiny
    tasks that a worker ran one right after the other share one.
    ``abreast.config.set(journal=False)`` turns it off.

    Parameters
    ----------
    path : path, optional
        Where to: ``.json`` or ``.json.gz`` is a trace for https://ui.perfetto.dev, ``.png``,
        ``.svg`` or ``.pdf`` a picture, which needs Matplotlib.
    last : int, optional
        Only so many calls, the newest. Default: all that are remembered.

    Returns
    -------
    Timeline
        With `tasks`, `jobs` and `events` as lists of named tuples; prints as a chart.

    Examples
    --------
    >>> import abreast as ab
    >>> _ = ab.map(abs, range(100), plan="serial")
    >>> found = ab.timeline(last=1)
    >>> found.jobs[0].function, sum(task.tasks for task in found.tasks)
    ('abs', 100)
    """
    if last is not None and (isinstance(last, bool) or not isinstance(last, int) or last < 1):
        raise ValueError(f"timeline: last={last!r}: a whole number of calls, at least 1")
    found = Timeline(read(last))
    if path is not None:
        found.save(path)
    return found
