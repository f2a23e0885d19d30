"""Reductions of columns have the bits of single columns; Ctrl-C on a small stack."""

import subprocess
import sys
import time

import numpy as np
import pytest

import abreast as ab
import abreast.numpy as anp

ROWS = (1, 33, 160, 290, 4700)
COLUMNS = (17, 1300, 2700)


def drawn(rows, columns, dtype):
    x = np.random.default_rng(rows * columns).standard_normal((rows, columns)) * 1000
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("rows", ROWS)
def test_columns_have_the_bits_of_each_alone(rows, dtype):
    for columns in COLUMNS if rows < 1000 else COLUMNS[::2]:
        x = drawn(rows, columns, dtype)
        a = anp.asarray(x)
        some = {0, 16, columns // 2, columns - 17, columns - 1}
        for how in ("sum", "min", "max", "mean", "var", "argmax", "argmin"):
            found = np.asarray(getattr(a, how)(axis=0))
            for threads in (1, 2):
                with ab.threads(threads):
                    again = np.asarray(getattr(anp.asarray(x), how)(axis=0))
                assert again.tobytes() == found.tobytes()
            for column in some:
                alone = np.asarray(getattr(anp.asarray(x[:, column].copy()), how)())
                assert alone.tobytes() == found[column].tobytes(), (how, columns, column)
            expected = getattr(np, how)(x.astype("f8"), axis=0)
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.5)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("count", [1, 7, 31, 32, 33, 64, 100, 4096, 4100, 9001])
def test_extremes_see_every_nan(count, dtype):
    x = drawn(1, count, dtype)[0]
    for place in sorted({0, 1, 15, 16, 17, 31, 32, 63, 64, 99, 4095, 4096, count - 1}):
        if place >= count:
            continue
        y = x.copy()
        y[place] = np.nan
        a = anp.asarray(y)
        assert np.isnan(float(a.min())), place
        assert np.isnan(float(a.max())), place
        assert np.isnan(float((2 * a).max())), place
    a = anp.asarray(x)
    assert float(a.min()) == float(x.min())
    assert float(a.max()) == float(x.max())
    assert float((a / a).max()) == 1


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_extremes_choose_among_zeros_as_columns_do(dtype):
    rng = np.random.default_rng(3)
    for count in (2, 17, 40, 100, 5000):
        for _ in range(20):
            x = rng.choice(np.array([0.0, -0.0], dtype), count)
            wide = anp.asarray(np.repeat(x[:, None], 20, axis=1))
            for how in ("min", "max"):
                alone = np.asarray(getattr(anp.asarray(x), how)())
                assert np.signbit(alone) == np.signbit(np.asarray(getattr(wide, how)(axis=0))[3])


STOPPED = """
import numpy as np
import abreast.numpy as anp

# A window that slides: many rows of little memory.
x = np.linspace(0, 1, 100_000)
rows = np.lib.stride_tricks.as_strided(x, (50_000, 50_000), (8, 8))

def columns(rows):
    y = anp.asarray(rows)
    for _ in range(4):
        y = anp.sin(y)
    return y.sum(axis=0)

few = np.asarray(columns(rows[:300]))
print("begins", flush=True)
try:
    HOW(columns(rows))
except KeyboardInterrupt:
    print("stopped", flush=True)
assert np.array_equal(np.asarray(columns(rows[:300])), few)
"""


@pytest.mark.parametrize("how", ["anp.Array.block_until_ready", "np.asarray"])
def test_ctrl_c_is_heard_while_a_kernel_runs_on_a_thread_with_room(how, tmp_path):
    # NumPy drops what a buffer raises, so `np.asarray` is one more thing to get right.
    code = STOPPED.replace("HOW", how)
    program = ["sh", "-c", 'ulimit -s 512; exec "$@"', "sh", sys.executable, "-c", code]
    run = subprocess.Popen(program, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert run.stdout is not None
        assert run.stdout.readline() == "begins\n"
        time.sleep(0.5)
        begun = time.monotonic()
        run.send_signal(2)
        assert run.communicate(timeout=50)[0] == "stopped\n"
        assert run.returncode == 0
        assert time.monotonic() - begun < 40
    finally:
        run.kill()
        run.wait()
