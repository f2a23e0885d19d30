"""Two hosts: network namespaces with a cable between, a scheduler in one, workers in the other.

Workers have process numbers of their own as well, so nothing of the caller's memory is in reach.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="pip install 'abreast[dask]'")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def _missing() -> str:
    """Say why there can be no namespaces here; empty if there can."""
    for tool in ("ip", "unshare"):
        if shutil.which(tool) is None:
            return f"needs the command {tool}: apt-get install iproute2 util-linux"
    if os.geteuid() != 0:
        return "needs the right to make network namespaces: run it as root"
    name = f"abreast-try-{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
    except subprocess.CalledProcessError as error:
        return f"no network namespaces here: {error.stderr.strip()}"
    return ""


@pytest.fixture(scope="module", autouse=True)
def _rights() -> None:
    reason = _missing()
    if reason:
        pytest.skip(reason)


pytestmark = pytest.mark.long


class Hosts:
    """The caller's host with a scheduler, and a worker's."""

    def __init__(self, folder: Path) -> None:
        number = os.getpid()
        self.near, self.far = f"abreast-a{number}", f"abreast-b{number}"
        self.folder = folder
        self.log = (folder / "log").open("wb")
        self.started: list[subprocess.Popen[bytes]] = []
        for name in (self.near, self.far):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ends = ["peer", "name", "eth0", "netns", self.far]
        ip("link", "add", "eth0", "netns", self.near, "type", "veth", *ends)
        for address, name in enumerate((self.near, self.far), 1):
            ip("-n", name, "addr", "add", f"10.77.9.{address}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
        self.address = "tcp://10.77.9.1:8786"

    def begin(self) -> None:
        scheduler = ["scheduler", "--host", "10.77.9.1", "--port", "8786"]
        self.run(self.near, [], *scheduler)
        alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
        folder = ["--local-directory", str(self.folder)]
        worker = ["worker", self.address, "--host", "10.77.9.2", "--nthreads", "1", *folder]
        for _ in range(2):
            self.run(self.far, alone, *worker)

    def run(self, host: str, before: list[str], *words: str) -> None:
        python = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        process = subprocess.Popen(
            ["ip", "netns", "exec", host, *before, *python],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            cwd=self.folder,
            env={**os.environ, "DASK_TEMPORARY_DIRECTORY": str(self.folder)},
            start_new_session=True,
        )
        self.started.append(process)

    def plug(self, state: str) -> None:
        ip("-n", self.far, "link", "set", "eth0", state)

    def end(self) -> None:
        for process in self.started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            finally:
                process.wait()
        for name in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        self.log.close()


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    made = Hosts(tmp_path)
    try:
        made.begin()
        yield made
    finally:
        made.end()


HEAD = """
import os, time
import numpy as np
import abreast as ab
from abreast.backends.room import node
ab.plan("dask", address="tcp://10.77.9.1:8786")
def whose(_n):
    time.sleep(0.1)
    return node()
nodes = set()
while len(nodes) < 2:  # until both workers are there
    nodes = set(ab.map(whose, range(4)))
"""

VALUES = (
    HEAD
    + """
print(node() in nodes)
table = np.arange(1e6)
print(ab.map(lambda n: float(table[n:].sum()), range(4)) == [table[n:].sum() for n in range(4)])
with ab.plan("serial"):
    expected = ab.map(lambda n, rng: rng.random(), range(20), seed=1)
print(ab.map(lambda n, rng: rng.random(), range(20), seed=1) == expected)
first = ab.submit(np.arange, 1e6)
second = ab.submit(np.add, first, 1.0)
print(ab.submit(np.sum, second).result() == (table + 1).sum(), first.result().sum() == table.sum())
ab.map(lambda n: print("said", n), range(2))
"""
)

CUT = (
    HEAD
    + """
def task(n):
    if n == 2:
        print("running", flush=True)
    time.sleep(0.2)
    return n
try:
    print(ab.map(task, range(40), output="live") == list(range(40)))
except (ab.WorkerLost, ab.errors.LaunchError) as error:
    print(type(error).__name__)
"""
)


def script(hosts: Hosts, text: str, start: Callable[..., Any]) -> Any:
    command = ["ip", "netns", "exec", hosts.near, sys.executable, "-c", text]
    return start("", command=command)


def test_values_over_the_cable(hosts: Hosts, start: Callable[..., Any]) -> None:
    status, out, err = script(hosts, VALUES, start).end(120)
    assert status == 0, err
    assert out.splitlines() == ["False", "True", "True", "True True", "said 0", "said 1"]


@pytest.mark.parametrize("again", [True, False])
def test_a_cable_that_is_cut(hosts: Hosts, start: Callable[..., Any], again: bool) -> None:
    program = script(hosts, CUT, start)
    while (line := program.line()) != "running":
        assert line, program.end(10)
    hosts.plug("down")
    if again:
        time.sleep(2)
        hosts.plug("up")
    status, out, err = program.end(170)
    assert status == 0, err
    allowed = ("True",) if again else ("WorkerLost", "LaunchError")
    assert out.splitlines()[-1] in allowed, out
