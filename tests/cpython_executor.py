"""Run CPython's own executor tests on `abreast.Executor`; a program, for any Python that has them.

    python tests/cpython_executor.py [pattern ...]

Prints what it ran, and fails on what neither passes nor stands in `cpython_executor_gaps.txt`, and
on what stands there and passes.
"""

import fnmatch
import importlib
import sys
import unittest
from pathlib import Path

import abreast as ab

MODULES = ["as_completed", "deadlock", "init", "process_pool", "shutdown", "thread_pool", "wait"]
# Processes are started in one way only; the three contexts would run everything three times.
SKIPPED = ("Fork", "FailingInitializerResources")
HERE = Path(__file__).parent


class Threads(ab.Executor):
    """In the place of ThreadPoolExecutor."""

    def __init__(self, max_workers=None, **rest):
        rest.pop("thread_name_prefix", None)
        super().__init__("threads", max_workers=max_workers, **rest)


class Processes(ab.Executor):
    """In the place of ProcessPoolExecutor."""

    def __init__(self, max_workers=None, mp_context=None, **rest):
        super().__init__("processes", max_workers=max_workers, **rest)


def load():
    """Return CPython's tests, with abreast's executors in the place of its own."""
    import concurrent.futures.process
    import concurrent.futures.thread

    concurrent.futures.ThreadPoolExecutor = Threads
    concurrent.futures.ProcessPoolExecutor = Processes
    loader = unittest.TestLoader()
    found = []
    for name in MODULES:
        module = importlib.import_module(f"test.test_concurrent_futures.test_{name}")
        pending = [loader.loadTestsFromModule(module)]
        while pending:
            each = pending.pop()
            if isinstance(each, unittest.TestSuite):
                pending.extend(each)
            elif not any(word in each.id() for word in SKIPPED):
                found.append(each)
    return sorted(found, key=short)


def short(test):
    """Return the name of a test as the gap file writes it."""
    return ".".join(test.id().split(".")[-2:])


def gaps():
    """Return what is known not to pass, and why."""
    lines = (HERE / "cpython_executor_gaps.txt").read_text().splitlines()
    entries = [line.split(None, 1) for line in lines if line.strip() and line[0] != "#"]
    return dict(entries)


def main(patterns):
    import faulthandler

    faulthandler.dump_traceback_later(240, exit=True)
    known, wrong, counts = gaps(), [], {"passed": 0, "skipped": 0, "known gaps": 0}
    chosen = [
        test
        for test in load()
        if not patterns or any(fnmatch.fnmatch(short(test), each) for each in patterns)
    ]
    for test in chosen:
        result = unittest.TestResult()
        if known.get(short(test), "").startswith("(not run)"):
            counts["known gaps"] += 1
            continue
        test.run(result)
        failed = result.errors + result.failures
        if failed and short(test) in known:
            counts["known gaps"] += 1
        elif failed:
            wrong.append(short(test))
            print(f"FAILED {short(test)}\n{failed[0][1]}", flush=True)
        elif result.skipped:
            counts["skipped"] += 1
        elif short(test) in known:
            wrong.append(short(test))
            print(f"PASSED, but stands in the gap file: {short(test)}", flush=True)
        else:
            counts["passed"] += 1
    print(f"{len(chosen)} tests:", ", ".join(f"{count} {what}" for what, count in counts.items()))
    print(f"{len(wrong)} wrong: {wrong}" if wrong else "none wrong", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
