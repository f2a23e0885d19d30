"""Which worker ran which task when, for tasks dealt out beforehand and for balanced ones.

Shows how to see what a plan did with `abreast.timeline`: twelve tasks, each longer than the one
before, once in two equal parts made by hand and once as `map` gives them out.

Prints a chart for each, a line a worker; gaps are idle time. Times differ from run to run.

    python examples/timeline.py
    ABREAST_PLAN=threads python examples/timeline.py
"""

import time

import abreast as ab

ITEMS = range(1, 13)


def work(n):
    time.sleep(n / 100)
    return n


def part(items):
    return [work(n) for n in items]


def main():
    ab.map(work, [0, 0])  # so that the workers are there
    middle = len(ITEMS) // 2
    static = ab.map(part, [ITEMS[:middle], ITEMS[middle:]])
    print("static: two parts of six tasks\n")
    print(ab.timeline(last=1), end="\n\n")
    balanced = ab.map(work, ITEMS)
    print("balanced: twelve tasks\n")
    print(ab.timeline(last=1))
    assert [n for each in static for n in each] == balanced


if __name__ == "__main__":
    main()
