"""Has the cases run in another interpreter, and ends it where a case does not end by itself."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from abreast.plans import Plan, resolve
from abreast.testing.case import select as select_cases
from abreast.testing.leaks import descendants_of_session, listeners
from abreast.testing.report import Report, Result

__all__ = ["run"]

_CHILD = "import sys; sys.path[:] = {path!r}; from abreast.testing.child import main; main()"
_INTERPRETERS = 8
"""Most interpreters of one run: where every case hangs, the next would hang too."""
_SHOWN = 12000
"""Most characters of what the interpreter printed that a failure shows."""


def run(
    plan: str | Plan | Sequence[str] = "processes",
    *,
    tags: str | Iterable[str] = (),
    timeout: float = 60.0,
    isolate: bool = False,
    openers: Mapping[str, str] | None = None,
    tell: Callable[[Result], object] | None = None,
) -> Report:
    """Find out whether a plan gives what the serial plan gives.

    The cases run in an interpreter of their own. One that hangs or dies costs only its own case:
    the stacks of its threads are shown, and the rest runs in the next interpreter.

    Parameters
    ----------
    plan : str, list of str, or Plan
        What is tested, as `abreast.plan` takes it.
    tags : str or iterable of str
        Only these themes, tags or ids; a text may list several, separated by commas.
    timeout : float
        Most seconds of one case.
    isolate : bool
        As for `abreast.plan`.
    openers : mapping of str to str, optional
        Backends that are not installed: a name and the place of the opener, ``"module:function"``.
    tell : callable, optional
        Called with each `Result` as it comes.

    Returns
    -------
    Report
        True if nothing failed.

    Examples
    --------
    >>> from abreast import testing
    >>> report = testing.run("threads:2", tags="values.order")
    >>> bool(report), str(report)
    (True, 'conformance: 3 passed, 0 failed, 0 skipped')
    """
    if isinstance(plan, Plan):
        isolate = isolate or plan.levels[0].isolate
        plan = [f"{level.name}:{level.workers}" for level in plan.levels]
    spec = plan if isinstance(plan, str) else ",".join(plan)
    if not openers:
        resolve(spec)
    wanted = tags.split(",") if isinstance(tags, str) else tags
    left = select_cases(each.strip() for each in wanted if each.strip())
    report = Report(spec)

    def note(result: Result) -> None:
        report.results.append(result)
        if tell is not None:
            tell(result)

    request = {"plan": spec, "isolate": isolate, "openers": dict(openers or {}), "path": sys.path}
    for _ in range(_INTERPRETERS):
        with _Interpreter({**request, "cases": left}) as interpreter:
            left = interpreter.attend(left, timeout, note)
        if not left:
            return report
    note(
        Result("suite.gives_up", "FAILED", 0.0, f"{len(left)} cases not run: too many hang or die")
    )
    return report


class _Interpreter:
    """One interpreter that runs cases, and what it tells."""

    def __init__(self, request: dict[str, Any]) -> None:
        # A file, not a pipe: nobody has to read along for the other side to go on.
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this
        self.events, write = os.pipe()
        self.buffer = b""
        # In a session of its own: with all its workers it can be found, and ended, as a whole.
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CHILD.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=self.printed,
            stderr=subprocess.STDOUT,
            pass_fds=(write,),
            start_new_session=True,
        )
        os.close(write)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({**request, "events": write}).encode() + b"\n")
        self.process.stdin.flush()

    def __enter__(self) -> _Interpreter:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        assert self.process.stdin is not None
        self.process.stdin.close()
        os.close(self.events)
        self.printed.close()

    def attend(self, left: list[str], timeout: float, note: Callable[[Result], None]) -> list[str]:
        """Note results until the interpreter is done or has to be ended; answer what is left."""
        current, start = "", time.monotonic()
        while True:
            event = self._next(start + timeout)
            seconds = time.monotonic() - start
            if isinstance(event, str):
                note(Result(current or "suite.start", "FAILED", seconds, event))
                return left[left.index(current) + 1 :] if current else []
            if "done" in event:
                note(self._ended(timeout))
                return []
            current, start = event.get("begin", current), time.monotonic()
            if "end" in event:
                note(Result(current, event["status"], event["seconds"], event["detail"]))

    def _next(self, deadline: float) -> dict[str, Any] | str:
        """Return the next event, or what kept it from coming."""
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.events], [], [], left)[0]:
                return f"did not end in time; where it stood:\n{self._stacks()}"
            data = os.read(self.events, 65536)
            if not data:
                status = self.process.wait()
                return f"the interpreter ended with status {status}:\n{self._output()}"
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        event: dict[str, Any] = json.loads(line)
        return event

    def _ended(self, timeout: float) -> Result:
        """See that the interpreter leaves by itself, and takes all its processes with it."""
        start, wrong = time.monotonic(), []
        try:
            status = self.process.wait(timeout)
            if status:
                wrong.append(f"the interpreter left with status {status}:\n{self._output()}")
        except subprocess.TimeoutExpired:
            wrong.append(f"the interpreter does not leave; where it stands:\n{self._stacks()}")
        while (stayed := descendants_of_session(self.process.pid)) and not wrong:
            if time.monotonic() - start > 3.0:
                wrong.append(f"processes stay when the interpreter has left: {', '.join(stayed)}")
            time.sleep(0.02)
        status_ = "FAILED" if wrong else "ok"
        seconds = time.monotonic() - start
        return Result("suite.leaves_by_itself", status_, seconds, "\n".join(wrong))

    def _stacks(self) -> str:
        """Have all threads print where they are; the printing needs no lock of Python's.

        Workers that were forked print as well: what the interpreter waits for may be theirs.
        """
        for process in [self.process.pid, *listeners(self.process.pid, signal.SIGUSR1)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGUSR1)
            time.sleep(0.5)
        return self._output()

    def _output(self) -> str:
        self.printed.seek(0)
        return self.printed.read().decode(errors="replace")[-_SHOWN:].rstrip()

    def kill(self) -> None:
        """End the interpreter, and its workers where they did not go with it."""
        if self.process.poll() is None or descendants_of_session(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
