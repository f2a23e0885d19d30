"""Results on other machines: tasks get them from there, and not through the caller.

The machines are workers of one Dask cluster that take each other for strangers: what they keep is
out of reach for each other and for the caller, but for what travels.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="pip install 'abreast[dask]'")

STRANGE = """
import os
from abreast.backends import room
room.node = lambda: ("machine", os.environ["MACHINE"])
"""


class Machines:
    """A scheduler, and workers by the name of their machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "strange.py").write_text(STRANGE)
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.log = (folder / "log").open("wb")
        self.started: dict[str, subprocess.Popen[bytes]] = {}
        self.begin("scheduler", "scheduler", "--host", "127.0.0.1", "--port", str(port))

    def begin(self, name: str, what: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "dask", what, *arguments, "--no-dashboard"]
        self.started[name] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            cwd=self.folder,
            env={
                **os.environ,
                "DASK_TEMPORARY_DIRECTORY": str(self.folder),
                "MACHINE": name[0],
            },
            start_new_session=True,
        )

    def worker(self, name: str) -> None:
        options = ["--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--name", name]
        folder = ["--local-directory", str(self.folder)]
        self.begin(name, "worker", self.address, *options, *folder, "--preload", "strange.py")

    def kill(self, name: str) -> None:
        process = self.started.pop(name)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            process.wait()

    def end(self) -> None:
        for name in list(self.started):
            self.kill(name)
        self.log.close()


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    made = Machines(tmp_path_factory.mktemp("machines"))
    for name in ("a", "b"):
        made.worker(name)
    yield made
    made.end()


@pytest.fixture
def own_machines(tmp_path: Path) -> Iterator[Machines]:
    """Some that a test may break."""
    (tmp_path / "machines").mkdir()
    made = Machines(tmp_path / "machines")
    yield made
    made.end()


HEAD = """
import os, sys, time
import numpy as np
import abreast as ab
SIZE = 1 << 21  # float64: 16 MiB
ab.plan("dask", address=sys.argv[1])
def machine():
    return os.environ["MACHINE"]
def made(value):
    return machine(), np.full(SIZE, value)
def more(given, by=1.0):
    array = given[1]
    array += by
    return given[0] + machine(), array
def total(*given):
    return [each[0] + machine() for each in given], [float(each[1].sum()) for each in given]
def received():
    "Bytes that came over the lines of pilots."
    hub = next(iter(ab.plans._backends.values())).hub
    total = 0
    for link in hub.links:
        info = link.sock.getsockopt(6, 11, 192)
        total += int.from_bytes(info[128:136], "little")  # tcpi_bytes_received
    return total
def everywhere(count):
    "Machines of which a worker is there."
    seen = set()
    while len(seen) < count:
        seen |= set(ab.map(lambda _n: (time.sleep(0.05), machine())[1], range(2 * count)))
    return seen
"""


def test_they_go_from_machine_to_machine(machines: Machines, start: Callable[..., Any]) -> None:
    text = (
        HEAD
        + """
everywhere(2)
first = [ab.submit(made, float(n)) for n in range(4)]
second = [ab.submit(more, each) for each in first]
sums = [ab.submit(total, *second) for _ in range(4)]
wheres, values = zip(*(each.result() for each in sums))
print(values == ([SIZE * 1.0, SIZE * 2.0, SIZE * 3.0, SIZE * 4.0],) * 4)
ran = {path[-1] for where in wheres for path in where}
paths = {path for where in wheres for path in where}
print(sorted(ran), any(len(set(path)) > 1 for path in paths), received() < 200_000)
# Who asks has it brought, and may write it.
where, value = second[2].result()
value += 1.0
print(float(value[0]), second[2].result()[1] is value, received() > SIZE * 8)
print(ab.submit(total, second[2]).result()[1] == [SIZE * 4.0])
# What lies there frees its memory with its future, and stays as long after the plan's work.
time.sleep(1.0)
print(ab.submit(total, second[3]).result()[1])
def rooms(_n):
    time.sleep(0.05)
    number = 0
    for each in os.listdir("/proc/self/fd"):
        try:
            number += "abreast-room" in os.readlink("/proc/self/fd/" + each)
        except OSError:
            pass
    return number
kept = second[3]
del first, second, sums
deadline = time.monotonic() + 10
while max(ab.map(rooms, range(4))) > 1:
    time.sleep(0.7)
    assert time.monotonic() < deadline
ab.shutdown()
print(float(kept.result()[1][0]))
"""
    )
    status, out, err = start(text, machines.address).end(60)
    assert status == 0, err
    assert out.splitlines() == [
        "True",
        "['a', 'b'] True True",
        "4.0 True True",
        "True",
        "[8388608.0]",
        "4.0",
    ]


def test_graphs_and_items(machines: Machines, start: Callable[..., Any]) -> None:
    text = (
        HEAD
        + """
everywhere(2)
def slow(value):
    time.sleep(0.03)  # longer than a bundle: the next one runs where there is room
    return made(value)
parts = [ab.delayed(slow)(float(n)) for n in range(6)]
table = np.ones(SIZE)
last = ab.delayed(lambda *given: [float(each[1].sum() + table[0]) for each in given])(*parts)
sums = [ab.delayed(lambda given: (time.sleep(0.03), float(given[1][5]))[1])(each) for each in parts]
print(ab.compute(last, sums) == ([SIZE * n + 1.0 for n in range(6)], [float(n) for n in range(6)]))
print(received() < 200_000)
futures = [ab.submit(made, float(n)) for n in range(4)]
print(ab.map(lambda given: float(given[1][5]), futures) == [0.0, 1.0, 2.0, 3.0])
again = ab.options(retries=2).submit(lambda given, by: float(given[1][5]) + by, futures[2], by=1.0)
print(again.result(), received() < 300_000)
where, value = ab.compute(parts[3])
print(float(value[7]), received() > SIZE * 8)
"""
    )
    status, out, err = start(text, machines.address).end(60)
    assert status == 0, err
    assert out.splitlines() == ["True", "True", "True", "3.0 True", "3.0 True"]


def test_where_machines_do_not_reach_each_other(
    machines: Machines, start: Callable[..., Any]
) -> None:
    text = (
        HEAD
        + """
from abreast.backends import stock
nowhere = []
class Walled(stock.Holder):
    def __new__(cls, place, address):
        nowhere.append(address)
        return super().__new__(cls, place, ("127.0.0.1", 1))
stock.Holder = Walled
everywhere(2)
futures = [ab.submit(made, float(n)) for n in range(4)]
sums = [ab.submit(total, *futures) for _ in range(4)]
print({tuple(each.result()[1]) for each in sums} == {tuple(SIZE * float(n) for n in range(4))})
hub = next(iter(ab.plans._backends.values())).hub
print(len({place[-1] for each in sums for place in each.result()[0]}), len(hub.cut) > 0)
"""
    )
    status, out, err = start(text, machines.address).end(60)
    assert status == 0, err
    assert out.splitlines() == ["True", "2 True"]


def test_who_kept_it_is_gone(own_machines: Machines, start: Callable[..., Any]) -> None:
    own_machines.worker("a")
    text = (
        HEAD
        + """
everywhere(1)
kept, other = ab.submit(made, 1.0), ab.submit(made, 2.0)
ab.wait([kept, other])
print("kept", flush=True)
sys.stdin.readline()
everywhere(1)
for ask in (ab.submit(total, kept).result, other.result, ab.submit(total, other).result):
    try:
        ask()
    except ab.WorkerLost as error:
        print("is gone" in str(error), str(error).count("hint"))
print(ab.submit(total, ab.submit(made, 3.0)).result()[1] == [SIZE * 3.0])
"""
    )
    script = start(text, own_machines.address, stdin=subprocess.PIPE)
    assert script.line() == "kept"
    own_machines.kill("a")
    own_machines.worker("b")
    script.process.stdin.write("go on\n")
    script.process.stdin.flush()
    status, out, err = script.end(60)
    assert status == 0, err
    assert out.splitlines()[-4:] == ["True 1", "True 1", "True 1", "True"]


def test_a_neighbour_holds_it_as_well(own_machines: Machines, start: Callable[..., Any]) -> None:
    for name in ("a1", "a2", "b"):
        own_machines.worker(name)
    text = (
        HEAD
        + """
everywhere(2)
def whole(_n):
    time.sleep(0.1)
    return os.getpid()
while len(set(ab.map(whole, range(6)))) < 3:
    pass
kept = [ab.submit(made, float(n)) for n in range(6)]
ab.wait(kept)
time.sleep(0.3)
print("kept", flush=True)
sys.stdin.readline()
sums = [ab.submit(total, *kept[:5]) for _ in range(4)]
print(all(each.result()[1] == [SIZE * float(n) for n in range(5)] for each in sums))
print(float(kept[5].result()[1][0]))
"""
    )
    script = start(text, own_machines.address, stdin=subprocess.PIPE)
    assert script.line() == "kept"
    own_machines.kill("a1")
    script.process.stdin.write("go on\n")
    script.process.stdin.flush()
    status, out, err = script.end(60)
    assert status == 0, err
    assert out.splitlines()[-2:] == ["True", "5.0"]
