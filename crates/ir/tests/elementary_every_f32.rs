//! Every `f32` argument against a reference in `f64`; `fast` against `exact`, bit for bit.
//!
//! The quick test takes each 4099th argument, the long one all 2^32 of them:
//!
//!     cargo test --release -p abreast-ir --test elementary_every_f32 -- --ignored --nocapture

use ir::elementary::{Function, Scalar};

struct Case {
    name: &'static str,
    reference: fn(f64) -> f64,
    /// Greatest error allowed, in units of the last place.
    bound: f64,
}

const CASES: &[Case] = &[
    Case { name: "exp", reference: f64::exp, bound: 1.5 },
    Case { name: "exp2", reference: f64::exp2, bound: 1.5 },
    Case { name: "expm1", reference: f64::exp_m1, bound: 1.5 },
    Case { name: "log", reference: f64::ln, bound: 1.5 },
    Case { name: "log2", reference: f64::log2, bound: 1.5 },
    Case { name: "log10", reference: f64::log10, bound: 1.5 },
    Case { name: "log1p", reference: f64::ln_1p, bound: 1.5 },
    Case { name: "sin", reference: f64::sin, bound: 1.5 },
    Case { name: "cos", reference: f64::cos, bound: 1.5 },
    Case { name: "sinh", reference: f64::sinh, bound: 1.5 },
    Case { name: "cosh", reference: f64::cosh, bound: 1.5 },
    Case { name: "tanh", reference: f64::tanh, bound: 1.5 },
    Case { name: "tan", reference: f64::tan, bound: 1.5 },
    Case { name: "asin", reference: f64::asin, bound: 1.5 },
    Case { name: "acos", reference: f64::acos, bound: 1.5 },
    Case { name: "atan", reference: f64::atan, bound: 1.5 },
    Case { name: "cbrt", reference: f64::cbrt, bound: 1.5 },
    Case { name: "asinh", reference: f64::asinh, bound: 1.5 },
    Case { name: "acosh", reference: f64::acosh, bound: 1.5 },
    Case { name: "atanh", reference: f64::atanh, bound: 1.5 },
];

/// How far `value` is from `reference`, in units of the last place of the `f32` nearby.
fn ulps(value: f32, reference: f64) -> f64 {
    if value.is_nan() || reference.is_nan() {
        return if value.is_nan() && reference.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if f64::from(value) == reference {
        return 0.0;
    }
    if value.is_infinite() || reference.is_infinite() {
        // What rounds to infinity may be infinite, and what is infinite must be.
        let limit = f64::from(f32::MAX) * (1.0 + f64::powi(2.0, -25));
        let same = (value > 0.0) == (reference > 0.0);
        return if same && value.is_infinite() && reference.abs() >= limit {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let exponent = (((reference.abs().to_bits() >> 52) as i32) - 1023).max(-126);
    (f64::from(value) - reference).abs() / f64::powi(2.0, exponent - 23)
}

#[derive(Clone, Copy, Default)]
struct Found {
    worst: f64,
    at: f32,
    common: u64,
    count: u64,
}

fn scan(case: &Case, begin: u64, end: u64, step: u64) -> Found {
    let function = Function::named(case.name).expect("in the table");
    let mut found = Found::default();
    let mut bits = begin;
    while bits < end {
        let x = f32::from_bits(bits as u32);
        let (fast, common) = function.fast(&Scalar, &[x]);
        let exact = function.exact(&Scalar, &[x]);
        if common {
            found.common += 1;
            assert_eq!(fast.to_bits(), exact.to_bits(), "{}({x:e}): fast is not exact", case.name);
        }
        let error = ulps(exact, (case.reference)(f64::from(x)));
        if error > found.worst {
            found.worst = error;
            found.at = x;
        }
        found.count += 1;
        bits += step;
    }
    found
}

fn check(case: &Case, step: u64) -> Result<(), String> {
    let parts: Vec<Found> = std::thread::scope(|scope| {
        let quarter = 1_u64 << 31;
        let run = |i| scope.spawn(move || scan(case, i * quarter, (i + 1) * quarter, step));
        [run(0), run(1)].map(|it| it.join().expect("no panic")).to_vec()
    });
    let worst = parts.iter().copied().max_by(|a, b| a.worst.total_cmp(&b.worst)).expect("two");
    let (common, count) = parts.iter().fold((0, 0), |(a, b), it| (a + it.common, b + it.count));
    let share = 100.0 * common as f64 / count as f64;
    #[expect(clippy::print_stdout, reason = "the figures are what the long test is run for")]
    {
        println!("{:8} {:.4} ulp at {:e}; common {share:.1} %", case.name, worst.worst, worst.at);
    }
    (worst.worst <= case.bound)
        .then_some(())
        .ok_or_else(|| format!("{}: {} ulp at {:e}", case.name, worst.worst, worst.at))
}

fn check_all(step: u64) {
    let failures: Vec<String> = CASES.iter().filter_map(|it| check(it, step).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn some_arguments() {
    check_all(4099);
}

#[test]
#[ignore = "minutes: all 2^32 arguments of each function"]
fn all_arguments() {
    check_all(1);
}
