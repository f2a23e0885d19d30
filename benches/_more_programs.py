"""The programs of `more_programs`: loops that scientists write; `_more_in_c` has them in C."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def convolve3(image, k, out):
    n, m = image.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            s = 0.0
            for a in range(3):
                for b in range(3):
                    s += image[i + a - 1, j + b - 1] * k[a, b]
            out[i, j] = s


def convolve(image, k, out):
    n, m = out.shape
    for i in range(n):
        for j in range(m):
            s = 0.0
            for a in range(k.shape[0]):
                for b in range(k.shape[1]):
                    s += image[i + a, j + b] * k[a, b]
            out[i, j] = s


def bilinear(image, xs, ys, out):
    for p in range(len(xs)):
        x, y = xs[p], ys[p]
        i, j = int(x), int(y)
        u, v = x - i, y - j
        low = image[i, j] * (1.0 - v) + image[i, j + 1] * v
        high = image[i + 1, j] * (1.0 - v) + image[i + 1, j + 1] * v
        out[p] = low * (1.0 - u) + high * u


def histogram(x, low, width, counts):
    for i in range(len(x)):
        b = int((x[i] - low) / width)
        if 0 <= b < len(counts):
            counts[b] += 1


def add_at(out, at, x):
    for i in range(len(at)):
        out[at[i]] += x[i]


def prefix(x, out):
    s = 0.0
    for i in range(len(x)):
        s += x[i]
        out[i] = s


def prefix_count(x, out):
    s = 0
    for i in range(len(x)):
        s += x[i]
        out[i] = s


def search(table, wanted, out):
    for i in range(len(wanted)):
        low, high = 0, len(table)
        w = wanted[i]
        while low < high:
            middle = (low + high) // 2
            if table[middle] < w:
                low = middle + 1
            else:
                high = middle
        out[i] = low


def merge(a, b, out):
    i = j = k = 0
    while i < len(a) and j < len(b):
        if a[i] <= b[j]:
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1
        k += 1
    while i < len(a):
        out[k] = a[i]
        i += 1
        k += 1
    while j < len(b):
        out[k] = b[j]
        j += 1
        k += 1


def lu(a, order):
    n = a.shape[0]
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        order[k] = best
        if best != k:
            for j in range(n):
                t = a[k, j]
                a[k, j] = a[best, j]
                a[best, j] = t
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            f = a[i, k]
            for j in range(k + 1, n):
                a[i, j] -= f * a[k, j]


def thomas(low, diagonal, high, right, x, c, d):
    n = len(diagonal)
    c[0] = high[0] / diagonal[0]
    d[0] = right[0] / diagonal[0]
    for i in range(1, n):
        w = diagonal[i] - low[i] * c[i - 1]
        c[i] = high[i] / w
        d[i] = (right[i] - low[i] * d[i - 1]) / w
    x[n - 1] = d[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]


def smith(a, b, h, out):
    best = 0
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            s = 2 if a[i - 1] == b[j - 1] else -1
            v = max(0, h[i - 1, j - 1] + s, h[i - 1, j] - 2, h[i, j - 1] - 2)
            h[i, j] = v
            if v > best:
                best = v
    out[0] = best


def pairs(x, out):
    n, m = x.shape
    for i in range(n):
        for j in range(n):
            s = 0.0
            for k in range(m):
                t = x[i, k] - x[j, k]
                s += t * t
            out[i, j] = math.sqrt(s)


def ising(spins, weights, sweeps, seed):
    n = spins.shape[0]
    state = seed
    for _ in range(sweeps):
        for i in range(n):
            for j in range(n):
                near = spins[(i + 1) % n, j] + spins[(i - 1) % n, j]
                near += spins[i, (j + 1) % n] + spins[i, (j - 1) % n]
                cost = 2 * spins[i, j] * near
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                if cost <= 0 or state * 4.656612873077393e-10 < weights[cost]:
                    spins[i, j] = -spins[i, j]


def csr(data, columns, begins, x, y):
    for i in range(len(y)):
        s = 0.0
        for k in range(begins[i], begins[i + 1]):
            s += data[k] * x[columns[k]]
        y[i] = s


def quicksort(a, stack):
    top = 0
    stack[0] = 0
    stack[1] = len(a) - 1
    top = 2
    while top > 0:
        top -= 2
        low, high = stack[top], stack[top + 1]
        while low < high:
            pivot = a[(low + high) // 2]
            i, j = low, high
            while i <= j:
                while a[i] < pivot:
                    i += 1
                while a[j] > pivot:
                    j -= 1
                if i <= j:
                    t = a[i]
                    a[i] = a[j]
                    a[j] = t
                    i += 1
                    j -= 1
            if j - low < high - i:
                stack[top] = i
                stack[top + 1] = high
                high = j
            else:
                stack[top] = low
                stack[top + 1] = j
                low = i
            top += 2


def fft(re, im, cosines, sines):
    n = len(re)
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j |= bit
        if i < j:
            t = re[i]
            re[i] = re[j]
            re[j] = t
            t = im[i]
            im[i] = im[j]
            im[j] = t
    size = 2
    while size <= n:
        half = size // 2
        step = n // size
        for begin in range(0, n, size):
            for k in range(half):
                c = cosines[k * step]
                s = sines[k * step]
                x = re[begin + k + half] * c - im[begin + k + half] * s
                y = re[begin + k + half] * s + im[begin + k + half] * c
                re[begin + k + half] = re[begin + k] - x
                im[begin + k + half] = im[begin + k] - y
                re[begin + k] += x
                im[begin + k] += y
        size *= 2


def lorenz(p, steps, h):
    for i in range(p.shape[0]):
        x, y, z = p[i, 0], p[i, 1], p[i, 2]
        for _ in range(steps):
            ax, ay, az = 10.0 * (y - x), x * (28.0 - z) - y, x * y - 2.5 * z
            u, v, w = x + 0.5 * h * ax, y + 0.5 * h * ay, z + 0.5 * h * az
            bx, by, bz = 10.0 * (v - u), u * (28.0 - w) - v, u * v - 2.5 * w
            u, v, w = x + 0.5 * h * bx, y + 0.5 * h * by, z + 0.5 * h * bz
            cx, cy, cz = 10.0 * (v - u), u * (28.0 - w) - v, u * v - 2.5 * w
            u, v, w = x + h * cx, y + h * cy, z + h * cz
            dx, dy, dz = 10.0 * (v - u), u * (28.0 - w) - v, u * v - 2.5 * w
            x += h / 6.0 * (ax + 2.0 * bx + 2.0 * cx + dx)
            y += h / 6.0 * (ay + 2.0 * by + 2.0 * cy + dy)
            z += h / 6.0 * (az + 2.0 * bz + 2.0 * cz + dz)
        p[i, 0], p[i, 1], p[i, 2] = x, y, z


def heat2(old, new, steps, c):
    n, m = old.shape
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                around = old[i - 1, j] + old[i + 1, j] + old[i, j - 1] + old[i, j + 1]
                new[i, j] = old[i, j] + c * (around - 4.0 * old[i, j])
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                old[i, j] = new[i, j]


def heat3(old, new, c):
    n, m, o = old.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            for k in range(1, o - 1):
                around = old[i - 1, j, k] + old[i + 1, j, k] + old[i, j - 1, k]
                around += old[i, j + 1, k] + old[i, j, k - 1] + old[i, j, k + 1]
                new[i, j, k] = old[i, j, k] + c * (around - 6.0 * old[i, j, k])


def mix(words, out):
    a, b, c, d = 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476
    for i in range(len(words)):
        f = (b & c) | (~b & d)
        t = (a + f + words[i] + 0x5A827999) & 0xFFFFFFFF
        t = ((t << 7) | (t >> 25)) & 0xFFFFFFFF
        a, d, c, b = d, c, b, (b + t) & 0xFFFFFFFF
    out[0], out[1], out[2], out[3] = a, b, c, d


def mix_each(words, out):
    for i in range(len(words)):
        x = words[i]
        for _ in range(8):
            x = (x ^ (x >> 16)) * 0x45D9F3B & 0xFFFFFFFF
        out[i] = x


def primes(n, out):
    found = 0
    for p in range(2, n):
        prime = True
        d = 2
        while d * d <= p:
            if p % d == 0:
                prime = False
                break
            d += 1
        if prime:
            found += 1
    out[0] = found


def collatz(n, out):
    longest = 0
    for first in range(1, n):
        x = first
        steps = 0
        while x != 1:
            x = x // 2 if x % 2 == 0 else 3 * x + 1
            steps += 1
        if steps > longest:
            longest = steps
            out[0] = first
    out[1] = longest


def collatz_each(out):
    for i in range(1, len(out)):
        x = i
        steps = 0
        while x != 1:
            x = x // 2 if x % 2 == 0 else 3 * x + 1
            steps += 1
        out[i] = steps


def byte_counts(text, counts):
    for i in range(len(text)):
        counts[text[i]] += 1


def words(text, out):
    found = 0
    lines = 0
    inside = False
    for i in range(len(text)):
        c = text[i]
        if c == 10:
            lines += 1
        if c == 32 or c == 10 or c == 9:
            inside = False
        elif not inside:
            inside = True
            found += 1
    out[0], out[1] = found, lines


def matches(text, wanted, out):
    found = 0
    for i in range(len(text)):
        if text[i] == wanted:
            found += 1
    out[0] = found


def cases(small: bool) -> dict[str, tuple[Any, ...]]:
    """Arguments of each program; what is written is among them."""
    rng = np.random.default_rng(0)
    n = 40 if small else 500
    many = 2_000 if small else 400_000
    image = rng.normal(size=(n, n))
    length = 256 if small else 16_384
    turns = 2 * np.pi * np.arange(length // 2) / length
    counts = rng.integers(1, 20, n * 10)
    begins = np.concatenate([[0], np.cumsum(counts)])
    letters = rng.integers(0, 4, (2, n))
    text = rng.choice(np.frombuffer(b"abcdefgh \n\t", np.uint8), many)
    nothing = np.zeros(many)
    return {
        "convolve3": (image, rng.normal(size=(3, 3)), np.zeros((n, n))),
        "convolve": (image, rng.normal(size=(5, 5)), np.zeros((n - 4, n - 4))),
        "bilinear": (image, rng.uniform(0, n - 1.01, many), rng.uniform(0, n - 1.01, many),
                     nothing.copy()),
        "histogram": (rng.normal(size=many), -4.0, 0.08, np.zeros(100, np.int64)),
        "add_at": (np.zeros(1000), rng.integers(0, 1000, many), rng.normal(size=many)),
        "prefix": (rng.normal(size=many), nothing.copy()),
        "prefix_count": (rng.integers(0, 9, many), np.zeros(many, np.int64)),
        "search": (np.sort(rng.normal(size=many // 4)), rng.normal(size=many // 4),
                   np.zeros(many // 4, np.int64)),
        "merge": (np.sort(rng.normal(size=many)), np.sort(rng.normal(size=many)),
                  np.zeros(2 * many)),
        "lu": (rng.normal(size=(n, n)), np.zeros(n, np.int64)),
        "thomas": (rng.random(many), rng.random(many) + 3, rng.random(many), rng.normal(size=many),
                   nothing.copy(), nothing.copy(), nothing.copy()),
        "smith": (letters[0], letters[1], np.zeros((n + 1, n + 1), np.int64),
                  np.zeros(1, np.int64)),
        "pairs": (rng.normal(size=(n, 3)), np.zeros((n, n))),
        "ising": (rng.choice([-1, 1], (n // 2, n // 2)), np.exp(-0.44 * np.arange(9.0)), 10, 42),
        "csr": (rng.normal(size=begins[-1]), rng.integers(0, n * 10, begins[-1]), begins,
                rng.normal(size=n * 10), np.zeros(n * 10)),
        "quicksort": (rng.normal(size=many // 4), np.zeros(256, np.int64)),
        "fft": (rng.normal(size=length), rng.normal(size=length), np.cos(turns), -np.sin(turns)),
        "lorenz": (rng.normal(size=(n * 2, 3)), 100, 0.01),
        "heat2": (image.copy(), image.copy(), 10, 0.1),
        "heat3": (rng.normal(size=(n // 5,) * 3), np.zeros((n // 5,) * 3), 0.1),
        "mix": (rng.integers(0, 1 << 32, many), np.zeros(4, np.int64)),
        "mix_each": (rng.integers(0, 1 << 32, many), np.zeros(many, np.int64)),
        "primes": (many // 10, np.zeros(1, np.int64)),
        "collatz": (many // 10, np.zeros(2, np.int64)),
        "collatz_each": (np.zeros(many // 10, np.int64),),
        "byte_counts": (text, np.zeros(256, np.int64)),
        "words": (text, np.zeros(2, np.int64)),
        "matches": (text, 97, np.zeros(1, np.int64)),
    }  # fmt: skip
