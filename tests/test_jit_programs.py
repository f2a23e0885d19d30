"""Random programs, compiled and by CPython: the same values, exceptions and arrays afterwards."""

from __future__ import annotations

import linecache
import random
from typing import Any

import numpy as np
import pytest

import abreast as ab


class Writer:
    """Writes a function of an int array `a`, a float array `b`, an int `n` and a float `x`."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.lines: list[str] = []
        self.fresh = 0
        self.ints = ["n", "i0"]
        self.floats = ["x", "f0"]

    def integer(self, depth: int = 0) -> str:
        draw = self.draw
        kind = draw.randrange(11 if depth < 3 else 3)
        if kind == 0:
            return str(draw.randint(-5, 9))
        if kind < 3:
            return draw.choice(self.ints)
        x, y = self.integer(depth + 1), self.integer(depth + 1)
        if kind < 6:
            return f"(({x} {draw.choice(['+', '-', '*'])} {y}) % 1009)"
        if kind == 6:
            return f"({x} {draw.choice(['//', '%'])} {y})"
        if kind == 7:
            return f"int(a[{x}])" if draw.random() < 0.4 else f"int(a[{x} % len(a)])"
        if kind == 8:
            return f"{draw.choice(['min', 'max'])}({x}, {y})"
        if kind == 9:
            return f"({x} if {self.truth(depth + 1)} else {y})"
        return f"({x} {draw.choice(['&', '|', '^'])} {y})"

    def floating(self, depth: int = 0) -> str:
        draw = self.draw
        kind = draw.randrange(8 if depth < 3 else 3)
        if kind == 0:
            return repr(round(draw.uniform(-3, 3), 2))
        if kind < 3:
            return draw.choice(self.floats)
        x, y = self.floating(depth + 1), self.floating(depth + 1)
        if kind < 5:
            return f"({x} {draw.choice(['+', '-', '*', '*'])} {y})"
        if kind == 5:
            return f"({x} / {y})"
        if kind == 6:
            return f"float(b[{self.integer(depth + 1)} % len(b)])"
        return f"({x} if {self.truth(depth + 1)} else {y})"

    def truth(self, depth: int = 0) -> str:
        draw = self.draw
        kind = draw.randrange(5 if depth < 3 else 2)
        if kind < 2:
            x, y = self.integer(depth + 1), self.integer(depth + 1)
            return f"{x} {draw.choice(['<', '<=', '==', '!=', '>'])} {y}"
        if kind == 2:
            return f"{self.floating(depth + 1)} < {self.floating(depth + 1)}"
        if kind == 3:
            return f"({self.truth(depth + 1)} {draw.choice(['and', 'or'])} {self.truth(depth + 1)})"
        return f"(not {self.truth(depth + 1)})"

    def say(self, indent: int, line: str) -> None:
        self.lines.append("    " * indent + line)

    def block(self, indent: int, loops: int, room: int) -> None:
        for _ in range(self.draw.randint(1, 3)):
            self.statement(indent, loops, room)

    def statement(self, indent: int, loops: int, room: int) -> None:
        draw = self.draw
        kind = draw.randrange(14 if room else 7)
        if kind < 2:
            self.say(indent, f"i0 = {self.integer()}")
        elif kind < 3:
            self.say(indent, f"f0 {draw.choice(['=', '+=', '-='])} {self.floating()}")
        elif kind < 5:
            self.say(indent, f"a[{self.integer()} % len(a)] = {self.integer()} % 1009")
        elif kind < 6:
            self.say(indent, f"b[{self.integer()} % len(b)] += {self.floating()}")
        elif kind < 7:
            if loops and draw.random() < 0.7:
                self.say(indent, f"if {self.truth()}:")
                self.say(indent + 1, draw.choice(["break", "continue", "return i0, f0"]))
            else:
                self.say(indent, f"if {self.truth()}:")
                self.say(indent + 1, draw.choice(["return i0, f0", "raise ValueError('no')"]))
        elif kind < 10:
            self.say(indent, f"if {self.truth()}:")
            self.block(indent + 1, loops, room - 1)
            if draw.random() < 0.6:
                self.say(indent, "else:")
                self.block(indent + 1, loops, room - 1)
        elif kind < 13:
            self.fresh += 1
            name = f"k{self.fresh}"
            over = draw.choice(
                [
                    f"for {name} in range({self.integer()} % 7):",
                    f"for {name} in range({self.integer()} % 5, -3, -2):",
                    f"for {name}, _v in enumerate(a[1:]):",
                    f"for {name} in reversed(range(3)):",
                    f"for {name} in (1, 2, n):",
                ]
            )
            self.say(indent, over)
            self.ints.append(name)
            self.block(indent + 1, loops + 1, room - 1)
            self.ints.remove(name)
            if draw.random() < 0.3:
                self.say(indent, "else:")
                self.block(indent + 1, loops, room - 1)
        else:
            self.fresh += 1
            name = f"w{self.fresh}"
            self.say(indent, f"{name} = 0")
            self.say(indent, f"while {name} < {draw.randint(1, 6)} and {self.truth()}:")
            self.say(indent + 1, f"{name} += 1")
            self.block(indent + 1, loops + 1, room - 1)

    def program(self) -> str:
        self.say(0, "def f(a, b, n, x):")
        self.say(1, "i0 = 1")
        self.say(1, "f0 = 0.5")
        for _ in range(3):
            self.statement(1, 0, 3)
        self.say(1, "return i0, f0")
        return "\n".join(self.lines) + "\n"


def outcome(function: Any, a: np.ndarray, b: np.ndarray, n: int, x: float) -> tuple[Any, ...]:
    a, b = a.copy(), b.copy()
    found: Any
    try:
        with np.errstate(all="ignore"):
            found = function(a, b, n, x)
    except (ArithmeticError, IndexError, ValueError) as error:
        found = type(error).__name__
    return found, a, b


def compare(seed: int) -> None:
    text = Writer(seed).program()
    file = f"<program {seed}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    scope: dict[str, Any] = {}
    exec(compile(text, file, "exec"), scope)
    plain, compiled = scope["f"], ab.jit(scope["f"])
    arrays = np.arange(-2, 4), np.linspace(-1, 2, 5)
    for n, x in ((3, 0.75), (0, -1.5)):
        expected, found = outcome(plain, *arrays, n, x), outcome(compiled, *arrays, n, x)
        same = repr(found[0]) == repr(expected[0])
        same = same and np.array_equal(found[1], expected[1])
        same = same and np.array_equal(found[2], expected[2], equal_nan=True)
        assert same, f"seed {seed}, n {n}, x {x}:\n{text}\n{found}\nnot\n{expected}"
    del linecache.cache[file]


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_random_programs(first: int) -> None:
    for seed in range(first, first + 10):
        compare(seed)


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 3000, 100))
def test_many_random_programs(first: int) -> None:
    for seed in range(first, first + 100):
        compare(seed)
