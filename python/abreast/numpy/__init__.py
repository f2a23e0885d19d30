"""`abreast.numpy`: arrays that fuse by themselves.

>>> import abreast.numpy as anp
>>> x = anp.linspace(0.0, 1.0, 5)
>>> y = anp.exp(x) + 3 * anp.sin(x)  # nothing runs yet
>>> print(f"{float(y.sum()):.6f}")
15.517846

Names are those of the array API standard and of NumPy. Operations are written down and computed
together when somebody asks for a value; arrays never change. What has no kernel yet runs through
NumPy, and is listed in `fallbacks`.
"""

# ruff: noqa: F401, F403 - the names are what this module is for
from __future__ import annotations

from importlib import import_module
from typing import Any

from numpy import (
    bool_ as bool,
)
from numpy import (
    complex64,
    complex128,
    e,
    euler_gamma,
    float16,
    float32,
    float64,
    inf,
    int8,
    int16,
    int32,
    int64,
    nan,
    newaxis,
    pi,
    uint8,
    uint16,
    uint32,
    uint64,
)

from abreast._abreast import Array
from abreast._abreast import array_compilations as compilations
from abreast._abreast import array_evaluate as evaluate
from abreast._abreast import array_explain as explain
from abreast.numpy import methods as _methods  # gives arrays what Python asks of their class
from abreast.numpy.arrangement import *
from abreast.numpy.averages import *
from abreast.numpy.closeness import *
from abreast.numpy.convert import array, asarray
from abreast.numpy.creation import *
from abreast.numpy.derived import *
from abreast.numpy.differences import *
from abreast.numpy.dtypes import *
from abreast.numpy.elementwise import FUNCTIONS as _FUNCTIONS
from abreast.numpy.exchange import from_dlpack
from abreast.numpy.fallbacks import REFUSED, fallbacks
from abreast.numpy.inspection import NamespaceInfo as _NamespaceInfo
from abreast.numpy.manipulation import *
from abreast.numpy.nans import *
from abreast.numpy.reduction import *
from abreast.numpy.sorting import *

__array_api_version__ = "2024.12"

globals().update(_FUNCTIONS)

_MODULES = ("fft", "linalg")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"abreast.numpy.{name}")
    if name in fallbacks:
        from abreast.numpy.numpys import NumpyFunction

        made = globals()[name] = NumpyFunction(name)
        return made
    if name in REFUSED:
        raise AttributeError(
            f"abreast.numpy has no {name}: it writes to its argument, and arrays do not change\n"
            "hint: x.at[...].set(value) gives a new array",
            name=name,
        )
    names = import_module("abreast.numpy.names")
    if name in names.SAME:
        return getattr(import_module("numpy"), name)
    if name in names.GRIDS:
        return names.Grid(name)
    raise names.refusal(__name__, name, __dir__())


def __dir__() -> list[str]:
    names = import_module("abreast.numpy.names")
    return sorted({*globals(), *fallbacks, *_MODULES, *names.SAME, *names.GRIDS})


def __array_namespace_info__() -> _NamespaceInfo:
    """Return what there is: devices, element types, capabilities."""
    return _NamespaceInfo()
