"""What this namespace has, for programs that are written for any."""

from __future__ import annotations

from typing import Any

import numpy as np

from abreast._abreast import array_width
from abreast.numpy.convert import check_device

__all__ = ["NamespaceInfo"]

_KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"] + _KINDS["complex floating"]
_KINDS["all"] = _KINDS["bool"] + _KINDS["numeric"]


class NamespaceInfo:
    """What the array API standard wants to know of a namespace.

    Examples
    --------
    >>> import abreast.numpy as anp
    >>> anp.__array_namespace_info__().default_device()
    'cpu'
    """

    def capabilities(self) -> dict[str, Any]:
        """Return what not every namespace can do."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def devices(self) -> list[str]:
        """Return the places where arrays can be."""
        return ["cpu"]

    def default_device(self) -> str:
        """Return where arrays are that nobody places."""
        return "cpu"

    def default_dtypes(self, *, device: Any = None) -> dict[str, np.dtype[Any]]:
        """Return the element types of numbers whose type nobody says; `dtypes` sets their width."""
        check_device(device)
        bits = array_width(None)
        return {
            "real floating": np.dtype(f"float{bits}"),
            "complex floating": np.dtype(f"complex{2 * bits}"),
            "integral": np.dtype(f"int{bits}"),
            "indexing": np.dtype("int64"),
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, np.dtype[Any]]:
        """Return the element types of a kind, or of several in a tuple, by their names."""
        check_device(device)
        if kind is None:
            kind = "all"
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if unknown := [repr(name) for name in kinds if name not in _KINDS]:
            raise ValueError(
                f"dtypes: there is no kind {', '.join(unknown)}\n"
                f"hint: there are {', '.join(name for name in _KINDS if name != 'all')}"
            )
        return {name: np.dtype(name) for kind in kinds for name in _KINDS[kind]}
