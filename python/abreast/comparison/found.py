"""What a comparison found."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abreast.comparison.crossover import Crossover, cross
from abreast.comparison.rows import Omitted, Row, band, make_row, ratio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Comparison"]

FORMAT = 1


class Comparison:
    """The runtimes of functions and plans over sizes: what `compare` returns.

    Prints as a table, with who is faster from which size on; notebooks show the picture as well.

    Attributes
    ----------
    table : list of Row
        A row for each function, plan and size that was measured, the smallest size first.
    omitted : list of Omitted
        What was left out, and why.
    names : list of str
        What is compared: the labels of the functions, the plans, or both.
    base : str
        Which of them the others are compared with.
    complete : bool
        False if Ctrl-C ended the measurement early.

    Examples
    --------
    >>> from abreast.comparison.rows import make_row
    >>> costs = {"a": (0, 4e-6), "b": (1e-4, 1e-6)}
    >>> rows = [make_row(name, "serial", n, [start + n * each] * 5)
    ...         for n in (10, 100, 1000) for name, (start, each) in costs.items()]
    >>> found = Comparison(rows)
    >>> print(found)
     size  function   median  5 % to 95 %         times  speed-up over a
       10  a         40.0 µs  40.0 µs to 40.0 µs      5             1.00
           b          110 µs  110 µs to 110 µs        5             0.36
      100  a          400 µs  400 µs to 400 µs        5             1.00
           b          200 µs  200 µs to 200 µs        5             2.00
    1,000  a         4.00 ms  4.00 ms to 4.00 ms      5             1.00
           b         1.10 ms  1.10 ms to 1.10 ms      5             3.64
    b is faster than a from size 100 on, 3.64 times as fast at 1,000; at size 10, a is the faster
    mean speed-up over a, sizes 100 to 1,000: b 2.70
    >>> found.crossovers()[0].size
    100
    """

    def __init__(
        self,
        rows: Sequence[Row],
        omitted: Sequence[Omitted] = (),
        *,
        series: Sequence[tuple[str, str]] = (),
        base: str | None = None,
        complete: bool = True,
    ) -> None:
        self.table = list(rows)
        self.omitted = list(omitted)
        self.complete = complete
        everything: list[Row | Omitted] = [*self.table, *self.omitted]
        # Also what Ctrl-C came before.
        keys = list(dict.fromkeys([*series, *((each.label, each.plan) for each in everything)]))
        if not keys:
            raise ValueError("Comparison: no rows were given\nhint: abreast.compare makes one")
        self.names = names_of(keys)
        self.base = find(self.names, base)
        self._series = dict(zip(keys, self.names, strict=True))

    @property
    def by_plan(self) -> bool:
        """Whether one function is compared with itself on other plans."""
        return self.names == [plan for _, plan in self._series]

    def _find(self, base: str | None) -> str:
        return self.base if base is None else find(self.names, base)

    def rows_of(self, name: str) -> dict[int, Row]:
        """Return the rows of one of the names, by size."""
        return {row.size: row for row in self.table if self._series[row.label, row.plan] == name}

    def omitted_of(self, name: str) -> list[Omitted]:
        """Return what was left out of one of the names."""
        return [each for each in self.omitted if self._series[each.label, each.plan] == name]

    @property
    def sizes(self) -> list[int]:
        """The sizes at which something was measured."""
        return sorted({row.size for row in self.table})

    def crossovers(self, base: str | None = None) -> list[Crossover]:
        """Say for each name whether it or `base` is faster, and from which size on.

        Faster is one whose band, from the 5 % to the 95 % quantile, lies below that of the other
        one. Where fewer than three times were taken, half and double the median count as the band.

        Parameters
        ----------
        base : str, optional
            The name to compare with. Default: the first.

        Returns
        -------
        list of Crossover
            One for each of the other names; each prints as a sentence.
        """
        first = self._find(base)
        its = self.rows_of(first)
        others = [name for name in self.names if name != first]
        return [cross(name, self.rows_of(name), first, its) for name in others]

    def speedups(self, base: str | None = None, at_least: int | None = None) -> dict[str, float]:
        """Return how many times as fast as `base` each is at large sizes, on (geometric) average.

        Parameters
        ----------
        base : str, optional
            The name to compare with. Default: the first.
        at_least : int, optional
            The smallest size that counts. Default: the upper half of the sizes at which both
            were measured.

        Returns
        -------
        dict
            Name to mean speed-up; names that have no such size in common with `base` are missing.
        """
        first = self._find(base)
        found = {}
        for name in self.names:
            sizes = self.large_sizes(name, first, at_least)
            if name != first and sizes:
                mine, its = self.rows_of(name), self.rows_of(first)
                logs = [math.log(ratio(its[size], mine[size])) for size in sizes]
                found[name] = math.exp(math.fsum(logs) / len(logs))
        return found

    def large_sizes(self, name: str, base: str, at_least: int | None = None) -> list[int]:
        """Return sizes at which both were measured: the upper half, or from `at_least` on."""
        common = sorted(self.rows_of(name).keys() & self.rows_of(base).keys())
        if at_least is None:
            return common[len(common) // 2 :]
        return [size for size in common if size >= at_least]

    def fastest(self) -> dict[int, str | None]:
        """Return for each size the name that is clearly the fastest of all, or None."""
        found: dict[int, str | None] = {}
        for size in self.sizes:
            here = [
                (band(row), name) for name in self.names if (row := self.rows_of(name).get(size))
            ]
            (_, high), name = min(here)
            others = [low for (low, _), other in here if other != name]
            found[size] = name if all(high < low for low in others) else None
        return found

    def to_pandas(self) -> Any:
        """Return the table as a data frame of pandas, which must be installed.

        Returns
        -------
        pandas.DataFrame
            A column for each field of a row.
        """
        try:
            import pandas as pd
        except ModuleNotFoundError as error:
            raise _missing("to_pandas", "pandas", "pip install pandas", error) from None
        return pd.DataFrame(self.table, columns=list(Row._fields))

    def text(self, base: str | None = None) -> str:
        """Return the table and the findings as text, compared with `base`.

        Parameters
        ----------
        base : str, optional
            The name to compare with. Default: the first.
        """
        from abreast.comparison.words import comparison_text

        return comparison_text(self, self._find(base))

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        sizes = self.sizes
        over = f" at sizes {sizes[0]:,} to {sizes[-1]:,}" if sizes else ""
        return (
            f"<Comparison of {', '.join(self.names)}{over}{'' if self.complete else ', stopped'}>"
        )

    def plot(self, path: str | os.PathLike[str] | None = None, ax: Axes | None = None) -> Axes:
        """Draw runtime against size, both logarithmic: medians, and bands from 5 % to 95 %.

        Parameters
        ----------
        path : path, optional
            Where to write the picture; its ending says as what (``.png``, ``.pdf``, ``.svg``).
        ax : matplotlib.axes.Axes, optional
            Where to draw. Default: a new figure; without `path` one that
            ``matplotlib.pyplot.show()`` shows.

        Returns
        -------
        matplotlib.axes.Axes
            To change labels or limits, and to save the figure again.
        """
        from abreast.comparison.picture import plot

        try:
            return plot(self, path, ax)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "matplotlib":
                raise
            raise _missing("plot", "matplotlib", "pip install matplotlib", error) from None

    def _repr_html_(self) -> str:
        from abreast.comparison.picture import html

        return html(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to a file, as JSON.

        Parameters
        ----------
        path : path
            The file. One that is there is replaced.
        """
        content = {
            "abreast": "comparison",
            "format": FORMAT,
            "base": self.base,
            "complete": self.complete,
            "series": list(self._series),
            "table": [row._asdict() for row in self.table],
            "omitted": [each._asdict() for each in self.omitted],
        }
        path = Path(path)
        # Whole or not at all: the older file may be all that is left of another run.
        beside = path.with_name(path.name + ".part")
        beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
        beside.replace(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Comparison:
        """Read what `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Comparison
            Equal in all its numbers to the one that was saved.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            known = isinstance(content, Mapping) and content.get("abreast") == "comparison"
        except ValueError:
            known = False
        if not known:
            raise ValueError(
                f"Comparison.load({os.fspath(path)!r}): this file is not a saved comparison\n"
                "hint: Comparison.save(path) writes one"
            )
        if content["format"] != FORMAT:
            raise ValueError(
                f"Comparison.load({os.fspath(path)!r}): the file has format {content['format']!r}, "
                f"this version of abreast reads {FORMAT}\nhint: load it with a newer abreast"
            )
        rows = [
            make_row(it["label"], it["plan"], it["size"], it["times"], it["calls"])
            for it in content["table"]
        ]
        omitted = [Omitted(**it) for it in content["omitted"]]
        return cls(
            rows,
            omitted,
            series=[(label, plan) for label, plan in content["series"]],
            base=content["base"],
            complete=content["complete"],
        )


def names_of(series: Sequence[tuple[str, str]]) -> list[str]:
    """Return what functions on plans are called: by what tells each from the others.

    >>> names_of([("f", "serial"), ("f", "threads")]), names_of([("f", "serial"), ("g", "serial")])
    (['serial', 'threads'], ['f', 'g'])
    """
    if len({plan for _, plan in series}) < 2:
        return [label for label, _ in series]
    if len({label for label, _ in series}) < 2:
        return [plan for _, plan in series]
    return [f"{label} on {plan}" for label, plan in series]


def find(names: Sequence[str], base: str | None) -> str:
    """Return the name to compare with: the given one, or the first."""
    if base is None:
        return names[0]
    if base not in names:
        raise ValueError(
            f"base={base!r}: nothing here is called so\n"
            f"hint: here are: {', '.join(map(repr, names))}"
        )
    return base


def _missing(
    caller: str, package: str, install: str, error: ModuleNotFoundError
) -> ModuleNotFoundError:
    return ModuleNotFoundError(
        f"{caller}: needs {package}, which cannot be imported here ({error})\nhint: {install}",
        name=package,
    )
