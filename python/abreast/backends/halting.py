"""Interrupts the task that a pilot runs: that one alone, and whenever it is asked."""

from __future__ import annotations

import signal
import sys
import threading
from types import CodeType, FrameType

from abreast.backends.interrupt import is_importing, raise_in

__all__ = ["Halting"]

Task = tuple[int, int]

_AGAIN = 0.01
"""Seconds after which it is tried again where an exception would do harm."""


class Halting:
    """Who may be interrupted on the thread that makes this, and who is to be.

    From `expect` to `over` a task can be asked for. Only from `listen` on it hears: what was asked
    before is raised there, and not lost.

    Its lock is no `threading.Condition`: that one is entered in Python code, where an exception
    could come when it has the lock and nobody yet knows, and nobody would ever give it back.

    Parameters
    ----------
    delicate : set of code
        Functions that must not be left half done, wherever a task calls them.
    """

    def __init__(self, delicate: frozenset[CodeType] = frozenset()) -> None:
        self.thread = threading.get_ident()
        self.is_main = threading.current_thread() is threading.main_thread()
        self._delicate = delicate
        self._lock = threading.Lock()
        self._task: Task | None = None
        self._asked: Task | None = None
        self._listens = False

    # On the thread of the tasks.

    def expect(self, task: Task) -> None:
        """Note which task comes next; who hears that it begins may ask for it at once."""
        with self._lock:
            self._task, self._asked = task, None

    def listen(self) -> None:
        """Let the task be interrupted from here on."""
        with self._lock:
            self._listens = True
            asked, self._asked = self._asked, None
        if asked is not None:
            raise KeyboardInterrupt

    def over(self) -> None:
        """Let it go on undisturbed from here on. To be called twice: the first may be disturbed."""
        self._listens = False
        with self._lock:
            asked, self._asked, self._task = self._asked, None, None
            if asked is not None and not self.is_main:
                raise_in(self.thread, None)

    def interrupt(self, _number: int, frame: FrameType | None) -> None:
        """Handle the signal: Ctrl-C reaches every process of a terminal, and is the caller's."""
        asked = self._asked
        if asked is None or not self._listens:
            return
        if self._is_delicate(frame):
            self._ask_again(asked)
            return
        self._asked = None
        raise KeyboardInterrupt

    # On any thread.

    def ask(self, task: Task | None = None) -> None:
        """Interrupt a task, if it is this one's turn; without a name, whichever it is."""
        with self._lock:
            if self._task is None or task not in (None, self._task):
                return
            self._asked = self._task
            if not self._listens:
                return
            if self.is_main:
                signal.pthread_kill(self.thread, signal.SIGINT)
            elif self._is_delicate(sys._current_frames().get(self.thread)):
                self._ask_again(self._asked)
            else:
                raise_in(self.thread, KeyboardInterrupt)

    def _ask_again(self, task: Task) -> None:
        again = threading.Timer(_AGAIN, self.ask, [task])
        again.daemon = True
        again.start()

    def _is_delicate(self, frame: FrameType | None) -> bool:
        if is_importing(frame):
            return True
        while frame is not None:
            if frame.f_code in self._delicate:
                return True
            frame = frame.f_back
        return False
