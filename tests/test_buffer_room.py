"""Large memory when the system has no room: address space, a tiny /dev/shm, a full disk."""

import shutil
import subprocess
import sys
import textwrap

import pytest

SQUEEZE = """
    import gc, resource, time
    from pathlib import Path
    import numpy as np
    import abreast as ab

    MIB = 1 << 20
    n = 12_500_000  # 100 MB

    def leave(spare):
        # So many bytes more of address space for this process; None: as many as it likes.
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (hard if spare is None else size + spare, hard))

    def tight(x, spare):
        return leave(spare)

    def settles():
        deadline = time.monotonic() + 5
        while ab.report().used and time.monotonic() < deadline:
            gc.collect()
            time.sleep(0.01)
        assert ab.report().used == 0, ab.report()

    def refused(function, *arguments):
        try:
            function(*arguments)
        except MemoryError as error:
            assert str(error), repr(error)
        else:
            raise AssertionError("there was room")
"""


def test_address_space_of_the_parent_is_full(run):
    text = """
    ab.plan("processes:1")
    shared = ab.share(np.ones(n))
    x = np.ones(n)
    ab.map(abs, [1])
    for _ in range(3):
        leave(50 * MIB)
        # No room to show a result, nor for a copy of it; the next call has nothing of that.
        refused(ab.map, np.ones, [n] * 2)
        refused(ab.submit(np.ones, n).result)
        refused(ab.share, x[:-1])
        assert ab.map(np.sum, [shared] * 2) == [n, n]
        assert ab.map(abs, range(-3, 0)) == [3, 2, 1]
        leave(None)
        assert [float(each.mean()) for each in ab.map(np.ones, [n] * 2)] == [1, 1]
    del shared
    settles()
    print("well")
    """
    assert run(textwrap.dedent(SQUEEZE) + textwrap.dedent(text)) == "well\n"


def test_address_space_of_a_worker_is_full(run):
    text = """
    ab.plan("processes:1")
    x = np.ones(n)
    for _ in range(3):
        ab.map(tight, [None], [50 * MIB])
        refused(ab.map, np.sum, [x])
        refused(ab.submit(np.sum, x).result)
        refused(ab.map, lambda k: x[k], [0])
        refused(ab.map, np.ones, [n])
        found = ab.map(np.sum, [x, x[:10], x], on_error="return")
        assert [type(it) for it in found] == [MemoryError, np.float64, MemoryError], found
        ab.map(tight, [None], [None])
        assert ab.map(np.sum, [x] * 2) == [n, n]
        assert ab.map(np.ones, [n])[0].sum() == n
    settles()
    print("well")
    """
    assert run(textwrap.dedent(SQUEEZE) + textwrap.dedent(text)) == "well\n"


def small(folder, size):
    """Return a command that runs a program where `folder` is a file system of this size."""
    unshare = shutil.which("unshare")
    probe = [unshare, "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    if unshare is None or subprocess.run(probe, capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces for this user")
    mount = f'mount -t tmpfs -o size={size} none {folder} && exec "$0" "$@"'
    return [unshare, "-rm", "sh", "-c", mount]


def test_a_small_dev_shm_does_not_matter(run, tmp_path):
    text = """
    import os
    import numpy as np
    import abreast as ab
    assert os.statvfs("/dev/shm").f_blocks * os.statvfs("/dev/shm").f_frsize == 64 << 20
    ab.plan("processes:2")
    n = 25_000_000  # 200 MB
    x = np.ones(n)
    shared = ab.share(x)
    assert ab.map(np.sum, [x, shared, x]) == [n] * 3
    assert [float(it.mean()) for it in ab.map(np.ones, [n] * 2)] == [1, 1]
    assert os.listdir("/dev/shm") == []
    print("well")
    """
    assert inside(run, tmp_path, text, small("/dev/shm", "64m")) == "well\n"


def test_the_disk_is_full(run, tmp_path):
    """What exceeds the bound spills, until there is no room for that either."""
    folder = tmp_path / "disk"
    folder.mkdir()
    text = """
    import gc, os, time
    import numpy as np
    import abreast as ab
    ab.config.set(memory="10 MB", spill=FOLDER)
    ab.plan("processes:2")
    n = 1_000_000  # 8 MB

    def free():
        return os.statvfs(FOLDER).f_bavail * os.statvfs(FOLDER).f_frsize

    def empties():
        deadline = time.monotonic() + 5
        while (ab.report().used or free() < 44 << 20) and time.monotonic() < deadline:
            gc.collect()
            time.sleep(0.01)
        assert (ab.report().used, free()) == (0, 44 << 20), (ab.report(), free())

    for _ in range(3):
        kept = []
        try:
            while len(kept) < 20:
                kept.append(ab.share(np.full(n, float(len(kept)))))
        except MemoryError as error:
            assert "shared memory is full: 7.6 MiB more are needed" in str(error), error
            assert "hint: abreast.config.set(memory=" in str(error), error
        assert 4 <= len(kept) <= 6, len(kept)  # one in memory, 40 MB of them on disk
        # Results that have no room fail their tasks; arguments that stand there go on.
        found = ab.map(np.full, [n] * 3, range(3), on_error="return")
        assert [type(each) for each in found] == [MemoryError] * 3, found
        assert ab.map(np.sum, kept) == [n * float(k) for k in range(len(kept))]
        assert [float(each.mean()) for each in kept] == list(map(float, range(len(kept))))
        del kept, found
        empties()
        made = ab.map(np.full, [n] * 4, range(4))
        assert [float(each.mean()) for each in made] == [0, 1, 2, 3]
        del made
        empties()  # though the workers that lent it sleep
    print("well")
    """
    text = f"FOLDER = {str(folder)!r}\n" + textwrap.dedent(text)
    assert inside(run, tmp_path, text, small(folder, "44m")) == "well\n"
    assert list(folder.iterdir()) == []


def inside(run, tmp_path, text, command):
    """Run a program in such a place."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(text))
    return run("", command=[*command, sys.executable, str(path)])
