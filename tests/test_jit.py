"""The decorator: dispatch, refusals, errors with their line, pickling, threads, programs."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import abreast as ab
from abreast import _abreast


@ab.jit
def scaled(x: Any, by: float = 2.0) -> Any:
    """Scale."""
    return x * by


@ab.jit
def matmul(a, b, out):
    for i in ab.prange(a.shape[0]):
        for j in range(b.shape[1]):
            s = 0.0
            for k in range(a.shape[1]):
                s += a[i, k] * b[k, j]
            out[i, j] = s


@ab.jit
def reductions(x):
    total, product, least, most = 0.0, 1.0, 1e9, -1e9
    count = 0
    for i in ab.prange(len(x)):
        total += x[i]
        product *= 1 + x[i] * 1e-6
        least = min(least, x[i])
        most = max(x[i], most)
        if x[i] > 0.5:
            count += 1
    return total, product, least, most, count


def test_it_looks_like_the_function():
    assert (scaled.__name__, scaled.__doc__, scaled.__wrapped__(3)) == ("scaled", "Scale.", 6.0)
    assert repr(scaled) == "<jit scaled>"
    assert [scaled(3), scaled(3, 4), scaled(by=5, x=1)] == [6.0, 12, 5]
    assert "int, float" in scaled.signatures
    for arguments, words in (
        ({}, "missing required argument: 'x'"),
        ({"x": 1, "y": 2}, "unexpected keyword argument 'y'"),
    ):
        with pytest.raises(TypeError, match=words):
            scaled(**arguments)
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3"):
        scaled(1, 2, 3)
    with pytest.raises(TypeError, match="multiple values for argument 'x'"):
        scaled(1, x=2)
    with pytest.raises(TypeError, match=r"is a list\nhint: .*numpy.asarray"):
        scaled([1])
    with pytest.raises(OverflowError, match="64 bits"):
        scaled(2**63)
    with pytest.raises(TypeError, match="array of object"):
        scaled(np.array([None]))
    with pytest.raises(TypeError, match="jit takes a Python function"):
        ab.jit(len)


def test_what_was_made_can_be_seen():
    scaled(1.0, 2.0)
    assert "mul" in scaled.inspect()
    assert "kernel @" in scaled.inspect("improved")
    assert "define i64" in scaled.inspect("llvm")
    assert ".text" in scaled.inspect("asm")
    with pytest.raises(ValueError, match="there are 'ir'"):
        scaled.inspect("c")
    with pytest.raises(ValueError, match="call the function first"):
        ab.jit(lambda x: x).inspect()


def test_matrix_product_of_all_kinds_of_arrays():
    draw = np.random.default_rng(1)
    a, b = draw.random((33, 17)), draw.random((17, 41))
    for dtype in (np.float64, np.float32):
        x, y = a.astype(dtype), b.astype(dtype)
        for left in (x, np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2]):
            for right in (y, np.asfortranarray(y), y[::-1].copy()[::-1]):
                out = np.empty((33, 41), dtype)
                matmul(left, right, out)
                assert np.allclose(out, x @ y, rtol=1e-5)
    out = np.zeros((33, 41))
    with pytest.raises(IndexError) as caught:
        matmul(a, b[:10], out)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.name, last.line) == ("matmul", "s += a[i, k] * b[k, j]")
    assert last.filename == __file__


def test_reductions_do_not_depend_on_threads():
    x = np.random.default_rng(2).random(100_003)
    seen = set()
    for count in (1, 2):
        with ab.threads(count):
            seen.add(reductions(x))
    assert len(seen) == 1
    total, product, least, most, count = seen.pop()
    assert np.isclose(total, x.sum())
    assert np.isclose(product, np.prod(1 + x * 1e-6))
    assert (least, most, count) == (x.min(), x.max(), int((x > 0.5).sum()))
    assert reductions(x[:0])[4] == 0


@ab.jit
def sums(a, b):
    for i in range(1, len(a)):
        a[i] += b[i - 1]


def test_arrays_that_share_memory():
    for given in (
        (slice(0, 9), slice(0, 9)),
        (slice(1, 10), slice(0, 9)),
        (slice(0, 9), slice(1, 10)),
    ):
        x, y = np.arange(10.0), np.arange(10.0)
        sums(x[given[0]], x[given[1]])
        sums.__wrapped__(y[given[0]], y[given[1]])
        assert np.array_equal(x, y)


def refusal(text: str, names: dict[str, Any] | None = None) -> str:
    """The refusal of a function `f(a, n)`, called with an array and an int."""
    import linecache

    file = f"<refused {abs(hash(text))}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    scope: dict[str, Any] = {"ab": ab, "np": np, **(names or {})}
    exec(compile(text, file, "exec"), scope)
    with pytest.raises(ab.LanguageError) as caught:
        ab.jit(scope["f"])(np.arange(3.0), 3)
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "words", "meant"),
    [
        ("x = [1, n]", "a list", "[1, n]"),
        ("x = {1: n}", "a dict", "{1: n}"),
        ("x = a + None", "arithmetic with None", "a + None"),
        ("x = np.fft.fft(a)", "np.fft.fft is numpy.fft.fft, which is not compiled", "np.fft.fft"),
        ("x = abs(a, n)", "abs of", "abs(a, n)"),
        ("x = unknown(n)", "the name unknown is not defined", "unknown"),
        ("x = plain(n)", "a Python function that is not compiled", "plain"),
        ("x = a[n > 1]", "an index is bool", "n > 1"),
        ("x = a[0, 1]", "2 indices for an array of 1 dimensions", "0, 1"),
        ("x = a.partition(2)", "the method partition of a 1-dimensional array", "a.partition(2)"),
        ("x = f'{n}'", "a formatted string", "f'{n}'"),
        ("print(range(n))", "print of an iterator", "range(n)"),
        ("try:\n        pass\n    finally:\n        pass", "`try`", "try:"),
        ("import math", "an import", "import math"),
        ("x = y\n    y = 1", "y is read before it is assigned", "y"),
        (
            "if n:\n        x = 1\n    else:\n        x = range(n)\n    return x",
            "x is int on one way",
            "if n:",
        ),
        (
            "for i in ab.prange(n):\n        break",
            "`break` or `return` inside of prange",
            "for i in",
        ),
        (
            "s = 0\n    for i in ab.prange(n):\n        s = s * 2 + i\n    return s",
            "s is carried",
            "s * 2 + i",
        ),
        ("return range(n)", "it returns an iterator", "return"),
        ("raise ValueError(str(n))", "a message that is made while it runs", "str(n)"),
        ("x = n @ n", "`@`", "n @ n"),
        ("a, b = n", "a int is assigned to several names", "a, b"),
        ("x = f(a, n)", "a Python function that is not compiled", "f"),
    ],
)
def test_refusals(body, words, meant):
    message = refusal(f"def f(a, n):\n    {body}\n", {"plain": lambda n: n})
    assert words in message
    lines = message.splitlines()
    assert lines[-1].startswith("hint: ")
    caret = next(line for line in lines if set(line.strip()) == {"^"})
    code = lines[lines.index(caret) - 1]
    assert code[caret.index("^") : caret.rindex("^") + 1].startswith(meant)


def test_recursion_is_refused():
    @ab.jit
    def again(n):
        return again(n - 1)

    with pytest.raises(ab.LanguageError, match="calls itself"):
        again(1)


@pytest.mark.parametrize("where", ["serial", "threads", "processes"])
def test_a_task_on_any_plan(where):
    local = ab.jit(lambda x: x * 3)
    with ab.plan(where, **({} if where == "serial" else {"workers": 2})):
        assert ab.map(scaled, range(5)) == [0.0, 2.0, 4.0, 6.0, 8.0]
        assert ab.map(local, range(5)) == [0, 3, 6, 9, 12]


def test_pickled_by_name():
    assert pickle.loads(pickle.dumps(scaled)) is scaled


IN_A_SCRIPT = """
import multiprocessing, pickle, cloudpickle, abreast as ab

@ab.jit
def doubled(x):
    return x * 2

@ab.vectorize
def more(x):
    return x + 0.5

if __name__ == "__main__":
    for each in (doubled, more):
        assert pickle.loads(pickle.dumps(each)) is each
        assert pickle.loads(pickle._dumps([each]))[0] is each  # the one written in Python
        assert pickle.loads(cloudpickle.dumps(each)) is not each
    for way in ("fork", "spawn"):
        with multiprocessing.get_context(way).Pool(2) as pool:
            print(pool.map(doubled, [1, 2]), pool.map(more, [1.0]))
    with ab.plan("processes", workers=2):
        print(ab.map(doubled, [1, 2]), ab.map(more, [1.0]))
"""


def test_functions_of_a_script_in_pools_of_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(IN_A_SCRIPT)
    found = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=False
    )
    assert found.stdout == "[2, 4] [1.5]\n" * 3, found.stderr


def test_first_calls_at_once_compile_once():
    function = ab.jit(lambda x: x * 1.25 + 7.5)
    before = _abreast.compiled()
    gate = threading.Barrier(8)
    results = []

    def call():
        gate.wait()
        results.append(function(2.0))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [10.0] * 8
    assert len(function.signatures) == 1
    assert sum(_abreast.compiled()[1:3]) - sum(before[1:3]) <= 1


def test_other_threads_run_meanwhile():
    @ab.jit
    def busy(n):
        s = 0
        for i in range(n):
            s = (s * 1103515245 + i) % 2147483647
        return s

    busy(1)
    done = []
    thread = threading.Thread(target=lambda: done.append(busy(60_000_000)))
    thread.start()
    count = 0
    while not done:
        time.sleep(0.001)
        count += 1
    thread.join()
    assert count > 3


def test_programs_of_a_command_line_and_files(tmp_path: Path):
    text = "import abreast as ab\nf = ab.jit(lambda x: x + 1)\nprint(f(2))\n"
    file = tmp_path / "program.py"
    file.write_text(text)
    for command in (["-c", text], [str(file)]):
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, timeout=60, check=True
        )
        assert done.stdout == "3\n"


def test_reloading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import importlib
    import linecache

    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "jitted_module.py"
    head = "import abreast as ab\n@ab.jit\ndef f(x):\n"
    file.write_text(f"{head}    return x + 1\n")
    module: ModuleType = importlib.import_module("jitted_module")
    assert module.f(1) == 2
    file.write_text(f"{head}    y = x * 10\n    return y\n")
    importlib.invalidate_caches()
    linecache.checkcache()
    sys.modules.pop("jitted_module")
    for cached in tmp_path.glob("__pycache__/*"):
        cached.unlink()
    assert importlib.import_module("jitted_module").f(1) == 10


class Holder:
    @staticmethod
    @ab.jit
    def inside(x):
        return x + 1

    @ab.jit
    def method(self, x):
        return x


def test_methods():
    assert Holder.inside(1) == Holder().inside(1) == 2
    with pytest.raises(TypeError, match="staticmethod"):
        Holder().method(1)


def test_without_checks():
    @ab.jit(boundscheck=False)
    def total(a):
        s = 0.0
        for i in range(len(a)):
            s += a[i]
        return s + a[-1]

    assert total(np.arange(4.0)) == 9.0
    assert "check" not in total.inspect("ir")


def test_abreast_arrays_are_read():
    import abreast.numpy as anp

    @ab.jit
    def first(a):
        return a[0] + a[-1]

    assert first(anp.arange(5)) == 4
