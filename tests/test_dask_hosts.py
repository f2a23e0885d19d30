"""plan("dask", hosts=[...]) and any cluster over ssh: an sshd of this machine, on loopback."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="pip install 'abreast[dask]'")
pytest.importorskip("asyncssh", reason="pip install 'abreast[dask]'")
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(SSHD is None, reason="needs sshd: apt-get install openssh-server"),
    pytest.mark.skipif(os.geteuid() != 0, reason="sshd serves its user here only as root"),
]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "id"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    (folder / "conf").write_text(f"""
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/id.pub
UsePAM no
StrictModes no
PasswordAuthentication no
PidFile {folder}/pid
""")
    Path("/run/sshd").mkdir(exist_ok=True)
    assert SSHD is not None
    log = str(folder / "log")
    process = subprocess.Popen([SSHD, "-D", "-f", str(folder / "conf"), "-E", log])
    for _ in range(100):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield {
        "port": port,
        "username": "root",
        "client_keys": [str(folder / "id")],
        "known_hosts": None,
        "config": [],
    }
    process.terminate()
    process.wait()


HOSTS = """
import os, sys, time
import abreast as ab
ssh = eval(sys.argv[1])
ab.plan("dask", hosts=["127.0.0.1", "127.0.0.1"], ssh=ssh)
with ab.plan("serial"):
    expected = ab.map(lambda n, rng: rng.random(), range(20), seed=1)
print(ab.map(lambda n, rng: rng.random(), range(20), seed=1) == expected)
pids, deadline = set(), time.monotonic() + 30
while len(pids) < 2 and time.monotonic() < deadline:  # until both workers are there
    pids |= set(ab.map(lambda n: (time.sleep(0.05), os.getpid())[1], range(20)))
print(len(pids), flush=True)
if "cut" in sys.argv:
    try:
        def task(n):
            if n == 2:
                print("running", flush=True)
            time.sleep(0.2)
            return n
        print(ab.map(task, range(30), output="live") == list(range(30)))
    except (ab.WorkerLost, ab.errors.LaunchError) as error:
        print(type(error).__name__)
"""


def test_hosts_over_ssh(sshd: dict[str, Any], start: Callable[..., Any], tmp_path: Path) -> None:
    env = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(tmp_path)}
    status, out, err = start(HOSTS, repr(sshd), env=env).end(100)
    assert status == 0, err
    assert out.splitlines()[-2:] == ["True", "2"]


def test_a_connection_that_is_cut(
    sshd: dict[str, Any], start: Callable[..., Any], tmp_path: Path
) -> None:
    import psutil

    env = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(tmp_path)}
    script = start(HOSTS, repr(sshd), "cut", env=env)
    while (line := script.line()) != "running":
        assert line, script.end(10)
    # The servers of these connections: what they started ends with them.
    cut = 0
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"].startswith("sshd"):
            ports = {each.laddr.port for each in process.net_connections("tcp") if each.raddr}
            if sshd["port"] in ports:
                os.kill(process.pid, signal.SIGKILL)
                cut += 1
    assert cut
    status, out, err = script.end(100)
    assert status == 0, err
    assert out.splitlines()[-1] in ("True", "WorkerLost", "LaunchError"), out
