"""Our generators beside NumPy's: the same calls, and the same answers."""

import copy
import warnings

import numpy as np

import abreast as ab


def both(kind="PCG64", seed=5):
    theirs = np.random.Generator(getattr(np.random, kind)(seed))
    ours = ab.random.Generator(getattr(ab.random, kind)(seed))
    return ours, theirs


def plain(state):
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state


def outcome(rng, method, args, keywords):
    """What a call answers, as something that can be compared: an exception by its type."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = getattr(rng, method)(*copy.deepcopy(args), **copy.deepcopy(keywords))
        except Exception as error:
            return type(error).__name__, str(error)
    noise = [it.category.__name__ for it in caught]
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes(), noise
    if isinstance(value, float) and value != value:
        return type(value), "nan", noise
    return type(value), value, noise


def assert_same(ours, theirs, method, /, *args, **keywords):
    got, wanted = outcome(ours, method, args, keywords), outcome(theirs, method, args, keywords)
    assert got == wanted, (method, args, keywords)
    assert plain(ours.bit_generator.state) == plain(theirs.bit_generator.state), (method, args)
