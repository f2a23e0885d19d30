"""What tests stand on: plans to run on, scripts to run, and a check that nothing is left behind."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np  # noqa: F401 - its threads and descriptors are there before any test is
import psutil
import pytest
import threadpoolctl

import abreast as ab
from abreast import _abreast, plans

PLANS = ("serial", "threads:2", "processes:2")
SETTLE = 2.0
"""Seconds in which everything must be gone."""
OTHERS = ("sem.", "joblib", "loky", "psm_", "ray", "plasma", "pymp-")
"""Files of other libraries, in a folder that all programs of the machine share."""

# Nothing of what tests compile goes into the user's folder.
os.environ.setdefault("ABREAST_CACHE", "")

# Set by pytest, and by scikit-learn when it is imported.
NOT_OURS = {"PYTEST_CURRENT_TEST", "KMP_INIT_AT_FORK", "KMP_DUPLICATE_LIB_OK"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--plan", help="run what runs on every plan on this one alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    given = metafunc.config.getoption("--plan")
    every = [given] if given else list(PLANS)
    if "plan" in metafunc.fixturenames:
        metafunc.parametrize("plan", every, indirect=True)
    if "parallel" in metafunc.fixturenames:
        several = [name for name in every if name != "serial"]
        metafunc.parametrize("parallel", several, indirect=True)


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> str:
    """Every plan in turn, in force."""
    ab.plan(request.param)
    return request.param


@pytest.fixture
def parallel(request: pytest.FixtureRequest) -> str:
    """Every plan on which tasks run side by side, in force."""
    ab.plan(request.param)
    return request.param


@pytest.fixture(scope="session", autouse=True)
def _own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what other programs put into the temporary folder out of the leak check."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(tmp_path_factory.mktemp("temporary"))
    tempfile.tempdir = None
    yield
    tempfile.tempdir = None
    if before is None:
        del os.environ["TMPDIR"]
    else:
        os.environ["TMPDIR"] = before


def _links(folder: str) -> set[tuple[str, str]]:
    found = set()
    for entry in Path(folder).iterdir():
        try:
            found.add((entry.name, str(entry.readlink())))
        except OSError:  # the descriptor that lists the folder
            continue
    return found


def _tasks() -> set[tuple[str, str]]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found.add((task.name, (task / "comm").read_text().strip()))
        except OSError:
            continue
    return found


def _native_pools() -> set[tuple[str, int]]:
    """How many threads the native libraries that are loaded may use."""
    return {(pool["filepath"], pool["num_threads"]) for pool in threadpoolctl.threadpool_info()}


def _names(folder: str) -> set[str]:
    paths = Path(folder).iterdir() if Path(folder).is_dir() else []
    return {path.name for path in paths if not path.name.startswith(OTHERS)}


def _children() -> set[tuple[int, str]]:
    found = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            found.add((child.pid, child.name()))
    return found


def _traces() -> dict[str, Any]:
    """Return everything that a library could leave behind."""
    # By hand: regular expressions took a fifth of the time of all tests here.
    maps = Path("/proc/self/maps").read_text().splitlines()
    libraries = {line[line.index("/") :] for line in maps if ".so" in line and "/" in line}
    return {
        # A callback on a native thread that asks for its name is listed for ever, as a dummy.
        "threads": {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)},
        # A library with a thread pool of its own may start it whenever it is loaded.
        "native threads": (
            frozenset(it for it in libraries if any(name in it for name in ("blas", "omp", "mkl"))),
            _tasks(),
        ),
        "child processes": _children(),
        "descriptors": _links("/proc/self/fd"),
        "mappings": {line for line in maps if "memfd:abreast" in line},
        "shared memory files": _names("/dev/shm"),
        "temporary files": _names(tempfile.gettempdir()),
        "variables": {item for item in os.environ.items() if item[0] not in NOT_OURS},
        "signal handlers": {
            (number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGCHLD)
        },
        "folder": {Path.cwd()},
        "limits of native pools": _native_pools(),
    }


def _left(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    left = {}
    for what, now in after.items():
        then = before[what]
        if what == "native threads":
            new = now[1] - then[1] if now[0] == then[0] else set()
        elif what == "limits of native pools":
            known = {file for file, _ in then}
            new = {pool for pool in now - then if pool[0] in known}
        elif what in ("variables", "signal handlers", "folder"):
            new = now ^ then
        else:
            new = now - then
        if new:
            left[what] = new
    return left


_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


_forked = threading.Event()
os.register_at_fork(after_in_parent=_forked.set)


def _start_native_threads() -> None:
    """After a fork, for which OpenBLAS ends its threads: have it start others now.

    It would do so when it is next asked to, in the middle of a test.
    """
    if _forked.is_set():
        _forked.clear()
        with threadpoolctl.threadpool_limits(limits=1):
            pass


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check that a test, once its workers were ended, left nothing behind."""
    _start_native_threads()
    before, default = _traces(), plans.current()
    plans._process = None
    yield
    local = plans._context.get()
    plans._context.set(None)
    plans._process = None
    assert local is None, f"a plan is still in force in this context: {local}"
    assert plans.current() == default, "the default plan has changed"
    if plans._backends or _abreast.pool_threads()[1]:
        # On a thread of its own: if it hangs, this test fails and the others go on.
        ending = threading.Thread(target=ab.shutdown, daemon=True)
        ending.start()
        ending.join(20)
        assert not ending.is_alive(), "shutdown hangs"
    if request.node.stash.get(_failed, False):
        return  # Its traceback holds on to what its frames used.
    deadline = time.monotonic() + SETTLE
    while _left(before, _traces()):
        gc.collect()
        left = _left(before, _traces())
        assert not left or time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.01)


def family(leader: int) -> list[psutil.Process]:
    """Live processes of a program started with `start_new_session`: itself, and all it started."""
    members = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process)
        except (OSError, psutil.Error):
            continue
    return members


def end_of_family(leader: int, seconds: float = SETTLE) -> list[psutil.Process]:
    """Wait until nobody of a family lives; return who is left after so many seconds."""
    deadline = time.monotonic() + seconds
    while (members := family(leader)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return members


class Script:
    """A running Python program, apart from this one, so that all it starts can be found."""

    def __init__(self, command: list[str], folder: Path, **settings: Any) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=settings.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **settings,
        )
        self.pid = self.process.pid

    def line(self) -> str:
        """Wait for the next line it prints."""
        assert self.process.stdout is not None
        # Not a byte further: `communicate` reads the pipe, past what a buffer has taken.
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self.process.stdout.fileno(), 1)):
            line += byte
        return line.decode().strip()

    def interrupt(self) -> None:
        """Do what Ctrl-C does: tell every process of the terminal."""
        os.killpg(self.pid, signal.SIGINT)

    def end(self, timeout: float) -> tuple[int, str, str]:
        """Wait for its end; answer status, output, errors. Nothing it started may outlive it."""
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            out, err = self.process.communicate()
            pytest.fail(f"the script did not end within {timeout} s\n{out}\n{err}")
        left = end_of_family(self.pid)
        assert not left, f"processes outlive the script: {left}\n{out}\n{err}"
        return self.process.returncode, out, err

    def kill(self) -> None:
        """End it and all that it started."""
        for process in family(self.pid):
            process.kill()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Script]]:
    """Start a Python program given as text: as a file without main guard, or another way."""
    started: list[Script] = []

    def begin(text: str, *arguments: str, command: list[str] | None = None, **settings: Any) -> Any:
        path = tmp_path / f"script{len(started)}.py"
        path.write_text(text)
        script = Script(command or [sys.executable, str(path), *arguments], tmp_path, **settings)
        started.append(script)
        return script

    yield begin
    for script in started:
        script.kill()
        for stream in (script.process.stdout, script.process.stderr):
            if stream is not None:
                stream.close()
        script.process.wait()


@pytest.fixture
def run(start: Callable[..., Script]) -> Callable[..., str]:
    """Run a Python program given as text and return what it printed; it must end well, silently."""

    def whole(text: str, *arguments: str, timeout: float = 60, **settings: Any) -> str:
        status, out, err = start(text, *arguments, **settings).end(timeout)
        assert status == 0, f"status {status}\n{out}\n{err}"
        assert err == "", err
        return out

    return whole
