"""Ctrl-C: each program says when its tasks run, is interrupted, and must answer at once."""

import textwrap
import time

import pytest

INTERRUPTED = """
import sys, time, itertools, pathlib
import numpy as np
import abreast as ab

def busy_python(x):
    while True:
        x += 1

def busy_sum(x):
    sum(range(10**11))

def busy_sort(x):
    data = np.random.default_rng(0).random(200_000)
    while True:
        np.sort(data)

def one_long_call(x):
    np.sort(np.random.default_rng(0).random(60_000_000))
    time.sleep(20)

def stubborn(x):
    while True:
        try:
            time.sleep(20)
        except KeyboardInterrupt:
            pass

def sleep(x):
    time.sleep(20)

def slow(x):
    time.sleep(0.2)
    return x

def two_seconds(x):
    time.sleep(2)

def mark(function, x):
    pathlib.Path(f"started-{x}").touch()
    return function(x)

def ways(way, function):
    from functools import partial
    f = partial(mark, function)
    if way == "map":
        ab.map(f, range(4))
    elif way == "finish":
        ab.map(f, range(4), on_error="finish")
    elif way == "progress":
        ab.map(f, range(4), progress="always")
    elif way == "imap":
        for _ in ab.imap(f, itertools.count()):
            pass
    elif way == "result":
        futures = [ab.submit(f, x) for x in range(3)]
        futures[2].result()
    elif way == "wait":
        ab.wait([ab.submit(f, x) for x in range(3)])

ab.plan(sys.argv[1])
ab.map(abs, range(-9, 0))
function = globals()[sys.argv[3]]
try:
    ways(sys.argv[2], function)
except KeyboardInterrupt:
    print("interrupted", flush=True)
if len(sys.argv) > 4:
    sys.exit(9)
ab.shutdown(0.1) if sys.argv[2] in ("result", "wait") else None
started = time.monotonic()
assert ab.map(abs, range(-9, 0)) == list(range(9, 0, -1))
assert ab.submit(abs, -3).result() == 3
print("usable", time.monotonic() - started, flush=True)
"""


def interrupt(start, folder, *arguments):
    """Run, interrupt once tasks run; answer the seconds to the answer, and the script."""
    script = start(INTERRUPTED, *arguments)
    deadline = time.monotonic() + 20
    while not list(folder.glob("started-*")):
        assert time.monotonic() < deadline and script.process.poll() is None, script.end(1)
        time.sleep(0.01)
    time.sleep(0.4)
    started = time.monotonic()
    script.interrupt()
    line = script.line()
    assert line == "interrupted", (line, script.end(20))
    return time.monotonic() - started, script


@pytest.mark.parametrize(
    ("way", "function"),
    [
        ("map", "sleep"),
        ("map", "busy_python"),
        ("map", "busy_sum"),
        ("map", "busy_sort"),
        ("map", "one_long_call"),
        ("map", "stubborn"),
        ("finish", "sleep"),
        ("imap", "slow"),
        ("imap", "sleep"),
        ("imap", "busy_sum"),
        ("result", "sleep"),
        ("result", "busy_sum"),
        ("wait", "sleep"),
    ],
)
def test_interrupt_processes(start, tmp_path, way, function):
    seconds, script = interrupt(start, tmp_path, "processes:2", way, function)
    status, out, err = script.end(20)
    assert seconds < 1.2, f"{seconds} s from Ctrl-C to KeyboardInterrupt"
    assert status == 0, err
    assert out.startswith("usable")
    assert float(out.split()[1]) < 2
    assert "Traceback" not in err, err


def test_interrupt_with_a_progress_bar(start, tmp_path):
    seconds, script = interrupt(start, tmp_path, "processes:2", "progress", "sleep")
    assert script.end(20)[0] == 0
    assert seconds < 1.2


@pytest.mark.parametrize(
    ("way", "function"),
    [("map", "busy_python"), ("map", "sleep"), ("imap", "slow"), ("result", "two_seconds")],
)
def test_interrupt_threads(start, tmp_path, way, function):
    seconds, script = interrupt(start, tmp_path, "threads:2", way, function)
    assert seconds < 1.2
    assert script.end(30)[0] == 0


def test_interrupt_serial(start, tmp_path):
    seconds, script = interrupt(start, tmp_path, "serial", "map", "busy_python")
    assert script.end(20)[0] == 0
    assert seconds < 1.2


@pytest.mark.parametrize("name", ["threads:2", "processes:2"])
@pytest.mark.parametrize("way", ["map", "imap", "result"])
def test_after_an_interrupt_the_program_ends_promptly(start, tmp_path, name, way):
    function = {"map": "busy_python", "imap": "slow", "result": "sleep"}[way]
    _, script = interrupt(start, tmp_path, name, way, function, "end")
    started = time.monotonic()
    if way == "result":
        time.sleep(0.2)
        script.interrupt()  # What was submitted goes on; a second Ctrl-C cuts that short.
    status, _, _ = script.end(20)
    assert time.monotonic() - started < 3
    assert status != 0


def test_ending_with_a_thread_stuck_in_compiled_code(start, tmp_path):
    """A thread that sleeps cannot be stopped; the program need not wait for it."""
    _, script = interrupt(start, tmp_path, "threads:2", "map", "sleep", "end")
    started = time.monotonic()
    status, _, _ = script.end(20)
    assert status == 9
    assert time.monotonic() - started < 5


def test_interrupt_at_any_time(start, tmp_path):
    """Many interrupts at odd moments of small maps: always KeyboardInterrupt or right results."""
    text = """
    import os, signal, threading, time
    import abreast as ab
    ab.plan("processes:2")
    main, rounds, seen = threading.main_thread().ident, 0, 0
    in_a_row = 0  # interrupts since a map came to its end: a busy machine gets longer pauses
    stop = threading.Event()
    def tease():
        while not stop.wait(0.013 * (1 + in_a_row)):
            signal.pthread_kill(main, signal.SIGINT)
    items = list(range(-2000, 0))
    wanted = [-x for x in items]
    armed = False
    def handler(number, frame):
        global armed
        if armed:
            armed = False
            raise KeyboardInterrupt
    signal.signal(signal.SIGINT, handler)
    thread = threading.Thread(target=tease)
    thread.start()
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < 5 or (min(rounds, seen) <= 5 and passed < 40):
        try:
            armed = True
            got = ab.map(abs, items)
            armed = False
            assert got == wanted
            rounds, in_a_row = rounds + 1, 0
        except KeyboardInterrupt:
            seen, in_a_row = seen + 1, in_a_row + 1
    stop.set()
    thread.join()
    armed = False
    assert ab.map(abs, items) == wanted
    assert rounds > 5 and seen > 5, (rounds, seen)
    """
    status, _, err = start(textwrap.dedent(text)).end(60)
    assert status == 0, err


def test_an_import_in_a_worker_is_not_cut_in_half(start, tmp_path):
    (tmp_path / "slow.py").write_text(
        "import os, time\n"
        "os.write(1, b'begun\\n')\n"
        "for _ in range(20): time.sleep(0.01)\n"
        "os.write(1, b'done\\n')\n"
        "def twice(x): return 2 * x\n"
    )
    text = """
import time
import abreast as ab
ab.plan("processes:1")
def task(x):
    import slow
    time.sleep(20)
try:
    ab.map(task, [1])
except KeyboardInterrupt:
    print("interrupted", flush=True)
def again(x):
    import slow
    return slow.twice(x)
assert ab.map(again, [1, 2]) == [2, 4]
print("over", flush=True)
"""
    script = start(text)
    assert script.line() == "begun"
    script.interrupt()
    assert [script.line() for _ in range(3)] == ["done", "interrupted", "over"]
    assert script.end(10) == (0, "", "")
