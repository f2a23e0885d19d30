"""What tests of graphs build them from."""

import time
from pathlib import Path

import abreast as ab


def same(x):
    return x


def add(a, b):
    return a + b


def increment(x):
    return x + 1


def fail(error):
    raise error


def nap(seconds, value=None):
    time.sleep(seconds)
    return value


def mark(folder, name, *_inputs):
    with (Path(folder) / str(name)).open("a") as file:
        file.write("x")
    return name


@ab.delayed
def decorated(x, *, by=2):
    """Multiply."""
    return x * by


same_, add_, increment_ = ab.delayed(same), ab.delayed(add), ab.delayed(increment)


def tree(leaves):
    layer = list(leaves)
    while len(layer) > 1:
        pairs = zip(layer[::2], layer[1::2], strict=False)
        layer = [add_(a, b) for a, b in pairs] + (layer[-1:] if len(layer) % 2 else [])
    return layer[0]


def chain(length):
    value = same_(0)
    for _ in range(length - 1):
        value = increment_(value)
    return value
