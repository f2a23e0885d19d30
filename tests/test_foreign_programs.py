"""The pure functions in other people's files: what `ab.jit` makes of them, and that it is counted.

`ABREAST_FOREIGN=FOLDER ./dev test --long` runs those of a folder, for example of Numba's own tests.
"""

from __future__ import annotations

import collections
import os
from pathlib import Path

import pytest

import foreign_runs

FILE = """
import math
import numpy as np
from elsewhere import jit, strange

LIMIT = 5

def adds(x, y):
    return x + y

@jit(nopython=True)
def limited(x):
    return min(adds(x, 1), LIMIT)

def builds(n):
    return [n]

def strangely(x):
    return strange(x)

def leaves(x):
    import os
    os._exit(7)

class Tests:
    def test_sums(self):
        scale = 2.0

        def total(a):
            s = 0.0
            for i in range(a.shape[0]):
                s += a[i] * scale
            return s

        self.check(total)

    def test_large(self):
        def large(n):
            found = 0
            for i in range(n):
                found = 2**62 + i
            return found * 8
        self.check(large)

def never(x):
    return x.nothing
"""


def test_functions_are_found_run_and_counted(tmp_path: Path):
    (tmp_path / "programs.py").write_text(FILE)
    found = foreign_runs.run(tmp_path, [])
    verdicts = {it.get("name", "?"): it["verdict"] for it in found}
    assert verdicts.pop("?") == "about something else"
    assert verdicts == {
        "adds": "equal",
        "limited": "equal",
        "builds": "refused",
        "leaves": "crash",
        "total": "equal",
        "large": "as documented",
        "never": "no arguments",
    }
    assert foreign_runs.reasons(found)["a list"] == 1
    assert "| programs.py | 3 | 0 |" in foreign_runs.table(found)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_those_of_a_folder():
    folder = os.environ.get("ABREAST_FOREIGN")
    if not folder:
        pytest.skip("ABREAST_FOREIGN names no folder of Python files")
    found = foreign_runs.run(Path(folder), [], jobs=2)
    print(foreign_runs.table(found))
    counts = collections.Counter(it["verdict"] for it in found)
    bad = [it for it in found if it["verdict"] in ("wrong", "crash", "hang")]
    assert not bad, bad
    assert counts["equal"]
