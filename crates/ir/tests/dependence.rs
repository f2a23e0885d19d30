//! Which iterations of a loop meet at an element, and which loops of a nest may be interleaved.

use ir::analysis::{Iterations, iterations, nest};
use ir::{Kernel, Place, Statement};

fn kernel(body: &str) -> Kernel {
    let text = format!(
        "kernel @k(%n: extent, %m: extent, %k: i64, %c: bool, %x: read f64[unit], %y: update f64[unit],
             %z: update f64[any, unit], %w: read i64[unit]) {{
           %zero = const i64 0
           %one = const i64 1
           %two = const i64 2
           %ten = const i64 10
           %v = const f64 1.0
           {body}
         }}"
    );
    text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The first loop of a kernel.
fn first(kernel: &Kernel) -> (Place, &ir::For) {
    let statements = &kernel.block(kernel.body).statements;
    let found = statements.iter().enumerate().find_map(|(position, it)| match it {
        Statement::For(it) => Some((Place::Statement(kernel.body, position), it)),
        _ => None,
    });
    found.unwrap()
}

/// What is known of a loop, in short: the two statements and iterations of a race.
fn known(body: &str) -> String {
    let kernel = kernel(body);
    let text = |place: Place| match place {
        Place::Statement(block, position) => {
            let statement = &kernel.block(block).statements[position];
            let Statement::Store { .. } = statement else { return "load" };
            "store"
        }
        Place::Block(_) => panic!("{place:?}"),
    };
    match iterations(&kernel, first(&kernel).1) {
        Iterations::Independent => "independent".into(),
        Iterations::Unknown => "unknown".into(),
        Iterations::Racing(race) => {
            assert_eq!(race.both_store, text(race.other) == "store");
            let (store, other) = &race.iterations;
            format!("{} {store:?} meets {} {other:?}", text(race.store), text(race.other))
        }
    }
}

#[test]
fn races_are_proved_with_their_iterations() {
    for (body, wanted) in [
        ("store %v, %y[%i]", "independent"),
        ("store %v, %y[%zero]", "store [0] meets store [1]"),
        ("store %v, %y[%k]", "store [0] meets store [1]"),
        ("%a = add %i, %two store %v, %y[%a] store %v, %y[%i]", "store [0] meets store [2]"),
        ("%a = add %i, %one %b = load %y[%a] store %b, %y[%i]", "store [1] meets load [0]"),
        ("%a = sub %i, %one %b = load %y[%a] store %b, %y[%i]", "store [0] meets load [1]"),
        ("%b = load %y[%zero] store %b, %y[%i]", "unknown"),
        ("%a = mul %i, %two %b = add %a, %one store %v, %y[%a] store %v, %y[%b]", "independent"),
        ("%a = mul %i, %k store %v, %y[%a]", "unknown"),
        ("%a = load %w[%i] store %v, %y[%a]", "unknown"),
        ("if %c { store %v, %y[%zero] }", "unknown"),
        // Every iteration writes the same row; each its own column.
        ("for (%j) in (%m) { store %v, %y[%j] }", "store [0] meets store [1]"),
        ("for (%j) in (%m) { store %v, %z[%j, %i] }", "independent"),
        ("for (%j) in (%m) { store %v, %z[%i, %j] }", "independent"),
        // Rows of a triangle.
        ("for (%j) in (%i) { store %v, %y[%j] }", "unknown"),
        ("for (%j) in (%i) { %a = load %z[%j, %j] store %a, %z[%i, %j] }", "unknown"),
        ("%d = load %z[%i, %i] %e = add %d, %v store %e, %z[%i, %zero]", "independent"),
    ] {
        assert_eq!(known(&format!("for (%i) in (%n) {{ {body} }}")), wanted, "{body}");
    }
}

#[test]
fn what_a_loop_does_not_reach_is_no_race() {
    let shifted = |range: &str, by: &str| {
        known(&format!(
            "for (%i) in ({range}) {{ %a = add %i, {by} store %v, %y[%a] store %v, %y[%i] }}"
        ))
    };
    assert_eq!(shifted("%ten", "%two"), "store [0] meets store [2]");
    assert_eq!(shifted("%ten", "%ten"), "independent");
    assert_eq!(shifted("%two", "%two"), "independent");
    // Odd places are not even ones.
    assert_eq!(shifted("%zero..%n step %two", "%one"), "independent");
    assert_eq!(shifted("%zero..%n step %two", "%two"), "store [0] meets store [1]");
    // Beyond the diagonal.
    assert_eq!(
        known("for (%i) in (%one..%n) { %a = load %y[%zero] store %a, %y[%i] }"),
        "independent"
    );
}

#[test]
fn points_of_several_axes_are_told_apart() {
    for (index, wanted) in [
        ("%i, %j", "independent"),
        ("%j, %i", "independent"),
        ("%i, %i", "store [0, 0] meets store [0, 1]"),
        ("%s, %j", "independent"),
        ("%s, %zero", "unknown"),
    ] {
        let body = format!("for (%i, %j) in (%n, %m) {{ %s = add %i, %j store %v, %z[{index}] }}");
        assert_eq!(known(&body), wanted, "{index}");
    }
}

#[test]
fn a_matrix_product_has_two_independent_loops() {
    let kernel = kernel(
        "for (%i) in (%n) { for (%j) in (%m) {
           %s = for (%l) in (%n) carry (%t = %v) { %a = load %x[%l] %b = add %t, %a yield %b }
           store %s, %z[%i, %j] } }",
    );
    let levels = nest(&kernel, first(&kernel).0);
    let independent: Vec<_> = levels.iter().map(|level| level.independent).collect();
    assert_eq!(independent, [true, true, false]);
}
