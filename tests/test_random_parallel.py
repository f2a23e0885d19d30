"""`abreast.random.parallel_rng`: numbers by position, on any number of threads."""

import math
import pickle

import numpy as np
import pytest

import abreast as ab
from abreast.random import parallel

DRAWS = [
    ("random", {}),
    ("random", {"dtype": "float32"}),
    ("standard_normal", {}),
    ("standard_normal", {"dtype": "float32"}),
    ("standard_exponential", {}),
    ("standard_exponential", {"dtype": "float32"}),
    ("uniform", {"low": -1.0, "high": 3.0}),
    ("normal", {"loc": 2.0, "scale": 0.5}),
    ("normal", {"loc": 2.0, "scale": 0.5, "dtype": "float32"}),
    ("exponential", {"scale": 3.0}),
    ("integers", {"low": 1000}),
    ("integers", {"low": -(10**12), "high": 10**13}),
    ("integers", {"low": 3 * 2**62, "dtype": "uint64"}),  # a quarter of the words is refused
    ("integers", {"low": 3 * 2**30, "dtype": "uint32"}),
    ("integers", {"low": -5, "high": 5, "dtype": "int8", "endpoint": True}),
    ("integers", {"low": 2, "dtype": "bool"}),
    ("integers", {"low": 7, "dtype": "uint16"}),
]


def draw(name, keywords, size, first=0, seed=3, number=2):
    rng = ab.random.parallel_rng(seed)
    rng.draw = number
    return getattr(rng, name)(size=size, first=first, **keywords)


@pytest.mark.parametrize(("name", "keywords"), DRAWS)
def test_neither_threads_nor_blocks_matter(name, keywords, monkeypatch):
    size = 20_011
    whole = draw(name, keywords, size)
    for threads in (2, 3, 7):
        monkeypatch.setattr(parallel, "threads_for", lambda _count, threads=threads: threads)
        assert draw(name, keywords, size).tobytes() == whole.tobytes()
    parts, first = [], 0
    for length in (1, 15, 16, 17, 31, 33, 63, 65, 1000, 4096, 8000):
        parts.append(draw(name, keywords, length, first))
        first += length
    parts.append(draw(name, keywords, size - first, first))
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    # Two dimensions, far positions, other draws and seeds, one value.
    assert draw(name, keywords, (3, 100)).ravel().tobytes() == whole[:300].tobytes()
    far = draw(name, keywords, 1000, 2**40 - 7)
    assert far[7:].tobytes() == draw(name, keywords, 993, 2**40).tobytes()
    assert draw(name, keywords, None, 5) == whole[5]
    others = [far, draw(name, keywords, size, number=3), draw(name, keywords, size, seed=4)]
    others.append(draw(name, keywords, size, number=2 + 2**32))
    for other in others:
        assert (other[:900] == whole[:900]).mean() < 0.6


def test_the_numbers_stay_what_they_are():
    """Values of this release: a change breaks programs that people want to repeat."""
    rng = ab.random.parallel_rng(42)
    assert rng.random(3).tolist() == PINNED["random"]
    assert rng.standard_normal(3).tolist() == PINNED["normal"]
    assert rng.standard_normal(3, "f4").tolist() == PINNED["single"]
    assert rng.standard_exponential(3).tolist() == PINNED["exponential"]
    assert rng.integers(1000, size=3).tolist() == PINNED["integers"]
    assert rng.bytes(5).hex() == PINNED["bytes"]
    child = ab.random.parallel_rng(42).spawn(2)[1]
    assert child.random(1).tolist() == PINNED["child"]


PINNED = {
    "random": [0.2752626760810757, 0.8908982205830982, 0.7470394870170871],
    "normal": [1.0356875739285207, 1.3502992972441752, -0.35767177798544064],
    "single": [-0.3640667796134949, -0.04941866174340248, -0.40127554535865784],
    "exponential": [3.604235933401004, 0.11642937924600695, 0.17140431815868196],
    "integers": [889, 393, 661],
    "bytes": "60f0c78261",
    "child": [0.7561033155621096],
}


def test_vectors_of_any_width_give_the_same_bits():
    """The same sums are in `crates/random/tests/positional.rs`, compiled for narrow vectors."""
    rng = ab.random.parallel_rng(42)
    for (name, dtype), total in SUMS.items():
        words = getattr(rng, name)(100_000, dtype).view(dtype.replace("f", "u"))
        assert int(words.astype("u8").sum()) == total


SUMS = {
    ("standard_normal", "f8"): 8903214163380665181,
    ("standard_normal", "f4"): 212750438381202,
    ("standard_exponential", "f8"): 207531569197605565,
    ("standard_exponential", "f4"): 105783463779216,
}


def test_words_are_those_of_philox():
    """Word pairs of position p: block p of Philox4x32-10, here in plain Python."""

    def philox(counter, key):
        a, b, c, d = counter
        k, q = key
        for _ in range(10):
            left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
            a, b, c, d = (right >> 32) ^ b ^ k, right % 2**32, (left >> 32) ^ d ^ q, left % 2**32
            k, q = (k + 0x9E3779B9) % 2**32, (q + 0xBB67AE85) % 2**32
        return a, b, c, d

    # Random123's kat_vectors
    assert philox((0,) * 4, (0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    low, high, salt = ab.random.SeedSequence(5).generate_state(3).tolist()
    rng = ab.random.parallel_rng(5)
    rng.draw = (3 << 32) + 9
    words = rng.integers(0, 2**64, 96, "uint64").tolist()
    rng.draw -= 1
    short = rng.integers(0, 2**32, 192, "uint32").tolist()
    for block in range(48):
        got = philox((block, 0, 9, (salt + 3) % 2**32), (low, high))
        group, lane = divmod(block, 16)
        assert words[32 * group + lane] == got[1] | got[0] << 32
        assert words[32 * group + 16 + lane] == got[3] | got[2] << 32
        assert [short[64 * group + 16 * j + lane] for j in range(4)] == list(got)


def phi(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


CDF = {
    "random": lambda x: x,
    "standard_normal": phi,
    "standard_exponential": lambda x: -math.expm1(-x),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", list(CDF))
def test_each_follows_its_law(name, dtype):
    n = 1 << 20
    x = getattr(ab.random.parallel_rng(1), name)(n, dtype).astype(float)
    # Kolmogorov-Smirnov on a grid of quantiles: sqrt(n) D stays below 2.2 but once in 8000.
    ordered = np.sort(x)
    picked = np.arange(0, n, 64)
    law = np.array([CDF[name](value) for value in ordered[picked]])
    distance = np.abs(law - (picked + 0.5) / n).max()
    assert math.sqrt(n) * distance < 2.2
    moments = {
        "random": [1 / 2, 1 / 3, 1 / 4, 1 / 5],
        "standard_normal": [0, 1, 0, 3],
        "standard_exponential": [1, 2, 6, 24],
    }[name]
    for power, moment in enumerate(moments, 1):
        values = x**power
        assert abs(values.mean() - moment) < 5 * values.std() / math.sqrt(n), power
    # Neighbours at all distances where the layout could show: lanes, halves, groups.
    centred = x - x.mean()
    for lag in (1, 2, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 4096):
        correlation = (centred[lag:] * centred[:-lag]).mean() / x.var()
        assert abs(correlation) < 5 / math.sqrt(n), lag
    # And so for what pairs of Box and Muller share: their squares.
    square = x**2 - (x**2).mean()
    for lag in (1, 16, 32):
        correlation = (square[lag:] * square[:-lag]).mean() / square.var()
        assert abs(correlation) < 5 / math.sqrt(n), lag


def test_tails_of_normals():
    for dtype, size in (("float64", 1 << 23), ("float32", 1 << 23)):
        x = ab.random.parallel_rng(11).standard_normal(size, dtype)
        assert np.isfinite(x).all()
        for limit in (2.0, 3.0, 4.0, 4.75):
            for count in (int((x > limit).sum()), int((x < -limit).sum())):
                expected = size * phi(-limit)
                assert abs(count - expected) < 5 * math.sqrt(expected) + 1, (dtype, limit)
        near = (np.abs(x) < 1e-4).sum()
        expected = size * 2e-4 / math.sqrt(2 * math.pi)
        assert abs(near - expected) < 5 * math.sqrt(expected)


def test_draws_seeds_and_children_are_unrelated():
    n = 1 << 18
    root = ab.random.parallel_rng(0)
    rngs = [root, *root.spawn(3), *(ab.random.parallel_rng(seed) for seed in (1, 2, 2**64))]
    rows = [rng.standard_normal(n) for rng in rngs] + [root.standard_normal(n) for _ in range(3)]
    matrix = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(matrix).max() < 5.5 / math.sqrt(n)


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [
        (0, 10, "int64"),
        (0, 1000, "int16"),
        (-3, 3, "int8"),
        (0, 2, "bool"),
        (0, 256, "uint8"),
        (0, 3 * 2**62, "uint64"),
        (0, 3 * 2**30, "uint32"),
        (-(2**63), 2**63, "int64"),
    ],
)
def test_integers_are_equally_likely(low, high, dtype):
    n = 1 << 19
    x = ab.random.parallel_rng(6).integers(low, high, n, dtype)
    assert x.dtype == dtype
    cells = min(high - low, 96)
    assert int(x.min()) >= low and int(x.max()) < high
    counts = np.zeros(cells)
    values, found = np.unique(x, return_counts=True) if high - low <= 1000 else (x, None)
    cell = [(int(value) - low) * cells // (high - low) for value in values]
    np.add.at(counts, cell, 1 if found is None else found)
    size = [
        -(-(at + 1) * (high - low) // cells) - -(-at * (high - low) // cells) for at in range(cells)
    ]
    expected = np.array([n * (it / (high - low)) for it in size])
    chi = ((counts - expected) ** 2 / expected).sum()
    assert chi < cells - 1 + 5 * math.sqrt(2 * cells)
    sides = (counts[0] - expected[0]) / math.sqrt(expected[0])
    assert abs(sides) < 5


def test_draws_follow_each_other_and_states_are_kept():
    rng = ab.random.parallel_rng(5)
    first, second = rng.random(5), rng.random(5)
    assert rng.draw == 2 and not np.array_equal(first, second)
    again = pickle.loads(pickle.dumps(rng))
    assert again.random() == rng.random() and again.draw == rng.draw == 3
    rng.draw = 1
    assert np.array_equal(rng.random(5), second)
    assert isinstance(rng.random(), float) and isinstance(rng.integers(3, dtype=int), int)
    assert rng.spawn(1)[0].seed_seq.spawn_key == (0,)
    out = np.empty((2, 3), "float32")
    assert rng.normal(5.0, 0.1, dtype="float32", out=out) is out and out.min() > 3
    assert len(rng.bytes(13)) == 13 and rng.bytes(0) == b""
    arrays = ab.random.parallel_rng(5).normal([0.0, 100.0], 1.0, size=(3, 2))
    plain = ab.random.parallel_rng(5).standard_normal((3, 2))
    assert np.array_equal(arrays, plain + np.array([0.0, 100.0]))
    tall = ab.random.parallel_rng(5).uniform([[0.0], [0.5]], [1.0, 10.0])
    assert tall.shape == (2, 2) and 0.5 <= tall[1, 1] <= 10.0
    entropy = np.random.SeedSequence(5)
    assert ab.random.parallel_rng(entropy).random(5).tolist() == first.tolist()
    assert ab.random.parallel_rng().random() != ab.random.parallel_rng().random()


@pytest.mark.parametrize(
    ("name", "args", "keywords", "error", "message"),
    [
        ("random", (3, "int64"), {}, TypeError, "float64 or float32"),
        ("random", (-1,), {}, ValueError, "negative dimensions"),
        ("random", (3,), {"first": -1}, ValueError, "first=-1: a whole number from 0"),
        ("random", (3,), {"first": 1.5}, ValueError, "first=1.5"),
        ("random", (), {"out": [1.0]}, ValueError, "out is list of no type: a writable array"),
        ("random", (), {"out": np.empty(3, "f4")}, ValueError, "hint: np.empty"),
        ("random", (4,), {"out": np.empty(3)}, ValueError, "the same, or out alone"),
        ("normal", (0, -1, 3), {}, ValueError, "scale=-1.0: from 0 on"),
        ("normal", (0, [1, -1], 2), {}, ValueError, "from 0 on"),
        ("normal", ("a", 1, 2), {}, TypeError, "'a'"),
        ("normal", ([0, 1, 2], 1, 2), {}, ValueError, "broadcast"),
        ("exponential", (math.nan, 3), {}, ValueError, "scale=nan"),
        ("uniform", (1, 0, 3), {}, ValueError, "low is not above high"),
        ("uniform", (0, math.inf, 3), {}, ValueError, "both finite"),
        ("integers", (0, 0, 3), {}, ValueError, "hint: high itself"),
        ("integers", (300, None, 3, "uint8"), {}, ValueError, "outside of 0 to 255"),
        ("integers", ([3, 4],), {}, TypeError, "hint: default_rng"),
        ("integers", (2.5,), {}, TypeError, "single whole numbers"),
        ("integers", (5, None, 3, "float64"), {}, TypeError, "integers of 8 to 64 bits"),
        ("bytes", (-1,), {}, ValueError, "length=-1"),
    ],
)
def test_bad_arguments_are_explained(name, args, keywords, error, message):
    rng = ab.random.parallel_rng(1)
    with pytest.raises(error, match=message):
        getattr(rng, name)(*args, **keywords)
    for bad in (-1, 2**64, 1.5, "a"):
        with pytest.raises(ValueError, match="draw="):
            rng.draw = bad
    with pytest.raises(TypeError, match="SeedSequence expects"):
        ab.random.parallel_rng(1.5)


def test_filled_in_tasks():
    """Each task makes its part of one result, wherever it runs."""

    def part(first):
        return ab.random.parallel_rng(9).standard_normal(1000, first=first)

    whole = ab.random.parallel_rng(9).standard_normal(10_000)
    for plan in ("serial", "threads:2", "processes:2"):
        parts = ab.map(part, range(0, 10_000, 1000), plan=plan)
        assert np.array_equal(np.concatenate(parts), whole)
