"""Numerical programs: `jit` beside Numba and `gcc -O3 -march=native`, from the same source.

Checks are on; what they cost is measured beside `boundscheck=False`. Values are compared: sums are
in the order of the source, so all but elementary functions agree to the bit. What stands behind
each time is that time by ours: above one, ours is faster.

    ./dev bench programs            all of them
    ./dev bench programs life pi    some of them
"""

from __future__ import annotations

import ctypes
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import _programs
import abreast as ab
from _measure import quick

ROUNDS = 2 if quick() else 7
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-fopenmp", "-shared", "-fPIC")
WARM = 0.05  # seconds
WANTED = [each for each in sys.argv[1:] if not each.startswith("-")]

Call = Callable[[], object]


def compiled(source: str, flags: tuple[str, ...] = FLAGS) -> ctypes.CDLL | None:
    """A library of the programs in C; nothing where there is no gcc."""
    if not shutil.which("gcc"):
        return None
    folder = Path(tempfile.mkdtemp())
    (folder / "programs.c").write_text(source)
    command = ["gcc", *flags, "-o", folder / "programs.so", folder / "programs.c", "-lm"]
    subprocess.run(command, check=True)
    found = ctypes.CDLL(str(folder / "programs.so"))
    shutil.rmtree(folder)
    return found


def in_c(function: Any, given: tuple[Any, ...]) -> Call:
    """A call of C: each array is its address, and its lengths where more follows."""
    words: list[Any] = []
    for each in given:
        if isinstance(each, np.ndarray):
            words.append(ctypes.c_void_p(each.ctypes.data))
            words += [ctypes.c_long(length) for length in each.shape]
        else:
            words.append((ctypes.c_double if isinstance(each, float) else ctypes.c_long)(each))
    return lambda: function(*words)


def numba() -> Any:
    """Numba, where it is installed."""
    try:
        import numba  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    return numba


def measured(
    calls: dict[str, Call], fresh: Callable[[str], None] = lambda _: None, rest: float = 0.0
) -> dict[str, float]:
    """The shortest of several rounds, in turns, so that all meet the same weather.

    `fresh` sets back the memory of the one that comes next, and only that: else whose memory is set
    back last would find it in the caches, and the others would not.

    Threads of OpenBLAS and OpenMP stay awake after their work and take a core from whoever comes
    next: `rest` is how long to wait until they sleep. Before a call is measured it then comes again
    and again for a while, as in a solver's loop: caches and threads are warm for all alike.
    """
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            fresh(name)
            if rest:
                time.sleep(rest)
                warm = time.perf_counter() + WARM
                call()
                while time.perf_counter() < warm:
                    call()
            begun = time.perf_counter()
            call()
            found[name] = min(found[name], time.perf_counter() - begun)
    return found


def show(title: str, times: dict[str, float]) -> None:
    base = times["abreast"]
    line = [f"{title:24}{base * 1e3:10.3f} ms"]
    line += [f"{name} {each / base:6.2f}" for name, each in times.items() if name != "abreast"]
    print("   ".join(line), flush=True)


def copies(given: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.copy() if isinstance(each, np.ndarray) else each for each in given)


def compare(name: str, given: tuple[Any, ...], library: Any, other: Any) -> float:
    """One program everywhere; answers what its checks cost."""
    function = getattr(_programs, name)
    variants: dict[str, Any] = {
        "abreast": ab.jit(function),
        "unchecked": ab.jit(function, boundscheck=False),
    }
    if other:
        variants["Numba"] = other.njit(function)
    memory = {each: copies(given) for each in [*variants, *(["gcc"] if library else [])]}
    calls: dict[str, Call] = {
        each: lambda call=call, own=memory[each]: call(*own)  # type: ignore[misc]
        for each, call in variants.items()
    }
    if library:
        calls["gcc"] = in_c(library[name], memory["gcc"])

    def fresh(name: str) -> None:
        for each, first in zip(memory[name], given, strict=True):
            if isinstance(each, np.ndarray):
                each[...] = first

    for call in calls.values():
        call()
    for each, own in memory.items():
        for mine, theirs in zip(memory["abreast"], own, strict=True):
            close = {"rtol": 1e-12, "atol": 1e-13} if name == "scholes" else {"rtol": 0, "atol": 0}
            assert np.allclose(mine, theirs, **close), (name, each)
    times = measured(calls, fresh)
    show(name, times)
    return times["abreast"] / times["unchecked"]


def products(library: Any, other: Any) -> None:
    """A matrix by a vector, beside NumPy's BLAS and C with OpenMP as well."""
    single, threads = ab.jit(_programs.matvec), ab.jit(_programs.matvec_on_threads)
    theirs = other.njit(_programs.matvec) if other else None
    for n in (100, 400) if quick() else (100, 300, 1_000, 3_000, 8_000, 24_000):
        rng = np.random.default_rng(n)
        a, x, y = np.empty((n, n)), rng.random(n), np.zeros(n)
        for row in a:
            row[:] = rng.random(n)
        times = max(1, 1_000_000 // (n * n))

        def often(call: Call, times: int = times) -> Call:
            return lambda: [call() for _ in range(times)]

        calls: dict[str, Call] = {
            "abreast": often(lambda: threads(a, x, y)),  # noqa: B023
            "one thread": often(lambda: single(a, x, y)),  # noqa: B023
            "NumPy": often(lambda: np.dot(a, x, out=y)),  # noqa: B023
        }
        if theirs:
            calls["Numba"] = often(lambda: theirs(a, x, y))  # noqa: B023
        if library:
            calls["gcc"] = often(in_c(library["matvec"], (a, x, y)))
            calls["gcc OpenMP"] = often(in_c(library["matvec_on_threads"], (a, x, y)))
        results = []
        for call in calls.values():
            y[:] = 0
            call()
            results.append(y.copy())
        assert all(np.allclose(each, results[0], rtol=1e-10) for each in results)
        show(f"matvec {n} (x{times})", measured(calls, rest=0.0 if quick() else 0.2))


def waves(library: Any, other: Any) -> None:
    """The function sin(a) cos(b), vectorised, over ten million of each."""
    n = 100_000 if quick() else 10_000_000
    rng = np.random.default_rng(1)
    a, b, out = rng.normal(size=n), rng.normal(size=n), np.empty(n)
    ours = ab.vectorize(_programs.sinacosb)
    calls: dict[str, Call] = {
        "abreast": lambda: ours(a, b, out=out),
        "NumPy": lambda: np.multiply(np.sin(a), np.cos(b), out=out),
    }
    if other:
        theirs = other.vectorize(["float64(float64, float64)"])(_programs.sinacosb)
        calls["Numba"] = lambda: theirs(a, b, out=out)
    if library:
        fast = compiled(_programs.C, (*FLAGS, "-ffast-math"))
        assert fast is not None
        calls["gcc fast-math"] = in_c(fast["sinacosb"], (n, a.ravel(), b, out))
        words = [ctypes.c_long(n), *(ctypes.c_void_p(each.ctypes.data) for each in (a, b, out))]
        function = fast["sinacosb"]
        calls["gcc fast-math"] = lambda: function(*words)
    results = []
    for call in calls.values():
        out[:] = 0
        call()
        results.append(out.copy())
    assert all(np.allclose(each, results[0], rtol=1e-9, atol=1e-12) for each in results)
    show(f"sin(a) cos(b), {n:,}", measured(calls))


def main() -> None:
    library, other = compiled(_programs.C), numba()
    if not library:
        print("gcc is not here: not compared with it")
    if not other:
        print("Numba is not here: python -m pip install numba")
    costs = []
    for name, given in _programs.cases(quick()).items():
        if not WANTED or name in WANTED:
            costs.append(compare(name, given, library, other))
    if costs:
        print(f"checks cost {100 * (statistics.median(costs) - 1):.1f} % in the median")
    if not WANTED or "matvec" in WANTED:
        products(library, other)
    if not WANTED or "waves" in WANTED:
        waves(library, other)


if __name__ == "__main__":
    main()
