"""What must be measured in an interpreter that has done nothing else; prints it as JSON.

`python _fresh.py launch abreast` or `python _fresh.py memory Pool 1000000` or
`python _fresh.py imports`, and so on. `measured` runs it so.
"""

from __future__ import annotations

import json
import sys
import time

import _processes
import _tasks


def launch(name: str) -> dict[str, float]:
    """Seconds from nothing to the first results of two fresh workers."""
    from _rivals import KNOWN

    runner = KNOWN[name]()
    start = time.perf_counter()
    runner.open(2)
    results = runner.map(_tasks.same, [0, 1])
    taken = time.perf_counter() - start
    runner.close()
    assert results == [0, 1]
    return {"seconds": taken}


def memory(name: str, count: str) -> dict[str, float]:
    """Peak memory, in bytes, and time of a map of many small results."""
    from _rivals import KNOWN

    runner = KNOWN[name]()
    runner.open(2)
    runner.map(_tasks.sleep, [0.05] * 4)
    before = _processes.peaks()
    start = time.perf_counter()
    results = runner.map(_tasks.same, range(int(count)))
    taken = time.perf_counter() - start
    after = _processes.peaks()
    runner.close()
    assert len(results) == int(count) and results[-1] == int(count) - 1
    own, workers = after
    return {"seconds": taken, "own": own, "workers": workers, "before": sum(before)}


def imports() -> dict[str, float]:
    """Seconds that importing abreast, and what its calls need, takes beyond numpy."""
    import numpy  # noqa: F401

    start = time.perf_counter()
    import abreast

    names = [getattr(abreast, name) for name in abreast.__all__]
    taken = time.perf_counter() - start
    assert names
    return {"seconds": taken}


def compiled() -> dict[str, float]:
    """Seconds of the decorator and the first calls of two compiled functions, on small arrays."""
    import numpy as np

    import abreast as ab
    from jit import nothing, product

    found = {}
    arrays = [np.ones((4, 4)) for _ in range(3)]
    for name, plain in (("first", product), ("second", nothing)):
        start = time.perf_counter()
        function = ab.jit(plain)
        decorated = time.perf_counter()
        function(*arrays)
        found[f"{name} decorated"] = decorated - start
        found[name] = time.perf_counter() - decorated
    assert (arrays[2] == 4).all()
    return found


def first(count: str) -> dict[str, float]:
    """Seconds of a map of 8 tasks over one array, with warm workers and no memory used before."""
    import numpy as np

    import abreast as ab

    array = np.arange(float(count))
    with ab.plan("processes", workers=2):
        ab.map(_tasks.numpy, [0.05] * 4)
        start = time.perf_counter()
        results = ab.map(np.mean, [array] * 8)
        taken = time.perf_counter() - start
    report = ab.report()
    ab.shutdown()
    assert results == [np.mean(array)] * 8
    return {"seconds": taken, "size": array.nbytes, "peak": report.peak, "fresh": report.fresh}


def copy(count: str) -> dict[str, float]:
    """Seconds that NumPy needs for the copy alone, to memory that was not used before."""
    import numpy as np

    array = np.arange(float(count))
    start = time.perf_counter()
    copied = array.copy()
    taken = time.perf_counter() - start
    assert copied[-1] == array[-1]
    return {"seconds": taken}


def private(name: str, put: str, count: str, tasks: str) -> dict[str, float]:
    """Bytes that tasks over one array add to the workers' own, the most of each worker added up."""
    import numpy as np

    from _rivals import opened

    def sizes(array: np.ndarray, times: int) -> dict[int, tuple[int, int]]:
        items = [runner.put(array) if put == "put" else array] * times
        most: dict[int, tuple[int, int]] = {}
        for process, dirty, copied in runner.map(_tasks.private, items):
            known = most.get(process, (0, 0))
            most[process] = (max(dirty, known[0]), max(copied, known[1]))
        return most

    with opened([name]) as runners:
        runner = runners[name]
        before = sizes(np.arange(1000.0), 20)
        after = sizes(np.arange(float(count)), int(tasks))
    added = {
        process: [now - then for now, then in zip(most, before.get(process, (0, 0)), strict=True)]
        for process, most in after.items()
    }
    dirty, copied = (sum(column) for column in zip(*added.values(), strict=True))
    return {"dirty": dirty, "copied": copied}


def graph(name: str, shape: str, count: str) -> dict[str, float]:
    """Seconds of building and of computing a graph, and the peak memory of all processes."""
    import _graphs

    engine = _graphs.KNOWN[name]()
    engine.open(2)
    engine.compute(_graphs.SHAPES["tree"](engine.task, 100)[0])
    before = _processes.peaks()
    start = time.perf_counter()
    value, expected = _graphs.SHAPES[shape](engine.task, int(count))
    built = time.perf_counter()
    found = engine.compute(value)
    done = time.perf_counter()
    own, workers = _processes.peaks()
    engine.close()
    assert found == expected
    return {
        "build": built - start,
        "compute": done - built,
        "own": own,
        "workers": workers,
        "before": sum(before),
    }


def measured(*arguments: str) -> dict[str, float]:
    """Measure in a fresh interpreter."""
    import subprocess

    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    known = (launch, memory, imports, compiled, first, copy, private, graph)
    what = {function.__name__: function for function in known}[sys.argv[1]]
    print(json.dumps(what(*sys.argv[2:])))
