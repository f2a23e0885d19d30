"""One program run serially and on processes: how much faster, and the same answer to the bit.

Leave-one-out cross-validation of a random forest: for each held-out patient of scikit-learn's
diabetes data, a forest is fitted to all the other patients and predicts the one left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import abreast as ab
from abreast import machine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["main", "predict"]

TREES = 100


def predict(X: NDArray[np.float64], y: NDArray[np.float64], row: int) -> float:
    """Predict one row by a random forest fitted to all the others.

    Parameters
    ----------
    X : numpy.ndarray
        Features, one row a patient.
    y : numpy.ndarray
        What is to be predicted, in the units of the data.
    row : int
        The row to hold out.

    Returns
    -------
    float
        The prediction for that row, in the units of ``y``.

    Raises
    ------
    IndexError
        If there is no such row.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.arange(20.0).reshape(10, 2)
    >>> predict(X, np.full(10, 7.0), 3)
    7.0
    """
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=TREES, random_state=0, n_jobs=1)
    forest.fit(np.delete(X, row, axis=0), np.delete(y, row))
    return float(forest.predict(X[[row]])[0])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demonstration and print what it found.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments of the command, those of this process if left out; see ``--help``.

    Returns
    -------
    int
        Exit status: 0 if both plans gave the same predictions to the bit, 1 if not, 2 if
        scikit-learn is missing.

    Raises
    ------
    SystemExit
        If the arguments are wrong, or after ``--help``.

    Examples
    --------
    >>> status = main(["--rows", "4", "--workers", "2"])  # doctest: +ELLIPSIS
    Leave-one-out cross-validation of a random forest (100 trees)
    ...
    >>> status
    0
    """
    arguments = _arguments(argv)
    try:
        import numpy as np
        import sklearn.ensemble  # noqa: F401 - here, so that neither run is charged for its import
        from sklearn.datasets import load_diabetes
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "sklearn":
            raise
        print("The demonstration needs scikit-learn: pip install scikit-learn", file=sys.stderr)
        return 2

    X, y = load_diabetes(return_X_y=True)
    # Spread over the whole table, and the same ones at every run.
    count = min(arguments.rows, len(y))
    rows = [int(row) for row in np.linspace(0, len(y) - 1, count)]
    workers = arguments.workers or machine.cores()

    print(f"Leave-one-out cross-validation of a random forest ({TREES} trees)")
    print(f"diabetes data, {len(y)} patients, {X.shape[1]} features; {count} patients held out")
    print(f"Each task: fit to {len(y) - 1} patients, predict the one left out", flush=True)

    task = partial(predict, X, y)
    with ab.plan("serial"):
        serial, serial_time = _timed(task, rows)
    with ab.plan("processes", workers=workers):
        parallel, parallel_time = _timed(task, rows)

    difference = _difference(rows, serial, parallel)
    if difference:
        print(f"FAILED: the plans disagree. {difference}", file=sys.stderr)
        print("This is a defect of abreast: please report it.", file=sys.stderr)
        return 1

    errors = y[rows] - np.array(serial)
    r2 = 1 - np.sum(errors**2) / np.sum((y[rows] - np.mean(y[rows])) ** 2)
    speed_up = serial_time / parallel_time
    name = f"processes, {workers} worker" + "s" * (workers > 1)
    print()
    print(f"  R2 of held-out predictions   {r2:8.3f}")
    print(f"  mean absolute error          {np.mean(np.abs(errors)):8.1f}   (y: 25 to 346)")
    print()
    print(f"  {'serial':<26} {serial_time:8.2f} s")
    print(f"  {name:<26} {parallel_time:8.2f} s   (starting them included)")
    print(f"  {'speed-up':<26} {speed_up:8.2f}")
    print(f"  {'efficiency':<26} {speed_up / workers:8.0%}     (speed-up / workers)")
    print()
    print(f"The {count} predictions of both plans are identical, to the bit.")
    return 0


def _timed(task: partial[float], rows: list[int]) -> tuple[list[float], float]:
    """Map the task over the rows under the plan in force; results and seconds."""
    start = time.perf_counter()
    results = ab.map(task, rows, progress=True)
    return results, time.perf_counter() - start


def _difference(rows: list[int], serial: list[float], parallel: list[float]) -> str:
    """Say where two lists of predictions part; empty if they are the same to the bit."""
    if len(serial) != len(parallel):
        return f"Serial gave {len(serial)} predictions, processes {len(parallel)}."
    # float.hex and not ==, which takes 0.0 and -0.0 for the same and NaN for different from itself.
    apart = [
        f"patient {row}: serial {one!r}, processes {other!r}"
        for row, one, other in zip(rows, serial, parallel, strict=True)
        if one.hex() != other.hex()
    ]
    if not apart:
        return ""
    return f"{len(apart)} of {len(rows)} predictions differ, the first that of {apart[0]}."


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="abreast demo", description=__doc__)
    parser.add_argument(
        "--rows",
        type=_at_least(2),
        default=200,
        help="patients to hold out, at most the 442 there are (default: %(default)s, "
        "about a minute on two cores)",
    )
    parser.add_argument(
        "--workers",
        type=_at_least(1),
        help="worker processes (default: the cores this process may use)",
    )
    return parser.parse_args(argv)


def _at_least(least: int) -> Callable[[str], int]:
    """Make a converter for arguments that are whole numbers from ``least``."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least}")
        return number

    return convert
