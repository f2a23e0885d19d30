"""Random programs for as long as you say, compiled and by CPython; each difference is printed.

    python tests/program_runs.py loops --seconds 600 [--first 100000] [--count 100]

``loops`` and ``arrays`` write programs and compare, ``mutated`` changes functions of the tests,
which may not panic. ``ABREAST_CPU=x86-64-v3`` has the code made for smaller vectors.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import linecache
import time
from collections.abc import Callable

import test_jit_array_programs
import test_jit_mutated
import test_jit_programs


def tries(kind: str) -> Callable[[int], str | None]:
    """Return the function that tries the program of a number."""
    if kind == "mutated":
        among = test_jit_mutated.collected()
        return lambda seed: test_jit_mutated.try_out(seed, among)
    return {"loops": test_jit_programs, "arrays": test_jit_array_programs}[kind].compare


def run(kind: str, seconds: float, first: int, count: int | None) -> int:
    """Try programs one after the other; return how many differ."""
    one = tries(kind)
    said: collections.Counter[str] = collections.Counter()
    end = time.monotonic() + seconds
    for seed in itertools.count(first) if count is None else range(first, first + count):
        if time.monotonic() > end:
            break
        try:
            said[(one(seed) or "equal").split(":")[0]] += 1
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a panic is no Exception
            said["differ"] += 1
            print(f"--- {kind} {seed}: {type(error).__name__}: {error}", flush=True)
        linecache.cache.clear()
    print(f"{kind} from {first}: {sum(said.values())} programs, {dict(said)}", flush=True)
    return said["differ"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["loops", "arrays", "mutated"])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--first", type=int, default=100_000)
    parser.add_argument("--count", type=int)
    given = parser.parse_args()
    return 1 if run(given.kind, given.seconds, given.first, given.count) else 0


if __name__ == "__main__":
    raise SystemExit(main())
