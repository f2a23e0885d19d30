//! How often a nest is written: code that grows with the rows and vectors of a tile takes long to compile.

/// Squares of the distances of all pairs of rows.
const PAIRS: &str =
    "kernel @k(%n: extent, %m: extent, %x: read f64[any, unit], %y: update f64[any, unit]) {
      %zero = const f64 0.0
      for (%i) in (%n) { for (%j) in (%n) {
        %s = for (%k) in (%m) carry (%t = %zero) {
          %a = load %x[%i, %k] %b = load %x[%j, %k]
          %d = sub %a, %b %p = mul %d, %d %u = add %t, %p yield %u
        }
        store %s, %y[%i, %j] } } }";

/// Lines that hold a word.
fn count(text: &str, word: &str) -> usize {
    text.lines().filter(|line| line.contains(word)).count()
}

#[test]
fn rows_are_turned_once_for_all_that_look_at_them() {
    let kernel: ir::Kernel = PAIRS.parse().expect("a kernel");
    let kernel = compiler::improve(&kernel);
    for (vector, lanes) in [(64, 8usize), (32, 4)] {
        let text = compiler::compile(&kernel, vector).expect("nothing unusual").text;
        // A square of so many lanes takes as many shuffles a step, and as many to have its halves side by side.
        let square = lanes * (lanes.ilog2() as usize + 1);
        let turned = count(&text, "shufflevector") - count(&text, "zeroinitializer");
        assert!(turned > 0, "no rows are turned");
        assert!(turned <= 4 * square, "{turned} shuffles for {vector} bytes");
        assert!(text.len() < 160_000, "{} bytes of text", text.len());
    }
}

#[test]
fn copies_compute_what_they_share_once() {
    let kernel: ir::Kernel = PAIRS.parse().expect("a kernel");
    let text = compiler::compile(&compiler::improve(&kernel), 64).expect("nothing unusual").text;
    let mut known = std::collections::HashSet::new();
    let mut addresses = 0;
    for line in text.lines() {
        if line.ends_with(':') {
            known.clear();
        } else if let Some((_, computed)) = line.split_once(" = getelementptr ") {
            assert!(known.insert(computed), "computed twice: {computed}");
            addresses += 1;
        }
    }
    assert!(addresses > 16, "{addresses} addresses");
}
