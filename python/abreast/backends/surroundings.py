"""What the caller has set holds in worker processes.

Filters of warnings, levels of loggers, errors and printing of NumPy, the context of `decimal`.

Sent with a job, and only if it differs from what workers have found when they started.
"""

from __future__ import annotations

import pickle
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from abreast.pickling import dumps

__all__ = ["Surroundings", "filters", "renew", "settle", "start"]

_ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_PRINT = {
    "edgeitems": 3,
    "threshold": 1000,
    "precision": 8,
    "suppress": False,
    "linewidth": 75,
    "nanstr": "nan",
    "infstr": "inf",
    "sign": "-",
    "formatter": None,
    "floatmode": "maxprec",
}
_DECIMAL = (28, "ROUND_HALF_EVEN", -999999, 999999, 1, 0)

Filter = tuple[Any, ...]
State = tuple[
    tuple[Filter, ...] | None,
    tuple[dict[str, int], int, frozenset[str]] | None,
    tuple[dict[str, str], dict[str, Any]] | None,
    Any,
]
_USUAL: State = (None, None, None, None)


class Surroundings:
    """What is set now, compared with what the workers of a pool started with."""

    def __init__(self) -> None:
        self._filters = list(warnings.filters)
        self._state = _USUAL
        self._sent: tuple[int, bytes] | None = None
        self._version = 0

    def now(self) -> tuple[int, bytes] | None:
        """Return what tasks are to find, and a number for it; None if it is nothing new."""
        state: State = (
            None if warnings.filters == self._filters else filters(),
            _logging(),
            _numpy(),
            _decimal(),
        )
        if state == _USUAL:
            return None
        if state != self._state or self._sent is None:
            try:
                data = dumps(state)
            except Exception:  # something of the user's that cannot travel, such as a formatter
                data = dumps((state[0], state[1], None, None))
            self._version += 1
            self._state, self._sent = state, (self._version, data)
        return self._sent


def filters() -> tuple[Filter, ...]:
    """Return the filters of warnings, with their categories by name: naming imports nothing."""
    return tuple(
        (action, message, (category.__module__, category.__qualname__), module, line)
        for action, message, category, module, line in _filters()
    )


def _filters() -> Sequence[Any]:
    return warnings.filters


_logging_seen: Any = None
_MARK: Any = "abreast"


def _logging() -> tuple[dict[str, int], int, frozenset[str]] | None:
    """Return levels, the level disabled, and who has handlers; None if nothing of that is set.

    `logging` empties the caches of its loggers when a level changes, so a mark left in one tells
    whether to look again.
    """
    global _logging_seen
    logging: Any = sys.modules.get("logging")
    if logging is None or not hasattr(logging, "shutdown"):
        return None
    root = logging.root
    loggers = root.manager.loggerDict
    cache = getattr(root, "_cache", {})
    key = (len(root.handlers), len(loggers))
    if _logging_seen is not None and cache.get(_MARK) == key:
        state: tuple[dict[str, int], int, frozenset[str]] | None = _logging_seen[0]
        return state
    cache[_MARK] = key
    known = [root, *(it for it in list(loggers.values()) if isinstance(it, logging.Logger))]
    levels = {it.name: it.level for it in known if it.level}
    if levels.get("root") == logging.WARNING:
        del levels["root"]
    handled = frozenset(
        it.name
        for it in known
        if any(not isinstance(handler, logging.NullHandler) for handler in it.handlers)
    )
    usual = not levels and not handled and not root.manager.disable
    state = None if usual else (levels, root.manager.disable, handled)
    _logging_seen = (state,)
    return state


_numpy_seen: tuple[Any, Any] | None = None
"""What NumPy's context variables held when its settings were the usual ones."""


def _numpy() -> tuple[dict[str, str], dict[str, Any]] | None:
    global _numpy_seen
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "get_printoptions"):
        return None
    held = _held_by_numpy()
    if held is not None and _numpy_seen is not None:
        errors, printing = held
        if errors is _numpy_seen[0] and printing is _numpy_seen[1]:
            return None
    errors, printing = numpy.geterr(), numpy.get_printoptions()
    own = {name: printing[name] for name, usual in _PRINT.items() if printing[name] != usual}
    if errors != _ERRORS or own:
        return errors, own
    _numpy_seen = held
    return None


def _held_by_numpy() -> tuple[Any, Any] | None:
    """Return the objects that hold NumPy's settings, which are replaced and never changed.

    Private names, and so only a short cut: `geterr` and `get_printoptions` take half as long as
    all the rest of a submit.
    """
    errors = getattr(sys.modules.get("numpy._core.umath"), "_extobj_contextvar", None)
    printing = getattr(sys.modules.get("numpy._core.printoptions"), "format_options", None)
    if errors is None or printing is None:
        return None
    return errors.get(None), printing.get(None)


def _decimal() -> Any:
    decimal: Any = sys.modules.get("decimal")
    if decimal is None or not hasattr(decimal, "getcontext"):
        return None
    now = decimal.getcontext()
    facts = (now.prec, now.rounding, now.Emin, now.Emax, now.capitals, now.clamp)
    traps = now.traps
    if not _traps:
        usual = (decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow)
        _traps.update({kind: kind in usual for kind in traps})
    if facts == _DECIMAL and traps == _traps:
        return None
    return facts, [kind.__name__ for kind, on in traps.items() if on]


_traps: dict[Any, bool] = {}
"""The usual traps of `decimal`, once it is here."""


_baseline: tuple[Filter, ...] = ()
_state: State = _USUAL
_levels: dict[str, int] = {}
"""Of loggers whose level was set here, what it was before."""


def start(given: tuple[Filter, ...]) -> None:
    """In a worker: begin with these filters."""
    global _baseline
    _baseline = given
    _filter(given)


def settle(data: bytes) -> None:
    """In a worker: have what the caller of the next job has set; nothing means the defaults."""
    global _state
    before, _state = _state, pickle.loads(data) if data else _USUAL
    given, logs, numpy, decimal = _state
    _filter(_baseline if given is None else given)
    if logs is not None or before[1] is not None:
        _log(logs)
    if numpy is not None or before[2] is not None:
        import numpy as np

        errors, printing = numpy or (_ERRORS, {})
        np.seterr(**errors)
        np.set_printoptions(**{**_PRINT, **printing})
    if decimal is not None or before[3] is not None:
        _set_decimal(decimal)


def renew() -> None:
    """In a worker: forget which warnings were shown; the parent knows which it has seen."""
    # Entering and leaving is the one documented way.
    with warnings.catch_warnings():
        pass


def _filter(given: Sequence[Filter]) -> None:
    resolved: list[Any] = []
    for action, message, (module, name), pattern, line in given:
        # A category whose module is not here yet cannot be warned with; the parent filters it.
        category: Any = sys.modules.get(module)
        for part in name.split("."):
            category = getattr(category, part, None)
        if isinstance(category, type):
            resolved.append((action, message, category, pattern, line))
    warnings.filters[:] = resolved  # type: ignore[index]
    renew()


def _log(given: tuple[dict[str, int], int, frozenset[str]] | None) -> None:
    import logging

    from abreast.backends.capture import parents_handlers

    for name, level in _levels.items():
        _logger(name).setLevel(level)
    _levels.clear()
    levels, disabled, handled = given or ({}, 0, frozenset())
    for name, level in levels.items():
        _levels[name] = _logger(name).level
        _logger(name).setLevel(level)
    logging.disable(disabled)
    parents_handlers.clear()
    parents_handlers.update(handled)


def _logger(name: str) -> Any:
    import logging

    return logging.getLogger(None if name == "root" else name)


def _set_decimal(given: Any) -> None:
    import decimal

    if given is None:
        decimal.setcontext(decimal.Context())
        return
    (prec, rounding, low, high, capitals, clamp), traps = given
    signals = [getattr(decimal, name) for name in traps]
    decimal.setcontext(
        decimal.Context(prec, rounding, low, high, capitals, clamp, flags=[], traps=signals)
    )
