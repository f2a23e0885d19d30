"""Lists, tuples and dicts with holes, as a flat program: so depth costs no recursion.

The program leaves its values on a stack. Each step is one byte and one operand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["BLOB", "DICT", "LIST", "NAMED", "REF", "SAME", "TUPLE", "VALUE", "build"]

VALUE, REF, BLOB, LIST, TUPLE, DICT, NAMED, SAME = range(8)
"""Push the operand; the value of a task; a packed value. Make a container of so many items (twice
as many for a dict, one more for a named tuple: its class). Push a container made before."""


def build(
    program: bytes,
    operands: Sequence[Any],
    of_task: Callable[[int], Any],
    of_blob: Callable[[Any], Any],
) -> list[Any]:
    """Run the program; answer what it leaves.

    Examples
    --------
    >>> build(bytes([VALUE, REF, LIST]), [1, 7, 2], lambda task: f"task {task}", int)
    [[1, 'task 7']]
    """
    stack: list[Any] = []
    made: list[Any] = []
    for step, operand in zip(program, operands, strict=True):
        if step == VALUE:
            stack.append(operand)
            continue
        if step == REF:
            stack.append(of_task(operand))
            continue
        if step == BLOB:
            stack.append(of_blob(operand))
            continue
        if step == SAME:
            stack.append(made[operand])
            continue
        width = 2 * operand if step == DICT else operand + (step == NAMED)
        items = stack[len(stack) - width :]
        del stack[len(stack) - width :]
        container: Any
        if step == LIST:
            container = items
        elif step == TUPLE:
            container = tuple(items)
        elif step == DICT:
            container = dict(zip(items[::2], items[1::2], strict=True))
        else:
            # Past its own `__new__`, which may ask for other arguments than it keeps.
            container = tuple.__new__(items[0], items[1:])
        made.append(container)
        stack.append(container)
    return stack
