"""The virtual environments of this checkout, made and brought up to date when needed."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tomllib
from pathlib import Path

from tools.steps import ROOT, Steps

PIP = ("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def prepare(steps: Steps, folder: str, extras: str) -> None:
    """Let the steps that follow run in the environment `folder`, with the package installed.

    Python files are used where they lie; only a change of the Rust sources or of the project's
    settings costs a build. Exits if the environment cannot be made: nothing after it could run.
    """
    require_cargo()
    place = ROOT / folder
    steps.path = [str(place / "bin"), *steps.path]
    stamp = ROOT / ".dev" / f"{folder.lstrip('.')}.stamp"
    # Taken before the build: what is edited while it runs counts as changed afterwards.
    key = _key(extras)
    built = any((ROOT / "python" / "abreast").glob("_abreast*.so"))
    if (place / "bin" / "python").exists():
        if built and stamp.exists() and stamp.read_text() == key:
            return
    elif not steps.run(folder, sys.executable, "-m", "venv", str(place), limit=300):
        sys.exit(steps.close())
    # The build tool lives in the environment too: pip would fetch it anew for each build, and a
    # build after an edit should need no network.
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    project = (*PIP, "--no-build-isolation", "--editable", f".[{extras}]")
    if not steps.run("build tools", *PIP, *requires, limit=600) or not steps.run(
        "build and install", *project, limit=1200
    ):
        sys.exit(steps.close())
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(key)


def require_cargo() -> None:
    """Exit with what to install if there is no Rust here."""
    if shutil.which("cargo"):
        return
    # A fresh rustup is on PATH only in shells opened after it.
    cargo = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "bin"
    if not (cargo / "cargo").exists():
        sys.exit(
            "./dev needs cargo to build the Rust core, and found none.\n"
            "hint: install Rust 1.90 or newer, for example from https://rustup.rs"
        )
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), str(cargo)])


def _key(extras: str) -> str:
    """Digest of all that an installed environment depends on."""
    sources = [ROOT / "pyproject.toml", ROOT / "Cargo.toml", ROOT / "Cargo.lock"]
    crates = ROOT / "crates"
    sources += sorted([*crates.rglob("*.rs"), *crates.rglob("Cargo.toml")])
    digest = hashlib.sha256(extras.encode())
    for path in sources:
        if path.exists():
            digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
