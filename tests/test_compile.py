"""Text of kernels becomes code that runs; what was compiled is found again, whatever is on disk."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import abreast as ab
from abreast import _abreast, assembler

LINE = Path(__file__).parent.parent.joinpath("crates/devices/golden/line.ll").read_text()
SPIN = Path(__file__).parent.parent.joinpath("crates/devices/golden/spin.ll").read_text()
BLOCK = 4096  # elements, in LINE


def frame(*values: int | np.ndarray) -> list[int]:
    return [it if isinstance(it, int) else it.ctypes.data for it in values]


def other(number: int) -> str:
    """The same kernel as another text."""
    return f"; {number}, {os.urandom(8).hex()}\n{LINE}"


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
def test_code_does_what_its_text_says(threads: int) -> None:
    kernel = _abreast.Kernel(LINE)
    for n in (1, 17, BLOCK, 1_000_001):
        x = np.linspace(-3, 5, n, dtype=np.float32)
        y = np.zeros_like(x)
        assert kernel.launch(frame(n, x, y), -(-n // BLOCK), threads) == 0
        np.testing.assert_array_equal(y, x * np.float32(2) + np.float32(1))


def test_nothing_is_contracted() -> None:
    text = """
    define i64 @kernel(ptr %frame, i64 %begin, i64 %end) {
      %a = load ptr, ptr %frame
      %x = load double, ptr %a
      %p = fmul double %x, %x
      %s = fsub double %p, 1.0
      store double %s, ptr %a
      ret i64 0
    }"""
    assert "vfmadd" not in _abreast.assembly(text) and "vfmsub" not in _abreast.assembly(text)
    x = np.array([1 + 2.0**-30])
    assert _abreast.Kernel(text).launch(frame(x), 1) == 0
    assert x[0] == (1 + 2.0**-30) ** 2 - 1


def test_the_vectors_are_those_of_the_text() -> None:
    triple, cpu, features, vector = _abreast.target()
    text = _abreast.assembly(LINE)
    if "+avx512f" in features:
        assert vector == 64 and "%zmm" in text
    elif "+avx2" in features:
        assert vector == 32 and "%ymm" in text
    assert triple.startswith(("x86_64", "aarch64")) and cpu


def test_what_llvm_refuses_is_told_with_its_words() -> None:
    with pytest.raises(
        ab.CompileError, match=r"(?s)LLVM refuses a kernel: .*expected type"
    ) as caught:
        _abreast.Kernel("define nonsense @kernel()")
    assert isinstance(caught.value, RuntimeError)
    wrong = "define i64 @kernel() { %a = add i64 %b, 1\n %b = add i64 %a, 1\n ret i64 %b }"
    with pytest.raises(ab.CompileError, match="does not dominate"):
        _abreast.Kernel(wrong)


def test_what_is_missing_is_named() -> None:
    text = "declare double @lgamma(double)\n" + textwrap.dedent("""
        define i64 @kernel(ptr %f, i64 %b, i64 %e) {
          %x = load double, ptr %f
          %y = call double @lgamma(double %x)
          store double %y, ptr %f
          ret i64 0
        }""")
    with pytest.raises(ab.CompileError, match="calls `lgamma`, which is not part of it"):
        _abreast.Kernel(text)
    with pytest.raises(ab.CompileError, match="the object has no kernel `wave`"):
        _abreast.Kernel(LINE, "wave")
    with pytest.raises(ValueError, match="blocks must not be negative"):
        _abreast.Kernel(LINE).launch([0, 0, 0], -1)


def test_objects_for_other_machines() -> None:
    code = assembler.assemble(LINE, "aarch64-unknown-linux-gnu", "generic", "")
    assert code[:4] == b"\x7fELF" and code[18] == 183  # EM_AARCH64
    text = assembler.assemble(LINE, "aarch64-unknown-linux-gnu", "generic", "", True).decode()
    assert "fmadd" not in text and "fmla" not in text and "fadd" in text


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_ends_a_long_launch(threads: int) -> None:
    kernel = _abreast.Kernel(SPIN)
    # Where tests run in the background the shell has told them to ignore Ctrl-C.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        begun = time.monotonic()
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            kernel.launch([], 1_000_000, threads)
        assert time.monotonic() - begun < 0.7
        timer.join()
    finally:
        signal.signal(signal.SIGINT, usual)
    assert kernel.launch([], 10, threads) == 0


def test_other_threads_run_meanwhile() -> None:
    kernel = _abreast.Kernel(SPIN)
    runner = threading.Thread(target=kernel.launch, args=([], 5000, 1))
    runner.start()
    count = 0
    while runner.is_alive():
        count += 1
        time.sleep(0.001)
    assert count > 20


# What follows looks at whole processes: each finds its own folder.

PROGRAM = """
import sys, numpy as np
from abreast import _abreast
kernel = _abreast.Kernel(sys.stdin.read())
x = np.arange(10000, dtype=np.float32); y = np.zeros_like(x)
assert kernel.launch([x.size, x.ctypes.data, y.ctypes.data], 3) == 0
assert (y == 2 * x + 1).all()
print(*_abreast.compiled(), int("llvmlite" in sys.modules))
"""


def run(folder: Path | str, text: str = LINE, program: str = PROGRAM) -> list[int]:
    """`compiled()` of a process, and whether it loaded LLVM."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=text,
        env={**os.environ, "ABREAST_CACHE": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def test_the_next_process_needs_no_llvm(tmp_path: Path) -> None:
    assert run(tmp_path) == [0, 0, 1, 0, 0, 1]
    assert run(tmp_path) == [0, 1, 0, 0, 0, 0]
    # Half an entry, noise, and somebody else's: compiled again, and whole afterwards.
    (entry,) = tmp_path.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(whole[: len(whole) // 2])
    assert run(tmp_path) == [0, 0, 1, 1, 0, 1]
    assert entry.read_bytes() == whole
    assert run(tmp_path) == [0, 1, 0, 0, 0, 0]


def test_a_folder_that_is_not_to_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert run(blocked) == [0, 0, 1, 0, 1, 1]
    assert run("/proc/nowhere") == [0, 0, 1, 0, 1, 1]
    assert run("") == [0, 0, 1, 0, 0, 1]  # none wanted
    full = Path("/dev/full")
    if full.exists():
        assert run(full) == [0, 0, 1, 0, 1, 1]


MANY = """
import os, sys
from abreast import _abreast
text = sys.stdin.read()
for number in range(12):
    kernel = _abreast.Kernel(f"; {number}" + chr(10) + text)
    assert kernel.launch([0, 0, 0], 0) == 0
    print(number, flush=True)
"""


def test_many_processes_at_once_and_one_that_is_killed(tmp_path: Path) -> None:
    environment = {**os.environ, "ABREAST_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", MANY]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, env=environment, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for process in processes:
        process.stdin.write(LINE)
        process.stdin.close()
    # One of them dies in the middle of it.
    processes[0].stdout.readline()
    processes[0].kill()
    for process in processes:
        process.wait(timeout=60)
        process.stdout.close()
    assert [process.returncode for process in processes] == [-9, 0, 0, 0]
    entries = [path for path in tmp_path.iterdir() if path.suffix == ".code"]
    assert len(entries) == 12
    program = MANY + 'print(*_abreast.compiled(), int("llvmlite" in sys.modules), sep=",")'
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=LINE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split()[-1] == "0,12,0,0,0,0"


def test_without_llvmlite_there_is_a_hint(tmp_path: Path) -> None:
    program = """
import sys
sys.modules["llvmlite"] = None
import abreast as ab
from abreast import _abreast
try:
    _abreast.Kernel(sys.stdin.read())
except ab.CompileError as error:
    assert "hint: python -m pip install 'llvmlite" in str(error), error
    print(1)
"""
    assert run(tmp_path, program=program) == [1]


def test_threads_that_want_the_same_compile_once() -> None:
    text = other(1)
    before = _abreast.compiled()
    threads = [threading.Thread(target=_abreast.Kernel, args=(text,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = _abreast.compiled()
    assert [after[i] - before[i] for i in (0, 2)] == [5, 1]


def test_where_code_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABREAST_CACHE", "/somewhere/code")
    assert assembler.folder() == "/somewhere/code"
    monkeypatch.setenv("ABREAST_CACHE", "")
    assert assembler.folder() is None
    monkeypatch.delenv("ABREAST_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/caches")
    assert assembler.folder() == "/var/caches/abreast"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/ada")
    assert assembler.folder() == "/home/ada/.cache/abreast"


def test_a_forked_child_has_a_pool_of_its_own(run: Callable[..., str]) -> None:
    # A program of its own: a fork also ends the threads of NumPy's BLAS.
    run(FORKS, SPIN)


FORKS = """
import os, sys
from abreast import _abreast

kernel = _abreast.Kernel(sys.argv[1])
assert kernel.launch([], 400, 2) == 0
assert _abreast.pool_threads()[1] >= 1
child = os.fork()
if child == 0:
    code = 1
    try:
        before = _abreast.pool_threads()[1]
        answer = kernel.launch([], 400, 2)
        after = _abreast.pool_threads()[1]
        _abreast.end_pool()
        code = 0 if (before, answer) == (0, 0) and after >= 1 else 2
    finally:
        os._exit(code)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
assert kernel.launch([], 400, 2) == 0
_abreast.end_pool()
assert _abreast.pool_threads()[1] == 0
"""
