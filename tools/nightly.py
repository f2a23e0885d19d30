"""What only Rust's nightly toolchain can find: Miri, and the thread sanitizer."""

from __future__ import annotations

import subprocess

from tools.steps import ROOT, Steps

TOOLCHAIN = "nightly"
HOST = "x86_64-unknown-linux-gnu"
INSTALL = f"rustup toolchain install {TOOLCHAIN} --component miri rust-src"

MIRI = {
    # Clocks and random seeds are allowed; a futex call of rustix makes a pointer of a number.
    "MIRIFLAGS": "-Zmiri-disable-isolation -Zmiri-permissive-provenance",
    "PROPTEST_CASES": "3",
    "CARGO_TARGET_DIR": str(ROOT / "target" / "miri"),
}
THREADS = {
    "RUSTFLAGS": "-Zsanitizer=thread",
    "TSAN_OPTIONS": "halt_on_error=1",
    # One test after the other: what one has unmapped, and the next maps at the same address, is
    # ordered by the system alone, which the sanitizer does not see.
    "RUST_TEST_THREADS": "1",
    "CARGO_TARGET_DIR": str(ROOT / "target" / "thread-sanitizer"),
}


def missing() -> str:
    """Say what is not there, with the command that adds it; the empty string if nothing is."""
    try:
        listed = subprocess.run(
            ["rustup", "component", "list", "--installed", "--toolchain", TOOLCHAIN],
            capture_output=True,
            text=True,
            timeout=60,
        )
    except OSError:
        return f"there is no rustup, and no {TOOLCHAIN} toolchain: https://rustup.rs"
    if listed.returncode:
        return f"there is no {TOOLCHAIN} toolchain: {INSTALL}"
    lacking = [name for name in ("miri", "rust-src") if name not in listed.stdout]
    return f"{TOOLCHAIN} lacks {' and '.join(lacking)}: {INSTALL}" if lacking else ""


def run(steps: Steps) -> None:
    """Run the tests of crates that are unsafe or atomic, as far as each tool can."""
    names = ("miri", "miri random", "thread sanitizer")
    why = missing()
    if why:
        for name in names:
            steps.skip(name, why)
        return
    cargo = ("cargo", f"+{TOOLCHAIN}")
    crates = ("-p", "abreast-tasks", "-p", "abreast-shm")
    # Miri knows no memory files, and no other process: what needs these is left out in the crates.
    miri = (*cargo, "miri", "test", *crates, "--lib", "--test", "bundles")
    steps.run(names[0], *miri, limit=1800, env=MIRI)
    random = (*cargo, "miri", "test", "-p", "abreast-random", "--test", "known_answers")
    steps.run(names[1], *random, limit=1200, env=MIRI)
    # Also the standard library has to be built so, or every lock of its is taken for a race.
    threads = (*cargo, "test", "-Zbuild-std", "--target", HOST, *crates, "-p", "abreast-workers")
    steps.run(names[2], *threads, "--lib", "--tests", limit=2400, env=THREADS)
