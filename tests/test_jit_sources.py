"""What is compiled is what Python runs, wherever it was written and whatever became of the file."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import abreast as ab

HEAD = "import abreast as ab\n\n\n"
ONE = HEAD + "@ab.jit\ndef f(x):\n    return x + 1\n"
OTHER = HEAD + "@ab.jit\ndef f(x):\n    return x + 100\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write and load modules, which are forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loaded = []

    def load(name: str, text: str) -> tuple[ModuleType, Path]:
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        importlib.invalidate_caches()
        loaded.append(name)
        return importlib.import_module(name), path

    yield load
    for name in loaded:
        sys.modules.pop(name, None)


def test_reloaded_modules(module):
    made, path = module("reloaded", ONE)
    assert made.f(1) == 2
    path.write_text(HEAD + "@ab.jit\ndef f(x):\n    y = x * 10\n    return y\n")
    before = made.f
    importlib.reload(made)
    assert (made.f(1), before(1), before(1.5)) == (10, 2, 2.5)
    path.write_text("# a line more\n" + OTHER)
    importlib.reload(made)
    assert made.f(1) == 101


def test_files_that_are_edited_before_the_first_call(module):
    made, path = module("edited", ONE)
    path.write_text(OTHER)
    assert made.f(1) == made.f.plain(1) == 2
    made, path = module("moved", ONE)
    path.write_text("# a line more\n" + ONE.replace("1", "7"))
    assert made.f(1) == 2 and "x" in made.f.inspect("ir")
    path.unlink()
    assert made.f(2.5) == 3.5


def test_files_that_are_edited_before_they_are_decorated(module):
    text = ONE.replace("@ab.jit\n", "")
    made, path = module("late", text)
    path.write_text(text.replace("x + 1", "x + 1.0"))
    late = ab.jit(made.f)
    with pytest.raises(ab.LanguageError, match=r"changed after it was loaded .*\n *hint: load it"):
        late(1)
    path.write_text(text)
    assert late(1) == 2
    made, path = module("same", text + "\n\ndef g(x):\n    return 5\n")
    path.write_text(text + "\n\ndef g(x):\n    return 6\n")
    assert ab.jit(made.f)(1) == 2
    with pytest.raises(ab.LanguageError, match="changed after it was loaded"):
        ab.jit(made.g)(1)


def test_tests_whose_assertions_are_written_anew():
    @ab.jit
    def checked(x):
        assert x > 0, "not positive"
        return x + 1

    # This file is older than the process or not: both are well.
    os.utime(__file__)
    assert checked(1) == 2
    assert ab.jit(checked.plain)(1) == 2


def test_the_source_that_travels_is_that_of_the_function(module, tmp_path):
    made, path = module("travels", HEAD + "def make():\n    return ab.jit(lambda x: x + 1)\n")
    function = made.make()
    path.write_text(HEAD + "def make():\n    return ab.jit(lambda x: x - 1)\n")
    with ab.plan("processes:1"):
        assert ab.map(function, [1, 2]) == [2, 3]


EDITED = """
import pathlib, sys
import abreast as ab
text = pathlib.Path(__file__).read_text()
early = ab.jit(lambda x: x + 1)
pathlib.Path(__file__).write_text(text.replace("+ 1", "+ 2"))

@ab.jit
def late(x):
    return x + 1

assert early(1) == 2
try:
    answer = late(1)
except ab.LanguageError:
    answer = 2
assert answer == 2
"""


def test_a_script_that_is_edited_while_it_runs(run):
    run(EDITED)


PLACES = """
import abreast as ab
import numpy as np

def outer(k):
    @ab.jit
    def nested(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i] * k
        return s
    return nested

class Holder:
    @staticmethod
    @ab.jit
    def above(x):
        return x + 1

    @ab.jit
    @staticmethod
    def below(x):
        return x + 2

twice, thrice = ab.jit(lambda x: 2 * x), ab.jit(lambda x: 3 * x)
x = np.arange(4.0)
assert outer(2.0)(x) == 12.0 and outer(3.0)(x) == 18.0
assert (Holder.above(1), Holder.below(1), Holder().above(1)) == (2, 3, 2)
assert (twice(2), thrice(2)) == (4, 6)
if __name__ == "__main__":
    with ab.plan("processes:2"):
        assert ab.map(outer(2.0), [x, x + 1]) == [12.0, 20.0]
        assert ab.map(thrice, [1, 2]) == [3, 6]
        assert ab.map(Holder.above, [1, 2]) == [2, 3]
    print("all")
"""


def test_places_of_a_script(run):
    assert run(PLACES) == "all\n"


def test_places_of_a_command():
    done = subprocess.run(
        [sys.executable, "-c", PLACES], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("all\n", "")


NOTEBOOK = """
import json, sys
import nbformat
from nbclient import NotebookClient

cells = [nbformat.v4.new_code_cell(cell) for cell in json.loads(sys.argv[1])]
notebook = nbformat.v4.new_notebook(cells=cells)
NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
print(json.dumps(["".join(it.get("text", "") for it in cell.outputs) for cell in notebook.cells]))
"""


def test_places_of_a_notebook(start, tmp_path):
    first = "import abreast as ab\n@ab.jit\ndef f(x):\n    return x + 1\nprint(f(1))"
    cells = [first, PLACES, first.replace("+ 1", "+ 10"), "print(f(1.5))"]
    folders = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("RUNTIME", "CONFIG")}
    env = {**os.environ, **folders, "IPYTHONDIR": str(tmp_path / "ipython")}
    status, out, err = start(NOTEBOOK, json.dumps(cells), env=env).end(100)
    assert status == 0, err
    assert json.loads(out) == ["2\n", "all\n", "11\n", "11.5\n"]


def test_commands_within_a_command():
    """What exec runs under the name of the command is not the command."""
    inner = "f = lambda x: x + 100"
    text = f"import abreast as ab; f = lambda x: x + 1; exec({inner!r})\n"
    text += (
        "try:\n    print(ab.jit(f)(1))\nexcept ab.LanguageError as error:\n    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert done.stdout == "refused\n", done.stderr
