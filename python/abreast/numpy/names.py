"""Names of NumPy beside its functions: what they are here, and what to write instead."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np

from abreast.numpy.fallback import from_numpy, to_numpy

__all__ = ["GRIDS", "SAME", "Grid", "refusal"]

_SAME = """
    True_ False_ array2string array_repr array_str base_repr binary_repr broadcast byte cdouble
    clongdouble complexfloating csingle double dtype einsum_path errstate flexible floating
    format_float_positional format_float_scientific generic get_printoptions geterr half index_exp
    inexact int_ intc integer intp issubdtype iterable long longlong mintypecode ndenumerate ndindex
    number printoptions s_ set_printoptions seterr short signedinteger single typecodes ubyte uint
    uintc uintp ulong ulonglong unsignedinteger ushort
"""
SAME = frozenset(_SAME.split()) & set(dir(np))
"""What is NumPy's own: types, settings, and how things are written."""

GRIDS = frozenset(["c_", "mgrid", "ogrid", "r_"])
"""What makes arrays of slices."""

_INSTEAD = {
    **dict.fromkeys(
        ["vectorize", "frompyfunc"],
        "abreast.vectorize(f) compiles a function of numbers for whole arrays; numpy.{name}(f)(x) "
        "calls it for each element",
    ),
    "random": "abreast.random.default_rng(seed) gives NumPy's numbers and abreast.random."
    "parallel_rng(seed) draws on all cores; anp.asarray(...) of what they answer",
    **dict.fromkeys(
        ["load", "loadtxt", "genfromtxt", "memmap", "fromregex"],
        "anp.asarray(numpy.{name}(...)) shows what it read, without a copy",
    ),
    **dict.fromkeys(["save", "savetxt", "savez", "savez_compressed"], "numpy.{name} takes arrays"),
    **dict.fromkeys(
        ["ascontiguousarray", "asfortranarray", "asanyarray", "asmatrix", "mat", "require"],
        "anp.asarray(x); where its elements lie in memory is up to the kernels",
    ),
    **dict.fromkeys(
        ["shares_memory", "may_share_memory"], "arrays do not change, so nobody can tell"
    ),
    "ndarray": "the class of arrays is anp.Array; both are numpy.asarray(x) and anp.asarray(x)",
    "matrix": "anp.asarray([[...]]), and x @ y for products",
    "nditer": "for element in x.flat, or a function of whole arrays",
    **dict.fromkeys(["float128", "longdouble", "float96"], "float64 is the widest"),
    **dict.fromkeys(["complex256"], "complex128 is the widest"),
    **dict.fromkeys(["alltrue"], "anp.all"),
    **dict.fromkeys(["sometrue"], "anp.any"),
    **dict.fromkeys(["float_"], "anp.float64"),
    **dict.fromkeys(["complex_"], "anp.complex128"),
    **dict.fromkeys(["NaN", "NAN"], "anp.nan"),
    **dict.fromkeys(["Inf", "Infinity", "infty", "PINF"], "anp.inf"),
    "NINF": "-anp.inf",
    "asscalar": "x.item()",
    "block_until_ready": "x.block_until_ready(), or abreast.compute(x, y)",
    "compute": "abreast.compute(x, y)",
    "cumproduct": "anp.cumprod",
    "find_common_type": "anp.result_type",
    "in1d": "anp.isin",
    "jit": "abreast.jit; what arrays do is compiled without it",
    "msort": "anp.sort(x, axis=0)",
    "product": "anp.prod",
    "round_": "anp.round",
    "trapz": "anp.trapezoid",
    **dict.fromkeys(
        ["str_", "bytes_", "object_", "datetime64", "timedelta64", "void", "datetime_data"],
        "such elements stay in numpy's arrays: arrays of abreast hold numbers and bool",
    ),
}


class Grid:
    """`mgrid` and its like: NumPy's, with arrays of abreast for an answer."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, key: Any) -> Any:
        return from_numpy(getattr(np, self._name)[to_numpy(key)])

    def __repr__(self) -> str:
        return f"<abreast.numpy.{self._name}, through NumPy>"


def refusal(module: str, name: str, known: Any) -> AttributeError:
    """Return the error for a name that a module of arrays does not have."""
    part = module.removeprefix("abreast.numpy").lstrip(".")
    home = getattr(np, part) if part else np
    short = f"anp.{part}" if part else "anp"
    said = f"abreast.numpy{'.' + part if part else ''} has no {name}"
    instead = None if part else _INSTEAD.get(name)
    near = get_close_matches(name, [one for one in known if not one.startswith("_")], 3, 0.7)
    if instead is not None:
        hint = instead.format(name=name)
    elif name.startswith("_"):
        return AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
    elif hasattr(home, name):
        where = f"numpy.{part}.{name}" if part else f"numpy.{name}"
        hint = f"{where} is NumPy's; most of NumPy takes arrays of abreast"
    elif near:
        hint = f"did you mean {' or '.join(f'{short}.{one}' for one in near)}?"
    elif part == "linalg":
        hint = f"scipy.linalg takes arrays of abreast; dir({short}) lists what is here"
    else:
        hint = f"dir({short}) lists what is here; NumPy's functions take arrays of abreast"
    return AttributeError(f"{said}\nhint: {hint}", name=name)
