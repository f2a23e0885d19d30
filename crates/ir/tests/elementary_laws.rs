//! What the mathematics has exactly: symmetries, exact values, and that `fast` is `exact` where it may be.

use ir::elementary::{Float, Format, Function, Scalar};
use proptest::prelude::*;

const ODD: &[&str] =
    &["sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "cbrt", "erf"];
const EVEN: &[&str] = &["cos", "cosh"];

fn value<T: Format>(name: &str, arguments: &[T]) -> T {
    Function::named(name).expect("in the table").exact(&Scalar, arguments)
}

fn same<T: Float>(a: T, b: T) -> bool {
    a.bits() == b.bits() || a.double().is_nan() && b.double().is_nan()
}

/// Odd, even, and the symmetries of two arguments.
fn symmetric<T: Format>(x: T, y: T) {
    for name in ODD {
        let mirrored = value(name, &[x.opposite()]).opposite();
        assert!(same(value(name, &[x]), mirrored), "{name}({x:?}) is not odd");
    }
    for name in EVEN {
        assert!(same(value(name, &[x]), value(name, &[x.opposite()])), "{name}({x:?}) is not even");
    }
    let hypot = value("hypot", &[x, y]);
    assert!(same(hypot, value("hypot", &[y, x])), "hypot({x:?}, {y:?})");
    assert!(same(hypot, value("hypot", &[x.opposite(), y])), "hypot({x:?}, {y:?})");
    let angle = value("atan2", &[y, x]);
    assert!(same(angle, value("atan2", &[y.opposite(), x]).opposite()), "atan2({y:?}, {x:?})");
}

fn fast_is_exact<T: Format>(x: T, y: T) {
    for function in Function::ALL {
        let arguments = &[x, y][..function.arity()];
        let (fast, common) = function.fast(&Scalar, arguments);
        let exact = function.exact(&Scalar, arguments);
        assert!(!common || same(fast, exact), "{}{arguments:?}", function.name());
    }
}

/// Numbers of every size, and more of those near 1.
fn any_f32() -> impl Strategy<Value = f32> {
    prop_oneof![any::<u32>().prop_map(f32::from_bits), -100.0_f32..100.0, -2.0_f32..2.0]
}

fn any_f64() -> impl Strategy<Value = f64> {
    prop_oneof![any::<u64>().prop_map(f64::from_bits), -100.0_f64..100.0, -2.0_f64..2.0]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn f32_is_symmetric(x in any_f32(), y in any_f32()) {
        symmetric(x, y);
    }

    #[test]
    fn f64_is_symmetric(x in any_f64(), y in any_f64()) {
        symmetric(x, y);
    }

    #[test]
    fn f32_fast_is_exact(x in any_f32(), y in any_f32()) {
        fast_is_exact(x, y);
    }

    #[test]
    fn f64_fast_is_exact(x in any_f64(), y in any_f64()) {
        fast_is_exact(x, y);
    }
}

/// What has an exact value gets it.
fn exact_values<T: Format>() {
    let is = |name: &str, x: &[f64], expected: f64| {
        let arguments: Vec<T> = x.iter().map(|it| T::of(*it)).collect();
        let found = value(name, &arguments).double();
        assert!(found.to_bits() == expected.to_bits(), "{name}{x:?} = {found:?}, not {expected:?}");
    };
    for i in -120..120 {
        let power = f64::from(i).exp2();
        is("exp2", &[f64::from(i)], power);
        is("log2", &[power], f64::from(i));
        is("pow", &[2.0, f64::from(i)], power);
    }
    for i in 0..100_i32 {
        let x = f64::from(i);
        is("cbrt", &[x * x * x], x);
        is("pow", &[x, 2.0], x * x);
        is("pow", &[-x - 1.0, 3.0], -(x + 1.0).powi(3));
        is("pow", &[x * x, 0.5], x);
        is("hypot", &[3.0 * x, 4.0 * x], 5.0 * x);
    }
    for i in 0..=10 {
        is("log10", &[10_f64.powi(i)], f64::from(i));
        is("pow", &[10.0, f64::from(i)], 10_f64.powi(i));
    }
    let at_zero = [("exp", 1.0), ("expm1", 0.0), ("log1p", 0.0), ("cos", 1.0), ("cosh", 1.0)];
    for (name, expected) in at_zero.into_iter().chain([("erfc", 1.0), ("tan", 0.0)]) {
        is(name, &[0.0], expected);
    }
    for name in ODD {
        is(name, &[0.0], 0.0);
        is(name, &[-0.0], -0.0);
    }
    for (name, x) in [("log", 1.0), ("acos", 1.0), ("acosh", 1.0), ("lgamma", 1.0), ("lgamma", 2.0)]
    {
        is(name, &[x], 0.0);
    }
    is("sin", &[std::f64::consts::FRAC_PI_2], 1.0);
}

#[test]
fn exact_values_of_f32() {
    exact_values::<f32>();
}

#[test]
fn exact_values_of_f64() {
    exact_values::<f64>();
}
