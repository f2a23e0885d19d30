"""The command ``python -m abreast.testing``."""

from __future__ import annotations

import argparse
import sys

from abreast.errors import PlanError
from abreast.testing.case import load, select
from abreast.testing.report import Result
from abreast.testing.supervise import run

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the suite; 0 if nothing failed, 1 if something did, 2 if the question made no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m abreast.testing",
        description="Run the conformance suite: a plan must give what the serial plan gives.",
    )
    parser.add_argument("--plan", default="processes", help="what to test, such as processes:4")
    parser.add_argument("--isolate", action="store_true", help="as in plan(..., isolate=True)")
    parser.add_argument("--tags", default="", help="only these themes, tags or ids: random,errors")
    parser.add_argument("--timeout", type=float, default=60.0, help="most seconds of one case")
    parser.add_argument(
        "--opener",
        action="append",
        default=[],
        metavar="NAME=MODULE:FUNCTION",
        help="a backend that is not installed",
    )
    parser.add_argument("--list", action="store_true", help="print the cases and run none")
    given = parser.parse_args(arguments)
    openers = dict(each.split("=", 1) for each in given.opener if "=" in each)
    if len(openers) != len(given.opener):
        parser.error("--opener: NAME=MODULE:FUNCTION")
    try:
        if given.list:
            _list(given.tags)
            return 0
        report = run(
            given.plan,
            tags=given.tags,
            timeout=given.timeout,
            isolate=given.isolate,
            openers=openers,
            tell=_tell,
        )
    except (PlanError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(report)
    return 0 if report else 1


def _tell(result: Result) -> None:
    print(result, flush=True)


def _list(tags: str) -> None:
    cases = load()
    for name in select(each.strip() for each in tags.split(",") if each.strip()):
        if name in cases:
            each = cases[name]
            needs = f"  (needs {', '.join(each.requires)})" if each.requires else ""
            print(f"{name:<44} {each.promise}{needs}")


if __name__ == "__main__":
    sys.exit(main())
