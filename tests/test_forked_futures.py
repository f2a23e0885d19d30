"""What a forked child has of its parent's futures: no task, and no wait without an end."""

import asyncio
import concurrent.futures
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

import abreast as ab
from abreast.testing.tools import nap

WHERE = ("processes:1", "threads:1", "executor:thread:1", "executor:process:1")


def told_in_child(work: Callable[[], Any]) -> str:
    """Return what it gives in a forked child, which has ten seconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(10)
        try:
            told = f"value {work()}"
        except BaseException as error:
            told = f"{type(error).__name__} {error}"
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as source:
        told = source.read()
    os.waitpid(child, 0)
    return told


def waiters(future: Any) -> list[Callable[[], Any]]:
    """List the ways to wait for a future."""
    return [
        future.result,
        lambda: future.result(5.0),
        lambda: ab.gather([future]),
        lambda: ab.submit(abs, future).result(),
        lambda: ab.map(abs, [future]),
        lambda: next(ab.as_completed([future])).result(),
        lambda: concurrent.futures.wait([future]).done.pop().result(),
        lambda: asyncio.run(awaiting(future)),
    ]


async def awaiting(future: Any) -> Any:
    return await future


@pytest.mark.parametrize("where", WHERE)
def test_a_child_does_not_wait_for_its_parents_tasks(where: str) -> None:
    ab.plan(where)
    ended = ab.submit(abs, -3)
    assert ended.result() == 3
    pending = ab.submit(nap, 20.0)
    behind = ab.submit(abs, pending)
    while not pending.running():
        time.sleep(0.001)
    for wait in waiters(pending) + waiters(behind)[:1]:
        told = told_in_child(wait)
        assert told.startswith("PoolClosed this future belongs to process"), told
        assert f"{os.getpid()}, of which this one" in told
        assert "hint: " in told
    assert told_in_child(ended.result) == "value 3"
    assert told_in_child(lambda: (pending.cancel(running=True), pending.running())).endswith(
        "(False, False)"
    )
    assert pending.cancel(running=True)


@pytest.mark.parametrize("where", WHERE)
def test_a_child_has_no_part_in_a_stream(where: str) -> None:
    ab.plan(where)
    stream = ab.imap(abs, range(-10, 0))
    assert next(stream) == 10
    assert told_in_child(lambda: next(stream)).startswith("PoolClosed this iterator of imap")
    assert list(stream) == list(range(9, 0, -1))


def test_a_child_forgets_streams_at_any_moment() -> None:
    ab.plan("processes:2")
    for _ in range(60):
        stream = ab.imap(abs, range(-400, 0))
        next(stream)
        # The pool's threads are at work now, and hold one lock or another.
        assert told_in_child(lambda: stream.close()) == "value None"  # noqa: B023
        assert sum(stream) == sum(range(400))


def test_a_child_of_a_child_names_the_first() -> None:
    ab.plan("threads:1")
    pending = ab.submit(nap, 20.0)
    told = told_in_child(lambda: told_in_child(pending.result))
    assert f"belongs to process {os.getpid()}," in told
    assert pending.cancel(running=True) or pending.cancelled()


def test_a_child_calls_for_itself() -> None:
    ab.plan("threads:1")
    ab.submit(abs, -1).result()
    assert (
        told_in_child(lambda: (ab.submit(abs, -2).result(), ab.map(abs, [-3]))) == "value (2, [3])"
    )
