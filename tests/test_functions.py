"""Any function runs anywhere, wherever it was written and however often it was edited."""

import operator
import os
import subprocess
import sys
import textwrap
from functools import partial, reduce

import pytest

import abreast as ab


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return self.factor * x

    def method(self, x):
        return self.factor * x + 1

    @classmethod
    def make(cls, x):
        return cls(x).factor

    @staticmethod
    def double(x):
        return 2 * x


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def test_kinds_of_functions(plan):
    captured = [10]

    def local(x):
        return x + captured[0]

    def recursive(n):
        return 1 if n == 0 else n * recursive(n - 1)

    cases = [
        (lambda x: -x, [-1, -2, -3]),
        (local, [11, 12, 13]),
        (recursive, [1, 2, 6]),
        (fibonacci, [1, 1, 2]),
        (abs, [1, 2, 3]),
        (str, ["1", "2", "3"]),
        (Scale(3), [3, 6, 9]),
        (Scale(3).method, [4, 7, 10]),
        (Scale.make, [1, 2, 3]),
        (Scale.double, [2, 4, 6]),
        (partial(pow, 2), [2, 4, 8]),
        (partial(local), [11, 12, 13]),
        (operator.itemgetter(0), ["a", "b", "c"]),
        ((4).__add__, [5, 6, 7]),
        ("x".__mul__, ["x", "xx", "xxx"]),
    ]
    for function, wanted in cases:
        items = ["a", "b", "c"] if isinstance(function, operator.itemgetter) else [1, 2, 3]
        assert ab.map(function, items) == wanted, function
        assert [ab.submit(function, item).result() for item in items] == wanted, function


def test_a_function_may_return_a_function(plan):
    adders = ab.map(lambda n: lambda x: x + n, [1, 2])
    assert [add(10) for add in adders] == [11, 12]


def test_captured_values_are_those_of_the_call(plan):
    factor = 2

    def scale(x):
        return factor * x

    assert ab.map(scale, [1, 2]) == [2, 4]
    factor = 3
    assert ab.map(scale, [1, 2]) == [3, 6]


def test_submit_takes_arguments_as_they_are():
    items = [1, 2]
    future = ab.options(plan="processes:1").submit(
        lambda x: (__import__("time").sleep(0.1), x)[1], items
    )
    items.append(3)
    assert future.result() == [1, 2]


COMMAND = """
import abreast as ab
ab.plan("processes:2")
offset = 5
def add(x): return x + offset
print(ab.map(add, range(3)), ab.map(lambda x: -x, [1]), ab.submit(add, 1).result())
"""


def test_python_c(run):
    assert run("", command=[sys.executable, "-c", COMMAND]) == "[5, 6, 7] [-1] 6\n"


def test_program_from_standard_input(run, tmp_path):
    (tmp_path / "program").write_text(COMMAND)
    with (tmp_path / "program").open() as program:
        assert run("", command=[sys.executable, "-"], stdin=program) == "[5, 6, 7] [-1] 6\n"


def test_python_m(run, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "sub.py").write_text("def triple(x): return 3 * x\n")
    (tmp_path / "package" / "__main__.py").write_text(
        "import abreast as ab\nfrom .sub import triple\n"
        "def six(x): return 2 * triple(x)\n"
        "ab.plan('processes:2')\nprint(ab.map(triple, [1]), ab.map(six, [1]))\n"
    )
    assert run("", command=[sys.executable, "-m", "package"]) == "[3] [6]\n"


SCRIPT = """
from __future__ import annotations
import dataclasses, enum, collections, sys
import abreast as ab
print("once")
ab.plan(sys.argv[1])

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    colour: Colour = Colour.RED
    def moved(self, by): return Point(self.x + by)

Pair = collections.namedtuple("Pair", "a b")

class Sub(Point):
    def moved(self, by): return super().moved(2 * by)

class Failure(Exception):
    pass

def make(x):
    return Point(x), Colour.RED, Pair(x, 1), Sub(x), [Point]

for _ in range(2):
    for x, (point, colour, pair, sub, classes) in enumerate(ab.map(make, range(3))):
        assert type(point) is Point and point == Point(x), point
        assert colour is Colour.RED
        assert type(pair) is Pair and pair == (x, 1)
        assert type(sub) is Sub and isinstance(sub, Point)
        assert classes == [Point]

assert ab.map(Point.moved, [Point(1), Sub(1)], [5, 5]) == [Point(6), Point(6)]
assert ab.map(lambda p: p.colour is Colour.RED, [Point(1)]) == [True]

def fail(x):
    raise Failure(Point(x))

try:
    ab.map(fail, [1])
except Failure as error:
    assert error.args == (Point(1),), error.args
else:
    raise AssertionError

factor = 2
def scale(x): return factor * x
assert ab.map(scale, [1, 2]) == [2, 4]
factor = 3
assert ab.map(scale, [1, 2]) == [3, 6]
def scale(x): return -factor * x
assert ab.map(scale, [1, 2]) == [-3, -6]
print(__name__, ab.submit(scale, 1).result())
"""


def test_script_without_main_guard(run):
    for plan in ("serial", "threads:2", "processes:2"):
        assert run(SCRIPT, plan) == "once\n__main__ -3\n"


def test_classes_of_main_changed_in_the_class_are_seen(run):
    text = """
    import abreast as ab
    ab.plan("processes:2")
    class Model:
        rate = 1
        def value(self): return self.rate
    assert ab.map(Model.value, [Model()]) == [1]
    Model.rate = 2
    assert ab.map(Model.value, [Model()]) == [2], "the workers kept the class as it was"
    """
    run(textwrap.dedent(text))


NOTEBOOK = """
import sys
import nbformat
from nbclient import NotebookClient

CELLS = [
    "import abreast as ab; ab.plan('processes:2')",
    "def f(x): return x + 1",
    "ab.map(f, range(3))",
    "def f(x): return 10 * g(x)\\ndef g(x): return x",
    "ab.map(f, range(3))",
    "class Thing:\\n    def __init__(self, n): self.n = n",
    "things = ab.map(Thing, range(2)); (type(things[0]) is Thing, [t.n for t in things])",
    "[ab.map(lambda x: -x, range(3), progress=True), ab.submit(f, 4).result()]",
    "await ab.submit(f, 5)",
    "ab.map(lambda x: x, range(3), plan='threads:2')",
]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
for cell in notebook.cells:
    for output in cell.outputs:
        if output.output_type == "execute_result":
            print(output.data["text/plain"])
        elif output.output_type != "display_data" and output.get("name") != "stderr":
            print(output)
"""


def test_notebook(start, tmp_path):
    folders = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("RUNTIME", "CONFIG")}
    script = start(NOTEBOOK, env={**os.environ, **folders, "IPYTHONDIR": str(tmp_path / "ipython")})
    status, out, err = script.end(100)
    assert status == 0, err
    assert out.splitlines() == [
        "plan('processes', workers=2)", "[1, 2, 3]", "[0, 10, 20]", "(True, [0, 1])",
        "[[0, -1, -2], 40]", "50", "[0, 1, 2]",
    ]  # fmt: skip


RELOAD = """
import importlib, pathlib, sys, os
sys.dont_write_bytecode = True
import abreast as ab
ab.plan(sys.argv[1])
folder = pathlib.Path("added"); folder.mkdir()
source = folder / "edited.py"

source.write_text("def f(x): return x + 1\\nLIMIT = 1\\n")
assert ab.map(abs, [-1]) == [1]              # workers are there before the folder is
sys.path.append(str(folder.resolve()))
import edited
print(ab.map(edited.f, [1, 2]), ab.submit(edited.f, 1).result())

source.write_text("def f(x): return 100 * x\\nLIMIT = 22\\n")
importlib.reload(edited)
print(ab.map(edited.f, [1, 2]), ab.submit(edited.f, 1).result())
print(ab.map(lambda x: edited.LIMIT, [1]))

source.write_text("def f(x): return 0\\n")
del sys.modules["edited"]
import edited
print(ab.map(edited.f, [1, 2]))
"""


@pytest.mark.parametrize("name", ["serial", "threads:2", "processes:2"])
def test_an_edited_module_runs_its_new_code(run, name):
    assert run(RELOAD, name).splitlines() == ["[2, 3] 2", "[100, 200] 100", "[22]", "[0, 0]"]


def test_path_and_folder_changed_after_the_start(run):
    text = """
    import os, pathlib, sys
    import abreast as ab
    ab.plan("processes:2")
    ab.map(abs, [1])
    pathlib.Path("below").mkdir()
    os.chdir("below")
    pathlib.Path("later_module.py").write_text("NAME = 'here'")
    sys.path.insert(0, os.getcwd())
    def f(x):
        import later_module
        return later_module.NAME, os.getcwd()
    assert ab.map(f, [1]) == [("here", os.getcwd())]
    """
    run(textwrap.dedent(text))


def test_relative_entry_of_the_path(run, tmp_path):
    (tmp_path / "beside.py").write_text("def f(x): return x + 1\n")
    text = """
    import os, sys
    import abreast as ab
    ab.plan("processes:2")
    import beside
    os.mkdir("below")
    os.chdir("below")
    assert ab.map(beside.f, [1]) == [2]
    """
    command = [sys.executable, "-c", textwrap.dedent(text)]
    run("", command=command)


def test_interpreter_flags_reach_the_workers(run):
    text = (
        "import abreast as ab, sys; ab.plan('processes:2')\n"
        "def f(x):\n    assert False\n    return sys.flags.utf8_mode, sys.argv[1:]\n"
        "print(ab.map(f, [1]))"
    )
    (out) = run("", command=[sys.executable, "-O", "-X", "utf8", "-c", text, "a"])
    assert out == "[(1, ['a'])]\n"


def test_importing_starts_nothing():
    text = """
    import sys, os, threading
    import abreast as ab
    assert "numpy" not in sys.modules and "cloudpickle" not in sys.modules
    ab.plan("processes"); ab.plan()
    assert os.listdir("/proc/self/task") == [str(os.getpid())]
    assert not open(f"/proc/self/task/{os.getpid()}/children").read()
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(text)], check=True, timeout=30)


def test_reduce_over_results(plan):
    assert reduce(operator.add, ab.map(fibonacci, range(10))) == 88
