"""Futures that a task would reach by another way than its arguments: the error names it."""

import concurrent.futures as cf
import functools
import pickle
import textwrap
import time
from collections import OrderedDict

import pytest

import abreast as ab


def nap(seconds, value=None):
    time.sleep(seconds)
    return value


def same(*args, **kwargs):
    return (args, kwargs) if kwargs else args


def captures():
    held = ab.submit(nap, 0.01, 3)

    def g(x=None, rng=None):
        return held.result()

    return g


class Box:
    __slots__ = ("__dict__", "inner")


@pytest.mark.parametrize("where", ["serial", "serial isolated", "threads:2", "processes:1"])
def test_a_captured_future_is_named(where):
    name, _, isolate = where.partition(" ")
    with ab.plan(name, isolate=bool(isolate)):
        fut = ab.submit(nap, 0.01, 3)
        text = "the function `g` holds a Future in its variable `held`"
        for call in (
            lambda: ab.submit(captures()),
            lambda: ab.submit(captures(), cf.Future()),
            lambda: ab.map(captures(), [1]),
            lambda: ab.imap(captures(), [1]),
            lambda: ab.options(seed=1).submit(captures()),
        ):
            with pytest.raises(ab.TransferError, match="holds a Future") as caught:
                call()
            assert "a Future as an argument becomes its value\nhint: pass it: " in str(caught.value)
        with pytest.raises(ab.TransferError, match=text) as caught:
            ab.submit(captures())
        assert str(caught.value).endswith("hint: pass it: submit(g, held)")
        with pytest.raises(ab.TransferError, match=r"as the default of its parameter `x`"):
            ab.submit(lambda x=fut: x)
        with pytest.raises(ab.TransferError, match=r"as the default of its parameter `x`"):
            ab.submit(lambda *, x=fut: x)
        with pytest.raises(ab.TransferError, match=r"in argument 0 of its partial"):
            ab.submit(functools.partial(pow, fut), 2)
        with pytest.raises(ab.TransferError, match=r"in argument `exp` of its partial"):
            ab.submit(functools.partial(pow, exp=fut), 2)
        assert ab.submit(pow, fut, 2).result(20) == 9


def test_a_future_on_an_attribute_is_named():
    with ab.plan("processes:1"):
        box, outer = Box(), Box()
        box.inner, outer.deep = ab.submit(nap, 0.01), {"k": [box]}
        with pytest.raises(ab.TransferError, match=r"argument 1 holds a Future at `\.inner`"):
            ab.submit(same, 1, box)
        with pytest.raises(ab.TransferError, match=r"argument 'b' holds .* `\.deep\['k'\]\[0\]\.i"):
            ab.submit(same, cf.Future(), b=outer)
        with pytest.raises(ab.TransferError, match=r"argument of task 2 holds a Future") as caught:
            ab.map(same, [0, 1, box])
        assert caught.value.index == 2
        with pytest.raises(ab.TransferError, match=r"argument 0 holds a Future at `\['k'\]`"):
            ab.submit(same, OrderedDict(k=box.inner))
        with pytest.raises(TypeError, match="a Future stays in the process"):
            pickle.dumps(box.inner)


def test_a_future_in_a_global_variable_of_main_is_named(run):
    text = """
    import abreast as ab
    for where in ("serial", "threads:1", "processes:1"):
        ab.plan(where)
        fut = ab.submit(abs, -3)
        def g(x):
            return x + fut.result()
        try:
            ab.submit(g, 1)
        except ab.TransferError as error:
            assert "`g` holds a Future in the global variable `fut`" in str(error), error
        else:
            raise SystemExit(where)
        assert ab.submit(divmod, fut, 2).result() == (1, 1)
    """
    run(textwrap.dedent(text))
