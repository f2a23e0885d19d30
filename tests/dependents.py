"""What tests of futures as arguments submit, and how they wait."""

import time

import abreast as ab


def increment(x):
    return x + 1


def nap(seconds, value=None):
    time.sleep(seconds)
    return value


def same(*args, **kwargs):
    return (args, kwargs) if kwargs else args


def add(*numbers):
    return sum(numbers)


def eventually(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def chain(first, length):
    future = first
    for _ in range(length):
        future = ab.submit(increment, future)
    return future
