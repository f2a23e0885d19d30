"""Assemble `golden/*.ll` for the tests of this crate: `python crates/devices/golden/make.py`.

The objects are for any x86-64 machine, and those of aarch64 for any of that kind, so that the tests
need neither Python nor LLVM. Made with llvmlite 0.50 (LLVM 22).
"""

from pathlib import Path

from llvmlite import binding

HERE = Path(__file__).parent
TARGETS = {"x86_64": ("x86-64", ""), "aarch64": ("generic", "")}

binding.initialize_all_targets()
binding.initialize_all_asmprinters()
for architecture, (cpu, features) in TARGETS.items():
    triple = f"{architecture}-unknown-linux-gnu"
    target = binding.Target.from_triple(triple)
    settings = {"opt": 2, "reloc": "pic", "codemodel": "small"}
    machine = target.create_target_machine(cpu=cpu, features=features, **settings)
    for path in sorted(HERE.glob("*.ll")):
        module = binding.parse_assembly(f'target triple = "{triple}"\n{path.read_text()}')
        module.verify()
        path.with_suffix(f".{architecture}.o").write_bytes(machine.emit_object(module))
