//! Quotients, rounded down, and remainders of integers in lanes by one divisor, the same in all of them.
//!
//! A product with the divisor's reciprocal, which is computed once, takes the place of each division of
//! `divide.rs`; of 8, 16 and 64 bits one with a whole number, see `multiplier.rs`. Why it is right:
//!
//! Of 32 bits in float64, say `x = q y + r`. Then `(x + 1/2) / y`, with the sign of `y` at the half, has the floor `q`
//! and is at least `1 / 2|y|` away from both integers around it. Three roundings, of the reciprocal and of the
//! product, move it by at most `2^33 2^-52 / |y|`, which is less.

use ir::{Op, Value};
use memory::{DType, Kind};

use crate::emitter::Emitter;
use crate::multiplier::{self, Multiplier};
use crate::op::{compare, whole};
use crate::text::{Operand, Text, Type};

/// Whether there is a faster way than that for divisors that differ.
pub(crate) fn is_faster(op: Op, dtype: DType) -> bool {
    matches!(op, Op::FloorDiv | Op::Rem) && dtype.is_integer()
}

/// What all lanes have in common: values in each of them, computed from a scalar.
struct Divisor {
    /// Itself, or 1 where it would not do.
    by: Operand,
    /// Of the float that is as large.
    reciprocal: Operand,
    by_zero: Operand,
    /// Where it is -1, and a half with its sign.
    by_minus_one: Operand,
    half: Operand,
}

impl Emitter<'_> {
    /// `x` in lanes by the scalar `y`: `floor_div` or `rem`.
    pub(crate) fn divide_by_one(
        &mut self,
        op: Op,
        dtype: DType,
        operands: &[Value],
        y: Operand,
    ) -> Operand {
        let (ty, x) = (Type::new(dtype, self.lanes), self.vector(operands[0]));
        // A parameter's reciprocal is computed where the function begins.
        let known = self.frame.scalars.iter().any(|&(_, it)| it == y);
        let text = &mut self.text;
        if multiplier::is_for(dtype) {
            let make = |text: &mut Text| Multiplier::new(text, ty, y);
            let multiplier = if known { text.early(make) } else { make(text) };
            return multiplier.divide(text, op, ty, x);
        }
        let make = |text: &mut Text| of_short(text, ty, DType::F64, y);
        let divisor = if known { text.early(make) } else { make(text) };
        by_float(text, op, ty, DType::F64, x, &divisor)
    }
}

fn number(dtype: DType, value: f64) -> Operand {
    let bits = match dtype {
        DType::F32 => u64::from((value as f32).to_bits()),
        _ => value.to_bits(),
    };
    Operand::Constant(dtype, bits)
}

fn of_short(text: &mut Text, ty: Type, float: DType, y: Operand) -> Divisor {
    let signed = ty.dtype.kind() == Kind::Signed;
    let (one, scalar) = (Type::new(ty.dtype, 1), Type::new(float, 1));
    let (floats, truth) = (Type::new(float, ty.lanes), Type::new(DType::Bool, ty.lanes));
    let by_zero = compare(text, "eq", one, y, whole(one, 0));
    let by_minus_one = compare(text, "eq", one, y, whole(one, -1));
    // The smallest by -1 is no number of the type, so that is the negation, which wraps.
    let special = if signed {
        text.op("or", Type::new(DType::Bool, 1), &[by_zero, by_minus_one])
    } else {
        by_zero
    };
    let divisor = text.select(special, one, whole(one, 1), y);
    let below = text.convert(if signed { "sitofp" } else { "uitofp" }, one, divisor, scalar);
    let reciprocal = text.op("fdiv", scalar, &[number(float, 1.0), below]);
    let negative = compare(text, "olt", scalar, below, number(float, 0.0));
    let half = text.select(negative, scalar, number(float, -0.5), number(float, 0.5));
    let [reciprocal, half] = [reciprocal, half].map(|it| text.splat(it, floats));
    let [by_zero, by_minus_one] = [by_zero, by_minus_one].map(|it| text.splat(it, truth));
    let by = text.splat(divisor, ty);
    Divisor { by, reciprocal, by_zero, by_minus_one, half }
}

/// Of integers that floats of this type hold twice over.
fn by_float(text: &mut Text, op: Op, ty: Type, float: DType, x: Operand, y: &Divisor) -> Operand {
    let signed = ty.dtype.kind() == Kind::Signed;
    let floats = Type::new(float, ty.lanes);
    let (to, from) = if signed { ("sitofp", "fptosi") } else { ("uitofp", "fptoui") };
    let above = text.convert(to, ty, x, floats);
    let above = text.op("fadd", floats, &[above, y.half]);
    let quotient = text.op("fmul", floats, &[above, y.reciprocal]);
    let quotient = text.intrinsic("floor", floats, &[quotient]);
    let quotient = text.convert(from, floats, quotient, ty);
    let zero = whole(ty, 0);
    if op == Op::Rem {
        // By 1 in place of 0 and of -1 nothing is left, as it should be.
        let product = text.op("mul", ty, &[quotient, y.by]);
        return text.op("sub", ty, &[x, product]);
    }
    let quotient = if signed {
        let negated = text.op("sub", ty, &[zero, x]);
        text.select(y.by_minus_one, ty, negated, quotient)
    } else {
        quotient
    };
    text.select(y.by_zero, ty, zero, quotient)
}
