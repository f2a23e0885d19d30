"""A submitted function whose lines come with its name: nobody listens who could add that."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from abreast.backends.output import heard, show
from abreast.backends.routing import routing, speaking
from abreast.tasks.output import Tags
from abreast.tasks.prepare import name_of

__all__ = ["Tagged"]

_numbers: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)
"""How many of a name were submitted."""


class Tagged:
    """Calls a function, and puts its name and number before each line of what it says.

    Parameters
    ----------
    called : callable
        What the user named.
    function : callable
        What is called: that, or what wraps it.
    """

    def __init__(self, called: Callable[..., Any], function: Callable[..., Any]) -> None:
        self.__wrapped__ = called
        self._function = function
        self._name = name_of(called)
        self._number = next(_numbers[self._name])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        tags = Tags(lambda _task: self._name)

        def tell(tag: int, data: Any) -> None:
            for each in tags.tag(heard(self._number, tag, data)):
                show(each)

        routing.enter()
        try:
            with speaking(tell):
                return self._function(*args, **kwargs)
        finally:
            for each in tags.rest():
                show(each)
            routing.leave()
