"""Runs cases, one after the other, in an interpreter that somebody else watches over."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import abreast as ab
from abreast import plans
from abreast.backends.contract import Level
from abreast.errors import RandomStreamWarning
from abreast.testing.case import LEAKS, ORACLE, REQUIREMENTS, Case, abilities, load
from abreast.testing.compare import difference, short
from abreast.testing.gaps import GAPS
from abreast.testing.leaks import Held

__all__ = ["main"]


@dataclass
class Outcome:
    """What one run of a case gave."""

    value: Any
    error: BaseException | None
    warnings: list[type[Warning]]


def main() -> None:
    """Run what standard input asks for; tell the descriptor it names what happens."""
    faulthandler.enable()
    # The watching process asks in this way where a case hangs.
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    request = json.loads(_line())
    threading.Thread(target=_die_with_parent, name="suite-parent", daemon=True).start()

    def tell(**event: Any) -> None:
        os.write(request["events"], json.dumps(event).encode() + b"\n")

    sys.path[:] = request["path"]
    for name, opener in request["openers"].items():
        plans._OPENERS[name] = opener
    suite = Suite(plans.resolve(request["plan"], isolate=request["isolate"]))
    for name in request["cases"]:
        tell(begin=name)
        start = time.perf_counter()
        status, detail = suite.judge(name)
        tell(end=name, status=status, seconds=time.perf_counter() - start, detail=detail)
    tell(done=True)


def _line() -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        line += os.read(0, 1)
    return bytes(line)


def _die_with_parent() -> None:
    # Nothing more is ever sent: a read ends when the other side has closed, or died.
    os.read(0, 1)
    os._exit(1)


class Suite:
    """The cases on one plan."""

    def __init__(self, levels: tuple[Level, ...]) -> None:
        self.cases = load()
        self.level = levels[0]
        self.plan = plans.Plan(levels)
        self.abilities = abilities(self.level, plans.backend(self.level).capabilities)
        ab.shutdown()
        self.theme = ""

    def judge(self, name: str) -> tuple[str, str]:
        """Run the case of this name; answer its status and why."""
        theme, _, last = name.rpartition(".")
        if theme != self.theme:
            self.theme, self.held = theme, Held()
        if last == LEAKS:
            self.theme = ""
            return self._leaks()
        case = self.cases[name]
        missing = [need for need in case.requires if need not in self.abilities]
        if missing:
            return "skipped", "; ".join(f"needs {it}: {REQUIREMENTS[it]}" for it in missing)
        wrong = self._wrong(case)
        gap = GAPS.get((self.level.name, name))
        if gap is not None:
            if wrong:
                return "skipped", f"known gap: {gap}"
            return "FAILED", f"promise: {case.promise}\npasses, and is listed as a gap: {gap}"
        return ("FAILED", f"promise: {case.promise}\n{wrong}") if wrong else ("ok", "")

    def _leaks(self) -> tuple[str, str]:
        start = time.monotonic()
        ab.shutdown()
        leaked = self.held.leaked()
        if time.monotonic() - start > 5.0:
            leaked += f"\nabreast.shutdown() took {time.monotonic() - start:.1f} s"
        return ("FAILED", f"after abreast.shutdown(): {leaked}") if leaked else ("ok", "")

    def _wrong(self, case: Case) -> str:
        """Say what is wrong with the case here; the empty string if nothing."""
        _let_end()
        if case.answer is ORACLE:
            expected = observe(case.function, self._oracle())
            if expected.error is not None:
                return f"the serial plan cannot say the answer:\n{_trace(expected.error)}"
        else:
            expected = Outcome(case.answer, None, [])
        got = observe(case.function, self.plan)
        if got.error is not None:
            return f"expected {short(expected.value)}\nraised:\n{_trace(got.error)}"
        return difference(expected.value, got.value) or difference(
            expected.warnings, got.warnings, "warnings"
        )

    def _oracle(self) -> plans.Plan:
        inner = self.level.inner_threads
        levels = plans.resolve("serial", isolate=True, inner_threads=inner)
        return plans.Plan(levels)


def _let_end() -> None:
    """Wait for tasks of the case before that nobody waits for.

    The serial plan does not route what is printed: theirs would show among what it prints.
    """
    deadline = time.monotonic() + 1.0
    while any(job.outstanding() for job in plans._abandoned[:]) and time.monotonic() < deadline:
        time.sleep(0.002)


def observe(function: Callable[[], Any], plan: plans.Plan) -> Outcome:
    """Run a case on a plan and note everything about it."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        outcome = Outcome(None, None, [])
        with plans.Plan(plan.levels):
            try:
                outcome.value = function()
            except BaseException as error:
                outcome.error = error
    outcome.warnings = [
        each.category for each in seen if issubclass(each.category, RandomStreamWarning)
    ]
    return outcome


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip()
