"""Calls with a checkpoint: what is stored is not run again, what runs is stored."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from abreast.backends.contract import Call, Ended, Job, Pulled
from abreast.checkpoint import records
from abreast.checkpoint.content import WIDTH, Content, Uncountable
from abreast.checkpoint.describe import describe, differences
from abreast.checkpoint.file import hint
from abreast.checkpoint.group import Group, Recorded, key_of
from abreast.checkpoint.keep import Keeping, NotKept
from abreast.checkpoint.ledger import Ledger
from abreast.errors import CheckpointError, CheckpointWarning, TransferError
from abreast.random.path import Seeded
from abreast.tasks.prepare import name_of

__all__ = ["Resumed", "resume"]

_AHEAD = 4096
"""Most items that are taken at once because their results are stored."""


def resume(caller: str, path: str, function: Callable[..., Any], seed: Any, call: Call) -> Resumed:
    """Open the checkpoint of a call.

    Raises
    ------
    CheckpointError
        If the file cannot be used, or holds results of the call as it was before a change.
    """
    if seed is True:
        raise CheckpointError(
            f"{caller}: seed=True with a checkpoint: fresh entropy cannot be had again\n"
            "hint: seed=1, or any other number"
        )
    origin = None
    if isinstance(call.function, Seeded):
        made = call.function
        origin = (made.entropy, made.key, made.takes_rng, made.seed_global)
    parts = describe(caller, function, star=_is_star(call), seed=origin)
    ledger = Ledger.open(str(Path(path).absolute()))
    try:
        return Resumed(caller, name_of(function), call, parts, ledger)
    except BaseException:
        ledger.close()
        raise


def _is_star(call: Call) -> bool:
    return call.function.star if isinstance(call.function, Seeded) else call.star


class Resumed:
    """A call beside the file; stands before the job of its backend, as a job itself.

    Parameters
    ----------
    caller, function : str
        How messages call them.
    call : Call
    parts : dict
        What decides what the tasks answer.
    ledger : Ledger
        Open; closed by `close`.
    """

    def __init__(
        self, caller: str, function: str, call: Call, parts: dict[str, str], ledger: Ledger
    ) -> None:
        self._caller = caller
        self._function = function
        self._parts = parts
        self._ledger = ledger
        self._closed = False
        self._report_damage(stacklevel=5)
        with ledger.lock:
            self._recorded = ledger.by_key.get(key_of(parts))
            if self._recorded is None:
                self._refuse_changed()
        self._run = ledger.new_run()
        self._own: Group | None = None
        self._group: Group | None = None
        self._token = object()
        self._owned = False
        """Whether no other call of this process found the group before."""
        self._linked: Group | None = None
        self._content = Content()
        self._pushed = 0
        self._ready: list[tuple[int, Any]] = []
        self._unsynced = False
        style = "indexed" if call.indexed else "star" if call.star else "item"
        assert call.function is not None
        self._call = replace(
            call,
            function=Keeping(call.function, style, ledger.path, ledger.ident, self._run),
            star=False,
            indexed=True,
        )

    @property
    def call(self) -> Call:
        """What the backend is to run."""
        return self._call

    def before(self, job: Job) -> Resumed:
        """Take a backend's job for what is not stored."""
        self._job = job
        self.running = job.running
        self.started = job.started
        self.halt = job.halt
        self.stop = job.stop
        self.watch = job.watch
        return self

    def close(self) -> None:
        """Give the file back."""
        if not self._closed:
            self._closed = True
            self._ledger.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self.close()

    # What is stored

    def _report_damage(self, stacklevel: int) -> None:
        count = self._ledger.told()
        if count:
            warnings.warn(
                f"{count} bytes of checkpoint {self._ledger.path} are damaged; the tasks whose "
                "results stood there run again",
                CheckpointWarning,
                stacklevel=stacklevel,
            )

    def _refuse_changed(self) -> None:
        """Raise if the file holds this call as it was before a change."""
        found: list[tuple[int, int, Recorded]] = []
        code = f"the code of `{self._function.rpartition('<locals>.')[2]}`"
        for recorded in self._ledger.calls.values():
            if recorded.dropped or recorded.parts["the function"] != self._parts["the function"]:
                continue
            met = all(group.number in self._ledger.claims for group in recorded.groups)
            # Of one name, in one program: several calls with several inputs. But only one code.
            redefined = (
                "<" not in self._function
                and code in recorded.parts
                and (recorded.parts[code] != self._parts.get(code))
            )
            if not met or redefined:
                count = len(differences(recorded.parts, self._parts))
                found.append((count, -recorded.number, recorded))
        if not found:
            return
        recorded = min(found)[2]
        others = differences(recorded.parts, self._parts)
        listed = " and ".join(filter(None, [", ".join(others[:-1]), others[-1]]))
        stored = sum(group.results for group in recorded.groups)
        raise CheckpointError(
            f"{self._caller}: checkpoint {self._ledger.path} holds {_results(stored)} of "
            f"{self._function} as it was before a change of {listed}\n"
            f"{hint(self._ledger.path, recorded.number)}"
        )

    def _changed(self, index: int, group: Group) -> CheckpointError:
        return CheckpointError(
            f"{self._caller}: item {index} is not what it was when checkpoint {self._ledger.path} "
            f"was written, which holds {_results(group.results)} of {self._function}; new items "
            "may follow the old ones, the old ones have to stay\n"
            f"{hint(self._ledger.path, group.call)}"
        )

    def _digests(self, items: Any) -> list[bytes]:
        try:
            return self._content.digests(items)
        except Uncountable:
            return [self._digest(item, at) for at, item in enumerate(items, self._pushed)]

    def _digest(self, item: Any, index: int) -> bytes:
        try:
            return self._content.digest(item)
        except Uncountable as reason:
            raise CheckpointError(
                f"{self._caller}: item {index} is or holds {reason}: without content that could "
                "be compared, nobody can tell whether it is the same in a later run\n"
                "hint: make it inside the task from something that has, such as a number or a path"
            ) from reason

    def _look(self, index: int, digest: bytes) -> bool:
        """Whether the result of an item is stored; chooses the group that knows the item."""
        group = self._group
        if group is not None:
            known = group.hash(index)
            if known == digest:
                return group.offset(index) != 0
            if self._owned:
                if known is not None:
                    raise self._changed(index, group)
                return False
        with self._ledger.lock:
            found = None
            if self._recorded is not None and not self._recorded.dropped:
                found = self._ledger.find(self._recorded, index, digest)
            if found is None and group is None and self._recorded is not None:
                for other in self._recorded.groups:
                    if other.number not in self._ledger.claims and other.hash(index) is not None:
                        raise self._changed(index, other)
            if found is None:
                found = self._begin()
            self._group = found
            self._owned = self._ledger.claims.setdefault(found.number, self._token) is self._token
        return found.hash(index) == digest and found.offset(index) != 0

    def _begin(self) -> Group:
        """Write that this run is there, once; answer its own group."""
        if self._own is None:
            self._own = self._linked = self._ledger.begin(
                self._recorded, self._function, self._parts, self._run
            )
        return self._own

    def _note(self, first: int, digests: list[bytes]) -> None:
        """Write which items run now, before they do."""
        group = self._group
        assert group is not None
        self._begin()
        if self._linked is not group:
            self._ledger.link(self._run, first, group)
            self._linked = group
        joined = b"".join(digests)
        if group.hashes[first * WIDTH : (first + len(digests)) * WIDTH] != joined:
            self._ledger.write(records.ITEMS, self._run, first, [joined])
            group.note(first, joined)

    def _take(self, index: int) -> bool:
        """Take a stored result; false if it turns out to be damaged."""
        assert self._group is not None
        value, whole = self._ledger.load(self._group, index)
        if whole:
            self._ready.append((index, value))
        else:
            self._report_damage(stacklevel=6)
        return whole

    def stored(self, index: int, digest: bytes) -> bool:
        """Whether the result of an item is stored; takes it."""
        return self._look(index, digest) and self._take(index)

    # What a job does

    def want(self) -> int:
        """How many more tasks to push now; more, if their results are likely to be stored."""
        ahead = 0 if self._group is None else self._group.ahead(self._pushed, _AHEAD)
        return max(self._job.want(), ahead)

    def push(self, items: Iterable[Any], at: int | None = None) -> None:
        """Append a task for each item whose result is not stored."""
        assert at is None, "tasks run again beneath the checkpoint"
        self._unsynced = True
        try:
            if isinstance(items, (list, tuple, range)):
                self._push_all(items)
            else:
                self._push_each(items)
        except TransferError as error:
            if error.index is not None:
                self._pushed = error.index
            raise

    def _push_all(self, items: Any) -> None:
        first = self._pushed
        digests = self._digests(items)
        if self._owned and self._group is not None and self._group.items <= first:
            self._push_some(items, digests)  # nothing is known from here on
            return
        start = self._take_some(digests)
        for at, digest in enumerate(digests[start:], start):
            before = self._group
            stored = self.stored(first + at, digest)
            if stored or self._group is not before:
                # What comes before belongs to the group as it was.
                now, self._group = self._group, before
                self._push_some(items[start:at], digests[start:at])
                self._group, start = now, at
            if stored:
                self._skip_one()
                start = at + 1
        self._push_some(items[start:], digests[start:])

    def _take_some(self, digests: list[bytes]) -> int:
        """Take results of the first of many items, as far as all are stored; answer how many."""
        group, first = self._group, self._pushed
        if group is None:
            return 0
        count = group.ahead(first, len(digests))
        known = group.hashes[first * WIDTH : (first + count) * WIDTH]
        if not count or known != b"".join(digests[:count]):
            return 0
        values = self._ledger.load_some(group, first, count)
        self._ready += enumerate(values, first)
        for _ in values:
            self._skip_one()
        return len(values)

    def _skip_one(self) -> None:
        self._pushed += 1
        self._job.skip()

    def _push_some(self, items: Any, digests: list[bytes]) -> None:
        if digests:
            self._note(self._pushed, digests)
            self._job.push(items)
            self._pushed += len(digests)

    def _push_each(self, items: Iterable[Any]) -> None:
        reading = iter(items)
        while True:
            fresh = _Fresh(self, reading, getattr(items, "steady", False))
            self._job.push(fresh)
            if fresh.error is not None:
                raise fresh.error
            if not fresh.stored:
                return
            self._skip_one()

    def fresh(self, item: Any) -> bool:
        """Whether the next item has to run; then it is written down."""
        digest = self._digest(item, self._pushed)
        if self.stored(self._pushed, digest):
            return False
        self._note(self._pushed, [digest])
        self._pushed += 1
        return True

    def skip(self) -> None:
        """Pass over an index."""
        self._skip_one()

    def pull(self, timeout: float | None, results: list[Any] | None) -> Pulled:
        """Take what was stored, or wait until tasks ended."""
        if self._ready:
            taken, self._ready = self._ready, []
            if results is None:
                return Pulled(len(taken), 0, [Ended(at, value, None) for at, value in taken])
            for at, value in taken:
                results[at] = value
            return Pulled(len(taken), 0, [])
        if self._unsynced:
            left = self._ledger.sync()
            timeout = left if timeout is None else min(timeout, left)
        pulled = self._job.pull(timeout, results)
        self._unsynced = pulled.finished > 0
        if not pulled.ended or not any(isinstance(each.error, NotKept) for each in pulled.ended):
            return pulled
        ended = []
        for each in pulled.ended:
            if isinstance(each.error, NotKept):
                value = each.error.value
                self._ledger.write(records.RESULT, self._run, each.task, records.encode(value))
                if results is not None:
                    results[each.task] = value
                    continue
                each = Ended(each.task, value, None)
            ended.append(each)
        return Pulled(pulled.finished, pulled.notes, ended, pulled.output)

    def wait(self, timeout: float | None) -> bool:
        """Wait until `pull` has something; true when it has."""
        return bool(self._ready) or self._job.wait(timeout)

    def cancel(self, first: int = 0) -> int:
        """Withdraw every task from an index on that was not started."""
        before = len(self._ready)
        self._ready = [each for each in self._ready if each[0] < first]
        return self._job.cancel(first) + before - len(self._ready)

    def ready(self) -> bool:
        """Whether `pull` has something."""
        return bool(self._ready) or self._job.ready()

    def outstanding(self) -> int:
        """Tasks that neither ended nor were withdrawn; what was stored has ended."""
        return self._job.outstanding()


class _Fresh(Iterator[Any]):
    """Items that have to run, up to the first that has not; reads one when it is asked for one."""

    def __init__(self, resumed: Resumed, items: Iterator[Any], steady: bool) -> None:
        self._resumed = resumed
        self._items = items
        self.steady = steady
        self.stored = False
        self.error: BaseException | None = None

    def __next__(self) -> Any:
        item = next(self._items)
        try:
            if self._resumed.fresh(item):
                return item
        except Exception as error:
            # Not through the backend, which would take it for a fault of the item.
            self.error = error
            raise StopIteration from None
        self.stored = True
        raise StopIteration


def _results(count: int) -> str:
    return "1 result" if count == 1 else f"{count} results"
