//! Which loops are marked as independent, and which must not be.

mod written;

use ir::Statement;
use written::{expanded, improved};

/// Which loops of a kernel of plain stores are marked, by the names of their indices.
fn marked(text: &str) -> Vec<String> {
    let kernel = improved(&expanded(text));
    let mut names = Vec::new();
    for block in &kernel.blocks {
        for statement in &block.statements {
            if let Statement::For(it) = statement
                && it.lanes
            {
                let index = kernel.block(it.body).arguments[0];
                names.push(kernel.values[index.index()].name.clone().unwrap_or_default());
            }
        }
    }
    names.sort();
    names
}

#[test]
fn independent_loops_are_marked() {
    // out[j, i] = x[i, j] * c
    let transpose =
        "kernel @k(%n: extent, %m: extent, %x: read f64[any, unit], %y: update f64[any, unit]) {
      for (%i) in (%n) { for (%j) in (%m) { %a = load %x[%i, %j] store %a, %y[%j, %i] } } }";
    assert_eq!(marked(transpose), ["i", "j"]);
    // y[i] = a * x[i] + y[i]
    let saxpy = "kernel @k(%n: extent, %c: f64, %x: read f64[unit], %y: update f64[unit]) {
      for (%i) in (%n) {
        %a = load %x[%i] %b = load %y[%i] %p = mul %a, %c %s = add %p, %b store %s, %y[%i] } }";
    assert_eq!(marked(saxpy), ["i"]);
    // Colours of a picture lie beside each other: y[3 * i + c]
    let colours = "kernel @k(%n: extent, %y: update f64[unit]) {
      %three = const i64 3 %one = const i64 1 %v = const f64 0.0
      for (%i) in (%n) {
        %a = mul %i, %three %b = add %a, %one %c = add %b, %one
        store %v, %y[%a] store %v, %y[%b] store %v, %y[%c] } }";
    assert_eq!(marked(colours), ["i"]);
    // Red and black points: stores at even places read odd ones.
    let red = "kernel @k(%n: extent, %y: update f64[unit]) {
      %two = const i64 2 %one = const i64 1
      for (%i) in (%n) { %a = mul %i, %two %b = add %a, %one %v = load %y[%b] store %v, %y[%a] } }";
    assert_eq!(marked(red), ["i"]);
    // Mandelbrot: each pixel has a loop of its own length.
    let mandelbrot = "kernel @k(%n: extent, %m: extent, %y: update i64[any, unit]) {
      %four = const f64 4.0 %zero = const i64 0 %one = const i64 1
      for (%i) in (%n) { for (%j) in (%m) {
        %cr = cast %i to f64 %ci = cast %j to f64
        %count, %last = while carry (%t = %zero, %z = %cr) {
          %s = mul %z, %z %small = lt %s, %four yield %small
        } do { %more = add %t, %one %next = add %s, %ci yield %more, %next }
        store %count, %y[%i, %j] } } }";
    assert_eq!(marked(mandelbrot), ["i", "j"]);
    // Cholesky by hand: rows below the diagonal are independent, though they read the diagonal's row.
    let cholesky = "kernel @k(%n: extent, %a: read f64[any, unit], %l: update f64[any, unit]) {
      %one = const i64 1 %zero = const f64 0.0
      for (%j) in (%n) {
        %d = for (%k) in (%j) carry (%s = %zero) {
          %v = load %l[%j, %k] %p = mul %v, %v %t = add %s, %p yield %t }
        %dd = load %a[%j, %j] %rest = sub %dd, %d %root = sqrt %rest store %root, %l[%j, %j]
        %below = add %j, %one
        for (%i) in (%below..%n) {
          %e = for (%m) in (%j) carry (%u = %zero) {
            %v1 = load %l[%i, %m] %v2 = load %l[%j, %m] %p1 = mul %v1, %v2 %t1 = add %u, %p1 yield %t1 }
          %g = load %a[%i, %j] %h = sub %g, %e %f = load %l[%j, %j] %q = div %h, %f
          store %q, %l[%i, %j]
        }
      } }";
    assert_eq!(marked(cholesky), ["i"]);
    // Two axes in one loop.
    let both = "kernel @k(%n: extent, %y: update f64[any, unit]) {
      %v = const f64 0.0
      for (%i, %j) in (%n, %n) { %s = add %i, %j store %v, %y[%s, %j] } }";
    assert_eq!(marked(both), ["i"]);
}

#[test]
fn dependent_loops_are_not_marked() {
    let cases = [
        // Gauss-Seidel
        "%a = sub %i, %one %v = load %y[%a] store %v, %y[%i]",
        // Prefix sums
        "%a = add %i, %one %v = load %y[%i] store %v, %y[%a]",
        // One place for all
        "%v = load %x[%i] store %v, %y[%one]",
        "%v = load %y[%one] store %v, %y[%i]",
        // By a distance that only the caller knows
        "%a = add %i, %k %v = load %y[%a] store %v, %y[%i]",
        "%a = mul %i, %k %v = load %x[%i] store %v, %y[%a]",
        // Where the data says
        "%a = load %w[%i] %v = load %x[%i] store %v, %y[%a]",
        // Two iterations meet in the middle
        "%a = sub %n, %i %v = load %y[%a] store %v, %y[%i]",
        // Quotients and products repeat
        "%a = div %i, %two %v = load %x[%i] store %v, %y[%a]",
        "%a = mul %i, %i %v = load %x[%i] store %v, %y[%a]",
    ];
    for case in cases {
        let text = format!(
            "kernel @k(%n: extent, %k: i64, %x: read f64[unit], %y: update f64[unit], %w: read i64[unit]) {{
              %one = const i64 1
              %two = const i64 2
              for (%i) in (%one..%n) {{ {case} }}
            }}"
        );
        assert_eq!(marked(&text), [""; 0], "{case}");
    }
    let overlapping =
        "kernel overlapping @k(%n: extent, %x: read f64[unit], %y: update f64[unit]) {
      for (%i) in (%n) { %v = load %x[%i] store %v, %y[%i] } }";
    assert_eq!(marked(overlapping), [""; 0]);
    let broadcast = "kernel @k(%n: extent, %x: read f64[unit], %y: update f64[zero]) {
      for (%i) in (%n) { %v = load %x[%i] store %v, %y[%i] } }";
    assert_eq!(marked(broadcast), [""; 0]);
}
