"""The programs of `more_programs`: loops that scientists write, in Python and in C."""

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
        "bilinear": (image, rng.uniform(0, n - 1.01, many), rng.uniform(0, n - 1.01, many), nothing.copy()),
        "histogram": (rng.normal(size=many), -4.0, 0.08, np.zeros(100, np.int64)),
        "add_at": (np.zeros(1000), rng.integers(0, 1000, many), rng.normal(size=many)),
        "prefix": (rng.normal(size=many), nothing.copy()),
        "prefix_count": (rng.integers(0, 9, many), np.zeros(many, np.int64)),
        "search": (np.sort(rng.normal(size=many // 4)), rng.normal(size=many // 4), np.zeros(many // 4, np.int64)),
        "merge": (np.sort(rng.normal(size=many)), np.sort(rng.normal(size=many)), np.zeros(2 * many)),
        "lu": (rng.normal(size=(n, n)), np.zeros(n, np.int64)),
        "thomas": (rng.random(many), rng.random(many) + 3, rng.random(many), rng.normal(size=many),
                   nothing.copy(), nothing.copy(), nothing.copy()),
        "smith": (letters[0], letters[1], np.zeros((n + 1, n + 1), np.int64), np.zeros(1, np.int64)),
        "pairs": (rng.normal(size=(n, 3)), np.zeros((n, n))),
        "ising": (rng.choice([-1, 1], (n // 2, n // 2)), np.exp(-0.44 * np.arange(9.0)), 10, 42),
        "csr": (rng.normal(size=begins[-1]), rng.integers(0, n * 10, begins[-1]), begins,
                rng.normal(size=n * 10), np.zeros(n * 10)),
        "quicksort": (rng.normal(size=many // 4), np.zeros(256, np.int64)),
        "fft": (rng.normal(size=length), rng.normal(size=length), np.cos(turns), -np.sin(turns)),
        "lorenz": (rng.normal(size=(n * 2, 3)), 100, 0.01),
        "heat2": (image.copy(), image.copy(), 10, 0.1),
        "heat3": (rng.normal(size=(n // 5, n // 5, n // 5)), np.zeros((n // 5, n // 5, n // 5)), 0.1),
        "mix": (rng.integers(0, 1 << 32, many), np.zeros(4, np.int64)),
        "mix_each": (rng.integers(0, 1 << 32, many), np.zeros(many, np.int64)),
        "primes": (many // 10, np.zeros(1, np.int64)),
        "collatz": (many // 10, np.zeros(2, np.int64)),
        "collatz_each": (np.zeros(many // 10, np.int64),),
        "byte_counts": (text, np.zeros(256, np.int64)),
        "words": (text, np.zeros(2, np.int64)),
        "matches": (text, 97, np.zeros(1, np.int64)),
    }  # fmt: skip


C = r"""
#include <math.h>
#define D double *restrict
#define I long *restrict
#define B unsigned char *restrict
#define UP(i, n) for (long i = 0; i < (n); i++)
void convolve3(D im, long n, long m, D k, long k1, long k2, D out) {
  for (long i = 1; i < n - 1; i++)
    for (long j = 1; j < m - 1; j++) {
      double s = 0;
      UP(a, 3) UP(b, 3) s += im[(i + a - 1) * m + j + b - 1] * k[a * 3 + b];
      out[i * m + j] = s;
    }
}
void convolve(D im, long in, long w, D k, long k1, long k2, D out, long n, long m) {
  UP(i, n) UP(j, m) {
    double s = 0;
    UP(a, k1) UP(b, k2) s += im[(i + a) * w + j + b] * k[a * k2 + b];
    out[i * m + j] = s;
  }
}
void bilinear(D im, long n, long m, D xs, long many, D ys, long n2, D out) {
  UP(p, many) {
    double x = xs[p], y = ys[p];
    long i = x, j = y;
    double u = x - i, v = y - j, *a = im + i * m + j, *b = a + m;
    out[p] = (a[0] * (1 - v) + a[1] * v) * (1 - u) + (b[0] * (1 - v) + b[1] * v) * u;
  }
}
void histogram(D x, long n, double low, double width, I counts, long many) {
  UP(i, n) {
    long b = (x[i] - low) / width;
    if (0 <= b && b < many) counts[b]++;
  }
}
void add_at(D out, long m, I at, long n, D x) { UP(i, n) out[at[i]] += x[i]; }
void prefix(D x, long n, D out) {
  double s = 0;
  UP(i, n) out[i] = s += x[i];
}
void prefix_count(I x, long n, I out) {
  long s = 0;
  UP(i, n) out[i] = s += x[i];
}
void search(D table, long m, D wanted, long n, I out) {
  UP(i, n) {
    long low = 0, high = m;
    double w = wanted[i];
    while (low < high) {
      long middle = (low + high) / 2;
      if (table[middle] < w) low = middle + 1;
      else high = middle;
    }
    out[i] = low;
  }
}
void merge(D a, long n, D b, long m, D out) {
  long i = 0, j = 0, k = 0;
  while (i < n && j < m) {
    if (a[i] <= b[j]) out[k++] = a[i++];
    else out[k++] = b[j++];
  }
  while (i < n) out[k++] = a[i++];
  while (j < m) out[k++] = b[j++];
}
void lu(D a, long n, long m, I order) {
  UP(k, n) {
    long best = k;
    for (long i = k + 1; i < n; i++) if (fabs(a[i * n + k]) > fabs(a[best * n + k])) best = i;
    order[k] = best;
    if (best != k) UP(j, n) {
      double t = a[k * n + j];
      a[k * n + j] = a[best * n + j], a[best * n + j] = t;
    }
    for (long i = k + 1; i < n; i++) {
      double f = a[i * n + k] /= a[k * n + k];
      for (long j = k + 1; j < n; j++) a[i * n + j] -= f * a[k * n + j];
    }
  }
}
void thomas(D low, long n, D diagonal, long n2, D high, long n3, D right, long n4, D x, long n5, D c,
            long n6, D d) {
  c[0] = high[0] / diagonal[0], d[0] = right[0] / diagonal[0];
  for (long i = 1; i < n; i++) {
    double w = diagonal[i] - low[i] * c[i - 1];
    c[i] = high[i] / w, d[i] = (right[i] - low[i] * d[i - 1]) / w;
  }
  x[n - 1] = d[n - 1];
  for (long i = n - 2; i >= 0; i--) x[i] = d[i] - c[i] * x[i + 1];
}
void smith(I a, long n, I b, long m, I h, long n2, long w, I out) {
  long best = 0;
  for (long i = 1; i <= n; i++)
    for (long j = 1; j <= m; j++) {
      long s = a[i - 1] == b[j - 1] ? 2 : -1, v = h[(i - 1) * w + j - 1] + s;
      long up = h[(i - 1) * w + j] - 2, left = h[i * w + j - 1] - 2;
      v = v > 0 ? v : 0, v = v > up ? v : up, v = v > left ? v : left;
      h[i * w + j] = v;
      best = v > best ? v : best;
    }
  out[0] = best;
}
void pairs(D x, long n, long m, D out) {
  UP(i, n) UP(j, n) {
    double s = 0;
    UP(k, m) {
      double t = x[i * m + k] - x[j * m + k];
      s += t * t;
    }
    out[i * n + j] = sqrt(s);
  }
}
void ising(I spins, long n, long m, D weights, long nine, long sweeps, long state) {
  UP(t, sweeps) UP(i, n) UP(j, n) {
    long near = spins[(i + 1) % n * n + j] + spins[(i + n - 1) % n * n + j];
    near += spins[i * n + (j + 1) % n] + spins[i * n + (j + n - 1) % n];
    long cost = 2 * spins[i * n + j] * near;
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    if (cost <= 0 || state * 4.656612873077393e-10 < weights[cost]) spins[i * n + j] *= -1;
  }
}
void csr(D data, long all, I columns, long all2, I begins, long n1, D x, long nx, D y, long n) {
  UP(i, n) {
    double s = 0;
    for (long k = begins[i]; k < begins[i + 1]; k++) s += data[k] * x[columns[k]];
    y[i] = s;
  }
}
void quicksort(D a, long n, I stack) {
  long top = 2;
  stack[0] = 0, stack[1] = n - 1;
  while (top > 0) {
    top -= 2;
    long low = stack[top], high = stack[top + 1];
    while (low < high) {
      double pivot = a[(low + high) / 2];
      long i = low, j = high;
      while (i <= j) {
        while (a[i] < pivot) i++;
        while (a[j] > pivot) j--;
        if (i <= j) {
          double t = a[i];
          a[i++] = a[j], a[j--] = t;
        }
      }
      if (j - low < high - i) stack[top] = i, stack[top + 1] = high, high = j;
      else stack[top] = low, stack[top + 1] = j, low = i;
      top += 2;
    }
  }
}
void fft(D re, long n, D im, long n2, D cosines, long n3, D sines) {
  for (long i = 1, j = 0; i < n; i++) {
    long bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) {
      double t = re[i], u = im[i];
      re[i] = re[j], re[j] = t, im[i] = im[j], im[j] = u;
    }
  }
  for (long size = 2; size <= n; size *= 2) {
    long half = size / 2, step = n / size;
    for (long begin = 0; begin < n; begin += size) UP(k, half) {
      double c = cosines[k * step], s = sines[k * step];
      long p = begin + k, q = p + half;
      double x = re[q] * c - im[q] * s, y = re[q] * s + im[q] * c;
      re[q] = re[p] - x, im[q] = im[p] - y, re[p] += x, im[p] += y;
    }
  }
}
void lorenz(D p, long n, long three, long steps, double h) {
  UP(i, n) {
    double x = p[3 * i], y = p[3 * i + 1], z = p[3 * i + 2];
    UP(t, steps) {
      double ax = 10 * (y - x), ay = x * (28 - z) - y, az = x * y - 2.5 * z;
      double u = x + 0.5 * h * ax, v = y + 0.5 * h * ay, w = z + 0.5 * h * az;
      double bx = 10 * (v - u), by = u * (28 - w) - v, bz = u * v - 2.5 * w;
      u = x + 0.5 * h * bx, v = y + 0.5 * h * by, w = z + 0.5 * h * bz;
      double cx = 10 * (v - u), cy = u * (28 - w) - v, cz = u * v - 2.5 * w;
      u = x + h * cx, v = y + h * cy, w = z + h * cz;
      double dx = 10 * (v - u), dy = u * (28 - w) - v, dz = u * v - 2.5 * w;
      x += h / 6 * (ax + 2 * bx + 2 * cx + dx);
      y += h / 6 * (ay + 2 * by + 2 * cy + dy);
      z += h / 6 * (az + 2 * bz + 2 * cz + dz);
    }
    p[3 * i] = x, p[3 * i + 1] = y, p[3 * i + 2] = z;
  }
}
void heat2(D old, long n, long m, D new, long n2, long m2, long steps, double c) {
  UP(t, steps) {
    for (long i = 1; i < n - 1; i++)
      for (long j = 1; j < m - 1; j++) {
        double *o = old + i * m + j;
        new[i * m + j] = o[0] + c * (o[-m] + o[m] + o[-1] + o[1] - 4 * o[0]);
      }
    for (long i = 1; i < n - 1; i++)
      for (long j = 1; j < m - 1; j++) old[i * m + j] = new[i * m + j];
  }
}
void heat3(D old, long n, long m, long o, D new, long n2, long m2, long o2, double c) {
  for (long i = 1; i < n - 1; i++)
    for (long j = 1; j < m - 1; j++)
      for (long k = 1; k < o - 1; k++) {
        double *p = old + (i * m + j) * o + k;
        double around = p[-m * o] + p[m * o] + p[-o] + p[o] + p[-1] + p[1];
        around = p[-m * o] + p[m * o] + p[-o];
        around += p[o] + p[-1] + p[1];
        new[(i * m + j) * o + k] = p[0] + c * (around - 6 * p[0]);
      }
}
void mix(I words, long n, I out) {
  long a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476;
  UP(i, n) {
    long f = (b & c) | (~b & d), t = (a + f + words[i] + 0x5a827999) & 0xffffffff;
    t = ((t << 7) | (t >> 25)) & 0xffffffff;
    a = d, d = c, c = b, b = (b + t) & 0xffffffff;
  }
  out[0] = a, out[1] = b, out[2] = c, out[3] = d;
}
void mix_each(I words, long n, I out) {
  UP(i, n) {
    long x = words[i];
    UP(t, 8) x = (x ^ (x >> 16)) * 0x45d9f3b & 0xffffffff;
    out[i] = x;
  }
}
void primes(long n, I out) {
  long found = 0;
  for (long p = 2; p < n; p++) {
    long prime = 1;
    for (long d = 2; d * d <= p; d++)
      if (p % d == 0) {
        prime = 0;
        break;
      }
    found += prime;
  }
  out[0] = found;
}
void collatz(long n, I out) {
  long longest = 0;
  for (long first = 1; first < n; first++) {
    long x = first, steps = 0;
    for (; x != 1; steps++) x = x % 2 == 0 ? x / 2 : 3 * x + 1;
    if (steps > longest) longest = steps, out[0] = first;
  }
  out[1] = longest;
}
void collatz_each(I out, long n) {
  for (long i = 1; i < n; i++) {
    long x = i, steps = 0;
    for (; x != 1; steps++) x = x % 2 == 0 ? x / 2 : 3 * x + 1;
    out[i] = steps;
  }
}
void byte_counts(B text, long n, I counts) { UP(i, n) counts[text[i]]++; }
void words(B text, long n, I out) {
  long found = 0, lines = 0, inside = 0;
  UP(i, n) {
    unsigned char c = text[i];
    if (c == 10) lines++;
    if (c == 32 || c == 10 || c == 9) inside = 0;
    else if (!inside) inside = 1, found++;
  }
  out[0] = found, out[1] = lines;
}
void matches(B text, long n, long wanted, I out) {
  long found = 0;
  UP(i, n) found += text[i] == wanted;
  out[0] = found;
}
"""
