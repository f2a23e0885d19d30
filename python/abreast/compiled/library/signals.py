"""Sequences: convolved, unwrapped, in windows, as polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []


def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    if len(a) == 0 or len(v) == 0:
        raise ValueError("a cannot be empty")
    short = min(len(a), len(v))
    whole = np.zeros(len(a) + len(v) - 1, (a[:1] * v[:1]).dtype)
    for i in range(len(a)):
        for j in range(len(v)):
            whole[i + j] += a[i] * v[j]
    if mode == "valid":
        return whole[short - 1 : len(whole) - short + 1].copy()
    if mode == "same":
        first = (short - 1) // 2
        return whole[first : first + max(len(a), len(v))].copy()
    return whole


def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    if mode == "same" and len(v) > len(a):
        # The middle of an even length is on the other side then.
        return convolve(np.conj(v)[::-1][::-1], a[::-1], mode)[::-1].copy()
    return convolve(a, np.conj(v)[::-1], mode)


def unwrap(p: Any) -> Any:
    out = p * 1.0
    turns = 0.0
    for i in range(1, len(p)):
        step = p[i] - p[i - 1]
        inside = (step + np.pi) % (2 * np.pi) - np.pi
        if inside == -np.pi and step > 0:
            inside = np.pi
        if abs(step) >= np.pi:
            turns += inside - step
        out[i] = p[i] + turns
    return out


def polyval(p: Any, x: Any) -> Any:
    found = x * 0
    for i in range(len(p)):
        found = found * x + p[i]
    return found


def sinc(x: Any) -> Any:
    y = np.pi * np.where(x == 0, 1.0e-20, x)
    return np.sin(y) / y


def bartlett(M: Any) -> Any:
    n = np.arange(1.0 - M, M, 2.0)
    if M == 1:
        return np.ones(1)
    return np.where(n <= 0, 1 + n / (M - 1), 1 - n / (M - 1))


def blackman(M: Any) -> Any:
    if M == 1:
        return np.ones(1)
    n = np.arange(1.0 - M, M, 2.0)
    return 0.42 + 0.5 * np.cos(np.pi * n / (M - 1)) + 0.08 * np.cos(2.0 * np.pi * n / (M - 1))


def hamming(M: Any) -> Any:
    if M == 1:
        return np.ones(1)
    n = np.arange(1.0 - M, M, 2.0)
    return 0.54 + 0.46 * np.cos(np.pi * n / (M - 1))


def hanning(M: Any) -> Any:
    if M == 1:
        return np.ones(1)
    n = np.arange(1.0 - M, M, 2.0)
    return 0.5 + 0.5 * np.cos(np.pi * n / (M - 1))


def logspace(start: Any, stop: Any, num: Any = 50) -> Any:
    return 10.0 ** np.linspace(start, stop, num)


def geomspace(start: Any, stop: Any, num: Any = 50) -> Any:
    if start == 0 or stop == 0:
        raise ValueError("Geometric sequence cannot include zero")
    if (start < 0) != (stop < 0):
        raise ValueError("geomspace is compiled for ends of one sign")
    sign = -1.0 if start < 0 else 1.0
    out = sign * 10.0 ** np.linspace(np.log10(start * sign), np.log10(stop * sign), num)
    if num > 0:
        out[0] = start
    if num > 1:
        out[num - 1] = stop
    return out
