"""Large results on engines: they stay where they were made, and are what they were."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import abreast as ab
from abreast.backends import keeper, room, stock
from abreast.backends.kept import Kept

LARGE = 1 << 18  # float64: 2 MiB


@pytest.fixture
def engine() -> Iterator[None]:
    with ab.plan("executor:process:2"):
        yield
        ab.shutdown()


def made(value: float) -> np.ndarray:
    return np.full(LARGE, value)


def written(array: np.ndarray, by: float = 1.0) -> np.ndarray:
    array += by
    return array


def looked_at(left: np.ndarray, right: np.ndarray) -> tuple[float, float, bool]:
    return float(left.sum()), float(right.sum()), left is right


def is_unread(future: object) -> bool:
    return type(getattr(future, "_result", None)) is Kept


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only how many


def test_only_who_asks_reads(engine: None) -> None:
    first = ab.submit(made, 1.0)
    second = ab.submit(written, first, by=2.0)
    third = ab.submit(looked_at, [first][0], second)
    assert third.result() == (LARGE, 3.0 * LARGE, False)
    assert is_unread(first) and is_unread(second)
    # Each task had copies of its own, and the caller gets one object however often it asks.
    assert [float(ab.submit(written, first).result()[5]) for _ in range(3)] == [2.0] * 3
    assert ab.submit(looked_at, first, first).result() == (LARGE, LARGE, True)
    assert np.array_equal(first.result(), made(1.0)) and first.result() is first.result()
    assert np.array_equal(second.result(), made(3.0))


def test_what_the_caller_changes_counts(engine: None) -> None:
    future = ab.submit(made, 1.0)
    future.result()[0] = 1001.0
    assert ab.submit(looked_at, future, future).result()[0] == LARGE + 1000.0


def test_inside_containers_and_for_many(engine: None) -> None:
    base = ab.submit(made, 1.0)
    futures = [ab.submit(lambda given, by: given["k"][0] * by, {"k": [base]}, n) for n in range(6)]
    assert [float(each.result().sum()) for each in futures] == [n * LARGE for n in range(6)]
    assert ab.map(lambda array: float(array[0]), futures) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_other_plans_and_retries_take_it_by_value(engine: None) -> None:
    future = ab.submit(made, 2.0)
    with ab.plan("serial"):
        assert ab.submit(float, ab.submit(lambda array: array[3], future)).result() == 2.0
    again = ab.options(retries=1).submit(looked_at, ab.submit(made, 1.0), future)
    assert again.result() == (LARGE, 2.0 * LARGE, False)


def test_there_are_never_too_many_descriptors(
    engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((room, "MANY"), (stock, "MANY_ROOMS")):
        monkeypatch.setattr(module, name, 8)
    ab.submit(made, 1.0).result()
    before = descriptors()
    futures = [ab.submit(made, float(n)) for n in range(40)]
    ab.wait(futures)
    assert descriptors() <= before + 20
    assert sum(map(is_unread, futures)) <= 8
    values = ab.gather(futures)
    assert descriptors() <= before + 20
    assert [float(value[7]) for value in values] == list(range(40))
    assert all(value.flags.writeable for value in values)


def test_forgotten_ones_free_their_memory(engine: None) -> None:
    ab.map(abs, range(4))
    before = descriptors()
    for _ in range(20):
        future = ab.submit(written, ab.submit(made, 1.0))
        assert future.exception() is None
    del future
    deadline = time.monotonic() + 10
    while descriptors() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert descriptors() <= before


def test_they_outlive_the_plan(engine: None) -> None:
    future = ab.submit(made, 4.0)
    assert future.exception() is None
    ab.shutdown()
    assert is_unread(future)
    assert ab.submit(looked_at, future, 0.0 * made(1.0)).result()[0] == 4.0 * LARGE


def test_they_outlive_their_worker() -> None:
    pytest.importorskip("distributed", reason="pip install 'abreast[dask]'")
    with ab.plan("dask:2"):
        future = ab.submit(made, 1.0)
        assert future.exception() is None
        for each in set(ab.map(lambda _n: (time.sleep(0.02), os.getpid())[1], range(10))):
            os.kill(each, signal.SIGKILL)
        assert is_unread(future)
        assert ab.submit(looked_at, future, future).result() == (LARGE, LARGE, True)
        assert np.array_equal(future.result(), made(1.0))
        ab.shutdown()


def test_a_worker_that_dies_with_its_result(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt: Callable[..., room.Room] = room.Room.adopt
    gone = []

    def too_late(place: tuple[int, int, int]) -> room.Room:
        if not gone:
            gone.append(place)
            raise FileNotFoundError
        return adopt(place)

    monkeypatch.setattr(room.Room, "adopt", too_late)
    with pytest.raises(ab.WorkerLost, match=r"worker \d+ ended while it ran task 0"):
        ab.submit(made, 1.0).result()
    assert ab.submit(made, 1.0).result()[0] == 1.0


def test_small_results_travel(engine: None) -> None:
    future = ab.submit(np.ones, keeper.KEEP // 16)
    assert future.exception() is None
    assert not is_unread(future)


def test_memory_serves_again_when_nobody_has_it() -> None:
    first = room.Room(made(1.0))
    other = room.Room.adopt(first.place())
    view = other.view()
    other.close()
    assert not first.refill(made(2.0))
    assert np.frombuffer(view)[5] == 1.0
    del view
    assert first.refill(made(2.0)[: LARGE // 2])
    assert np.array_equal(np.frombuffer(room.open_room(first.place())), made(2.0)[: LARGE // 2])


HELD: list[np.ndarray] = []


def stashed(array: np.ndarray) -> int:
    HELD.append(array)
    return os.getpid()


def stash(_n: int) -> list[float]:
    time.sleep(0.05)
    return [float(each[0]) for each in HELD]


def test_what_somebody_holds_is_not_written_again(engine: None) -> None:
    for n in range(8):
        future = ab.submit(made, float(n))
        ab.submit(stashed, future).result()
        held = [future.result(), *(ab.submit(made, 50.0 + n).result() for _ in range(3))]
        assert [each[7] for each in held] == [float(n), *[50.0 + n] * 3]
    seen = {tuple(each) for each in ab.map(stash, range(8))}
    assert sorted(value for each in seen for value in each) == [float(n) for n in range(8)]
