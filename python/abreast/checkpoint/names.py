"""What functions use besides their arguments, by name; and whose code a module is."""

from __future__ import annotations

import builtins
import dis
import importlib.util
import site
import sys
import sysconfig
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["is_users", "of_function", "version_of", "where"]

_GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_ATTRIBUTE = {"LOAD_ATTR", "LOAD_METHOD"}


@cache
def _library_folders() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [sysconfig.get_path(name) for name in names]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    return tuple({str(Path(folder).resolve()) + "/" for folder in folders if folder})


@cache
def _is_in_library(file: str) -> bool:
    path = Path(file).resolve()
    # Wherever these stand: environments borrow from one another.
    named = {"site-packages", "dist-packages"}.intersection(path.parts)
    return bool(named) or str(path).startswith(_library_folders())


def is_users(module: str | None) -> bool:
    """Whether a module is the user's own code, which changes; libraries go by their version."""
    top = (module or "__main__").partition(".")[0]
    if top == "__main__":
        return True
    if top in sys.stdlib_module_names or top == "abreast":
        return False
    file = getattr(sys.modules.get(module or ""), "__file__", None)
    return file is None or not _is_in_library(file)


@cache
def version_of(module: str) -> str | None:
    """Return the version of the library that a module belongs to; none for Python's own."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return None
    version = getattr(sys.modules.get(top), "__version__", None)
    if isinstance(version, str):
        return version
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(top)
    except PackageNotFoundError:
        return None


def where(value: Any) -> str:
    """Return module and name of a function or class."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", "?")
    return f"{getattr(value, '__module__', None)}.{name}"


def of_function(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what a function uses besides its arguments: how a sentence names it, and the value."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"captured variable `{name}`", cell.cell_contents
        except ValueError:  # it has no value yet
            continue
    defaults = function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    for name, value in zip(names, defaults, strict=True):
        yield f"default of `{name}`", value
    for name, value in sorted((function.__kwdefaults__ or {}).items()):
        yield f"default of `{name}`", value
    found: dict[str, Any] = {}
    for each in _codes(code):
        found |= _globals_of(each, function.__globals__)
    yield from sorted(found.items())


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _codes(each)


def _globals_of(code: types.CodeType, known: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    steps = list(dis.get_instructions(code))
    for at, step in enumerate(steps):
        if step.opname in _GLOBAL and step.argval in known:
            name, value = str(step.argval), known[step.argval]
            if getattr(builtins, name, found) is value:
                continue
            # Of a module of the user's, what is taken from it counts.
            for next_ in steps[at + 1 :]:
                if not isinstance(value, types.ModuleType) or not is_users(value.__name__):
                    break
                if next_.opname not in _ATTRIBUTE or not hasattr(value, next_.argval):
                    break
                name, value = f"{name}.{next_.argval}", getattr(value, next_.argval)
            found[f"global `{name}`"] = value
        elif step.opname == "IMPORT_NAME":
            found |= _imported(str(step.argval), _level(steps[:at]), known)
    return found


def _level(before: list[dis.Instruction]) -> int:
    """Return how many dots an import begins with: the constant pushed before its names."""
    constants = [step.argval for step in before[-2:] if "LOAD" in step.opname]
    return constants[0] if constants and type(constants[0]) is int else 0


def _imported(name: str, level: int, known: dict[str, Any]) -> dict[str, Any]:
    """Return what an import inside a function brings: the user's modules as their source."""
    try:
        full = importlib.util.resolve_name("." * level + name, known.get("__package__"))
        module = sys.modules.get(full)
        spec = getattr(module, "__spec__", None) or importlib.util.find_spec(full)
        file = getattr(module, "__file__", None) or (spec.origin if spec else None)
    except Exception:  # it will fail in the task too, if it ever gets there
        return {}
    if not file or not is_users(full) or _is_in_library(file):
        return {} if module is None else {f"global `{full}`": module}
    path = Path(file)
    return {f"module `{full}`": path.read_bytes() if path.is_file() else b""}
