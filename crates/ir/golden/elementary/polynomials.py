"""Write the coefficients of the elementary functions: src/elementary/polynomials/*.rs.

    python crates/ir/golden/elementary/polynomials.py [NAME...]

Needs mpmath and NumPy. Polynomials named are fitted anew (or ALL), the others keep what the files
have.
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


def literal(value: np.floating) -> str:
    """Return a number as Rust reads it."""
    mantissa, exponent = np.format_float_scientific(value, unique=True).split("e")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}e{int(exponent)}"


def pieces(name: str, value: mpf, widths: list[int], dtype: type) -> str:
    """Return a constant as a sum of numbers of some widths.

    A width of 0 is the format's own; below 0 that too, but rounded down.
    """
    words = []
    for width in widths:
        if width > 0:
            scale = mpf(2) ** (width - 1 - int(mp.floor(mp.log(abs(value), 2))))
            piece = dtype(float(mp.nint(value * scale) / scale))
        else:
            piece = rounded(value, dtype)
            if width < 0 and mpf(float(piece)) > value:
                piece = np.nextafter(piece, dtype(-np.inf))
        words.append(literal(piece))
        value -= mpf(float(piece))
    if len(words) == 1:
        return f"const {name}: Self = {words[0]};\n"
    return f"const {name}: [Self; {len(words)}] = [{', '.join(words)}];\n"


def fitted(name: str, target: Target, dtype: type, bits: float) -> str:
    """Return the lines of a constant: a new polynomial."""
    coefficients, error = polynomial(target, dtype, bits)
    print(f"{name} {dtype.__name__}: degree {len(coefficients) - 1}, 2^{error:.1f}", flush=True)
    words = "".join(f"    {literal(it)},\n" for it in coefficients)
    return f"// greatest error 2^{error:.1f}\nconst {name}: &'static [Self] = &[\n{words}];\n"


def known(text: str) -> dict[str, str]:
    """Return the polynomials that a file has, by name, as `fitted` gives them."""
    pattern = r"(// greatest.*)\n(?: *#.*\n)? *(?:pub.*)?const (\w+):.*\[\n([^\]]*)\];\n"
    found = {}
    for error, name, numbers in re.findall(pattern, text):
        words = "".join(f"    {it.strip()}\n" for it in numbers.strip().splitlines())
        found[name] = f"{error}\nconst {name}: &'static [Self] = &[\n{words}];\n"
    return found


def inside(text: str) -> str:
    """Return lines as they stand in an `impl`."""
    return re.sub(r"^(?=.)", "    ", text, flags=re.MULTILINE)


def free(text: str) -> str:
    """Return a constant as one that stands alone, for `pow`."""
    count = text.count(",\n")
    text = text.replace("&'static [Self] = &[", f"[Self; {count}] = [").replace("Self", "f64")
    skip = "#[rustfmt::skip]\n" if count else ""
    return "/// For `pow`.\n" + text.replace("const ", f"{skip}pub(in super::super) const ")


def two_over_pi() -> str:
    """Return the table of 2/pi, for arguments up to the largest double."""
    with mp.workprec(1400):
        value, words = 2 / mp.pi, []
        for _ in range(26):
            value *= 2**48
            words.append(f"    {int(value)}.0,\n")
            value -= int(value)
    return "".join(words)


def main(names: list[str]) -> None:
    """Write the files."""
    for file, (dtype, usual) in FORMATS.items():
        path = FOLDER / f"{file}.rs"
        old = known(path.read_text() if path.exists() else "")

        def constant(
            name: str,
            target: Target,
            bits: float,
            old: dict[str, str] = old,
            dtype: type = dtype,
        ) -> str:
            if name in old and name not in names and "ALL" not in names:
                return old[name]
            return fitted(name, target, dtype, bits)

        parts = ["".join(pieces(*it, dtype) for it in CONSTANTS[file])]
        for name, (target, extra) in TARGETS.items():
            more = extra[file] if isinstance(extra, dict) else extra
            parts.append(constant(name, target, usual + more))
        text = HEAD.format(name=file) + inside("\n".join(parts)) + "}\n"
        if file == "f64":
            alone = [pieces(name, value, [0, 0], dtype) for name, value in WIDE_PIECES]
            alone += [constant(name, target, bits) for name, (target, bits) in WIDE.items()]
            text += "\n" + "".join(map(free, alone))
        path.write_text(text)
    (FOLDER / "two_over_pi.rs").write_text(TABLE + two_over_pi() + "];\n")


if __name__ == "__main__":
    main(sys.argv[1:])
