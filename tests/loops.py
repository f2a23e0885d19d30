"""Random kernels with loops inside loops, choices and independent iterations, as text."""

from __future__ import annotations

import random

FLOATS = ("add", "sub", "mul", "div", "min", "max")
WHOLE = ("add", "sub", "mul", "min", "max", "and", "xor")
COMPARE = ("lt", "le", "gt", "eq", "ne")
HEAD = """kernel {head}(%n: extent, %x: read {f}[any, unit], %v: read i64[unit],
  %w: read {f}[zero, any], %s: {f}, %y: update {f}[any, {unit}], %z: write i64[any, any]) {{
  %zero = const i64 0
  %one = const i64 1
  %three = const i64 3
  %half = const {f} 0.5
"""


class Writer:
    """Writes one kernel; each value is defined before it is used and inside its block."""

    def __init__(self, seed: int, overlapping: bool = False) -> None:
        self.random = random.Random(seed)
        self.float = self.random.choice(("f32", "f64"))
        self.turned = self.random.random() < 0.3  # whether rows of the results are columns
        self.lines: list[str] = []
        self.count = 0
        self.floats = ["%s", "%half"]
        self.whole = ["%zero", "%one", "%three", "%n"]
        self.truth: list[str] = []
        self.rows: list[str] = []  # the indices of the independent loops around
        self.depth = 1
        self.overlapping = overlapping

    def text(self) -> str:
        """The whole kernel."""
        head = ("overlapping " if self.overlapping else "") + "@random"
        unit = "any" if self.turned else "unit"
        self.lines.append(HEAD.format(head=head, f=self.float, unit=unit).rstrip())
        for _ in range(self.random.randint(0, 2)):
            self.statement(2)
        for _ in range(self.random.randint(1, 2)):
            self.independent()
        return "\n".join([*self.lines, "}", ""])

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def name(self) -> str:
        self.count += 1
        return f"%t{self.count}"

    def define(self, text: str, pool: list[str]) -> str:
        name = self.name()
        self.line(f"{name} = {text}")
        pool.append(name)
        return name

    def a(self, pool: list[str]) -> str:
        # The latest are the likeliest.
        return pool[-1 - min(int(self.random.expovariate(0.4)), len(pool) - 1)]

    def index(self) -> str:
        """A legal index of an axis."""
        if self.rows and self.random.random() < 0.6:
            return self.random.choice(self.rows)
        return self.define(f"rem {self.a(self.whole)}, %n", self.whole)

    def condition(self) -> str:
        pool = self.random.choice((self.floats, self.whole))
        how = self.random.choice(COMPARE)
        return self.define(f"{how} {self.a(pool)}, {self.a(pool)}", self.truth)

    def inside(self, depth: int, most: int = 4) -> None:
        """Statements of a block; what they define is forgotten by `block`."""
        self.depth += 1
        for _ in range(self.random.randint(1, most)):
            self.statement(depth)

    def block(self, write) -> None:
        known = [list(self.floats), list(self.whole), list(self.truth), list(self.rows)]
        depth = self.depth
        write()
        self.floats, self.whole, self.truth, self.rows = known
        self.depth = depth

    def independent(self) -> None:
        """A loop of rows, and often another one of columns in it."""
        kind = self.random.choice(("lanes", "lanes", "parallel", "parallel", ""))
        row = self.name()
        self.line(f"for {kind} ({row}) in (%n) {{")

        def body() -> None:
            self.depth += 1
            self.rows = [row]
            self.whole.append(row)
            if self.random.random() < 0.5:
                for _ in range(self.random.randint(0, 2)):
                    self.plain()
                column = self.name()
                inner = self.random.choice(("lanes", "lanes", "parallel", ""))
                self.line(f"for {inner} ({column}) in (%n) {{")
                self.rows = [row, column]
                self.whole.append(column)
                self.inside(3)
                self.store()
                self.depth -= 1
                self.line("}")
            else:
                self.inside(3, 6)
                self.store()
                self.depth -= 1

        self.block(body)
        self.line("}")

    def own(self) -> str:
        """An element that belongs to this iteration alone."""
        column = self.rows[1] if len(self.rows) > 1 else self.index()
        row = self.rows[0]
        return f"{column}, {row}" if self.turned else f"{row}, {column}"

    def store(self) -> None:
        if not self.rows:
            return
        if self.random.random() < 0.7:
            own = self.own()
            self.line(f"store {self.a(self.floats)}, %y[{own}]")
        else:
            own = self.own()
            self.line(f"store {self.a(self.whole)}, %z[{own}]")

    def plain(self) -> None:
        kind = self.random.randrange(10)
        if kind < 3:
            op = self.random.choice(FLOATS)
            self.define(f"{op} {self.a(self.floats)}, {self.a(self.floats)}", self.floats)
        elif kind == 3:
            op = self.random.choice(("neg", "abs", "sqrt", "exp", "sin", "floor"))
            self.define(f"{op} {self.a(self.floats)}", self.floats)
        elif kind == 4:
            op = self.random.choice(WHOLE)
            self.define(f"{op} {self.a(self.whole)}, {self.a(self.whole)}", self.whole)
        elif kind == 5:
            condition = self.condition()
            pool = self.random.choice((self.floats, self.whole))
            self.define(f"select {condition}, {self.a(pool)}, {self.a(pool)}", pool)
        elif kind == 6:
            at = f"{self.index()}, {self.index()}"
            self.define(f"load %x[{at}]", self.floats)
        elif kind == 7:
            if self.random.random() < 0.5:
                self.define(f"load %v[{self.index()}]", self.whole)
            else:
                at = f"{self.index()}, {self.index()}"
                self.define(f"load %w[{at}]", self.floats)
        elif kind == 8:
            self.define(f"cast {self.a(self.whole)} to {self.float}", self.floats)
        elif self.rows:
            own = self.own()
            self.define(f"load %y[{own}]", self.floats)

    def statement(self, depth: int) -> None:
        kind = self.random.random()
        if depth <= 0 or kind < 0.6:
            self.plain()
        elif kind < 0.7:
            self.store()
        elif kind < 0.8:
            self.choice(depth - 1)
        elif kind < 0.93:
            self.counted(depth - 1)
        else:
            self.open_end(depth - 1)

    def choice(self, depth: int) -> None:
        condition = self.condition()
        kinds = [self.random.random() < 0.5 for _ in range(self.random.randint(0, 2))]
        results = [self.name() for _ in kinds]
        given = f"{', '.join(results)} = " if results else ""

        def body() -> None:
            self.inside(depth, 3)
            self.yields(kinds)

        self.line(f"{given}if {condition} {{")
        self.block(body)
        self.line("} else {")
        self.block(body)
        self.line("}")
        self.keep(results, kinds)

    def keep(self, names: list[str], kinds: list[bool]) -> None:
        """From now on these are values: floats or whole numbers."""
        for name, it in zip(names, kinds, strict=True):
            (self.floats if it else self.whole).append(name)

    def yields(self, kinds: list[bool]) -> None:
        if kinds:
            values = [self.a(self.floats if it else self.whole) for it in kinds]
            self.line(f"yield {', '.join(values)}")

    def bound(self) -> str:
        if self.random.random() < 0.5:
            return "%three"
        seven = self.define("const i64 7", self.whole)
        return self.define(f"rem {self.a(self.whole)}, {seven}", self.whole)

    def counted(self, depth: int) -> None:
        begin = f"{self.bound()}.." if self.random.random() < 0.3 else ""
        end = self.bound()
        kinds = [self.random.random() < 0.7 for _ in range(self.random.randint(0, 2))]
        results, inside = [self.name() for _ in kinds], [self.name() for _ in kinds]
        start = [self.a(self.floats if it else self.whole) for it in kinds]
        index = self.name()
        given = f"{', '.join(results)} = " if results else ""
        carry = ", ".join(f"{a} = {b}" for a, b in zip(inside, start, strict=True))
        carry = f" carry ({carry})" if carry else ""
        self.line(f"{given}for ({index}) in ({begin}{end}){carry} {{")

        def body() -> None:
            self.whole.append(index)
            self.keep(inside, kinds)
            self.inside(depth, 3)
            self.yields(kinds)

        self.block(body)
        self.line("}")
        self.keep(results, kinds)

    def open_end(self, depth: int) -> None:
        most = self.bound()
        count, result, inside, last = (self.name() for _ in range(4))
        start = self.a(self.floats)
        self.line(f"{result}, {last} = while carry ({inside} = {start}, {count} = %zero) {{")
        known = [list(self.floats), list(self.whole), list(self.truth), list(self.rows)]
        outside = self.depth
        self.floats.append(inside)
        self.whole.append(count)
        self.inside(0, 2)
        less = self.define(f"lt {count}, {most}", self.truth)
        if self.random.random() < 0.5:
            other = self.condition()
            less = self.define(f"and {less}, {other}", self.truth)
        self.line(f"yield {less}")
        self.depth = outside
        self.line("} do {")
        self.inside(depth, 3)
        next_count = self.define(f"add {count}, %one", self.whole)
        self.line(f"yield {self.a(self.floats)}, {next_count}")
        self.floats, self.whole, self.truth, self.rows = known
        self.depth = outside
        self.line("}")
        self.floats.append(result)
        self.whole.append(last)
