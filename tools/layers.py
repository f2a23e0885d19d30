"""Check that crates and Python modules import only what `layers.toml` lets them."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

Table = dict[str, Any]


def problems(root: Path) -> list[str]:
    """Return every edge and every crate that breaks a rule, a line each."""
    rules = tomllib.loads((root / "layers.toml").read_text())
    return [*_crates(root, rules["crates"]), *_modules(root, rules["python"])]


# Crates


def _crates(root: Path, rules: Table) -> Iterator[str]:
    levels: Table = rules["level"]
    workspace = tomllib.loads((root / "Cargo.toml").read_text())["workspace"]
    manifests = {path.parent.name: path for path in sorted(root.glob("crates/*/Cargo.toml"))}
    for name in sorted(manifests.keys() ^ levels.keys()):
        yield f"crates/{name}: only one of its Cargo.toml and its line in layers.toml exists"
    for name in manifests.keys() & levels.keys():
        manifest = tomllib.loads(manifests[name].read_text())
        for target, inside in _dependencies(manifest, workspace["dependencies"]):
            if not inside:
                if name not in rules["outside"].get(target, [name]):
                    yield f"crates/{name}: {target} may be used by {rules['outside'][target]} alone"
            elif target not in rules["uses"][name]:
                yield f"crates/{name}: may not depend on {target}, only on {rules['uses'][name]}"
            elif levels.get(target, 0) > levels[name]:
                yield f"crates/{name}: level {levels[name]}, below the level of {target}"
        yield from _unsafe(name, manifest, workspace, name in rules["unsafe"])


def _dependencies(manifest: Table, shared: Table) -> Iterator[tuple[str, bool]]:
    """Name each dependency, with whether it is a crate of this workspace (then by its folder)."""
    for table in (manifest, *manifest.get("target", {}).values()):
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            for key, value in table.get(kind, {}).items():
                inherited = isinstance(value, dict) and value.get("workspace")
                spec = shared[key] if inherited else value
                spec = spec if isinstance(spec, dict) else {}
                path = spec.get("path")
                yield (Path(path).name, True) if path else (spec.get("package", key), False)


def _unsafe(name: str, manifest: Table, workspace: Table, room: bool) -> Iterator[str]:
    """Check that the compiler is told to refuse unsafe code, or each block without its argument.

    The lint is a better reader of Rust than any search for the word, and `forbid` cannot be lifted
    further down in the crate.
    """
    lints = manifest.get("lints", {})
    lints = workspace.get("lints", {}) if lints.get("workspace") else lints
    rust, clippy = lints.get("rust", {}), lints.get("clippy", {})
    if not room and rust.get("unsafe_code") != "forbid":
        yield f"crates/{name}: must forbid unsafe_code: it is not listed as a room for it"
    if room and rust.get("unsafe_op_in_unsafe_fn") != "deny":
        yield f"crates/{name}: a room for unsafe must deny unsafe_op_in_unsafe_fn"
    if room and clippy.get("undocumented_unsafe_blocks") != "deny":
        yield f"crates/{name}: a room for unsafe must deny clippy's undocumented_unsafe_blocks"


# Python modules


def _modules(root: Path, rules: Table) -> Iterator[str]:
    levels = {name: level for level, names in enumerate(rules["levels"]) for name in names}
    python = root / "python"
    paths = {_name(path, python): path for path in sorted(python.glob("abreast/**/*.py"))}
    # The extension module is known by its stub.
    known = paths.keys() | {_name(path, python) for path in python.glob("abreast/**/*.pyi")}
    graph: dict[str, set[str]] = {}
    for module, path in paths.items():
        place = path.relative_to(root)
        level = _level(module, levels)
        if level is None:
            yield f"{place}: {module} has no level in layers.toml"
            continue
        package = module if path.stem == "__init__" else module.rpartition(".")[0]
        for line, target in _imports(path, package, known):
            top = target.partition(".")[0]
            if top != "abreast":
                allowed = rules["outside"].get(top)
                if allowed is not None and not any(_covers(it, module) for it in allowed):
                    yield f"{place}:{line}: import {top} inside the function that needs it"
                continue
            lower = _level(target, levels)
            if lower is not None and lower > level:
                yield (
                    f"{place}:{line}: {module} (level {level})"
                    f" may not import {target} (level {lower})"
                )
            graph.setdefault(module, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"python: modules import each other in a circle: {' <- '.join(error.args[1])}"


def _name(path: Path, python: Path) -> str:
    parts = path.relative_to(python).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _covers(name: str, module: str) -> bool:
    """Whether a name in layers.toml speaks of the module: as itself or as one it contains."""
    # The package itself would contain everything, and hide the modules nobody gave a level.
    return module == name or (name != "abreast" and module.startswith(f"{name}."))


def _level(module: str, levels: dict[str, int]) -> int | None:
    """Level of the longest name that covers the module."""
    covering = [name for name in levels if _covers(name, module)]
    return levels[max(covering, key=len)] if covering else None


def _imports(path: Path, package: str, known: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Name the modules that importing this file imports, with the line of each."""
    for node in _executed(ast.parse(path.read_text(), path).body):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the package itself, each further dot one package up.
            parts = package.split(".")
            parts = parts[: len(parts) - node.level + 1] if node.level else []
            source = ".".join([*parts, node.module] if node.module else parts)
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield node.lineno, inner if inner in known else source


def _executed(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the statements an import runs: none in functions, none for type checkers alone."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from _executed(node.orelse)
            continue
        yield node
        inner = (ast.stmt, ast.excepthandler, ast.match_case)
        yield from _executed(it for it in ast.iter_child_nodes(node) if isinstance(it, inner))
