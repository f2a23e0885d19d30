"""Rules on files: how long they may be, and what they may not be called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("crates", "python", "tests", "benches", "examples", "docs", "tools")
LONG, LONGEST = 300, 600  # lines; a file is one noun or one verb
# Names that fit any file say nothing of this one.
FORBIDDEN = {"base", "common", "core", "utils", "helpers", "misc", "manager", "impl"}


def problems(root: Path) -> list[str]:
    """Return what is wrong, a line each; files that grow long are printed as notes."""
    found = []
    for path in _paths(root):
        name = path.relative_to(root)
        if path.name.split(".")[0].strip("_").lower() in FORBIDDEN:
            found.append(f"{name}: a name that says nothing; call it after what is in it")
        if path.suffix in (".py", ".rs") and path.is_file():
            lines = path.read_bytes().count(b"\n")
            if lines > LONGEST:
                found.append(f"{name}: {lines} lines, at most {LONGEST}; split it by noun")
            elif lines > LONG:
                print(f"note: {name} has {lines} lines")
    return found


def _paths(root: Path) -> Iterator[Path]:
    """Files and folders that people wrote, in order."""
    for top in FOLDERS:
        for folder, folders, names in os.walk(root / top):
            folders[:] = sorted(it for it in folders if it[0] != "." and it != "__pycache__")
            yield from (Path(folder, name) for name in [*folders, *sorted(names)])
