"""Errors arrive as themselves, and the library's own say which task and why."""

import pickle
import random
import textwrap
import threading
import time
import traceback

import pytest

import abreast as ab


class Plain(Exception):
    pass


class Awkward(Exception):
    """Its `__init__` cannot be replayed from `args`."""

    def __init__(self, code, *, reason):
        super().__init__(f"{code}: {reason}")
        self.code, self.reason = code, reason


class HoldsALock(Exception):
    def __init__(self, message):
        super().__init__(message, threading.Lock())
        self.lock, self.number = threading.Lock(), 7


class Refuses(Exception):
    def __reduce__(self):
        raise RuntimeError("never")


class BadStr(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class Unreadable:
    """A value that can be pickled and not be read back."""

    def __reduce__(self):
        return int, ("not a number",)


class NoPickle:
    def __reduce__(self):
        raise TypeError("this one stays at home")


def call(make):
    raise make()


def deep(x):
    def inner(y):
        return 1 / y

    return inner(x - x)


def raised(function, *args):
    with pytest.raises(Exception) as caught:
        ab.map(function, *args)
    return caught.value


def test_the_class_arguments_and_attributes(plan):
    def fail(x):
        error = Plain("a", 2)
        error.extra = [x]
        raise error

    error = raised(fail, [5])
    assert type(error) is Plain
    assert error.args == ("a", 2)
    assert error.extra == [5]


def test_caught_by_its_class(plan):
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        ab.map(deep, [1])
    with pytest.raises(FileNotFoundError) as caught:
        ab.submit(open, "/does/not/exist").result()
    assert (caught.value.errno, caught.value.filename) == (2, "/does/not/exist")
    with pytest.raises(UnicodeDecodeError):
        ab.map(lambda data: data.decode(), [b"\xff"])
    with pytest.raises(SystemExit):
        ab.map(exit, [3])


def needs_a_generator(x, rng):
    return x


def needs_two(x, y):
    return x


def test_a_missing_argument_comes_with_what_to_write(plan):
    with pytest.raises(TypeError) as caught:
        ab.map(needs_a_generator, [1])
    assert caught.value.__notes__[-1] == "hint: with seed=1 each task gets its own generator as rng"
    with pytest.raises(TypeError) as caught:
        ab.map(needs_two, [(1, 2)])
    hint = "hint: one iterable for each parameter: map(function, xs, ys)"
    assert caught.value.__notes__[-1] == hint
    with pytest.raises(TypeError) as caught:
        ab.map(lambda x: needs_two(x), [1])
    assert "hint" not in str(caught.value.__notes__)


def refuse(x, bad):
    if x in bad:
        raise Plain(x)


def test_the_first_failure_when_several_threads_call(parallel):
    """Whoever pulls brings what arrived for all, at any moment between two steps of another."""
    wrong, end = [], time.monotonic() + 3

    def caller(seed):
        rng = random.Random(seed)
        while time.monotonic() < end:
            count = rng.randrange(3, 120)
            bad = frozenset(rng.sample(range(count), 3))
            try:
                ab.map(refuse, range(count), [bad] * count)
            except Plain as error:
                if error.args != (min(bad),):
                    wrong.append((error.args, bad))

    callers = [threading.Thread(target=caller, args=(seed,)) for seed in range(6)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    assert not wrong


def test_where_it_was_raised_can_be_read(plan):
    text = "".join(traceback.format_exception(raised(deep, [1])))
    assert "in inner" in text
    assert "return 1 / y" in text
    assert "test_errors.py" in text
    assert "abreast: raised by task 0 of map(deep)" in text


def test_the_remote_traceback_is_the_cause():
    error = raised(deep, [1]) if ab.plan("processes:2") else None
    assert type(error.__cause__).__name__ == "RemoteTraceback"
    assert "Traceback (most recent call last)" in str(error.__cause__)


def test_a_class_whose_init_cannot_be_replayed(plan):
    error = raised(call, [lambda: Awkward(404, reason="gone")])
    assert type(error) is Awkward
    assert (error.code, error.reason, str(error)) == (404, "gone", "404: gone")


def test_what_cannot_be_sent_of_an_exception_is_replaced():
    ab.plan("processes:2")
    error = raised(call, [lambda: HoldsALock("kept")])
    assert type(error) is HoldsALock
    assert error.args[0] == "kept"
    assert "lock" in error.args[1]
    assert error.number == 7


@pytest.mark.parametrize("name", ["processes:2", "serial", "threads:2"])
def test_an_exception_that_does_not_pickle_at_all(name):
    with ab.plan(name, isolate=True):
        error = raised(call, [lambda: Refuses("the message")])
    assert isinstance(error, (Refuses, ab.RemoteError))
    assert "the message" in str(error)
    assert "Refuses" in "".join(traceback.format_exception(error))


def test_an_exception_that_cannot_be_shown(plan):
    error = raised(call, [lambda: BadStr("x")])
    assert isinstance(error, (BadStr, ab.RemoteError))


def test_a_class_made_inside_the_task(plan):
    def fail(x):
        class Inner(ValueError):
            pass

        raise Inner("local")

    error = raised(fail, [1])
    assert isinstance(error, ValueError)
    assert type(error).__name__ == "Inner"


def test_cause_and_context(plan):
    def with_cause(x):
        try:
            {}["key"]
        except KeyError as reason:
            raise Plain("outer") from reason

    def with_context(x):
        try:
            {}["other"]
        except KeyError:
            raise Plain("second")  # noqa: B904

    text = "".join(traceback.format_exception(raised(with_cause, [1])))
    assert "KeyError: 'key'" in text
    assert "direct cause" in text
    text = "".join(traceback.format_exception(raised(with_context, [1])))
    assert "KeyError: 'other'" in text


def test_notes_and_groups(plan):
    def fail(x):
        error = ExceptionGroup("several", [ValueError(1), Plain(2)])
        error.add_note("from the task")
        raise error

    error = raised(fail, [1])
    assert [type(each) for each in error.exceptions] == [ValueError, Plain]
    assert error.__notes__[0] == "from the task"


def test_one_exception_object_raised_by_many_tasks(plan):
    shared = Plain("shared")

    def fail(x):
        raise shared

    errors = ab.map(fail, range(4), on_error="return")
    assert {str(error) for error in errors} == {"shared"}
    assert "abreast: raised by task 0 of map(" in errors[0].__notes__[0]


def test_raising_twice_adds_no_second_note(plan):
    future = ab.submit(call, Plain)
    for _ in range(3):
        with pytest.raises(Plain) as caught:
            future.result()
    assert len(caught.value.__notes__) == 1


def test_exceptions_of_main(run):
    text = """
    import abreast as ab, sys
    ab.plan("processes:2")
    class Mine(Exception):
        def __init__(self, code, *, why):
            super().__init__(code)
            self.why = why
    def fail(x):
        raise Mine(x, why="because")
    def local(x):
        class Local(Mine): pass
        raise Local(x, why="inner")
    for function in (fail, local):
        try:
            ab.map(function, [7])
        except Mine as error:
            print(type(error).__name__, error.args, error.why)
    """
    assert run(textwrap.dedent(text)) == "Mine (7,) because\nLocal (7,) inner\n"


def test_a_function_that_does_not_pickle():
    ab.plan("processes:2")
    lock = threading.Lock()

    def uses_lock(x):
        with lock:
            return x

    for attempt in (
        lambda: ab.map(uses_lock, [1]),
        lambda: list(ab.imap(uses_lock, [1])),
        lambda: ab.submit(uses_lock, 1),
    ):
        with pytest.raises(ab.TransferError, match="the function") as caught:
            attempt()
        assert "cannot be sent to another process" in str(caught.value)
        assert "lock" in str(caught.value)
        assert "hint:" in str(caught.value)
        assert caught.value.__cause__ is not None
    assert ab.map(abs, [-1]) == [1]


def test_an_argument_that_does_not_pickle():
    ab.plan("processes:2")
    items = [1, 2, NoPickle(), 4]
    with pytest.raises(ab.TransferError, match="the argument of task 2 cannot be sent") as caught:
        ab.map(repr, items)
    assert "this one stays at home" in str(caught.value)
    assert caught.value.index == 2
    with pytest.raises(ab.TransferError, match="argument"):
        ab.submit(repr, NoPickle())
    results = ab.map(repr, items, on_error="return")
    assert [results[0], results[1], results[3]] == ["1", "2", "4"]
    assert isinstance(results[2], ab.TransferError)


def test_the_first_of_several_arguments_that_do_not_pickle():
    ab.plan("processes:2")
    items = [NoPickle() if k in (700, 800) else k for k in range(1000)]
    with pytest.raises(ab.TransferError) as caught:
        ab.map(repr, items)
    assert caught.value.index == 700
    results = ab.map(repr, items, on_error="return")
    assert [k for k, x in enumerate(results) if isinstance(x, ab.TransferError)] == [700, 800]
    assert results[999] == "999"
    with pytest.raises(ab.TransferError) as caught:
        ab.map(repr, items, on_error="finish")
    assert caught.value.index == 700
    with pytest.raises(ZeroDivisionError):
        ab.map(lambda k: 1 / (k - 600), items)


def test_a_result_that_does_not_pickle():
    ab.plan("processes:2")
    with pytest.raises(ab.TransferError, match="the result of task 1 cannot be sent") as caught:
        ab.map(lambda k: NoPickle() if k == 1 else k, range(3))
    assert caught.value.index == 1
    assert "this one stays at home" in str(caught.value)
    with pytest.raises(ab.TransferError, match="the result"):
        ab.submit(threading.Lock).result()
    results = ab.map(lambda k: (x for x in ()) if k == 1 else k, range(3), on_error="return")
    assert results[::2] == [0, 2]


def test_an_argument_that_cannot_be_read_in_the_worker():
    ab.plan("processes:2")
    error = raised(repr, [1, Unreadable()])
    assert "invalid literal for int()" in "".join(traceback.format_exception(error))
    assert "raised by task 1 of map(repr)" in error.__notes__[0]
    assert ab.map(abs, [-1]) == [1]


def test_a_result_that_cannot_be_read_in_the_parent():
    ab.plan("processes:2")
    with pytest.raises(
        ab.TransferError, match="the result of task 1 cannot be read in the parent"
    ) as e:
        ab.map(lambda k: Unreadable() if k else k, range(2))
    assert e.value.index == 1
    assert isinstance(e.value.__cause__, ValueError)
    with pytest.raises(ab.TransferError, match="the result of task 0 cannot be read"):
        ab.submit(Unreadable).result()
    assert ab.map(abs, [-1]) == [1]


def test_isolation_answers_as_processes_do():
    """Contract: serial with copies is the oracle."""
    cases = [
        (lambda k: NoPickle() if k == 1 else k, range(3)),
        (repr, [1, NoPickle()]),
        (call, [lambda: Awkward(1, reason="x")]),
        (lambda k: 1 / k, [1, 0, 0]),
    ]
    for function, items in cases:
        found = []
        for name in ("serial", "threads:2", "processes:2"):
            with ab.plan(name, isolate=True):
                error = raised(function, items)
            found.append((type(error), str(error), error.__notes__))
        assert found[0] == found[1] == found[2]


def test_a_result_that_cannot_be_read_is_the_same_under_isolation():
    for name in ("serial", "threads:2", "processes:2"):
        with ab.plan(name, isolate=True), pytest.raises(ab.TransferError, match="cannot be read"):
            ab.map(lambda k: Unreadable(), [1])


def test_isolate_gives_copies():
    def spoil(items):
        items.append(0)
        return items

    for name in ("serial", "threads:2", "processes:2"):
        given = [[1], [2]]
        with ab.plan(name, isolate=True):
            got = ab.map(spoil, given)
        assert got == [[1, 0], [2, 0]]
        assert given == [[1], [2]]
        assert got[0] is not given[0]


def test_own_errors_can_be_caught_together():
    for name in (
        "LaunchError",
        "PlanError",
        "PoolClosed",
        "RemoteError",
        "TransferError",
        "WorkerLost",
    ):
        kind = getattr(ab, name)
        assert issubclass(kind, ab.AbreastError)
        error = kind("text")
        assert str(pickle.loads(pickle.dumps(error))) == "text"


def test_own_errors_travel_out_of_nested_calls():
    def outer(x):
        return ab.map(lambda y: NoPickle(), [1], plan="processes:1")

    with pytest.raises(ab.TransferError, match="the result of task 0") as caught:
        ab.map(outer, [1], plan="processes:1")
    assert caught.value.index == 0


def yields(x):
    yield x


async def awaits(x):
    return x


@pytest.mark.parametrize(
    ("function", "hint"), [(yields, r"list\(function\(x\)\)"), (awaits, r"asyncio\.run")]
)
@pytest.mark.parametrize("where", ["processes:1", "executor:process:1"])
@pytest.mark.filterwarnings("ignore:coroutine")
def test_functions_that_have_not_run_when_they_answer(where, function, hint):
    with ab.plan(where), pytest.raises(ab.TransferError, match=f"hint: .*{hint}"):
        ab.map(function, [1])
