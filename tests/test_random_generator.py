"""`abreast.random.Generator`: the numbers, shapes, types and errors of NumPy's."""

import copy
import itertools
import pickle
import threading

import numpy as np
import pytest

import abreast as ab
from abreast.tasks.prepare import Streams
from numpys import assert_same, both, plain

KINDS = ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"]

# Method and arguments that are drawn one by one, with a size, and over arrays.
REALS = [
    ("uniform", (-1.5, 3.0)),
    ("normal", (2.0, 3.0)),
    ("lognormal", (0.5, 0.25)),
    ("exponential", (2.5,)),
    ("gamma", (2.5, 2.0)),
    ("gamma", (0.5, 2.0)),
    ("beta", (0.5, 0.7)),
    ("beta", (2.0, 3.0)),
    ("chisquare", (3.0,)),
    ("noncentral_chisquare", (3.0, 1.5)),
    ("noncentral_chisquare", (0.5, 1.5)),
    ("f", (2.0, 5.0)),
    ("noncentral_f", (2.0, 5.0, 1.0)),
    ("standard_t", (4.0,)),
    ("laplace", (1.0, 2.0)),
    ("logistic", (1.0, 2.0)),
    ("gumbel", (1.0, 2.0)),
    ("pareto", (3.0,)),
    ("weibull", (1.5,)),
    ("power", (2.5,)),
    ("rayleigh", (2.0,)),
    ("triangular", (-1.0, 0.5, 2.0)),
    ("vonmises", (0.5, 2.0)),
    ("wald", (1.0, 2.0)),
    ("standard_gamma", (0.7,)),
    ("standard_gamma", (3.7,)),
    ("binomial", (10, 0.3)),
    ("binomial", (1000, 0.3)),
    ("negative_binomial", (3.5, 0.3)),
    ("poisson", (4.0,)),
    ("poisson", (40.0,)),
    ("geometric", (0.2,)),
    ("geometric", (0.5,)),
    ("hypergeometric", (20, 30, 12)),
    ("logseries", (0.6,)),
    ("zipf", (2.5,)),
]
PLAIN = ["random", "standard_normal", "standard_exponential"]
SIZES = [None, 0, 1, 7, (), (3,), (2, 3), (2, 0, 3), np.int64(4), [2, 2]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_distribution_over_sizes(kind):
    ours, theirs = both(kind)
    for method, args in REALS:
        for size in SIZES:
            assert_same(ours, theirs, method, *args, size=size)
        assert_same(ours, theirs, method, *args)
        assert_same(ours, theirs, method, *args, 400)
    for method in PLAIN:
        for size, dtype in itertools.product(SIZES, [np.float64, np.float32, "f4", float, "<f8"]):
            assert_same(ours, theirs, method, size=size, dtype=dtype)
        assert_same(ours, theirs, method)
    for dtype in ("float64", "float32"):
        assert_same(ours, theirs, "standard_exponential", 9, dtype, "inv")
        for shape in (0.0, 0.3, 1.0, 4.5):
            assert_same(ours, theirs, "standard_gamma", shape, 9, dtype)
            assert_same(ours, theirs, "standard_gamma", shape, dtype=dtype)
    assert_same(ours, theirs, "standard_cauchy")
    assert_same(ours, theirs, "standard_cauchy", (2, 3))


@pytest.mark.parametrize("kind", ["PCG64", "MT19937"])
def test_parameters_in_arrays(kind):
    ours, theirs = both(kind)
    for method, args in REALS:
        row = [np.array([it, it, it]) for it in args]
        assert_same(ours, theirs, method, *row)
        assert_same(ours, theirs, method, *[it.tolist() for it in row])
        assert_same(ours, theirs, method, *row, size=3)
        assert_same(ours, theirs, method, *row, size=(2, 3))
        assert_same(ours, theirs, method, *row, size=(3, 2))  # does not fit
        assert_same(ours, theirs, method, *row, size=())
        for at in range(len(args)):
            mixed = list(args)
            mixed[at] = np.array([[args[at]], [args[at] + 1 if at else args[at]]])
            assert_same(ours, theirs, method, *mixed)
            assert_same(ours, theirs, method, *mixed, size=(2, 4))
        assert_same(ours, theirs, method, *[np.asarray(it) for it in args])
        assert_same(ours, theirs, method, *[np.float64(it) for it in args])
        assert_same(ours, theirs, method, *[np.float32(it) for it in args])
        assert_same(ours, theirs, method, *[np.array([it], dtype="f4") for it in args])
        assert_same(ours, theirs, method, *[np.array([[it]])[:, ::-1].T for it in args])
        assert_same(ours, theirs, method, *[[] for _ in args])
    grown = np.arange(1, 13).reshape(3, 4)
    assert_same(ours, theirs, "poisson", grown)
    assert_same(ours, theirs, "poisson", grown.T)
    assert_same(ours, theirs, "poisson", grown[:, ::2])
    assert_same(ours, theirs, "normal", grown, grown[0] / 2)
    assert_same(ours, theirs, "binomial", grown * 20, np.linspace(0, 1, 4))
    assert_same(ours, theirs, "hypergeometric", grown, 5, 3)
    assert_same(ours, theirs, "standard_gamma", np.ones(3), dtype="f4")
    assert_same(ours, theirs, "standard_gamma", [0.1, 2.0], dtype="f4", size=(3, 2))


@pytest.mark.parametrize("method", PLAIN)
def test_outputs(method):
    ours, theirs = both()
    odd = [
        lambda: np.empty(5),
        lambda: np.empty(5, "f4"),
        lambda: np.empty((2, 3)),
        lambda: np.empty((2, 3), order="F"),
        lambda: np.empty((4, 4))[::2],
        lambda: np.empty(5, "i8"),
        lambda: np.empty(5, ">f8"),
        lambda: np.empty(()),
        lambda: np.empty(0),
        lambda: [1.0, 2.0],
        lambda: np.frombuffer(b"12345678" * 5),
    ]
    for make, dtype, size in itertools.product(odd, ["f8", "f4"], [None, 5, (2, 3)]):
        mine, yours = make(), make()
        assert_same(ours, theirs, method, size=size, dtype=dtype)
        keywords = {"size": size, "dtype": dtype}
        results = []
        for rng, out in ((ours, mine), (theirs, yours)):
            try:
                results.append(getattr(rng, method)(**keywords, out=out) is out)
            except Exception as error:
                results.append((type(error), str(error)))
        assert results[0] == results[1], (keywords, mine)
        if results[0] is True:
            assert mine.tobytes() == yours.tobytes()
        assert ours.bit_generator.state == theirs.bit_generator.state
    out, other = np.empty(3), np.empty(3)
    assert ours.standard_gamma([1.0, 2.0, 0.3], out=out) is out
    theirs.standard_gamma([1.0, 2.0, 0.3], out=other)
    assert out.tolist() == other.tolist()
    out, other = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    ours.standard_gamma(out, out=out)
    theirs.standard_gamma(other, out=other)
    assert out.tolist() == other.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_integers(kind):
    ours, theirs = both(kind)
    widths = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?", int, bool, np.int32, np.uint64]
    for dtype in widths:
        least, most = (
            (0, 1)
            if np.dtype(dtype) == bool
            else (
                np.iinfo(dtype).min,
                np.iinfo(dtype).max,
            )
        )
        for low, high in [(0, 1), (0, 0), (least, most), (0, most), (least, 0), (1, most - 1)]:
            for size in (None, 5, (2, 3), 0):
                assert_same(ours, theirs, "integers", low, high, size, dtype, True)
                assert_same(ours, theirs, "integers", low, high, size, dtype)
        assert_same(ours, theirs, "integers", 1, None, None, dtype)
        assert_same(ours, theirs, "integers", 1, [1, 2], None, dtype, True)
        assert_same(ours, theirs, "integers", [0, 1], [[2], [3]], None, dtype)
    for size in (None, (2, 3), (3, 2), 3):
        assert_same(ours, theirs, "integers", [1, 2, 3], [10, 2**40, 5], size)
        assert_same(ours, theirs, "integers", [1, 2, 3], 2**63 - 1, size, endpoint=True)
        assert_same(ours, theirs, "integers", [-(2**63), 2, 3], 2**63 - 1, size)
    assert_same(ours, theirs, "integers", np.uint8(3), np.int64(9), 4)
    assert_same(ours, theirs, "integers", np.array([5]), np.array(9), 4)
    assert_same(ours, theirs, "integers", np.array(5))
    assert_same(ours, theirs, "integers", [], 5)
    for length in (1, 3, 4, 5, 1000):
        assert_same(ours, theirs, "bytes", length)


@pytest.mark.parametrize("kind", ["PCG64", "Philox", "MT19937"])
def test_choices_and_orders(kind):
    ours, theirs = both(kind)
    table = np.arange(12.0).reshape(4, 3)
    for items in (5, 1, [1, 2, 3], ["a", "bc"], table, np.arange(20001), 30000, (1, 2.5), range(4)):
        for size, replace, shuffle in itertools.product(
            (None, 0, 1, (2, 1), 600), (True, False), (True, False)
        ):
            assert_same(ours, theirs, "choice", items, size, replace, None, 0, shuffle)
    assert_same(ours, theirs, "choice", table, 2, axis=1)
    for replace in (True, False):
        for p in ([0.1, 0.2, 0.3, 0.4], (0.25,) * 4, np.array([0, 0, 0.5, 0.5])):
            for size in (None, 2, (2, 1)):
                assert_same(ours, theirs, "choice", 4, size, replace, p)
                assert_same(ours, theirs, "choice", table, size, replace, p)
    arrays = [
        np.arange(10),
        np.arange(300, dtype="u1"),
        np.arange(7, dtype="f4"),
        np.arange(9) * 1j,
        np.array(["a", "bc", "def"]),
        np.array([1, "x", None], object),
        np.arange(9).astype("M8[s]"),
        np.array([(1, 2.0), (3, 4.0), (5, 6.0)], "i4,f8"),
        np.arange(20)[::2],
        table,
        table.T,
        np.arange(24).reshape(2, 3, 4),
        np.arange(1),
        np.array(3),
        np.empty((0, 3)),
        np.empty((3, 0)),
        [1, 2, 3],
        (1, 2, 3),
        10,
        1,
        0,
        np.int64(6),
        "abc",
        np.ma.array([1, 2, 3], mask=[0, 1, 0]),
    ]
    for items in arrays:
        for axis in (0, 1, -1):
            assert_same(ours, theirs, "permutation", items, axis)
            mine, yours = copy.deepcopy(items), copy.deepcopy(items)
            results = []
            for rng, it in ((ours, mine), (theirs, yours)):
                try:
                    rng.shuffle(it, axis)
                    results.append(np.asarray(it).tolist())
                except Exception as error:
                    results.append(type(error))
            assert results[0] == results[1], items
        for axis in (None, 0, 1, -1, 5):
            assert_same(ours, theirs, "permuted", items, axis=axis)
    out, other = np.empty(5, int), np.empty(5, int)
    assert ours.permuted(np.arange(5), out=out) is out
    theirs.permuted(np.arange(5), out=other)
    assert out.tolist() == other.tolist()
    frozen = np.arange(5)
    frozen.flags.writeable = False
    assert_same(ours, theirs, "shuffle", frozen)


def test_rows():
    ours, theirs = both()
    for size in (None, 3, (2, 2), 0, ()):
        assert_same(ours, theirs, "multinomial", 20, [0.2, 0.3, 0.5], size)
        assert_same(ours, theirs, "multinomial", [5, 6], [0.2, 0.8], size)
        assert_same(ours, theirs, "multinomial", 5, [[0.2, 0.8], [0.5, 0.5]], size)
        assert_same(ours, theirs, "dirichlet", [0.05, 0.02], size)
        assert_same(ours, theirs, "dirichlet", [1, 2, 3], size)
        for method in ("marginals", "count"):
            arguments = ([16, 8, 4], 6, size, method)
            assert_same(ours, theirs, "multivariate_hypergeometric", *arguments)
    covariance = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 3.0]])
    for method in ("svd", "eigh", "cholesky"):
        for size in (None, 5, (2, 3), 5000, (2, 4000), ()):
            arguments = ([1, 2, 3], covariance, size)
            assert_same(ours, theirs, "multivariate_normal", *arguments, method=method)


@pytest.mark.parametrize("kind", KINDS)
def test_states_go_both_ways_in_the_middle(kind):
    ours, theirs = both(kind)
    for rng in (ours, theirs):
        rng.random(3, dtype="f4")
        rng.normal(size=5)
    again = ab.random.Generator.from_numpy(theirs)
    assert plain(again.bit_generator.state) == plain(theirs.bit_generator.state)
    assert plain(ab.random.default_rng(theirs).bit_generator.state) == plain(
        theirs.bit_generator.state
    )
    back = ours.to_numpy()
    assert isinstance(back, np.random.Generator)
    wanted = theirs.random(50, dtype="f4")
    for rng in (ours, again, back, pickle.loads(pickle.dumps(ab.random.default_rng(1)))):
        if rng.bit_generator.state["bit_generator"] == kind and rng is not theirs:
            got = rng.random(50, dtype="f4")
            if rng in (ours, again, back):
                assert got.tobytes() == wanted.tobytes()
    copied = pickle.loads(pickle.dumps(ours))
    assert copied.normal() == ours.normal()
    fresh = getattr(ab.random, kind)(99)
    fresh.state = theirs.bit_generator.state
    assert fresh.random_raw() == theirs.bit_generator.random_raw()
    children = zip(
        ours.spawn(2), np.random.Generator(getattr(np.random, kind)(5)).spawn(2), strict=True
    )
    for mine, yours in children:
        assert mine.normal() == yours.normal()
    assert copy.deepcopy(ours).random() == ours.random()


@pytest.mark.parametrize("kind", KINDS)
def test_bit_generators(kind):
    mine, yours = getattr(ab.random, kind)(3), getattr(np.random, kind)(3)
    assert mine.random_raw() == yours.random_raw()
    assert mine.random_raw((2, 2)).tolist() == yours.random_raw((2, 2)).tolist()
    assert mine.random_raw(3, False) is None
    yours.random_raw(3, False)
    if hasattr(yours, "jumped"):
        for jumps in (0, 1, 3):
            assert plain(mine.jumped(jumps).state) == plain(yours.jumped(jumps).state)
    else:
        assert not hasattr(mine, "jumped")
    if hasattr(yours, "advance"):
        for delta in (0, 5, 2**70, -7, -(2**64), 2**127):
            assert mine.advance(delta) is mine
            yours.advance(delta)
            assert plain(mine.state) == plain(yours.state), delta
    else:
        assert not hasattr(mine, "advance")
    assert mine.to_numpy().seed_seq.entropy == 3
    for bad in ({}, {"bit_generator": "other"}, 5, None):
        with pytest.raises((TypeError, ValueError)):
            mine.state = bad
    if kind == "Philox":
        for keywords in (
            {"key": 5},
            {"key": [1, 2], "counter": 7},
            {"seed": 4, "counter": [1] * 4},
        ):
            assert plain(ab.random.Philox(**keywords).state) == plain(
                np.random.Philox(**keywords).state
            )
        with pytest.raises(ValueError):
            ab.random.Philox(seed=1, key=2)


SEEDS = [0, 5, 2**32, 2**200 + 7, [1, 2, 3], (2**40, 0), [], np.array([1, 2], "u4"), np.int64(7)]
SEEDS += [True, [1, [2, 3]], np.arange(3), range(3)]


def test_seeds():
    for seed, key, size in itertools.product(SEEDS, ((), (1,), (0, 2**40)), (4, 8)):
        mine = ab.random.SeedSequence(seed, spawn_key=key, pool_size=size)
        yours = np.random.SeedSequence(seed, spawn_key=key, pool_size=size)
        assert mine.pool.tolist() == yours.pool.tolist(), (seed, key)
        assert mine.spawn_key == yours.spawn_key and mine.pool_size == yours.pool_size
        for dtype in (np.uint32, "uint64"):
            assert mine.generate_state(5, dtype).tolist() == yours.generate_state(5, dtype).tolist()
        pairs = zip(mine.spawn(3) + mine.spawn(1), yours.spawn(3) + yours.spawn(1), strict=True)
        for child, other in pairs:
            assert child.pool.tolist() == other.pool.tolist()
        assert mine.n_children_spawned == yours.n_children_spawned == 4
        again = pickle.loads(pickle.dumps(mine))
        assert again == mine and again.n_children_spawned == 4 and hash(again) == hash(mine)
    for seed in (1.5, -1, "a", "0x5", [1.5], [-1], {}, object()):
        for call in ("SeedSequence", "default_rng", "PCG64"):
            errors = []
            for module in (ab.random, np.random):
                with pytest.raises((TypeError, ValueError)) as caught:
                    getattr(module, call)(seed)
                errors.append(caught.type)
            assert errors[0] == errors[1], seed
    assert ab.random.SeedSequence().entropy != ab.random.SeedSequence().entropy
    # NumPy takes ours.
    ours = ab.random.SeedSequence(9).spawn(2)[1]
    theirs = np.random.SeedSequence(9).spawn(2)[1]
    assert np.random.default_rng(ours).random() == np.random.default_rng(theirs).random()
    assert ab.random.default_rng(theirs).random() == np.random.default_rng(theirs).random()
    assert (
        np.random.default_rng(ours).spawn(1)[0].random()
        == ab.random.default_rng(theirs).spawn(1)[0].random()
    )
    with pytest.raises(ValueError, match="uint32 or uint64"):
        ours.generate_state(2, "f8")


def test_what_makes_a_generator():
    rng = ab.random.default_rng(1)
    assert ab.random.default_rng(rng) is rng
    bits = ab.random.SFC64(1)
    assert ab.random.default_rng(bits).bit_generator is bits
    old = np.random.RandomState(3)
    new = np.random.Generator(old._bit_generator)
    taken = ab.random.default_rng(old)
    assert taken.normal() == new.normal()
    with pytest.raises(TypeError, match="hint: default_rng"):
        ab.random.Generator(5)
    with pytest.raises(TypeError, match="default_rng"):
        ab.random.Generator(np.random.default_rng(1))
    with pytest.raises(NotImplementedError, match="PCG64"):
        ab.random.BitGenerator(5)
    assert str(rng) == "Generator(PCG64)"


def test_a_seed_for_map():
    rng = ab.random.default_rng(8)
    wanted = ab.map(lambda i, rng: rng.random(), range(3), seed=8, plan="serial")
    for seed in (rng, rng.bit_generator, ab.random.SeedSequence(8)):
        assert ab.map(lambda i, rng: rng.random(), range(3), seed=seed, plan="serial") == wanted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_parallel_draws_are_those_of_one_core(kind, threads, monkeypatch):
    from abreast.random import counts, drawing

    ours, theirs = both(kind)
    for module in (drawing, counts):
        monkeypatch.setattr(module, "threads_for", lambda _count: threads)
    for head in (0, 1, 2, 3):
        for size in (1, 5, 1000, 1001, 4099):
            for rng in (ours, theirs):
                rng.random(head, dtype="f4")
            assert_same(ours, theirs, "random", size)
            assert_same(ours, theirs, "random", size, "f4")
            assert_same(ours, theirs, "uniform", -1, 3, size)
            assert_same(ours, theirs, "bytes", size)
            for dtype in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"):
                info = np.iinfo(dtype)
                assert_same(ours, theirs, "integers", info.min, info.max, size, dtype, True)


def test_large_results():
    ours, theirs = both()
    assert_same(ours, theirs, "random", 1 << 20)
    assert_same(ours, theirs, "random", (1 << 10, 1 << 10), "f4")
    assert_same(ours, theirs, "integers", 0, 2**64 - 1, 1 << 20, "u8", True)
    assert_same(ours, theirs, "standard_normal", 1 << 18)


def test_threads_share_a_generator():
    rng = ab.random.default_rng(4)
    parts = []

    def work():
        for _ in range(20):
            parts.append(rng.standard_normal(1000))
            parts.append(rng.multivariate_normal([0, 0], np.eye(2), 3).ravel())
            parts.append(rng.random(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    values = np.concatenate(parts)
    assert len(set(values.tolist())) == values.size == 4 * 20 * 1011  # no number came twice


def test_a_generator_at_work_is_not_drawn_from():
    rng = ab.random.default_rng(4)

    class Items(list):
        def __setitem__(self, at, value):
            rng.random()

    with pytest.raises(RuntimeError, match="hint: give what it calls a generator of its own"):
        rng.shuffle(Items([1, 2, 3]))
    assert 0 <= rng.random() < 1  # and works on


def test_importing_abreast_loads_none_of_it():
    import subprocess
    import sys

    code = "import abreast.random, sys; assert 'numpy' not in sys.modules; abreast.random.PCG64(1)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("where", ["serial", "processes:2"])
def test_tasks_that_share_a_generator_are_noticed(where):
    Streams._told.clear()  # each function is told once
    rng = ab.random.default_rng(3)

    def shaken(x):
        return x + rng.random()

    with pytest.warns(ab.RandomStreamWarning, match="shaken"):
        ab.map(shaken, range(8), plan=where)


def test_a_generator_goes_to_tasks():
    rng = ab.random.default_rng(3)
    rng.random(3, dtype="f4")
    (there,) = ab.map(lambda it: it.random(5, dtype="f4").tolist(), [rng], plan="processes:1")
    assert there == rng.random(5, dtype="f4").tolist()
