"""Options of `jit` and `vectorize`, also those that users of Numba bring along."""

from __future__ import annotations

from typing import Any

import pytest

import abreast as ab


def test_options_that_ask_for_what_is_so_anyway_are_taken():
    @ab.jit(nopython=True, parallel=True, nogil=True, cache=True, error_model="python")
    def twice(x):
        return x + x

    assert twice(2) == 4

    @ab.vectorize(nopython=True, target="parallel")
    def more(x):
        return x + 1

    assert more([1, 2]).tolist() == [2, 3]
    assert ab.jit("int64(int64)", nopython=True)(lambda x: x + 1)(3) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fastmath": True}, r"jit: fastmath=True: only fastmath=False\nhint: .*as it is written"),
        ({"parallel": False}, r"only parallel=True\nhint: .*prange"),
        ({"error_model": "numpy"}, r"only error_model='python'\nhint: .*ZeroDivisionError"),
        ({"nopython": False}, r"only nopython=True\nhint: .*interpreter"),
        ({"locals": {}}, r"there is no option locals\nhint: types are found"),
        ({"boundcheck": False}, r"no such keyword; allowed: boundscheck(.|\n)*did you mean"),
    ],
)
def test_others_are_refused_with_a_hint(options: dict[str, Any], message: str):
    with pytest.raises(TypeError, match=message):
        ab.jit(**options)


def test_lists_of_signatures_are_refused():
    with pytest.raises(TypeError, match=r"a list of signatures\nhint"):
        ab.jit(["int64(int64)"])
    with pytest.raises(TypeError, match=r"signatures\nhint"):
        ab.vectorize(["int64(int64)"])
