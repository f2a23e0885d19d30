"""Forks of an executor and imports of other threads: never at one time."""

import importlib
import itertools
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from abreast.backends import between_imports
from abreast.backends.between_imports import forking_between_imports

SLOW = "import time\ntime.sleep({seconds})\n"


def child_imports(name: str) -> int:
    """Fork, import there, and answer how that went; a lock that stays shows as a signal."""
    pid = os.fork()
    if not pid:
        import signal

        signal.alarm(5)
        try:
            importlib.import_module(name)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_fork_waits_for_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    interval = sys.getswitchinterval()
    for number in range(3):
        name = f"slow_one_{number}_{os.getpid()}"
        (tmp_path / f"{name}.py").write_text(SLOW.format(seconds=0.2))
        importing = threading.Thread(target=importlib.import_module, args=(name,))
        importing.start()
        while name not in sys.modules:
            time.sleep(0.001)
        with forking_between_imports():
            assert child_imports(name) == 0
        importing.join()
        assert sys.getswitchinterval() == interval


def test_it_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(between_imports, "PATIENCE", 0.1)
    name = f"very_slow_{os.getpid()}"
    (tmp_path / f"{name}.py").write_text(SLOW.format(seconds=1.0))
    importing = threading.Thread(target=importlib.import_module, args=(name,))
    importing.start()
    while name not in sys.modules:
        time.sleep(0.001)
    begin = time.monotonic()
    with forking_between_imports():
        assert child_imports("json") == 0
    assert time.monotonic() - begin < 0.9
    importing.join()


def test_many_forks_beside_many_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    names = [[f"one_of_{some}_{number}_{os.getpid()}" for number in range(40)] for some in (0, 1)]
    for name in (*names[0], *names[1]):
        (tmp_path / f"{name}.py").write_text("import time\ntime.sleep(0.002)\n")
    importlib.invalidate_caches()
    stop = threading.Event()

    def imports(own: list[str]) -> None:
        for name in itertools.cycle(own):
            if stop.is_set():
                return
            importlib.import_module(name)
            sys.modules.pop(name, None)
            time.sleep(0.002)

    others = [threading.Thread(target=imports, args=(own,)) for own in names]
    for each in others:
        each.start()
    try:
        for number in range(20):
            with forking_between_imports():
                assert [child_imports(own[number]) for own in names] == [0, 0]
    finally:
        stop.set()
        for each in others:
            each.join()


def test_a_thread_that_computes_does_not_hold_it_up() -> None:
    stop = threading.Event()

    def compute() -> None:
        while not stop.is_set():
            sum(range(1000))

    computing = threading.Thread(target=compute)
    computing.start()
    try:
        begin = time.monotonic()
        with forking_between_imports():
            assert child_imports("json") == 0
        assert time.monotonic() - begin < 2.0
    finally:
        stop.set()
        computing.join()
