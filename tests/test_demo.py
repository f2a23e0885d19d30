"""The demonstration: it runs, it compares to the bit, and it says what it lacks."""

import re
import subprocess
import sys
from functools import partial

import pytest

from abreast import demo


def test_six_rows() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "abreast", "demo", "--rows", "6", "--workers", "2"],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "Traceback" not in done.stderr
    assert "6 patients held out" in text
    assert "The 6 predictions of both plans are identical, to the bit." in text
    assert len(text.splitlines()) < 20
    number = {
        name: float(re.search(rf"^  {name} +([-\d.]+)", text, re.MULTILINE).group(1))  # type: ignore[union-attr]
        for name in ("serial", "processes, 2 workers", "speed-up", "efficiency")
    }
    assert number["speed-up"] == pytest.approx(
        number["serial"] / number["processes, 2 workers"], rel=0.05
    )
    assert number["efficiency"] == pytest.approx(100 * number["speed-up"] / 2, abs=1)


def results(monkeypatch: pytest.MonkeyPatch, serial: list[float], parallel: list[float]) -> None:
    """Let the two runs give these predictions, at once."""
    runs = iter([(serial, 2.0), (parallel, 1.0)])

    def timed(task: partial[float], rows: list[int]) -> tuple[list[float], float]:
        return next(runs)

    monkeypatch.setattr(demo, "_timed", timed)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([1.0, 2.0 + 2**-51], "1 of 2 predictions differ, the first that of patient 441"),
        ([1.0], "Serial gave 2 predictions, processes 1"),
    ],
)
def test_the_last_bit_counts(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: list[float],
    message: str,
) -> None:
    results(monkeypatch, [1.0, 2.0], answers)
    assert demo.main(["--rows", "2", "--workers", "1"]) == 1
    shown = capsys.readouterr()
    assert "FAILED: the plans disagree. " + message in shown.err
    assert "identical" not in shown.out


def test_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    results(monkeypatch, [151.0, 57.0], [151.0, 57.0])
    assert demo.main(["--rows", "2", "--workers", "4"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^  R2 of held-out predictions +1\.000$", text, re.MULTILINE)
    assert re.search(r"^  mean absolute error +0\.0 ", text, re.MULTILINE)
    assert re.search(r"^  speed-up +2\.00$", text, re.MULTILINE)
    assert re.search(r"^  efficiency +50% ", text, re.MULTILINE)


def test_scikit_learn_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("sklearn", "sklearn.ensemble", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, name, None)
    assert demo.main(["--rows", "6"]) == 2
    assert "pip install scikit-learn" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--rows", "1"], ["--rows", "many"], ["--workers", "0"], ["more"]]
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        demo.main(arguments)
    assert end.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def test_help_belongs_to_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "abreast", "demo", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("usage: abreast demo ")
    assert "--rows" in done.stdout
