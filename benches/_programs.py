"""The programs of `programs`: numerical loops as people write them, in Python and in C."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import abreast as ab


def bodies(place, speed, mass, steps, dt):
    n = place.shape[0]
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                dx = place[i, 0] - place[j, 0]
                dy = place[i, 1] - place[j, 1]
                dz = place[i, 2] - place[j, 2]
                square = dx * dx + dy * dy + dz * dz
                pull = dt / (square * math.sqrt(square))
                speed[i, 0] -= dx * mass[j] * pull
                speed[i, 1] -= dy * mass[j] * pull
                speed[i, 2] -= dz * mass[j] * pull
                speed[j, 0] += dx * mass[i] * pull
                speed[j, 1] += dy * mass[i] * pull
                speed[j, 2] += dz * mass[i] * pull
        for i in range(n):
            place[i, 0] += dt * speed[i, 0]
            place[i, 1] += dt * speed[i, 1]
            place[i, 2] += dt * speed[i, 2]


def life(old, new):
    n, m = old.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            near = old[i - 1, j - 1] + old[i - 1, j] + old[i - 1, j + 1]
            near += old[i, j - 1] + old[i, j + 1]
            near += old[i + 1, j - 1] + old[i + 1, j] + old[i + 1, j + 1]
            if near == 3 or (near == 2 and old[i, j] == 1):
                new[i, j] = 1
            else:
                new[i, j] = 0


def kmeans(points, centres, labels, sums, counts):
    for i in range(points.shape[0]):
        least = math.inf
        best = 0
        for c in range(centres.shape[0]):
            far = 0.0
            for d in range(points.shape[1]):
                step = points[i, d] - centres[c, d]
                far += step * step
            if far < least:
                least = far
                best = c
        labels[i] = best
        counts[best] += 1
        for d in range(points.shape[1]):
            sums[best, d] += points[i, d]


def scholes(price, strike, years, rate, volatility, call, put):
    for i in range(len(price)):
        root = math.sqrt(years[i])
        first = math.log(price[i] / strike[i]) + (rate + 0.5 * volatility**2) * years[i]
        first = first / (volatility * root)
        second = first - volatility * root
        k = 1.0 / (1.0 + 0.2316419 * abs(first))
        series = 1.330274429 * k - 1.821255978
        series = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * series)))
        one = 0.3989422804014327 * math.exp(-0.5 * first * first) * series
        if first > 0.0:
            one = 1.0 - one
        k = 1.0 / (1.0 + 0.2316419 * abs(second))
        series = 1.330274429 * k - 1.821255978
        series = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * series)))
        two = 0.3989422804014327 * math.exp(-0.5 * second * second) * series
        if second > 0.0:
            two = 1.0 - two
        later = strike[i] * math.exp(-rate * years[i])
        call[i] = price[i] * one - later * two
        put[i] = later * (1.0 - two) - price[i] * (1.0 - one)


def pi(n, seed, out):
    state = seed
    inside = 0
    for _ in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        x = state * 4.656612873077393e-10
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        y = state * 4.656612873077393e-10
        if x * x + y * y <= 1.0:
            inside += 1
    out[0] = 4.0 * inside / n


def cholesky(a, low):
    n = a.shape[0]
    for j in range(n):
        s = a[j, j]
        for k in range(j):
            s -= low[j, k] * low[j, k]
        pivot = math.sqrt(s)
        low[j, j] = pivot
        for i in range(j + 1, n):
            s = a[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            low[i, j] = s / pivot


def matvec(a, x, y):
    for i in range(a.shape[0]):
        s = 0.0
        for j in range(a.shape[1]):
            s += a[i, j] * x[j]
        y[i] = s


def matvec_on_threads(a, x, y):
    for i in ab.prange(a.shape[0]):
        s = 0.0
        for j in range(a.shape[1]):
            s += a[i, j] * x[j]
        y[i] = s


def flat(n, a, b):
    for i in range(n):
        for j in range(n):
            b[i * n + j] = a[j * n + i] + a[i * n + j]


def sieve(marks, out):
    n = len(marks)
    i = 2
    while i * i < n:
        if marks[i] == 0:
            j = i * i
            while j < n:
                marks[j] = 1
                j += i
        i += 1
    found = 0
    i = 2
    while i < n:
        if marks[i] == 0:
            found += 1
        i += 1
    out[0] = found


def edit(a, b, table):
    for i in range(len(a)):
        for j in range(len(b)):
            cost = 0 if a[i] == b[j] else 1
            table[i + 1, j + 1] = min(table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + cost)


def sinacosb(a, b):
    return math.sin(a) * math.cos(b)


def cases(small: bool) -> dict[str, tuple[Any, ...]]:
    """Arguments of each program; what is written is among them."""
    rng = np.random.default_rng(0)
    n = 40 if small else 400
    many = 2_000 if small else 400_000
    side = rng.normal(size=(n, n))
    life_size = (n + 2, n + 2) if small else (1002, 1002)
    words = rng.integers(0, 4, (2, n))
    table = np.zeros((n + 1, n + 1), np.int64)
    table[0] = table[:, 0] = np.arange(n + 1)
    several = np.zeros(many)
    return {
        "bodies": (
            rng.normal(size=(5, 3)) * 10, rng.normal(size=(5, 3)), rng.random(5), many // 4, 1e-4,
        ),
        "life": (rng.integers(0, 2, life_size).astype(np.uint8), np.zeros(life_size, np.uint8)),
        "kmeans": (
            rng.normal(size=(many // 4, 8)), rng.normal(size=(16, 8)),
            np.zeros(many // 4, np.int64), np.zeros((16, 8)), np.zeros(16, np.int64),
        ),
        "scholes": (
            rng.uniform(5, 30, many), rng.uniform(1, 100, many), rng.uniform(0.25, 10, many),
            0.02, 0.3, several.copy(), several.copy(),
        ),
        "pi": (many * 10, 42, np.zeros(1)),
        "cholesky": (side @ side.T + n * np.eye(n), np.zeros((n, n))),
        "flat": (n, rng.normal(size=n * n), np.zeros(n * n)),
        "sieve": (np.zeros(many * 5, np.uint8), np.zeros(1, np.int64)),
        "edit": (words[0], words[1], table),
    }  # fmt: skip


C = r"""
#include <math.h>
#define D double *restrict
void bodies(D place, long n, long three, D speed, long n2, long three2, D mass, long n3, long steps,
            double dt) {
  for (long t = 0; t < steps; t++) {
    for (long i = 0; i < n; i++)
      for (long j = i + 1; j < n; j++) {
        double dx = place[3 * i] - place[3 * j], dy = place[3 * i + 1] - place[3 * j + 1];
        double dz = place[3 * i + 2] - place[3 * j + 2];
        double square = dx * dx + dy * dy + dz * dz, pull = dt / (square * sqrt(square));
        speed[3 * i] -= dx * mass[j] * pull;
        speed[3 * i + 1] -= dy * mass[j] * pull;
        speed[3 * i + 2] -= dz * mass[j] * pull;
        speed[3 * j] += dx * mass[i] * pull;
        speed[3 * j + 1] += dy * mass[i] * pull;
        speed[3 * j + 2] += dz * mass[i] * pull;
      }
    for (long i = 0; i < 3 * n; i++) place[i] += dt * speed[i];
  }
}
void life(unsigned char *restrict old, long n, long m, unsigned char *restrict new) {
  for (long i = 1; i < n - 1; i++)
    for (long j = 1; j < m - 1; j++) {
      unsigned char *a = old + (i - 1) * m + j, *b = a + m, *c = b + m;
      unsigned char near = a[-1] + a[0] + a[1] + b[-1] + b[1] + c[-1] + c[0] + c[1];
      new[i * m + j] = near == 3 || (near == 2 && b[0] == 1);
    }
}
void kmeans(D points, long n, long m, D centres, long k, long m2, long *restrict labels, long n2,
            D sums, long k2, long m3, long *restrict counts) {
  for (long i = 0; i < n; i++) {
    double least = INFINITY;
    long best = 0;
    for (long c = 0; c < k; c++) {
      double far = 0;
      for (long d = 0; d < m; d++) {
        double step = points[i * m + d] - centres[c * m + d];
        far += step * step;
      }
      if (far < least) least = far, best = c;
    }
    labels[i] = best;
    counts[best]++;
    for (long d = 0; d < m; d++) sums[best * m + d] += points[i * m + d];
  }
}
static double normal(double x) {
  double k = 1.0 / (1.0 + 0.2316419 * fabs(x)), series = 1.330274429 * k - 1.821255978;
  series = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * series)));
  double y = 0.3989422804014327 * exp(-0.5 * x * x) * series;
  return x > 0 ? 1.0 - y : y;
}
void scholes(D price, long n, D strike, long n2, D years, long n3, double rate, double volatility,
             D call, long n4, D put) {
  for (long i = 0; i < n; i++) {
    double root = sqrt(years[i]);
    double first = log(price[i] / strike[i]) + (rate + 0.5 * volatility * volatility) * years[i];
    first = first / (volatility * root);
    double one = normal(first), two = normal(first - volatility * root);
    double later = strike[i] * exp(-rate * years[i]);
    call[i] = price[i] * one - later * two;
    put[i] = later * (1.0 - two) - price[i] * (1.0 - one);
  }
}
void pi(long n, long seed, double *out) {
  long state = seed, inside = 0;
  for (long i = 0; i < n; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    double x = state * 4.656612873077393e-10;
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    double y = state * 4.656612873077393e-10;
    if (x * x + y * y <= 1.0) inside++;
  }
  *out = 4.0 * inside / n;
}
void cholesky(D a, long n, long m, D low) {
  for (long j = 0; j < n; j++) {
    double s = a[j * n + j];
    for (long k = 0; k < j; k++) s -= low[j * n + k] * low[j * n + k];
    double pivot = low[j * n + j] = sqrt(s);
    for (long i = j + 1; i < n; i++) {
      s = a[i * n + j];
      for (long k = 0; k < j; k++) s -= low[i * n + k] * low[j * n + k];
      low[i * n + j] = s / pivot;
    }
  }
}
void matvec(D a, long n, long m, D x, long m2, D y) {
  for (long i = 0; i < n; i++) {
    double s = 0;
    for (long j = 0; j < m; j++) s += a[i * m + j] * x[j];
    y[i] = s;
  }
}
void matvec_on_threads(D a, long n, long m, D x, long m2, D y) {
#pragma omp parallel for
  for (long i = 0; i < n; i++) {
    double s = 0;
    for (long j = 0; j < m; j++) s += a[i * m + j] * x[j];
    y[i] = s;
  }
}
void flat(long n, D a, long nn, D b) {
  for (long i = 0; i < n; i++)
    for (long j = 0; j < n; j++) b[i * n + j] = a[j * n + i] + a[i * n + j];
}
void sieve(unsigned char *restrict marks, long n, long *out) {
  for (long i = 2; i * i < n; i++)
    if (!marks[i])
      for (long j = i * i; j < n; j += i) marks[j] = 1;
  long found = 0;
  for (long i = 2; i < n; i++) found += !marks[i];
  *out = found;
}
void edit(long *restrict a, long n, long *restrict b, long m, long *restrict d) {
  long w = m + 1;
  for (long i = 0; i < n; i++)
    for (long j = 0; j < m; j++) {
      long x = d[i * w + j + 1] + 1, y = d[(i + 1) * w + j] + 1;
      long z = d[i * w + j] + (a[i] != b[j]);
      long least = x < y ? x : y;
      d[(i + 1) * w + j + 1] = least < z ? least : z;
    }
}
void sinacosb(long n, D a, D b, D out) {
  for (long i = 0; i < n; i++) out[i] = sin(a[i]) * cos(b[i]);
}
"""
