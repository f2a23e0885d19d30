"""What this machine offers to abreast, what works, and what is missing."""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import json
import platform
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from abreast import machine

__all__ = ["main", "report"]

# Long enough to start processes on a busy machine; a plan that hangs must not hang the doctor.
PATIENCE = 60.0

WIDTH = 100


def report() -> str:
    """Describe the machine as abreast finds it.

    Each plan is tried by two small tasks in a process of its own, so that one that hangs or
    crashes shows as a line of the report. Takes some seconds.

    Returns
    -------
    str
        Plain text of fewer than 60 lines. What cannot be found out is said there: nothing is
        raised.

    Examples
    --------
    >>> print(report())  # doctest: +ELLIPSIS
    Software
      abreast ...
    """
    plans = _plans()
    ready = [name for name in plans if name not in _NEEDS or _version(_NEEDS[name])]
    sections = [
        ("Software", _software()),
        ("Machine", _machine()),
        ("Native thread pools", _native_pools()),
        ("Plans", [(name, _tried(name)) for name in ready] or [("none", "abreast lists no plan")]),
        ("Other engines and devices", _engines(plans)),
        ("Missing", _missing(plans) or [("nothing", "")]),
    ]
    lines: list[str] = []
    for title, rows in sections:
        width = max(len(name) for name, _ in rows)
        lines += ["", title]
        lines += [f"  {name:<{width}}  {text}".rstrip() for name, text in rows]
    return "\n".join(lines[1:])


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments of the command, those of this process if left out; there is only ``--help``.

    Returns
    -------
    int
        Exit status: 0.

    Raises
    ------
    SystemExit
        If there are arguments, or after ``--help``.

    Examples
    --------
    >>> main([])  # doctest: +ELLIPSIS
    Software
    ...
    0
    """
    argparse.ArgumentParser(prog="abreast doctor", description=__doc__).parse_args(argv)
    print(report())
    return 0


def _software() -> list[tuple[str, str]]:
    """Versions of what computes."""
    free = "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "not free-threaded"
    python = f"{platform.python_implementation()} {platform.python_version()}, {free}"
    return [
        ("abreast", _version("abreast") or "not installed as a package"),
        ("Python", python),
        ("", sys.executable or "executable unknown"),
        ("NumPy", _version("numpy") or "not found"),
    ]


def _machine() -> list[tuple[str, str]]:
    """Cores and memory, and which limit decided."""
    limits = machine.core_limits()
    found = [
        f"{name} {value:g}"
        for name, value in (
            ("machine", limits.machine),
            ("affinity", limits.affinity),
            ("cgroup quota", limits.quota),
            ("Slurm", limits.slurm),
        )
        if value is not None
    ]
    free = machine.shared_memory_free()
    shm = "not there" if free is None else f"{_gib(free)} free"
    return [
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("cores", f"{limits.cores} usable, decided by: {limits.decided_by} ({', '.join(found)})"),
        ("memory", f"{_gib(machine.memory())}, {_gib(machine.available_memory())} available"),
        ("/dev/shm", f"{shm} (abreast shares anonymous memory and does not need it)"),
    ]


def _native_pools() -> list[tuple[str, str]]:
    """Libraries that run threads of their own: what NumPy computes with, and what is loaded."""
    try:
        # Only loaded libraries can be seen, so NumPy has to bring in its BLAS first.
        import numpy  # noqa: F401
        import threadpoolctl

        pools = threadpoolctl.threadpool_info()
    except Exception as error:
        return [("unknown", _brief(error))]
    rows = []
    for pool in pools:
        threads = pool["num_threads"]
        details = [f"{threads} thread" + "s" * (threads != 1), Path(pool["filepath"]).name]
        if pool.get("architecture"):
            details.insert(1, f"for {pool['architecture']}")
        name = f"{pool['internal_api']} {pool.get('version') or ''}".strip()
        rows.append((f"{name} ({pool['user_api']})", ", ".join(details)))
    # A machine may have many; the report stays a page.
    return rows[:8] or [("none", "NumPy's BLAS has no threads that can be counted or limited")]


def _plans() -> list[str]:
    """Names of the plans that are installed, abreast's own and those of other packages."""
    names = dict.fromkeys(point.name for point in entry_points(group="abreast.backends"))
    own = ["serial", "threads", "processes"]
    others = sorted(set(names) - set(own) - {"executor"})
    if "executor" in names:
        others += ["executor:process", "executor:loky"]
    return [name for name in own if name in names] + others


_NEEDS = {"dask": "distributed", "executor:loky": "loky"}
"""Packages without which a plan is not tried: the report says below what is missing."""


def _tried(name: str) -> str:
    """Try a plan in a fresh interpreter that finds the same packages as this one."""
    program = (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
        "from abreast import doctor; print('\\n' + doctor._try(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, json.dumps([str(path) for path in sys.path]), name]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return f"HANGS: no answer in {PATIENCE:g} s"
    except OSError as error:
        return f"could not be tried: {_brief(error)}"
    if done.returncode < 0:
        names = {entry.value: entry.name for entry in signal.Signals}
        return f"CRASHES: ended by {names.get(-done.returncode, -done.returncode)}"
    # The last line: a library may print on its own before.
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    text = lines[-1] if lines else f"exit status {done.returncode}"
    return text if done.returncode == 0 else f"FAILS: {_cut(text)}"


def _try(name: str) -> str:
    """Run two tasks under a plan, here, and say how it went."""
    try:
        import abreast as ab

        start = time.perf_counter()
        with ab.plan(name) if name == "serial" else ab.plan(name, workers=2):
            values = ab.map(abs, [-1, -2])
        seconds = time.perf_counter() - start
    except Exception as error:
        return f"FAILS: {_brief(error)}"
    if values != [1, 2]:
        return _cut(f"WRONG: abs of -1 and -2 gave {values!r}")
    return f"works; two tasks, start-up included, took {seconds * 1000:.1f} ms"


def _engines(plans: list[str]) -> list[tuple[str, str]]:
    """Look for what else could run tasks or kernels here, and whether abreast can use it."""
    rows = []
    for name, plan, found in (
        ("dask.distributed", "dask", _version("distributed")),
        ("loky", "executor:loky", _version("loky")),
        ("ray", "ray", _version("ray")),
        ("mpi4py", "mpi", _mpi()),
        ("ipyparallel", "ipyparallel", _version("ipyparallel")),
        ("joblib", "joblib", _version("joblib")),
        ("OpenCL", "opencl", _opencl()),
        ("CUDA", "cuda", _cuda()),
    ):
        use = f"plan {plan!r}" if plan in plans else "no abreast plan for it yet"
        if plan in ("mpi", "ipyparallel") and plan not in plans:
            use = "plan(executor) takes its executors"
        if plan == "joblib":
            use = "import abreast.interop.joblib gives it a backend"
        rows.append((name, f"found ({use}): {found}" if found else "not found"))
    return rows


def _missing(plans: list[str]) -> list[tuple[str, str]]:
    """Name what abreast could use if it were there, with the command that adds it."""
    wanted = [("scikit-learn", "abreast demo")]
    # An engine is worth installing only where abreast has a plan for it.
    wanted += [
        (package, f"plan {name!r}")
        for package, name in (("distributed", "dask"), ("ray", "ray"), ("mpi4py", "mpi"))
        if name in plans
    ]
    return [
        (package, f"for {purpose}: pip install {package}")
        for package, purpose in wanted
        if _version(package) is None
    ]


def _mpi() -> str:
    """Package, library and launcher: MPI needs all three; empty if the package is not there."""
    package = _version("mpi4py")
    if package is None:
        return ""
    # Wheels bring library and launcher into the environment, outside the system's paths.
    here = Path(sys.prefix)
    library = ctypes.util.find_library("mpi") or next(iter((here / "lib").glob("libmpi*.so*")), "")
    launcher = shutil.which("mpiexec") or shutil.which("mpiexec", path=str(here / "bin"))
    return f"{package}, {library or 'no libmpi'}, {launcher or 'no mpiexec'}"


def _opencl() -> str:
    """Loader of OpenCL and the drivers it is told of; empty if there is no loader."""
    drivers = len(list(Path("/etc/OpenCL/vendors").glob("*.icd")))
    return f"libOpenCL.so.1, {drivers} driver(s) registered" if _loads("libOpenCL.so.1") else ""


def _cuda() -> str:
    """CUDA's driver and the devices it shows; empty if there is no driver."""
    devices = len(list(Path("/dev").glob("nvidia[0-9]*")))
    return f"libcuda.so.1, {devices} device(s)" if _loads("libcuda.so.1") else ""


def _loads(library: str) -> bool:
    """Whether a shared library can be opened; opening these two starts no device."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _version(package: str) -> str | None:
    """Version of an installed package, without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gib(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 2**30:.1f} GiB"


def _brief(error: BaseException) -> str:
    """Type and first line of an exception."""
    lines = str(error).strip().splitlines()
    return _cut(f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)


def _cut(text: str) -> str:
    """Text that fits on a line."""
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."
