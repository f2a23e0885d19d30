"""Large memory: the same values everywhere, by value always, and copied once."""

import dataclasses
import functools
import gc
import pickle
import random
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

import abreast as ab
from abreast import plans
from abreast.testing.compare import difference

COPYING = ("serial", "threads", "processes:1", "processes:2")
LARGE = 128 << 10
"""Bytes from which on memory is placed and not copied along."""
N = 40_000


class Shaped(np.ndarray):
    """A subclass with an attribute that its pickle drops."""


@dataclasses.dataclass(eq=False)
class Box:
    name: str
    data: object
    more: dict[str, object]


class Model:
    """An object with arrays as attributes, that can be called."""

    def __init__(self, weights):
        self.weights = weights

    def __call__(self, x):
        return self.weights * x


def identity(x):
    return x


def describe(x):
    """What a task sees: the value itself, and what a copy of an array would not show."""
    found = [x]
    for each in x if isinstance(x, (list, tuple)) else [x]:
        if isinstance(each, np.ndarray):
            flags = each.flags
            found.append((type(each).__name__, each.dtype.str, each.shape, each.strides))
            found.append((flags.c_contiguous, flags.f_contiguous, flags.writeable, flags.aligned))
    return found


def fill(x):
    """Write to all of an array; answer what it held."""
    held = float(x.flat[0]), float(x.flat[-1]), float(x.sum())
    x[...] = -1
    return held


def copying(plan):
    """A plan on which tasks get copies."""
    isolate = {} if plan.startswith("processes") else {"isolate": True}
    return ab.plan(plan, **isolate)


@pytest.fixture(params=COPYING)
def copies(request):
    """Every plan on which tasks get copies, in force."""
    copying(request.param)
    return request.param


@pytest.fixture
def processes():
    ab.plan("processes:2")


def used():
    gc.collect()
    return ab.report().used


def read_only(array):
    array.flags.writeable = False
    return array


def arrays():
    """Arrays of every kind, large and small, by name."""
    base = np.arange(4 * N, dtype="f8").reshape(400, -1)
    found = {
        "c order": base,
        "fortran order": np.asfortranarray(base),
        "transposed": base.T,
        "three axes": base.reshape(20, 20, -1).transpose(1, 0, 2),
        "every second": base[::2, ::2],
        "rows": base[100:300],
        "columns": base[:, 7:],
        "backwards": base[::-1],
        "flat backwards": base.ravel()[::-1],
        "broadcast": np.broadcast_to(base[0], (300, base.shape[1])),
        "read only": read_only(base.copy()),
        "read only fortran": read_only(np.asfortranarray(base)),
        "no elements": np.empty((0, 1 << 20)),
        "no axes": np.array(2.5),
        "unaligned": np.frombuffer(bytes(8 * N + 1), "u1")[1:].view("f8"),
        "bool": base > 1000,
        "complex": base + 1j * base,
        "int8": base.astype("i1"),
        "half": np.linspace(0, 9, 10 * N).astype("f2"),
        "foreign": base.astype(">f8"),
        "foreign ints": np.arange(N, dtype=">i4"),
        "dates": np.arange(N).astype("M8[s]"),
        "spans": np.arange(N).astype("m8[ns]"),
        "text": np.arange(N).astype("U6"),
        "byte text": np.arange(N).astype("S9"),
        "structured": np.zeros(N, dtype=[("a", ">i2"), ("b", "f8", (2,)), ("c", "S3")]),
        "record": np.zeros(N, dtype=[("a", "i4"), ("b", "f8")]).view(np.recarray),
        "void": np.zeros(N, "V7"),
        "objects": np.array([None, "x", [1, 2], 3.5] * 50, dtype=object),
        "masked": np.ma.masked_greater(base, 1000.0),
        "matrix": base.view(Shaped),
        "structure with objects": np.array([(1, "x")] * N, dtype=[("a", "i4"), ("b", object)]),
        "nan and zero": np.array([np.nan, -0.0, np.inf] * N),
    }
    for offset in (-4097, -4096, -4095, -8, -1, 0, 1, 4095, 4096, 8192):
        found[f"128 KiB {offset:+}"] = np.arange(LARGE + offset).astype("u1")
    return found


ARRAYS = arrays()


@pytest.mark.parametrize("where", COPYING[1:])
def test_arrays_are_what_they_are_on_serial(where):
    items = list(ARRAYS.values())
    copying("serial")
    expected = ab.map(describe, items)
    copying(where)
    for source in (items, iter(items)):
        got = ab.map(describe, source)
        for name, one, other in zip(ARRAYS, expected, got, strict=True):
            assert not difference(one, other, name), difference(one, other, name)
    shared = [ab.share(item) for item in items]
    for name, one, item in zip(ARRAYS, items, shared, strict=True):
        assert not difference(one, item, name) or not one.flags.writeable, name
    for name, one, other in zip(ARRAYS, expected, ab.map(describe, shared), strict=True):
        assert not difference(one[0], other[0], name) or name == "read only", name
    del shared


def test_arrays_are_what_a_pickle_makes_of_them(copies):
    """Against the pickle itself, so that no plan is the judge of all others."""
    for (name, item), got in zip(ARRAYS.items(), ab.map(identity, ARRAYS.values()), strict=True):
        copy = pickle.loads(pickle.dumps(item, protocol=5))
        assert type(got) is type(copy), name
        assert (got.dtype, got.shape) == (copy.dtype, copy.shape), name
        assert got.flags.writeable == copy.flags.writeable, name
        assert got.flags.fnc == copy.flags.fnc, name
        if not item.dtype.hasobject:
            assert got.tobytes() == item.tobytes(), name
        if isinstance(item, np.ma.MaskedArray):
            assert (got.mask == item.mask).all()


def test_a_mapped_file(copies, tmp_path):
    path = tmp_path / "data"
    np.arange(N, dtype="f8").tofile(path)
    for mode in ("r", "r+", "c"):
        data = np.memmap(path, "f8", mode)
        (got,) = ab.map(identity, [data])
        assert np.array_equal(got, np.arange(N))
        assert ab.map(lambda x: float(x.sum()), [data, data[5:]])[1] == N * (N - 1) / 2 - 10
    assert np.array_equal(np.fromfile(path), np.arange(N))


@pytest.mark.parametrize("size", [0, 1, LARGE - 1, LARGE, LARGE + 1, LARGE + 4095, 3_000_001])
def test_bytes(copies, size):
    data = random.Random(size).randbytes(size)
    items = [
        data,
        bytearray(data),
        memoryview(data).tobytes(),
        (data, 1, (data,)),
        [data],
        {1: data},
    ]
    for item, got in zip(items, ab.map(identity, items), strict=True):
        assert type(got) is type(item)
        assert got == item


def test_whatever_holds_arrays(copies):
    x = np.arange(N, dtype="f8")

    def default(y, scale=x):
        return y * scale

    def closure(y):
        return (x * y).sum()

    items = [
        [x, [x + 1, (x + 2,)]],
        {"a": x, "b": {"c": x}},
        Box("box", x, {"x": x[5:], "y": "text" * N}),
        Model(x),
        functools.partial(np.add, x),
    ]
    for item, got in zip(items[:3], ab.map(identity, items), strict=False):
        assert not difference(item, got)
    assert ab.map(lambda f, y: f(y).sum(), items[3:], [2.0, 2.0]) == [2 * x.sum(), (x + 2).sum()]
    assert ab.map(default, [2])[0].tolist() == (2 * x).tolist()
    assert ab.map(closure, [1, 2]) == [x.sum(), 2 * x.sum()]
    assert ab.map(Model(x), [3])[0].tolist() == (3 * x).tolist()
    assert ab.map(functools.partial(np.add, x), [1])[0].tolist() == (x + 1).tolist()
    assert ab.submit(closure, 1).result() == x.sum()
    assert ab.submit(default, 2).result().tolist() == (2 * x).tolist()
    assert ab.submit(np.dot, x, b=x).result() == x @ x


def test_one_object_stays_one(copies):
    x = np.arange(N, dtype="f8")

    def same(a, b):
        a[0] = 5.0
        return a is b, b[0]

    assert ab.map(same, [x], [x]) == [(True, 5.0)]
    assert ab.submit(same, x, x).result() == (True, 5.0)
    one, other = ab.map(lambda y: (y, y), [x])[0]
    assert one is other
    first, second = ab.map(identity, [x, x])
    assert first is not second
    first[0] = 7.0
    assert (x[0], second[0]) == (0.0, 0.0)


def test_data_frames_and_tables(copies):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": np.arange(N), "b": np.arange(N) / 2, "c": ["x", "y"] * (N // 2)})
    for item in (frame, frame["a"], frame[["a", "b"]].T, frame.index, frame.set_index("c")):
        (got,) = ab.map(identity, [item])
        assert got.equals(item)
    shared = ab.share(frame)
    assert shared.equals(frame)
    assert ab.map(lambda name: shared[name].max(), ["a", "b"]) == [N - 1, (N - 1) / 2]


def test_arrow(copies):
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table({"a": np.arange(N), "b": ["x", None] * (N // 2)})
    (got,) = ab.map(identity, [table])
    assert got.equals(table)


# By value: nobody sees what another wrote.


def test_what_a_task_writes_to_its_argument(copies):
    x = np.arange(N, dtype="f8")
    shared = ab.share(x)
    held = (0.0, N - 1.0, x.sum())
    for data in (x, shared, shared[:], x.reshape(200, -1), shared.reshape(200, -1)):
        assert ab.map(fill, [data] * 12) == [held] * 12
        assert ab.submit(fill, data).result() == held
        assert list(ab.imap(fill, [data] * 5)) == [held] * 5
    assert np.array_equal(x, np.arange(N))
    assert np.array_equal(shared, np.arange(N))
    assert ab.map(fill, [shared[100:-100]] * 3) == [(100.0, N - 101.0, x[100:-100].sum())] * 3


@pytest.mark.parametrize("draws", [False, True], ids=["", "watched"])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_task_writes_to_what_it_captured(workers, draws):
    if draws:  # From then on the first tasks of a job are watched for shared streams.
        np.random.seed(1)
        np.random.random()
    ab.plan("processes", workers=workers)
    x, shared = np.zeros(N), ab.share(np.zeros(N))

    def task(y, kept=x):
        seen = float(x.sum()), float(shared.sum()), float(kept.sum())
        x[y % N] = shared[-1] = kept[0] = 1 + y
        return seen

    for items in (range(20), iter(range(20))):
        assert ab.map(task, items) == [(0, 0, 0)] * 20
    assert [ab.submit(task, 1).result() for _ in range(5)] == [(0, 0, 0)] * 5
    assert not x.any()
    assert not shared.any()


def test_the_caller_changes_an_array_right_after_submit(processes):
    rng = np.random.default_rng(1)
    x, futures, expected = np.zeros(N), [], []
    for _ in range(150):
        futures.append(ab.submit(np.sum, x))
        expected.append(x.sum())
        x[rng.integers(0, N, rng.integers(1, 4))] += 1.0
    assert ab.gather(futures) == expected


def test_one_buffer_given_again_and_again(copies):
    x = np.zeros(N)

    def again():
        for k in range(40):
            x[...] = k
            yield x

    expected = [float(k * N) for k in range(40)]
    assert ab.map(np.sum, again()) == expected
    assert list(ab.imap(np.sum, again())) == expected
    assert [found.sum() for found in ab.map(identity, again())] == expected


def test_a_result_that_is_written_and_passed_on(processes):
    (result,) = ab.map(np.zeros, [N])
    assert ab.map(np.sum, [result]) == [0]
    for place in (0, N // 2, N - 1):
        result[place] = 1.0
        assert ab.map(np.sum, [result, result[: place + 1], result[place:]])[0] == result.sum()
        assert ab.submit(np.sum, result[place:]).result() == 1.0
    assert ab.map(np.sum, [result]) == [3.0]


def test_a_shared_array_that_is_written(processes):
    shared = ab.share(np.zeros(N))
    for k in range(1, 6):
        shared[k] = 1.0
        assert ab.map(np.sum, [shared] * 4) == [k] * 4
        assert ab.map(lambda _, x=shared: x.sum(), range(2)) == [k] * 2
    # Parts of which nothing was written are still what is shared.
    assert ab.map(np.sum, [shared[N // 2 :], shared[::2], shared[::-1]]) == [0, 2, 5]


def keep(x):
    """Have the argument stay after the task."""
    kept = keep.__dict__.setdefault("arrays", [])
    kept.append(x)
    return [float(each[0]) for each in kept], [float(each.sum()) for each in kept]


def test_what_a_task_keeps_stays_as_it_was():
    ab.plan("processes:1")
    seen = []
    for k in range(12):
        seen.append(float(k))
        x = np.full(N, float(k))
        assert ab.map(keep, [x]) == [(seen, [N * each for each in seen])]
        del x
        # The same size again and again: the memory would be used again if nobody had it.
        for _ in range(5):
            ab.map(np.sum, [np.full(N, -1.0), np.full(N, -2.0)])
    shared = ab.share(np.full(N, 50.0))
    ab.map(keep, [shared])
    del shared
    gc.collect()
    others = [ab.share(np.full(N, -3.0)) for _ in range(10)]
    assert ab.map(keep, [others[0]])[0][0] == [*seen, 50.0, -3.0]
    del others


def test_tasks_that_return_what_they_were_given(copies):
    x = np.arange(N, dtype="f8")
    shared = ab.share(x)
    for data in (x, shared):
        for function in (
            identity,
            lambda y: y[:],
            lambda y: y[10:],
            lambda y: y[::-1],
            lambda _, data=data: data,
            lambda _, data=data: data[5:],
        ):
            for got in ab.map(function, [data] * 3):
                assert np.array_equal(got, function(data))
                got[...] = -1
    assert np.array_equal(x, np.arange(N))
    assert np.array_equal(shared, np.arange(N))


def test_results_are_independent_of_each_other_and_of_later_tasks(processes):
    results = []
    for k in range(30):
        results += ab.map(np.full, [N] * 3, [float(k)] * 3)
        del results[k % len(results)]
    assert len({each.ctypes.data for each in results}) == len(results)
    assert {each.min() == each.max() for each in results} == {True}


def test_random_use():
    """Arrays made, passed, written, kept and dropped at random, compared with copies of them."""
    rng = random.Random(1)
    ab.plan("processes:2")
    live: list[tuple[np.ndarray, np.ndarray]] = []
    actions = ["make", "share", "result", "write", "pass", "pass", "drop", "slice", "capture"]
    for step in range(250):
        action = rng.choice(actions)
        if action in ("make", "share", "result") or not live:
            x = np.random.default_rng(step).random(rng.choice([100, 16_384, 16_385, 100_000]))
            made = {"share": ab.share, "result": lambda it: ab.submit(np.negative, it).result()}
            live.append((made.get(action, np.copy)(x), -x if action == "result" else x.copy()))
        x, copy = live[(place := rng.randrange(len(live)))]
        if action == "write":
            at = rng.randrange(len(x))
            x[at] = copy[at] = step
        elif action == "pass":
            for got in ab.map(identity, [x] * rng.randrange(1, 4)):
                assert np.array_equal(got, copy)
        elif action == "capture":
            assert ab.map(lambda k, x=x: x[k], [0, -1]) == [copy[0], copy[-1]]
        elif action == "slice":
            at = rng.randrange(len(x))
            assert ab.map(fill, [x[at:]])[0][2] == pytest.approx(copy[at:].sum())
            live.append((x[at:], copy[at:]))
        elif action == "drop" and len(live) > 3:
            del live[place]
        del x, copy
    for x, copy in live:
        assert np.array_equal(x, copy)


# Copied once: the report says so, and so does the operating system.


def copied(work):
    """Bytes that were copied into shared memory, and passed, while `work` ran."""
    before = ab.report()
    kept = work()
    after = ab.report()
    del kept
    fresh = after.fresh + after.reused + after.spilled
    return fresh - before.fresh - before.reused - before.spilled, after.passed - before.passed


def test_an_array_is_copied_once_for_all_tasks(processes):
    x = np.ones(4 * N)
    assert copied(lambda: ab.map(np.sum, [x] * 8)) == (x.nbytes, 7 * x.nbytes)
    assert copied(lambda: list(ab.imap(np.sum, [x] * 8)))[0] == x.nbytes
    assert copied(lambda: ab.map(lambda y: x.sum() + y, range(8)))[0] == x.nbytes
    assert copied(lambda: ab.map(np.sum, (x for _ in range(8))))[0] == x.nbytes
    # Tasks that are quicker than the copy: those before are gone when the next items come.
    assert copied(lambda: ab.map(len, [x] * 1000)) == (x.nbytes, 999 * x.nbytes)
    ones = [np.full(N, float(n)) for n in range(20)]
    total = x.nbytes + 20 * ones[0].nbytes
    assert copied(lambda: ab.map(lambda a, b: None, [x] * 20, ones))[0] == total
    assert copied(lambda: list(ab.imap(lambda a, b: None, ones, [x] * 20)))[0] <= 2 * total


def test_what_is_shared_is_not_copied(processes):
    x = ab.share(np.ones(4 * N))

    def work():
        assert ab.map(np.sum, [x] * 4) == [4 * N] * 4
        assert ab.map(lambda y: x.sum() + y, [1]) == [4 * N + 1]
        assert ab.submit(np.sum, x).result() == 4 * N
        assert ab.submit(lambda: x.sum()).result() == 4 * N
        assert ab.map(lambda it: it["a"][0].sum(), [{"a": [x], "b": x}] * 3) == [4 * N] * 3
        assert ab.map(np.sum, [x[N:], x[: 2 * N], x.reshape(4, N), x.view("i8")])[0] == 3 * N
        assert list(ab.imap(np.sum, (x for _ in range(3)))) == [4 * N] * 3
        assert ab.share(x).sum() == 4 * N

    assert copied(work)[0] == 0


def test_results_become_arguments_without_a_copy(processes):
    made = ab.map(np.ones, [4 * N] * 6)
    assert copied(lambda: ab.map(np.negative, made))[0] == 0
    assert copied(lambda: ab.map(np.sum, [each[N:] for each in made]))[0] == 0
    assert copied(lambda: ab.submit(lambda: sum(each.sum() for each in made)).result())[0] == 0
    assert copied(lambda: ab.share(made))[0] == 0


def private_dirty(pid):
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) << 10 for row in rows if row.startswith("Private_Dirty"))


def test_workers_hold_no_copy_of_their_own(processes):
    x = np.ones(50_000_000)  # 400 MB
    ab.map(np.sum, [np.ones(N)] * 4)

    def task(data):
        before = private_dirty("self")
        total = float(data.sum())
        return total, private_dirty("self") - before

    shared = ab.share(x)
    for found in (
        ab.map(task, [x] * 20),
        ab.map(task, [shared] * 20),
        ab.map(lambda _: task(x), range(4)),
    ):
        assert {total for total, _ in found} == {5e7}
        assert max(grown for _, grown in found) < 0.05 * x.nbytes
    for pid in plans.backend(ab.plan().levels[0]).processes():
        assert private_dirty(pid) < 0.25 * x.nbytes


def test_a_large_result_costs_the_parent_nothing(processes):
    before = private_dirty("self")
    (result,) = ab.map(np.ones, [25_000_000])
    assert result.sum() == 25e6
    assert private_dirty("self") - before < 0.05 * result.nbytes
    result[:1000] = 2.0
    assert private_dirty("self") - before < 0.05 * result.nbytes


def test_address_space_and_descriptors_do_not_grow(processes):
    def rounds(count):
        for k in range(count):
            ab.map(np.sum, [np.full(N, k)] * 2)
            ab.map(np.full, [N] * 2, [k] * 2)
        gc.collect()
        maps = Path("/proc/self/maps").read_text().count("memfd:abreast")
        return maps, psutil.Process().num_fds()

    first = rounds(5)
    time.sleep(0.1)
    assert rounds(40) == first
    assert used() == 0
