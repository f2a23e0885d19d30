"""4 slow tasks, then 12 fast ones, on 2 workers: is a worker ever idle while tasks wait?"""

from __future__ import annotations

from functools import partial

import _tasks
from _measure import Bench, plain, quick, reach, seconds, sized
from _rivals import opened

SHRINK = 0.2 if quick() else 1.0
TASKS = [0.225 * SHRINK] * 4 + [0.008 * SHRINK] * 12
IDEAL = sum(TASKS) / 2
RIVALS = ("abreast", "Pool chunksize=1", "Pool", "Pool static", "ProcessPoolExecutor", "joblib")

NOTES = {
    "Pool": "its own chunks, here of 2: they happen to deal out the slow tasks evenly",
    "Pool static": "one chunk a worker",
}


def main() -> None:
    bench = Bench(f"4 slow tasks and 12 fast ones, slow first, 2 workers; ideal {plain(IDEAL)}")
    with opened(RIVALS) as runners:
        cases = {
            name: partial(seconds, partial(runner.map, _tasks.sleep, TASKS))
            for name, runner in runners.items()
        }
        bench.run(cases, sized(11))
    bench.table(plain, NOTES)
    found = bench.median() / IDEAL
    reach("at most 1.03 of the ideal", f"{found:.3f}", found <= 1.03)


if __name__ == "__main__":
    main()
