"""Arrays among the things of NumPy and of Python."""

import copy
import math
import pickle
import subprocess
import sys
import types
from typing import Any

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp
from abreast.numpy import Array
from arrays import DTYPES, numbers, views


def test_memory_of_numpy_is_used_as_it_is() -> None:
    for dtype in DTYPES:
        source = numbers(dtype)
        array = anp.asarray(source)
        assert np.shares_memory(np.asarray(array), source)
        assert array.dtype == source.dtype
    for name, source in views().items():
        found = np.asarray(anp.asarray(source))
        np.testing.assert_array_equal(found, source, err_msg=name)
        assert found.size == 0 or np.shares_memory(found, source), name


def test_a_source_that_changes_later_is_seen() -> None:
    source = np.zeros(3)
    array = anp.asarray(source)
    later = array + 1
    own = anp.asarray(source, copy=True)
    source[:] = 5
    assert later.tolist() == [6, 6, 6]
    assert own.tolist() == [0, 0, 0]


def test_odd_sources() -> None:
    whole = np.arange(6, dtype=">f8")
    assert anp.asarray(whole).tolist() == whole.tolist()
    packed = np.zeros(4, dtype=[("a", "i1"), ("b", "<f8")])
    packed["b"] = np.arange(4)
    assert anp.asarray(packed["b"]).tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="copy=False"):
        anp.asarray(packed["b"], copy=False)
    assert anp.asarray(memoryview(b"abc")).tolist() == [97, 98, 99]
    read_only = np.arange(3)
    read_only.flags.writeable = False
    assert (anp.asarray(read_only) + 1).tolist() == [1, 2, 3]
    assert anp.asarray(np.float32(2.5)).dtype == "float32"
    assert anp.asarray([anp.asarray(1), anp.asarray(2)]).tolist() == [1, 2]


@pytest.mark.parametrize(
    "bad", ["text", ["a"], object(), np.array(["x"]), [None], np.datetime64("2020")]
)
def test_what_no_array_holds(bad: Any) -> None:
    with pytest.raises(TypeError, match="cannot be in an array of abreast"):
        anp.asarray(bad)


def test_writing_is_refused_with_what_to_write_instead() -> None:
    x = anp.zeros((2, 2))
    with pytest.raises(TypeError) as caught:
        x[0, 0] = 3.17
    assert str(caught.value) == (
        "arrays do not change: `x[...] = value` would change what others compute with\n"
        "hint: write x = x.at[0, 0].set(3.17), which gives a new array"
    )
    with pytest.raises(TypeError, match=r"x\.at\[1:, \.\.\.\]\.set"):
        x[1:, ...] = 1
    assert not np.asarray(x).flags.writeable
    with pytest.raises(TypeError, match="arrays do not change"):
        np.add(x, 1, out=x)
    with pytest.raises(TypeError, match="arrays do not change"):
        np.copyto(x, 1)
    with pytest.raises(AttributeError, match="arrays do not change"):
        x.sort()
    with pytest.raises(AttributeError, match="writes to its argument"):
        anp.copyto  # noqa: B018


def test_messages_say_what_was_given_and_what_to_do() -> None:
    x = anp.zeros((3, 4))
    cases: list[tuple[Any, type[Exception], str]] = [
        (lambda: x + anp.zeros(3), ValueError, r"add: shapes \(3, 4\) and \(3,\)"),
        (lambda: x.sum(axis=2), np.exceptions.AxisError, r"sum: axis 2 is out of bounds"),
        (lambda: x[3], IndexError, "index"),
        (lambda: x.reshape(5), ValueError, r"\(3, 4\)"),
        (lambda: anp.zeros(0).max(), ValueError, "zero-size"),
        (
            lambda: anp.asarray(np.zeros(2, "uint8")) + 300,
            OverflowError,
            "300 out of bounds for uint8",
        ),
        (lambda: anp.asarray([1, 2]) ** -1, ValueError, "negative integer powers"),
        (lambda: bool(x), ValueError, "ambiguous"),
        (lambda: float(x), TypeError, "12 elements"),
        (lambda: x.squeeze(0), ValueError, "squeeze: axis 0"),
        (lambda: x.at[0].set(anp.zeros(3)), ValueError, r"shape \(3,\)"),
        (lambda: anp.zeros(3, dtype="S1"), TypeError, "cannot be in an array"),
        (lambda: x.astype("longdouble"), TypeError, "cannot be in an array"),
        (lambda: anp.asarray(1, device="gpu"), ValueError, "one device"),
    ]
    for call, kind, message in cases:
        with pytest.raises(kind, match=message) as caught:
            call()
        assert type(caught.value) is kind
    for call in (cases[0][0], cases[1][0], cases[5][0], cases[10][0]):
        with pytest.raises(Exception, match="hint: "):
            call()


def test_functions_of_numpy_keep_arrays() -> None:
    source = numbers("float64", (3, 4))
    x = anp.asarray(source)
    cases: list[Any] = [
        lambda x: np.exp(x),
        lambda x: np.add(source, x),
        lambda x: source + x,
        lambda x: source[0] * x,
        lambda x: np.add.reduce(x),
        lambda x: np.maximum.accumulate(x),
        lambda x: np.sum(x, axis=1),
        lambda x: np.sum(x, 0),
        lambda x: np.mean(x),
        lambda x: np.transpose(x),
        lambda x: np.concatenate([x, source]),
        lambda x: np.where(x > 0, x, 0),
        lambda x: np.median(x),
        lambda x: np.linalg.norm(x),
        lambda x: np.std(x, ddof=1),
        lambda x: np.float64(2) * x,
        lambda x: np.modf(x)[0],
        lambda x: np.sort(x),
        lambda x: np.clip(x, -1, 1),
        lambda x: np.reshape(x, (4, 3)),
        lambda x: np.zeros_like(x),
    ]
    for number, case in enumerate(cases):
        found, expected = case(x), case(source)
        assert isinstance(found, Array), number
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-13, err_msg=str(number))
    target = np.empty((3, 4))
    assert np.exp(x, out=target) is target
    np.testing.assert_array_equal(target, np.exp(source))
    target += x
    np.testing.assert_array_equal(target, np.exp(source) + source)


def test_numbers_of_python() -> None:
    assert int(anp.asarray(7)) == 7
    assert float(anp.asarray([1.5])) == 1.5
    assert complex(anp.asarray(1 + 2j)) == 1 + 2j
    assert bool(anp.asarray(0)) is False
    assert [1, 2, 3][anp.asarray(1)] == 2
    assert math.exp(anp.asarray(0.0)) == 1
    assert f"{anp.asarray(1.25):.1f}" == "1.2"
    assert 2 in anp.asarray([1, 2])
    assert [int(value) for value in anp.asarray([1, 2])] == [1, 2]
    assert len(anp.zeros((3, 2))) == 3
    for call in (
        lambda: len(anp.asarray(1)),
        lambda: hash(anp.asarray(1)),
        lambda: list(anp.asarray(1)),
    ):
        with pytest.raises(TypeError):
            call()


def test_text() -> None:
    assert repr(anp.asarray([1.0, 2.5])) == "Array([1. , 2.5])"
    assert repr(anp.zeros((2, 1), dtype="int8")) == "Array([[0],\n       [0]], dtype=int8)"
    assert str(anp.arange(3)) == "[0 1 2]"


def test_copies_and_pickles() -> None:
    lazy = anp.exp(anp.asarray(numbers("float32")))
    for protocol in (2, 5):
        found = pickle.loads(pickle.dumps(lazy, protocol))
        assert isinstance(found, Array)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(lazy))
    for found in (copy.copy(lazy), copy.deepcopy(lazy)):
        np.testing.assert_array_equal(np.asarray(found), np.asarray(lazy))
    assert pickle.loads(pickle.dumps(anp.exp)) is anp.exp


def test_tasks_in_processes_take_and_return_arrays() -> None:
    x = anp.asarray(np.arange(100_000.0))
    with ab.plan("processes", workers=1):
        [found] = ab.map(lambda y: y * 2, [x])
    assert isinstance(found, Array)
    np.testing.assert_array_equal(np.asarray(found), np.arange(100_000.0) * 2)


def test_dlpack() -> None:
    x = anp.asarray(np.arange(6.0).reshape(2, 3)).T
    found = np.from_dlpack(x)
    np.testing.assert_array_equal(found, np.asarray(x))


def test_widths() -> None:
    with anp.dtypes(32):
        assert anp.ones(2).dtype == "float32"
        assert anp.asarray([1, 2]).dtype == "int32"
        assert anp.asarray(1.5).dtype == "float32"
        assert (anp.arange(3) + 0.5).dtype == "float32"
        assert anp.asarray(np.ones(2)).dtype == "float64"
    assert anp.ones(2).dtype == "float64"
    with pytest.raises(ValueError, match="32 or 64"), anp.dtypes(16):
        pass


def test_the_list_of_what_runs_through_numpy_is_right() -> None:
    own = {name for name in vars(anp) if not name.startswith("_")} - set(anp.fallbacks)
    for name in anp.fallbacks:
        assert callable(getattr(np, name)), name
        assert callable(getattr(anp, name)), name
    functions = {
        name
        for name in np.__all__
        if isinstance(getattr(np, name), (np.ufunc, types.FunctionType, types.BuiltinFunctionType))
        or type(getattr(np, name)).__name__ == "_ArrayFunctionDispatcher"
    }
    missing = functions - own - set(anp.fallbacks) - anp.REFUSED - ABSENT
    assert not missing, "neither here nor through NumPy nor left out for a reason"
    assert not own & set(anp.fallbacks)
    assert not ABSENT & (own | set(anp.fallbacks))
    assert anp.median(anp.asarray([1.0, 3.0])).tolist() == 2.0


ABSENT = frozenset(
    # About printing, files, settings, memory and types of NumPy's own arrays; or about matrices,
    # dates and texts, which no array holds.
    [
        "add_docstring",
        "add_newdoc",
        "array2string",
        "array_repr",
        "array_str",
        "asanyarray",
        "asarray_chkfinite",
        "ascontiguousarray",
        "asfortranarray",
        "asmatrix",
        "base_repr",
        "binary_repr",
        "bmat",
        "busday_count",
        "busday_offset",
        "datetime_as_string",
        "datetime_data",
        "einsum_path",
        "format_float_positional",
        "format_float_scientific",
        "frompyfunc",
        "fromregex",
        "genfromtxt",
        "get_include",
        "get_printoptions",
        "getbufsize",
        "geterr",
        "geterrcall",
        "info",
        "is_busday",
        "isfortran",
        "isnat",
        "issubdtype",
        "iterable",
        "load",
        "loadtxt",
        "may_share_memory",
        "min_scalar_type",
        "mintypecode",
        "nested_iters",
        "printoptions",
        "require",
        "save",
        "savetxt",
        "savez",
        "savez_compressed",
        "set_printoptions",
        "setbufsize",
        "seterr",
        "seterrcall",
        "shares_memory",
        "show_config",
        "show_runtime",
        "test",
        "typename",
    ]
)


def test_importing_abreast_does_not_import_arrays() -> None:
    code = "import sys, abreast; assert 'numpy' not in sys.modules, 'numpy'"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
