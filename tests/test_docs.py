"""What the documentation shows is true: blocks run, examples hold, links lead somewhere."""

import doctest
import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

import abreast as ab

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "python" / "abreast"
LIMIT = 100  # seconds for all blocks of a file; below pytest's own, which says less

FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
NOT_RUN = re.compile(r"<!-- not run: \S.* -->")
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+(?:\([^()\s]*\))?)[^()]*\)")

# Runs the blocks of one file as the cells of a notebook run: in a `__main__` of their own.
RUNNER = """
import contextlib, io, json, linecache, sys, types
name, blocks, answer, apart = json.load(sys.stdin)
module = sys.modules["__main__"] = types.ModuleType("__main__")
for block in blocks:
    if apart:
        module = sys.modules["__main__"] = types.ModuleType("__main__")
    code = "\\n" * block["line"] + block["code"]  # so that tracebacks name the file's own lines
    linecache.cache[name] = len(code), None, code.splitlines(keepends=True), name
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name, "exec"), module.__dict__)
    if block["shown"] is not None and printed.getvalue().rstrip() != block["shown"].rstrip():
        sys.exit(
            f"{name}:{block['line']}: printed\\n{printed.getvalue().rstrip()}\\n"
            f"and the text block after it says\\n{block['shown'].rstrip()}"
        )
open(answer, "w").write("all blocks ran")
"""


@dataclass
class Block:
    """A fenced block of a Markdown file."""

    line: int  # of the opening fence
    language: str
    code: str = ""
    before: str = ""  # the nearest line above that is not empty
    shown: str | None = None  # what the text block right after it says
    words: list[str] = field(default_factory=list)


def blocks_of(text: str) -> list[Block]:
    """Return the fenced blocks of a Markdown text, in order."""
    found: list[Block] = []
    fence, indent, before = "", 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        match = FENCE.match(line)
        if fence:
            if match and match[2].startswith(fence) and not match[3].strip():
                fence, before = "", "(a block)"
                continue
            blank = line[:indent].isspace() or not indent
            found[-1].code += (line[indent:] if blank else line) + "\n"
        elif match:
            fence, indent = match[2], len(match[1])
            language, *words = match[3].split() or [""]
            if language == "text" and before == "(a block)" and found[-1].language == "python":
                found[-1].shown = ""
            found.append(Block(number, language, before=before, words=words))
        elif line.strip():
            before = line.strip()
    assert not fence, f"the block that starts at line {found[-1].line} does not end"
    for block, after in pairwise(found):
        if block.shown is not None:
            block.shown = after.code
    return found


def markdown_files() -> list[Path]:
    """Return every Markdown file that people wrote."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name[0] not in "._" and name != "target"]
        found += [Path(folder, name) for name in names if name.endswith(".md")]
    return sorted(found)


DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
WITH_BLOCKS = [path for path in DOCUMENTS if "```python" in path.read_text()]


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def refused(block: Block) -> str | None:
    """Say what is wrong with a block that is not to run; None for all others."""
    if block.language != "python" or not block.words:
        return None
    if block.words != ["no-run"]:
        return f"```python {' '.join(block.words)}: only no-run may follow"
    if not NOT_RUN.fullmatch(block.before):
        return "```python no-run needs the line <!-- not run: reason --> above it"
    return None


def run_blocks(name: str, blocks: list[Block], folder: Path, *, apart: bool = False) -> str:
    """Run the Python blocks in a fresh interpreter; answer what went wrong, or nothing.

    `apart`: none sees what those before it have defined.
    """
    answer = folder / "answer"
    wanted = [asdict(it) for it in blocks if it.language == "python" and not it.words]
    environment = {key: it for key, it in os.environ.items() if not key.startswith("ABREAST_")}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", RUNNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment,
        text=True,
    )
    try:
        given = json.dumps([name, wanted, str(answer), apart])
        output, _ = process.communicate(given, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        where = "the interpreter did not leave" if answer.exists() else "a block did not end"
        process.kill()
        output, _ = process.communicate()
        return f"{name}: {where} within {LIMIT} s\n{output}"
    return "" if process.returncode == 0 and answer.exists() else output or "it printed nothing"


@pytest.mark.parametrize("path", WITH_BLOCKS, ids=label)
def test_blocks_run(path: Path, tmp_path: Path) -> None:
    blocks = blocks_of(path.read_text())
    problems = [f"{label(path)}:{it.line}: {refused(it)}" for it in blocks if refused(it)]
    assert not problems, "\n".join(problems)
    # Who reads the README tries what is of interest, and that alone.
    failure = run_blocks(label(path), blocks, tmp_path, apart=path.name == "README.md")
    assert not failure, failure


def test_the_readme_has_blocks() -> None:
    assert ROOT / "README.md" in WITH_BLOCKS


def test_this_file_finds_blocks_that_build_on_others(tmp_path: Path) -> None:
    blocks = blocks_of("```python\nx = 1\n```\n```python\nprint(x)\n```\n")
    assert not run_blocks("page.md", blocks, tmp_path)
    (tmp_path / "answer").unlink()
    assert "name 'x' is not defined" in run_blocks("page.md", blocks, tmp_path, apart=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```python\nprint(1)\n```\n\n```text\n1\n```\n", ""),
        ("```python\nx = 1\n```\nprose\n```python\nprint(x)\n```\n```text\n1\n```\n", ""),
        ("```python\nprint(1)\n```\nprose\n```text\n2\n```\n", ""),
        ("```python\nprint(1)\n```\n```text\n2\n```\n", "page.md:1: printed\n1\nand the text"),
        ("\n```python\n\n1 / 0\n```\n", 'File "page.md", line 4'),
        ("<!-- not run: needs a cluster -->\n```python no-run\n1 / 0\n```\n", ""),
    ],
)
def test_this_file_finds_untrue_blocks(text: str, expected: str, tmp_path: Path) -> None:
    failure = run_blocks("page.md", blocks_of(text), tmp_path)
    assert expected in failure
    assert bool(expected) == bool(failure), failure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```python no-run\n```\n", "```python no-run needs the line <!-- not run: reason -->"),
        ("<!-- not run:  -->\n```python no-run\n```\n", "```python no-run needs the line"),
        ("```python later\n```\n", "```python later: only no-run may follow"),
    ],
)
def test_a_block_that_does_not_run_says_why(text: str, expected: str) -> None:
    (block,) = blocks_of(text)
    assert (refused(block) or "").startswith(expected)


def module_names() -> list[str]:
    """Return all modules of the package that show examples."""
    found = []
    for path in sorted(PACKAGE.glob("**/*.py")):
        if ">>>" in path.read_text():
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


@pytest.mark.parametrize("name", module_names())
def test_examples_hold(name: str) -> None:
    # In an interpreter of its own: examples set the plan of their process.
    program = (
        "import doctest, importlib, sys; module = importlib.import_module(sys.argv[1]);"
        "failed, tried = doctest.testmod(module); sys.exit(bool(failed) or not tried)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stdout or "no example was found"


def lacking() -> Iterator[str]:
    """Say which public name lacks a docstring or an example."""
    for name in ab.__all__:
        value = getattr(ab, name)
        if not (inspect.isroutine(value) or inspect.isclass(value)):
            continue
        text = inspect.getdoc(value) or ""
        if not text or (inspect.isclass(value) and "__doc__" not in vars(value)):
            yield f"{name} has no docstring"
        elif inspect.isclass(value) and issubclass(value, BaseException):
            continue
        elif "\nExamples\n--------\n" not in text:
            yield f"{name} has no section Examples"
        elif not doctest.DocTestParser().get_examples(text.partition("\nExamples\n")[2]):
            yield f"{name} has no example under Examples"


def test_every_public_name_is_explained() -> None:
    assert list(lacking()) == []
    names = [getattr(ab, name) for name in ab.__all__ if name != "__version__"]
    modules = {getattr(each, "__module__", each.__name__) for each in names}
    assert not [name for name in modules if not importlib.import_module(name).__doc__]


def links_of(text: str) -> Iterator[str]:
    """Yield the targets of links, those inside code left out."""
    blocks = [range(it.line, it.line + it.code.count("\n") + 2) for it in blocks_of(text)]
    code = {number for block in blocks for number in block}
    for number, line in enumerate(text.splitlines(), 1):
        if number not in code:
            yield from (match[1] for match in LINK.finditer(re.sub(r"`[^`]*`", "", line)))


@pytest.mark.parametrize("path", markdown_files(), ids=label)
def test_links_lead_somewhere(path: Path) -> None:
    dead = []
    for target in links_of(path.read_text()):
        file, _, _ = target.partition("#")
        if file and not re.match(r"[a-z][a-z+.-]*:", file) and not (path.parent / file).exists():
            dead.append(target)
    assert not dead, f"{label(path)} links to what is not there: {', '.join(dead)}"


def test_the_variables_of_workers_are_all_listed() -> None:
    from abreast.backends.native import VARIABLES

    page = (ROOT / "docs" / "reference" / "environment.md").read_text()
    _, _, listed = page.partition("## Set in worker processes")
    assert tuple(re.findall(r"^\| `(\w+)` \|", listed, re.MULTILINE)) == VARIABLES
