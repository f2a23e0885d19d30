//! What each op means, on constants.
//!
//! The interpreter runs on this, and so may a pass that folds constants. One file a kind of value:
//! integers in `evaluate/integer.rs`, floating point in `evaluate/float.rs`, complex numbers in
//! `evaluate/complex.rs`, casts in `evaluate/cast.rs`, elementary functions in `evaluate/function.rs`.
//!
//! Which NaN an op answers with is not part of its meaning, neither sign nor payload; compare with
//! [`Scalar::same`]. Everything else is fixed to the bit.

mod cast;
mod complex;
mod float;
mod function;
mod integer;

pub(crate) use complex::exponents;
use memory::{DType, Kind, Scalar};

use crate::{Op, TypeError};

/// What an op answers. `stated` is the type that a `cast` or `bitcast` says.
///
/// ```
/// use ir::{Op, evaluate};
/// use memory::Scalar;
///
/// let seven = evaluate(Op::FloorDiv, &[Scalar::from(-7i32), Scalar::from(2i32)], None)?;
/// assert_eq!(seven, Scalar::from(-4i32));
/// # Ok::<(), ir::TypeError>(())
/// ```
pub fn evaluate(op: Op, operands: &[Scalar], stated: Option<DType>) -> Result<Scalar, TypeError> {
    // The interpreter comes by here for every op of every element: no list is allocated.
    let mut types = [DType::Bool; 4];
    for (slot, operand) in types.iter_mut().zip(operands) {
        *slot = operand.dtype();
    }
    let result = op.result(&types[..operands.len().min(4)], stated)?;
    let first = operands[0];
    Ok(match op {
        Op::Cast => cast::cast(first, result),
        Op::Bitcast => Scalar::from_bits(result, first.bits()),
        Op::Select => operands[if first.is_true() { 1 } else { 2 }],
        Op::Complex => Scalar::from_parts(first, operands[1]),
        _ => match first.dtype().kind() {
            Kind::Float if op.is_elementary(first.dtype()) => function::evaluate(op, operands),
            Kind::Bool | Kind::Signed | Kind::Unsigned => integer::evaluate(op, operands),
            Kind::Float => float::evaluate(op, operands),
            Kind::Complex => complex::evaluate(op, operands),
        },
    })
}

/// An op on operands whose types are known to fit.
fn known(op: Op, operands: &[Scalar]) -> Scalar {
    evaluate(op, operands, None).unwrap_or_else(|error| panic!("{error}"))
}

/// A comparison of two ordered values.
fn compare<T: Copy + PartialOrd>(op: Op, x: T, y: T) -> Option<Scalar> {
    let answer = match op {
        Op::Eq => x == y,
        Op::Ne => x != y,
        Op::Lt => x < y,
        Op::Le => x <= y,
        Op::Gt => x > y,
        Op::Ge => x >= y,
        _ => return None,
    };
    Some(Scalar::from(answer))
}
