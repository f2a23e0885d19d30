"""One stream of random numbers a task, a pure function of the seed and the task's place.

Task `i` of a call with seed `s` draws from
``numpy.random.default_rng(numpy.random.SeedSequence(s, spawn_key=(i,)))``: what
``SeedSequence(s).spawn(n)[i]`` gives. It depends on neither plan, workers, order nor blocks [1]_.

References
----------
.. [1] NumPy, "Parallel random number generation",
   https://numpy.org/doc/stable/reference/random/parallel.html
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.random import SeedSequence

__all__ = ["Seeded", "origin"]


class _Task:
    """The seed of the running task, and how many calls were seeded from it."""

    def __init__(self, sequence: SeedSequence) -> None:
        self.sequence = sequence
        self.spawned = 0

    def spawn(self) -> SeedSequence:
        sequence = self.sequence
        key = (*sequence.spawn_key, self.spawned)
        self.spawned += 1
        return type(sequence)(sequence.entropy, spawn_key=key)


_running: ContextVar[_Task | None] = ContextVar("abreast_seed", default=None)


def origin(seed: Any) -> SeedSequence:
    """Return the seed sequence that a `seed=` argument means.

    Parameters
    ----------
    seed : int, sequence of int, SeedSequence, Generator, or True
        True is, inside a seeded task, the next child of the task's own seed, and fresh entropy
        elsewhere. A generator or seed sequence is read and never advanced.
    """
    from numpy.random import BitGenerator, Generator, SeedSequence

    if seed is True:
        task = _running.get()
        return SeedSequence() if task is None else task.spawn()
    if isinstance(seed, Generator) or _is_ours(seed, "Generator"):
        seed = seed.bit_generator
    if isinstance(seed, BitGenerator) or _is_ours(seed, "BitGenerator"):
        seed = seed.seed_seq
    if _is_ours(seed, "SeedSequence"):
        return SeedSequence(**seed.state)
    if isinstance(seed, SeedSequence):
        return seed
    try:
        return SeedSequence(seed)
    except (TypeError, ValueError):
        raise TypeError(
            f"seed={seed!r}: a whole number from zero on, a sequence of them, "
            "a numpy SeedSequence or Generator, or True"
        ) from None


def _is_ours(seed: Any, name: str) -> bool:
    """Whether this is an object of `abreast.random`, which need not be loaded for the answer."""
    return any(
        it.__name__ == name and it.__module__.startswith("abreast.random")
        for it in type(seed).__mro__
    )


class Seeded:
    """A function whose tasks each get their own generator, as keyword argument `rng`."""

    def __init__(
        self, function: Callable[..., Any], seed: Any, *, star: bool, seed_global: bool
    ) -> None:
        sequence = origin(seed)
        self.__wrapped__ = function
        self.entropy = sequence.entropy
        self.key = tuple(sequence.spawn_key)
        self.star = star
        self.takes_rng = _takes_rng(function)
        self.seed_global = seed_global
        if not self.takes_rng and not seed_global:
            name = getattr(function, "__qualname__", repr(function))
            raise TypeError(
                f"seed={seed!r} was given, and {name} has no parameter `rng` to take its "
                "generator\n"
                f"hint: def {getattr(function, '__name__', 'f')}(..., rng): rng.normal(); or "
                "seed_global=True if it draws from `random` or `numpy.random`"
            )

    def __call__(self, index: int, item: Any) -> Any:
        """Run task `index` with its own stream."""
        from numpy.random import SeedSequence, default_rng

        return self.run(SeedSequence(self.entropy, spawn_key=(*self.key, index)), item, default_rng)

    def run(self, sequence: SeedSequence, item: Any, default_rng: Callable[..., Any]) -> Any:
        """Call the function with the stream of `sequence`."""
        if self.seed_global:
            with _global_streams(sequence):
                return self._call(sequence, item, default_rng)
        return self._call(sequence, item, default_rng)

    def _call(self, sequence: SeedSequence, item: Any, default_rng: Callable[..., Any]) -> Any:
        keywords = {"rng": default_rng(sequence)} if self.takes_rng else {}
        token = _running.set(_Task(sequence))
        try:
            if self.star:
                return self.__wrapped__(*item, **keywords)
            return self.__wrapped__(item, **keywords)
        finally:
            _running.reset(token)


def _takes_rng(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    found = parameters.get("rng")
    if found is not None:
        return found.kind not in (found.POSITIONAL_ONLY, found.VAR_POSITIONAL)
    return any(each.kind is each.VAR_KEYWORD for each in parameters.values())


@contextmanager
def _global_streams(sequence: SeedSequence) -> Iterator[None]:
    """Seed `random` and `numpy.random`, and put them back: they may be the caller's own."""
    import random

    import numpy as np

    before = random.getstate(), np.random.get_state()
    state = sequence.generate_state(8)
    random.seed(int.from_bytes(state.tobytes(), "little"))
    np.random.seed(state)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
