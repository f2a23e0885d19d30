"""The suite itself: it passes what keeps the contract and finds what does not."""

import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from abreast import backends, testing
from abreast.testing import compare
from abreast.testing.__main__ import main
from abreast.testing.case import THEMES, load

# One broken backend a name: what it does differently from the one in CONTRACT.md.
BROKEN = {
    "swaps": """
        class Job(PoolJob):
            def end(self, ended, drew=False):
                super().end(ended._replace(value=17) if ended.task == 3 else ended, drew)
        """,
    "reorders": """
        class Job(PoolJob):
            def pull(self, timeout, results):
                pulled = super().pull(timeout, results)
                if results:
                    results.sort(key=repr, reverse=True)
                return pulled
        """,
    "loses": """
        class Job(PoolJob):
            def end(self, ended, drew=False):
                if ended.task != 2:
                    super().end(ended, drew)
        """,
    "reseeds": """
        class Job(PoolJob):
            def value(self, index, item):
                return super().value(index + 1 if self.call.indexed else index, item)
        """,
    "swallows": """
        class Job(PoolJob):
            def end(self, ended, drew=False):
                super().end(ended._replace(value=None, error=None), drew)
        """,
    "rewords": """
        class Job(PoolJob):
            def end(self, ended, drew=False):
                error = ended.error and type(ended.error)("something went wrong")
                super().end(ended._replace(error=error), drew)
        """,
    "says_nothing": """
        class Job(PoolJob):
            def pull(self, timeout, results):
                return super().pull(timeout, results)._replace(notes=0)
        """,
    "shares": """
        class Job(PoolJob):
            pass

        def claim(backend):
            backend.capabilities = Capabilities(True, False, False, False)
        """,
    "leaks": """
        class Job(PoolJob):
            pass

        forgotten = []
        PoolBackend.shutdown = lambda self, grace: forgotten.append(self)
        """,
    "dies": """
        class Job(PoolJob):
            def value(self, index, item):
                import os
                os._exit(5)
        """,
}

OPEN = """
Backend = PoolBackend
plain_job = PoolJob

def open(level):
    backend = Backend(level)
    backend.open = lambda call: add(backend, Job(backend, call))
    globals().get("claim", lambda _backend: None)(backend)
    return backend

def add(backend, job):
    backend.jobs.append(job)
    return job
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Write a backend that interpreters started from here can import."""
    page = (Path(backends.__file__).parent / "CONTRACT.md").read_text()
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    skeleton = found[1]
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def write(change: str) -> dict[str, str]:
        text = skeleton + (textwrap.dedent(change) + OPEN if change else "")
        (tmp_path / "toy_backend.py").write_text(text)
        return {"toy": "toy_backend:open"}

    return write


def failures(report: testing.Report) -> dict[str, str]:
    return {each.id: each.detail for each in report.failures}


def test_the_backend_of_the_contract_keeps_it(toy: Callable[[str], dict[str, str]]) -> None:
    report = testing.run("toy:3", openers=toy(""), timeout=30)
    assert not failures(report)
    assert report.count("ok") > 100


@pytest.mark.parametrize(
    ("name", "tags", "finding"),
    [
        ("swaps", "values.floats", "values.floats"),
        ("reorders", "values.order", "values.order"),
        ("reseeds", "random", "random.streams_are_those_of_numpy"),
        ("swallows", "errors.of_the_language", "errors.of_the_language"),
        ("rewords", "errors.as_results", "errors.as_results"),
        ("says_nothing", "warnings", "random.shared_generators_are_told"),
        ("shares", "sharing", "arguments.tasks_do_not_see_each_other"),
        ("leaks", "values.floats", "values.leaves_nothing_behind"),
    ],
)
def test_broken_backends_are_found(
    toy: Callable[[str], dict[str, str]], name: str, tags: str, finding: str
) -> None:
    report = testing.run("toy:2", openers=toy(BROKEN[name]), tags=tags, timeout=20)
    assert not report
    assert finding in failures(report)
    # What it says is where and what, not only that.
    assert "promise:" in failures(report)[finding] or "too many" in failures(report)[finding]


def test_a_case_that_hangs_costs_its_own_time_only(toy: Callable[[str], dict[str, str]]) -> None:
    opener = toy(BROKEN["loses"])
    report = testing.run(
        "toy:2", openers=opener, tags="values.integers,sizes.one_and_two", timeout=4
    )
    assert list(failures(report)) == ["values.integers"]
    assert "did not end in time" in failures(report)["values.integers"]
    assert "in pull" in failures(report)["values.integers"]
    assert [each.id for each in report.results if each.status == "ok"] == [
        "values.leaves_nothing_behind",
        "sizes.one_and_two",
        "sizes.leaves_nothing_behind",
        "suite.leaves_by_itself",
    ]


def test_an_interpreter_that_dies_is_told(toy: Callable[[str], dict[str, str]]) -> None:
    report = testing.run("toy:1", openers=toy(BROKEN["dies"]), tags="values.floats", timeout=20)
    assert "status 5" in failures(report)["values.floats"]


def test_where_everything_dies_the_suite_gives_up(toy: Callable[[str], dict[str, str]]) -> None:
    report = testing.run("toy:1", openers=toy(BROKEN["dies"]), tags="values", timeout=20)
    assert "cases not run" in failures(report)["suite.gives_up"]


def test_a_backend_that_cannot_be_imported_is_told() -> None:
    report = testing.run("toy", openers={"toy": "no_such_module:open"}, tags="sizes", timeout=20)
    assert "no_such_module" in failures(report)["suite.start"]


def test_known_gaps_are_skipped_and_unexpected_passes_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    from abreast import plans
    from abreast.testing.child import Suite
    from abreast.testing.gaps import GAPS

    monkeypatch.setitem(GAPS, ("serial", "values.floats"), "not yet")
    suite = Suite(plans.resolve("serial"))
    status, detail = suite.judge("values.floats")
    assert (status, "not yet" in detail) == ("FAILED", True)
    monkeypatch.setattr("abreast.testing.child.difference", lambda *_: "differs")
    assert suite.judge("values.floats") == ("skipped", "known gap: not yet")


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--plan", "serial", "--tags", "values.floats,sizes.none"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "conformance: 5 passed, 0 failed, 0 skipped"
    assert re.fullmatch(r"ok +values\.floats +\d+\.\d\d s", lines[0])
    assert main(["--list", "--tags", "crash"]) == 0
    assert "crash.killed" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--plan", "nowhere"], ["--tags", "nothing"]])
def test_the_command_refuses(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "hint" in capsys.readouterr().err


def test_skipped_cases_say_why() -> None:
    report = testing.run("serial", tags="crash.killed")
    (skipped,) = [each for each in report.results if each.status == "skipped"]
    assert "survives_crash" in skipped.detail


def test_cases_are_many_and_each_makes_a_promise() -> None:
    cases = load()
    assert len(cases) > 100
    assert {each.theme for each in cases.values()} == set(THEMES)
    assert all(each.promise.endswith(".") for each in cases.values())


class Plain:
    def __init__(self, value: object) -> None:
        self.value = value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ([1], (1,)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([1, 2], [2, 1]),
        (ValueError(1), ValueError(2)),
        (ValueError(1), TypeError(1)),
        (Plain(1), Plain(2)),
        (Plain([1]), Plain([1.0])),
        (ExceptionGroup("g", [KeyError(1)]), ExceptionGroup("g", [KeyError(2)])),
    ],
)
def test_what_differs_is_different(one: object, other: object) -> None:
    assert compare.difference(one, other)
    assert not compare.difference(one, one)


def test_arrays_differ_by_type_shape_and_bits() -> None:
    import numpy as np

    array = np.arange(6.0).reshape(2, 3)
    others = [array.astype("f4"), array.ravel(), -array, np.asfortranarray(array), array.tolist()]
    assert all(compare.difference(array, each) for each in others)
    assert not compare.difference(
        [array, np.float32(1), np.nan], [array.copy(), np.float32(1), np.nan]
    )
    assert compare.difference(np.float32(1), np.float64(1))


def test_notes_and_loops_are_compared() -> None:
    one, other = ValueError(1), ValueError(1)
    one.add_note("n")
    assert "__notes__" in compare.difference(one, other)
    loop: list[object] = []
    loop.append(loop)
    again: list[object] = []
    again.append(again)
    assert not compare.difference(loop, again)
