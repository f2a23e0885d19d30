"""The journal adds up, and every way to look at it shows what it holds."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

import abreast as ab
from abreast.backends import journal

ROOT = Path(__file__).resolve().parent.parent


def sleep(seconds):
    time.sleep(seconds)
    return seconds


def nothing(_):
    return None


def fail_at(index):
    time.sleep(0.001)
    if index == 3:
        raise ValueError("three")
    return index


def die_at(index):
    time.sleep(0.01)
    if index == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return index


def kilobytes(data):
    return data * 2


@pytest.fixture(scope="session")
def drawn():
    """Have Matplotlib open its fonts, which it keeps, before a test looks at what is left."""
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    figure = Figure()
    figure.text(0.5, 0.5, "fonts")
    for form in ("png", "svg", "pdf"):
        figure.savefig(BytesIO(), format=form)


def run(code):
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def one():
    return ab.timeline(last=1)


def check(found):
    """Every entry lies within its call, none overlaps another, and sums are those of the calls."""
    jobs = {job.number: job for job in found.jobs}
    for job in found.jobs:
        tasks = [task for task in found.tasks if task.job == job.number]
        assert sum(task.tasks for task in tasks) == job.ran
        assert sum(task.busy for task in tasks) == pytest.approx(job.busy, abs=1e-6)
        assert job.busy <= (job.ended - job.opened) * job.workers
        assert sum(task.ended == "error" for task in tasks) == job.failed
        assert sum(task.ended == "lost" for task in tasks) == job.lost
        assert job.opened <= job.pushed <= job.ended
    by_worker = {}
    for task in found.tasks:
        job = jobs[task.job]
        assert job.opened <= task.start <= task.end <= job.ended + 1e-6
        assert task.busy <= task.end - task.start + 1e-9
        by_worker.setdefault((task.worker, task.process), []).append(task)
    for tasks in by_worker.values():
        for before, after in pairwise(tasks):
            assert before.end <= after.start + 1e-6
    assert set(found.workers) >= {task.worker for task in found.tasks}


def test_entries_add_up(plan):
    start = time.perf_counter()
    ab.map(sleep, [0.02, 0.0, 0.01, 0.005] * 5)
    took = time.perf_counter() - start
    found = one()
    check(found)
    (job,) = found.jobs
    assert (job.caller, job.function, job.plan) == ("map", "sleep", plan)
    assert (job.tasks, job.ran, job.failed, job.lost) == (20, 20, 0, 0)
    assert job.ended - job.opened <= took
    assert 0.175 <= job.busy <= took * job.workers
    assert 0.02 <= job.longest < took
    firsts = [task.first for task in found.tasks]
    assert len(firsts) == len(set(firsts))
    # Those that are not tiny have an entry of their own.
    assert {index for index in range(20) if index % 4 != 1} <= set(firsts)
    assert len(found.workers) == (1 if plan == "serial" else 2)
    assert plan == "serial" or job.waiting > 0.05


def test_errors_and_what_was_withdrawn(plan):
    with pytest.raises(ValueError, match="three"):
        ab.map(fail_at, range(1000))
    ab.map(nothing, [1])  # whatever ran on has ended
    found = ab.timeline(last=2)
    assert [job.function for job in found.jobs] == ["fail_at", "nothing"]
    failed = found.jobs[0]
    assert failed.failed == 1
    assert 4 <= failed.ran <= failed.tasks < 1000
    assert [task.first for task in found.tasks if task.ended == "error"] == [3]


def test_a_killed_worker_is_marked():
    found = ab.map(die_at, range(20), plan="processes:2", on_error="return")
    assert isinstance(found[5], ab.WorkerLost)
    found = one()
    check(found)
    (lost,) = [task for task in found.tasks if task.ended == "lost"]
    assert (lost.first, lost.function) == (5, "die_at")
    assert found.jobs[0].ran == 20
    (killed,) = [event for event in found.events if event.what == "killed"]
    assert (killed.worker, killed.process, killed.detail) == (lost.worker, lost.process, 9)
    assert lost.end <= killed.time + 0.01
    # Its place is taken by another process.
    after = [task for task in found.tasks if task.worker == lost.worker and task.start > lost.end]
    assert lost.process not in {task.process for task in after}
    assert "X" in str(found)


def test_imap_submit_and_graphs_are_there(plan):
    list(ab.imap(abs, range(50)))
    job = one().jobs[0]
    assert (job.caller, job.function, job.ran) == ("imap", "abs", 50)
    futures = [ab.submit(pow, 2, n) for n in range(10)]
    assert [future.result() for future in futures] == [2**n for n in range(10)]
    found = one()
    check(found)
    assert (found.jobs[0].caller, found.jobs[0].function) == ("submit", "pow")
    assert found.jobs[0].ran == found.jobs[0].tasks == 10
    square, total = ab.delayed(lambda x: time.sleep(0.002) or x * x), ab.delayed(sum)
    assert ab.compute(total([square(n) for n in range(20)])) == sum(n * n for n in range(20))
    found = one()
    assert found.jobs[0].caller == "compute"
    assert sum(task.tasks for task in found.tasks) == 21
    assert {task.function for task in found.tasks} == {"<lambda>", "sum"}
    # Reading a bundle is part of the call's time, and of no task's.
    assert 0.04 <= sum(task.busy for task in found.tasks) <= found.jobs[0].busy + 1e-6


def test_bytes_are_counted():
    ab.map(kilobytes, [b"x" * 1000] * 100, plan="processes:2")
    job = one().jobs[0]
    assert 100_000 <= job.sent < 110_000
    assert 200_000 <= job.returned < 220_000
    ab.map(kilobytes, [b"x" * 1_000_000] * 4, plan="processes:2")
    job = one().jobs[0]
    assert 4_000_000 <= job.sent < 4_100_000
    assert 8_000_000 <= job.returned < 8_100_000


def test_a_million_tasks_in_bounded_memory():
    ab.map(nothing, range(1_000_000), plan="processes:2")
    found = one()
    assert found.jobs[0].ran == sum(task.tasks for task in found.tasks) == 1_000_000
    assert len(found.tasks) < 60_000
    # However many there are, a bounded number is kept.
    held = journal.shared().copy(0)
    assert len(held["runs"]) <= journal.CAPACITY * 72


def test_tasks_inside_of_tasks_are_part_of_them(parallel):
    def outer(n):
        return sum(ab.map(abs, range(n)))

    ab.map(outer, [3, 4, 5])
    found = one()
    check(found)
    assert {task.function for task in found.tasks} == {"outer"}


def test_off_means_off(plan):
    ab.map(abs, range(3))
    before = journal.shared().newest()
    ab.config.set(journal=False)
    try:
        ab.map(abs, range(3))
        ab.submit(abs, 1).result()
        assert journal.shared().newest() == before
    finally:
        ab.config.set(journal=True)


def test_a_forked_child_has_a_journal_of_its_own():
    # In a program of its own: a fork ends native threads of libraries, which come back later.
    code = """
import os
import abreast as ab
ab.map(abs, range(3), plan="serial")
child = os.fork()
if not child:
    ab.map(max, [[1]] * 5, plan="serial")
    os._exit(0 if [job.function for job in ab.timeline().jobs] == ["max"] else 1)
print(os.waitpid(child, 0)[1], [job.function for job in ab.timeline().jobs])
"""
    assert run(code) == "0 ['abs']\n"


def test_a_trace_has_what_perfetto_needs(tmp_path, plan):
    ab.map(sleep, [0.01] * 4)
    found = ab.timeline(tmp_path / "run.json", last=1)
    ab.timeline(tmp_path / "run.json.gz", last=1)
    text = (tmp_path / "run.json").read_text()
    assert gzip.decompress((tmp_path / "run.json.gz").read_bytes()).decode() == text
    events = json.loads(text)["traceEvents"]
    runs = [event for event in events if event.get("cat") == "task"]
    assert len(runs) == len(found.tasks) == 4
    names = {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in events
        if event["ph"] == "M" and event["name"] == "thread_name"
    }
    assert {names[run["pid"], run["tid"]] for run in runs} == {task.worker for task in found.tasks}
    for event in events:
        assert {"ph", "name", "pid", "tid"} <= event.keys()
        assert event["ph"] == "M" or event["ts"] >= 0
    for run, task in zip(sorted(runs, key=lambda it: it["ts"]), found.tasks, strict=True):
        assert run["name"] == task.function == "sleep"
        assert run["dur"] == pytest.approx((task.end - task.start) * 1e6, abs=0.01)
        assert run["dur"] >= 10_000
    begins, ends = ([it for it in events if it["ph"] == phase] for phase in "be")
    assert [it["name"] for it in begins] == [it["name"] for it in ends] == ["map(sleep)"]
    assert begins[0]["id"] == ends[0]["id"]
    assert ends[0]["ts"] >= max(run["ts"] + run["dur"] for run in runs) - 0.01


def test_what_the_caller_does_has_a_track_and_shared_memory_a_counter(tmp_path):
    rows = np.ones((4, 500_000))
    kept = ab.map(np.copy, [*rows], plan="processes:2")
    ab.map(sleep, [0.02] * 2, plan="processes:2")
    found = ab.timeline(tmp_path / "run.json", last=2)
    assert len(kept) == 4
    waits = [it for it in found.caller if it.what == "waiting" and it.job == found.jobs[-1].number]
    assert sum(it.end - it.start for it in waits) == pytest.approx(found.jobs[-1].waiting, abs=0.01)
    assert max(used for _, used in found.memory) >= rows.nbytes
    events = json.loads((tmp_path / "run.json").read_text())["traceEvents"]
    tracks = [it for it in events if it.get("cat") == "caller"]
    assert [it["name"] for it in tracks] == [it.what for it in found.caller]
    assert {it["pid"] for it in tracks} == {1}
    counted = [it["args"]["bytes"] for it in events if it["ph"] == "C"]
    assert counted == [used for _, used in found.memory]


def test_callers_at_one_time_have_a_track_each(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        together = Barrier(2)
        run = lambda: (together.wait(), ab.map(sleep, [0.2], plan="processes:2"))  # noqa: E731
        for each in [pool.submit(run), pool.submit(run)]:
            each.result()
    ab.timeline(tmp_path / "run.json", last=2)
    events = json.loads((tmp_path / "run.json").read_text())["traceEvents"]
    spans: dict = {}
    for it in events:
        if it.get("cat") == "caller":
            spans.setdefault(it["tid"], []).append((it["ts"], it["ts"] + it["dur"]))
    assert len(spans) == 2
    for each in spans.values():
        assert all(end <= start + 0.01 for (_, end), (start, _) in pairwise(sorted(each)))


@pytest.mark.parametrize("where", ["serial", "threads:2"])
def test_nothing_is_moved_in_one_process(where):
    ab.map(sleep, [0, 0], plan=where)
    assert "nothing was moved: tasks ran in this process" in str(ab.report())


def test_pictures(drawn, tmp_path, plan):
    ab.map(sleep, [0.01] * 4)
    starts = {"run.png": b"\x89PNG", "run.svg": b"<?xml", "run.pdf": b"%PDF"}
    for name, start in starts.items():
        ab.timeline(tmp_path / name, last=1)
        assert (tmp_path / name).read_bytes().startswith(start)
    svg = (tmp_path / "run.svg").read_text()
    for word in ("sleep", "seconds since the call began", *one().workers):
        assert f"<!-- {word} -->" in svg
    assert one()._repr_png_().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    ab.map(abs, [1], plan="serial")
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install 'abreast\[plot\]'"):
        ab.timeline(tmp_path / "run.png")
    assert ab.timeline()._repr_png_() is None


def test_the_chart_shows_busy_and_idle():
    ab.map(sleep, [0, 0], plan="threads:2")
    ab.map(sleep, [0.2, 0.1], plan="threads:2")
    lines = [line for line in str(one()).splitlines() if "older entries" not in line]
    head, *rows, axis = lines
    assert head.startswith("map(sleep) on threads:2: 2 tasks in ")
    assert axis.split()[:2] == ["0", "s"]
    cells = sorted(row.split("|")[1].count("█") for row in rows)
    assert 24 <= cells[0] <= 34
    assert cells[1] >= 54
    assert sum("1 task" in row for row in rows) == 2


def test_a_table():
    pytest.importorskip("pandas")
    ab.map(sleep, [0.001] * 3, plan="serial")
    frame = one().to_pandas()
    assert list(frame["function"]) == ["sleep"] * 3
    assert frame["tasks"].sum() == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ab.timeline("run.txt"), "timeline('run.txt'): the ending of the name says"),
        (lambda: ab.timeline(last=0), "timeline: last=0: a whole number of calls, at least 1"),
        (lambda: ab.timeline(last=True), "timeline: last=True: a whole number"),
        (lambda: ab.config.set(journal="no"), "journal='no': True or False"),
    ],
)
def test_misuse(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert message in str(caught.value)


def test_nothing_yet():
    code = "import abreast as ab; print(ab.timeline()); print(ab.report())"
    assert run(code) == "no calls yet\nno calls yet\n"


@pytest.mark.parametrize("name", ["threads:2", "processes:2"])
def test_the_example_shows_static_against_balanced(name):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / "timeline.py")],
        env=os.environ | {"ABREAST_PLAN": name},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    static, balanced = done.stdout.split("balanced: twelve tasks")
    busy = [
        sorted(int(line.split("|")[2].split()[0]) for line in text.splitlines() if "% busy" in line)
        for text in (static, balanced)
    ]
    # 0.21 and 0.57 seconds of work against about 0.39 each.
    assert len(busy[0]) == len(busy[1]) == 2
    assert busy[0][0] < 50 < busy[1][0]
    assert busy[0][1] > 85
