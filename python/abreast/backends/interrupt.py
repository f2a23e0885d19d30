"""Exceptions raised in a thread from outside, and where none should be."""

from __future__ import annotations

from types import FrameType

__all__ = ["is_importing", "raise_in"]


def raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Have an exception raised in a thread when it runs Python code again; None takes it back."""
    import ctypes  # not part of what workers need to start

    kind = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)


def is_importing(frame: FrameType | None) -> bool:
    """Whether code imports a module, which an exception could leave half-made for good."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
