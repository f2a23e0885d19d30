"""More numerical programs: `jit` beside Numba and `gcc -O3 -march=native`, from the same source.

Values are compared to the bit. What stands behind each time is that time by ours: above one, ours
is faster. The time to compile is what the first call took.

    ./dev bench more_programs               all of them
    ./dev bench more_programs lu csr        some of them
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

import _more_in_c
import _more_programs
import abreast as ab
from _measure import quick
from programs import WANTED, compiled, copies, in_c, measured, numba


def compare(name: str, given: tuple[Any, ...], library: Any, other: Any) -> float:
    """One program everywhere; answers the time of the best rival by ours."""
    function = getattr(_more_programs, name)
    variants: dict[str, Any] = {"abreast": ab.jit(function)}
    if other:
        variants["Numba"] = other.njit(function)
    memory = {each: copies(given) for each in [*variants, *(["gcc"] if library else [])]}
    calls: dict[str, Any] = {
        each: lambda call=call, own=memory[each]: call(*own) for each, call in variants.items()
    }
    if library:
        calls["gcc"] = in_c(library[name], memory["gcc"])

    def fresh(name: str) -> None:
        for each, first in zip(memory[name], given, strict=True):
            if isinstance(each, np.ndarray):
                each[...] = first

    first = {}
    for each, call in calls.items():
        begun = time.perf_counter()
        call()
        first[each] = time.perf_counter() - begun
    for each, own in memory.items():
        for mine, theirs in zip(memory["abreast"], own, strict=True):
            assert np.array_equal(mine, theirs), (name, each)
    times = measured(calls, fresh)
    base = times["abreast"]
    line = [f"{name:16}{base * 1e3:9.3f} ms, compiled in {(first['abreast'] - base) * 1e3:4.0f} ms"]
    if other:
        line.append(f"Numba in {(first['Numba'] - times['Numba']) * 1e3:5.0f}")
    line += [f"{each} {took / base:6.2f}" for each, took in times.items() if each != "abreast"]
    print("   ".join(line), flush=True)
    return min((took for each, took in times.items() if each != "abreast"), default=base) / base


def main() -> None:
    library, other = compiled(_more_in_c.C), numba()
    ratios = [
        compare(name, given, library, other)
        for name, given in _more_programs.cases(quick()).items()
        if not WANTED or name in WANTED
    ]
    if ratios and (library or other):
        print(f"the best rival takes {statistics.median(ratios):.2f} of our time in the median")


if __name__ == "__main__":
    main()
