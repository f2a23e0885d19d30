//! Floating point numbers.
//!
//! What rounds is computed in float32 or float64 as it stands; float16 in float32, rounded once
//! more. What does not round is computed in float64, which holds every float16 and float32.

use memory::{DType, Scalar};

use super::compare;
use crate::Op;

pub(super) fn evaluate(op: Op, operands: &[Scalar]) -> Scalar {
    let first = operands[0];
    let dtype = first.dtype();
    let x = first.to_f64();
    let y = operands.get(1).map_or(0.0, |operand| operand.to_f64());
    if let Some(answer) = compare(op, x, y).or_else(|| classify(op, first)) {
        return answer;
    }
    if let Some(answer) = exact(op, x, y) {
        return Scalar::from_f64(dtype, answer);
    }
    let sign = 1u128 << (dtype.bits() - 1);
    match op {
        // Also of NaN these are changes of the sign bit alone.
        Op::Neg => Scalar::from_bits(dtype, first.bits() ^ sign),
        Op::Abs => Scalar::from_bits(dtype, first.bits() & !sign),
        Op::CopySign => Scalar::from_bits(dtype, first.bits() & !sign | operands[1].bits() & sign),
        Op::NextAfter => next_after(first, operands[1]),
        Op::Ldexp => ldexp(first, operands[1].to_i64()),
        Op::Exponent => Scalar::from(split(x).1),
        _ if dtype == DType::F64 => {
            Scalar::from(f64::rounded(op, operands.iter().map(|operand| operand.to_f64())))
        }
        _ => {
            let answer = f32::rounded(op, operands.iter().map(|operand| operand.to_f32()));
            Scalar::from_f64(dtype, answer.into())
        }
    }
}

fn classify(op: Op, operand: Scalar) -> Option<Scalar> {
    let x = operand.to_f64();
    let answer = match op {
        Op::IsNan => x.is_nan(),
        Op::IsInf => x.is_infinite(),
        Op::IsFinite => x.is_finite(),
        Op::SignBit => operand.bits() >> (operand.dtype().bits() - 1) == 1,
        _ => return None,
    };
    Some(Scalar::from(answer))
}

/// Ops whose answer is a number of the operands' type.
fn exact(op: Op, x: f64, y: f64) -> Option<f64> {
    Some(match op {
        Op::Sign if x.is_nan() => x,
        Op::Sign => f64::from(i8::from(x > 0.0) - i8::from(x < 0.0)),
        Op::Floor => x.floor(),
        Op::Ceil => x.ceil(),
        Op::Trunc => x.trunc(),
        Op::Rint => x.round_ties_even(),
        Op::Min => {
            if x < y || x.is_nan() {
                x
            } else {
                y
            }
        }
        Op::Max => {
            if x > y || x.is_nan() {
                x
            } else {
                y
            }
        }
        Op::Fmin => {
            if x <= y || y.is_nan() {
                x
            } else {
                y
            }
        }
        Op::Fmax => {
            if x >= y || y.is_nan() {
                x
            } else {
                y
            }
        }
        Op::Fmod => x % y,
        Op::Mantissa => split(x).0,
        _ => return None,
    })
}

/// `(m, e)` with `x = m * 2**e` and `0.5 <= abs(m) < 1`; zero, infinity and NaN as they are.
fn split(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    if x.is_subnormal() {
        let (mantissa, exponent) = split(x * 2f64.powi(54));
        return (mantissa, exponent - 54);
    }
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent)
}

/// The next number from `x` towards `y`. Numbers of one sign are ordered as their bits.
#[expect(clippy::float_cmp, reason = "equality is what is meant")]
fn next_after(x: Scalar, y: Scalar) -> Scalar {
    let (from, to) = (x.to_f64(), y.to_f64());
    let dtype = x.dtype();
    if from.is_nan() {
        return x;
    }
    if to.is_nan() || from == to {
        return y;
    }
    if from == 0.0 {
        let sign = 1u128 << (dtype.bits() - 1);
        return Scalar::from_bits(dtype, y.bits() & sign | 1);
    }
    let outwards = (from < to) == (from > 0.0);
    Scalar::from_bits(dtype, if outwards { x.bits() + 1 } else { x.bits() - 1 })
}

fn ldexp(x: Scalar, exponent: i64) -> Scalar {
    let value = x.to_f64();
    if x.dtype() != DType::F64 {
        // Nothing is lost in float64, so there is one rounding.
        let exponent = exponent.clamp(-400, 400) as i32;
        return Scalar::from_f64(x.dtype(), value * power_of_two(exponent));
    }
    if value == 0.0 || !value.is_finite() {
        return x;
    }
    let (mantissa, own) = split(value);
    let whole = own + exponent.clamp(-5000, 5000) as i32;
    // All products but the last one stay within the normal numbers, and are exact.
    Scalar::from(match whole {
        ..-1200 => mantissa * 0.0,
        -1200..-1000 => mantissa * power_of_two(-900) * power_of_two(whole + 900),
        -1000..=1000 => mantissa * power_of_two(whole),
        1001..1100 => mantissa * power_of_two(1000) * power_of_two(whole - 1000),
        _ => mantissa * power_of_two(1000) * power_of_two(1000),
    })
}

/// `2**n` for `n` from -1000 to 1000, which float64 holds.
fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((1023 + i64::from(n)) as u64) << 52)
}

/// Ops that round, in one format.
trait Rounded: Sized {
    fn rounded(op: Op, operands: impl Iterator<Item = Self>) -> Self;
}

macro_rules! rounded {
    ($float:ident) => {
        impl Rounded for $float {
            fn rounded(op: Op, mut operands: impl Iterator<Item = Self>) -> Self {
                let x = operands.next().unwrap_or(0.0);
                let y = operands.next().unwrap_or(0.0);
                let z = operands.next().unwrap_or(0.0);
                match op {
                    Op::Add => x + y,
                    Op::Sub => x - y,
                    Op::Mul => x * y,
                    Op::Div => x / y,
                    Op::Square => x * x,
                    Op::Reciprocal => 1.0 / x,
                    Op::Sqrt => x.sqrt(),
                    Op::Fma => x.mul_add(y, z),
                    Op::FloorDiv => floor_div(x, y).0,
                    Op::Rem => floor_div(x, y).1,
                    _ => unreachable!("{op} takes no floating point numbers"),
                }
            }
        }
    };
}
rounded! { f32 }
rounded! { f64 }

/// Quotient and remainder as Python has them, by NumPy's steps.
fn floor_div<T: Steps>(x: T, y: T) -> (T, T) {
    x.floor_div(y)
}

trait Steps: Sized {
    fn floor_div(self, y: Self) -> (Self, Self);
}

macro_rules! steps {
    ($float:ident) => {
        impl Steps for $float {
            fn floor_div(self, y: Self) -> (Self, Self) {
                let rest = self % y;
                if y == 0.0 {
                    return (self / y, rest);
                }
                let mut quotient = (self - rest) / y;
                let remainder = if rest == 0.0 {
                    Self::copysign(0.0, y)
                } else if (y < 0.0) == (rest < 0.0) {
                    rest
                } else {
                    quotient -= 1.0;
                    rest + y
                };
                let quotient = if quotient == 0.0 {
                    Self::copysign(0.0, self / y)
                } else {
                    let whole = quotient.floor();
                    if quotient - whole > 0.5 { whole + 1.0 } else { whole }
                };
                (quotient, remainder)
            }
        }
    };
}
steps! { f32 }
steps! { f64 }
