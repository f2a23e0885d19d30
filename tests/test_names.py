"""Public names are what they are called, whichever is used first; `dir` shows no others."""

import subprocess
import sys

import pytest

import abreast as ab


def say(program, *arguments):
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    return subprocess.check_output(command, text=True, timeout=60)


@pytest.mark.parametrize("first", ["Report", "Comparison", "config"])
def test_any_name_may_be_first(first):
    program = (
        "import sys, abreast as ab; getattr(ab, sys.argv[1]);"
        "modules = [n for n in ab.__all__ if type(getattr(ab, n)) is type(sys)];"
        "print([n for n in modules if n not in ('config', 'random')])"
    )
    assert say(program, first) == "[]\n"


def test_no_module_takes_the_place_of_a_public_name():
    program = """
import importlib, pkgutil
import abreast as ab
meant = ["config", "random"]  # public as modules
for module in pkgutil.walk_packages(ab.__path__, "abreast."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print([name for name in ab.__all__ if type(getattr(ab, name)) is type(ab) and name not in meant])
"""
    assert say(program) == "[]\n"


def test_dir_shows_public_names_alone():
    assert say("import abreast as ab; print([n for n in dir(ab) if n[0] != '_'])") == (
        f"{sorted(n for n in ab.__all__ if n[0] != '_')}\n"
    )


def test_import_is_quick_and_loads_little():
    program = "import abreast, sys; print(len([n for n in sys.modules if n.startswith('abreast')]))"
    assert say(program) == "1\n"


def test_arrays_are_there_without_a_second_import():
    assert say("import abreast as ab; print(ab.numpy.arange(3))") == "[0 1 2]\n"
