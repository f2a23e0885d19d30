"""LLVM as an assembler: the text of a kernel in, an object file out, through llvmlite.

Nothing here decides what a kernel computes or in which order: the text has its vectors and loops
already. The passes simplify; none of them vectorises, unrolls or contracts. For text that begins
with the comment ``; loops``, the loops of compiled Python, all of LLVM's passes run. For
``; lanes``, loops that the compiler has vectorised itself, they would take half of the time to
compile and find little: loops are turned so that they end with their test, that is all. None
changes the order of a sum.

llvmlite is loaded by the first kernel that neither memory nor disk has: it is large. A kernel that
is on disk should be there in milliseconds, so this module loads next to nothing itself.
"""

from __future__ import annotations

import _thread
import os

TYPE_CHECKING = False  # as of typing, which is not loaded for it
if TYPE_CHECKING:
    from typing import Any

__all__ = ["assemble", "forked", "version", "folder"]

_PASSES = (
    "sroa",
    "simplify_cfg",
    "instruction_combine",
    "new_gvn",
    "dead_store_elimination",
    "aggressive_dce",
    "simplify_cfg",
)
_LANES = (
    "sroa",
    "simplify_cfg",
    "instruction_combine",
    "loop_rotate",
    "new_gvn",
    "simplify_cfg",
)
_LOOPS = 3  # how hard LLVM works on loops
_NO_BRANCHES = "-x86-cmov-converter=false"
_CODE = 2  # how hard LLVM works on registers and order, of 3


def assemble(text: str, triple: str, cpu: str, features: str, readable: bool = False) -> bytes:
    r"""Machine code of a module in LLVM's text form.

    Parameters
    ----------
    text : str
        The module; it need not name its target.
    triple, cpu, features : str
        The machine, in LLVM's words.
    readable : bool
        Return assembly, as UTF-8, instead.

    Returns
    -------
    bytes
        An object file (ELF).

    Raises
    ------
    ImportError
        llvmlite is not there, or does not load.
    RuntimeError
        LLVM refuses the text; with its message.

    Examples
    --------
    >>> assemble("define i32 @one() { ret i32 1 }", "x86_64-unknown-linux-gnu", "x86-64", "")[:4]
    b'\x7fELF'
    """
    with _busy:
        return _assembled(text, triple, cpu, features, readable)


# A process that is forked off while another thread is in LLVM, or loads it, could wait for ever for
# that thread, which did not come along: so whoever forks waits until nobody is at it.
_busy = _thread.RLock()
os.register_at_fork(
    before=_busy.acquire, after_in_parent=_busy.release, after_in_child=_busy.release
)


def _assembled(text: str, triple: str, cpu: str, features: str, readable: bool) -> bytes:
    llvm = _llvm()
    machine = _target(llvm, triple).create_target_machine(
        cpu=cpu, features=features, opt=_CODE, reloc="pic", codemodel="small"
    )
    # A context of its own, so that types and constants go with the module, and threads do not meet.
    module = llvm.parse_assembly(text, llvm.create_context())
    module.triple = triple
    module.data_layout = str(machine.target_data)
    module.verify()
    if text.startswith("; loops"):
        options = llvm.create_pipeline_tuning_options(speed_level=_LOOPS)
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
    else:
        passes = llvm.create_new_function_pass_manager()
        for name in _LANES if text.startswith("; lanes") else _PASSES:
            getattr(passes, f"add_{name}_pass")()
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
        for function in module.functions:
            if not function.is_declaration:
                passes.run(function, builder)
    code = machine.emit_assembly(module).encode() if readable else machine.emit_object(module)
    return bytes(code)


def _llvm() -> Any:
    from llvmlite import binding

    if not _ready:
        if os.uname().machine == "x86_64":
            # A minimum stays without a branch: LLVM guesses that it would be well predicted, and in
            # tables of dynamic programming, where it matters, it is not.
            binding.set_option("abreast", _NO_BRANCHES)
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        _ready.append(True)
    return binding


_ready: list[bool] = []


def _target(llvm: Any, triple: str) -> Any:
    try:
        return llvm.Target.from_triple(triple)
    except RuntimeError:  # not this machine's; LLVM knows more when asked to
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        return llvm.Target.from_triple(triple)


def forked() -> None:
    """In a process that was just forked off: open llvmlite's lock, whose holder did not come along.

    Examples
    --------
    >>> forked()
    """
    import sys

    ffi = sys.modules.get("llvmlite.binding.ffi")
    lock = getattr(getattr(getattr(ffi, "lib", None), "_lock", None), "_lock", None)
    reinit = getattr(lock, "_at_fork_reinit", None)
    if reinit is not None:
        reinit()


def version() -> str:
    """Say what code depends on besides its text: part of the name of what is kept on disk.

    Found without loading llvmlite, whose version says which LLVM is in it.

    Examples
    --------
    >>> version().startswith("llvmlite")
    True
    """
    passes = f"{' '.join(_PASSES)}; {' '.join(_LANES)}"
    return f"llvmlite {_installed()}; {passes}; {_LOOPS} {_CODE} {_NO_BRANCHES}"


def _installed() -> str:
    """Version of llvmlite and size of its library, which tells builds of one version apart."""
    origin = _place("llvmlite")
    if origin is None:
        return "none"
    place = os.path.dirname(origin)
    name, size = "unknown", 0
    try:
        with open(os.path.join(place, "_version.py"), encoding="utf-8") as file:
            for line in file:
                if line.startswith("version_version"):
                    name = line.partition("=")[2].strip().strip("'\"")
        size = os.stat(os.path.join(place, "binding", "libllvmlite.so")).st_size
    except (OSError, ValueError):
        pass
    return f"{name} {size}"


def _place(name: str) -> str | None:
    """File of a module, as `importlib.util` finds it, which would have to be loaded first."""
    import sys

    module = sys.modules.get(name)
    if module is not None:
        return getattr(module, "__file__", None)
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        try:
            found = find(name, None) if find is not None else None
        except (ImportError, ValueError):
            found = None
        if found is not None:
            origin: str | None = found.origin
            return origin
    return None


def folder() -> str | None:
    """Say where compiled kernels are kept for the next process; None: nowhere.

    ``ABREAST_CACHE``, where an empty value means nowhere; else the folder ``abreast`` in
    ``XDG_CACHE_HOME`` or in ``~/.cache``.

    Examples
    --------
    >>> place = folder()
    >>> place is None or os.path.isabs(place)
    True
    """
    named = os.environ.get("ABREAST_CACHE")
    if named is not None:
        return os.path.abspath(os.path.expanduser(named)) if named else None
    usual = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(usual):  # a relative one does not count, says the XDG
        usual = os.path.expanduser("~/.cache")
    return os.path.join(usual, "abreast") if os.path.isabs(usual) else None
