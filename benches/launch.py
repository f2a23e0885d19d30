"""From nothing to the first result on 2 fresh workers: what does it cost to start?"""

from __future__ import annotations

from functools import partial

import _fresh
from _measure import Bench, plain, reach, sized
from _rivals import installed

NAMES = {
    "abreast": "abreast",
    "Pool": "Pool by fork",
    "Pool by spawn": "Pool by spawn",
    "ProcessPoolExecutor": "ProcessPoolExecutor by fork",
    "joblib": "joblib (loky)",
    "dask": "dask",
    "ray": "ray",
}


def main() -> None:
    bench = Bench("from nothing to the first results of 2 fresh workers, imports not counted")
    # Each in its own interpreter, gone before the next one starts: the engines disturb nobody.
    cases = {
        NAMES[name]: partial(lambda name: _fresh.measured("launch", name)["seconds"], name)
        for name in installed(list(NAMES))
    }
    bench.run(cases, sized(7))
    bench.table(plain)
    reach("at most 0.15 s", plain(bench.median()), bench.median() <= 0.15)


if __name__ == "__main__":
    main()
