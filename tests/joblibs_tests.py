"""A plugin of pytest: joblib's own tests, with abreast's backend in the place of loky's.

    PYTHONPATH=tests python -m pytest -p joblibs_tests --pyargs joblib.test.test_parallel

What does not pass stands in `joblib_gaps.txt`, with the reason; what stands there and passes fails.
"""

from pathlib import Path

import joblib
import pytest

from abreast.interop.joblib import AbreastBackend

joblib.parallel.BACKENDS["loky"] = AbreastBackend

OTHERS = ("multiprocessing", "Multiprocessing", "threading", "Threading", "spawn", "interpreter")
"""In the name of a test that is about another backend, unless loky stands there too."""
PROGRAMS = ("interactively_defined_functions", "unpicklable_functions_in_args")
"""In the name of a test that starts a program of its own, which knows of loky alone."""


def gaps():
    """Return what is known not to pass, and why."""
    lines = (Path(__file__).parent / "joblib_gaps.txt").read_text().splitlines()
    return dict(line.split(None, 1) for line in lines if line.strip() and line[0] != "#")


def pytest_collection_modifyitems(config, items):
    known = gaps()
    chosen, others = [], []
    for item in items:
        about_another = any(word in item.name for word in OTHERS) and "loky" not in item.name
        elsewhere = any(word in item.name for word in PROGRAMS)
        (others if about_another or elsewhere else chosen).append(item)
        reason = known.get(item.name) or known.get(item.name.partition("[")[0])
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    config.hook.pytest_deselected(items=others)
    items[:] = chosen
