"""Memory goes to other libraries and comes from them by DLPack, for as long as needed."""

import ctypes
import gc
import weakref
from typing import Any

import numpy as np
import pytest

import abreast.numpy as anp
from abreast.numpy import Array
from arrays import DTYPES, numbers, views

READ_ONLY, COPIED = 1, 2


class Tensor:
    """Another library's: it knows DLPack, and nothing of NumPy."""

    def __init__(self, values: Any, device: tuple[int, int] = (1, 0)) -> None:
        self.values = values
        self.device = device

    def __dlpack__(self, *, stream: Any = None, **options: Any) -> Any:
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device


class OldTensor(Tensor):
    """One of before 1.0, whose `__dlpack__` takes a stream alone."""

    def __dlpack__(self, *, stream: Any = None) -> Any:  # type: ignore[override]
        return self.values.__dlpack__()


def flags(capsule: Any) -> int | None:
    """The marks on a capsule; None if it is of before 1.0."""
    pythonapi = ctypes.pythonapi
    name = pythonapi.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    if name(capsule) == b"dltensor":
        return None
    assert name(capsule) == b"dltensor_versioned"
    # Two numbers of the version, the owner, its deleter; then 64 bits of marks.
    return ctypes.c_uint64.from_address(pointer(capsule, b"dltensor_versioned") + 24).value


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", [Tensor, OldTensor])
def test_tensors_are_read_where_they_are(dtype: str, kind: type[Tensor]) -> None:
    source = numbers(dtype)
    array = anp.from_dlpack(kind(source))
    assert isinstance(array, Array)
    assert array.dtype == source.dtype
    assert np.shares_memory(np.asarray(array), source)
    source[0] = 1
    np.testing.assert_array_equal(np.asarray(array), source)


def test_every_way_to_lie_in_memory() -> None:
    for name, source in views().items():
        if not source.flags.writeable:
            continue  # NumPy before 2.2 hands out no memory to read alone
        found = np.asarray(anp.from_dlpack(Tensor(source)))
        np.testing.assert_array_equal(found, source, err_msg=name)
        assert found.size == 0 or np.shares_memory(found, source), name
        back = np.from_dlpack(anp.asarray(source))
        np.testing.assert_array_equal(back, source, err_msg=name)
        assert back.size == 0 or np.shares_memory(back, source), name


def test_copies_when_asked_for() -> None:
    source = np.arange(4.0)
    for kind in (Tensor, OldTensor):
        own = anp.from_dlpack(kind(source), copy=True)
        assert not np.shares_memory(np.asarray(own), source)
        same = anp.from_dlpack(kind(source), copy=False)
        assert np.shares_memory(np.asarray(same), source)
    x = anp.asarray(source)
    assert anp.from_dlpack(x) is x
    assert not np.shares_memory(np.asarray(anp.from_dlpack(x, copy=True)), source)


def test_what_is_handed_out_is_marked_as_to_be_read_alone() -> None:
    source = np.arange(4.0)
    x = anp.asarray(source)
    assert x.__dlpack_device__() == (1, 0)
    assert flags(x.__dlpack__(max_version=(1, 0))) == READ_ONLY
    assert flags(x.__dlpack__(max_version=(2, 0), copy=False)) == READ_ONLY
    assert flags(x.__dlpack__(max_version=(1, 0), copy=True)) == COPIED
    assert flags(x.__dlpack__(max_version=(1, 0), dl_device=(1, 0))) == READ_ONLY
    # A reader of before 1.0 may write to what it gets.
    assert flags(x.__dlpack__()) is None
    assert flags(x.__dlpack__(max_version=(0, 8))) is None
    seen = np.from_dlpack(x)
    assert not seen.flags.writeable
    assert np.shares_memory(seen, source)

    class Reader:
        """Asks as a library of before 1.0 does."""

        __dlpack_device__ = staticmethod(x.__dlpack_device__)

        @staticmethod
        def __dlpack__(**options: Any) -> Any:
            return x.__dlpack__()

    copied = np.from_dlpack(Reader())
    assert not np.shares_memory(copied, source)
    np.testing.assert_array_equal(copied, source)


def test_lazy_arrays_are_computed() -> None:
    x = anp.arange(5) * 2
    assert not x.is_ready
    np.testing.assert_array_equal(np.from_dlpack(x), np.arange(5) * 2)
    assert x.is_ready


def test_memory_lives_as_long_as_somebody_sees_it_and_no_longer() -> None:
    source = np.arange(1000.0)
    gone = weakref.ref(source)
    x = anp.from_dlpack(Tensor(source))
    later = x[::2] + 1
    del source, x
    gc.collect()
    assert gone() is not None, "what waits to be computed reads it"
    seen = np.from_dlpack(later)
    np.testing.assert_array_equal(seen, np.arange(0.0, 1000.0, 2) + 1)
    del later
    gc.collect()
    assert gone() is None, "nothing reads it any more"
    np.testing.assert_array_equal(seen, np.arange(0.0, 1000.0, 2) + 1)


def test_a_capsule_holds_its_memory_and_lets_go() -> None:
    for options in ({"max_version": (1, 0)}, {}, {"max_version": (1, 0), "copy": True}):
        source = np.arange(10.0)
        gone = weakref.ref(source)
        x = anp.asarray(source)
        array = weakref.ref(x)
        # Nobody takes what is in it, so it is released by the capsule itself.
        capsule = x.__dlpack__(**options)
        del source, x
        gc.collect()
        if options == {"max_version": (1, 0)}:
            assert gone() is not None
        del capsule
        gc.collect()
        assert gone() is None
        assert array() is None


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: anp.from_dlpack([1]), TypeError, "from_dlpack: list has no __dlpack__"),
    (
        lambda: anp.from_dlpack(Tensor(np.zeros(2), (2, 1))),
        BufferError,
        r"from_dlpack: Tensor is on device \(2, 1\)",
    ),
    (
        lambda: anp.from_dlpack(Tensor(np.zeros(2, "S3"))),
        BufferError,
        "from_dlpack: Tensor hands out nothing",
    ),
    (lambda: anp.from_dlpack(np.zeros(2), device="gpu"), ValueError, "there is one device"),
    (lambda: anp.ones(2).__dlpack__(stream=1), ValueError, "__dlpack__: stream=1"),
    (
        lambda: anp.ones(2).__dlpack__(dl_device=(2, 0)),
        BufferError,
        r"__dlpack__: dl_device=\(2, 0\)",
    ),
    (lambda: anp.ones(2).__dlpack__(copy=False), BufferError, "before 1.0"),
]


@pytest.mark.parametrize(("call", "kind", "message"), BAD)
def test_refusals(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        call()
    assert "\nhint: " in str(caught.value)
