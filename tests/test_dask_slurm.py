"""plan("dask", cluster=SLURMCluster(...)): Slurm with two virtual nodes on this machine."""

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

pytest.importorskip("dask_jobqueue", reason="pip install 'abreast[slurm]'")
COMMANDS = ("slurmctld", "slurmd", "munged", "sbatch", "sinfo")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
_lacking = [name for name in COMMANDS if shutil.which(name, path=PATH) is None]
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        bool(_lacking),
        reason=f"needs {', '.join(_lacking)}: apt-get install slurmd slurmctld slurm-client munge",
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="slurmd serves virtual nodes here only as root"),
]

CONF = """
ClusterName=t
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldPort={ports[0]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MailProg=/bin/true
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 RealMemory=4000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory=4000
PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def ports(count: int) -> list[int]:
    socks = [socket.socket() for _ in range(count)]
    for sock in socks:
        sock.bind(("127.0.0.1", 0))
    found = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return found


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool.n1", "spool.n2"):
        (folder / name).mkdir()
    host = socket.gethostname().partition(".")[0]
    conf = folder / "slurm.conf"
    conf.write_text(CONF.format(host=host, folder=folder, ports=ports(3)))
    env = {**os.environ, "PATH": PATH, "SLURM_CONF": str(conf)}
    log = (folder / "log").open("wb")
    started: list[subprocess.Popen[bytes]] = []

    def begin(*command: str) -> None:
        output: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        started.append(subprocess.Popen(command, env=env, start_new_session=True, **output))

    try:
        if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode:
            Path("/run/munge").mkdir(exist_ok=True)
            shutil.chown("/run/munge", "munge")
            begin("runuser", "-u", "munge", "--", "/usr/sbin/munged", "--force", "--foreground")
            time.sleep(0.5)
        begin("slurmctld", "-D", "-f", str(conf))
        for node in ("n1", "n2"):
            begin("slurmd", "-D", "-f", str(conf), "-N", node)
        idle = ["sinfo", "-h", "-N", "-t", "idle"]
        deadline = time.monotonic() + 30
        while True:
            seen = subprocess.run(idle, env=env, capture_output=True, check=False)
            if len(seen.stdout.splitlines()) == 2:
                break
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.2)
        yield env
    finally:
        for process in reversed(started):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        log.close()


CLUSTER = """
import os, subprocess, sys, time
import numpy as np
from dask_jobqueue import SLURMCluster
import abreast as ab

folder = sys.argv[1]
cluster = SLURMCluster(
    cores=1, processes=1, memory="2GB", queue="p", walltime="00:05:00", local_directory=folder,
    log_directory=folder, python=sys.executable,
    worker_extra_args=["--host", "127.0.0.1", "--no-dashboard"],
    scheduler_options=dict(host="127.0.0.1", dashboard=False),
)
cluster.scale(jobs=2)
ab.plan("dask", cluster=cluster)

def where(_n):
    time.sleep(0.1)
    return os.environ["SLURMD_NODENAME"]

# The first tasks wait for the jobs that Slurm starts.
nodes = set()
while len(nodes) < 2:
    nodes |= set(ab.map(where, range(6)))
print(sorted(nodes))
table = np.arange(1e6)
print(ab.map(lambda n: float(table[n:].sum()), range(4)) == [table[n:].sum() for n in range(4)])
first = ab.submit(np.arange, 1e6)
print(ab.submit(np.sum, ab.submit(np.add, first, 1.0)).result() == (table + 1).sum())
kept = ab.map(lambda n: os._exit(3) if n == 2 else n, range(6), on_error="return")
print([type(each).__name__ if n == 2 else each for n, each in enumerate(kept)])
ab.shutdown()
print(cluster.status.name)
cluster.close()
"""


def test_jobs_of_slurm(slurm: dict[str, str], start: Callable[..., Any], tmp_path: Path) -> None:
    env = {**slurm, "DASK_TEMPORARY_DIRECTORY": str(tmp_path)}
    status, out, err = start(CLUSTER, str(tmp_path), env=env).end(150)
    assert status == 0, err
    lines = ["['n1', 'n2']", "True", "True", "[0, 1, 'WorkerLost', 3, 4, 5]", "running"]
    assert out.splitlines() == lines
