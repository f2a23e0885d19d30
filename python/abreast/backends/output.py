"""What tasks say before they end: printed text, warnings, log records; and how the caller shows it.

Each piece has a kind and data. Text is text, or bytes that are none. A warning or a log record is
bytes when it comes from another process, or a callable that shows it here.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from abreast import speaker
from abreast.backends.contract import Output

__all__ = [
    "LOG",
    "PLACE",
    "STDERR",
    "STDOUT",
    "WARNING",
    "heard",
    "name_speaker",
    "read",
    "show",
    "show_aloud",
]

STDOUT, STDERR, WARNING, LOG, PLACE = range(5)
"""How the kinds are numbered on their way; text first."""

_KINDS = ("stdout", "stderr", "warning", "log", "place")

aloud = threading.RLock()
"""Held from when what a job said is taken until it is shown, so that nothing is overtaken."""


def _forget_lock() -> None:
    global aloud
    aloud = threading.RLock()


os.register_at_fork(after_in_child=_forget_lock)


def read(said: Iterable[tuple[int, int, Any]]) -> list[Output]:
    """Return what came with its task and its number, as `Pulled` holds it."""
    return [
        Output(task, _KINDS[tag], _text(data) if tag < WARNING else data)
        for task, tag, data in said
    ]


def heard(task: int, tag: int, data: Any) -> Output:
    """Return one piece of what was said in this process."""
    return Output(task, _KINDS[tag], data)


def name_speaker(
    say: Callable[[int, Any], bool], encode: Callable[[int], Any] = int, *, or_outermost: bool
) -> bool:
    """Before something is said: say for which task of a bundle, if another one spoke last."""
    who = speaker.here(or_outermost=or_outermost)
    if who is None or who[0] == who[1]:
        return True
    task = who[0]
    if not say(PLACE, encode(task)):
        return False
    who[1] = task
    return True


def _text(data: str | bytes) -> str | bytes:
    if isinstance(data, bytes):
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data
    return data


def show_aloud(speech: Any) -> None:
    """Show what a job's tasks said while nobody asked for it; on a thread of the pool."""
    with aloud:
        for each in read(speech.take()):
            show(each)


def show(output: Output) -> None:
    """Show it as if the task had run here: on the streams, filters and handlers of the moment."""
    _, kind, data = output
    if kind == "stdout":
        write(sys.stdout, data)
    elif kind == "stderr":
        write(sys.stderr, data)
    elif callable(data):
        data()
    elif kind == "warning":
        _warn(data)
    elif kind == "log":
        _log(data)


def write(stream: Any, data: str | bytes) -> None:
    """Write text, or bytes that are none, to a text stream."""
    if stream is None:
        return
    if isinstance(data, bytes):
        buffer = getattr(stream, "buffer", None)
        if buffer is not None:
            stream.flush()
            buffer.write(data)
            return
        data = data.decode("utf-8", "backslashreplace")
    try:
        stream.write(data)
    except UnicodeEncodeError:
        encoding = getattr(stream, "encoding", None) or "ascii"
        stream.write(data.encode(encoding, "backslashreplace").decode(encoding))


_elsewhere: dict[Any, dict[str, Any]] = {}
"""Stand in for modules that this process does not have."""


def _warn(data: bytes) -> None:
    """Warn as the task did, with the memory of the module where it was."""
    message, category, filename, line, module = pickle.loads(data)
    known = sys.modules.get(module)
    names = _elsewhere.setdefault((module, filename), {}) if known is None else vars(known)
    registry = names.setdefault("__warningregistry__", {})
    try:
        warnings.warn_explicit(message, category, filename, line, module, registry)
    except category:
        # Here it is an error, and there it was none: its task went on.
        warnings.showwarning(message, category, filename, line)


def _log(data: bytes) -> None:
    import logging

    record = logging.makeLogRecord(pickle.loads(data))
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)
