"""From delayed values to a graph: who needs whom, and how each task is called."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any

from abreast._abreast import Graph
from abreast.backends.journal import name_of as journal_name
from abreast.errors import PlanError
from abreast.failures import unpicklable
from abreast.pickling import PLAIN, Blob, Packer, is_plain, pack
from abreast.plans import Plan, resolve
from abreast.structure import BLOB, VALUE
from abreast.tasks.delayed import Delayed, is_held, label, unseeded
from abreast.tasks.functions import check_captured, kind_of, pack_function
from abreast.tasks.prepare import PlanLike
from abreast.tasks.walk import Walk

__all__ = ["Tasks"]


class Tasks:
    """All tasks that lead to what was asked for, each with a number.

    Made in two steps, for where they run decides how arguments travel: first what was asked for,
    then, by `trace`, everything behind it.
    """

    def __init__(self, anything: Sequence[Any]) -> None:
        self.nodes: list[Any] = []
        """The delayed value or future of each task."""
        self.functions: list[Any] = []
        self.names: list[str] = []
        """What the journal calls them."""
        self.places: list[int] = []
        """Which of them each task calls; -1 if its value is there already."""
        self.calls: list[Any] = []
        """With what, as `abreast.bundle` reads it."""
        self.inputs: list[int] = []
        self.ends = [0]
        """Those of task `i` are ``inputs[ends[i] : ends[i + 1]]``."""
        self.sources = array("I")
        self.blobs: dict[int, Blob] = {}
        """Packed arguments, by negative numbers."""
        self.takers: dict[int, list[int]] = {}
        """Which of them each task takes."""
        self._numbers: dict[Any, int] = {}
        self._clean: dict[int, Any] = {}
        self._packed: dict[Any, int] = {}
        self._places: dict[int, int] = {}
        self._kind_of: list[int] = []
        self._kinds: dict[Any, int] = {}
        self._filled: dict[tuple[int, ...], tuple[int, ...]] = {}
        walk = Walk(self._number, self._clean)
        for each in anything:
            walk.add(each)
        self.program, self.operands = bytes(walk.program), walk.operands
        """What was asked for, as `structure.build` makes it."""
        self.outputs = array("I", dict.fromkeys(walk.tasks))
        self.isolated = False
        self.packer: Packer | None = None

    def plan(self) -> PlanLike:
        """Return the plan that what was asked for states, if it states one."""
        plan = None
        for node in self.nodes:
            plan = _agreed(plan, node)
        return plan

    def output(self) -> str:
        """Return how output shows: as the first of what was asked for states it."""
        return next(
            (it for node in self.nodes if (it := getattr(node, "_output", None))), "ordered"
        )

    def trace(self, isolated: bool, plan: PlanLike = None, packer: Packer | None = None) -> None:
        """Follow all inputs. `isolated`: tasks get copies of their arguments, taken now."""
        self.isolated, self.packer = isolated, packer
        nodes, places, inputs = self.nodes, self._places, self.inputs
        setdefault, append, extend = self._numbers.setdefault, nodes.append, inputs.extend
        place_is, call_is, end = self.places.append, self.calls.append, self.ends.append
        free = len(nodes)
        for at, node in enumerate(nodes):  # which grows meanwhile
            if type(node) is not Delayed or is_held(node):
                self.sources.append(at)
                place_is(-1)
                call_is(None)
                end(len(inputs))
                continue
            function = node._function
            place = places.get(id(function))
            if place is None:
                place = self._function(function)
            place_is(place)
            if node._plan is not None and plan is not None:
                _agreed(plan, node)
            args = node._args
            if node._kwargs is None:
                tasks = []
                for arg in args:
                    if type(arg) is Delayed:
                        number = setdefault(arg, free)
                        if number == free:
                            append(arg)
                            free += 1
                        tasks.append(number)
                    elif type(arg) not in PLAIN:
                        break
                else:
                    if not tasks:
                        call_is(args)
                    else:
                        extend(tasks)
                        call_is(None if len(tasks) == len(args) else self._filled_in(args, tasks))
                    end(len(inputs))
                    continue
            call_is(self._general(at, node))
            end(len(inputs))
            free = len(nodes)

    def call(self, task: int) -> Any:
        """Return the call of a task, also if all its inputs are meant."""
        call = self.calls[task]
        return self.inputs[self.ends[task] : self.ends[task + 1]] if call is None else call

    def graph(self, workers: int) -> Graph:
        """Return the graph."""
        kinds = [*self._kind_of, self._kind(None)]
        try:
            return Graph(
                array("I", self.ends[1:]).tobytes(),
                array("I", self.inputs).tobytes(),
                array("I", map(kinds.__getitem__, self.places)).tobytes(),
                self.outputs.tobytes(),
                self.sources.tobytes(),
                workers,
            )
        except ValueError as error:
            (cycle,) = error.args
            if not isinstance(cycle, list):
                raise
        names = [label(self.nodes[task]) for task in cycle]
        shown = names if len(names) <= 8 else [*names[:7], "...", names[-1]]
        raise ValueError(
            f"compute: tasks wait for each other in a circle of {len(names)}: "
            f"{' -> '.join([*shown, names[0]])}\n"
            "hint: a list that was given to a task got that task's own value later"
        )

    def function(self, task: int) -> Any:
        """Return the user's function of a task, for messages."""
        return unseeded(self.nodes[task]._function)

    def name(self, task: int) -> str:
        """Return how messages call a task."""
        return label(self.nodes[task])

    def _number(self, node: Any) -> int:
        number = self._numbers.setdefault(node, len(self.nodes))
        if number == len(self.nodes):
            self.nodes.append(node)
        return number

    def _kind(self, key: Any) -> int:
        return self._kinds.setdefault(key, len(self._kinds))

    def _function(self, function: Any) -> int:
        place = self._places[id(function)] = len(self.functions)
        own = unseeded(function)
        check_captured(own)
        self.names.append(journal_name(own))
        self.functions.append(pack_function(function, self.packer) if self.isolated else function)
        self._kind_of.append(self._kind(kind_of(own)))
        return place

    def _filled_in(self, args: tuple[Any, ...], tasks: list[int]) -> list[Any]:
        places = tuple([at for at, arg in enumerate(args) if type(arg) is Delayed])
        # One tuple for all calls alike.
        filled = [self._filled.setdefault(places, places), *args]
        for at, task in zip(places, tasks, strict=True):
            filled[at + 1] = task
        return filled

    def _general(self, task: int, node: Delayed[Any]) -> Any:
        walk = Walk(self._number, self._clean)
        for arg in node._args:
            walk.add(arg)
        names = tuple(node._kwargs or ())
        for name in names:
            walk.add(node._kwargs[name])  # type: ignore[index]
        self.inputs.extend(walk.tasks)
        if self.isolated:
            self._pack(task, walk)
        return [bytes(walk.program), walk.operands, len(node._args), names]

    def _pack(self, task: int, walk: Walk) -> None:
        """Replace arguments that are not plain by packed ones.

        What may share objects with another argument is packed together with it; what cannot (an
        array, a list of numbers) alone, and once however many tasks take it.
        """
        program, operands = walk.program, walk.operands
        places = [
            at for at, step in enumerate(program) if step == VALUE and not is_plain(operands[at])
        ]
        if not places:
            return
        alone = {at for at in places if _shares_nothing(operands[at])}
        together = list(dict.fromkeys(id(operands[at]) for at in places if at not in alone))
        values = {id(operands[at]): operands[at] for at in places}
        keys = set()
        for at in places:
            value = operands[at]
            if at in alone or len(together) == 1:
                key, place = self._blob(task, (id(value),), value), -1
            else:
                group = tuple(values[each] for each in together)
                key, place = self._blob(task, tuple(together), group), together.index(id(value))
            keys.add(key)
            program[at], operands[at] = BLOB, (key, place)
        self.takers[task] = list(keys)

    def _blob(self, task: int, identity: tuple[int, ...], value: Any) -> int:
        key = self._packed.get(identity)
        if key is None:
            key = self._packed[identity] = -1 - len(self._packed)
            try:
                self.blobs[key] = pack(value, self.packer)
            except Exception as reason:
                name = self.name(task)
                error = unpicklable(f"argument of {name}", None, reason)
                raise error from reason
        return key


def _shares_nothing(value: Any) -> bool:
    """Whether no other argument can hold something of it that could be changed."""
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return PLAIN.issuperset(map(type, value))
    if kind is dict:
        return PLAIN.issuperset(map(type, value.values()))
    numpy = sys.modules.get("numpy")
    return numpy is not None and kind is numpy.ndarray and not value.dtype.hasobject


def _agreed(plan: PlanLike, node: Any) -> PlanLike:
    stated = getattr(node, "_plan", None)
    if stated is None or plan is None:
        return plan if stated is None else stated
    if stated is not plan and resolve(stated) != resolve(plan):
        raise PlanError(
            f"compute: {node!r} states {_shown(stated)}, others of its graph {_shown(plan)}\n"
            "hint: one compute runs on one plan: compute(..., plan=...)"
        )
    return plan


def _shown(plan: PlanLike) -> str:
    return repr(plan) if isinstance(plan, Plan) else f"plan({plan!r})"
