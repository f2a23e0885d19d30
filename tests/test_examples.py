"""Each example runs, and prints the same on every plan."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


def output(example: Path, plan: str) -> str:
    run = subprocess.run(
        [sys.executable, str(example), plan], capture_output=True, text=True, timeout=100
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_prints_the_same_on_every_plan(example):
    expected = output(example, "serial")
    assert expected.strip()
    for plan in ["threads:2", "processes:2", "processes:2,threads:2"]:
        assert output(example, plan) == expected, plan
