"""Bad input is refused with the operation, what was given, what is allowed, and a hint."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast.numpy import Array

AxisError = np.exceptions.AxisError

HELD = "cannot be in an array of abreast, which holds bool, integers"
STILL = "arrays do not change"


def x() -> Array:
    return anp.zeros((3, 4))


def i() -> Array:
    return anp.asarray([1, 2, 3])


CASES: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    # Shapes that do not fit.
    ("x + y", lambda: x() + anp.zeros(3), ValueError, "add: shapes (3, 4) and (3,)"),
    ("numpy + x", lambda: np.zeros(3) + x(), ValueError, "add: shapes (3,) and (3, 4)"),
    ("where", lambda: anp.where(x() > 0, i(), x()), ValueError, "where: shapes (3, 4) and (3,)"),
    ("clip", lambda: anp.clip(x(), i(), 1), ValueError, "clip: shapes (3, 4) and (3,)"),
    (
        "broadcast_to",
        lambda: anp.broadcast_to(x(), (2, 3)),
        ValueError,
        "broadcast_to: shape (3, 4) cannot become (2, 3)",
    ),
    (
        "broadcast_arrays",
        lambda: anp.broadcast_arrays(x(), i()),
        ValueError,
        "broadcast_arrays: shapes (3, 4), (3,) do not broadcast",
    ),
    ("reshape", lambda: x().reshape(5), ValueError, "reshape: shape (3, 4), 12 elements"),
    ("reshape -1 -1", lambda: x().reshape(-1, -1), ValueError, "one length may be -1"),
    ("reshape text", lambda: x().reshape("a"), TypeError, "reshape: shape 'a' of an array"),
    ("reshape float", lambda: anp.reshape(x(), 2.0), TypeError, "reshape: shape 2.0"),
    ("matmul", lambda: x() @ x(), ValueError, "matmul, done by NumPy, was given float64 of shape"),
    ("concat", lambda: anp.concat([x(), i()]), ValueError, "concatenate, done by NumPy"),
    ("stack", lambda: anp.stack([x(), i()]), ValueError, "int64 of shape (3,)"),
    ("ragged", lambda: anp.asarray([[1, 2], [3]]), ValueError, "asarray was given list"),
    ("negative", lambda: anp.zeros(-1), ValueError, "shape (-1,): negative dimensions"),
    ("shape text", lambda: anp.zeros("a"), TypeError, "shape 'a': a shape is an integer"),
    ("too large", lambda: anp.zeros((2**40, 2**40)), ValueError, "more bytes than an address"),
    ("mT", lambda: i().mT, ValueError, "matrix_transpose: shape (3,) has less than two axes"),
    # Axes that are not there.
    ("sum", lambda: x().sum(axis=2), AxisError, "sum: axis 2 is out of bounds for shape (3, 4)"),
    ("sum twice", lambda: x().sum(axis=(0, 0)), ValueError, "sum: axes [0, 0] name one axis twice"),
    ("sum text", lambda: x().sum(axis="rows"), TypeError, "sum: axis='rows' is no integer"),
    ("argmax two", lambda: x().argmax(axis=(0, 1)), TypeError, "argmax: axis=(0, 1)"),
    ("mean float", lambda: anp.mean(x(), axis=0.5), TypeError, "mean: axis=0.5 is no integer"),
    ("cumulative_sum", lambda: anp.cumulative_sum(x()), ValueError, "axis is missing"),
    ("cumulative text", lambda: anp.cumulative_prod(x(), axis="a"), TypeError, "axis='a'"),
    ("sort", lambda: anp.sort(x(), axis=3), AxisError, "sort, done by NumPy, was given float64"),
    ("flip", lambda: anp.flip(x(), axis=3), AxisError, "flip: axis 3 is out of bounds"),
    ("unstack", lambda: anp.unstack(x(), axis=4), AxisError, "unstack: axis 4"),
    ("squeeze", lambda: anp.squeeze(x(), axis=0), ValueError, "squeeze: axis 0 of shape (3, 4)"),
    ("permute", lambda: anp.permute_dims(x(), (0, 0)), AxisError, "permute: axes (0, 0)"),
    ("swapaxes", lambda: anp.swapaxes(x(), 0, "b"), TypeError, "swapaxes: axis='b'"),
    # Indices that are not there, or are none.
    ("x[3]", lambda: x()[3], IndexError, "index: 3 is out of bounds for axis 0 of shape (3, 4)"),
    ("x[-4]", lambda: x()[-4], IndexError, "index: -4 is out of bounds"),
    ("x[2**70]", lambda: x()[2**70], IndexError, "out of bounds for axis 0"),
    ("x[0, 0, 0]", lambda: x()[0, 0, 0], IndexError, "index: 3 indices for shape (3, 4)"),
    ("x[..., ...]", lambda: x()[..., ...], IndexError, "index: two ellipses"),
    ("x[1.5]", lambda: x()[1.5], IndexError, "index 1.5 of float64 of shape (3, 4)"),
    ("x['a']", lambda: x()["a"], IndexError, "index 'a' of float64"),
    ("x['a':]", lambda: x()["a":], TypeError, "index: a slice with 'a' in it"),
    ("x[::0]", lambda: x()[::0], ValueError, "index: step 0 of a slice"),
    ("x[array]", lambda: x()[i()], IndexError, "index array of int64 of shape (3,)"),
    (
        "x[mask]",
        lambda: x()[anp.asarray([True, False])],
        IndexError,
        "index array of bool of shape (2,)",
    ),
    ("at[5]", lambda: x().at[5].set(1), IndexError, "index: 5 is out of bounds"),
    ("at shape", lambda: x().at[0].set(i()), ValueError, "at: a value of shape (3,)"),
    ("at text", lambda: x().at[0].set("a"), ValueError, "x.at[...].set(value) for x of float64"),
    ("at list", lambda: x().at[[7]].add(1), IndexError, "x.at[...].add(value)"),
    ("at.set", lambda: x().at.set(1), AttributeError, "before elements are named"),
    # Writing.
    ("x[0] = 1", lambda: operator.setitem(x(), 0, 1), TypeError, "x = x.at[0].set(1)"),
    (
        "x[x > 0] = 1",
        lambda: operator.setitem(x(), x() > 0, 1),
        TypeError,
        "x = anp.where(condition, 1, x)",
    ),
    ("del x[0]", lambda: operator.delitem(x(), 0), TypeError, STILL),
    (
        "out",
        lambda: np.add(x(), 1, out=x()),
        TypeError,
        f"add: out= is an array of abreast, and {STILL}",
    ),
    (
        "anp out",
        lambda: anp.exp(x(), out=x()),
        TypeError,
        f"exp: out= is an array of abreast, and {STILL}",
    ),
    ("sum out", lambda: np.sum(x(), out=x()), TypeError, "sum: out="),
    ("numpy out", lambda: np.exp(x(), out=np.zeros(3)), ValueError, "exp, done by NumPy"),
    ("add.at", lambda: np.add.at(x(), 0, 1), TypeError, "add.at writes to its first argument"),
    ("copyto", lambda: np.copyto(x(), 1), TypeError, "copyto writes to its first argument"),
    ("fill", lambda: x().fill(1), AttributeError, "they have no fill()"),
    ("put", lambda: anp.put, AttributeError, "abreast.numpy has no put"),
    # Things that no array holds.
    ("text", lambda: anp.asarray("text"), TypeError, f"asarray: elements of type <U4 {HELD}"),
    ("texts", lambda: anp.asarray(["a"]), TypeError, f"asarray: elements of type <U1 {HELD}"),
    ("bytes", lambda: anp.asarray(np.array([b"a"])), TypeError, f"elements of type |S1 {HELD}"),
    ("object", lambda: anp.asarray(object()), TypeError, f"elements of type object {HELD}"),
    ("None", lambda: anp.asarray([None]), TypeError, f"elements of type object {HELD}"),
    ("Decimal", lambda: anp.asarray(Decimal(1)), TypeError, f"elements of type object {HELD}"),
    ("too long", lambda: anp.asarray(2**70), TypeError, f"elements of type object {HELD}"),
    ("date", lambda: anp.asarray(np.datetime64("2020")), TypeError, f"datetime64[Y] {HELD}"),
    ("delay", lambda: anp.asarray(np.timedelta64(1, "s")), TypeError, f"timedelta64[s] {HELD}"),
    ("fields", lambda: anp.asarray(np.zeros(2, [("a", int)])), TypeError, f"[('a', '<i8')] {HELD}"),
    ("longdouble", lambda: anp.asarray(np.zeros(2, "longdouble")), TypeError, HELD),
    ("x + list", lambda: x() + ["a"] * 4, TypeError, HELD),
    ("dtype S", lambda: anp.zeros(3, dtype="S1"), TypeError, f"dtype: elements of type |S1 {HELD}"),
    (
        "dtype object",
        lambda: x().astype(object),
        TypeError,
        f"dtype: elements of type object {HELD}",
    ),
    ("dtype fields", lambda: x().astype([("a", int)]), TypeError, HELD),
    ("sum dtype", lambda: x().sum(dtype="U3"), TypeError, HELD),
    ("exp text", lambda: anp.exp("a"), TypeError, "exp, done by NumPy, was given"),
    ("exp None", lambda: anp.exp(None), TypeError, "exp, done by NumPy, was given"),
    ("exp nothing", lambda: anp.exp(), TypeError, "exp, done by NumPy, was given nothing"),
    # Element types that the operation has no meaning for.
    (
        "float & float",
        lambda: x() & x(),
        TypeError,
        "bitwise_and, done by NumPy, was given float64",
    ),
    ("float << int", lambda: x() << 1, TypeError, "left_shift, done by NumPy"),
    ("~float", lambda: ~x(), TypeError, "invert, done by NumPy"),
    ("-bool", lambda: -(x() > 0), TypeError, "negative, done by NumPy, was given bool"),
    ("bool - bool", lambda: (x() > 0) - (x() > 0), TypeError, "subtract, done by NumPy"),
    ("floor complex", lambda: anp.floor(anp.asarray(1j)), TypeError, "floor, done by NumPy"),
    ("int ** -1", lambda: i() ** -1, ValueError, "pow: int64 to the power -1"),
    ("int ** ints", lambda: i() ** anp.asarray([-1, 1, 1]), ValueError, "power, done by NumPy"),
    # Numbers that the type cannot hold.
    (
        "uint8 + 300",
        lambda: anp.zeros(2, dtype="uint8") + 300,
        OverflowError,
        "300 out of bounds for uint8\nhint: uint8 holds 0 to 255",
    ),
    (
        "full",
        lambda: anp.full(2, -1, dtype="uint8"),
        OverflowError,
        "-1 out of bounds for uint8\nhint: uint8 holds 0 to 255",
    ),
    ("int + huge", lambda: i() + 2**70, OverflowError, "out of bounds for 64 bits"),
    (
        "at overflow",
        lambda: anp.zeros(2, dtype="int8").at[0].set(1000),
        OverflowError,
        "1000 out of bounds for int8",
    ),
    ("at complex", lambda: x().at[0].set(1j), TypeError, "0+1j as float64: a complex number needs"),
    # Arrays where one number is needed.
    ("bool", lambda: bool(x()), ValueError, "an array with 12 elements is ambiguous"),
    ("float", lambda: float(x()), TypeError, "float: shape (3, 4) has 12 elements"),
    ("int", lambda: int(anp.zeros(0)), TypeError, "int: shape (0,) has 0 elements"),
    ("format", lambda: f"{x():.2f}", TypeError, "has 12 elements"),
    ("index of a list", lambda: [1][x()], TypeError, "only integer scalar arrays"),  # type: ignore[call-overload]
    ("len", lambda: len(anp.asarray(1)), TypeError, "len() of an array without axes"),
    ("iter", lambda: iter(anp.asarray(1)), TypeError, "iteration over a 0-d array of int64"),
    (
        "max of nothing",
        lambda: anp.zeros(0).max(),
        ValueError,
        "max: zero-size array of shape (0,)",
    ),
    ("argmin of nothing", lambda: anp.zeros((2, 0)).argmin(axis=1), ValueError, "shape (2, 0)"),
    # Options.
    ("device", lambda: anp.zeros(2, device="gpu"), ValueError, "device='gpu': there is one device"),
    ("to_device", lambda: x().to_device("gpu"), ValueError, "there is one device, 'cpu'"),
    ("copy", lambda: anp.asarray([1], copy=False), ValueError, "asarray: copy=False, but list"),
    (
        "copy of foreign bytes",
        lambda: anp.asarray(np.zeros(2, ">f8"), copy=False),
        ValueError,
        "asarray: copy=False, but its bytes are in an order",
    ),
    (
        "__array__",
        lambda: x().__array__(dtype="int8", copy=False),
        ValueError,
        "__array__: copy=False, but float64 becomes int8",
    ),
    ("widths", lambda: anp.dtypes(16).__enter__(), ValueError, "dtypes(16): numbers are 32 or 64"),
    ("version", lambda: x().__array_namespace__(api_version="1999"), ValueError, "'1999'"),
    ("step", lambda: anp.arange(1, 2, 0), ValueError, "arange: step is zero"),
    ("arange text", lambda: anp.arange("a"), TypeError, "arange, done by NumPy"),
    ("linspace", lambda: anp.linspace(0, 1, -1), ValueError, "linspace, done by NumPy"),
]


@pytest.mark.parametrize(
    ("call", "kind", "words"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_refusals(call: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    message = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert words in message, message
    assert "\nhint: " in message, message


def test_what_python_itself_says() -> None:
    """Operands that may know better how to go together with an array have had their turn."""
    for other in ("a", None, object()):
        with pytest.raises(
            TypeError, match=r"unsupported operand type\(s\) for \+: 'abreast.numpy"
        ):
            x() + other
    with pytest.raises(TypeError, match="unhashable"):
        hash(x())
    for name in ("shape", "dtype", "quux"):
        with pytest.raises(AttributeError):
            setattr(x(), name, 1)
    assert "a" not in x()


def test_augmented_assignment_makes_a_new_array() -> None:
    first = second = anp.zeros(3)
    second += 1
    assert first.tolist() == [0, 0, 0]
    assert second.tolist() == [1, 1, 1]
    source = np.zeros(3)
    view = anp.asarray(source)
    view *= 2
    view -= 1
    assert source.tolist() == [0, 0, 0]
    assert view.tolist() == [-1, -1, -1]
    source += anp.ones(3)
    assert isinstance(source, np.ndarray)
    assert source.tolist() == [1, 1, 1]


def test_errors_of_user_functions_are_their_own() -> None:
    class Mine(Exception):
        pass

    def fail(_: Any) -> Any:
        raise Mine("here")

    with pytest.raises(Mine) as caught:
        anp.apply_along_axis(fail, 0, x())
    assert caught.value.args == ("here",)


def odd() -> dict[str, Any]:
    """Arrays that lie in memory as few do."""
    rng = np.random.default_rng(3)
    whole = rng.normal(size=(4, 6))
    packed = np.zeros((4, 6), dtype=[("a", "i1"), ("b", "f8")])
    packed["b"] = whole
    shifted = np.frombuffer(b"\0" + whole.tobytes(), dtype="f8", offset=1).reshape(4, 6)
    assert not shifted.flags.aligned
    return {
        "foreign bytes": whole.astype(">f8"),
        "foreign integers": (whole * 100).astype(">i4"),
        "foreign complex": (whole + 1j).astype(">c16"),
        "a field": packed["b"],
        "misaligned": shifted,
        "misaligned and reversed": shifted[::-1, ::-2],
        "negative strides": whole[::-1, ::-1],
        "one stride negative": whole[:, ::-3],
        "zero strides": np.broadcast_to(whole[:1, :1], (4, 6)),
        "overlapping windows": np.lib.stride_tricks.sliding_window_view(whole[0], 3),
        "read-only": np.frombuffer(whole.tobytes()).reshape(4, 6),
        "0-d": np.array(2.5),
        "0-d foreign": np.array(7, ">i2"),
        "no rows": whole[:0],
        "no columns": whole[:, 3:3],
        "nothing foreign": whole[:0].astype(">f4"),
        "10-d": rng.normal(size=(2, 1, 2, 1, 2, 1, 2, 1, 1, 2)),
        "10-d foreign, reversed": rng.normal(size=(2,) * 10).astype(">f4")[::-1, ..., ::-1],
        "a scalar": np.float32(1.5),
    }


OPERATIONS: list[Callable[[Any, Any], Any]] = [
    lambda xp, x: xp.asarray(x) + 1,
    lambda xp, x: xp.asarray(x) * xp.asarray(x),
    lambda xp, x: xp.abs(xp.asarray(x)),
    lambda xp, x: xp.asarray(x).astype("complex64"),
    lambda xp, x: xp.asarray(x)[..., None].T,
    lambda xp, x: xp.where(xp.asarray(x) != 0, xp.asarray(x), 1),
    lambda xp, x: xp.count_nonzero(xp.asarray(x), axis=None),
    lambda xp, x: xp.reshape(xp.asarray(x), -1),
    lambda xp, x: xp.flip(xp.asarray(x)),
    lambda xp, x: xp.concat([xp.reshape(xp.asarray(x), -1)] * 2),
]


@pytest.mark.parametrize("name", list(odd()))
def test_odd_arrays(name: str) -> None:
    source = odd()[name]
    before = np.array(source)
    for number, operation in enumerate(OPERATIONS):
        expected = operation(np, source)
        found = np.asarray(operation(anp, source))
        assert found.dtype == np.asarray(expected).dtype.newbyteorder("="), number
        # NumPy's products of complex numbers are rounded once less.
        np.testing.assert_allclose(found, expected, rtol=1e-14, err_msg=f"{name}, {number}")
    np.testing.assert_allclose(float(abs(anp.asarray(source).sum())), abs(source.sum()), rtol=1e-6)
    np.testing.assert_array_equal(source, before)
