"""The doctor's report: true, short, and never ended by what it examines."""

import subprocess
import sys
from pathlib import Path

import pytest

import abreast as ab
from abreast import doctor, machine
from abreast.__main__ import main as command


@pytest.fixture
def ailing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand a file in for the doctor that the child process imports; write what it should do."""
    package = tmp_path / "abreast"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return package / "doctor.py"


def test_report() -> None:
    text = doctor.report()
    lines = text.splitlines()
    assert len(lines) < 60
    assert "\x1b" not in text
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "Software",
        "Machine",
        "Native thread pools",
        "Plans",
        "Other engines and devices",
        "Missing",
    ]
    assert f"{machine.cores()} usable, decided by: " in text
    assert sys.executable in text
    for name in ("serial", "threads", "processes"):
        assert any(line.split()[:2] == [name, "works;"] for line in lines), text


def test_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "abreast", "doctor"], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Software\n")
    assert done.stderr == ""


def test_a_plan_that_cannot_be_had_is_a_line() -> None:
    line = doctor._tried("no-such-plan")
    assert line.startswith("FAILS: ")
    assert "\n" not in line


def test_a_plan_that_answers_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ab, "map", lambda f, xs: list(xs))
    assert doctor._try("serial") == "WRONG: abs of -1 and -2 gave [-1, -2]"


def test_a_plan_that_raises_at_length(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(f: object, xs: object) -> None:
        raise RuntimeError("no\n" + "x" * 1000)

    monkeypatch.setattr(ab, "map", fail)
    assert doctor._try("serial") == "FAILS: RuntimeError: no"


def test_a_plan_that_crashes(ailing: Path) -> None:
    ailing.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert doctor._tried("serial") == "CRASHES: ended by SIGKILL"


def test_a_plan_that_hangs(ailing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ailing.write_text("import time\ntime.sleep(1000)\n")
    monkeypatch.setattr(doctor, "PATIENCE", 1.0)
    assert doctor._tried("serial") == "HANGS: no answer in 1 s"


def test_a_child_that_cannot_even_start(ailing: Path) -> None:
    ailing.write_text("raise ImportError('half installed')\n")
    assert doctor._tried("serial") == "FAILS: ImportError: half installed"


def test_chatter_before_the_answer(ailing: Path) -> None:
    ailing.write_text("print('hello')\ndef _try(name):\n    return f'{name} works'\n")
    assert doctor._tried("serial") == "serial works"


def test_engines_are_promised_only_with_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda package: "9.9" if package == "ray" else None)
    monkeypatch.setattr(doctor, "_loads", lambda library: library == "libcuda.so.1")
    without = dict(doctor._engines(["serial"]))
    assert without["ray"] == "found (no abreast plan for it yet): 9.9"
    assert without["CUDA"].startswith("found (no abreast plan for it yet): libcuda.so.1, ")
    assert without["OpenCL"] == without["mpi4py"] == "not found"
    assert dict(doctor._engines(["serial", "ray"]))["ray"] == "found (plan 'ray'): 9.9"


def test_what_is_missing_comes_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda package: None)
    assert doctor._missing(["serial"]) == [
        ("scikit-learn", "for abreast demo: pip install scikit-learn")
    ]
    assert ("distributed", "for plan 'dask': pip install distributed") in doctor._missing(["dask"])
    monkeypatch.setattr(doctor, "_version", lambda package: "1.0")
    assert doctor._missing(["dask"]) == []


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command(["--version"])
    assert end.value.code == 0
    name, number = capsys.readouterr().out.split()
    assert name == "abreast"
    assert number[0].isdigit()


def test_no_command_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert command([]) == 2
    text = capsys.readouterr().err
    assert "demo" in text
    assert "doctor" in text


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command(["demos"])
    assert end.value.code == 2
    assert "invalid choice: 'demos'" in capsys.readouterr().err


def test_the_command_imports_nothing_it_does_not_need() -> None:
    program = (
        "import sys, abreast.__main__\n"
        "wanted = {'abreast.demo', 'abreast.doctor', 'sklearn', 'threadpoolctl'}\n"
        "import abreast; before = set(sys.modules)\n"
        "abreast.__main__.main([])\n"
        "print(sorted((set(sys.modules) - before) & wanted), 'abreast.doctor' in before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "[] False\n", done.stderr
