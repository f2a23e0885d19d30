//! Kernels as people write them, improved.

use ir::Kernel;

/// A kernel after all passes.
pub(crate) fn improved(text: &str) -> Kernel {
    let kernel: Kernel = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let better = compiler::improve(&kernel);
    ir::verify(&better).unwrap_or_else(|error| panic!("{error}\n{better}"));
    better
}

/// An index into an axis as compiled Python has it: `@index i n w 7` defines `%w`.
pub(crate) fn expanded(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let Some((_, rest)) = line.split_once("@index ") else {
            lines.push(line.to_string());
            continue;
        };
        let words: Vec<_> = rest.split_whitespace().collect();
        let [i, n, w, code] = words[..] else { panic!("{line}") };
        lines.push(format!(
            "%{w}z = const i64 0
             %{w}neg = lt %{i}, %{w}z
             %{w}sum = add %{i}, %{n}
             %{w} = select %{w}neg, %{w}sum, %{i}
             %{w}a = ge %{w}, %{w}z
             %{w}b = lt %{w}, %{n}
             %{w}ok = and %{w}a, %{w}b
             check %{w}ok, {code}"
        ));
    }
    lines.join("\n")
}
