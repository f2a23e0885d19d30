"""Compiled functions on disk: whatever is there, a call gives its result."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import numpy as np
import abreast as ab
from abreast import _abreast

@ab.jit
def weighted(x, k):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * k + i
    return s

@ab.vectorize
def line(a, b):
    return a * b + 1.0

x = np.arange(10.0)
assert weighted(x, 3) == weighted.plain(x, 3)
assert (line(x, 2.0) == x * 2 + 1).all()
_, disk, compiled, damaged, unwritten = _abreast.compiled()
print(disk, compiled, damaged, unwritten)
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., list[int]]:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)

    def run(folder: Path | str, **settings: Any) -> list[int]:
        more = settings.pop("env", {})
        done = subprocess.run(
            [sys.executable, str(path)],
            env={**os.environ, "ABREAST_CACHE": str(folder), **more},
            capture_output=True,
            text=True,
            timeout=60,
            **settings,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return [int(word) for word in done.stdout.split()]

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda whole: b"",
    "a head": lambda whole: whole[:40],
    "half": lambda whole: whole[: len(whole) // 2],
    "a byte less": lambda whole: whole[:-1],
    "more": lambda whole: whole + b"\0" * 1000,
    "a bit in the code": lambda whole: whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:],
    "another format": lambda whole: whole.replace(b"code 01", b"code 00", 1),
    "noise": lambda whole: os.urandom(len(whole)),
}


def test_broken_entries_are_compiled_again(program, folder):
    assert program(folder) == [0, 2, 0, 0]
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(whole) == 2
    for what, broken in BROKEN.items():
        for path, content in whole.items():
            path.write_bytes(broken(content))
        assert program(folder) == [0, 2, 2, 0], what
        assert {path: path.read_bytes() for path in folder.iterdir()} == whole, what
    # One for the other.
    one, other = whole
    one.write_bytes(whole[other])
    assert program(folder) == [1, 1, 1, 0]
    assert program(folder) == [2, 0, 0, 0]


def as_folder(path: Path) -> None:
    path.mkdir()


def as_pipe(path: Path) -> None:
    os.mkfifo(path)


def as_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def as_nowhere(path: Path) -> None:
    path.symlink_to("/nowhere/at/all")


def as_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 42)


@pytest.mark.parametrize("made", [as_folder, as_pipe, as_device, as_nowhere, as_huge])
def test_what_is_no_file_of_ours(program, folder, made):
    program(folder)
    for path in list(folder.iterdir()):
        path.unlink()
        made(path)
    found = program(folder)
    assert found[:2] == [0, 2]
    if made is not as_folder:  # which cannot be replaced
        assert program(folder) == [2, 0, 0, 0]


def test_code_for_less_of_the_processor_is_code_of_its_own(program, folder):
    levels = ["", "x86-64", "x86-64-v2"]
    for level in levels:
        env = {"ABREAST_CPU": level}
        disk, compiled, *_ = program(folder, env=env)
        assert disk + compiled == 2
        assert program(folder, env=env) == [2, 0, 0, 0]


def few_bytes() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_no_room_for_files(program, folder):
    assert program(folder, preexec_fn=few_bytes) == [0, 2, 0, 2]
    assert list(folder.iterdir()) == []
    assert program(folder) == [0, 2, 0, 0]


def test_a_full_disk(program, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k,mode=700", "none", str(folder)],
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("file systems may not be mounted here")
    try:
        (folder / "filler").write_bytes(b"0" * 4096)
        disk, compiled, damaged, unwritten = program(folder)
        assert (disk, compiled, damaged) == (0, 2, 0) and unwritten >= 1
        assert all(path.suffix != ".new" for path in folder.iterdir())
        program(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_folders_that_may_not_be_written(program, tmp_path):
    for name in ("/proc/nowhere", "/dev/null", str(tmp_path / "program.py")):
        assert program(name) == [0, 2, 0, 2]
    assert program(tmp_path / "a" / "b" / "c") == [0, 2, 0, 0]
    assert program(tmp_path / "a" / "b" / "c") == [2, 0, 0, 0]


def test_a_folder_that_goes_meanwhile(run, tmp_path):
    text = """
import os, shutil
import abreast as ab
from abreast import _abreast
f, g = ab.jit(lambda x: x + 1), ab.jit(lambda x: x * 2)
assert f(1) == 2
shutil.rmtree(os.environ["ABREAST_CACHE"])
assert g(3) == 6 and f(1.5) == 2.5
assert _abreast.compiled()[4] == 0
"""
    run(text, env={**os.environ, "ABREAST_CACHE": str(tmp_path / "cache")})


SLOW = """
import sys, time
import numpy as np
import abreast as ab
from abreast import _abreast, assembler

real = assembler.assemble

def slow(*given):
    print("compiles", flush=True)
    time.sleep(float(sys.argv[1]))
    return real(*given)

assembler.assemble = slow

@ab.jit
def squares(n):
    s = 0
    for i in range(n):
        s += i * i
    return s

print("begins", flush=True)
assert squares(10) == 285
print(*_abreast.compiled(), flush=True)
"""


def begun(start: Callable[..., Any], folder: Path, seconds: float) -> Any:
    # One program for all: code is found by its text, which names no file.
    return start(SLOW, str(seconds), env={**os.environ, "ABREAST_CACHE": str(folder)})


def test_processes_at_once_compile_once(start, folder):
    scripts = [begun(start, folder, 0.5) for _ in range(5)]
    counts = []
    for script in scripts:
        status, out, err = script.end(60)
        assert (status, err) == (0, "")
        counts.append([int(word) for word in out.splitlines()[-1].split()])
    assert sum(it[2] for it in counts) == 1, counts
    assert sum(it[1] for it in counts) == 4, counts
    assert [path.suffix for path in folder.iterdir()] == [".code"]


def test_whoever_dies_while_it_compiles_leaves_it_to_others(start, folder):
    first = begun(start, folder, 100)
    assert [first.line(), first.line()] == ["begins", "compiles"]
    second = begun(start, folder, 0)
    assert second.line() == "begins"
    time.sleep(0.3)
    os.kill(first.pid, signal.SIGKILL)
    assert second.line() == "compiles"
    status, _, err = second.end(30)
    assert (status, err) == (0, "")


def test_whoever_is_halted_while_it_compiles_is_waited_for_some_seconds(start, folder):
    first = begun(start, folder, 100)
    assert [first.line(), first.line()] == ["begins", "compiles"]
    os.kill(first.pid, signal.SIGSTOP)
    second = begun(start, folder, 0)
    assert second.line() == "begins"
    since = time.monotonic()
    status, out, err = second.end(60)
    assert (status, err) == (0, "") and time.monotonic() - since < 30
    assert out.splitlines()[0] == "compiles"


WORKERS = """
import abreast as ab
from abreast import _abreast

@ab.jit
def inside(x):
    s = 0.0
    for i in range(1000):
        s += x * i
    return s

def task(x):
    return inside(float(x)), _abreast.compiled()[2]

if __name__ == "__main__":
    with ab.plan("processes:4"):
        found = ab.map(task, range(64))
    assert [it[0] for it in found] == [inside.plain(float(x)) for x in range(64)]
    # Each worker tells how often it compiled, and at most one did.
    assert {it[1] for it in found} <= {0, 1}
    print(len({it[1] for it in found}))
"""


def test_workers_first_calls(run, folder):
    environment = {**os.environ, "ABREAST_CACHE": str(folder)}
    run(WORKERS, env=environment)
    assert len(list(folder.iterdir())) == 1
    # Now it is there.
    assert run(WORKERS, env=environment) == "1\n"
    shutil.rmtree(folder)


FIRST = """
import sys
import numpy as np

modules = set(sys.modules)
import abreast as ab

@ab.jit
def weighted(x, k):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * k + i
    return s

assert weighted(np.arange(4.0), 2) == 18.0
print(*sorted({each.partition(".")[0] for each in set(sys.modules) - modules}))
import cmath

@ab.jit
def turned(z):
    return cmath.exp(z) + cmath.phase(z)

assert turned(1j) == cmath.exp(1j) + cmath.phase(1j)
"""


def test_a_call_from_the_disk_loads_no_modules_but_its_own(folder, tmp_path):
    path = tmp_path / "first.py"
    path.write_text(FIRST)
    environment = {**os.environ, "ABREAST_CACHE": str(folder)}
    for _ in range(2):
        command = [sys.executable, str(path)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) <= {"abreast", "__future__"}


def test_the_assembler_is_found_as_imports_find_it():
    from importlib.util import find_spec

    from abreast import assembler

    found = find_spec("llvmlite")
    assert found is not None and assembler._place("llvmlite") == found.origin
    assert assembler._place("no_such_module_anywhere") is None
