"""The programs of `more_programs` in C."""

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
void thomas(D low, long n, D diagonal, long n2, D high, long n3, D right, long n4, D x, long n5,
            D c, long n6, D d) {
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
        double around = p[-m * o] + p[m * o] + p[-o];
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
