//! Every `f32` argument against a reference in `f64`; `fast` against `exact`, bit for bit.
//!
//! The quick test takes each 65537th argument, the long ones each 61st or all 2^32 of them:
//!
//!     cargo test --release -p abreast-ir --test elementary_every_f32 -- --ignored --nocapture many
//!     cargo test --release -p abreast-ir --test elementary_every_f32 -- --ignored --nocapture all

// The `f64` versions that are references here are themselves compared with mpmath: `elementary_golden.rs`.
#[path = "elementary/bounds.rs"]
mod bounds;

use ir::elementary::{Function, Scalar};

struct Case {
    name: &'static str,
    reference: fn(f64) -> f64,
}

const CASES: &[Case] = &[
    Case { name: "exp", reference: f64::exp },
    Case { name: "exp2", reference: f64::exp2 },
    Case { name: "expm1", reference: f64::exp_m1 },
    Case { name: "log", reference: f64::ln },
    Case { name: "log2", reference: f64::log2 },
    Case { name: "log10", reference: f64::log10 },
    Case { name: "log1p", reference: f64::ln_1p },
    Case { name: "sin", reference: f64::sin },
    Case { name: "cos", reference: f64::cos },
    Case { name: "sinh", reference: f64::sinh },
    Case { name: "cosh", reference: f64::cosh },
    Case { name: "tanh", reference: f64::tanh },
    Case { name: "tan", reference: f64::tan },
    Case { name: "asin", reference: f64::asin },
    Case { name: "acos", reference: f64::acos },
    Case { name: "atan", reference: f64::atan },
    Case { name: "cbrt", reference: f64::cbrt },
    Case { name: "asinh", reference: f64::asinh },
    Case { name: "acosh", reference: f64::acosh },
    Case { name: "atanh", reference: f64::atanh },
    Case { name: "erf", reference: |x| Function::Erf.exact(&Scalar, &[x]) },
    Case { name: "erfc", reference: |x| Function::Erfc.exact(&Scalar, &[x]) },
    Case { name: "lgamma", reference: |x| Function::Lgamma.exact(&Scalar, &[x]) },
];

impl Case {
    /// Where `lgamma` crosses 0 between its poles, its error is small beside 1 only.
    fn floor(&self, x: f32) -> f64 {
        if self.name == "lgamma" && x < -2.0 { 1.0 } else { 0.0 }
    }
}

/// How far `value` is from `reference`, in units of the last place of the `f32` nearby, or of `floor`.
fn ulps(value: f32, reference: f64, floor: f64) -> f64 {
    if value.is_nan() || reference.is_nan() {
        return if value.is_nan() && reference.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if f64::from(value).to_bits() == reference.to_bits() {
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
    let exponent = (((reference.abs().max(floor).to_bits() >> 52) as i32) - 1023).max(-126);
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
        let error = ulps(exact, (case.reference)(f64::from(x)), case.floor(x));
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
    (worst.worst <= bounds::of(case.name).0)
        .then_some(())
        .ok_or_else(|| format!("{}: {} ulp at {:e}", case.name, worst.worst, worst.at))
}

fn check_all(step: u64) {
    let failures: Vec<String> = CASES.iter().filter_map(|it| check(it, step).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn some_arguments() {
    check_all(65_537);
}

#[test]
#[ignore = "minutes: one argument in 61 of each function"]
fn many_arguments() {
    check_all(61);
}

#[test]
#[ignore = "an hour: all 2^32 arguments of each function"]
fn all_arguments() {
    check_all(1);
}
