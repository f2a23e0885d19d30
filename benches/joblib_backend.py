"""joblib's backend `abreast` beside loky: no-ops, and scikit-learn on small and on large data."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np

import _tasks
import abreast as ab
import abreast.interop.joblib
from _measure import Bench, mebibytes, micro, milli, quick, reach, seconds, sized
from _processes import _below

BACKENDS = ("abreast", "loky")
SHARED = "abreast, shared"
LARGE_CASES = ("abreast", SHARED, "loky")
"""With the input in shared memory from the start, `ab.share`, there is no second copy of it."""
COUNT = 10_000
LARGE = (sized(500_000), 100)  # 400 MB


def no_ops(backend: str) -> float:
    call = joblib.delayed(_tasks.same)
    run = joblib.Parallel(n_jobs=2, backend=backend)
    return seconds(lambda: run(call(number) for number in range(COUNT)))


def data(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, columns))
    return x, (x[:, 0] + x[:, 1] ** 2 > 0.5).astype(np.int64)


def grid(x: np.ndarray, y: np.ndarray) -> Any:
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import GridSearchCV

    model = RidgeClassifier(fit_intercept=False, copy_X=False, solver="cholesky")
    search = GridSearchCV(model, {"alpha": [0.1, 10.0]}, cv=3, n_jobs=2)
    return search.fit(x, y).cv_results_["mean_test_score"]


def held_out(x: np.ndarray, y: np.ndarray) -> Any:
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import cross_val_predict

    model = RidgeClassifier(fit_intercept=False, copy_X=False, solver="cholesky")
    return cross_val_predict(model, x, y, cv=5, n_jobs=2)


WORK = {"GridSearchCV": grid, "cross_val_predict": held_out}


def small(work: Callable[..., Any], backend: str, x: np.ndarray, y: np.ndarray) -> float:
    with joblib.parallel_config(backend=backend):
        return seconds(lambda: work(x, y))


class Peak:
    """The most memory of this process and all below it: each shared page is counted once."""

    def __init__(self) -> None:
        self.most = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self) -> None:
        while not self.over.wait(0.05):
            own = Path("/proc/self")
            self.most = max(self.most, sum(_share(each) for each in [own, *_below(own)]))

    def __enter__(self) -> Peak:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()


def _share(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def large(name: str, backend: str) -> dict[str, float]:
    """Seconds and peak memory, in an interpreter of its own."""
    x, y = data(*LARGE)
    if backend == SHARED:
        x = ab.share(x)
    with joblib.parallel_config(backend=backend.partition(",")[0]):
        joblib.Parallel(n_jobs=2)(joblib.delayed(_tasks.same)(number) for number in range(8))
        with Peak() as peak:
            start = time.perf_counter()
            result = WORK[name](x, y)
            taken = time.perf_counter() - start
    return {"seconds": taken, "peak": peak.most, "check": float(np.sum(result))}


def fresh(name: str, backend: str) -> dict[str, float]:
    command = [sys.executable, __file__, "large", name, backend]
    found: dict[str, float] = json.loads(subprocess.check_output(command + ["--quick"] * quick()))
    return found


def main() -> None:
    bench = Bench(f"joblib: {COUNT:,} no-ops in automatic batches")
    bench.run({name: partial(no_ops, name) for name in BACKENDS}, sized(41))
    bench.table(milli)
    ratio = bench.ratio("loky")
    reach("at least 3x loky", f"{ratio:.1f}x, {micro(bench.median() / COUNT)} a task", ratio >= 3)

    x, y = data(1000, 20)
    for name, work in WORK.items():
        bench = Bench(f"\nscikit-learn: {name} on 1,000 rows, n_jobs=2")
        bench.run({backend: partial(small, work, backend, x, y) for backend in BACKENDS}, sized(15))
        bench.table(milli)
        reach("not slower than loky", f"{bench.ratio('loky'):.2f}x", bench.ratio("loky") >= 1)

    for name in WORK:
        title = f"\nscikit-learn: {name} on {LARGE[0]:,} rows of {LARGE[1]}, n_jobs=2, fresh"
        times, memory = Bench(title), Bench("its peak of memory, everything")
        found: dict[str, list[dict[str, float]]] = {backend: [] for backend in LARGE_CASES}

        def measure(backend: str, found: dict[str, Any] = found, name: str = name) -> float:
            found[backend].append(fresh(name, backend))
            return float(found[backend][-1]["seconds"])

        times.run({backend: partial(measure, backend) for backend in LARGE_CASES}, sized(3, 1))
        times.table(milli)
        peaks = {backend: [each["peak"] for each in found[backend]] for backend in LARGE_CASES}
        memory.run({backend: partial(list, peaks[backend]) for backend in LARGE_CASES}, 1)
        memory.table(mebibytes)
        assert len({each["check"] for every in found.values() for each in every}) == 1
        reach("not slower than loky", f"{times.ratio('loky'):.2f}x", times.ratio("loky") >= 1)
        reach("less memory", f"{memory.ratio('loky'):.2f}x", memory.ratio("loky") > 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["large"]:
        print(json.dumps(large(*sys.argv[2:4])))
    else:
        main()
