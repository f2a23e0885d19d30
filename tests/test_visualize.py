"""Pictures of graphs."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

import abreast as ab

SVG = "{http://www.w3.org/2000/svg}"


def graph():
    loads = [ab.delayed(range)(n) for n in range(3)]
    sums = [ab.delayed(sum)(load) for load in loads]
    return ab.delayed(max)(sums) + sums[0], loads


def test_dot():
    total, _ = graph()
    dot = ab.visualize(total).dot
    labels = re.findall(r'(\d+) \[label="(.*?)"', dot)
    assert sorted(name for _, name in labels) == sorted(["range", "sum"] * 3 + ["max", "add"])
    names = dict(labels)
    edges = [(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", dot)]
    assert sorted(edges) == sorted(
        [("range", "sum")] * 3 + [("sum", "max")] * 3 + [("max", "add"), ("sum", "add")]
    )
    assert dot.count("penwidth") == 1


def places(picture):
    """Name, x and y of each box."""
    root = ElementTree.fromstring(picture.svg)
    found = []
    for group in root.iter(f"{SVG}g"):
        text = group.find(f"{SVG}text")
        found.append((text.text, float(text.get("x")), float(text.get("y"))))
    return root, found


def test_layers():
    total, _ = graph()
    root, found = places(ab.visualize(total))
    heights = {name: {y for other, _, y in found if other == name} for name, _, _ in found}
    assert all(len(each) == 1 for each in heights.values()), "a layer is a line"
    tops = [heights[name].pop() for name in ("range", "sum", "max", "add")]
    assert tops == sorted(tops) and len(set(tops)) == 4
    assert len({(x, y) for _, x, y in found}) == len(found) == 8, "two in one place"
    width, height = float(root.get("width")), float(root.get("height"))
    assert all(0 < x < width and 0 < y < height for _, x, y in found)
    assert len(root.findall(f"{SVG}path")) == 8


def test_trees_have_no_crossings():
    layer = [ab.delayed(abs)(n) for n in range(16)]
    while len(layer) > 1:
        layer = [a + b for a, b in zip(layer[::2], layer[1::2], strict=True)]
    root, _ = places(ab.visualize(layer[0]))
    ends = []
    for path in root.findall(f"{SVG}path"):
        points = [
            tuple(map(float, each.split(",")))
            for each in re.findall(r"[-\d.]+,[-\d.]+", path.get("d"))
        ]
        ends.append((points[0], points[-1]))
    for (start, end), (other, its) in ((a, b) for a in ends for b in ends if a[0][1] == b[0][1]):
        assert (start[0] - other[0]) * (end[0] - its[0]) >= 0


def test_kinds_and_names():
    kept = ab.persist(ab.delayed(abs)(-1), plan="serial")
    future = ab.submit(abs, -1)
    named = ab.delayed(type("<&>" + "x" * 30, (), {"__call__": lambda self, *_: 1})())
    picture = ab.visualize([named(kept, future), {"k": kept}])
    root, found = places(picture)
    assert [group.get("class") for group in root.iter(f"{SVG}g")].count("future") == 1
    assert {"value", "future"} <= {name for name, _, _ in found}
    assert any(name.startswith("<&>") and name.endswith("…") for name, _, _ in found)
    assert 'label="future", shape=ellipse' in picture.dot
    assert repr(picture) == "<Picture of 1 task>"
    future.result()


def test_files(tmp_path):
    total, _ = graph()
    picture = ab.visualize(total, filename=tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text() == picture.svg == picture._repr_svg_()
    ab.visualize(total, filename=str(tmp_path / "graph.dot"))
    assert (tmp_path / "graph.dot").read_text() == picture.dot
    with pytest.raises(ValueError, match=r"filename=.*\.png.*\.svg or \.dot\nhint: Graphviz"):
        ab.visualize(total, filename=tmp_path / "graph.png")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["graph.dot", "graph.svg"]


def test_wrong_calls():
    with pytest.raises(TypeError, match="nothing among the arguments is delayed"):
        ab.visualize(3)
    items = []
    items.append(ab.delayed(sum)(items))
    with pytest.raises(ValueError, match="in a circle"):
        ab.visualize(items[0])


def test_large_graphs():
    value = ab.delayed(abs)(0)
    values = [value]
    for n in range(2000):
        value = value + values[n // 2]
        values.append(value)
    assert ab.visualize(value).svg.count("<rect") == 2001
