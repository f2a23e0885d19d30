"""Compare an elementary function with mpmath over many random arguments.

    python crates/ir/golden/elementary/scan.py PROGRAM f64 20000 sin cos

PROGRAM is the example `elementary_values`, built. Prints the greatest error found in each range.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from mpmath import mp

from references import BINARY, FORMATS, PAIRS, RANGES, draw, reference, ulps


def main(program: str, name: str, count: int, functions: list[str]) -> None:
    """Scan each function."""
    mp.prec = 140
    dtype, *_ = FORMATS[name]
    for function in functions:
        rng = np.random.default_rng(abs(hash(function)) % 2**31 + count)
        worst: tuple[float, str] = (0.0, "")
        notes = []
        for place in PAIRS[function] if function in BINARY else [(it,) for it in RANGES[function]]:
            given = np.stack([draw(rng, where, count, name) for where in place], axis=1)
            run = subprocess.run(
                [program, function, name], input=given.tobytes(), stdout=subprocess.PIPE, check=True
            )
            here = (0.0, "")
            for row, value in zip(given, np.frombuffer(run.stdout, dtype), strict=True):
                true = reference(function, tuple(row))
                if true is not None:
                    error = ulps(value, true, name)
                    if error > here[0]:
                        here = (error, " ".join(repr(float(it)) for it in row) + f" -> {value!r}")
            worst = max(worst, here)
            notes.append(f"{here[0]:.3f}")
        print(f"{function:6} {name} {worst[0]:.4f} at {worst[1]}  [{' '.join(notes)}]", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
