"""Everything at once, for a while: several threads call, tasks fail, die and are cancelled.

Every call ends with the right values or the right error. Between rounds nobody calls, and what the
process holds then must not grow.
"""

import concurrent.futures
import contextlib
import gc
import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest

import abreast as ab

CALLERS = 4
ROUND = 4.0
"""Seconds between two looks at what the process holds."""
LARGE = 50_000
"""Elements of an array that travels through shared memory."""


class Refused(Exception):
    """What tasks raise here."""


def square(x):
    return x * x


def refuse(x, bad):
    if x in bad:
        raise Refused(x)
    return -x


def draw(x, rng):
    return x + rng.random()


def total(array, scale):
    return float(array.sum()) * scale


def filled(number):
    return np.full(LARGE, float(number))


def scribble(array):
    array[:] = -1.0
    return array


def nested(n):
    return sum(ab.map(square, range(n)))


def die(x, bad):
    if x == bad:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def nap(seconds):
    time.sleep(seconds)
    return seconds


def add(*values):
    return sum(values)


@dataclass
class Soak:
    """One run: what it does at random, and what it saw."""

    processes: bool
    shared: np.ndarray
    stop: float = 0.0
    done: dict[str, int] = field(default_factory=dict)
    lost: int = 0

    def caller(self, seed):
        """Call until the round is over."""
        rng = random.Random(seed)
        actions = [
            self.small,
            self.errors,
            self.streams,
            self.arrays,
            self.streamed,
            self.submits,
            self.chains,
            self.graphs,
            self.nesting,
            self.cancels,
        ]
        if self.processes:
            actions += [self.deaths, self.kills]
        while time.monotonic() < self.stop:
            action = rng.choice(actions)
            try:
                action(rng)
            except ab.WorkerLost:
                # Somebody else's `kills` hit it, which may happen to any call on processes.
                assert self.processes
                self.lost += 1
            self.done[action.__name__] = self.done.get(action.__name__, 0) + 1

    def small(self, rng):
        n = rng.choice([0, 1, 2, 3, 100, 5000])
        assert ab.map(square, range(n)) == [x * x for x in range(n)]

    def errors(self, rng):
        n = rng.randrange(1, 300)
        bad = frozenset(rng.sample(range(n), min(n, 3)))
        how = rng.choice(["raise", "finish", "return"])
        try:
            found = ab.map(refuse, range(n), [bad] * n, on_error=how)
        except Refused as error:
            assert how != "return"
            assert error.args == (min(bad),)
        else:
            assert how == "return"
            for x, value in enumerate(found):
                assert isinstance(value, (Refused, ab.WorkerLost)) if x in bad else True
                assert x in bad or isinstance(value, ab.WorkerLost) or value == -x

    def streams(self, rng):
        seed, n = rng.randrange(100), rng.randrange(1, 60)
        sequence = np.random.SeedSequence
        want = [
            i + np.random.default_rng(sequence(seed, spawn_key=(i,))).random() for i in range(n)
        ]
        assert ab.map(draw, range(n), seed=seed) == want

    def arrays(self, rng):
        array = np.arange(float(LARGE)) if rng.random() < 0.5 else self.shared
        n = rng.randrange(1, 12)
        assert ab.map(total, [array] * n, range(n)) == [float(array.sum()) * k for k in range(n)]
        made = ab.map(filled, range(n))
        if self.processes:
            ab.map(scribble, made)
        assert [float(x.mean()) for x in made] == list(map(float, range(n)))

    def streamed(self, rng):
        n = rng.randrange(1, 2000)
        taken = 0
        for place, value in enumerate(ab.imap(square, iter(range(n)))):
            assert value == place * place
            taken += 1
            if rng.random() < 0.002:
                return
        assert taken == n

    def submits(self, rng):
        futures = [ab.submit(square, n) for n in range(rng.randrange(1, 80))]
        if rng.random() < 0.5:
            assert ab.gather(futures) == [n * n for n in range(len(futures))]
        else:
            found = [future.result() for future in ab.as_completed(futures)]
            assert sorted(found) == [n * n for n in range(len(futures))]

    def chains(self, rng):
        values = [ab.submit(square, n) for n in range(4)]
        for _ in range(rng.randrange(1, 60)):
            values = [ab.submit(add, *rng.sample(values, 2)) for _ in range(2)] + values[:3]
        assert all(future.result() >= 0 for future in values)

    def graphs(self, rng):
        one, many = ab.delayed(square), ab.delayed(add)
        nodes = [(one(n), n * n) for n in range(rng.randrange(1, 20))]
        for _ in range(rng.randrange(1, 200)):
            picked = rng.choices(nodes, k=rng.randrange(1, 4))
            nodes.append((many(*(node for node, _ in picked)), sum(value for _, value in picked)))
        some = rng.choices(nodes, k=3)
        assert ab.compute(*(node for node, _ in some)) == tuple(value for _, value in some)

    def nesting(self, rng):
        n = rng.randrange(1, 8)
        assert ab.map(nested, range(n)) == [sum(x * x for x in range(k)) for k in range(n)]

    def cancels(self, rng):
        futures = [ab.submit(nap, 0.002) for _ in range(rng.randrange(1, 40))]
        for future in rng.sample(futures, len(futures) // 2):
            future.cancel()
        for future in futures:
            try:
                assert future.result(30) == 0.002
            except concurrent.futures.CancelledError:
                assert future.cancelled()

    def deaths(self, rng):
        n = rng.randrange(1, 40)
        bad = rng.randrange(n)
        found = ab.map(die, range(n), [bad] * n, on_error="return")
        assert isinstance(found[bad], ab.WorkerLost)
        assert all(value == x or isinstance(value, ab.WorkerLost) for x, value in enumerate(found))

    def kills(self, rng):
        for child in psutil.Process().children():
            if rng.random() < 0.3 and "abreast" in " ".join(command(child)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        time.sleep(rng.random() / 20)


def command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def holdings(shared):
    """What the process has when nobody calls, as numbers that must not grow."""
    deadline = time.monotonic() + 5
    while (used := ab.report().used) > 2 * shared.nbytes and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    return {
        "shared memory": used,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "mappings": len(Path("/proc/self/maps").read_text().splitlines()),
        "MiB": psutil.Process().memory_info().rss >> 20,
    }


ROOM = {"shared memory": 0, "descriptors": 4, "threads": 1, "mappings": 60, "MiB": 25}
"""How much more than after the first rounds is not growth: what is made with the first use of
something, and the slack of allocators."""


def soak(plan, seconds, seed):
    """Run for so long; answers what was done."""
    ab.plan(plan)
    run = Soak(plan.startswith("processes"), ab.share(np.arange(float(LARGE))))
    seen = []
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        run.stop = time.monotonic() + min(ROUND, seconds / 3)
        with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
            calls = [pool.submit(run.caller, f"{seed} {number} {n}") for n in range(CALLERS)]
            for call in calls:
                call.result(60 + ROUND)
            del call, calls
        number += 1
        if number % 5 == 0:
            ab.shutdown()
        seen.append(holdings(run.shared))
    first = seen[: max(1, len(seen) // 4)]
    for what, room in ROOM.items():
        most = max(each[what] for each in first)
        assert seen[-1][what] <= most + room, (what, [each[what] for each in seen])
    assert run.shared.sum() == LARGE * (LARGE - 1) / 2
    print(plan, run.done, "lost", run.lost, seen[0], seen[-1])
    return run.done


@pytest.mark.timeout(90)
@pytest.mark.parametrize("where", ["processes:2", "threads:2"])
def test_everything_at_once(where):
    assert sum(soak(where, 6.0, 1).values()) > 20


@pytest.mark.long
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("where", ["processes:2", "processes:3", "threads:2"])
def test_everything_at_once_for_long(where):
    # What the journal keeps grows up to its bound, which is more than what may be lost here.
    ab.config.set(journal=False)
    try:
        done = soak(where, 600.0 if where == "processes:2" else 200.0, 2)
    finally:
        ab.config.set(journal=True)
    assert sum(done.values()) > 1000
