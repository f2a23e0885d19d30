"""Streams from one seed: spawned, jumped, in blocks, and those of R."""

import math
import pickle
import time
from pathlib import Path

import numpy as np
import pytest

import abreast as ab

R = Path(__file__).resolve().parent.parent / "crates" / "random" / "golden" / "mrg32k3a.txt"


@pytest.mark.parametrize("seed", [0, 42, [1, 2], 2**100])
def test_streams_are_spawned(seed):
    found = ab.random.streams(seed, 5)
    assert len(found) == 5
    children = np.random.SeedSequence(seed).spawn(5)
    for stream, child in zip(found, children, strict=True):
        assert isinstance(stream, np.random.Generator)
        assert stream.normal() == np.random.default_rng(child).normal()
    # What a task draws with the same seed.
    numbers = ab.map(lambda i, rng: rng.random(), range(5), seed=seed, plan="serial")
    assert [stream.random() for stream in ab.random.streams(seed, 5)] == numbers


def test_a_stream_goes_on():
    found = ab.random.streams(1, 3)
    assert found[1] is found[-2] and found[0:2] == [found[0], found[1]]
    first = found[1].random()
    assert found[1].random() != first
    copied = pickle.loads(pickle.dumps(found))
    assert copied[1].random() == found[1].random()
    with pytest.raises(IndexError, match="stream 3 of 3"):
        found[3]
    assert "3 streams" in repr(found)
    sequence = np.random.SeedSequence(4, spawn_key=(9,))
    assert ab.random.streams(sequence, 1)[0].random() == (
        np.random.default_rng(sequence.spawn(1)[0]).random()
    )
    assert sequence.n_children_spawned == 1  # by the line above alone


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "Philox", "MT19937"])
def test_jumped(kind):
    theirs = getattr(np.random, kind)(3)
    theirs.random_raw(5)
    ours = ab.random.default_rng(theirs).bit_generator
    for start in (theirs, ours):
        for at, piece in enumerate(ab.random.jumped(start, 3)):
            assert piece.random() == np.random.Generator(theirs.jumped(at)).random()
    if kind == "PCG64":
        pieces = ab.random.jumped(3, 2)
        assert pieces[1].random() == np.random.Generator(np.random.PCG64(3).jumped(1)).random()


@pytest.mark.parametrize("call", [ab.random.streams, ab.random.jumped])
def test_bad_numbers_of_streams(call):
    for count in (-1, 1.5, "a", None):
        with pytest.raises(ValueError, match="how many streams"):
            call(1, count)
    with pytest.raises(TypeError, match="SeedSequence expects"):
        call("a", 1)


def test_sfc64_does_not_jump():
    with pytest.raises(TypeError, match="hint: PCG64"):
        ab.random.jumped(np.random.SFC64(1), 2)


def test_a_million_streams():
    started = time.perf_counter()
    found = ab.random.streams(1, 1_000_000)
    assert found[999_999].random() != found[0].random()
    children = ab.random.SeedSequence(1).spawn(100_000)
    assert time.perf_counter() - started < 2
    assert children[-1].spawn_key == (99_999,)


@pytest.mark.parametrize("size", [0, 1, 5, 12, (3, 7), 1000])
def test_blocks_are_numpys_streams(size):
    ours = ab.random.block_rng(5, blocks=4)
    rngs = [np.random.default_rng(child) for child in np.random.SeedSequence(5).spawn(4)]
    for name, args in [("normal", (1.0, 2.0)), ("poisson", (3.0,)), ("integers", (0, 10))]:
        parts = np.array_split(np.empty(np.prod(size, dtype=int)), 4)
        theirs = [
            getattr(rng, name)(*args, size=len(part)) for rng, part in zip(rngs, parts, strict=True)
        ]
        got = getattr(ours, name)(*args, size=size)
        assert got.tobytes() == np.concatenate(theirs).tobytes()
        assert got.shape == np.empty(size).shape and got.dtype == theirs[0].dtype


def test_blocks_on_threads(monkeypatch):
    from abreast.random import blocks

    wanted = ab.random.block_rng(5, blocks=7).gamma(2.0, size=1000)
    monkeypatch.setattr(blocks, "threads_for", lambda _count: 3)
    rng = ab.random.block_rng(5, blocks=7)
    assert np.array_equal(rng.gamma(2.0, size=1000), wanted)
    with pytest.raises(ValueError, match="shape < 0"):
        rng.gamma(-2.0, size=1000)
    with pytest.raises(TypeError, match="hint: default_rng"):
        rng.gamma([2.0, 3.0], size=2)
    with pytest.raises(AttributeError, match="it draws beta, "):
        rng.shuffle([1])
    for bad in (0, -1, 1.5, None):
        with pytest.raises(ValueError, match="hint: some more than there are cores"):
            ab.random.block_rng(5, blocks=bad)


def test_neighbouring_streams_are_unrelated():
    n = 1 << 16
    found = [*ab.random.streams(0, 6), *ab.random.jumped(0, 3), *ab.random.streams(1, 3)]
    rows = [stream.standard_normal(n) for stream in found]
    rows += [it.random(n) for it in ab.random.MRG32k3a(1).streams(3)]
    matrix = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(matrix).max() < 5.5 / math.sqrt(n)


def test_r():
    stream = ab.random.MRG32k3a(0)
    checked = 0
    for line in R.read_text().splitlines():
        what, *numbers = line.split()
        if what == "seed":
            stream = ab.random.MRG32k3a(int(numbers[0]))
        elif what == "uniform":
            drawn = ab.random.MRG32k3a.from_state(stream.state)
            assert drawn.random(5).tolist() == [float(it) for it in numbers]
        elif what in ("state", "stream", "substream"):
            if what != "state":
                stream = stream.next_stream() if what == "stream" else stream.next_substream()
            assert stream.r_seed == [int(it) for it in numbers]
            assert ab.random.MRG32k3a.from_state(stream.r_seed).state == stream.state
            checked += 1
    assert checked == 36
    # RngStreams' first numbers, from L'Ecuyer's own program.
    assert ab.random.MRG32k3a.from_state([12345] * 6).random() == 0.12701112204657714
    first, second = ab.random.MRG32k3a(123).streams(2)
    assert second.state == first.next_stream().state
    assert pickle.loads(pickle.dumps(second)).random() == second.random()
    assert 0 < first.random((100, 100)).min() < first.random(10**5).max() < 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ab.random.MRG32k3a(1.5), "as R's set.seed takes it"),
        (lambda: ab.random.MRG32k3a(2**31), "hint: MRG32k3a.from_state"),
        (lambda: ab.random.MRG32k3a.from_state([1, 2]), "six words of 32 bits"),
        (lambda: ab.random.MRG32k3a.from_state([10403, 1, 2, 3, 4, 5, 6]), "hint: RNGkind"),
        (lambda: ab.random.MRG32k3a.from_state([0, 0, 0, 1, 1, 1]), "zeros"),
        (lambda: ab.random.MRG32k3a.from_state([2**32 - 1] * 6), "4294967295"),
    ],
)
def test_bad_states_of_r(call, message):
    with pytest.raises(ValueError, match=message):
        call()
