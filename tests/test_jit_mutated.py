"""Functions of all tests with parts exchanged, taken out and doubled: refused or compiled.

Nothing of it may panic, in the front end or behind it: that would be no `Exception`.
"""

from __future__ import annotations

import ast
import copy
import random
from pathlib import Path
from typing import Any

import pytest

import abreast as ab
from foreign_arguments import KINDS
from foreign_functions import Function, functions

LIKELY = ["int", "float", "floats", "matrix", "ints", "tuple", "complex", "bools", "float32s"]


def collected() -> list[Function]:
    paths = sorted(Path(__file__).parent.glob("test_jit_*.py"))
    found = [it for path in paths for it in functions(path) if it is not None]
    return [it for it in found if "range" in it.text or "for " in it.text or "[" in it.text]


def mutated(draw: random.Random, one: Function, other: Function) -> str:
    """Return the text of a function after some changes, with parts of another one."""
    tree = ast.parse(one.text)
    spare = ast.parse(other.text)
    for _ in range(draw.randint(1, 4)):
        blocks = [
            it for it in ast.walk(tree) if getattr(it, "body", None) and isinstance(it.body, list)
        ]
        blocks = [it for it in blocks if not isinstance(it, ast.Module)]
        spares = [it for it in ast.walk(spare) if isinstance(it, ast.stmt)]
        spares = [it for it in spares if not isinstance(it, ast.FunctionDef)]
        block: Any = draw.choice(blocks)
        at = draw.randrange(len(block.body))
        kind = draw.randrange(5)
        if kind == 0 and len(block.body) > 1:
            del block.body[at]
        elif kind == 1:
            block.body.insert(at, copy.deepcopy(draw.choice(spares)))
        elif kind == 2:
            block.body.insert(at, copy.deepcopy(draw.choice(block.body)))
        else:
            Exchange(draw, list(ast.walk(spare if kind == 3 else tree))).visit(block)
    return ast.unparse(ast.fix_missing_locations(tree))


class Exchange(ast.NodeTransformer):
    """Puts other expressions and operators in the place of some."""

    def __init__(self, draw: random.Random, nodes: list[ast.AST]) -> None:
        self.draw = draw
        self.values = [it for it in nodes if isinstance(it, ast.expr) and loads(it)]

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and loads(node) and self.values and self.draw.random() < 0.1:
            return copy.deepcopy(self.draw.choice(self.values))
        if isinstance(node, ast.operator) and self.draw.random() < 0.2:
            return self.draw.choice(
                [ast.Add(), ast.FloorDiv(), ast.Pow(), ast.MatMult(), ast.LShift()]
            )
        return self.generic_visit(node)


def loads(node: ast.expr) -> bool:
    return all(isinstance(it.ctx, ast.Load) for it in ast.walk(node) if hasattr(it, "ctx"))


def try_out(seed: int, among: list[Function]) -> str:
    draw = random.Random(seed)
    one, other = draw.choice(among), draw.choice(among)
    text = ""
    try:
        text = mutated(draw, one, other)
        changed = Function(f"mutated {seed}", one.name, seed, text, one.constants, one.others)
        made = changed.made(compiled=True)
    except Exception:
        return "no Python"
    count = made.__code__.co_argcount
    try:
        compiled = ab.jit(made)
        compiled.compile(*[KINDS[draw.choice(LIKELY)]() for _ in range(count)])
    except ab.LanguageError:
        return "refused"
    except (TypeError, SyntaxError, ValueError, OverflowError) as error:
        return type(error).__name__
    except BaseException as error:
        raise AssertionError(f"seed {seed}: {error!r}\n{text}") from error
    return "compiled"


def test_nothing_panics() -> None:
    among = collected()
    said = [try_out(seed, among) for seed in range(60)]
    assert "refused" in said
    assert "compiled" in said


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(1000, 21000, 2000))
def test_nothing_panics_at_length(first: int) -> None:
    among = collected()
    for seed in range(first, first + 2000):
        try_out(seed, among)
