"""The kernels of `loops`, as text of the loop language and as C."""

from __future__ import annotations

MATMUL = """
kernel @matmul(%n: extent, %a: read f64[any, unit], %b: read f64[any, unit],
               %c: write f64[any, unit]) {
  %zero = const f64 0.0
  for ROWS (%i) in (%n) {
    for lanes (%j) in (%n) {
      %s = for (%k) in (%n) carry (%t = %zero) {
        %x = load %a[%i, %k]
        %y = load %b[%k, %j]
        %z = mul %x, %y
        %u = add %t, %z
        yield %u
      }
      store %s, %c[%i, %j]
    }
  }
}
"""

MANDELBROT = """
kernel @mandelbrot(%n: extent, %most: extent, %out: write i64[any, unit]) {
  %zero = const f64 0.0
  %two = const f64 2.0
  %four = const f64 4.0
  %none = const i64 0
  %one = const i64 1
  %scale = const f64 0.005
  for ROWS (%i) in (%n) {
    for lanes (%j) in (%n) {
      %jf = cast %j to f64
      %js = mul %jf, %scale
      %cx = sub %js, %two
      %if = cast %i to f64
      %is = mul %if, %scale
      %cy = sub %is, %two
      %xx, %yy, %kk = while carry (%x = %zero, %y = %zero, %k = %none) {
        %x2 = mul %x, %x
        %y2 = mul %y, %y
        %r = add %x2, %y2
        %near = le %r, %four
        %few = lt %k, %most
        %go = and %near, %few
        yield %go
      } do {
        %d = sub %x2, %y2
        %nx = add %d, %cx
        %t = mul %two, %x
        %t2 = mul %t, %y
        %ny = add %t2, %cy
        %nk = add %k, %one
        yield %nx, %ny, %nk
      }
      store %kk, %out[%i, %j]
    }
  }
}
"""

FLOYD = """
kernel @floyd(%n: extent, %d: update f64[any, unit]) {
  for (%k) in (%n) {
    for (%i) in (%n) {
      for (%j) in (%n) {
        %a = load %d[%i, %j]
        %b = load %d[%i, %k]
        %c = load %d[%k, %j]
        %s = add %b, %c
        %less = lt %s, %a
        if %less {
          store %s, %d[%i, %j]
        } else {
        }
      }
    }
  }
}
"""

SEIDEL = """
kernel @seidel(%n: extent, %steps: extent, %u: update f64[any, unit]) {
  %one = const i64 1
  %quarter = const f64 0.25
  %end = sub %n, %one
  for (%t) in (%steps) {
    for (%i) in (%one..%end) {
      for (%j) in (%one..%end) {
        %up = sub %i, %one
        %down = add %i, %one
        %left = sub %j, %one
        %right = add %j, %one
        %a = load %u[%up, %j]
        %b = load %u[%down, %j]
        %c = load %u[%i, %left]
        %d = load %u[%i, %right]
        %ab = add %a, %b
        %abc = add %ab, %c
        %abcd = add %abc, %d
        %v = mul %abcd, %quarter
        store %v, %u[%i, %j]
      }
    }
  }
}
"""

EDIT = """
kernel @edit(%n: extent, %a: read u8[unit], %b: read u8[unit], %d: update i64[any, unit]) {
  %one = const i64 1
  %zero = const i64 0
  for (%i) in (%n) {
    %i1 = add %i, %one
    %ca = load %a[%i]
    for (%j) in (%n) {
      %j1 = add %j, %one
      %cb = load %b[%j]
      %same = eq %ca, %cb
      %cost = select %same, %zero, %one
      %up = load %d[%i, %j1]
      %left = load %d[%i1, %j]
      %corner = load %d[%i, %j]
      %x = add %up, %one
      %y = add %left, %one
      %z = add %corner, %cost
      %xy = min %x, %y
      %xyz = min %xy, %z
      store %xyz, %d[%i1, %j1]
    }
  }
}
"""

C = """
void matmul(long n, double *restrict a, double *restrict b, double *restrict c) {
  for (long i = 0; i < n; i++)
    for (long j = 0; j < n; j++) {
      double s = 0;
      for (long k = 0; k < n; k++) s += a[i * n + k] * b[k * n + j];
      c[i * n + j] = s;
    }
}
void mandelbrot(long n, long most, long *out) {
  for (long i = 0; i < n; i++)
    for (long j = 0; j < n; j++) {
      double cx = j * 0.005 - 2.0, cy = i * 0.005 - 2.0, x = 0, y = 0;
      long k = 0;
      for (; k < most; k++) {
        double x2 = x * x, y2 = y * y;
        if (!(x2 + y2 <= 4.0)) break;
        y = 2.0 * x * y + cy;
        x = x2 - y2 + cx;
      }
      out[i * n + j] = k;
    }
}
void floyd(long n, double *d) {
  for (long k = 0; k < n; k++)
    for (long i = 0; i < n; i++)
      for (long j = 0; j < n; j++) {
        double s = d[i * n + k] + d[k * n + j];
        if (s < d[i * n + j]) d[i * n + j] = s;
      }
}
void seidel(long n, long steps, double *u) {
  for (long t = 0; t < steps; t++)
    for (long i = 1; i < n - 1; i++)
      for (long j = 1; j < n - 1; j++)
        u[i * n + j] = (u[(i - 1) * n + j] + u[(i + 1) * n + j] + u[i * n + j - 1]
                        + u[i * n + j + 1]) * 0.25;
}
void edit(long n, unsigned char *a, unsigned char *b, long *d) {
  long w = n + 1;
  for (long i = 0; i < n; i++)
    for (long j = 0; j < n; j++) {
      long x = d[i * w + j + 1] + 1, y = d[(i + 1) * w + j] + 1;
      long z = d[i * w + j] + (a[i] != b[j]);
      long least = x < y ? x : y;
      d[(i + 1) * w + j + 1] = least < z ? least : z;
    }
}
"""
