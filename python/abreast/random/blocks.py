"""`block_rng`: NumPy's streams side by side in one result."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from abreast.random.continuous import Continuous
from abreast.random.counts import Counts
from abreast.random.drawing import threads_for
from abreast.random.entropy import sequence_of
from abreast.random.generator import default_rng

__all__ = ["BlockGenerator", "block_rng"]

_METHODS = frozenset(
    name
    for kind in (Continuous, Counts)
    for name in vars(kind)
    if not name.startswith("_") and name != "bytes"
)


class BlockGenerator:
    """Draws every result in blocks, block b from stream b, on every core.

    All methods of `Generator` that draw single values, with a `size` and parameters that are
    numbers. The values of a result are cut in order, as `numpy.array_split` does.

    Parameters
    ----------
    seed : None, int, sequence of int, or SeedSequence
        Stream b is that of ``SeedSequence(seed).spawn(blocks)[b]``.
    blocks : int
        How many streams. The numbers depend on it, and not on the number of cores.

    Examples
    --------
    >>> import abreast as ab
    >>> ab.random.block_rng(7, blocks=4).poisson(3.0, size=8)
    array([1, 4, 1, 1, 2, 2, 2, 3])
    """

    def __init__(self, seed: Any, blocks: int) -> None:
        try:
            count = operator.index(blocks)
        except TypeError:
            count = 0
        if count < 1:
            raise ValueError(
                f"blocks={blocks!r}: how many streams, a whole number from 1 on\n"
                "hint: some more than there are cores; the numbers depend on it"
            )
        sequence = sequence_of(seed)
        root = type(sequence)(**{**sequence.state, "n_children_spawned": 0})
        self._rngs = [default_rng(child) for child in root.spawn(count)]
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in _METHODS:
            raise AttributeError(
                f"{type(self).__name__} has no {name}: it draws {', '.join(sorted(_METHODS))}"
            )

        def draw(*args: Any, size: Any, **keywords: Any) -> Any:
            return self._draw(name, args, size, keywords)

        return draw

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_METHODS})

    def _draw(self, name: str, args: tuple[Any, ...], size: Any, keywords: dict[str, Any]) -> Any:
        if any(np.ndim(it) > 0 for it in args):
            raise TypeError(
                f"{name} in blocks takes parameters that are numbers, {args!r} were given\n"
                "hint: default_rng(seed) takes arrays"
            )
        shape = np.empty(size, np.void).shape
        count = int(np.prod(shape))
        edges = [0]
        each, longer = divmod(count, len(self._rngs))
        for block in range(len(self._rngs)):
            edges.append(edges[-1] + each + (block < longer))

        def part(block: int) -> Any:
            length = edges[block + 1] - edges[block]
            return getattr(self._rngs[block], name)(*args, size=length, **keywords)

        with self._lock:
            first = part(0)
            out = np.empty(count, first.dtype)
            out[: edges[1]] = first
            left = iter(range(1, len(self._rngs)))
            _together(threads_for(count), left, lambda at: _put(out, edges[at], part(at)))
        return out.reshape(shape)


def _put(out: Any, at: int, values: Any) -> None:
    out[at : at + len(values)] = values


def _together(threads: int, items: Any, work: Callable[[int], None]) -> None:
    """Do the work on each item, on so many threads; raise what one of them raised."""
    lock = threading.Lock()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            while not failures:
                with lock:
                    item = next(items, None)
                if item is None:
                    return
                work(item)
        except BaseException as error:
            failures.append(error)

    others = [threading.Thread(target=run, name="abreast-random") for _ in range(threads - 1)]
    for thread in others:
        thread.start()
    run()
    for thread in others:
        thread.join()
    if failures:
        raise failures[0]


def block_rng(seed: Any, blocks: int) -> BlockGenerator:
    """Return a generator that draws block b of every result from NumPy's stream b.

    Parameters
    ----------
    seed : None, int, sequence of int, or SeedSequence
        None takes entropy from the operating system.
    blocks : int
        How many streams. The numbers depend on it, and not on the number of cores.

    Examples
    --------
    >>> import numpy as np, abreast as ab
    >>> ours = ab.random.block_rng(7, blocks=3).normal(size=10)
    >>> rngs = [np.random.default_rng(it) for it in np.random.SeedSequence(7).spawn(3)]
    >>> parts = np.array_split(np.empty(10), 3)
    >>> theirs = np.concatenate([r.normal(size=len(part)) for r, part in zip(rngs, parts)])
    >>> (ours == theirs).all()
    np.True_
    """
    return BlockGenerator(seed, blocks)
