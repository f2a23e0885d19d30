"""What must be measured in an interpreter that has done nothing else; prints it as JSON.

`python _fresh.py launch abreast` or `python _fresh.py memory Pool 1000000` or
`python _fresh.py imports`. `measured` runs it so.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

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
    before = _peaks()
    start = time.perf_counter()
    results = runner.map(_tasks.same, range(int(count)))
    taken = time.perf_counter() - start
    after = _peaks()
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


def _peaks() -> tuple[int, int]:
    """Peak memory of this process, and the sum of its children's.

    Not ru_maxrss: that begins with the size of the process that started this one.
    """
    own = Path("/proc/self")
    return _peak(own), sum(_peak(Path("/proc", child)) for child in _children())


def _children() -> list[str]:
    threads = Path("/proc/self/task").iterdir()
    return [child for thread in threads for child in (thread / "children").read_text().split()]


def _peak(process: Path) -> int:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def measured(*arguments: str) -> dict[str, float]:
    """Measure in a fresh interpreter."""
    import subprocess

    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    what = {"launch": launch, "memory": memory, "imports": imports}[sys.argv[1]]
    print(json.dumps(what(*sys.argv[2:])))
