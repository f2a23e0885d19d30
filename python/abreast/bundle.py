"""What a worker runs of a graph: tasks one after the other, without coming back in between.

Steps are numbers, as `_abreast.Graph.bundle` gives them: ``2 * task`` to run a task, one more if
its value is used once in all; ``-1 - task`` to let go of a value.

A call says with what a function is called:

* ``(argument, ...)``, a tuple: with these;
* ``[task, ...]``: with the values of these tasks; where all inputs of a task are meant, `Together`
  has None instead;
* ``[places, argument, ...]``: with these, but at the `places` with the values of the tasks there;
* ``[program, operands, count, names]``: `structure.build` makes the arguments, of which `count` go
  by place and the others by these names.

Few objects are made for each task, for Python's garbage collector goes through all of them.
"""

from __future__ import annotations

import marshal
import sys
from array import array
from collections.abc import Callable, Sequence
from contextvars import copy_context
from time import perf_counter_ns
from typing import Any

from abreast import speaker
from abreast.pickling import PLAIN, is_plain, pack_data, unpack
from abreast.structure import build

__all__ = ["BY_NAME", "BY_VALUE", "LARGE", "WITH_STATE", "Apart", "Together", "write"]

SLICE = 20_000_000
"""Nanoseconds after which no further task of a bundle is begun."""

LARGE = 4096
"""Bytes from which on it counts how many values are held."""

_SMALL = frozenset({int, float, bool, type(None)})

BY_NAME, BY_VALUE, WITH_STATE = range(3)
"""How long a function that was read serves: the whole call, a bundle, or a single task."""


class Together:
    """Runs tasks on the caller's own objects: on plans that share them."""

    __slots__ = ("calls", "ends", "functions", "heard", "inputs", "places", "propagate", "values")

    def __init__(
        self,
        functions: Sequence[Callable[..., Any]],
        places: Sequence[int],
        calls: Sequence[Any],
        inputs: Sequence[int],
        ends: Sequence[int],
        values: list[Any],
        propagate: bool,
        heard: bool,
    ) -> None:
        self.functions = functions
        self.places = places
        """Which of the functions each task calls."""
        self.calls = calls
        self.inputs = inputs
        self.ends = ends
        """Those of task `i` are ``inputs[ends[i] : ends[i + 1]]``."""
        self.values = values
        self.propagate = propagate
        """Whether Ctrl-C is the caller's, not the task's."""
        self.heard = heard
        """Whether somebody asks which task says what."""

    def __call__(
        self, steps: Sequence[int]
    ) -> tuple[bytes, dict[int, int], BaseException | None, int]:
        """Run a bundle.

        Returns
        -------
        tuple
            How long each task took (bytes); the bytes of large values that are still needed, by
            their task; what the next task raised, and which that was.
        """
        if not self.heard:
            return self.run(steps, [-1, -1])
        with speaker.speaking_for() as who:
            return self.run(steps, who)

    def run(
        self, steps: Sequence[int], who: speaker.Speaker
    ) -> tuple[bytes, dict[int, int], BaseException | None, int]:
        """Run a bundle, and have `who` name the task that runs."""
        functions, places, calls, values = self.functions, self.places, self.calls, self.values
        inputs, ends = self.inputs, self.ends
        context, clock = copy_context().copy, perf_counter_ns
        times = array("d")
        large: dict[int, int] = {}
        before = clock()
        deadline = before + SLICE
        for step in steps:
            if step < 0:
                values[~step] = None
                if large:
                    large.pop(~step, None)
                continue
            if before >= deadline:
                break
            who[0] = task = step >> 1
            call, function = calls[task], functions[places[task]]
            try:
                # A context for each: a task's plan is its own.
                if call is None:
                    tasks = inputs[ends[task] : ends[task + 1]]
                    value = context().run(function, *[values[it] for it in tasks])
                elif type(call) is tuple:
                    value = context().run(function, *call)
                elif type(call[0]) is tuple:
                    arguments = call[1:]
                    for place in call[0]:
                        arguments[place] = values[arguments[place]]
                    value = context().run(function, *arguments)
                else:
                    program, operands, count, names = call
                    stack = build(program, operands, values.__getitem__, _no_blob)
                    value = context().run(
                        function,
                        *stack[:count],
                        **dict(zip(names, stack[count:], strict=True)),
                    )
            except BaseException as error:
                if self.propagate and isinstance(error, KeyboardInterrupt):
                    raise
                return times.tobytes(), large, error, task
            values[task] = value
            if type(value) not in _SMALL and (size := _size(value)) >= LARGE:
                large[task] = size
            now = clock()
            times.append(now - before)
            before = now
        return times.tobytes(), large, None, 0


def _no_blob(_operand: Any) -> Any:
    raise AssertionError("nothing is packed where objects are shared")


def write(
    steps: list[int],
    places: list[int],
    calls: list[Any],
    values: dict[int, Any],
    blobs: dict[int, Any],
) -> tuple[Any, ...]:
    """Write a bundle as `Apart` reads it: all plain, so that sending it costs little."""
    program = marshal.dumps((steps, places, calls))
    return program, tuple(values), tuple(values.values()), tuple(blobs), tuple(blobs.values())


class Apart:
    """Runs tasks on copies: what a task does to its arguments is seen by no other.

    Plain values go from task to task as they are. Anything else is packed when it was made and
    opened for each use; only what provably nobody else holds is handed on itself.
    """

    def __init__(
        self,
        functions: Sequence[tuple[int, Any]],
        blobs: dict[int, Any],
        propagate: bool,
        parcels: bool,
        heard: bool,
    ) -> None:
        self.functions = functions
        """How long each serves, and how it was packed."""
        self.blobs = blobs
        """What several tasks take as argument."""
        self.propagate = propagate
        self.parcels = parcels
        """Whether large values go as parcels, and not with their bundle."""
        self.heard = heard
        """Whether somebody asks which task says what."""
        self.read: dict[int, Callable[..., Any]] = {}

    def __reduce__(self) -> Any:
        return Apart, (self.functions, self.blobs, self.propagate, self.parcels, self.heard)

    def __call__(self, bundle: tuple[Any, ...]) -> tuple[Any, ...]:
        """Run a bundle.

        Returns
        -------
        tuple
            How long each task took (bytes); tasks with plain values, and these; tasks with packed
            ones, and these; and what the next task raised, if it did: ``("task" or "result", the
            task, bytes)``.
        """
        if not self.heard:
            return self.run(bundle, [-1, -1])
        with speaker.speaking_for() as who:
            return self.run(bundle, who)

    def run(self, bundle: tuple[Any, ...], who: speaker.Speaker) -> tuple[Any, ...]:
        """Run a bundle, and have `who` name the task that runs."""
        program, tasks, given, keys, packed = bundle
        steps, places, calls = marshal.loads(program)
        values: dict[int, Any] = dict(zip(tasks, given, strict=True))
        blobs: dict[int, Any] = dict(zip(keys, packed, strict=True))
        packer = _worker_pack() if self.parcels else None
        functions: dict[int, Any] = self.read.copy()
        context, clock, next_call = (
            copy_context().copy,
            perf_counter_ns,
            zip(places, calls, strict=True).__next__,
        )
        times = array("d")
        arguments: Any
        opened: _Opened | None
        failure = None
        before = clock()
        deadline = before + SLICE
        for step in steps:
            if step < 0:
                if values.pop(~step, self) is self:
                    blobs.pop(~step, None)
                continue
            if before >= deadline:
                break
            place, call = next_call()
            who[0] = step >> 1
            value = None
            try:
                function = functions.get(place)
                if function is None:
                    function = self.function(place, functions)
                if type(call) is tuple:
                    value = context().run(function, *call)
                elif type(call[0]) is int:
                    try:
                        arguments = [values[task] for task in call]
                    except KeyError:
                        opened = _Opened(values, blobs, self.blobs)
                        arguments = [opened.task(task) for task in call]
                    value = context().run(function, *arguments)
                elif type(call[0]) is tuple:
                    arguments = call[1:]
                    try:
                        for at in call[0]:
                            arguments[at] = values[arguments[at]]
                    except KeyError:
                        arguments = call[1:]
                        opened = _Opened(values, blobs, self.blobs)
                        for at in call[0]:
                            arguments[at] = opened.task(arguments[at])
                    value = context().run(function, *arguments)
                else:
                    opened = _Opened(values, blobs, self.blobs)
                    program, operands, count, names = call
                    stack = build(program, operands, opened.task, opened.blob)
                    named = dict(zip(names, stack[count:], strict=True))
                    del stack[count:]
                    value = context().run(function, *stack, **named)
                    del stack, named
                # Nothing here holds on to arguments while it is asked who holds the value.
                arguments, opened = None, None
            except BaseException as error:
                if self.propagate and isinstance(error, KeyboardInterrupt):
                    raise
                failure = _describe("task", step >> 1, error)
                break
            if (
                type(value) in PLAIN
                or is_plain(value)
                or (step & 1 and sys.getrefcount(value) == 2 and _is_flat(value))
            ):
                values[step >> 1] = value
            else:
                try:
                    blobs[step >> 1] = pack_data(value, packer)
                except Exception as error:
                    failure = _describe("result", step >> 1, error)
                    break
            now = clock()
            times.append(now - before)
            before = now
        for task in tasks:
            values.pop(task, None)
        for key in keys:
            blobs.pop(key, None)
        for task in [task for task, value in values.items() if not is_plain(value)]:
            blobs[task] = pack_data(values.pop(task), packer)
        return (
            times.tobytes(),
            tuple(values),
            tuple(values.values()),
            tuple(blobs),
            tuple(blobs.values()),
            failure,
        )

    def function(self, index: int, functions: dict[int, Callable[..., Any]]) -> Callable[..., Any]:
        """Read a function, and keep it as long as it serves."""
        serves, data = self.functions[index]
        function: Callable[..., Any] = unpack(data)
        if serves == BY_NAME:
            self.read[index] = function
        if serves != WITH_STATE:
            functions[index] = function
        return function


class _Opened:
    """Arguments of one task: one object where one stood, and of no other task."""

    __slots__ = ("blobs", "opened", "shared", "values")

    def __init__(
        self, values: dict[int, Any], blobs: dict[int, Any], shared: dict[int, Any]
    ) -> None:
        self.values = values
        self.blobs = blobs
        self.shared = shared
        self.opened: dict[int, Any] = {}

    def task(self, task: int) -> Any:
        if task in self.values:
            return self.values[task]
        return self._open(task)

    def blob(self, operand: tuple[int, int]) -> Any:
        key, place = operand
        value = self._open(key)
        return value if place < 0 else value[place]

    def _open(self, key: int) -> Any:
        if key not in self.opened:
            data = self.blobs.get(key)
            self.opened[key] = unpack(self.shared[key] if data is None else data)
        return self.opened[key]


def _worker_pack() -> Callable[[Any], Any]:
    from abreast.backends.worker import pack

    return pack


def _size(value: Any) -> int:
    """Return about how many bytes a value holds, where that is quickly said."""
    if type(value) in _BUILT_IN:
        return sys.getsizeof(value)
    size = getattr(value, "nbytes", 0)
    return size if isinstance(size, int) else 0


_BUILT_IN = (bytes, str, bytearray, list, dict, set, tuple)


def _is_flat(value: Any) -> bool:
    """Whether everything inside is plain, so that who holds the value alone holds all of it."""
    kind = type(value)
    if kind is list:
        return PLAIN.issuperset(map(type, value))
    if kind is dict:
        return PLAIN.issuperset(map(type, value)) and PLAIN.issuperset(map(type, value.values()))
    numpy = sys.modules.get("numpy")
    return (
        numpy is not None
        and kind is numpy.ndarray
        and value.base is None
        and value.flags.owndata
        and not value.dtype.hasobject
    )


def _describe(what: str, task: int, error: BaseException) -> tuple[str, int, bytes]:
    from abreast.failures import describe

    return what, task, describe(error, task, "task")
