"""Whole programs: variables that set the plan, forks, and every way to end."""

import os
import textwrap
import time

import pytest


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({"ABREAST_PLAN": "serial"}, "plan('serial')"),
        ({"ABREAST_PLAN": "threads:3"}, "plan('threads', workers=3)"),
        ({"ABREAST_PLAN": "threads", "ABREAST_WORKERS": "5"}, "plan('threads', workers=5)"),
        ({"ABREAST_WORKERS": "5"}, "plan('processes', workers=5)"),
        (
            {"ABREAST_PLAN": "processes:2, threads:2"},
            "plan('threads', workers=2) in plan('processes', workers=2)",
        ),
    ],
)
def test_variables(run, variables, shown):
    text = "import abreast as ab\nprint(ab.plan())\nassert ab.map(abs, [-1]) == [1]"
    assert run(text, env={**os.environ, **variables}) == shown + "\n"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"ABREAST_PLAN": "fibers"}, "PlanError: the variable ABREAST_PLAN: plan('fibers')"),
        ({"ABREAST_WORKERS": "two"}, "PlanError: the variable ABREAST_WORKERS='two': not a"),
        ({"ABREAST_WORKERS": "0"}, "PlanError: the variable ABREAST_WORKERS='0': not a number"),
    ],
)
def test_bad_variables(start, variables, message):
    script = start("import abreast as ab\nab.map(abs, [1])", env={**os.environ, **variables})
    status, _, err = script.end(30)
    assert status == 1
    assert message in err


def test_variables_do_not_multiply_in_workers(run):
    text = "import abreast as ab\nprint(ab.map(lambda _: repr(ab.plan()), [1]))"
    environment = {**os.environ, "ABREAST_PLAN": "processes:2", "ABREAST_WORKERS": "2"}
    assert run(text, env=environment) == "[\"plan('serial')\"]\n"


FORK = """
import os, sys, time, threading
import abreast as ab
ab.plan(sys.argv[1])
assert ab.map(abs, range(-20, 0)) == list(range(20, 0, -1))
running = ab.submit(time.sleep, 0.3)
child = os.fork()
if child == 0:
    assert ab.map(abs, [-1, -2, -3]) == [1, 2, 3]
    assert ab.submit(abs, -4).result(20) == 4
    if sys.argv[2] == "open":
        sys.exit(7)
    ab.shutdown()
    sys.exit(7)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 7, status
assert running.result(20) is None
assert ab.map(abs, [-5]) == [5]
"""


@pytest.mark.parametrize("name", ["serial", "threads:2", "processes:2"])
@pytest.mark.parametrize("ending", ["open", "shutdown"])
def test_a_forked_child(run, name, ending):
    run(FORK, name, ending, timeout=30)


def test_many_forks_while_tasks_run(run):
    text = """
    import os, threading, time
    import abreast as ab
    ab.plan("processes:2")
    # A fork while another thread imports `logging` breaks in the standard library: import first.
    ab.map(abs, [1])
    stop = False
    def work():
        while not stop:
            assert ab.map(abs, range(-300, 0)) == list(range(300, 0, -1))
    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(40):
        child = os.fork()
        if child == 0:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    stop = True
    thread.join(20)
    assert not thread.is_alive()
    """
    run(textwrap.dedent(text), timeout=60)


def test_a_forked_child_by_multiprocessing(run):
    text = """
    import multiprocessing, warnings
    import abreast as ab
    warnings.simplefilter("ignore")
    ab.plan("processes:2")
    ab.map(abs, [1])
    def work(queue):
        queue.put(ab.map(abs, [-1, -2]))
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=work, args=(queue,))
    process.start()
    assert queue.get(timeout=20) == [1, 2]
    process.join(20)
    assert process.exitcode == 0, process.exitcode
    """
    run(textwrap.dedent(text), timeout=60)


EXIT = """
import sys, time, threading, pathlib
import abreast as ab
ab.plan(sys.argv[1])
def touch(k):
    time.sleep(0.05)
    pathlib.Path(f"ran-{k}").touch()
kept = [ab.submit(touch, k) for k in range(8)]
print("submitted", flush=True)
"""


def test_the_program_waits_for_what_it_submitted(run, parallel, tmp_path):
    assert run(EXIT, parallel) == "submitted\n"
    assert len(list(tmp_path.glob("ran-*"))) == 8


def test_the_program_ends_at_once_when_streams_or_failures_left_work(start, parallel):
    text = """
    import itertools, sys, time
    import abreast as ab
    ab.plan(sys.argv[1])
    stream = ab.imap(lambda x: x, itertools.count())
    next(stream)
    def fail(x):
        if x == 0:
            raise ValueError
        time.sleep(0.02)
    try:
        ab.map(fail, range(100_000))
    except ValueError:
        pass
    print("end", flush=True)
    """
    started = time.monotonic()
    status, out, err = start(textwrap.dedent(text), parallel).end(30)
    assert (status, out, err) == (0, "end\n", "")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("ending", ["sys.exit(4)", "raise SystemExit(4)", "os._exit(4)"])
def test_other_ways_to_end_a_program(start, parallel, ending):
    text = f"""
    import os, sys, time
    import abreast as ab
    ab.plan(sys.argv[1])
    ab.map(abs, range(100))
    future = ab.submit(time.sleep, 0.2)
    {ending}
    """
    status, _, err = start(textwrap.dedent(text), parallel).end(30)
    assert (status, err) == (4, "")


def test_a_program_that_fails(start, parallel):
    text = "import abreast as ab, sys\nab.plan(sys.argv[1])\nab.map(lambda x: 1 / x, [0])"
    status, _, err = start(text, parallel).end(30)
    assert status == 1
    assert "ZeroDivisionError" in err
    assert "Exception ignored" not in err and "atexit" not in err


def test_output_of_tasks_is_not_lost(run):
    text = """
    import abreast as ab, sys
    ab.plan("processes:1")
    def speak(x):
        print("said", x)
    ab.map(speak, range(3))
    """
    assert run(textwrap.dedent(text)) == "said 0\nsaid 1\nsaid 2\n"
