//! Which indices are affine, and that the form found has the value that the ops compute.

use ir::analysis::{Affine, Indices};
use ir::{BlockId, Builder, Kernel, Op, Statement, Value, evaluate};
use memory::{DType, Scalar};
use proptest::prelude::*;

/// The value with a name.
fn named(kernel: &Kernel, name: &str) -> Value {
    let of_its_own = kernel.values.iter().position(|it| it.name.as_deref() == Some(name));
    if let Some(position) = of_its_own {
        return Value::new(position);
    }
    let parameter = kernel.parameters.iter().find(|it| it.name == name).expect(name);
    match parameter.kind {
        ir::ParameterKind::Extent(value) | ir::ParameterKind::Scalar(value) => value,
        ir::ParameterKind::Buffer(_) => panic!("{name} is a buffer"),
    }
}

/// The block that defines a value as its argument.
fn block_of(kernel: &Kernel, argument: Value) -> BlockId {
    let found = kernel.blocks.iter().position(|block| block.arguments.contains(&argument));
    BlockId::new(found.unwrap())
}

/// `3*i + n*j + n`, in the order of the numbers of values.
fn text(kernel: &Kernel, form: &Affine) -> String {
    let name = |value: Value| {
        let own = kernel.values[value.index()].name.clone();
        own.unwrap_or_else(|| {
            let is_it = |it: &&ir::Parameter| match it.kind {
                ir::ParameterKind::Extent(other) | ir::ParameterKind::Scalar(other) => {
                    other == value
                }
                ir::ParameterKind::Buffer(_) => false,
            };
            kernel.parameters.iter().find(is_it).map_or("?".into(), |it| it.name.clone())
        })
    };
    let mut parts = Vec::new();
    let axes = form.steps.iter().map(|(axis, step)| (Some(*axis), step));
    for (axis, polynomial) in axes.chain([(None, &form.offset)]) {
        for (symbols, factor) in polynomial.terms() {
            let mut factors: Vec<_> = symbols.iter().copied().chain(axis).map(name).collect();
            if factor != 1 || factors.is_empty() {
                factors.insert(0, factor.to_string());
            }
            parts.push(factors.join("*"));
        }
    }
    if parts.is_empty() { "0".into() } else { parts.join(" + ") }
}

const KERNEL: &str = "kernel @k(%n: extent, %m: extent, %x: read i64[any], %s: i64, %f: f64) {
  %two = const i64 2
  %nm = mul %n, %m
  %outside = load %x[%n]
  for parallel (%i, %j) in (%n, %m) {
    %row = mul %i, %m
    %flat = add %row, %j
    %even = mul %flat, %two
    %back = sub %n, %i
    %shifted = shl %i, %two
    %moved = add %shifted, %outside
    %square = square %i
    %product = mul %i, %j
    %gathered = load %x[%i]
    %mixed = add %gathered, %i
    %half = floor_div %i, %two
    %none = sub %i, %i
    %still = mul %nm, %s
    %float = cast %f to i64
    %total = for (%k) in (%n) carry (%sum = %i) {
      %inner = mul %k, %nm
      %deep = add %inner, %flat
      %next = add %sum, %k
      %used = mul %product, %half
      %also = mul %mixed, %gathered
      yield %next
    }
  }
}";

#[test]
fn forms_are_found() {
    let kernel: Kernel = KERNEL.parse().unwrap_or_else(|error| panic!("{error}"));
    let seen = Indices::seen_from(&kernel, block_of(&kernel, named(&kernel, "i")));
    for (name, expected) in [
        ("i", "i"),
        ("n", "n"),
        ("two", "2"),
        ("nm", "n*m"),
        ("row", "m*i"),
        ("flat", "m*i + j"),
        ("even", "2*m*i + 2*j"),
        ("back", "-1*i + n"),
        ("shifted", "4*i"),
        ("moved", "4*i + outside"),
        ("none", "0"),
        ("still", "n*m*s"),
        ("k", "k"),
        ("deep", "m*i + j + n*m*k"),
    ] {
        let form = seen.affine(named(&kernel, name));
        assert_eq!(form.map(|form| text(&kernel, form)).as_deref(), Some(expected), "{name}");
    }
    for name in
        ["square", "product", "gathered", "mixed", "half", "float", "total", "sum", "next", "f"]
    {
        assert_eq!(seen.affine(named(&kernel, name)), None, "{name}");
    }
}

#[test]
fn what_is_outside_stands_still() {
    let kernel: Kernel = KERNEL.parse().unwrap();
    let seen = Indices::seen_from(&kernel, block_of(&kernel, named(&kernel, "k")));
    for (name, expected) in [
        ("deep", "n*m*k + m*i + j"),
        ("i", "i"),
        ("product", "i*j"),
        ("gathered", "gathered"),
        ("mixed", "i + gathered"),
        ("half", "half"),
    ] {
        let form = seen.affine(named(&kernel, name)).unwrap_or_else(|| panic!("{name}"));
        let mut found: Vec<_> = text(&kernel, form).split(" + ").map(str::to_owned).collect();
        let mut expected: Vec<_> = expected.split(" + ").map(str::to_owned).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{name}");
        let moves = form.steps.iter().all(|(axis, _)| *axis == named(&kernel, "k"));
        assert!(moves, "{name}");
    }
    assert_eq!(seen.affine(named(&kernel, "sum")), None);
    // Nothing inside uses it.
    assert_eq!(seen.affine(named(&kernel, "back")), None);
}

proptest! {
    #[test]
    fn a_form_has_the_value_of_its_ops(
        ops in prop::collection::vec((0usize..6, any::<prop::sample::Index>(), any::<prop::sample::Index>(), -9i64..9), 1..30),
        inputs in prop::collection::vec(any::<i64>(), 4),
    ) {
        let mut b = Builder::new("k");
        let n = b.extent("n");
        let s = b.scalar("s", DType::I64);
        let mut axes = Vec::new();
        b.parallel(&[n.into(), n.into()], |b, i| {
            axes = i.to_vec();
            let mut values = vec![n, s, i[0], i[1]];
            for (op, left, right, number) in &ops {
                let (left, right) = (*left.get(&values), *right.get(&values));
                let value = match op {
                    0 | 1 => b.add(left, right),
                    2 => b.sub(left, right),
                    3 => b.mul(left, right),
                    4 => b.neg(left),
                    _ => b.constant(*number),
                };
                values.push(value);
            }
        });
        let kernel = b.finish().unwrap();
        let body = block_of(&kernel, axes[0]);
        let seen = Indices::seen_from(&kernel, body);
        let mut values = vec![Scalar::from(0i64); kernel.values.len()];
        for (value, input) in [n, s, axes[0], axes[1]].into_iter().zip(&inputs) {
            values[value.index()] = Scalar::from(*input);
        }
        for statement in &kernel.block(body).statements {
            let result = statement.results()[0];
            values[result.index()] = match statement {
                Statement::Constant { scalar, .. } => *scalar,
                Statement::Op { op, operands, .. } => {
                    let given: Vec<_> = operands.iter().map(|it| values[it.index()]).collect();
                    evaluate(*op, &given, None).unwrap()
                }
                _ => unreachable!(),
            };
            let number = |value: Value| values[value.index()].to_i64();
            if let Some(form) = seen.affine(result) {
                let mut sum = form.offset.evaluate(number);
                for (axis, step) in &form.steps {
                    let moved = step.evaluate(number).wrapping_mul(number(*axis));
                    sum = sum.wrapping_add(moved);
                }
                prop_assert_eq!(sum, number(result));
            } else {
                // Somewhere below is a product.
                let product = |it: &Statement| matches!(it, Statement::Op { op: Op::Mul, .. });
                prop_assert!(kernel.block(body).statements.iter().any(product));
            }
        }
    }
}
