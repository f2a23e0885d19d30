//! No input makes the front end panic: programs with parts taken out, doubled and exchanged.

use std::collections::HashMap;
use std::sync::Arc;

use ir::Stride;
use memory::DType;
use proptest::prelude::*;
use source::{ArgumentType, ArrayType, Constant, Options, Site, Unit, specialise};

const PROGRAMS: &[&str] = &[
    "def f(a, n):\n    s = 0\n    for i in range(n):\n        if a[i] < 0:\n            continue\n        \
     elif a[i] > 9:\n            break\n        s += a[i] * 2\n    else:\n        s = -1\n    return s, n\n",
    "def f(a, n):\n    for i in prange(len(a)):\n        t = 0.0\n        for j in range(0, n, 2):\n            \
     t = t + a[i] ** j % 3\n        a[i] = t\n    while n > 0 and not n == 3:\n        n //= 2\n    assert n, 'no'\n    \
     return a\n",
    "def f(a, n):\n    x, (y, z) = n, (1, 2.5)\n    b = a[1:-1:2]\n    for k, v in enumerate(zip(b, (1, 2))):\n        \
     x += v[0] if k < 3 <= n else abs(-y)\n    if (w := x) > 2:\n        raise ValueError('w')\n    return w, z\n",
    "def f(a, n):\n    c = 2j\n    for x in reversed(a):\n        c = c * x + complex(n, 1)\n    return c.real, min(n, 3), \
     a.shape[0], a[..., None].ndim\n",
];

fn compile(text: &str) {
    let site = Site { name: "f".into(), line: 1, body: None };
    let Ok(unit) = Unit::find("program.py", text, &site) else { return };
    let names: HashMap<String, Constant> = unit
        .outside()
        .into_iter()
        .map(|name| {
            let home = if name == "prange" { "abreast" } else { "builtins" };
            let constant = match name.as_str() {
                "ValueError" => Constant::Exception(name.clone()),
                _ => Constant::Named(format!("{home}.{name}")),
            };
            (name, constant)
        })
        .collect();
    let unit = Arc::new(unit.with_names(names));
    for weak in [true, false] {
        let array = ArrayType { dtype: DType::F64, strides: vec![Stride::Any], writable: true };
        let number = ArgumentType::Number { dtype: DType::I64, weak };
        let arguments = [ArgumentType::Array(array), number];
        match specialise(&unit, &arguments, &[], &Options::default()) {
            Ok(made) => {
                let again: ir::Kernel = made.kernel.to_string().parse().expect("a kernel's text");
                ir::verify(&again).expect("a kernel");
            }
            // What is refused is what the function says, never what the compiler did wrong.
            Err(refusal) => assert!(!refusal.message.contains("none: "), "{refusal}\n{text}"),
        }
    }
}

#[test]
fn the_programs_themselves_are_compiled() {
    for text in PROGRAMS {
        compile(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_makes_it_panic(
        which in 0..PROGRAMS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<prop::sample::Index>()), 1..4),
    ) {
        let mut words: Vec<String> = Vec::new();
        for line in PROGRAMS[which].split_inclusive('\n') {
            let indent = line.len() - line.trim_start().len();
            words.push(line[..indent].to_owned());
            words.extend(line[indent..].split_inclusive([' ', '(', ')', '[', ']', ',', ':']).map(str::to_owned));
        }
        for (at, what, other) in changes {
            let (at, other) = (at.index(words.len()), other.index(words.len()));
            match what {
                0 => { words.remove(at); }
                1 => { let word = words[at].clone(); words.insert(other, word); }
                2 => words.swap(at, other),
                _ => words[at] = words[other].clone(),
            }
            if words.is_empty() { return Ok(()); }
        }
        compile(&words.concat());
    }

    #[test]
    fn no_text_makes_it_panic(text in "(def f\\(a, n\\):\n    )?[a-z0-9 =+*\\[\\]().:\n]{0,80}") {
        compile(&text);
    }
}
