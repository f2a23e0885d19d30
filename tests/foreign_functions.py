"""Pure functions in the files of other people, cut out so that each stands by itself.

What a function needs from outside must be a module of numbers, a built-in, a constant, or another
such function; else it is left alone, and counted as being about something else.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import math
import operator
import symtable
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

import abreast as ab

FORBIDDEN = [
    "open",
    "exec",
    "eval",
    "input",
    "exit",
    "quit",
    "breakpoint",
    "compile",
    "globals",
    "locals",
    "vars",
    "dir",
    "id",
    "help",
    "delattr",
    "setattr",
    "memoryview",
    "super",
    "__import__",
]
MODULES = {"np": np, "numpy": np, "math": math, "cmath": __import__("cmath"), "operator": operator}
COMPILERS = {"jit", "njit", "numba.jit", "numba.njit", "nb.jit", "nb.njit", "staticmethod"}
"""Decorators that say nothing of what a function means."""


@dataclass
class Function:
    """One function: its text, and what it needs from outside."""

    file: str
    name: str
    line: int
    text: str
    constants: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Function] = field(default_factory=dict)

    def made(self, compiled: bool) -> FunctionType:
        """Return it as a Python function, with what it calls compiled or not."""
        name = f"<{self.file}:{self.line}>"
        linecache.cache[name] = len(self.text), None, self.text.splitlines(keepends=True), name
        scope = {"prange": ab.prange, **MODULES, **self.constants}
        for other, function in self.others.items():
            made = function.made(compiled)
            scope[other] = ab.jit(made) if compiled else made
        exec(compile(self.text, name, "exec"), scope)
        return scope[self.name]


@dataclass
class Scope:
    """What is defined in one block of a file, and in those around it."""

    constants: dict[str, Any]
    functions: dict[str, Function | None]
    outer: Scope | None = None

    def find(self, name: str) -> Any:
        for where in (self.constants, self.functions):
            if name in where:
                return where[name]
        return self.outer.find(name) if self.outer else None


def functions(path: Path) -> Iterator[Function | None]:
    """Return the functions of a file; None for one that is about something else."""
    try:
        text = path.read_text()
        tree = ast.parse(text)
    except (SyntaxError, UnicodeDecodeError):
        return
    yield from _in_block(tree.body, path.name, text, None)


def _in_block(
    body: list[ast.stmt], file: str, text: str, outer: Scope | None
) -> Iterator[Function | None]:
    scope = Scope({}, {}, outer)
    found = [it for it in _statements(body) if isinstance(it, ast.FunctionDef)]
    for statement in _statements(body):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            constant = _constant(statement.value)
            if constant is not None:
                scope.constants[statement.targets[0].id] = constant
    for function in found:
        arguments = [it.arg for it in function.args.args]
        plain = not (arguments and arguments[0] in ("self", "cls"))
        if plain and all(_dotted(it) in COMPILERS for it in function.decorator_list):
            one = _function(function, file, text, scope)
            scope.functions[function.name] = one
            yield one
        yield from _in_block(function.body, file, text, scope)
    for statement in _statements(body):
        if isinstance(statement, ast.ClassDef):
            yield from _in_block(statement.body, file, text, scope)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Return the statements of a block, also those inside of `if`, `with` and `for`."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(statement, name, []))


def _dotted(decorator: ast.expr) -> str:
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)


def _constant(value: ast.expr) -> Any:
    """Return the number, tuple or array that an expression of constants stands for."""
    try:
        return ast.literal_eval(value)
    except ValueError:
        pass
    names = {it.id for it in ast.walk(value) if isinstance(it, ast.Name)}
    if not names <= {"np", "math"} or any(isinstance(it, ast.Lambda) for it in ast.walk(value)):
        return None
    try:
        found = eval(ast.unparse(value), dict(MODULES))
    except Exception:
        return None
    return found if isinstance(found, int | float | complex | np.ndarray | np.generic) else None


def _function(node: ast.FunctionDef, file: str, text: str, scope: Scope) -> Function | None:
    start = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    lines = text.splitlines(keepends=True)[start - 1 : node.end_lineno]
    own = textwrap.dedent("".join(lines))
    if node.decorator_list:
        own = own[own.index(f"def {node.name}") :]
    own = own.replace("numba.prange", "prange").replace("nb.prange", "prange")
    # What nobody has written is compared as well.
    own = own.replace("np.empty(", "np.zeros(").replace("np.empty_like(", "np.zeros_like(")
    made = Function(file, node.name, node.lineno, own)
    try:
        table = symtable.symtable(own, file, "exec")
    except SyntaxError:
        return None
    for name in sorted(_names(table) - {node.name}):
        there = scope.find(name)
        if isinstance(there, Function):
            made.others[name] = there
        elif there is not None:
            made.constants[name] = there
        elif name not in {*MODULES, "prange"} and (
            name in FORBIDDEN or not hasattr(builtins, name)
        ):
            return None
    return made


def _names(table: symtable.SymbolTable) -> set[str]:
    """Names that functions of a table read from outside of them all."""
    found = {it.get_name() for it in table.get_symbols() if it.is_global()}
    for inner in table.get_children():
        found |= _names(inner)
    return found
