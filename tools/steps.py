"""Commands run one after the other, each timed and bounded, and a table of how they went."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
GRACE = 10.0  # seconds between asking a step to end and ending it


@dataclass(frozen=True)
class Outcome:
    """How one step went."""

    name: str
    seconds: float
    verdict: str
    closing: str = ""


class Steps:
    """Runs steps and remembers how each went. A failed step does not keep the next from running."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.path: list[str] = []  # searched before PATH: the environment the steps run in

    def run(
        self,
        name: str,
        *command: str,
        limit: float,
        env: Mapping[str, str] | None = None,
        tail: bool = False,
    ) -> bool:
        """Run a command for at most `limit` seconds; `tail` repeats its last line in the table."""
        variables = [f"{key}={value}" for key, value in (env or {}).items()]
        started = self._announce(name, shlex.join([*variables, *command]))
        search = os.pathsep.join([*self.path, os.environ.get("PATH", os.defpath)])
        verdict, closing = "interrupted", ""
        try:
            # A process group of its own, so that ending a step ends what it started as well.
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **(env or {}), "PATH": search},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if tail else None,
                process_group=0,
            )
            verdict, closing = _follow(process, limit)
        except OSError as error:  # the program itself is missing
            verdict = "FAILED"
            print(f"cannot run {command[0]}: {error.strerror}", flush=True)
        finally:
            self._record(Outcome(name, time.monotonic() - started, verdict, closing))
        return verdict == "ok"

    def check(self, name: str, problems: Callable[[], Iterable[str]]) -> bool:
        """Run a check of this repository's own, tools/<name>.py; no problems means ok."""
        started = self._announce(name, f"tools/{name}.py")
        found = list(problems())
        print(*found, sep="\n", end="\n" if found else "", flush=True)
        verdict = "FAILED" if found else "ok"
        self._record(Outcome(name, time.monotonic() - started, verdict))
        return not found

    def skip(self, name: str, why: str) -> None:
        """Leave a step out, and say why; that is no failure."""
        self._announce(name, "skipped")
        print(why, flush=True)
        self._record(Outcome(name, 0.0, "skipped", why))

    def close(self) -> int:
        """Print the table and return the exit code."""
        fine = ("ok", "skipped")
        failed = [outcome.name for outcome in self.outcomes if outcome.verdict not in fine]
        if len(self.outcomes) > 1:  # a single step has spoken for itself
            width = max(len(outcome.name) for outcome in self.outcomes)
            print(f"\n{'step':{width}}  seconds  result")
            for it in self.outcomes:
                row = f"{it.name:{width}}  {it.seconds:7.1f}  {it.verdict:11}  {it.closing}"
                print(row.rstrip())
            total = sum(outcome.seconds for outcome in self.outcomes)
            verdict = f"FAILED: {', '.join(failed)}" if failed else "all ok"
            print(f"\n{len(self.outcomes)} steps in {total:.1f} s, {verdict}", flush=True)
        return 1 if failed else 0

    def _announce(self, name: str, what: str) -> float:
        print(f"\n==> {name}: {what}", flush=True)
        return time.monotonic()

    def _record(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        print(f"<== {outcome.name}: {outcome.verdict} in {outcome.seconds:.1f} s", flush=True)


def _follow(process: subprocess.Popen[bytes], limit: float) -> tuple[str, str]:
    """Wait for a process, end its group, and return the verdict and the last line it printed."""
    kept = bytearray()
    reader = threading.Thread(target=_copy, args=(process.stdout, kept), daemon=True)
    if process.stdout:
        reader.start()
    in_time = False
    try:
        in_time = _ends_within(process.pid, limit)
        if not in_time:
            print(f"ended after its limit of {limit:.0f} s", flush=True)
    finally:
        # The leader is not reaped yet, so its pid, and with it the group, cannot be anyone else's.
        if not in_time:
            _signal(process.pid, signal.SIGINT)
            _ends_within(process.pid, GRACE)
        _signal(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        reader.join(GRACE)
    text = re.sub(r"\x1b\[[0-9;]*m", "", kept.decode(errors="replace"))
    closing = next((line.strip(" =") for line in reversed(text.split("\n")) if line.strip()), "")
    if not in_time:
        return "TIMED OUT", closing
    return "ok" if process.returncode == 0 else "FAILED", closing


def _ends_within(pid: int, seconds: float) -> bool:
    """Whether the process ends in time. It stays a zombie, so that its pid is not given away."""
    deadline = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _copy(source: IO[bytes], kept: bytearray) -> None:
    """Pass output on as it comes and keep its end."""
    while chunk := os.read(source.fileno(), 1 << 16):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        kept += chunk
        del kept[:-4096]
