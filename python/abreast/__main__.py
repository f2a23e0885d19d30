"""The command ``abreast``: what this machine offers, and a demonstration."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

__all__ = ["main"]

COMMANDS = {
    "checkpoint": "say what is in a checkpoint file",
    "demo": "run one program serially and on processes, and compare",
    "doctor": "say what this machine offers and what is missing",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The command and its arguments, those of this process if left out; see ``--help``.

    Returns
    -------
    int
        Exit status: 0 after success, else what the command returned; 2 if none was given.

    Raises
    ------
    SystemExit
        If there is no such command, or after ``--help`` and ``--version``.

    Examples
    --------
    >>> try:
    ...     main(["--version"])
    ... except SystemExit as end:
    ...     end.code  # doctest: +ELLIPSIS
    abreast ...
    0
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="abreast", description="Your code says what to run; a plan says where."
    )
    parser.add_argument("--version", action="version", version=f"abreast {version('abreast')}")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="command")
    for name, about in COMMANDS.items():
        commands.add_parser(name, help=about, add_help=False)
    # What follows the command is the command's: it has its own parser, with its own --help.
    command = parser.parse_args(arguments[:1]).command
    # Each imported only when asked for: --version should not wait for NumPy.
    if command == "checkpoint":
        from abreast.checkpoint import show

        return show.main(arguments[1:])
    if command == "demo":
        from abreast import demo

        return demo.main(arguments[1:])
    if command == "doctor":
        from abreast import doctor

        return doctor.main(arguments[1:])
    parser.print_help(sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
