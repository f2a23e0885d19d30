"""What a first call has to wait for, and the short way of single operations on few elements."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp
from abreast import _abreast


def run(program: str, cache: str = "", **more: str) -> str:
    """Run a program in a process of its own, which has compiled nothing yet."""
    import os

    begin = """
        import os, sys, threading
        import numpy as np
        import abreast as ab, abreast.numpy as anp
        from abreast import _abreast, assembler

        real, texts = assembler.assemble, []

        def assemble(text, *rest):
            texts.append(text)
            return real(text, *rest)

        assembler.assemble = assemble

        def exacts():
            return sum("@exact(" in text for text in texts)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(begin) + textwrap.dedent(program)],
        env={**os.environ, "ABREAST_CACHE": cache, **more},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_rare_arguments_are_compiled_for_when_they_come():
    run("""
        x = np.linspace(-3, 3, 50_000)
        found = np.asarray(anp.exp(anp.asarray(x)) + anp.sin(anp.asarray(x)))
        assert (len(texts), exacts()) == (1, 0)
        y = x.copy()
        y[[7, 49_999]] = np.nan, 1e300
        rare = np.asarray(anp.exp(anp.asarray(y)) + anp.sin(anp.asarray(y)))
        assert (len(texts), exacts()) == (3, 2)
        assert np.isnan(rare[7]) and rare[49_999] == np.inf
        # Where arguments are common both versions have the same bits.
        rest = np.delete(np.arange(50_000), [7, 49_999])
        assert np.array_equal(rare[rest], found[rest])
        again = np.asarray(anp.exp(anp.asarray(y)) + anp.sin(anp.asarray(y)))
        assert np.array_equal(again, rare, equal_nan=True) and len(texts) == 3
    """)


def test_all_threads_of_a_launch_may_ask_at_once():
    run("""
        with ab.threads(4):
            x = np.full(4_000_000, np.nan, np.float32)
            x[::3] = 1e30
            found = np.asarray(anp.tanh(anp.asarray(x)))
        assert np.isnan(found[1]) and found[0] == 1 and exacts() == 1
        assert np.isnan(found).sum() == np.isnan(x).sum()
    """)


def test_threads_that_compute_small_arrays_wait_for_one_compilation():
    # Small arrays are computed with the interpreter in hand, which the assembler needs.
    run("""
        import time

        def slow(text, *rest):
            if "@exact(" in text:
                time.sleep(0.3)
            return assemble(text, *rest)

        assembler.assemble = slow
        common = anp.asarray(np.linspace(0.1, 0.9, 40))
        anp.log(common).block_until_ready()
        anp.log(common).block_until_ready()
        rare = np.linspace(0.1, 0.9, 40)
        rare[3], rare[5] = -1, 0
        found, ready = [], threading.Barrier(4)

        def work():
            ready.wait()
            found.append(np.asarray(anp.log(anp.asarray(rare))))

        threads = [threading.Thread(target=work) for _ in range(4)]
        [it.start() for it in threads]
        [it.join() for it in threads]
        assert len(found) == 4 and exacts() == 1
        for it in found:
            assert np.isnan(it[3]) and it[5] == -np.inf and it[7] == found[0][7]
    """)


def test_loops_of_compiled_functions_ask_too():
    run("""
        @ab.jit
        def all_of_them(x, out):
            for i in ab.prange(len(x)):
                out[i] = np.exp(x[i])

        x = np.linspace(0, 1, 100_000)
        out = np.empty_like(x)
        all_of_them(x, out)
        before, first = exacts(), out.copy()
        x[[5, 77_777]] = -np.inf, 1e-310
        all_of_them(x, out)
        assert (before, exacts()) == (0, 1)
        assert out[5] == 0 and out[77_777] == 1
        x[[5, 77_777]] = 0.5
        rest = np.delete(np.arange(100_000), [5, 77_777])
        assert np.array_equal(out[rest], first[rest])
    """)


def test_what_cannot_be_compiled_then_is_an_error_and_may_be_tried_again():
    run("""
        def refuses(text, *rest):
            if "@exact(" in text:
                raise RuntimeError("no room for this one")
            return assemble(text, *rest)

        def interrupts(text, *rest):
            if "@exact(" in text:
                raise KeyboardInterrupt("in the middle")
            return assemble(text, *rest)

        for count in (40, 100_000):
            x = np.full(count, np.nan)
            for broken, error in ((refuses, RuntimeError), (interrupts, KeyboardInterrupt)):
                assembler.assemble = broken
                for _ in range(3):
                    with ab.threads(1):
                        try:
                            np.asarray(anp.sinh(anp.asarray(x)))
                        except error as found:
                            assert "room" in str(found) or "middle" in str(found), found
                        else:
                            raise AssertionError("it was computed")
        assembler.assemble = assemble
        assert np.isnan(np.asarray(anp.sinh(anp.asarray(x)))).all()
    """)


def test_both_parts_are_kept_on_disk(tmp_path):
    program = """
        x = np.array([1.0, np.nan] * 50)
        found = np.asarray(anp.cos(anp.asarray(x)))
        print(found.tobytes().hex(), len(texts), _abreast.compiled()[1])
    """
    first = run(program, str(tmp_path)).split()
    second = run(program, str(tmp_path)).split()
    assert first[1:] == ["2", "0"]
    assert second[1:] == ["0", "2"]
    assert first[0] == second[0]


FUNCTIONS = [
    ("exp", 1),
    ("sin", 1),
    ("log", 1),
    ("sqrt", 1),
    ("negative", 1),
    ("isnan", 1),
    ("add", 2),
    ("multiply", 2),
    ("divide", 2),
    ("maximum", 2),
    ("less", 2),
    ("pow", 2),
    ("hypot", 2),
]


def numbers(count: int, dtype: str) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(count)
    yield (rng.normal(size=count) * 20).astype(dtype)
    special = (rng.normal(size=count) * 3).astype(dtype)
    special[:: max(count // 7, 1)] = [np.nan, np.inf, -np.inf, -0.0, 1e-40, 1e30, 0.0, 1.0][
        count % 8
    ]
    yield special


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arity"), FUNCTIONS)
def test_alone_an_operation_has_the_bits_that_it_has_with_others(name, arity, dtype):
    function = getattr(anp, name)
    for count in (2, 5, 33, 100, 1000, 4096):
        for x in numbers(count, dtype):
            operands = [anp.asarray(x), anp.asarray(x[::-1].copy())][:arity]
            # Something more makes it a graph; where a number stands for an operand, another kernel.
            kinds: list[list[Any]] = [operands]
            if arity == 2:
                kinds += [[operands[0], operands[0]], [operands[0], 1.5], [2.5, operands[0]]]
            for given in kinds:
                graph = np.asarray(anp.flip(anp.flip(function(*given))[::-1])[::-1])
                for _ in range(3):
                    alone = np.asarray(function(*given))
                    assert alone.dtype == graph.dtype
                    assert np.array_equal(alone, graph, equal_nan=alone.dtype != bool)
                    there = ~np.isnan(alone)
                    assert np.array_equal(np.signbit(alone[there]), np.signbit(graph[there]))


def test_a_kernel_that_is_ready_needs_no_recipe():
    x = anp.asarray(np.linspace(0.0, 1.0, 99))
    for _ in range(2):
        anp.exp(x).block_until_ready()
    before = _abreast.array_recipes(), _abreast.array_compilations()
    for count in (2, 7, 50, 3000):
        y = np.linspace(0.0, 1.0, count)
        found = np.asarray(anp.exp(anp.asarray(y)))
        np.testing.assert_allclose(found, np.exp(y), rtol=1e-15)
    square = anp.asarray(np.linspace(0.0, 1.0, 100).reshape(10, 10))
    assert anp.exp(square).block_until_ready().shape == (10, 10)
    assert (_abreast.array_recipes(), _abreast.array_compilations()) == before


def test_other_ways_to_lie_in_memory_are_others_business():
    base = np.linspace(0.1, 2.0, 400)
    anp.exp(anp.asarray(base)).block_until_ready()
    anp.exp(anp.asarray(base)).block_until_ready()
    bytes_ = np.frombuffer(b"\0" + base.tobytes(), np.uint8)[1:].view("float64")
    assert not bytes_.flags.aligned
    for it in (
        base[::2],
        base[::-1],
        base.reshape(20, 20).T,
        base[5:9],
        bytes_,
        base.astype(">f8"),
    ):
        found = np.asarray(anp.exp(anp.asarray(it)))
        np.testing.assert_allclose(found, np.exp(it), rtol=1e-15)
        view = np.asarray(anp.exp(anp.asarray(base)[3:50]))
        assert np.array_equal(view, np.asarray(anp.exp(anp.asarray(base)))[3:50])
    wide = anp.broadcast_to(anp.asarray(base[:10]), (5, 10))
    assert np.array_equal(np.asarray(anp.exp(wide))[2], np.asarray(anp.exp(anp.asarray(base[:10]))))
    ints = anp.asarray(np.arange(1, 60))
    for _ in range(3):
        assert np.array_equal(np.asarray(ints // 7), np.arange(1, 60) // 7)
        assert np.array_equal(np.asarray(ints.astype("float32")), np.arange(1, 60, dtype="f4"))
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            (ints // anp.asarray(np.zeros(59, int))).block_until_ready()


def test_functions_of_elements_take_what_they_took():
    x = anp.asarray([1.0, 4.0])
    assert np.array_equal(np.asarray(anp.sqrt(x, dtype="float32")), np.float32([1, 2]))
    with pytest.raises(TypeError):
        anp.sqrt()
    with pytest.raises(TypeError):
        anp.sqrt(x, x, x)
    with pytest.raises(TypeError, match="out= is an array of abreast"):
        anp.sqrt(x, out=x)
    assert repr(anp.sqrt) == "<abreast.numpy.sqrt>" and anp.sqrt.nin == 1
    assert np.array_equal(np.asarray(anp.add(np.array([1, 2]), [3, 4])), [4, 6])


def table(x, n, m):
    found = np.zeros((n, m))
    marks = np.ones(n, dtype=np.bool_)
    for i in range(n):
        for j in range(m):
            found[i, j] = x[(i + j) % len(x)] * 2
        if i % 2:
            marks[i] = False
    return found, marks, n


def picked(x, n):
    found = np.empty(n, dtype=np.float32)
    cube = np.zeros((2, n, 3), dtype=np.int64)
    for i in range(n):
        found[i] = x[i] + 1
        cube[1, i, 2] = i
    if n > 6:
        raise ValueError("too many")
    return found[1:], cube[1], x


def alone(n):
    return np.full((n, n), 7)


def test_functions_that_make_small_arrays_called_again_and_again():
    compiled = [ab.jit(it) for it in (table, picked, alone)]
    x = np.linspace(0.0, 1.0, 8)
    for _ in range(3):
        for n, m in ((3, 4), (0, 4), (3, 0), (1, 1), (500, 600), (2, 7)):
            for found, wanted in zip(compiled[0](x, n, m), table(x, n, m), strict=True):
                assert np.array_equal(found, wanted)
                assert np.asarray(found).dtype == np.asarray(wanted).dtype
        for n in (0, 1, 5):
            found, wanted = compiled[1](x, n), picked(x, n)
            assert all(np.array_equal(*it) for it in zip(found, wanted, strict=True))
            assert found[2] is x and found[0].dtype == np.float32
        with pytest.raises(ValueError, match="too many"):
            compiled[1](x, 8)
        with pytest.raises(IndexError):
            compiled[1](x[:2], 5)
        with pytest.raises(ValueError, match="negative"):
            compiled[2](-1)
        for n in (0, 2, 400):
            assert np.array_equal(compiled[2](n), alone(n))
    kept = [compiled[2](3) for _ in range(4)]
    kept[0][:] = 0
    assert all((it == 7).all() for it in kept[1:]) and all(it.flags.writeable for it in kept)


def test_functions_that_make_small_arrays_on_several_threads():
    function = ab.jit(table)
    x = np.linspace(0.0, 1.0, 8)
    wanted = table(x, 9, 11)[0]
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(300):
            found = function(x, 9, 11)[0]
            if not np.array_equal(found, wanted):
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    assert not wrong
