"""Python functions as machine code: `jit`, `prange`."""

from __future__ import annotations

from abreast.compiled.decorator import jit
from abreast.compiled.function import JitFunction
from abreast.compiled.loops import prange

__all__ = ["JitFunction", "jit", "prange"]
