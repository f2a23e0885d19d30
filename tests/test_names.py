"""Public names are what they are called, whichever is used first."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("first", ["Report", "Comparison", "config"])
def test_any_name_may_be_first(first):
    program = (
        "import sys, abreast as ab; getattr(ab, sys.argv[1]);"
        "modules = [n for n in ab.__all__ if type(getattr(ab, n)) is type(sys)];"
        "print([n for n in modules if n not in ('config', 'random')])"
    )
    command = [sys.executable, "-W", "error", "-c", program, first]
    assert subprocess.check_output(command, text=True, timeout=60) == "[]\n"
