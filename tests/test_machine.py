"""What a process may use, read from fake system trees: containers, batch jobs, broken files."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from abreast import machine

Tree = Callable[[dict[str, str]], Path]
GIB = 2**30


@pytest.fixture(autouse=True)
def plain_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen cores and no Slurm, wherever the tests themselves run."""
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(16)), raising=False)
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    monkeypatch.delenv("SLURM_CPUS_ON_NODE", raising=False)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write files below a folder that stands for /."""

    def build(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return build


def test_an_empty_system_has_no_limits(tmp_path: Path) -> None:
    limits = machine.core_limits(root=tmp_path)
    assert limits == machine.CoreLimits(machine=16, affinity=16, quota=None, slurm=None)
    assert (limits.cores, limits.decided_by) == (16, "machine")
    assert machine.shared_memory_free(root=tmp_path) is None


@pytest.mark.parametrize(
    ("line", "quota", "cores"),
    [
        ("250000 100000\n", 2.5, 3),
        ("200000 100000\n", 2.0, 2),
        ("10000 100000\n", 0.1, 1),
        ("6400000 100000\n", 64.0, 16),
        ("max 100000\n", None, 16),
    ],
)
def test_v2_quota_is_rounded_up(tree: Tree, line: str, quota: float | None, cores: int) -> None:
    root = tree({"proc/self/cgroup": "0::/job\n", "sys/fs/cgroup/job/cpu.max": line})
    assert machine.core_limits(root=root).quota == quota
    assert machine.cores(root=root) == cores


@pytest.mark.parametrize(
    ("quota", "period", "cores"),
    [("250000", "100000", 3), ("-1", "100000", 16), ("50000", "100000", 1), ("400000", "0", 16)],
)
@pytest.mark.parametrize("folder", ["cpu", "cpu,cpuacct"])
def test_v1_quota(tree: Tree, folder: str, quota: str, period: str, cores: int) -> None:
    root = tree(
        {
            "proc/self/cgroup": "5:memory:/job\n4:cpu,cpuacct:/job\n",
            f"sys/fs/cgroup/{folder}/job/cpu.cfs_quota_us": quota,
            f"sys/fs/cgroup/{folder}/job/cpu.cfs_period_us": period,
        }
    )
    assert machine.cores(root=root) == cores


@pytest.mark.parametrize(("outer", "inner"), [("150000", "800000"), ("800000", "150000")])
def test_the_tightest_of_nested_cgroups_decides(tree: Tree, outer: str, inner: str) -> None:
    root = tree(
        {
            "proc/self/cgroup": "0::/user/session/job\n",
            "sys/fs/cgroup/user/cpu.max": f"{outer} 100000",
            "sys/fs/cgroup/user/session/cpu.max": "max 100000",
            "sys/fs/cgroup/user/session/job/cpu.max": f"{inner} 100000",
        }
    )
    limits = machine.core_limits(root=root)
    assert (limits.quota, limits.cores, limits.decided_by) == (1.5, 2, "cgroup quota")


def test_both_versions_at_once(tree: Tree) -> None:
    root = tree(
        {
            "proc/self/cgroup": "3:cpu:/a\n0::/b\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "500000",
            "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/unified/b/cpu.max": "300000 100000",
        }
    )
    assert machine.cores(root=root) == 3


def test_a_container_sees_only_its_part_of_the_tree(tree: Tree) -> None:
    # As in Docker on v1: the path is the host's, the mount shows the container's own cgroup,
    # and a tree above it that is mounted too belongs to somebody else.
    root = tree(
        {
            "proc/self/cgroup": "4:cpu:/docker/1f2e/job\n",
            "proc/self/mountinfo": (
                "30 20 0:1 / / rw - ext4 /dev/sda rw\n"
                "31 20 0:2 /docker/1f2e /cg\\040cpu rw,nosuid shared:9 - cgroup cgroup rw,cpu\n"
                "32 20 0:3 /../.. /host rw - cgroup cgroup rw,cpu\n"
                "33 20 0:4 / /cg/memory rw - cgroup cgroup rw,memory\n"
            ),
            "cg cpu/cpu.cfs_quota_us": "700000",
            "cg cpu/cpu.cfs_period_us": "100000",
            "cg cpu/job/cpu.cfs_quota_us": "400000",
            "cg cpu/job/cpu.cfs_period_us": "100000",
            "host/cpu.cfs_quota_us": "100000",
            "host/cpu.cfs_period_us": "100000",
        }
    )
    assert machine.cores(root=root) == 4


def test_a_path_outside_the_mount_means_the_mount_itself(tree: Tree) -> None:
    root = tree(
        {
            "proc/self/cgroup": "0::/../sibling\n",
            "proc/self/mountinfo": "31 20 0:2 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            "sys/fs/cgroup/cpu.max": "200000 100000",
            "sys/fs/sibling/cpu.max": "100000 100000",
        }
    )
    assert machine.cores(root=root) == 2


def test_affinity_comes_before_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5}, raising=False)
    limits = machine.core_limits(root=tmp_path)
    assert (limits.cores, limits.decided_by) == (2, "affinity")


def test_systems_without_affinity_count_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert machine.cores(root=tmp_path) == 16
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.cores(root=tmp_path) == 1


@pytest.mark.parametrize(
    ("task", "node", "cores"),
    [
        ("4", "8", 4),
        (None, "8", 8),
        ("0", "8", 8),
        ("", "8", 8),
        ("-3", "many", 16),
        ("72(x2)", None, 16),
        ("64", "64", 16),
    ],
)
def test_slurm(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    task: str | None,
    node: str | None,
    cores: int,
) -> None:
    if task is not None:
        monkeypatch.setenv("SLURM_CPUS_PER_TASK", task)
    if node is not None:
        monkeypatch.setenv("SLURM_CPUS_ON_NODE", node)
    limits = machine.core_limits(root=tmp_path)
    assert limits.cores == cores
    assert limits.decided_by == ("Slurm" if cores < 16 else "machine")


@pytest.mark.parametrize("text", ["", "x", "x y", "1", "1e5 100000", "9" * 400 + " 1", "\udcff 1"])
def test_malformed_quotas_are_no_limit(tree: Tree, text: str) -> None:
    root = tree({"proc/self/cgroup": "0::/job\n"})
    folder = root / "sys/fs/cgroup/job"
    folder.mkdir(parents=True)
    (folder / "cpu.max").write_text(text, errors="surrogateescape")
    assert machine.cores(root=root) == 16


@pytest.mark.parametrize("text", ["", "\n\n", "0", "::::", "0::\n", "0::/a\x00b\n", "a:cpu\n"])
def test_malformed_tables_are_no_limit(tree: Tree, text: str) -> None:
    files = ["proc/self/cgroup", "proc/self/mountinfo", "proc/meminfo", "sys/fs/cgroup/x"]
    root = tree(dict.fromkeys(files, text))
    assert machine.cores(root=root) == 16
    assert machine.memory(root=root) >= machine.available_memory(root=root) >= 0


def test_folders_where_files_should_be(tmp_path: Path) -> None:
    for name in ("proc/self/cgroup", "proc/meminfo"):
        (tmp_path / name).mkdir(parents=True)
    assert machine.cores(root=tmp_path) == 16
    assert machine.memory(root=tmp_path) >= 0


MEMINFO = f"MemTotal: {64 * 2**20} kB\nMemFree: 1 kB\nMemAvailable: {40 * 2**20} kB\n"


def test_memory_without_cgroups(tree: Tree) -> None:
    root = tree({"proc/meminfo": MEMINFO})
    assert machine.memory(root=root) == 64 * GIB
    assert machine.available_memory(root=root) == 40 * GIB


def test_v2_memory_of_a_parent_binds_and_cached_files_are_free(tree: Tree) -> None:
    root = tree(
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "0::/job/step\n",
            "sys/fs/cgroup/job/memory.max": f"{8 * GIB}\n",
            "sys/fs/cgroup/job/memory.current": f"{7 * GIB}\n",
            "sys/fs/cgroup/job/memory.stat": f"anon 5\ninactive_file {2 * GIB}\n",
            "sys/fs/cgroup/job/step/memory.max": "max\n",
        }
    )
    assert machine.memory(root=root) == 8 * GIB
    assert machine.available_memory(root=root) == 3 * GIB


def test_v1_memory(tree: Tree) -> None:
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/cgroup": "4:memory:/job\n",
        "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{4 * GIB}\n",
        "sys/fs/cgroup/memory/job/memory.usage_in_bytes": f"{5 * GIB}\n",
        # What v1 writes for "no limit" is a very large number.
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    root = tree(files)
    assert machine.memory(root=root) == 4 * GIB
    assert machine.available_memory(root=root) == 0
    root = tree({"sys/fs/cgroup/memory/job/memory.limit_in_bytes": "9223372036854771712\n"})
    assert machine.memory(root=root) == 64 * GIB


def test_this_machine() -> None:
    assert 1 <= machine.cores() <= 16
    assert 0 < machine.available_memory() <= machine.memory()
    free = machine.shared_memory_free()
    assert free is None or free >= 0
