"""Checkpoint files survive what ends a program, and say what happened to them."""

import os
import random
import shutil
import subprocess
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import abreast as ab
from abreast.checkpoint import ledger as ledgers
from abreast.checkpoint import records, show


@pytest.fixture(autouse=True)
def anew():
    """Forget what this process knows of files, as a new one would."""

    def forget():
        assert not ledgers._open
        ledgers.forget()

    yield forget
    forget()


def square(x):
    return x * x


KILLED = """
import os, sys, time
import abreast as ab

def f(x):
    file = os.open("executions", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, b"%d\\n" % x)
    os.close(file)
    time.sleep(0.004)
    return x * x, b"." * 100

print("begin", flush=True)
found = ab.map(f, range({tasks}), checkpoint="run", plan="{plan}")
assert found == [(x * x, b"." * 100) for x in range({tasks})]
print("done", flush=True)
"""


def kill_and_resume(start, folder, plan, kills, tasks, chance):
    """Kill the program so many times, then let it end; answer how many executions there were."""
    program = KILLED.format(plan=plan, tasks=tasks)
    for _ in range(kills):
        script = start(program)
        assert script.line() == "begin"
        time.sleep(chance.random() * 0.25)
        script.process.kill()
        script.process.wait()
    status, out, err = start(program).end(60)
    assert (status, out, err) == (0, "begin\ndone\n", "")
    return len((folder / "executions").read_text().split())


@pytest.mark.parametrize(("where", "kills"), [("serial", 4), ("processes:2", 6)])
def test_a_killed_program_goes_on(start, tmp_path, where, kills):
    tasks, workers = 150, 2 if where.startswith("processes") else 1
    ran = kill_and_resume(start, tmp_path, where, kills, tasks, random.Random(where))
    assert tasks <= ran <= tasks + kills * workers


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("where", ["serial", "threads:3", "processes:2"])
def test_a_program_that_is_killed_again_and_again_goes_on(start, tmp_path, where):
    tasks, workers, kills = 1500, int(where.partition(":")[2] or 1), 100
    ran = kill_and_resume(start, tmp_path, where, kills, tasks, random.Random(where))
    assert tasks <= ran <= tasks + kills * workers


def test_ctrl_c_keeps_what_ended(start, tmp_path):
    program = KILLED.format(plan="processes:2", tasks=400)
    script = start(program)
    assert script.line() == "begin"
    while not (tmp_path / "executions").exists():
        time.sleep(0.01)
    time.sleep(0.2)
    script.interrupt()
    status, _, err = script.end(30)
    assert status != 0
    assert "KeyboardInterrupt" in err
    status, out, err = start(program).end(60)
    assert (status, out) == (0, "begin\ndone\n"), err
    assert len((tmp_path / "executions").read_text().split()) <= 402


def damaged_runs(path, change, anew):
    """Change the file, run the call again; answer which tasks ran, and whether it was said."""
    data = change(Path(path).read_bytes())
    other = Path(path).with_suffix(".changed")
    other.write_bytes(data)
    anew()
    ran = []

    def again(x):
        ran.append(x)
        return x * 1000, "text"

    # The same function to the file: what `ran` holds belongs to the test alone.
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = ab.map(Same(again), range(4), checkpoint=other, plan="serial")
    assert found == [(x * 1000, "text") for x in range(4)]
    return ran, any(issubclass(each.category, ab.CheckpointWarning) for each in said)


class Same:
    """A callable that is the same whatever it holds."""

    def __init__(self, function):
        self.function = function

    def __getstate__(self):
        return None

    def __call__(self, x):
        return self.function(x)


def test_a_file_cut_anywhere_is_of_use(tmp_path, anew):
    path = tmp_path / "run"
    plain = ab.map(Same(lambda x: (x * 1000, "text")), range(4), checkpoint=path, plan="serial")
    assert plain[3] == (3000, "text")
    whole = path.read_bytes()
    for length in [*range(len(whole), len(whole) - 120, -1), *range(len(whole) - 120, -1, -17)]:
        ran, said = damaged_runs(path, lambda data, n=length: data[:n], anew)
        assert ran == list(range(4 - len(ran), 4))
        assert not said
        # And again: what was cut off is not in the way of what was written after it.
        anew()
        assert damaged_runs(path.with_suffix(".changed"), bytes, anew) == ([], False)
        path.with_suffix(".changed.changed").unlink(missing_ok=True)
    assert length < 17
    assert ran == [0, 1, 2, 3]


def test_a_flipped_bit_is_noticed(tmp_path, anew):
    path = tmp_path / "run"
    ab.map(Same(lambda x: (x * 1000, "text")), range(4), checkpoint=path, plan="serial")
    whole = path.read_bytes()
    chance = random.Random(1)
    for at in range(records.HEAD, len(whole), 9):

        def flip(data, at=at):
            changed = bytearray(data)
            changed[at] ^= 1 << chance.randrange(8)
            return bytes(changed)

        _, said = damaged_runs(path, flip, anew)
        # Seen and said; only in the last record it looks like one that was cut short.
        assert said or at >= len(whole) - 100
    for at in range(records.HEAD):
        changed = bytearray(whole)
        changed[at] ^= 4
        path.write_bytes(changed)
        anew()
        with pytest.raises(ab.CheckpointError, match=r"is damaged|is not a checkpoint|newer"):
            ab.map(square, range(4), checkpoint=path, plan="serial")


def test_another_file_is_not_touched(tmp_path):
    path = tmp_path / "notes.txt"
    for text in ("x", "my notes\n" * 10):
        path.write_text(text)
        with pytest.raises(ab.CheckpointError, match="is not a checkpoint of abreast"):
            ab.map(square, range(4), checkpoint=path, plan="serial")
        assert path.read_text() == text
    with pytest.raises(ab.CheckpointError, match="cannot be written: Is a directory"):
        ab.map(square, range(4), checkpoint=tmp_path, plan="serial")
    with pytest.raises(ab.CheckpointError, match="cannot be written: No such file or directory"):
        ab.map(square, range(4), checkpoint=tmp_path / "no" / "run", plan="serial")


def test_one_program_at_a_time(start, run, tmp_path):
    script = start(
        "import sys, abreast as ab\n"
        "stream = ab.imap(abs, iter(range(9)), checkpoint='run', plan='threads:1', window=1)\n"
        "next(stream); print('open', flush=True); sys.stdin.readline(); stream.close()\n"
        "print('closed', flush=True); sys.stdin.readline()",
        stdin=subprocess.PIPE,
    )
    assert script.line() == "open"
    path = tmp_path / "run"
    with pytest.raises(ab.CheckpointError, match=f"is in use by process {script.pid}: one"):
        ab.map(abs, range(9), checkpoint=path, plan="serial")
    script.process.stdin.write("\n")
    script.process.stdin.flush()
    assert script.line() == "closed"
    assert ab.map(abs, range(9), checkpoint=path, plan="serial") == list(range(9))
    script.process.stdin.write("\n")
    script.process.stdin.flush()
    assert script.end(20)[0] == 0


FULL = """
import resource, sys, warnings
import abreast as ab
import psutil

def f(x):
    return bytes([x]) * 10_000

warnings.simplefilter("ignore")
ab.plan(sys.argv[2])
if sys.argv[1] == "full":
    # Shared memory is a file too, so it comes first.
    ab.map(f, range(40))
    for pid in [0, *(child.pid for child in psutil.Process().children())]:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (155_000, resource.RLIM_INFINITY))
try:
    found = ab.map(f, range(40), checkpoint="run")
    print(found == [f(x) for x in range(40)])
except ab.CheckpointError as error:
    print(str(error).partition("cannot be written: ")[2].partition("\\n")[0])
"""


@pytest.mark.parametrize("where", ["serial", "threads:2", "processes:2"])
def test_a_full_disk_loses_nothing_that_was_stored(run, tmp_path, where):
    for _ in range(2):
        assert run(FULL, "full", where) == "File too large\n"
        assert 140_000 < (tmp_path / "run").stat().st_size <= 155_000
    assert run(FULL, "room", where) == "True\n"
    # What was there was not written again.
    assert (tmp_path / "run").stat().st_size < 430_000


def test_a_file_that_goes_away_meanwhile(tmp_path, anew):
    path = tmp_path / "run"
    stream = ab.imap(square, iter(range(20)), checkpoint=path, plan="processes:2", window=2)
    assert next(stream) == 0
    path.unlink()
    assert list(stream) == [x * x for x in range(1, 20)]
    assert not path.exists()


def test_an_older_copy_put_back(tmp_path, anew):
    path, copy = tmp_path / "run", tmp_path / "copy"
    ab.map(square, range(5), checkpoint=path, plan="serial")
    shutil.copy(path, copy)
    ab.map(square, range(9), checkpoint=path, plan="serial")
    shutil.copy(copy, path)
    assert ab.map(square, range(12), checkpoint=path, plan="serial") == [x * x for x in range(12)]
    anew()
    assert ab.map(square, range(12), checkpoint=path, plan="serial") == [x * x for x in range(12)]


FORKING = """
import os
import abreast as ab

def square(x):
    return x * x

stream = ab.imap(square, iter(range(6)), checkpoint="run", plan="serial", window=1)
assert next(stream) == 0
child = os.fork()
if not child:
    try:
        ab.map(square, range(6), checkpoint="run", plan="serial")
    except ab.CheckpointError as error:
        os._exit(7 if f"in use by process {os.getppid()}" in str(error) else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), list(stream))
print(ab.map(square, range(6), checkpoint="run", plan="serial"))
"""


def test_a_child_by_fork_leaves_the_file_to_its_parent(run):
    assert run(FORKING) == "7 [1, 4, 9, 16, 25]\n[0, 1, 4, 9, 16, 25]\n"


def test_the_command_says_what_is_there(tmp_path, capsys, anew):
    path = tmp_path / "run"
    ab.map(square, range(12), checkpoint=path, plan="serial")
    ab.map(abs, [-1], checkpoint=path, plan="serial")
    anew()
    assert show.main([str(path)]) == 0
    out = capsys.readouterr().out
    assert "2 calls, 13 results" in out
    assert "call 1: square, begun 2" in out
    assert "12 results of 12 items so far" in out
    assert show.main([str(path), "--drop", "1"]) == 0
    assert "1 call, 1 result," in capsys.readouterr().out
    assert show.main([str(path), "--drop", "1"]) == 1
    assert show.main([str(tmp_path / "none")]) == 1
    assert show.main([str(path), "--parts"]) == 0
    assert "the version of Python: 3" in capsys.readouterr().out
    anew()
    assert ab.map(square, range(3), checkpoint=path, plan="serial") == [0, 1, 4]


def test_arrays_in_many_threads(tmp_path, anew):
    path = tmp_path / "run"

    def make(x):
        return np.full(50_000 + x, float(x))

    for _ in range(2):
        found = ab.map(make, range(60), checkpoint=path, plan="threads:4")
        assert all(len(a) == 50_000 + x and (a == x).all() for x, a in enumerate(found))
        anew()


NOTEBOOK = """
import nbformat
from nbclient import NotebookClient

CELLS = [
    "import abreast as ab; ab.plan('processes:2')",
    "shift = {'a', 'b', 'c'}\\ndef f(x):\\n    open('executions', 'a').write('.')\\n"
    "    return x + len(shift)",
    "ab.map(f, range(6), checkpoint='run')",
]
for _ in range(2):
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    print(notebook.cells[-1].outputs[0].data["text/plain"], len(open("executions").read()))
"""


@pytest.mark.long
def test_a_notebook_goes_on_in_a_new_kernel(start, tmp_path):
    folders = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("RUNTIME", "CONFIG")}
    script = start(NOTEBOOK, env={**os.environ, **folders, "IPYTHONDIR": str(tmp_path / "ipython")})
    status, out, err = script.end(100)
    assert status == 0, err
    assert out == "[3, 4, 5, 6, 7, 8] 6\n" * 2
