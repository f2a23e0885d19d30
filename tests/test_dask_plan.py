"""plan("dask"): a cluster of this machine, one started from the shell, and what goes wrong."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import abreast as ab
from abreast.backends import dask as engine
from abreast.backends import hub

pytest.importorskip("distributed", reason="pip install 'abreast[dask]'")


class Shell:
    """A scheduler and two workers, each started as a command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.log = (folder / "log").open("wb")
        self.scheduler = self.begin("scheduler", "--host", "127.0.0.1", "--port", str(port))
        self.workers = [self.worker() for _ in range(2)]

    def begin(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, *arguments, "--no-dashboard"]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            cwd=self.folder,
            env={**os.environ, "DASK_TEMPORARY_DIRECTORY": str(self.folder)},
            start_new_session=True,
        )

    def worker(self) -> subprocess.Popen[bytes]:
        options = ["--host", "127.0.0.1", "--nthreads", "1"]
        folder = ["--local-directory", str(self.folder)]
        return self.begin("worker", self.address, *options, *folder)

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            finally:
                process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    started = Shell(tmp_path_factory.mktemp("shell"))
    yield started
    started.end()


@pytest.fixture
def own_shell(tmp_path: Path) -> Iterator[Shell]:
    """One that a test may break."""
    (tmp_path / "shell").mkdir()
    started = Shell(tmp_path / "shell")
    yield started
    started.end()


LOCAL = """
import numpy as np
import abreast as ab
ab.plan("dask:2")
print(ab.plan())
table = np.arange(1e6)
print(ab.map(lambda n, rng: float(table[n]) + rng.integers(10), range(3), seed=1))
with ab.plan("serial"):
    print(ab.map(lambda n, rng: float(table[n]) + rng.integers(10), range(3), seed=1))
ab.map(lambda n: print("task", n), range(3))
"""


def test_a_cluster_of_this_machine_needs_no_guard(run: Callable[..., str]) -> None:
    lines = run(LOCAL).splitlines()
    assert lines[0] == "plan('dask', workers=2)"
    assert lines[1] == lines[2]
    assert lines[3:] == ["task 0", "task 1", "task 2"]


ATTACHED = """
import sys, os, time
import numpy as np
import abreast as ab
ab.plan("dask", address=sys.argv[1])
print(ab.plan())
table = ab.share(np.arange(1e6))
pids = ab.map(lambda n: (time.sleep(0.05), os.getpid())[1], range(20))
print(len(set(pids)), os.getpid() in pids)
print(ab.map(lambda n: float(table[n:].sum()), range(2)) == [table.sum(), table[1:].sum()])
kept = ab.map(lambda n: os._exit(3) if n == 5 else n, range(12), on_error="return")
print([type(each).__name__ if n == 5 else each for n, each in enumerate(kept)])
print(ab.map(abs, range(100)) == list(range(100)))
"""


def test_a_cluster_that_runs_goes_on(shell: Shell, run: Callable[..., str]) -> None:
    for _ in range(2):
        lines = run(ATTACHED, shell.address).splitlines()
        assert lines == [
            f"plan('dask', address='{shell.address}')",
            "2 False",
            "True",
            "[0, 1, 2, 3, 4, 'WorkerLost', 6, 7, 8, 9, 10, 11]",
            "True",
        ]
    assert shell.scheduler.poll() is None


def test_other_machines_get_one_copy(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, start: Callable[..., Any]
) -> None:
    text = """
import sys
import numpy as np
import abreast as ab
from abreast.backends import stock, wire
sent = []
def encode(message, parts=(), encode=wire.encode):
    if isinstance(message, tuple) and message[0] in ("memory", "place"):
        sent.append(message[:3] if message[0] == "memory" else message[0])
    return encode(message, parts)
wire.encode = encode
stock.node = lambda: ("another machine",)
ab.plan("dask", address=sys.argv[1])
table = np.arange(1e6)
import time
def task(n):
    time.sleep(0.1)
    table[n] += 1  # of this task alone, as far as the machine's memory goes
    return float(table.sum())
print(ab.map(task, range(8))[:1] == [float(np.arange(1e6).sum()) + 1])
print(sent)
"""
    status, out, err = start(text, shell.address).end(60)
    assert status == 0, err
    assert out.splitlines() == ["True", "[('memory', 0, True), 'place']"]


def test_a_module_that_workers_lack(shell: Shell, start: Callable[..., Any]) -> None:
    text = """
import sys, types
import abreast as ab
module = sys.modules["homemade"] = types.ModuleType("homemade")
exec("def double(x): return 2 * x", vars(module))
ab.plan("dask", address=sys.argv[1])
for wrong in (lambda: ab.map(module.double, [1]), ab.submit(module.double, 1).result):
    try:
        wrong()
    except ab.TransferError as error:
        print("lacks the module 'homemade'" in str(error))
import cloudpickle
cloudpickle.register_pickle_by_value(module)
print(ab.submit(module.double, 4).result())
"""
    status, out, err = start(text, shell.address).end(60)
    assert status == 0, err
    assert out.splitlines() == ["True", "True", "8"]


@pytest.mark.parametrize("killed", ["scheduler", "workers", "all"])
def test_an_engine_that_is_lost(own_shell: Shell, killed: str, start: Callable[..., Any]) -> None:
    text = """
import sys, time
import abreast as ab
ab.plan("dask", address=sys.argv[1])
ab.map(abs, range(4))
begun = time.monotonic()
def task(n):
    if n == 2:
        print("running", flush=True)
    time.sleep(0.2)
    return n
try:
    print(ab.map(task, range(30), output="live") == list(range(30)))
except (ab.WorkerLost, ab.errors.LaunchError) as error:
    print(type(error).__name__, str(error).count("hint"))
print(time.monotonic() - begun < 45)
"""
    script = start(text, own_shell.address)
    assert script.line() == "running"
    doomed = {"scheduler": [own_shell.scheduler], "workers": own_shell.workers}
    for process in doomed.get(killed, [own_shell.scheduler, *own_shell.workers]):
        os.killpg(process.pid, signal.SIGKILL)
    if killed == "workers":
        own_shell.workers.append(own_shell.worker())
    status, out, err = script.end(80)
    assert status == 0, err
    said, soon = [line for line in out.splitlines() if line][-2:]
    assert soon == "True", out
    allowed = {
        "scheduler": ("True", "LaunchError 1", "WorkerLost 1"),
        "workers": ("WorkerLost 1",),
        "all": ("WorkerLost 1", "LaunchError 1"),
    }
    assert said in allowed[killed], (out, err)


def test_an_address_that_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 1.0)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{sock.getsockname()[1]}"
        begun = time.monotonic()
        with (
            ab.plan("dask", address=address),
            pytest.raises(ab.errors.LaunchError, match="does not answer within 1 s") as caught,
        ):
            ab.map(abs, [1])
        ab.shutdown()
    assert "hint: is `dask scheduler` running there" in str(caught.value)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("says", [b"", b"HTTP/1.0 400 Bad Request\r\n\r\n", b"220"])
def test_an_address_where_somebody_else_listens(
    monkeypatch: pytest.MonkeyPatch, says: bytes
) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.5)
    held = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            try:
                while True:
                    held.append(server.accept()[0])
                    held[-1].sendall(says)
                    if says == b"220":
                        held[-1].close()
            except OSError:
                return

        thread = threading.Thread(target=answer)
        thread.start()
        begun = time.monotonic()
        address = f"127.0.0.1:{server.getsockname()[1]}"  # the scheme may be left away
        with (
            ab.plan("dask", address=address),
            pytest.raises(ab.errors.LaunchError, match=r"(?s)listens there.*hint") as caught,
        ):
            ab.map(abs, [1])
        assert str(caught.value).count("hint:") == 1
        assert time.monotonic() - begun < 8
        ab.shutdown()
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for each in held:
        each.close()


def test_a_name_that_nobody_has() -> None:
    with (
        ab.plan("dask", address="tcp://no.such.host.invalid:8786"),
        pytest.raises(ab.errors.LaunchError, match=r"(?s)(not known|resolution).*hint:"),
    ):
        ab.map(abs, [1])
    ab.shutdown()


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with ab.plan("dask:2"), pytest.raises(ab.errors.LaunchError, match=r"pip install 'abreast\["):
        ab.map(abs, [1])


class Elsewhere:
    """A client whose workers have other versions."""

    def __init__(self, python: str, answer: Any) -> None:
        self.python, self.answer = python, answer

    def get_versions(self) -> Any:
        return {"workers": {"tcp://far:1": {"host": {"python": self.python}}}}

    def run(self, *_call: Any, **_settings: Any) -> Any:
        return {"tcp://far:1": self.answer}


def test_other_versions_at_the_other_end() -> None:
    here = ".".join(map(str, sys.version_info[:3]))
    for python, answer, words in (
        ("3.9.1.final.0", "1", "runs Python 3.9.1.*use the same Python"),
        (here, "0.0.1", "has abreast 0.0.1.*pip install abreast=="),
        (here, ModuleNotFoundError("No module named abreast"), "has no abreast.*pip install"),
    ):
        found = engine.DaskEngine("tcp://far:0", "that cluster")
        found.client = Elsewhere(python, answer)
        with pytest.raises(ab.errors.LaunchError, match=rf"(?s)that cluster: .*{words}"):
            found._compare()


def test_pilots_with_other_versions() -> None:
    own = {"python": "3.11.7", "abreast": "0.2", "host": "here"}
    assert hub._differs(own, {**own, "python": "3.11.2"}) == ""
    assert "Python 3.12.1" in hub._differs(own, {**own, "python": "3.12.1"})
    assert "pip install abreast==0.2" in hub._differs(own, {**own, "abreast": "0.1"})


def test_settings_that_make_no_sense() -> None:
    for settings, words in (
        ({"address": "nowhere"}, "not the address of a scheduler"),
        ({"address": "tcp://"}, "not the address of a scheduler"),
        ({"address": "tcp://a:99999"}, "not the address of a scheduler"),
        ({"address": "http://a:80"}, "not the address of a scheduler"),
        ({"address": "tcp://a:1", "hosts": ["b"]}, "one of address="),
        ({"ssh": {"username": "me"}}, "goes with hosts="),
        ({"hosts": "node1"}, "a list of names"),
        ({"hosts": []}, "a list of names"),
    ):
        with pytest.raises(ab.PlanError, match=words):
            ab.map(abs, [1], plan=ab.plan("dask", **settings))  # type: ignore[arg-type]
        ab.plan("serial")


def test_a_cluster_object_stays_its_owners(start: Callable[..., Any], tmp_path: Path) -> None:
    text = """
import abreast as ab
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1",
                      dashboard_address=None) as cluster:
        ab.plan("dask", cluster=cluster)
        print(ab.map(abs, [-1, 2]))
        ab.shutdown()
        print(cluster.status.name, ab.map(abs, [-3]))
        ab.shutdown()
"""
    env = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(tmp_path)}
    status, out, err = start(text, env=env).end(60)
    assert status == 0, err
    assert out.splitlines() == ["[1, 2]", "running [3]"]
