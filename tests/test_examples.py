"""Each example runs, prints the same on every plan, and prints what plain loops compute."""

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# What `timeline.py` prints are times: tests/test_timeline.py.
EXAMPLES = sorted(set((ROOT / "examples").glob("*.py")) - {ROOT / "examples" / "timeline.py"})
PLANS = ["threads:2", "processes:2", "dask:2"]
NESTED = {"anywhere", "cross_validation", "methods_by_folds"}
# A word of its own that is a number: not the 4 of x4, and not a method's "15 nearest neighbours".
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?= |$)(?! nearest)")

every_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)


def run(program: Path, folder: Path, plan: str = "serial") -> str:
    """Run a program from another folder, as a fresh one; any warning fails it."""
    environment = {key: it for key, it in os.environ.items() if not key.startswith("ABREAST_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=folder,
        env=environment | {"ABREAST_PLAN": plan},
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not list(folder.iterdir())
    # What follows is different at each run.
    return done.stdout.partition("\nRuntimes\n")[0]


on_serial = cache(run)
"""What an example prints on the plan that the others are compared with."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def references(folder):
    return json.loads(run(ROOT / "tests" / "references.py", folder))


@every_example
def test_example_prints_the_same_on_every_plan(path, folder):
    expected = on_serial(path, folder)
    for plan in [*PLANS, "processes:2,threads:2" if path.stem in NESTED else "processes:3"]:
        assert run(path, folder, plan) == expected, plan


@every_example
def test_example_prints_what_plain_loops_compute(path, folder, references):
    lines = on_serial(path, folder).splitlines()
    found = [NUMBER.findall(line) for line in lines]
    found = [row for row in found if row]
    expected = references[path.stem]
    assert len(found) == len(expected)
    for printed, row in zip(found, expected, strict=True):
        # Half of the last digit is rounding; a little more is the order of sums.
        digits = [len(text.partition(".")[2]) for text in printed]
        assert [float(text) for text in printed] == [
            pytest.approx(value, rel=0, abs=0.6 * 10**-count)
            for value, count in zip(row, digits, strict=True)
        ]


@every_example
def test_example_says_how_to_run_it(path):
    text = (ast.get_docstring(ast.parse(path.read_text())) or "") + "\n"
    for wanted in [
        "\nShows ",
        "\nPrints ",
        f"\n    python examples/{path.name}\n",
        f"\n    ABREAST_PLAN=threads python examples/{path.name}\n",
    ]:
        assert wanted in text
    assert f"(examples/{path.name})" in (ROOT / "README.md").read_text()
