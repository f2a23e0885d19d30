//! The text form: what is written reads back, and what is wrong is pointed at.

use ir::Kernel;

const EVERYTHING: &str = "\
kernel @everything(%n: extent, %x: read f32[any, unit], %y: write f32[], %c: c64) {
  table $0 f64 [0.5, -0.0]
  table $1 i8 [1]
  %0 = const i64 7
  %1 = const f32 0x7fc00001
  %2 = const c64 (1.0, -inf)
  %3 = mul %c, %2
  %4 = const bool true
  for parallel (%i, %5) in (%n, %0..%n step %0) {
    %6 = load %x[%i, %5]
    %7 = cast %6 to i32
    %8 = bitcast %7 to f32
    %9 = lookup $0[%7]
    store %8, %y[]
  }
  %10, %11, %12 = reduce add, argmax (%k) in (%n) empty (%1, %1, %0) {
    %13 = load %x[%k, %k]
    %14 = fma %13, %13, %13
    yield %13, %14
  }
  %15 = for (%16) in (%n) carry (%sum = %10) {
    %17 = add %sum, %sum
    yield %17
  }
  for lanes (%j) in (%n) {
  }
  %18 = if %4 {
    yield %15
  } else {
    yield %10
  }
  if %4 {
    check %4, -3
  }
  %19 = while carry (%m = %n) {
    %20 = lt %m, %0
    yield %20
  } do {
    %21 = add %m, %m
    yield %21
  }
  while {
    yield %4
  } do {
  }
}
";

#[test]
fn every_statement_reads_back() {
    let kernel: Kernel = EVERYTHING.parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(kernel.to_string(), EVERYTHING);
    assert_eq!(kernel.renumbered(), kernel);
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let body = |line: &str| format!("kernel @k(%n: extent, %x: read f32[unit]) {{\n  {line}\n}}\n");
    let cases = [
        ("%0 = add %n, %q", 16, "no value is named %q"),
        ("%0 = add %n, %x", 16, "no value is named %x: it is a buffer"),
        ("%0 = plus %n, %n", 8, "no statement or op is named plus"),
        ("%0 = const i8 128", 17, "128 is no i8"),
        ("%0 = const c64 (1.0, 2.0", 1, "`,` or `)` is wanted, not `}`"),
        ("%n = const i8 1", 3, "%n is defined already"),
        ("%x = const i8 1", 3, "%x is defined already"),
        ("%0x = const i8 1", 3, "%0x is no name: it begins with a digit"),
        ("%0, %1 = const i8 1", 12, "const has one result"),
        ("const i8 1", 3, "const has one result"),
        ("%0 = store %n, %x[%n]", 8, "store has no results"),
        ("%0 = load %n[%n]", 13, "no buffer is named %n"),
        ("%0 = lookup $0[%n]", 15, "no table is named $0"),
        (
            "%0 = const real 1",
            14,
            "a type (bool i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 c64 c128) is wanted, not `real`",
        ),
        ("check %n, 1.5", 13, "an integer is wanted, not `1.5`"),
        ("for (%i, %j) in (%n) {}", 24, "2 indices for 1 ranges"),
        ("%0 = for (%i) in (%n) {}", 3, "1 names for 0 results"),
        ("for (%i) in (%n) {", 1, "a statement is wanted"),
        (
            "reduce sum (%i) in (%n) {}",
            10,
            "a combiner (add mul min max and or xor argmin argmax moments) is wanted, not `sum`",
        ),
        ("42", 3, "a statement is wanted"),
        ("%0 = ;", 8, "';' has no meaning here"),
        // Types, of the parser and of the verifier.
        ("%0 = sqrt %n", 8, "sqrt of (i64): it takes one operand of f16 f32 f64"),
        ("%0 = load %x[%n, %n]", 3, "2 indices for a buffer of rank 1"),
        ("if %n {}", 3, "the condition %n is i64, not bool"),
    ];
    for (line, column, message) in cases {
        let error = body(line).parse::<Kernel>().unwrap_err();
        assert_eq!((error.message(), error.column()), (message, column), "{line}\n{error}");
        assert!((2..=4).contains(&error.line()), "{error}");
    }
}

#[test]
fn an_error_shows_the_line_and_a_caret() {
    let text = "kernel @k(%n: extent) {\n  %0 = add %n, %q\n}";
    assert_eq!(
        text.parse::<Kernel>().unwrap_err().to_string(),
        "line 2, column 16: no value is named %q\n    %0 = add %n, %q\n                 ^"
    );
    let error = "".parse::<Kernel>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 1: `kernel` is wanted, not the end of the text\n  \n  ^"
    );
}

#[test]
fn no_depth_breaks_the_parser() {
    for depth in [10, 200, 201, 100_000] {
        let text = format!(
            "kernel @deep(%c: bool) {{\n{}{}}}",
            "if %c {\n".repeat(depth),
            "}\n".repeat(depth)
        );
        let parsed = text.parse::<Kernel>();
        if depth <= ir::DEEPEST {
            let kernel = parsed.unwrap();
            assert_eq!(kernel.to_string().parse::<Kernel>().unwrap(), kernel);
        } else {
            let error = parsed.unwrap_err();
            assert_eq!(error.message(), "statements stand more than 200 deep inside each other");
        }
    }
}
