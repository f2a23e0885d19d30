"""Known gaps: what a backend does not do yet, and why, as data.

A case listed here is expected to fail and counts as skipped; when it passes after all, that is a
failure, so the list cannot grow stale.
"""

from __future__ import annotations

__all__ = ["GAPS"]

GAPS: dict[tuple[str, str], str] = {}
"""(name of the backend, id of the case) -> reason."""
