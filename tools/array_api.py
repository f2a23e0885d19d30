"""The public conformance suite of the array API standard, on `abreast.numpy`."""

from __future__ import annotations

import os
from pathlib import Path

from tools.environment import PIP
from tools.steps import ROOT, Steps

NAME = "array api"
VARIABLE = "ABREAST_ARRAY_API_TESTS"
GAPS = ROOT / "tests" / "array-api-gaps.txt"
CHANCE = ROOT / "tests" / "array-api-chance.txt"
HOW = (
    "git clone --recurse-submodules https://github.com/data-apis/array-api-tests, "
    f"then {VARIABLE}=<its folder> ./dev array-api"
)

FILTERS = "\n".join(
    [
        # A gap that names no test is out of date.
        r"error:\d+ ids in (xfails|skips) file",
        # Special cases that the suite itself cannot read.
        "ignore:case for:UserWarning",
        "ignore:Special cases found:UserWarning",
        # What NumPy warns of where it does the work.
        "ignore::RuntimeWarning",
    ]
)


def run(steps: Steps, required: bool) -> None:
    """Run the suite from the checkout that `ABREAST_ARRAY_API_TESTS` names.

    Each test that fails is in the list of gaps, with a reason; a gap that closes fails as well, so
    that the list stays true.
    """
    folder = os.environ.get(VARIABLE, "")
    why = _missing(folder)
    if why:
        if folder or required:
            steps.check(NAME, lambda: [why])
        else:
            steps.skip(NAME, why)
        return
    place = Path(folder).resolve()
    tools = (*PIP, "--requirement", str(place / "requirements.txt"))
    if not steps.run(f"{NAME} tools", *tools, limit=300):
        return
    command = ["python", "-u", "-m", "pytest", "-q", "--rootdir", str(place), "-c"]
    command += [str(place / "pytest.ini"), str(place / "array_api_tests")]
    command += ["-p", "no:cacheprovider", "-o", "xfail_strict=true"]
    command += ["-o", f"filterwarnings={FILTERS}"]
    # In one word each: of a path by itself pytest would take the conftest.py beside it.
    command += [f"--xfails-file={GAPS}", f"--skips-file={CHANCE}"]
    # The same examples each time, as far as Hypothesis can: its choice depends on our sources too.
    command += ["--max-examples=10", "--derandomize", "--disable-deadline"]
    settings = {"ARRAY_API_TESTS_MODULE": "abreast.numpy", "ARRAY_API_TESTS_VERSION": "2024.12"}
    steps.run(NAME, *command, limit=600, env=settings, tail=True)


def _missing(folder: str) -> str:
    """Say what is not there; the empty string if nothing is."""
    if not folder:
        return f"not run: {VARIABLE} names no checkout. hint: {HOW}"
    if not (Path(folder) / "array_api_tests").is_dir():
        return f"{VARIABLE}={folder} is no checkout of array-api-tests\nhint: {HOW}"
    if not (Path(folder) / "array-api" / "spec").is_dir():
        return f"{folder}/array-api is empty\nhint: git submodule update --init"
    return ""
