"""Comparisons: what is timed, in which order, what is left out, and what the numbers say."""

import asyncio
import concurrent.futures
import gc
import io
import os
import signal
import threading
import time
from functools import partial

import numpy as np
import pytest

import abreast as ab
from abreast.comparison.agreement import agree
from abreast.comparison.arrival import arrive, is_late
from abreast.comparison.subject import SHORTEST

QUIET = {"seconds": 0.0, "repeats": 2, "progress": False}


def nothing(n):
    return None


# What is timed


def test_times_and_quantiles():
    def doze(n):
        time.sleep(n / 1000)

    found = ab.compare(doze, [5, 20], repeats=6, seconds=0.0, progress=False)
    assert [row.size for row in found.table] == [5, 20]
    for row in found.table:
        assert (row.label, row.plan, row.repeats, row.calls) == ("doze", "processes:2", 6, 1)
        assert len(row.times) == 6
        assert row.size / 1000 <= min(row.times) < row.size / 1000 + 5
        expected = np.quantile(row.times, [0.05, 0.5, 0.95])
        assert np.allclose([row.low, row.median, row.high], expected, rtol=1e-12)
    assert found.complete and found.sizes == [5, 20] and not found.omitted


def test_turns_rotate():
    calls = []
    labelled = {name: partial(lambda name, n: calls.append((name, n)), name) for name in "abc"}
    slow = {name: (lambda n, f=f: (f(n), time.sleep(6e-3))) for name, f in labelled.items()}
    ab.compare(slow, [1, 2], repeats=3, warmup=2, seconds=0, progress=False)
    order = "".join(name for name, n in calls if n == 2)
    assert order == "aabbcc" + "abc" + "bca" + "cab"
    assert len(calls) == 2 * len(order)


def test_quick_functions_are_called_in_a_row():
    found = ab.compare(nothing, [1], **QUIET)
    (row,) = found.table
    assert row.calls * row.median >= SHORTEST / 20  # noise may make calibration see a slow call
    assert row.calls > 1
    # More times fill the seconds, and no more than a turn has.
    (row,) = ab.compare(nothing, [1], repeats=2, seconds=1.0, progress=False).table
    assert 2 < row.repeats <= 100


def test_make_is_called_once_a_size_and_before_the_clock():
    made = []

    def make(n):
        time.sleep(0.05)
        made.append(n)
        return list(range(n)), "second"

    seen = []
    functions = {"a": lambda x, y: seen.append((len(x), y)), "b": lambda x, y: None}
    found = ab.compare(functions, [3, 4], make=make, **QUIET)
    assert made == [3, 4]
    assert set(seen) == {(3, "second"), (4, "second")}
    assert all(row.median < 0.05 for row in found.table)


def test_fresh_arguments():
    def is_fresh(values):
        assert values == [3, 1, 2]
        values.sort()

    found = ab.compare(is_fresh, [3], make=lambda n: [3, 1, 2], fresh=True, **QUIET)
    assert found.table[0].calls == 1
    with pytest.raises(AssertionError):
        ab.compare(is_fresh, [3], make=lambda n: [3, 1, 2], **QUIET)


def test_one_argument_that_is_no_tuple():
    ab.compare(lambda x: x.append(1), [1], make=lambda n: [], **QUIET)


def test_the_garbage_collector_is_off_while_timing():
    on = []
    assert gc.isenabled()
    ab.compare(lambda n: on.append(gc.isenabled()), [1], make=lambda n: gc.isenabled(), **QUIET)
    assert set(on) == {False} and gc.isenabled()
    gc.disable()
    try:
        ab.compare(nothing, [1], **QUIET)
        assert not gc.isenabled()
    finally:
        gc.enable()
    with pytest.raises(ZeroDivisionError):
        ab.compare(lambda n: 1 / 0, [1], **QUIET)
    assert gc.isenabled()


def test_warmup():
    calls = []

    def slowest_first(n):
        calls.append(n)
        time.sleep(0.3 if len(calls) == 1 else 0.001)

    found = ab.compare(slowest_first, [1], repeats=3, seconds=0, progress=False)
    assert len(calls) == 4 and found.table[0].repeats == 3
    assert max(found.table[0].times) < 0.3
    calls.clear()
    found = ab.compare(slowest_first, [1], repeats=3, warmup=0, seconds=0, progress=False)
    assert len(calls) == 3 and found.table[0].repeats == 3
    assert found.table[0].times[0] >= 0.3


# Values that are not there yet


class Device:
    """As an array of JAX: there at once, computed later."""

    def block_until_ready(self):
        time.sleep(0.03)
        return self


def late_values():
    def nap(n):
        time.sleep(0.03)
        return n

    pool = concurrent.futures.ThreadPoolExecutor(2)
    threads = ab.options(plan="threads:2")
    yield "executor", lambda n: pool.submit(nap, n)
    yield "submit", lambda n: threads.submit(nap, n)
    yield "list", lambda n: [None, threads.submit(nap, n)]
    yield "dict", lambda n: {"a": (1, pool.submit(nap, n))}
    yield "delayed", lambda n: ab.delayed(nap)(n)
    yield "delayed in a list", lambda n: [1, ab.delayed(nap)(n)]
    yield "future of a device", lambda n: pool.submit(Device)
    yield "device", lambda n: Device()
    yield "devices", lambda n: (Device(), 1)
    pool.shutdown()


@pytest.mark.parametrize("warmup", [0, 1])
def test_late_values_are_waited_for(warmup):
    with ab.plan("serial"):
        for name, function in late_values():
            found = ab.compare(function, [1], warmup=warmup, **QUIET)
            assert min(found.table[0].times) >= 0.029, name


def test_values_that_arrive():
    future = concurrent.futures.Future()
    future.set_result([7])
    assert arrive([1, (future, {"a": future}), "b"]) == [1, ([7], {"a": [7]}), "b"]
    circle = [1]
    circle.append(circle)
    assert not is_late(circle) and not is_late(np.arange(3)) and not is_late("abc")
    assert is_late({"a": [1, (2, future)]})


def test_own_wait():
    waited = []

    def wait(value):
        waited.append(value)
        time.sleep(0.02)

    found = ab.compare(lambda n: n, [3], wait=wait, **QUIET)
    assert set(waited) == {3} and min(found.table[0].times) >= 0.02


async def coroutine(n):
    return n


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (coroutine, r"awaitable \(coroutine\).*\nhint: .*asyncio.run\(f\(n\)\)"),
        (lambda n: (x for x in range(n)), r"iterator \(generator\).*\nhint: .*list\(f\(n\)\)"),
        (lambda n: map(abs, range(n)), r"iterator \(map\)"),
    ],
)
@pytest.mark.parametrize("warmup", [0, 1])
def test_what_is_only_begun_is_refused(function, message, warmup):
    with pytest.raises(TypeError, match=message) as caught:
        ab.compare({"f": function}, [3], warmup=warmup, **QUIET)
    assert caught.value.__notes__ == ["abreast: raised by 'f' at size 3 of compare"]
    ab.compare(lambda n: asyncio.run(coroutine(n)), [3], **QUIET)

    async def within():
        with pytest.raises(TypeError, match="in a script, for here a loop runs"):
            ab.compare(coroutine, [1], **QUIET)

    asyncio.run(within())
    ab.compare(lambda n: io.StringIO(), [3], **QUIET)


# Plans


def plan_and_squares(n):
    return repr(ab.plan()), ab.map(lambda x: x * x, range(n))


def test_plans():
    seen = []

    def check(one, other):
        seen.append((one[0], other[0]))
        return one[1] == other[1]

    plans = ["serial", "threads:2", ["processes:2", "threads:2"], ab.plan("processes:1")]
    ab.plan("threads:3")
    found = ab.compare(plan_and_squares, [1, 5], plans=plans, check=check, **QUIET)
    assert found.names == ["serial", "threads:2", "processes:2,threads:2", "processes:1"]
    assert [row.plan for row in found.table] == 2 * found.names
    assert {row.label for row in found.table} == {"plan_and_squares"}
    assert {first for first, _ in seen} == {"plan('serial')"}
    assert [second for _, second in seen[:3]] == [
        "plan('threads', workers=2)",
        "plan('threads', workers=2) in plan('processes', workers=2)",
        "plan('processes', workers=1)",
    ]
    assert repr(ab.plan()) == "plan('threads', workers=3)"


def test_functions_on_plans():
    found = ab.compare([len, sum], [1], make=range, plans=["serial", "threads:2"], **QUIET)
    assert found.names == [f"{f} on {p}" for f in ("len", "sum") for p in ("serial", "threads:2")]
    assert found.base == "len on serial"
    assert [(row.label, row.plan) for row in found.table][:2] == [
        ("len", "serial"),
        ("len", "threads:2"),
    ]


# What is left out


def test_limit():
    calls = []

    def slow(n):
        calls.append(n)
        time.sleep(min(n / 1000, 0.5))

    functions = {"slow": slow, "quick": nothing}
    found = ab.compare(functions, [10, 100, 100_000, 200_000], limit=2, **QUIET)
    assert set(calls) == {10, 100}
    assert [each[:3] for each in found.omitted] == [
        ("slow", found.table[0].plan, 100_000),
        ("slow", found.table[0].plan, 200_000),
    ]
    assert "expected, the limit is 2.00 s" in found.omitted[0].reason
    assert sorted(found.rows_of("slow")) == [10, 100]
    assert sorted(found.rows_of("quick")) == [10, 100, 100_000, 200_000]
    assert f"slow      left out: {found.omitted[0].reason}" in str(found)


def test_what_exceeds_the_limit_is_not_called_again():
    calls = []
    functions = {"slow": lambda n: (calls.append(n), time.sleep(0.6)), "quick": nothing}
    found = ab.compare(functions, [1, 2], repeats=3, limit=0.5, seconds=0, progress=False)
    assert calls == [1]
    assert found.rows_of("slow")[1].repeats == 1
    assert found.rows_of("quick")[2].repeats == 3


def test_budget():
    def nap(n):
        time.sleep(0.1)

    start = time.monotonic()
    sizes = list(range(1, 100))
    found = ab.compare({"a": nap, "b": nap}, sizes, repeats=3, budget=1.0, progress=False)
    assert time.monotonic() - start < 20
    assert found.complete
    assert found.rows_of("a")[1].repeats >= 1
    assert {each.size for each in found.omitted} >= set(range(20, 100))
    assert all("budget" in each.reason for each in found.omitted)


def test_growth_is_learned():
    from abreast.comparison.subject import Subject

    subject = Subject("f", "serial", "f", nothing, None, None)
    assert subject.expect(10) == 0
    subject.medians = [(10, 1.0)]
    assert subject.expect(100) == pytest.approx(10)
    subject.medians = [(1, 7.0), (10, 1.0), (100, 100.0)]
    assert subject.expect(1000) == pytest.approx(1e4)
    subject.medians = [(10, 1.0), (100, 0.5)]
    assert subject.expect(1000) == pytest.approx(0.5)


def test_errors_that_leave_out():
    def picky(n):
        if n > 5:
            raise MemoryError("too large\nsecond line")
        return n

    found = ab.compare([picky, nothing], [1, 6, 7], on_error="omit", **QUIET)
    assert [(each.label, each.size, each.reason) for each in found.omitted] == [
        ("picky", size, "raised at size 6: MemoryError: too large") for size in (6, 7)
    ]
    assert sorted(found.rows_of("nothing")) == [1, 6, 7]


def test_errors_name_function_and_size():
    with pytest.raises(ZeroDivisionError) as caught:
        ab.compare({"fine": nothing, "inverse": lambda n: 1 / (n - 1000)}, [10, 1000], **QUIET)
    assert caught.value.__notes__ == ["abreast: raised by 'inverse' at size 1,000 of compare"]
    with pytest.raises(ZeroDivisionError) as caught:
        ab.compare(nothing, [10], make=lambda n: 1 / 0, **QUIET)
    assert caught.value.__notes__ == ["abreast: raised by make(10) of compare"]


# Agreement


def test_check():
    def plain(n):
        return [0.1 * each for each in range(n)]

    def array(n):
        return 0.1 * np.arange(n)

    ab.compare([plain, array], [4], check=True, **QUIET)
    ab.compare([plain, array], [4], check=np.allclose, **QUIET)
    ab.compare([plain, array], [4], check=np.isclose, **QUIET)
    message = r"compare: at size 4, 'plain' and 'other' disagree: \[0.0, .*\] and 5\nhint: check="
    for check in (True, np.allclose):
        with pytest.raises(ValueError, match=message):
            ab.compare({"plain": plain, "other": lambda n: 5}, [4], check=check, **QUIET)
    # Of what comes later the value is compared.
    late = ab.options(plan="threads:2").submit
    ab.compare({"a": plain, "b": lambda n: late(plain, n)}, [4], check=True, **QUIET)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (True, 1, True),
        (1.0, 1 + 1e-7, True),
        (1.0, 1.1, False),
        (float("nan"), float("nan"), True),
        ("a", "a", True),
        ("a", "b", False),
        ([1, (2.0, {"a": 3})], (1, [2.0, {"a": 3}]), True),
        ({"a": 1}, {"b": 1}, False),
        ([1, 2], [1], False),
        (np.ones(3), [1, 1, 1], True),
        (np.ones(3), np.ones((3, 1)), False),
        (np.array([1, np.nan]), np.array([1, np.nan]), True),
        (np.array(["a", "b"]), np.array(["a", "c"]), False),
        (np.float32(0.1), 0.1, True),
        (1j, 1j, True),
        (None, None, True),
    ],
)
def test_agreement(one, other, same):
    assert agree(one, other) is same and agree(other, one) is same


# End to end


def test_known_sleeps():
    functions = {
        "grows": lambda n: time.sleep(n * 1e-3),
        "flat": lambda n: time.sleep(0.06),
    }
    found = ab.compare(functions, [1, 600], repeats=3, seconds=0, progress=False)
    crossover = found.crossovers()[0]
    assert crossover[:4] == ("flat", "grows", 600, 1)
    assert 3 < crossover.ratio < 12


def test_base():
    found = ab.compare([sum, max], [1, 2], make=range, base="max", **QUIET)
    assert found.base == "max" and "speed-up over max" in str(found)
    calls = []
    with pytest.raises(ValueError, match=r"base='min': nothing.*\nhint: here are: 'sum', 'append'"):
        ab.compare({"sum": sum, "append": calls.append}, [1], base="min", **QUIET)
    assert not calls
    with pytest.raises(ValueError, match="base='min'"):
        found.speedups("min")


# Ctrl-C, progress, wrong use, everywhere


def test_interrupt_keeps_what_there_is():
    def loop(n):
        if n == 3:
            timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            try:
                time.sleep(20)
            finally:
                timer.join()

    found = ab.compare({"f": loop}, [1, 2, 3, 4], **QUIET)
    assert not found.complete and found.sizes == [1, 2]
    assert "stopped by Ctrl-C" in str(found)
    assert gc.isenabled()

    def never(n):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ab.compare(never, [1], **QUIET)


@pytest.mark.parametrize(
    "settings", [{}, {"limit": 1e-3}, {"budget": 0.05}, {"on_error": "omit"}, {"warmup": 0}]
)
def test_progress(settings):
    told = []

    def varied(n):
        time.sleep(n / 1000)
        if n == 5 and settings.get("on_error"):
            raise ValueError

    ab.compare(
        {"varied": varied, "quick": nothing},
        [1, 5, 10],
        repeats=3,
        seconds=0,
        progress=lambda done, total: told.append((done, total)),
        **settings,
    )
    done = [each for each, _ in told]
    assert {total for _, total in told} == {18}
    assert done == sorted(done) and done[-1] == 18


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "message"),
    [
        (([], [1]), {}, ValueError, r"no functions were given\nhint: compare\(\[f, g\]"),
        (({}, [1]), {}, ValueError, "no functions"),
        ((3, [1]), {}, TypeError, "functions=3: a function, a list of them, or a dict"),
        (([abs, 3], [1]), {}, TypeError, "3 is to be a function.*\nhint: .*without parentheses"),
        (({1: abs}, [1]), {}, TypeError, "the label 1 is to be a string"),
        (([abs, abs], [1]), {}, ValueError, "two functions are called 'abs'\nhint: a dict"),
        ((abs, 5), {}, TypeError, r"sizes=5: several whole numbers\nhint: \[10, 100"),
        ((abs, "12"), {}, TypeError, "sizes='12'"),
        ((abs, []), {}, ValueError, "sizes is empty"),
        ((abs, [1, 1]), {}, ValueError, r"1 follows 1 among the sizes.*\nhint: sorted"),
        ((abs, [2000, 10]), {}, ValueError, "10 follows 2,000"),
        ((abs, [-1]), {}, ValueError, "-1 among the sizes: at least 1"),
        ((abs, [0, 1]), {}, ValueError, "0 among the sizes"),
        ((abs, [1.5]), {}, TypeError, r"1.5 among the sizes: whole.*\nhint: .*astype\(int\)"),
        ((abs, [True]), {}, TypeError, "True among the sizes"),
        ((abs, ["a"]), {}, TypeError, "'a' among the sizes"),
        ((abs, [1]), {"repeats": 0}, ValueError, "repeats=0: a whole number, at least 1"),
        ((abs, [1]), {"repeats": 2.5}, ValueError, "repeats=2.5"),
        ((abs, [1]), {"warmup": -1}, ValueError, "warmup=-1: a whole number, at least 0"),
        ((abs, [1]), {"seconds": -1}, ValueError, "seconds=-1: a number of seconds, at least 0"),
        ((abs, [1]), {"limit": 0}, ValueError, "limit=0: a number of seconds, more than 0"),
        ((abs, [1]), {"budget": float("nan")}, ValueError, "budget=nan"),
        ((abs, [1]), {"on_error": "skip"}, ValueError, "on_error='skip': one of 'raise', 'omit'"),
        ((abs, [1]), {"make": 3}, TypeError, "make=3: a function"),
        ((abs, [1]), {"check": "yes"}, TypeError, "check='yes'"),
        ((abs, [1]), {"plans": []}, TypeError, r"plans=\[\]: a list of plans\nhint"),
        ((abs, [1]), {"plans": ["fibers"]}, ab.PlanError, "there is no such plan"),
        ((abs, [1]), {"plans": ["serial", "serial"]}, ValueError, "plans has 'serial' twice"),
        ((abs, [1]), {"progress": 7}, ValueError, "progress=7"),
    ],
)
def test_wrong_use(arguments, settings, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        ab.compare(*arguments, **settings)


def test_sizes_of_numpy():
    found = ab.compare(abs, np.logspace(0, 2, 3), **QUIET)
    assert found.sizes == [1, 10, 100] and type(found.sizes[0]) is int
    assert ab.compare(abs, np.array([1, 2]), **QUIET).sizes == [1, 2]
    assert ab.compare(abs, range(1, 3), **QUIET).sizes == [1, 2]


def test_from_the_command_line(start):
    import sys

    text = (
        "import abreast as ab; f = lambda n: ab.map(lambda x: x + 1, range(n)); "
        "print(ab.compare(f, [1, 10], plans=['serial', 'processes:2'], check=True, seconds=0.02))"
    )
    script = start("", command=[sys.executable, "-W", "error", "-c", text])
    status, out, err = script.end(60)
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split()[1] == "plan" and "processes:2" in out


NOTEBOOK = """
import nbformat
from nbclient import NotebookClient

cells = [
    "%matplotlib inline\\n"
    "import abreast as ab\\n"
    "def f(n): return ab.map(lambda x: x + 1, range(n))\\n"
    "found = ab.compare(f, [1, 10], plans=['serial', 'processes:2'], seconds=0.02, progress=False)",
    "found",
    "found.plot();",
]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
client = NotebookClient(notebook, timeout=60, kernel_name="python3")
client.execute()
for cell in notebook.cells:
    print([sorted(output.get("data", {})) for output in cell.outputs])
print(notebook.cells[1].outputs[0].data["text/html"][:10])
"""


def test_notebook(start, tmp_path):
    folders = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("RUNTIME", "CONFIG")}
    script = start(NOTEBOOK, env={**os.environ, **folders, "IPYTHONDIR": str(tmp_path / "ipython")})
    status, out, err = script.end(100)
    assert status == 0, err
    assert out.splitlines() == [
        "[]", "[['text/html', 'text/plain']]", "[['image/png', 'text/plain']]", '<img alt="',
    ]  # fmt: skip
