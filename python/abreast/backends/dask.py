"""Tasks on a Dask cluster: one that is started here, or any that is there."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from abreast.backends.contract import Backend, Level
from abreast.backends.engine import Launched, local_address, towards
from abreast.backends.knock import check, knock
from abreast.backends.native import environment
from abreast.backends.remote import RemoteBackend
from abreast.errors import LaunchError, PlanError

__all__ = ["DaskEngine", "LocalEngine", "open", "serve_cluster"]

PATIENCE = 10.0
"""Seconds for a scheduler to answer."""
START = 60.0
"""Seconds for a cluster of this machine to start."""

LOUD = int(os.environ.get("ABREAST_DASK_LOG", "50"))

_BOOT = (
    "import sys; sys.path[:] = {path!r}; from abreast.backends.dask import serve_cluster; "
    "serve_cluster({workers})"
)


def open(level: Level) -> Backend:
    """Open the backend; this is its entry point."""
    options = {name: getattr(value, "value", value) for name, value in level.options}
    if len(options.keys() & {"address", "cluster", "hosts"}) > 1:
        raise PlanError("plan('dask'): one of address=, cluster= and hosts=, not several")
    if "ssh" in options and "hosts" not in options:
        raise PlanError("plan('dask', ssh=...): goes with hosts=[...]")
    engine: DaskEngine
    if "address" in options:
        address = options["address"]
        if not check(address):
            raise PlanError(
                f"plan('dask', address={address!r}): not the address of a scheduler\n"
                "hint: it looks like 'tcp://host:8786'; `dask scheduler` prints it"
            )
        engine = DaskEngine(address, f"the Dask cluster at {address}")
    elif "cluster" in options:
        cluster = options["cluster"]
        engine = DaskEngine(cluster, f"this {type(cluster).__name__}")
    elif "hosts" in options:
        hosts = options["hosts"]
        if isinstance(hosts, str) or not hosts or not all(isinstance(it, str) for it in hosts):
            raise PlanError(f"plan('dask', hosts={hosts!r}): a list of names of machines")
        engine = HostsEngine(list(hosts), options.get("ssh") or {})
    else:
        engine = LocalEngine(level.workers, level.inner_threads)
    return RemoteBackend(level, engine)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise LaunchError(
            f"plan('dask') needs the package distributed: {error}\n"
            "hint: pip install 'abreast[dask]', or plan('processes') on one machine"
        ) from None
    return distributed


class DaskEngine:
    """A cluster that somebody else started: an address, or a cluster object."""

    survives_crash = True
    stops_anything = False
    owned = False

    def __init__(self, where: Any, title: str) -> None:
        self.where = where
        self.title = title
        self.client: Any = None
        self.pilots: list[tuple[Any, Callable[[BaseException | None], None]]] = []
        self.cores = 0

    def start(self) -> None:
        """Attach to the cluster, and see that both ends fit."""
        distributed = _distributed()
        self._knock()
        try:
            self.client = distributed.Client(
                self.where, timeout=PATIENCE, set_as_default=False, name="abreast"
            )
        except (OSError, TimeoutError) as error:
            raise self._silent(error) from None
        except (ValueError, TypeError) as error:
            raise LaunchError(
                f"{self.title}: {_line(error)}\n"
                "hint: address='tcp://host:8786', or a cluster object of Dask's"
            ) from None
        self._compare()
        self.cores = sum(self.client.ncores().values())

    def _knock(self) -> None:
        if isinstance(self.where, str):
            try:
                knock(self.where, PATIENCE)
            except OSError as error:
                raise self._silent(error) from None

    def _silent(self, error: BaseException) -> LaunchError:
        return LaunchError(
            f"{self.title} does not answer within {PATIENCE:g} s: {_line(error)}\n"
            "hint: is `dask scheduler` running there, and does a firewall let this machine in?"
        )

    def _compare(self) -> None:
        from importlib.metadata import version

        here = ".".join(map(str, sys.version_info[:3]))
        workers = self.client.get_versions()["workers"]
        for address, found in workers.items():
            there = str((found or {}).get("host", {}).get("python", here))
            if there.split(".")[:2] != here.split(".")[:2]:
                raise LaunchError(
                    f"{self.title}: the worker at {address} runs Python {there[:8].rstrip('.')}, "
                    f"and this program Python {here}\n"
                    "hint: functions travel as code of one version: "
                    "use the same Python at both ends"
                )
        own = version("abreast")
        answers = self.client.run(version, "abreast", on_error="return") if workers else {}
        for address, found in answers.items():
            if isinstance(found, BaseException):
                raise LaunchError(
                    f"{self.title}: the worker at {address} has no abreast: {_line(found)}\n"
                    f"hint: pip install abreast=={own} where the workers run"
                )
            if found != own:
                raise LaunchError(
                    f"{self.title}: the worker at {address} has abreast {found}, and this program "
                    f"abreast {own}\nhint: pip install abreast=={own} where the workers run"
                )

    def slots(self) -> int:
        """All threads of its workers, as they come and go; any number if none is there yet."""
        # What the client hears every other second, without asking.
        heard = getattr(self.client, "_scheduler_identity", {}).get("total_threads")
        return max(self.cores, heard or 0) or sys.maxsize

    def address(self) -> str:
        """Return the address of this machine on the way to the scheduler."""
        host = self.client.scheduler.address.rpartition(":")[0].rpartition("//")[2].strip("[]")
        return towards(host)

    def launch(
        self, work: Callable[..., None], *args: Any, ended: Callable[[BaseException | None], None]
    ) -> Launched:
        """Submit it as a task of Dask's."""
        future: Launched = self.client.submit(work, *args, pure=False, key=_key(args))
        self.pilots.append((future, ended))
        return future

    def poll(self) -> None:
        """Tell how pilots ended; callbacks of Dask's would leave a thread for good."""
        done = [each for each in self.pilots if each[0].done()]
        if not done:
            return
        self.pilots = [each for each in self.pilots if each not in done]
        for future, ended in done:
            error: BaseException | None = None
            if future.status == "error":
                with contextlib.suppress(Exception):
                    error = future.exception(timeout=5)
            elif future.status in ("lost", "cancelled"):
                error = LaunchError(f"{self.title} is gone: its scheduler does not answer")
            ended(error)

    def kill(self, facts: dict[str, Any]) -> bool:
        """Leave the workers of others alone."""
        return False

    def explain(self, error: BaseException) -> str:
        """Say why it runs nothing."""
        hint = "`dask scheduler` and `dask worker` say more where they run"
        if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("abreast"):
            hint = "pip install abreast where its workers run"
        return f"{self.title} runs no tasks: {type(error).__name__}: {_line(error)}\nhint: {hint}"

    def stop(self, grace: float) -> None:
        """Detach; the cluster goes on."""
        client, self.client = self.client, None
        self.pilots = []
        if client is not None:
            with contextlib.suppress(Exception):
                client.close(timeout=2)


class LocalEngine(DaskEngine):
    """A cluster of this machine, in processes of its own, that ends with this program."""

    stops_anything = True
    owned = True

    def __init__(self, workers: int, inner_threads: int = 1) -> None:
        super().__init__(None, "the Dask cluster of plan('dask')")
        self.workers = workers
        self.inner_threads = inner_threads
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, away from the program's `__main__`, which may have no main guard."""
        _distributed()
        path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 - empty means here
        self.folder = tempfile.mkdtemp("-abreast-dask")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BOOT.format(path=path, workers=self.workers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                **dict(environment(self.inner_threads)),
                "DASK_TEMPORARY_DIRECTORY": self.folder,
            },
        )
        self.where = self._address()
        super().start()

    def _address(self) -> str:
        assert self.process is not None and self.process.stdout is not None
        line, deadline = b"", time.monotonic() + START
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                break
            more = os.read(self.process.stdout.fileno(), 4096)
            if not more:
                break
            line += more
        try:
            return str(json.loads(line.splitlines()[-1])["address"])
        except (ValueError, LookupError):
            self.stop(0.0)
            raise LaunchError(
                "plan('dask'): the cluster does not start; what it printed stands above\n"
                "hint: `abreast doctor` tries every plan"
            ) from None

    def kill(self, facts: dict[str, Any]) -> bool:
        """End a worker; its nanny starts another."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(facts["pid"], signal.SIGKILL)
            return True
        return False

    def stop(self, grace: float) -> None:
        """Stop the cluster."""
        super().stop(grace)
        process, self.process = self.process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        try:
            process.wait(10.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        # What a worker still writes while it ends must not keep the rest.
        shutil.rmtree(self.folder, ignore_errors=True)


class HostsEngine(DaskEngine):
    """A cluster over ssh, that ends with the plan."""

    def __init__(self, hosts: Sequence[str], ssh: dict[str, Any]) -> None:
        super().__init__(None, f"the Dask cluster on {', '.join(hosts)}")
        self.hosts = list(hosts)
        self.ssh = ssh
        self.cluster: Any = None

    def start(self) -> None:
        """Start scheduler and workers over ssh."""
        distributed = _distributed()
        python = self.ssh.get("python", sys.executable)
        connect = {name: value for name, value in self.ssh.items() if name != "python"}
        try:
            self.cluster = distributed.SSHCluster(
                [self.hosts[0], *self.hosts],
                connect_options=connect,
                remote_python=python,
                scheduler_options={"port": 0, "dashboard": False, "host": self.hosts[0]},
                worker_options={"nthreads": 1},
            )
        except ImportError:
            raise LaunchError(
                "plan('dask', hosts=...) needs the package asyncssh\nhint: pip install asyncssh"
            ) from None
        except Exception as error:
            raise LaunchError(
                f"{self.title} does not start: {type(error).__name__}: {_line(error)}\n"
                f"hint: try `ssh {self.hosts[0]} {python} --version`; "
                "ssh={'username': ...} is passed on"
            ) from None
        self.where = self.cluster
        super().start()

    def stop(self, grace: float) -> None:
        """Stop it."""
        super().stop(grace)
        cluster, self.cluster = self.cluster, None
        if cluster is not None:
            with contextlib.suppress(Exception):
                cluster.close(timeout=10)


def _key(args: tuple[Any, ...]) -> str:
    return f"abreast-pilot-{args[-1]}-{os.urandom(6).hex()}"


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def serve_cluster(workers: int) -> None:
    """Run a cluster until standard input ends, which it does with the program that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import dask
    from distributed import LocalCluster

    # A pilot whose worker died is begun again, however often; and a worker that happens to be away,
    # some time after another one was lost, is not given up: its nanny starts it again.
    dask.config.set(
        {
            "distributed.scheduler.allowed-failures": 1_000_000,
            "distributed.deploy.lost-worker-timeout": "10000 hours",
        }
    )
    cluster: Any = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=1,
        host=local_address(),
        dashboard_address=f"{local_address()}:0",
        memory_limit=0,
        silence_logs=LOUD,
    )
    os.write(1, json.dumps({"address": cluster.scheduler_address}).encode() + b"\n")
    while os.read(0, 4096):
        pass
    cluster.close(timeout=5)
    # Also where the program that started it was killed.
    shutil.rmtree(os.environ["DASK_TEMPORARY_DIRECTORY"], ignore_errors=True)
