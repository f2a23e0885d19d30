"""Memory that passes between libraries: DLPack, both ways."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import Array
from abreast.numpy.convert import asarray, check_device

__all__ = ["from_dlpack"]

CPU = (1, 0)
"""The type and number of the device in whose memory arrays are, in the words of DLPack."""


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """Return an array in the memory of another library's tensor.

    Parameters
    ----------
    x : object
        Something that has `__dlpack__`, in the memory of the CPU: a tensor of PyTorch, an array of
        JAX or CuPy's on the host.
    device : optional
        As for `asarray`.
    copy : bool, optional
        True for memory of its own, False for an error where there would be a copy.

    Returns
    -------
    Array
        If it shares memory with `x`, later changes to `x` show in what is computed after them.

    Examples
    --------
    >>> import numpy as np, abreast.numpy as anp
    >>> anp.from_dlpack(np.ones(2))
    Array([1., 1.])
    """
    check_device(device)
    if not hasattr(x, "__dlpack__") or not hasattr(x, "__dlpack_device__"):
        raise TypeError(
            f"from_dlpack: {type(x).__name__} has no __dlpack__ and __dlpack_device__\n"
            "hint: anp.asarray(x) takes lists, buffers and whatever NumPy can convert"
        )
    if isinstance(x, Array):
        return asarray(x, copy=copy)
    place = tuple(int(part) for part in x.__dlpack_device__())
    if place[0] != CPU[0]:
        raise BufferError(
            f"from_dlpack: {type(x).__name__} is on device {place}, and arrays are computed on the "
            "CPU, (1, 0)\nhint: bring it there first, as x.cpu() does in PyTorch"
        )
    try:
        # A copy is made here if at all: not every library knows the argument.
        seen = np.from_dlpack(x)
    except (RuntimeError, BufferError) as error:
        raise BufferError(
            f"from_dlpack: {type(x).__name__} hands out nothing that arrays can hold: {error}\n"
            "hint: they hold bool, integers up to 64 bits, float16 to float64, complex64 and "
            "complex128"
        ) from error
    return asarray(seen, copy=copy)


def to_dlpack(
    self: Array,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """`__dlpack__`: the elements in a capsule, marked as memory to read alone.

    DLPack before 1.0 has no such mark: who asks for that gets a copy to do with as it likes.
    """
    if stream is not None:
        raise ValueError(
            f"__dlpack__: stream={stream!r}, but the CPU has no streams\nhint: leave it out"
        )
    if dl_device is not None and tuple(int(part) for part in dl_device) != CPU:
        raise BufferError(
            f"__dlpack__: dl_device={dl_device}, and arrays are in the memory of the CPU, (1, 0)\n"
            "hint: ask for that, and let the other library move it"
        )
    seen = np.asarray(self)
    if max_version is not None and max_version[0] >= 1:
        return seen.__dlpack__(max_version=max_version, copy=copy)
    if copy is False:
        raise BufferError(
            "__dlpack__: copy=False for a reader who knows DLPack before 1.0 alone, which cannot "
            "say that memory must not be written to\n"
            "hint: ask with max_version=(1, 0), or let there be a copy"
        )
    return np.array(seen).__dlpack__(max_version=max_version)
