"""What tasks print, warn and log: as serial would, on every plan."""

import decimal
import logging
import os
import random
import signal
import sys
import threading
import time
import warnings
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest

import abreast as ab

log = logging.getLogger("abreast.tests.output")


def says(steps):
    """Do what a list of steps says, as a task."""
    for kind, text in steps:
        if kind == "print":
            print(text)
        elif kind == "half":
            print(text, end="")
        elif kind == "error":
            print(text, file=sys.stderr)
        elif kind == "bytes":
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode() + b"\n")
        elif kind == "warn":
            warnings.warn(text, stacklevel=1)
        elif kind == "log":
            log.warning("%s", text)
        elif kind == "nap":
            time.sleep(0.002)
        else:
            raise ValueError(text)
    return len(steps)


def mix(seed, tasks=40, failing=()):
    draw = random.Random(seed)
    kinds = ["print", "half", "error", "bytes", "warn", "log", "nap"]
    return [
        [(draw.choice(kinds), f"é {n}.{k}") for k in range(draw.randrange(6))]
        + ([("fail", f"task {n}")] if n in failing else [])
        for n in range(tasks)
    ]


class ToStandardError(logging.Handler):
    """Writes to what is standard error at the moment."""

    def emit(self, record):
        sys.stderr.write(self.format(record) + "\n")


@pytest.fixture
def to_stderr():
    handler = ToStandardError()
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    yield
    log.removeHandler(handler)


def both(capsys, call, plan):
    """What is printed on the serial plan, and on the other one."""
    captured = []
    for each in ("serial", plan):
        # pytest records warnings; here they are to show as they do for users.
        with warnings.catch_warnings(), ab.plan(each):
            warnings.resetwarnings()
            warnings.simplefilter("always")
            warnings.showwarning = to_stream
            outcome = call()
            print("afterwards")
        out, err = capsys.readouterr()
        captured.append((out, err, repr(outcome)))
    return captured


def to_stream(message, category, filename, lineno, file=None, line=None):
    sys.stderr.write(f"{category.__name__}: {message}\n")


@pytest.mark.parametrize("seed", range(4))
def test_map_prints_as_serial(parallel, capsys, seed, to_stderr):
    steps = mix(seed)
    expected, got = both(capsys, lambda: ab.map(says, steps), parallel)
    assert got == expected
    assert expected[0].count("\n") > 5


def test_imap_prints_as_serial(parallel, capsys, to_stderr):
    steps = mix(7)
    expected, got = both(capsys, lambda: list(ab.imap(says, steps)), parallel)
    assert got == expected


@pytest.mark.parametrize("on_error", ["raise", "finish", "return"])
def test_output_of_failed_tasks_comes_first(parallel, capsys, on_error, to_stderr):
    steps = mix(9, failing=(11, 23))

    def call():
        try:
            return ab.map(says, steps, on_error=on_error)
        except ValueError as error:
            print("raised", error)
            return None

    expected, got = both(capsys, call, parallel)
    assert got == expected
    assert "raised task 11" in expected[0] or on_error == "return"


def test_nested_maps_print_as_serial(parallel, capsys):
    def outer(n):
        print("outer", n)
        inner = ab.map(says, mix(n, 3))
        print("outer ends", n)
        return inner

    expected, got = both(capsys, lambda: ab.map(outer, range(4)), parallel)
    assert got == expected


def warns(n):
    warnings.warn("the same place", RuntimeWarning, stacklevel=1)
    return n


def test_a_warning_shows_once_a_place(plan, capsys):
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.resetwarnings()
            warnings.simplefilter("default")
            warnings.showwarning = to_stream
            ab.map(warns, range(20))
            ab.map(warns, range(20))
        assert capsys.readouterr().err == "RuntimeWarning: the same place\n"


def test_filters_hold(plan):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="the same place"):
            ab.map(warns, range(3))
        warnings.simplefilter("ignore")
        assert ab.map(warns, range(3)) == [0, 1, 2]
    with pytest.warns(RuntimeWarning, match="the same place") as seen:
        ab.map(warns, range(3))
    assert {each.filename for each in seen} == {__file__}


def test_levels_hold_and_handlers_stay(plan, caplog):
    def task(n):
        log.info("told %d", n)
        log.debug("not told")
        try:
            1 / (n - 1)
        except ZeroDivisionError:
            log.exception("no quotient")
        return log.isEnabledFor(logging.INFO)

    with caplog.at_level(logging.INFO, log.name):
        assert ab.map(task, range(3)) == [True] * 3
    messages = [each.getMessage() for each in caplog.records]
    assert messages == ["told 0", "told 1", "no quotient", "told 2"]
    assert "ZeroDivisionError" in caplog.text
    assert ab.map(task, [5]) == [False]


def test_numpy_and_decimal_hold(plan):
    def task(_n):
        return str(decimal.Decimal(1) / 3), np.geterr()["divide"], str(np.array([1 / 3]))

    usual = ab.map(task, range(3))
    with decimal.localcontext(decimal.Context(prec=4)), np.errstate(divide="raise"):
        changed = ab.map(task, range(3))
        assert ab.submit(task, 0).result() == changed[0]
    assert changed == [("0.3333", "raise", "[0.33333333]")] * 3
    assert ab.map(task, range(3)) == usual


def test_redirected(plan):
    text = StringIO()
    with redirect_stdout(text):
        ab.map(print, "abc")
    assert text.getvalue() == "a\nb\nc\n"
    assert not isinstance(sys.stdout, StringIO)


def test_streams_are_as_before(plan):
    before = sys.stdout, sys.stderr, warnings.showwarning, logging.Logger.callHandlers
    ab.map(print, range(3))
    list(ab.imap(print, range(3), output="tagged"))
    with pytest.raises(ZeroDivisionError):
        ab.map(lambda n: 1 // n, range(3), output="live")
    deadline = time.monotonic() + 5  # a task that nobody waits for may still run
    while sys.stdout is not before[0] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert before == (sys.stdout, sys.stderr, warnings.showwarning, logging.Logger.callHandlers)


def test_tagged(plan, capsys):
    def fit(n):
        print("one", n)
        print("two\nthree", end="")

    fit.__qualname__ = "fit"
    ab.map(fit, range(3), output="tagged")
    lines = capsys.readouterr().out.splitlines()
    whole = [f"[fit {n}] {text}" for n in range(3) for text in (f"one {n}", "two", "three")]
    assert sorted(lines) == sorted(whole)


def test_live_shows_before_the_end(parallel, capsys, tmp_path):
    def task(n):
        print("begins", n)
        while not (tmp_path / "go").exists():
            time.sleep(0.01)

    seen = []

    def look():
        deadline = time.monotonic() + 10
        while not seen and time.monotonic() < deadline:
            time.sleep(0.02)
            seen.extend(capsys.readouterr().out.splitlines())
        (tmp_path / "go").touch()

    looking = threading.Thread(target=look)
    looking.start()
    ab.map(task, [0])
    looking.join()
    assert seen == ["begins 0"]


def test_submit_shows_by_itself(parallel, capsys):
    future = ab.submit(print, "by itself")
    deadline = time.monotonic() + 10
    text = ""
    while "\n" not in text and time.monotonic() < deadline:
        time.sleep(0.01)
        text += capsys.readouterr().out
    assert text == "by itself\n"
    assert future.result() is None
    assert ab.submit(says, [("print", "before the result")]).result() == 1
    assert capsys.readouterr().out == "before the result\n"


def test_what_a_killed_worker_said_is_there(capsys):
    def task(n):
        print("begins", n)
        if n == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    with ab.plan("processes:2"):
        results = ab.map(task, range(4), on_error="return")
    assert isinstance(results[2], ab.WorkerLost)
    assert capsys.readouterr().out == "".join(f"begins {n}\n" for n in range(4))


def test_ten_megabytes(parallel, capsys):
    lines = ["x" * 99 for _ in range(1000)]

    def task(n):
        for line in lines:
            print(line)
        sys.stdout.write("y" * 900_000)
        return n

    assert ab.map(task, range(10)) == list(range(10))
    assert capsys.readouterr().out == ("".join(f"{line}\n" for line in lines) + "y" * 900_000) * 10


def test_order_is_given_up_when_too_much_waits(capsys, monkeypatch):
    from abreast.tasks import output

    monkeypatch.setattr(output, "_HELD", 100_000)

    def task(n):
        if n == 0:
            time.sleep(0.5)
        print("x" * 10_000)

    with ab.plan("processes:2"):
        ab.map(task, range(30))
    out, err = capsys.readouterr()
    assert out == ("x" * 10_000 + "\n") * 30
    assert "while task 0 goes on; from here on their output shows as it comes" in err


def test_large_log_records(capsys, to_stderr):
    with ab.plan("processes:1"):
        ab.map(says, [[("log", "z" * 300_000)]])
    assert capsys.readouterr().err == f"{log.name} WARNING {'z' * 300_000}\n"


def test_bytes_that_are_no_text(plan, capsysbinary):
    def task(n):
        sys.stdout.flush()
        sys.stdout.buffer.write(b"\xff\xfe%d\n" % n)
        sys.stdout.buffer.flush()

    ab.map(task, range(3))
    sys.stdout.flush()
    assert capsysbinary.readouterr().out == b"\xff\xfe0\n\xff\xfe1\n\xff\xfe2\n"


def test_threads_of_a_task_speak_for_it(capsys):
    def task(n):
        thread = threading.Thread(target=print, args=("from a thread", n))
        thread.start()
        thread.join()

    with ab.plan("processes:2"):
        ab.map(task, range(4))
    assert capsys.readouterr().out == "".join(f"from a thread {n}\n" for n in range(4))


def test_input_is_refused(capsys):
    with ab.plan("processes:1"), pytest.raises(EOFError, match="a task cannot read from standard"):
        ab.map(input, ["? "])
    assert capsys.readouterr().out == "? "


def test_forks_and_exit_handlers_keep_the_programs_streams(run):
    out = run(
        """
import atexit, os, sys
import abreast as ab

def task(n):
    if n == 0:
        atexit.register(print, "at exit")
    print("parent", n)
    pid = os.fork()
    if pid == 0:
        print("child", n, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)

ab.map(task, range(2), plan="processes:1")
sys.stdout.flush()
"""
    )
    assert sorted(out.splitlines()) == ["at exit", "child 0", "child 1", "parent 0", "parent 1"]


def test_unknown_output():
    for call in (ab.map, ab.imap):
        with pytest.raises(ValueError, match="output='loud': one of 'ordered', 'live', 'tagged'"):
            call(print, [1], output="loud")
    with pytest.raises(ValueError, match="options: output='loud'"):
        ab.options(output="loud")


def test_progress_counts_from_what_is_done_and_stays_within(capsys):
    from abreast.tasks.progress import Progress

    seen = []
    bar = Progress(lambda done, total: seen.append((done, total)), 5, "f", done=3)
    bar.add(1)
    bar.add(4)
    assert seen == [(3, 5), (4, 5), (5, 5)]
    bar = Progress("always", 5, "f", done=3)
    bar.add(9)
    bar.close()
    assert "5/5" in capsys.readouterr().err


def test_no_bar_inside_a_task(plan, capsys):
    def outer(n):
        return ab.map(abs, [n, -n], progress="always")

    ab.map(outer, range(3))
    assert capsys.readouterr() == ("", "")


def test_a_stall_is_told(plan, capsys, monkeypatch):
    if plan == "serial":
        pytest.skip("nobody looks while the only task runs")
    monkeypatch.setenv("ABREAST_STALL_SECONDS", "0.2")
    ab.map(time.sleep, [0.8], progress=True)
    err = capsys.readouterr().err
    assert err.startswith("abreast: no task of sleep has ended for ")
    assert err.count("abreast:") == 1


def test_wrong_stall_seconds(monkeypatch):
    monkeypatch.setenv("ABREAST_STALL_SECONDS", "soon")
    with pytest.raises(ValueError, match="ABREAST_STALL_SECONDS='soon': seconds, more than 0"):
        ab.map(abs, [1], progress=True, plan="serial")


NOTEBOOK = """
import nbformat
from nbclient import NotebookClient

CELLS = [
    "import abreast as ab; _ = ab.plan('processes:2'); ab.map(print, range(3));",
    "print('second'); ab.submit(print, 'submitted').result(); ab.map(print, 'ab', progress=True);",
]
book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
NotebookClient(book, timeout=60, kernel_name="python3").execute()
for cell in book.cells:
    print(["".join(it["text"] for it in cell.outputs if it.get("name") == "stdout")])
"""


def test_notebook_cells_get_their_tasks_output(start, tmp_path):
    folders = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("RUNTIME", "CONFIG")}
    script = start(NOTEBOOK, env={**os.environ, **folders, "IPYTHONDIR": str(tmp_path / "ipython")})
    status, out, err = script.end(100)
    assert status == 0, err
    assert out.splitlines() == [r"['0\n1\n2\n']", r"['second\nsubmitted\na\nb\n']"]


def test_every_try_is_heard(plan, capsys, tmp_path):
    def task(n):
        print("try of", n)
        if n == 1 and not (tmp_path / "tried").exists():
            (tmp_path / "tried").touch()
            raise OSError("once more")
        return n

    assert ab.map(task, range(3), retries=1) == [0, 1, 2]
    assert capsys.readouterr().out == "try of 0\ntry of 1\ntry of 1\ntry of 2\n"
