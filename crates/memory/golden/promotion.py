"""Write promotion.txt: the type that NumPy finds for each pair of types.

.venv/bin/python crates/memory/golden/promotion.py
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

PINNED = "2.4.6"  # the NumPy whose rules these are
NAMES = [
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("float16", "float32", "float64", "complex64", "complex128"),
]


def main() -> None:
    """Write the file beside this one."""
    if np.__version__ != PINNED:
        raise SystemExit(f"NumPy {PINNED} is needed, this is {np.__version__}")
    lines = [f"# np.result_type of NumPy {PINNED}, by promotion.py"]
    for left, right in product(NAMES, NAMES):
        lines.append(f"{left} {right} {np.result_type(left, right)}")
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
