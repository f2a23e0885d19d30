"""Python functions as machine code: `jit`, `prange`, `vectorize`."""

from __future__ import annotations

from abreast.compiled.decorator import jit
from abreast.compiled.function import JitFunction
from abreast.compiled.loops import prange, thread_count, thread_id
from abreast.compiled.ufunc import Vectorized, vectorize

__all__ = [
    "JitFunction",
    "Vectorized",
    "jit",
    "prange",
    "thread_count",
    "thread_id",
    "vectorize",
]
