"""The command ``abreast checkpoint``: what a checkpoint file holds."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from abreast.checkpoint.group import Recorded
from abreast.checkpoint.ledger import Ledger
from abreast.errors import CheckpointError

__all__ = ["main"]


def main(argv: Sequence[str]) -> int:
    """Print what is in a file, or drop a call from it.

    Parameters
    ----------
    argv : sequence of str
        The arguments after the command; see ``--help``.

    Returns
    -------
    int
        0, or 1 if the file cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="abreast checkpoint", description="Say what is in a checkpoint file."
    )
    parser.add_argument("file")
    parser.add_argument("--drop", type=int, metavar="CALL", help="forget a call and its results")
    parser.add_argument("--parts", action="store_true", help="list what each call is told by")
    chosen = parser.parse_args(argv)
    path = str(Path(chosen.file).absolute())
    if not Path(path).is_file():
        print(f"{chosen.file}: no such file")
        return 1
    try:
        ledger = Ledger.open(path)
    except CheckpointError as reason:
        print(reason)
        return 1
    try:
        if chosen.drop is not None:
            recorded = ledger.calls.get(chosen.drop)
            if recorded is None or recorded.dropped:
                print(f"{chosen.file}: there is no call {chosen.drop}")
                return 1
            ledger.drop(chosen.drop)
        _print(chosen.file, ledger, chosen.parts)
    finally:
        ledger.close()
    return 0


def _print(name: str, ledger: Ledger, parts: bool) -> None:
    calls = [recorded for recorded in ledger.calls.values() if not recorded.dropped]
    results = sum(group.results for recorded in calls for group in recorded.groups)
    found = Path(ledger.path).stat()
    print(
        f"{name}: {_count(len(calls), 'call')}, {_count(results, 'result')}, "
        f"{_bytes(found.st_size)}, last written {_time(found.st_mtime)}"
    )
    damaged = sum(end - start for start, end in ledger.unreported)
    if damaged:
        print(f"{_bytes(damaged)} of it damaged: the tasks whose results stood there run again")
    for recorded in calls:
        _print_call(recorded, parts)


def _print_call(recorded: Recorded, parts: bool) -> None:
    print(f"  call {recorded.number}: {recorded.function}, begun {_time(recorded.at)}")
    for group in recorded.groups:
        if group.items or group.results:
            print(f"    {_count(group.results, 'result')} of {_count(group.items, 'item')} so far")
    if parts:
        for name, digest in recorded.parts.items():
            print(f"    {name}: {digest}")


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _bytes(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
