"""`./dev` says what it leaves out, and why."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_without_nightly_the_sanitizers_are_skipped_with_a_message(tmp_path):
    for name, code in (("rustup", 1), ("cargo", 0), ("rustc", 0)):
        (tmp_path / name).write_text(
            f"#!/bin/sh\necho '{name} 1.99.0 (0 2026-01-01)'\nexit {code}\n"
        )
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "dev"), "sanitize"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("there is no nightly toolchain: rustup toolchain install") == 6
    assert "thread sanitizer      0.0  skipped" in done.stdout
