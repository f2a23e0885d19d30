"""Kernels of loops and choices, in lanes and on threads: the bits of the interpreter."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from abreast import _abreast
from loops import Writer
from test_compiler import both, same

VECTORS = ("", ":32", ":16")

MATMUL = """
kernel @matmul(%n: extent, %m: extent, %p: extent, %a: read f64[any, any], %b: read f64[any, unit],
               %c: write f64[any, unit]) {
  %zero = const f64 0.0
  for OUTER (%i) in (%n) {
    for INNER (%j) in (%m) {
      %s = for (%k) in (%p) carry (%t = %zero) {
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
kernel @mandelbrot(%n: extent, %m: extent, %most: i64, %scale: f64, %out: write i64[any, unit]) {
  %zero = const f64 0.0
  %two = const f64 2.0
  %four = const f64 4.0
  %none = const i64 0
  %one = const i64 1
  for parallel (%i) in (%n) {
    for lanes (%j) in (%m) {
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


def run(seed, n, vector, overlapping=False):
    """A random kernel on both devices."""
    writer = Writer(seed, overlapping)
    text = writer.text()
    rng = np.random.default_rng(seed)
    dtype = np.float32 if writer.float == "f32" else np.float64
    bits = np.array(0.75, dtype).view("u4" if dtype == np.float32 else "u8")
    square = rng.normal(size=(n, n)).astype(dtype)
    one_row = np.broadcast_to(rng.normal(size=(1, n)).astype(dtype), (n, n))
    given = [n, square, rng.integers(0, 9, n), one_row, int(bits)]
    both(text, given, [rng.normal(size=(n, n)).astype(dtype), np.zeros((n, n), int)], vector)
    return text


@pytest.mark.parametrize("seed", range(45))
def test_random_kernels(seed):
    run(seed, (11, 19, 5)[seed // 3 % 3], VECTORS[seed % 3])


@pytest.mark.long
@pytest.mark.parametrize("part", range(8))
def test_more_random_kernels(part):
    for seed in range(45 + 100 * part, 145 + 100 * part):
        run(seed, (11, 19, 5, 2, 33)[seed // 3 % 5], VECTORS[seed % 3])


def test_random_kernels_meet_lanes_and_launches():
    texts = [Writer(seed).text() for seed in range(45)]
    found = [_abreast.loop_llvm(text, 64) for text in texts]
    assert sum(text.startswith("; lanes") for text in found) > 15
    assert sum("@region.0" in text for text in found) > 10


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("loops", [("", ""), ("lanes", "lanes"), ("parallel", "lanes")])
def test_matrix_product_keeps_the_order_of_its_sums(loops, vector):
    text = MATMUL.replace("OUTER", loops[0]).replace("INNER", loops[1])
    rng = np.random.default_rng(1)
    for n, m, p in ((1, 1, 1), (3, 5, 0), (4, 32, 7), (9, 45, 13), (70, 3, 2), (0, 4, 4)):
        a, b = rng.normal(size=(p, n)).T, rng.normal(size=(p, m))
        expected = np.zeros((n, m))
        for k in range(p):
            expected += a[:, k : k + 1] * b[k]
        found = np.full((n, m), np.nan)
        _abreast.run_loop(text, "cpu" + vector, [n, m, p, a, b, found])
        same(expected, found)


def test_matrix_product_is_tiled():
    text = MATMUL.replace("OUTER", "lanes").replace("INNER", "lanes")
    # Four rows of four vectors are multiplied in one round of the innermost loop.
    assert _abreast.loop_llvm(text, 64).count("fmul <8 x double>") == 16 + 4 + 4 + 1


@pytest.mark.parametrize("vector", VECTORS)
def test_lanes_leave_a_loop_at_different_times(vector):
    scale = int(np.array(0.09).view("u8"))
    both(MANDELBROT, [40, 37, 60, scale], [np.zeros((40, 37), int)], vector)


def test_triangle():
    text = """
    kernel @triangle(%n: extent, %x: read f64[unit], %y: write f64[unit]) {
      %zero = const f64 0.0
      for lanes (%i) in (%n) {
        %s = for (%k) in (%i..%n) carry (%t = %zero) {
          %e = load %x[%k]
          %u = add %t, %e
          yield %u
        }
        store %s, %y[%i]
      }
    }
    """
    for vector in VECTORS:
        both(text, [29, np.random.default_rng(0).normal(size=29)], [np.zeros(29)], vector)


ANYWHERE = """
kernel @anywhere(%n: extent, %steps: extent, %x: read f64[unit], %y: update f64[unit],
                 %z: write f64[unit]) {
  %one = const i64 1
  for (%t) in (%steps) {
    %first = load %x[%t]
    %odd = and %t, %one
    %is = eq %odd, %one
    if %is {
      for parallel (%i) in (%n) {
        %a = load %y[%i]
        %b = mul %a, %first
        store %b, %y[%i]
      }
    } else {
      for parallel (%i2) in (%one..%n) {
        %a2 = load %y[%i2]
        %tf = cast %t to f64
        %b2 = add %a2, %tf
        store %b2, %y[%i2]
      }
    }
  }
  for parallel (%i3) in (%n) {
    %a3 = load %y[%i3]
    for parallel (%j) in (%i3..%n) {
      %c = exp %a3
    }
    %e = exp %a3
    store %e, %z[%i3]
  }
}
"""


@pytest.mark.parametrize("vector", VECTORS)
def test_parallel_loops_anywhere(vector):
    rng = np.random.default_rng(0)
    for n in (8, 1000, 70_000 if vector == "" else 100):
        if n > 1000:
            found = [np.ones(n), np.zeros(n)]
            x = rng.normal(size=n)
            _abreast.run_loop(
                ANYWHERE.replace("%c = exp %a3\n", "").replace("%i3..%n", "%i3..%i3"),
                "cpu",
                [n, 4, x, *found],
            )
            expected = np.ones(n)
            for t in range(4):
                if t % 2:
                    expected *= x[t]
                else:
                    expected[1:] += t
            same(expected, found[0])
        else:
            both(ANYWHERE, [n, 5, rng.normal(size=n)], [np.ones(n), np.zeros(n)], vector)


def test_parallel_loops_run_on_several_threads():
    text = """
    kernel @wait(%n: extent, %most: i64, %y: update i64[unit]) {
      %zero = const i64 0
      %one = const i64 1
      for (%once) in (%one) {
        for parallel (%i) in (%n) {
          %end = while carry (%k = %zero) {
            %more = lt %k, %most
            yield %more
          } do {
            %e = load %y[%i]
            %f = xor %e, %k
            store %f, %y[%i]
            %next = add %k, %one
            yield %next
          }
        }
      }
    }
    """
    own, all_ = time.thread_time(), time.process_time()
    _abreast.run_loop(text, "cpu", [64, 3_000_000, np.zeros(64, int)])
    own, all_ = time.thread_time() - own, time.process_time() - all_
    # On a busy machine threads may take turns: that others worked is sure.
    assert own < 0.9 * all_ or (os.cpu_count() or 1) == 1


CHECKED = """
kernel @checked(%n: extent, %x: read f64[unit], %y: write f64[unit]) {
  %zero = const f64 0.0
  %one = const i64 1
  for (%once) in (%one) {
    for LOOP (%i) in (%n) {
      %a = load %x[%i]
      store %a, %y[%i]
      %fine = ge %a, %zero
      check %fine, 7
      %b = sqrt %a
      store %b, %y[%i]
      %small = lt %b, %a
      check %small, 8
    }
  }
}
"""


def test_partial_writes_of_a_check():
    x = np.arange(2.0, 50)
    x[20] = -1
    found = []
    for device in ("interpreter", "cpu", "cpu:16"):
        y = np.zeros(48)
        with pytest.raises(RuntimeError, match="check 7"):
            _abreast.run_loop(CHECKED.replace("LOOP", ""), device, [48, x, y])
        found.append(y)
    assert found[0][20] == -1
    assert not found[0][21:].any()
    same(found[0], found[1])
    same(found[0], found[2])


def test_the_first_check_of_a_parallel_loop_counts():
    x = np.full(20_000, 4.0)
    x[[3000, 9000, 19_999]] = 0.25, -1.0, -1.0
    for _ in range(5):
        with pytest.raises(RuntimeError, match="check 8"):
            _abreast.run_loop(
                CHECKED.replace("LOOP", "parallel"), "cpu", [20_000, x, np.zeros(20_000)]
            )


def test_a_check_inside_of_a_reduction():
    text = """
    kernel @sum(%n: extent, %x: read f64[unit], %s: write f64[]) {
      %zero = const f64 0.0
      %total = reduce add (%i) in (%n) {
        %a = load %x[%i]
        %fine = ge %a, %zero
        check %fine, 5
        yield %a
      }
      store %total, %s[]
    }
    """
    x = np.random.default_rng(0).random(9000)
    both(text, [9000, x], [np.zeros(())])
    x[77] = -1
    with pytest.raises(RuntimeError, match="check 5"):
        _abreast.run_loop(text, "cpu", [9000, x, np.zeros(())])


REDUCED = """
kernel @reduced(%n: extent, %steps: extent, %x: read f64[unit], %y: update f64[unit],
                %z: write i64[unit]) {
  for (%t) in (%steps) {
    %scale = load %x[%t]
    %total, %most, %where = reduce add, argmax (%i) in (%n) {
      %a = load %x[%i]
      %b = mul %a, %scale
      %c = exp %b
      yield %c, %b
    }
    %mean = div %total, %scale
    store %mean, %y[%t]
    store %where, %z[%t]
    for parallel (%j) in (%steps..%n) {
      %e = load %y[%j]
      %f = add %e, %most
      store %f, %y[%j]
    }
  }
}
"""


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("n", [3, 5000, 70_000])
def test_parallel_reductions_anywhere(n, vector):
    x = np.random.default_rng(n).normal(size=n)
    both(REDUCED, [n, 3, x], [np.zeros(n), np.zeros(3, int)], vector)


def test_buffers_that_overlap():
    text = """
    kernel overlapping @shift(%n: extent, %x: read f64[unit], %y: write f64[unit]) {
      for lanes (%i) in (%n) {
        %a = load %x[%i]
        %b = add %a, %a
        store %b, %y[%i]
      }
    }
    """
    for vector in VECTORS:
        memory = np.ones(50)
        _abreast.run_loop(text, "cpu" + vector, [49, memory[:-1], memory[1:]])
        # Each element is twice the one before, which was written just now.
        assert np.array_equal(memory, 2.0 ** np.arange(50))


@pytest.mark.parametrize("seed", range(6))
def test_random_kernels_whose_buffers_may_overlap(seed):
    run(seed, 7, VECTORS[seed % 3], overlapping=True)


ENDLESS = {
    "while": """
    kernel @endless(%n: extent, %y: update i64[unit]) {
      %zero = const i64 0
      %one = const i64 1
      %end = while carry (%k = %zero) {
        %more = ge %k, %zero
        yield %more
      } do {
        store %k, %y[%zero]
        yield %one
      }
    }
    """,
    "for": """
    kernel @endless(%n: extent, %y: update i64[unit]) {
      %zero = const i64 0
      %much = const i64 1000000000000000
      %s = for (%i) in (%much) carry (%k = %zero) {
        %e = load %y[%zero]
        %f = xor %e, %i
        store %f, %y[%zero]
        yield %f
      }
    }
    """,
    "nest": """
    kernel @endless(%n: extent, %y: update i64[unit]) {
      %zero = const i64 0
      %much = const i64 1000000000000
      %thousand = const i64 1000
      for (%i) in (%much) {
        for (%j) in (%thousand) {
          %e = load %y[%zero]
          %f = xor %e, %i
          store %f, %y[%zero]
        }
      }
    }
    """,
    "parallel": """
    kernel @endless(%n: extent, %y: update i64[unit]) {
      %zero = const i64 0
      %one = const i64 1
      for (%once) in (%one) {
        for parallel (%i) in (%n) {
          %end = while carry (%k = %zero) {
            %more = ge %k, %zero
            yield %more
          } do {
            store %k, %y[%i]
            yield %one
          }
        }
      }
    }
    """,
    "lanes": """
    kernel @endless(%n: extent, %y: update i64[unit]) {
      %zero = const i64 0
      %one = const i64 1
      for lanes (%i) in (%n) {
        %end = while carry (%k = %i) {
          %more = ge %k, %zero
          yield %more
        } do {
          %next = xor %k, %one
          yield %next
        }
        store %end, %y[%i]
      }
    }
    """,
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_running_loop_can_be_stopped(kind):
    text = ENDLESS[kind]
    _abreast.loop_llvm(text, 64)
    came = []

    def press() -> None:
        came.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.7, press)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            _abreast.run_loop(text, "cpu", [16, np.zeros(16, int)])
        # 0.5 s on a quiet machine; tests run beside others.
        assert time.perf_counter() - came[0] < 3
    finally:
        timer.join()
