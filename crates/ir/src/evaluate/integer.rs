//! Integers and `bool`.
//!
//! Values are computed in 128 bits, which hold every sum and product, and wrapped once.

use memory::{DType, Kind, Scalar};

use super::compare;
use crate::Op;

pub(super) fn evaluate(op: Op, operands: &[Scalar]) -> Scalar {
    let dtype = operands[0].dtype();
    let x = operands[0].to_i128();
    let y = operands.get(1).map_or(0, |operand| operand.to_i128());
    if let Some(answer) = compare(op, x, y) {
        return answer;
    }
    let width = dtype.bits();
    let (x_bits, y_bits) = (operands[0].bits(), operands.get(1).map_or(0, |y| y.bits()));
    let answer = match op {
        Op::Neg => -x,
        Op::Abs => x.abs(),
        Op::Sign => x.signum(),
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::Mul => x.wrapping_mul(y),
        Op::Square => x.wrapping_mul(x),
        Op::MulHigh => multiply_high(dtype, x, y),
        Op::Div => x.checked_div(y).unwrap_or(0),
        Op::Reciprocal => 1i128.checked_div(x).unwrap_or(0),
        Op::FloorDiv => floor_div(x, y),
        // The remainder takes the sign of the divisor, so it fits although the quotient may not.
        Op::Rem if y == 0 => 0,
        Op::Rem => x - y * floor_div(x, y),
        Op::Fmod => x.checked_rem(y).unwrap_or(0),
        Op::Pow => power(x, y),
        Op::Min => x.min(y),
        Op::Max => x.max(y),
        Op::And => x & y,
        Op::Or => x | y,
        Op::Xor => x ^ y,
        Op::Not if dtype == DType::Bool => 1 - x,
        Op::Not => !x,
        Op::Shl if y_bits >= width.into() => 0,
        Op::Shl => x << y,
        Op::Shr if y_bits >= width.into() => -i128::from(x < 0),
        Op::Shr => x >> y,
        Op::CountOnes => x_bits.count_ones().into(),
        Op::LeadingZeros => (x_bits.leading_zeros() - (128 - width)).into(),
        Op::TrailingZeros => x_bits.trailing_zeros().min(width).into(),
        _ => unreachable!("{op} takes no integers"),
    };
    Scalar::from_bits(dtype, answer.cast_unsigned())
}

fn floor_div(x: i128, y: i128) -> i128 {
    let quotient = x.checked_div(y).unwrap_or(0);
    let inexact = y != 0 && x % y != 0;
    if inexact && (x < 0) != (y < 0) { quotient - 1 } else { quotient }
}

fn multiply_high(dtype: DType, x: i128, y: i128) -> i128 {
    let width = dtype.bits();
    if dtype.kind() == Kind::Signed {
        (x * y) >> width
    } else {
        // Two factors below 2^64 fill all of u128.
        ((x.cast_unsigned() * y.cast_unsigned()) >> width).cast_signed()
    }
}

fn power(x: i128, y: i128) -> i128 {
    match (x, y) {
        (1, _) => 1,
        (-1, _) => 1 - 2 * (y & 1),
        (_, ..0) => 0,
        _ => {
            let (mut answer, mut factor, mut rest) = (1i128, x, y);
            while rest > 0 {
                if rest & 1 == 1 {
                    answer = answer.wrapping_mul(factor);
                }
                factor = factor.wrapping_mul(factor);
                rest >>= 1;
            }
            answer
        }
    }
}
