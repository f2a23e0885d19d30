"""What a comparison says: crossovers, speed-ups, text, files, pictures."""

import json

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import abreast as ab
from abreast.comparison import Omitted
from abreast.comparison.rows import make_row

mpl.use("agg")

QUIET = {"seconds": 0.0, "repeats": 2, "progress": False}


@pytest.fixture(scope="module", autouse=True)
def _fonts():
    """Have Matplotlib open its fonts: it keeps the files open, and tests look for such things."""
    ab.Comparison(rows({"f": lambda n: 1.0}, [1]))._repr_html_()


def rows(costs, sizes, spread=0.01, repeats=5, plan="serial"):
    """Rows of invented times: a function from size to seconds for each label."""
    factors = np.linspace(1 - spread, 1 + spread, repeats)
    return [
        make_row(label, plan, size, [cost(size) * each for each in factors])
        for size in sizes
        for label, cost in costs.items()
    ]


SIZES = [10, 100, 1000, 10_000]
COSTS = {"loop": lambda n: n * 1e-6, "array": lambda n: 1e-4 + n * 1e-7}


def test_crossover():
    found = ab.Comparison(rows(COSTS, SIZES))
    (crossover,) = found.crossovers()
    assert crossover[:4] == ("array", "loop", 1000, 100)
    assert crossover.ratio == pytest.approx(10_000e-6 / (1e-4 + 1e-3))
    assert str(crossover) == (
        "array is faster than loop from size 1,000 on, 9.09 times as fast at 10,000; "
        "up to size 100, loop is the faster"
    )
    assert found.crossovers(base="array") == [crossover]


@pytest.mark.parametrize(
    ("other", "spread", "sizes", "text"),
    [
        (
            lambda n: n * 1e-7, 0.01, SIZES,
            "b is faster than a at all sizes, 10.0 times as fast at 10,000",
        ),
        (
            lambda n: n * 1e-5, 0.01, SIZES,
            "a is faster than b at all sizes, 10.0 times as fast at 10,000",
        ),
        (lambda n: n * 1e-7, 0.01, [10], "b is faster than a at size 10, 10.0 times as fast"),
        (lambda n: n * 1.1e-6, 0.2, SIZES, "no clear difference between b and a at size 10,000"),
        (
            lambda n: 1e-4 + n * 1e-6, 0.05, SIZES,
            "no clear difference between b and a at size 10,000; up to size 1,000, a is the faster",
        ),
        (
            lambda n: n * 1e-6 - min(n, 100) * 9e-7, 0.08, SIZES,
            "no clear difference between a and b at size 10,000; up to size 100, b is the faster",
        ),
        (
            lambda n: 3e-3 + n * 1e-7, 0.01, SIZES,
            "b is faster than a at the largest size, 10,000, 2.50 times as fast; "
            "up to size 1,000, a is the faster",
        ),
    ],
)  # fmt: skip
def test_crossover_sentences(other, spread, sizes, text):
    found = ab.Comparison(rows({"a": lambda n: n * 1e-6, "b": other}, sizes, spread))
    assert [str(each) for each in found.crossovers()] == [text]


def test_few_times_are_no_band():
    costs = {"a": lambda n: 1.0, "b": lambda n: 3.0, "c": lambda n: 5.0}
    found = ab.Comparison(rows(costs, [1], repeats=1))
    b, c = map(str, found.crossovers())
    assert b == "no clear difference between b and a at size 1"
    assert c == "a is faster than c at size 1, 5.00 times as fast"


def test_no_common_size():
    table = [*rows({"a": lambda n: 1.0}, [1]), *rows({"b": lambda n: 1.0}, [2])]
    found = ab.Comparison(table)
    assert str(found.crossovers()[0]) == "b and a have no size in common"
    assert found.speedups() == {} and "no size in common" in str(found)


def test_speedups():
    found = ab.Comparison(rows(COSTS, SIZES))
    ratios = [COSTS["loop"](n) / COSTS["array"](n) for n in SIZES]
    assert found.speedups() == {"array": pytest.approx(np.sqrt(ratios[2] * ratios[3]))}
    every = pytest.approx(np.exp(np.mean(np.log(ratios))))
    assert found.speedups(at_least=1) == {"array": every}
    assert found.speedups("array")["loop"] == pytest.approx(1 / np.sqrt(ratios[2] * ratios[3]))


def test_fastest_of_all():
    costs = COSTS | {"middle": lambda n: 3e-5 + n * 5e-7}
    found = ab.Comparison(rows(costs, [10, 100, 200, 1000, 10_000, 100_000]))
    costs_at = {n: {name: cost(n) for name, cost in costs.items()} for n in found.sizes}
    expected = {n: min(at, key=at.get) for n, at in costs_at.items()}
    assert found.fastest() == expected
    sentence = "fastest of all: loop at size 10, middle at size 100, array from size 200 on"
    assert sentence in str(found).splitlines()


def test_nothing_was_measured(tmp_path):
    with pytest.raises(ValueError, match="no rows were given\nhint"):
        ab.Comparison([])
    functions = {"a": lambda n: 1 / 0, "b": lambda n: {}[n]}
    found = ab.compare(functions, [1, 2], on_error="omit", **QUIET)
    assert found.table == [] and len(found.omitted) == 4
    assert str(found).splitlines()[-1] == "b and a have no size in common"
    assert found.fastest() == found.speedups() == {}
    found.plot(tmp_path / "empty.png")


def test_text():
    omitted = [Omitted("loop", "serial", 100_000, "the budget of 1.00 s was spent")]
    table = [*rows(COSTS, SIZES), *rows({"array": COSTS["array"]}, [100_000])]
    found = ab.Comparison(table, omitted, complete=False)
    lines = str(found).splitlines()
    assert " ".join(lines[0].split()) == "size function median 5 % to 95 % times speed-up over loop"
    assert " ".join(lines[1].split()) == "10 loop 10.0 µs 9.91 µs to 10.1 µs 5 1.00"
    assert lines[2].split()[-1] == "0.099" and lines[2].startswith("         array")
    assert lines[9] == "100,000  loop      left out: the budget of 1.00 s was spent"
    assert lines[10].split() == ["array", "10.1", "ms", "10.0", "ms", "to", "10.2", "ms", "5", "-"]
    assert lines[-1].startswith("stopped by Ctrl-C")
    assert "speed-up over array" in found.text("array")
    assert repr(found) == "<Comparison of loop, array at sizes 10 to 100,000, stopped>"
    alone = str(ab.Comparison(rows({"f": lambda n: 1.0}, [1])))
    assert "speed-up" not in alone and len(alone.splitlines()) == 2


def test_pandas():
    found = ab.Comparison(rows(COSTS, SIZES))
    frame = found.to_pandas()
    assert list(frame.columns[:6]) == ["label", "plan", "size", "median", "low", "high"]
    pivot = frame.pivot(index="size", columns="label", values="median")
    assert pivot["loop"].tolist() == pytest.approx([COSTS["loop"](n) for n in SIZES])


def test_save_and_load(tmp_path):
    path = tmp_path / "found.json"
    omitted = [Omitted("loop", "serial", 100_000, "why <&> \u00b5")]
    found = ab.compare([sum, max], [1, 10], make=range, base="max", **QUIET)
    for each in (found, ab.Comparison(rows(COSTS, SIZES), omitted, complete=False)):
        each.save(path)
        again = ab.Comparison.load(str(path))
        assert again.table == each.table and again.omitted == each.omitted
        assert (again.names, again.base, again.complete) == (each.names, each.base, each.complete)
        assert str(again) == str(each)
    assert [it.name for it in tmp_path.iterdir()] == ["found.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "is not a saved comparison\nhint: Comparison.save"),
        ("no json", "is not a saved comparison"),
        (json.dumps({"abreast": "comparison", "format": 99}), "the file has format 99"),
    ],
)
def test_files_that_are_something_else(tmp_path, content, message):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        ab.Comparison.load(path)


# The picture


def test_plot():
    found = ab.Comparison(rows(COSTS, SIZES, spread=0.2))
    ax = Figure().subplots()
    assert found.plot(ax=ax) is ax
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xlabel() == "size" and "(s)" in ax.get_ylabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["loop", "array"]
    assert [line.get_label() for line in ax.lines] == ["loop", "array"]
    for line, band in zip(ax.lines, ax.collections, strict=True):
        cost = COSTS[line.get_label()]
        assert list(line.get_xdata()) == SIZES
        assert list(line.get_ydata()) == pytest.approx([cost(n) for n in SIZES])
        corners = band.get_paths()[0].vertices
        for n in SIZES:
            ends = corners[corners[:, 0] == n][:, 1]
            times = cost(n) * np.linspace(0.8, 1.2, 5)
            assert [ends.min(), ends.max()] == pytest.approx(np.quantile(times, [0.05, 0.95]))
        assert band.get_facecolor()[0][:3] == pytest.approx(mpl.colors.to_rgb(line.get_color()))


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_plot_to_a_file(tmp_path, name, begins):
    from matplotlib import pyplot

    path = tmp_path / name
    ab.Comparison(rows(COSTS, SIZES)).plot(path)
    assert path.read_bytes().startswith(begins)
    assert not pyplot.get_fignums()


def test_plot_for_a_window():
    from matplotlib import pyplot

    ax = ab.Comparison(rows(COSTS, SIZES)).plot()
    assert pyplot.get_fignums() == [ax.figure.number]
    pyplot.close(ax.figure)


def test_html():
    found = ab.Comparison(rows({"<lambda>": lambda n: 1.0, "b": lambda n: 2.0}, SIZES))
    html = found._repr_html_()
    assert html.startswith('<img alt="runtime against size" src="data:image/png;base64,iVBOR')
    assert "&lt;lambda&gt;" in html and "<lambda>" not in html


def test_without_matplotlib_and_pandas(run):
    program = """
import sys
sys.modules["matplotlib"] = sys.modules["pandas"] = None  # as if they were not installed
import abreast as ab
found = ab.compare([sum, max], [10, 100], make=range, seconds=0.01)
for call in (found.plot, found.to_pandas):
    try:
        call()
    except ModuleNotFoundError as error:
        print(error)
print(found._repr_html_()[:24], str(found).count("\\n") > 4)
assert "numpy" not in sys.modules, "and NumPy is not needed"
"""
    out = run(program).splitlines()
    assert out[0].startswith("plot: needs matplotlib, which cannot be imported here")
    assert out[1] == "hint: pip install matplotlib"
    assert out[2].startswith("to_pandas: needs pandas")
    assert out[-1] == '<pre class="comparison"> True'
