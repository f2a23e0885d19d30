//! The range of an op's result from the ranges of its operands.

use ir::{Kernel, Op, Value};
use memory::{DType, Kind};

use super::known::{ANY, Known, Range};

/// Where an op of i64 results may lie; all i64 if that is not followed or if it may wrap.
pub(super) fn of(known: &Known, kernel: &Kernel, op: Op, operands: &[Value]) -> Range {
    match op {
        Op::Cast => return of_type(kernel.dtype(operands[0])),
        Op::Select => {
            let (x, y) = (known.range(operands[1]), known.range(operands[2]));
            return (x.0.min(y.0), x.1.max(y.1));
        }
        Op::CountOnes | Op::LeadingZeros | Op::TrailingZeros => return (0, 64),
        _ => {}
    }
    if !operands.iter().all(|&it| known.is_integer(it)) {
        return ANY;
    }
    let x = known.range(operands[0]);
    let y = operands.get(1).map_or(x, |&it| known.range(it));
    let (x_wide, y_wide) = (wide(x), wide(y));
    match op {
        Op::Add => exact(&[x_wide.0 + y_wide.0, x_wide.1 + y_wide.1]),
        Op::Sub => exact(&[x_wide.0 - y_wide.1, x_wide.1 - y_wide.0]),
        Op::Neg => exact(&[-x_wide.0, -x_wide.1]),
        Op::Mul => {
            let ends = |it: (i128, i128)| [it.0, it.1];
            let products: Vec<_> =
                ends(x_wide).iter().flat_map(|a| ends(y_wide).map(|b| a * b)).collect();
            exact(&products)
        }
        Op::Square if x.0 > i64::MIN => {
            let most = x_wide.0.abs().max(x_wide.1.abs());
            let (_, hi) = exact(&[0, most * most]);
            if hi == i64::MAX { ANY } else { (0, hi) }
        }
        Op::Abs if x.0 > i64::MIN => {
            let least = if x.0 > 0 { x.0 } else { (-x.1.min(0)).max(0) };
            (least, (-x.0).max(x.1))
        }
        Op::Min => (x.0.min(y.0), x.1.min(y.1)),
        Op::Max => (x.0.max(y.0), x.1.max(y.1)),
        Op::Sign => (x.0.signum(), x.1.signum()),
        Op::Rem if y.0 > 0 => (0, y.1 - 1),
        Op::Rem if y.1 < 0 && y.0 > i64::MIN => (y.0 + 1, 0),
        Op::Fmod if y.0 > 0 && x.0 >= 0 => (0, x.1.min(y.1 - 1)),
        Op::Div | Op::FloorDiv if y.0 > 0 && x.0 >= 0 => (x.0 / y.1, x.1 / y.0),
        Op::FloorDiv if y.0 > 0 => (x.0, x.1.max(0)),
        Op::And if x.0 >= 0 || y.0 >= 0 => {
            let most = |it: Range| if it.0 >= 0 { it.1 } else { i64::MAX };
            (0, most(x).min(most(y)))
        }
        Op::Or | Op::Xor if x.0 >= 0 && y.0 >= 0 => (0, i64::MAX),
        Op::Shr if x.0 >= 0 => (0, x.1),
        _ => ANY,
    }
}

fn wide(range: Range) -> (i128, i128) {
    (range.0.into(), range.1.into())
}

/// From the smallest to the largest, if none wraps.
fn exact(ends: &[i128]) -> Range {
    let lo = ends.iter().min().and_then(|&it| i64::try_from(it).ok());
    let hi = ends.iter().max().and_then(|&it| i64::try_from(it).ok());
    lo.zip(hi).unwrap_or(ANY)
}

/// All values of a narrower type.
fn of_type(dtype: DType) -> Range {
    match dtype.kind() {
        Kind::Bool => (0, 1),
        Kind::Signed if dtype.bits() < 64 => {
            let half = 1i64 << (dtype.bits() - 1);
            (-half, half - 1)
        }
        Kind::Unsigned if dtype.bits() < 64 => (0, (1i64 << dtype.bits()) - 1),
        _ => ANY,
    }
}
