"""Run the pure functions in a folder of Python files under CPython and under `ab.jit`, and count.

    python tests/foreign_runs.py FOLDER [FILE ...] [--jobs 2] [--details OUT.json]

A process runs the functions of a file, so what crashes or hangs is counted and the rest goes on.
Nothing of the files is kept.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import inspect
import json
import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

import abreast as ab
from foreign_arguments import RAISED, difference, fitting, outcome
from foreign_functions import Function, functions

PATIENCE = 60.0
"""Seconds for one function; more is a hang."""


def judged(function: Function) -> dict[str, Any]:
    """Return what becomes of a function, for each combination of arguments that it takes."""
    about = {"file": function.file, "name": function.name, "line": function.line}
    plain = function.made(compiled=False)
    parameters = inspect.signature(plain).parameters.values()
    count = sum(it.default is it.empty and it.kind < 2 for it in parameters)
    tried = fitting(plain, count)
    if not tried:
        return {**about, "verdict": "no arguments", "runs": []}
    try:
        compiled = ab.jit(function.made(compiled=True))
    except ab.LanguageError as error:
        runs = [{"verdict": "refused", "message": str(error)}]
        return {**about, "verdict": "refused", "runs": runs}
    runs = [_run(compiled, kinds, expected) for kinds, expected in tried]
    verdicts = [it["verdict"] for it in runs]
    verdict = "refused"
    for worst in ("wrong", "as documented"):
        if worst in verdicts:
            return {**about, "verdict": worst, "runs": runs}
    if "equal" in verdicts:
        verdict = "some refused" if "refused" in verdicts else "equal"
    return {**about, "verdict": verdict, "runs": runs}


def _run(compiled: Any, kinds: tuple[str, ...], expected: Any) -> dict[str, Any]:
    said = {"kinds": kinds}
    value, arguments = expected
    try:
        found, changed = outcome(compiled, kinds)
    except (ab.LanguageError, TypeError) as error:
        return {**said, "verdict": "refused", "message": str(error)}
    except Exception as error:
        return {**said, "verdict": "wrong", "message": f"{type(error).__name__}: {error}"}
    if isinstance(found, ValueError) and "jit" in str(found) and not isinstance(value, RAISED):
        return {**said, "verdict": "refused", "message": str(found)}
    message = difference(found, value)
    if not message:
        message = next(filter(None, map(difference, changed, arguments)), "")
    if not message:
        return {**said, "verdict": "equal", "message": ""}
    verdict = "as documented" if meant(found, value) else "wrong"
    return {**said, "verdict": verdict, "message": message}


def meant(found: Any, expected: Any) -> bool:
    """Say whether docs/guide/jit.md names the difference: one of type, or of ints of any size."""
    if isinstance(found, tuple) and isinstance(expected, tuple):
        pairs = zip(found, expected, strict=False)
        return len(found) == len(expected) and all(
            not difference(a, b) or meant(a, b) for a, b in pairs
        )
    if isinstance(found, ValueError) and "write float(x) ** y" in str(found):
        return True
    if isinstance(found, ValueError) and "write complex(x) ** y" in str(found):
        return True
    if isinstance(found, Exception) or isinstance(expected, Exception):
        # In loops over constants, and in prange, the index is not told.
        return type(found) is type(expected) and type(found) in (IndexError, OverflowError)
    if isinstance(found, np.ndarray) and isinstance(expected, np.ndarray):
        # A comprehension that finds nothing has the type and the axes of its elements.
        return found.size == expected.size == 0 and expected.dtype == np.float64
    if np.ndim(found) or np.ndim(expected) or found is None or expected is None:
        return False
    if _too_large(expected):
        return True
    try:
        # A number of another type: an array without axes, float for int, float64 for float16.
        return not difference(complex(found), complex(expected), 1e-3)
    except (TypeError, ValueError):
        return False


def _too_large(value: Any) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def work(path: Path, first: int) -> None:
    """Judge the functions of a file from the given one on, a line of JSON for each."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for index, function in enumerate(functions(path)):
        if index < first:
            continue
        name = function and {"name": function.name, "line": function.line}
        print(json.dumps({"begin": index, **(name or {})}), file=out)
        try:
            found = judged(function) if function else {"verdict": "about something else"}
        except Exception as error:
            found = {"verdict": "wrong", "message": f"the tool: {error!r}", "runs": []}
        print(json.dumps({"file": path.name, **(name or {}), **found}, default=str), file=out)
    print(json.dumps({"end": True}), file=out)


def run_file(path: Path) -> list[dict[str, Any]]:
    """Judge a file in processes of its own, as many as crash or hang and one more."""
    found: list[dict[str, Any]] = []
    first = 0
    while True:
        command = [sys.executable, __file__, "--work", str(first), str(path)]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines: queue.Queue[bytes | None] = queue.Queue()
        errors: list[bytes] = []
        threads = [
            threading.Thread(target=_read, args=(worker.stdout, lines.put)),
            threading.Thread(target=_read, args=(worker.stderr, errors.append)),
        ]
        for thread in threads:
            thread.start()
        begun: dict[str, Any] = {}
        verdict = "crash"
        while True:
            try:
                line = lines.get(timeout=PATIENCE)
            except queue.Empty:
                verdict = "hang"
                worker.kill()
                break
            if line is None:
                break
            said = json.loads(line)
            if "begin" in said:
                begun = said
            elif "end" in said:
                verdict = ""
            else:
                found.append(said)
                begun = {}
        worker.wait()
        for thread, stream in zip(threads, (worker.stdout, worker.stderr), strict=True):
            thread.join()
            assert stream is not None
            stream.close()
        if not verdict:
            return found
        message = b"".join(it for it in errors if it).decode()[-2000:]
        found.append({"file": path.name, **begun, "verdict": verdict, "message": message})
        if not begun:
            return found
        first = begun["begin"] + 1


def _read(stream: Any, put: Any) -> None:
    for line in stream:
        put(line)
    put(None)


ORDER = [
    *("equal", "some refused", "as documented", "refused", "wrong", "crash", "hang"),
    *("no arguments", "about something else"),
]


def reasons(found: list[dict[str, Any]]) -> collections.Counter[str]:
    """Count functions by why they are refused, quoted names left out."""
    counted: collections.Counter[str] = collections.Counter()
    for one in found:
        said = {reason(it["message"]) for it in one.get("runs", ()) if it["verdict"] == "refused"}
        counted.update(said)
    return counted


def reason(message: str) -> str:
    """Return the first line of a message without the function's name."""
    first = message.splitlines()[0] if message else ""
    first = re.sub(r"^(jit of|calling) [^:]*: ", "", first)
    first = re.sub(r"\d-dimensional array( of \w+)?", "array", first)
    first = re.sub(r"tuple of \d+", "tuple", first)
    return re.sub(r"\b(an?) (bool|int|float|complex)(\d+)?\b", r"\1 number", first)


def table(found: list[dict[str, Any]]) -> str:
    """Return the counts, file by file."""
    files = sorted({it["file"] for it in found})
    counts = {file: collections.Counter() for file in files}
    for one in found:
        counts[one["file"]][one["verdict"]] += 1
    total = sum(counts.values(), collections.Counter())
    lines = ["| file | " + " | ".join(ORDER) + " |", "|---" * (len(ORDER) + 1) + "|"]
    for file, count in [*counts.items(), ("all", total)]:
        lines.append(f"| {file} | " + " | ".join(str(count[it]) for it in ORDER) + " |")
    return "\n".join(lines)


def run(folder: Path, names: list[str], jobs: int = 1) -> list[dict[str, Any]]:
    """Judge the named files of a folder, or all."""
    paths = [folder / name for name in names] or sorted(folder.rglob("*.py"))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return [one for found in pool.map(run_file, paths) for one in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=int)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--details", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", nargs="*")
    given = parser.parse_args()
    if given.work is not None:
        work(given.folder, given.work)
        return
    found = run(given.folder, given.files, given.jobs)
    print(table(found))
    for why, count in reasons(found).most_common(60):
        print(f"{count:5}  {why}")
    if given.details:
        given.details.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
