"""Write the coefficients of the elementary functions: src/elementary/polynomials/f32.rs and f64.rs.

    python crates/ir/golden/elementary/polynomials.py [NAME...]

Needs mpmath and NumPy. Names given are fitted anew, the others keep what the files have.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
from minimax import Target, polynomial, rounded
from mpmath import mp, mpf
from targets import CONSTANTS, TARGETS, WIDE, WIDE_PIECES

FOLDER = Path(__file__).parents[2] / "src" / "elementary" / "polynomials"
FORMATS = {"f32": (np.float32, 27.5), "f64": (np.float64, 57.0)}
HEAD = """//! Coefficients for `{name}`, written by `golden/elementary/polynomials.py`.

use super::Polynomials;

#[rustfmt::skip]
impl Polynomials for {name} {{
"""
TABLE = """//! 2/pi, written by `golden/elementary/polynomials.py`.

/// The bits of 2/pi, 48 an entry: the sum of entry `i` times `2^(-48 (i + 1))`.
#[rustfmt::skip]
pub(in super::super) static TWO_OVER_PI_BITS: [f64; 26] = [
"""


def fitted(name: str, target: Target, dtype: type, bits: float) -> str:
    """Return the lines of one constant."""
    coefficients, error = polynomial(target, dtype, bits)
    print(f"{name} {dtype.__name__}: degree {len(coefficients) - 1}, 2^{error:.1f}", flush=True)
    words = ",\n".join(f"        {value!r}" for value in map(literal, coefficients))
    return f"    // greatest error 2^{error:.1f}\n    const {name}: &'static [Self] = &[\n{words},\n    ];\n"


class literal:  # noqa: N801
    """A number as Rust reads it."""

    def __init__(self, value: np.floating) -> None:
        self.value = value

    def __repr__(self) -> str:
        text = np.format_float_scientific(self.value, unique=True)
        return re.sub(r"e([+-])0*(\d)", lambda m: f"e{m[1].strip('+')}{m[2]}", text).replace(".e", ".0e")


def pieces(name: str, value: mpf, widths: list[int], dtype: type) -> str:
    """Return a constant as a sum of numbers; a width of 0 is the format's, others leave low bits empty."""
    words = []
    for width in widths:
        if width:
            scale = mpf(2) ** (width - 1 - int(mp.floor(mp.log(abs(value), 2))))
            piece = dtype(float(mp.nint(value * scale) / scale))
        else:
            piece = rounded(value, dtype)
        words.append(repr(literal(piece)))
        value -= mpf(float(piece))
    if len(words) == 1:
        return f"    const {name}: Self = {words[0]};\n"
    return f"    const {name}: [Self; {len(words)}] = [{', '.join(words)}];\n"


def free(names: list[str], old: str) -> str:
    """Return the constants that belong to no format."""
    parts = [
        pieces(name, value, [0, 0], np.float64).replace("    const", "pub(in super::super) const")
        for name, value in WIDE_PIECES
    ]
    for name, (target, bits) in WIDE.items():
        kept = re.search(rf"// greatest[^\n]*\n#\[rustfmt::skip\]\n[^;]*const {name}:[^;]*;[^;]*;\n", old)
        if kept and name not in names:
            parts.append(kept[0])
            continue
        text = fitted(name, target, np.float64, bits)
        count = text.count(",")
        text = text.replace("    const", "#[rustfmt::skip]\npub(in super::super) const")
        text = text.replace("&'static [Self] = &[", f"[f64; {count}] = [").replace("    //", "//")
        parts.append(text.replace("        ", "    ").replace("    ];", "];"))
    return "\n" + "".join(f"/// For `pow`.\n{it}" for it in parts).replace("Self", "f64")


def two_over_pi() -> str:
    """Return the table of 2/pi, 48 bits an entry, for arguments up to the largest double."""
    with mp.workprec(1400):
        value, words = 2 / mp.pi, []
        for _ in range(26):
            value *= 2**48
            words.append(f"    {int(value)}.0,\n")
            value -= int(value)
    return "".join(words)


def main(names: list[str]) -> None:
    """Write both files."""
    for file, (dtype, bits) in FORMATS.items():
        path = FOLDER / f"{file}.rs"
        old = path.read_text() if path.exists() else ""
        kept = dict(
            (m[2], m[0]) for m in re.finditer(r"    // greatest[^\n]*\n    const (\w+)[^;]*;\n".replace("(\\w+)", "((\\w+))"), old)
        )
        parts = ["".join(pieces(*it, dtype) for it in CONSTANTS[file])]
        for name, (target, extra) in TARGETS.items():
            if name in kept and name not in names:
                parts.append(kept[name])
            else:
                more = extra[file] if isinstance(extra, dict) else extra
                parts.append(fitted(name, target, dtype, bits + more))
        text = HEAD.format(name=file) + "\n".join(parts) + "}\n"
        path.write_text(text + (free(names, old) if file == "f64" else ""))
    (FOLDER / "two_over_pi.rs").write_text(TABLE + two_over_pi() + "];\n")


if __name__ == "__main__":
    main(sys.argv[1:])
