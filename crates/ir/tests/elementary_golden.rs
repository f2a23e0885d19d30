//! Special and random arguments against mpmath; `golden/elementary/make.py` wrote the files.

#[path = "elementary/bounds.rs"]
mod bounds;

use std::collections::BTreeSet;

use ir::elementary::{Format, Function, Scalar};

/// Checks every line; `word` reads a number of the format, `width` is the bits of its fraction.
fn check<T: Format>(lines: &str, word: fn(u64) -> T, bound: fn(&str) -> f64, smallest: f64) {
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for line in lines.lines() {
        let (given, expected) = line.split_once(" : ").expect("two sides");
        let mut words = given.split(' ');
        let name = words.next().expect("a name");
        let function = Function::named(name).unwrap_or_else(|| panic!("no function {name}"));
        seen.insert(name);
        let bits = |it: &str| u64::from_str_radix(it, 16).expect("hexadecimal");
        let arguments: Vec<T> = words.map(|it| word(bits(it))).collect();
        let (high, low) = expected.split_once(' ').expect("two parts");
        let (high, low) = (word(bits(high)), f64::from_bits(bits(low)));

        let value = function.exact(&Scalar, &arguments);
        let (fast, common) = function.fast(&Scalar, &arguments);
        if common && fast.bits() != value.bits() && !fast.double().is_nan() {
            failures.push(format!("{line}: fast {fast:?}, exact {value:?}"));
        }
        let (value, high) = (value.double(), high.double());
        let right = if high.is_nan() {
            value.is_nan()
        } else if high == 0.0 && low == 0.0 || high.is_infinite() {
            value.to_bits() == high.to_bits()
        } else {
            // Where lgamma crosses 0 between its poles, its error is small beside 1.
            let crossing = name == "lgamma" && arguments[0].double() < -2.0;
            let size = if crossing { high.abs().max(1.0) } else { high.abs() };
            let error =
                ((value - high) - low).abs() / unit::<T>(size, low * high.signum(), smallest);
            error <= bound(name)
        };
        if !right {
            let given: Vec<f64> = arguments.iter().map(|it| it.double()).collect();
            failures.push(format!("{name}{given:?} gave {value:e}, not {high:e} ({low:e})"));
        }
    }
    let all: BTreeSet<&str> = Function::ALL.iter().map(|it| it.name()).collect();
    assert_eq!(seen, all, "every function has lines");
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

/// The unit of the last place at `size`; a little less than a power of two has the smaller one.
fn unit<T: Format>(size: f64, low: f64, smallest: f64) -> f64 {
    let exponent = size.log2().floor();
    let below = exponent.exp2().to_bits() == size.to_bits() && low < 0.0;
    let exponent = exponent - f64::from(u8::from(below));
    (exponent - f64::from(T::FRACTION)).max(smallest).exp2()
}

#[test]
fn f32_is_as_accurate_as_promised() {
    let lines = include_str!("../golden/elementary/f32.txt");
    check::<f32>(lines, |it| f32::from_bits(it as u32), |it| bounds::of(it).0, -149.0);
}

#[test]
fn f64_is_as_accurate_as_promised() {
    let lines = include_str!("../golden/elementary/f64.txt");
    check::<f64>(lines, f64::from_bits, |it| bounds::of(it).1, -1074.0);
}
