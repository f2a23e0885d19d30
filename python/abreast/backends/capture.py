"""The worker's side of what tasks say: streams, warnings and log records that go to the parent."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import FrameType
from typing import Any

from abreast import _abreast
from abreast.backends.output import LOG, STDERR, STDOUT, WARNING, name_speaker
from abreast.pickling import dumps, is_plain

__all__ = ["facts", "install", "parents_handlers", "release"]


def facts() -> dict[str, Any]:
    """Return what workers are to know of the parent's own streams."""
    return {
        "errors": getattr(sys.stdout, "errors", None) or "strict",
        "terminal": tuple(_is_terminal(each) for each in (sys.stdout, sys.stderr)),
    }


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def install(worker: _abreast.Worker, facts: dict[str, Any]) -> None:
    """Have everything that tasks say go to the parent, from whichever thread."""
    terminal = facts["terminal"]
    sys.stdout = _stream(worker, STDOUT, facts["errors"], terminal[0])
    sys.stderr = _stream(worker, STDERR, "backslashreplace", terminal[1])
    sys.stdin = _NoInput()
    _catch_warnings(worker)
    if "logging" in sys.modules:
        _catch_records(worker)
    else:
        sys.meta_path.insert(0, _WhenLogging(worker))


def release() -> None:
    """Give the process its own streams back: what runs at its end is nobody's task."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


def _say(worker: _abreast.Worker, tag: int, data: bytes) -> bool:
    """Say it on behalf of the running task, and of which one if it is a bundle."""
    return name_speaker(worker.say, _digits, or_outermost=True) and worker.say(tag, data)


def _digits(task: int) -> bytes:
    return b"%d" % task


class _Outlet(io.BufferedIOBase):
    """Where the text of a stream goes, as bytes: with the running task, else where it always went.

    There is nothing to buffer for a task: a line is under way when `write` returns.
    """

    mode = "wb"

    def __init__(self, worker: _abreast.Worker, tag: int, terminal: bool) -> None:
        self._worker = worker
        self._tag = tag
        self._descriptor = tag + 1
        self._terminal = terminal
        self._rest = b""
        self.name = ("<stdout>", "<stderr>")[tag]

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if type(data) is not bytes:
            data = bytes(data)
        if not _say(self._worker, self._tag, data):
            # By lines: others write there too.
            self._rest += data
            if data.endswith(b"\n") or len(self._rest) > io.DEFAULT_BUFFER_SIZE:
                self._write_rest()
        return len(data)

    def _write_rest(self) -> None:
        while self._rest:
            self._rest = self._rest[os.write(self._descriptor, self._rest) :]

    def flush(self) -> None:
        self._worker.flush()
        self._write_rest()

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return self._terminal


def _stream(
    worker: _abreast.Worker, tag: int, errors: str, terminal: bool
) -> io.TextIOWrapper[_Outlet]:
    return io.TextIOWrapper(
        _Outlet(worker, tag, terminal),
        encoding="utf-8",
        errors=errors,
        newline="\n",
        write_through=True,
    )


class _NoInput(io.TextIOBase):
    """Stands for standard input, which a task in another process has none of."""

    name = "<stdin>"
    encoding = "utf-8"

    def readable(self) -> bool:
        return True

    def read(self, _size: int | None = -1, /) -> str:
        raise EOFError(
            "a task cannot read from standard input: it runs in a worker process\n"
            "hint: read before the call, and pass what was read as an argument"
        )

    def readline(self, _size: int | None = -1, /) -> str:  # type: ignore[override]
        return self.read()

    def __next__(self) -> str:  # type: ignore[override]
        return self.read()


def _catch_warnings(worker: _abreast.Worker) -> None:
    original = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        if file is None:
            where = (filename, lineno, _module(filename, lineno))
            try:
                data = dumps((message, category, *where))
            except Exception:
                data = dumps((f"{category.__name__}: {message}", UserWarning, *where))
            if _say(worker, WARNING, data):
                worker.warned()
                return
        original(message, category, filename, lineno, file, line)

    warnings.showwarning = show


def _module(filename: str, line: int) -> str | None:
    """Name the module of a line that is being run, however far up."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_lineno == line and frame.f_code.co_filename == filename:
            name: str | None = frame.f_globals.get("__name__")
            return name
        frame = frame.f_back
    return None


parents_handlers: set[str] = set()
"""Names of the loggers that have handlers in the parent."""


def _catch_records(worker: _abreast.Worker) -> None:
    """Have records handled by the parent's handlers, and by those that only this process has."""
    import logging

    original = logging.Logger.callHandlers

    def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
        own: list[logging.Handler] = []
        theirs = False
        each: logging.Logger | None = logger
        while each is not None:
            if each.name in parents_handlers:
                theirs = True
            else:
                own += [it for it in each.handlers if not isinstance(it, logging.NullHandler)]
            each = each.parent if each.propagate else None
        if (theirs or not own) and not _say(worker, LOG, dumps(_parts(record))):
            original(logger, record)
            return
        for handler in own:
            if record.levelno >= handler.level:
                handler.handle(record)

    setattr(logging.Logger, "callHandlers", call_handlers)  # noqa: B010 - its types say otherwise


def _parts(record: Any) -> dict[str, Any]:
    """Return what a record is made of, without what cannot travel."""
    import logging

    parts: dict[str, Any] = vars(record).copy()
    if record.exc_info and not record.exc_text:
        parts["exc_text"] = logging.Formatter().formatException(record.exc_info)
    parts["exc_info"] = None
    args = record.args
    if not (is_plain(record.msg) and (not args or (type(args) is tuple and is_plain(args)))):
        parts["msg"], parts["args"] = record.getMessage(), None
    usual = vars(logging.makeLogRecord({}))
    for name in parts.keys() - usual.keys():
        try:
            dumps(parts[name])
        except Exception:
            parts[name] = repr(parts[name])
    return parts


class _WhenLogging:
    """Waits for somebody to import `logging`, which workers do not by themselves."""

    def __init__(self, worker: _abreast.Worker) -> None:
        self._worker = worker

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Let the others find it, and be told when it is there."""
        if name != "logging":
            return None
        from importlib.util import find_spec

        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            execute: Callable[[Any], None] = spec.loader.exec_module

            def execute_and_catch(module: Any) -> None:
                execute(module)
                _catch_records(self._worker)

            spec.loader.exec_module = execute_and_catch  # type: ignore[method-assign]
        return spec
