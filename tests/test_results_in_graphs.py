"""Large values of graphs, items and retried tasks on engines: they stay where they were made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abreast as ab
from abreast.backends import keeper, pilot, room
from abreast.backends.kept import Kept

LARGE = 1 << 18  # float64: 2 MiB


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """An engine; and every kept result that the caller has read."""
    read: list[int] = []
    open_ = Kept.open

    def noted(kept: Kept) -> Any:
        read.append(kept.size)
        return open_(kept)

    monkeypatch.setattr(Kept, "open", noted)
    with ab.plan("executor:process:2"):
        yield read
        ab.shutdown()


def made(value: float) -> np.ndarray:
    return np.full(LARGE, value)


def written(array: np.ndarray, by: float = 1.0) -> np.ndarray:
    array += by
    return array


def total(*arrays: np.ndarray) -> float:
    return sum(float(each.sum()) for each in arrays)


def test_a_graph(engine: list[int]) -> None:
    make, write, sums = ab.delayed(made), ab.delayed(written), ab.delayed(total)
    parts = [make(float(n)) for n in range(5)]
    more = [write(write(each), 2.0) for each in parts]
    # Each takes a copy: `parts` are what they were.
    assert ab.compute(sums(*parts), sums(*more)) == (10.0 * LARGE, 25.0 * LARGE)
    assert not engine
    first, second = ab.compute(parts[3], more[3])
    assert np.array_equal(first, made(3.0)) and np.array_equal(second, made(6.0))
    assert len(engine) == 2
    first += 1.0
    assert ab.compute(sums(parts[3])) == 3.0 * LARGE


def test_arguments_of_a_graph_are_placed_once(
    engine: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = made(1.0)
    sums, write = ab.delayed(total), ab.delayed(written)
    value = ab.compute([sums(write(table, float(n)), table) for n in range(4)], sums(table))
    assert value == ([(n + 2.0) * LARGE for n in range(4)], LARGE)
    assert total(table) == LARGE and not engine
    captured = ab.delayed(lambda n: float(table[n]))
    assert ab.compute([captured(n) for n in range(3)]) == [1.0, 1.0, 1.0]


def test_persisted_values_go_on(engine: list[int]) -> None:
    kept = ab.persist([ab.delayed(made)(float(n)) for n in range(3)])
    assert ab.compute(ab.delayed(total)(*kept)) == 3.0 * LARGE and not engine
    # Elsewhere, and after the plan's end, they are what they were.
    with ab.plan("processes:1"):
        assert ab.compute(ab.delayed(total)(*kept)) == 3.0 * LARGE
    ab.shutdown()
    assert total(*ab.compute(kept, plan="serial")) == 3.0 * LARGE
    assert ab.compute(ab.delayed(total)(*kept)) == 3.0 * LARGE


def test_more_values_than_descriptors(engine: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (room, pilot):
        monkeypatch.setattr(module, "MANY", 6, raising=False)
    monkeypatch.setattr("abreast.backends.stock.MANY_ROOMS", 6)
    parts = [ab.delayed(made)(float(n)) for n in range(20)]
    values, whole = ab.compute(parts, ab.delayed(total)(*parts))
    assert [float(each[5]) for each in values] == list(range(20)) and whole == 190.0 * LARGE


def test_between_sizes(engine: list[int]) -> None:
    length = (room.LARGE + keeper.KEEP) // 16
    parts = [ab.delayed(np.ones)(length) for _ in range(3)]
    values, whole = ab.compute(parts, ab.delayed(total)(*parts))
    assert whole == 3.0 * length == total(*values) and not engine


def test_long_pickles_stay_as_well(engine: list[int]) -> None:
    text = "x" * (keeper.KEEP + 1)
    future = ab.submit(lambda: {"text": text, "more": list(range(9))})
    assert ab.submit(lambda given: len(given["text"]), future).result() == len(text)
    assert not engine
    assert future.result() == {"text": text, "more": list(range(9))}
    both = ab.submit(lambda: (text, made(2.0), np.empty(0)))
    assert ab.submit(lambda given: [len(each) for each in given], both).result() == [
        len(text),
        LARGE,
        0,
    ]
    assert ab.map(lambda n: text * n, range(3)) == ["", text, text * 2]


def test_items_and_retries(engine: list[int], tmp_path: Path) -> None:
    futures = [ab.submit(made, float(n)) for n in range(4)]
    ab.wait(futures)
    expected = [float(n * LARGE) for n in range(4)]
    assert ab.map(total, futures) == expected
    assert list(ab.imap(lambda pair: total(pair[0]), ([each] for each in futures))) == expected
    assert ab.map(total, futures, futures) == [2 * each for each in expected]
    assert ab.map(lambda n, rng: total(n), futures, seed=1, retries=1) == expected

    def twice(array: np.ndarray, folder: Path = tmp_path) -> float:
        path = folder / str(array[0])
        if not path.exists():
            path.touch()
            written(array)
            raise OSError("the first time")
        return total(array)

    assert ab.map(twice, futures, retries=2) == expected
    for each in list(tmp_path.iterdir()):
        each.unlink()
    assert ab.options(retries=1).submit(twice, futures[3]).result() == expected[3]
    later = ab.submit(written, futures[2])
    assert ab.options(retries=1).submit(twice, later).result() == 3.0 * LARGE
    assert not engine
    # Whoever keeps results looks at items here.
    assert ab.map(total, futures, checkpoint=str(tmp_path / "run.db")) == expected
    assert len(engine) == 4


def test_nested_in_tasks(engine: list[int]) -> None:
    def inner(value: float) -> float:
        return float(ab.compute(ab.delayed(total)(ab.delayed(made)(value))))

    assert ab.map(inner, [1.0, 2.0]) == [LARGE, 2.0 * LARGE]
