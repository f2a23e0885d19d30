"""Random programs over whole arrays, compiled and by CPython: the same values and exceptions.

Beside them minima and maxima that loops look for, `while` loops that count, results with names, and
messages that are f-strings.
"""

from __future__ import annotations

import linecache
import random
import warnings
from typing import Any

import numpy as np
import pytest

import abreast as ab
from foreign_arguments import difference


class ArrayWriter:
    """Writes a function of float arrays `a` and `b`, an int array `c` and an int `n`."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.lines: list[str] = []
        self.fresh = 0
        self.arrays = ["a", "b", "u"]

    def number(self) -> str:
        draw = self.draw
        return draw.choice(
            [
                repr(round(draw.uniform(-3, 3), 2)),
                str(draw.randint(1, 4)),
                "n",
                "low",
                f"float({draw.choice(self.arrays)}[{draw.randint(-2, 2)}])",
                f"{draw.choice(self.arrays)}.{draw.choice(['sum', 'min', 'max', 'mean'])}()",
                "len(a)",
            ]
        )

    def array(self, depth: int = 0) -> str:
        """An expression as long as the arrays."""
        draw = self.draw
        kind = draw.randrange(9 if depth < 3 else 2)
        if kind < 2:
            return draw.choice(self.arrays)
        x, y = self.array(depth + 1), self.array(depth + 1)
        if kind < 4:
            return f"({x} {draw.choice(['+', '-', '*'])} {y})"
        if kind == 4:
            return f"({x} {draw.choice(['+', '*', '/'])} {self.number()})"
        if kind == 5:
            return f"np.where({x} {draw.choice(['<', '>='])} {y}, {x}, {self.number()})"
        if kind == 6:
            return f"np.{draw.choice(['abs', 'floor', 'minimum', 'maximum'])}({x})".replace(
                "minimum(" + x, f"minimum({x}, {y}"
            ).replace("maximum(" + x, f"maximum({x}, {y}")
        if kind == 7:
            return f"({x})[::-1]" if x in self.arrays else f"(-{x})"
        return f"np.clip({x}, -2.0, {abs(draw.randint(0, 4))})"

    def say(self, indent: int, line: str) -> None:
        self.lines.append("    " * indent + line)

    def statement(self, indent: int, room: int) -> None:
        draw = self.draw
        kind = draw.randrange(15 if room else 9)
        cut = draw.choice(["1:", ":-1", "::2", "::-1", "1:-1", "n:", ":n"])
        one = draw.choice(["a", "b", "u"])
        if kind < 2:
            self.say(indent, f"u = {self.array()} + 0.0")
        elif kind < 4:
            self.say(indent, f"{one}[:] = {self.array()}")
        elif kind < 5:
            self.say(indent, f"{one}[{cut}] = {draw.choice(self.arrays)}[{cut}] + {self.number()}")
        elif kind < 6:
            self.say(indent, f"{one} {draw.choice(['+=', '*=', '-='])} {self.array()}")
        elif kind < 7:
            self.say(indent, f"{one}[{one} < {self.number()}] = {self.number()}")
        elif kind < 8:
            self.say(indent, f"low = float({self.array()}.{draw.choice(['min', 'sum', 'max'])}())")
        elif kind < 9:
            self.say(indent, f"if {self.number()} > {self.number()} + 40:")
            self.say(indent + 1, "raise ValueError(f'{n} and {low}')")
        elif kind < 11:
            self.fresh += 1
            k, best, where = f"k{self.fresh}", f"best{self.fresh}", f"at{self.fresh}"
            self.say(indent, f"{best} = {one}[0]")
            self.say(indent, f"{where} = 0")
            self.say(indent, f"for {k} in range(1, len({one})):")
            self.say(indent + 1, f"if {one}[{k}] {draw.choice(['<', '>', '<='])} {best}:")
            self.say(indent + 2, f"{best} = {one}[{k}]")
            self.say(indent + 2, f"{where} = {k}")
            self.say(indent, f"c[{where}] += {where}")
            self.say(indent, f"low = float({best})")
        elif kind < 13:
            self.fresh += 1
            k = f"w{self.fresh}"
            self.say(indent, f"{k} = {draw.randint(-1, 2)}")
            self.say(indent, f"while {k} < {draw.choice(['n', 'len(a)', '4'])}:")
            self.say(indent + 1, f"{one}[{k}] = {one}[{k}] * 0.5 + {self.number()}")
            if draw.random() < 0.5:
                self.statement(indent + 1, room - 1)
            self.say(indent + 1, f"{k} += {draw.randint(1, 2)}")
        else:
            self.fresh += 1
            k = f"r{self.fresh}"
            self.say(indent, f"for {k} in range({draw.randint(0, 3)}):")
            self.statement(indent + 1, room - 1)
            self.statement(indent + 1, room - 1)

    def program(self) -> str:
        self.say(0, "def f(a, b, c, n):")
        self.say(1, "low = 0.5")
        self.say(1, "u = a - b")
        for _ in range(4):
            self.statement(1, 2)
        self.say(1, "found = u * 2.0, low, c")
        self.say(1, "return found")
        return "\n".join(self.lines) + "\n"


def outcome(function: Any, n: int, size: int) -> tuple[Any, list[Any]]:
    a, b = np.linspace(-2, 3, size), np.cos(np.arange(size) * 1.5)
    given = [a, b, np.arange(size), n]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*given), given
        except (ArithmeticError, IndexError, ValueError) as error:
            return error, given


MEANT = {1778: "divides by a mean of negative zeros alone, which is -0.0 and by NumPy 0.0"}


def compare(seed: int) -> str:
    """Compare one program; say whether it was compiled, refused or raised."""
    if seed in MEANT:
        return f"meant: {MEANT[seed]}"
    text = ArrayWriter(seed).program()
    file = f"<array program {seed}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    scope: dict[str, Any] = {"np": np}
    exec(compile(text, file, "exec"), scope)
    plain, compiled = scope["f"], ab.jit(scope["f"])
    said = "compiled"
    for n, size in ((2, 7), (0, 5), (9, 6)):
        expected, arguments = outcome(plain, n, size)
        try:
            found, changed = outcome(compiled, n, size)
        except ab.LanguageError as error:
            return f"refused: {str(error).splitlines()[0]}"
        # Sums are added in another order than NumPy's, messages in it show their last digits.
        if isinstance(expected, Exception):
            assert type(found) is type(expected), (
                f"seed {seed}, n {n}:\n{text}\n{found!r}\nnot\n{expected!r}"
            )
            said = "raised"
        else:
            bad = difference(found, expected, 1e-9)
            bad = bad or " ".join(
                difference(x, y, 1e-9) for x, y in zip(changed, arguments, strict=True)
            )
            assert not bad.strip(), f"seed {seed}, n {n}:\n{text}\n{bad}"
    del linecache.cache[file]
    return said


@pytest.mark.parametrize("first", [0, 5])
def test_random_programs_over_arrays(first: int) -> None:
    said = [compare(seed) for seed in range(first, first + 5)]
    assert said.count("compiled") > 1, said


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(1000, 3000, 100))
def test_many_random_programs_over_arrays(first: int) -> None:
    for seed in range(first, first + 100):
        compare(seed)
