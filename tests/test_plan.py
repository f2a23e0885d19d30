"""`plan`: where it holds, what it takes, which workers it keeps, and how programs end."""

import contextvars
import os
import sys
import threading

import pytest

import abreast as ab
from abreast import machine, plans


def where(_=None):
    return os.getpid(), threading.get_ident()


def kind_of(_=None):
    process, thread = where()
    if process != int(os.environ["TEST_PARENT"]):
        return "process"
    return "main" if thread == threading.main_thread().ident else "thread"


@pytest.fixture(autouse=True)
def _parent(monkeypatch):
    monkeypatch.setenv("TEST_PARENT", str(os.getpid()))


def kind():
    return ab.map(kind_of, [0])[0]


def test_default(monkeypatch):
    for name in ("ABREAST_PLAN", "ABREAST_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    plans._process = None
    assert repr(ab.plan()) == f"plan('processes', workers={machine.cores()})"
    assert kind() == "process"


def test_names():
    for name, wanted in (("serial", "main"), ("threads", "thread"), ("processes", "process")):
        ab.plan(name)
        assert kind() == wanted
        assert ab.plan().levels[0].workers == (1 if name == "serial" else machine.cores())
    assert repr(ab.plan("serial")) == "plan('serial')"
    assert repr(ab.plan("threads:3")) == "plan('threads', workers=3)"
    assert repr(ab.plan("threads", workers=3, isolate=True)) == (
        "plan('threads', workers=3, isolate=True)"
    )


def test_a_statement_holds_until_the_next():
    ab.plan("serial")
    assert kind() == "main"
    seen = []
    thread = threading.Thread(target=lambda: seen.append(repr(ab.plan())))
    thread.start()
    thread.join()
    assert seen == ["plan('serial')"], "a statement is for the whole process"
    ab.plan("threads:2")
    assert kind() == "thread"


def test_with_holds_for_the_block():
    ab.plan("serial")
    with ab.plan("threads:2") as outer:
        assert repr(outer) == "plan('threads', workers=2)"
        assert kind() == "thread"
        with ab.plan("processes:1"):
            assert kind() == "process"
        assert kind() == "thread"
        with pytest.raises(KeyError), ab.plan("processes:1"):
            raise KeyError
        assert kind() == "thread"
    assert repr(ab.plan()) == "plan('serial')"
    assert kind() == "main"


def test_a_statement_inside_a_block_ends_with_it():
    ab.plan("serial")
    with ab.plan("threads:2"):
        ab.plan("processes:1")
        assert kind() == "process"
    assert kind() == "main"


def test_a_plan_is_kept_and_used_again():
    ab.plan("serial")
    kept = ab.plan("threads:2")
    ab.plan("processes:1")
    with kept:
        assert kind() == "thread"
    assert repr(ab.plan()) == "plan('processes', workers=1)"
    ab.plan(kept)
    assert kind() == "thread"
    assert ab.map(kind_of, [0], plan=ab.plan("serial")) == ["main"]


def test_a_plan_entered_twice():
    ab.plan("serial")
    kept = ab.plan("threads:2")
    ab.plan("serial")
    with kept:
        with kept:
            assert kind() == "thread"
        assert kind() == "thread"
    assert repr(ab.plan()) == "plan('serial')"


def test_a_block_is_of_its_context_alone():
    ab.plan("serial")
    seen = {}

    def look(name):
        seen[name] = repr(ab.plan())

    with ab.plan("threads:2"):
        context = contextvars.copy_context()
        thread = threading.Thread(target=look, args=("thread",))
        thread.start()
        thread.join()
        look("here")
    context.run(look, "context")
    assert seen == {
        "thread": "plan('serial')",
        "here": "plan('threads', workers=2)",
        "context": "plan('threads', workers=2)",
    }


def test_concurrent_blocks_do_not_meet():
    """Each thread keeps its own plan, and the process its own, however blocks overlap."""
    ab.plan("serial")
    wrong = []

    def work(name):
        for _ in range(3000):
            with ab.plan(name) as mine:
                if repr(ab.plan()) != repr(mine):
                    wrong.append((name, repr(ab.plan())))
            if repr(ab.plan()) != "plan('serial')":
                wrong.append((name, "after", repr(ab.plan())))

    names = ("threads:1", "threads:2", "processes:1", "processes:3")
    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert repr(ab.plan()) == "plan('serial')"
    assert not wrong, wrong[:3]


def test_the_argument_of_a_call():
    ab.plan("serial")
    assert ab.map(kind_of, [0], plan="threads:1") == ["thread"]
    assert list(ab.imap(kind_of, [0], plan="processes:1")) == ["process"]
    assert ab.options(plan="threads:1").submit(kind_of).result() == "thread"
    assert kind() == "main"


def levels(depth):
    here = kind_of()
    return [here] if depth == 0 else [here, *ab.map(levels, [depth - 1])[0]]


def test_nested_levels():
    assert ab.map(levels, [2], plan="processes:2") == [["process", "process", "process"]]
    with ab.plan(["threads:2", "serial"]):
        assert ab.map(levels, [1]) == [["thread", "thread"]]
    with ab.plan(["processes:1", "threads:2"]) as plan:
        assert repr(plan) == "plan('threads', workers=2) in plan('processes', workers=1)"
        pids = ab.map(lambda _: [ab.map(where, range(8)), where()], [0])[0]
        assert {pid for pid, _ in pids[0]} == {pids[1][0]}
        assert pids[1] not in pids[0], "the inner tasks ran on threads of their own"
    with ab.plan("threads:2,processes:1"):
        assert ab.map(levels, [1]) == [["thread", "process"]]


def test_below_the_last_level_all_is_serial(parallel):
    inner = ab.map(lambda _: (repr(ab.plan()), where(), ab.map(where, range(5))), range(4))
    for plan, here, below in inner:
        assert plan == "plan('serial')"
        assert set(below) == {here}


def test_workers_of_levels_share_the_cores():
    first, second = ab.plan(["processes", "threads"], workers=[2, 3]).levels
    assert (first.workers, second.workers) == (2, 3)
    assert first.inner == (second,)
    cores = machine.cores()
    assert ab.plan(["processes", "threads"], workers=[cores, 1]).levels[1].inner_threads == 1
    assert ab.plan("threads", workers=1).levels[0].inner_threads == cores
    assert ab.plan("threads", workers=64).levels[0].inner_threads == 1
    assert ab.plan("threads", workers=2, inner_threads=5).levels[0].inner_threads == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("thread",), r"plan\('thread'\): there is no such plan\n.*did you mean 'threads'\?"),
        (("",), r"there is no such plan"),
        (("processes:x",), r"plan\('processes:x'\): after the colon stands a number of workers"),
        (("processes:-1",), r"after the colon stands a number"),
        (("threads:0",), r"workers=0: a whole number from 1 to 1024"),
        (("threads:9999",), r"workers=9999: a whole number from 1 to 1024"),
        ((7,), r"plan\(7\): a plan is a name, 'processes:4', or a list of them"),
        (([],), r"a plan is a name"),
        ((["serial", 3],), r"a plan is a name"),
    ],
)
def test_bad_names(arguments, message):
    before = repr(ab.plan("serial"))
    with pytest.raises(ab.PlanError, match=message):
        ab.plan(*arguments)
    with pytest.raises(ValueError, match=message):
        ab.map(abs, [1], plan=arguments[0])
    assert repr(ab.plan()) == before


@pytest.mark.parametrize("workers", [0, -1, 1025, 1.5, "2", True])
def test_bad_counts(workers):
    with pytest.raises(ab.PlanError, match=r"workers=.*a whole number from 1 to 1024") as caught:
        ab.plan("threads", workers=workers)
    assert repr(workers) in str(caught.value)
    with pytest.raises(ab.PlanError, match="inner_threads="):
        ab.plan("threads", inner_threads=workers)


def test_bad_counts_of_levels():
    with pytest.raises(ab.PlanError, match="3 numbers of workers for 2 levels"):
        ab.plan(["threads", "serial"], workers=[1, 2, 3])
    with pytest.raises(ab.PlanError, match="several levels take several numbers"):
        ab.plan(["threads", "serial"], workers=2)


def test_workers_are_kept_and_used_again(parallel):
    first = set(ab.map(where, range(200)))
    with ab.plan("serial"):
        ab.map(where, [0])
    again = set(ab.map(where, range(200)))
    by_name = set(ab.map(where, range(200), plan=parallel))
    ab.map(where, [0], plan=parallel.replace("2", "1"))
    assert len(first | again | by_name | set(ab.map(where, range(200)))) <= 2


def test_no_more_workers_than_tasks():
    ab.plan("processes:8")
    ab.submit(where).result()
    backend = plans.backend(ab.plan().levels[0])
    assert len(backend.processes()) == 1


def test_shutdown_and_reuse(parallel):
    first = ab.map(where, range(50))
    ab.shutdown()
    ab.shutdown()
    second = ab.map(where, range(50))
    assert [ab.map(abs, [-x]) for x in range(3)] == [[0], [1], [2]]
    if parallel.startswith("processes"):
        assert not {pid for pid, _ in first} & {pid for pid, _ in second}


def test_shutdown_from_a_task_of_threads_does_not_hang():
    future = ab.options(plan="threads:2").submit(ab.shutdown, 0.1)
    # It ended the pool under itself: told as closed, or done first. And nothing hangs.
    assert isinstance(future.exception(10), (ab.PoolClosed, type(None)))
    assert ab.map(abs, [-1], plan="threads:2") == [1]


def test_isolate(parallel):
    spoiled = {"count": 0}

    def spoil(x):
        spoiled["count"] += 1
        x.append(1)
        return spoiled["count"] > 0

    given = [[] for _ in range(6)]
    with ab.plan(parallel, isolate=True):
        assert all(ab.map(spoil, given))
    assert given == [[]] * 6
    assert spoiled["count"] == 0
