//! Quotients, rounded down, and remainders of integers in lanes by one divisor, the same in all of them.
//!
//! A product with the divisor's reciprocal, which is computed once, takes the place of each division of
//! `divide.rs`. Why it is right:
//!
//! * Up to 32 bits in float64 (16 in float32). Say `x = q y + r`. Then `(x + 1/2) / y`, with the sign of `y` at the half,
//!   has the floor `q` and is at least `1 / 2|y|` away from both integers around it. Three roundings, of the
//!   reciprocal and of the product, move it by at most `2^33 2^-52 / |y|`, which is less.
//! * Signed 64 bits, of absolute values `x, y <= 2^63`. The reciprocal is made larger by `2^-50`, which is more than
//!   all roundings take away. So the first estimate, truncated, is not below `x / y` and above by less than `2^-49` of
//!   it: what it leaves is `-2^14 <= r < y`. The second, the floor of `r` times the reciprocal, is right or one
//!   off, for `r / y` is above `-2^14`. What it leaves says which.

use ir::{Op, Value};
use memory::{DType, Kind};

use crate::divide::{ends, turned};
use crate::emitter::Emitter;
use crate::op::{compare, whole};
use crate::text::{Operand, Text, Type};

/// Whether there is a faster way than that for divisors that differ.
pub(crate) fn is_faster(text: &Text, op: Op, dtype: DType) -> bool {
    matches!(op, Op::FloorDiv | Op::Rem)
        && match dtype.kind() {
            Kind::Signed => dtype.size() < 8 || text.wide,
            Kind::Unsigned => dtype.size() < 8,
            _ => false,
        }
}

/// What all lanes have in common: values in each of them, computed from a scalar.
struct Divisor {
    /// Itself, its absolute value for 64 bits, or 1 where it would not do.
    by: Operand,
    /// Of the float that is as large.
    reciprocal: Operand,
    by_zero: Operand,
    /// Where it is -1, and a half with its sign; for 64 bits, -1 where it is negative.
    by_minus_one: Operand,
    half: Operand,
    sign: Operand,
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
        let float = match dtype.size() {
            1 | 2 => DType::F32,
            _ => DType::F64,
        };
        let long = dtype.size() == 8;
        let make = |text: &mut Text| {
            if long { of_long(text, ty, y) } else { of_short(text, ty, float, y) }
        };
        let divisor = if known { text.early(make) } else { make(text) };
        if long {
            by_estimates(text, op, ty, x, &divisor)
        } else {
            by_float(text, op, ty, float, x, &divisor)
        }
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
    Divisor { by, reciprocal, by_zero, by_minus_one, half, sign: Operand::Poison }
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

fn of_long(text: &mut Text, ty: Type, y: Operand) -> Divisor {
    let (one, scalar) = (Type::new(ty.dtype, 1), Type::new(DType::F64, 1));
    let (floats, truth) = (Type::new(DType::F64, ty.lanes), Type::new(DType::Bool, ty.lanes));
    let by_zero = compare(text, "eq", one, y, whole(one, 0));
    let divisor = text.select(by_zero, one, whole(one, 1), y);
    let sign = text.op("ashr", one, &[divisor, whole(one, 63)]);
    let by = turned(text, one, divisor, sign);
    let below = text.convert("uitofp", one, by, scalar);
    let reciprocal = text.op("fdiv", scalar, &[number(DType::F64, 1.0), below]);
    let more = number(DType::F64, 1.0 + 2f64.powi(-50));
    let reciprocal = text.op("fmul", scalar, &[reciprocal, more]);
    let reciprocal = text.splat(reciprocal, floats);
    let [by, sign] = [by, sign].map(|it| text.splat(it, ty));
    let by_zero = text.splat(by_zero, truth);
    let (by_minus_one, half) = (Operand::Poison, Operand::Poison);
    Divisor { by, reciprocal, by_zero, by_minus_one, half, sign }
}

/// Of signed 64-bit integers, by two products.
fn by_estimates(text: &mut Text, op: Op, ty: Type, x: Operand, y: &Divisor) -> Operand {
    let (by, reciprocal) = (y.by, y.reciprocal);
    let floats = Type::new(DType::F64, ty.lanes);
    let x_sign = text.op("ashr", ty, &[x, whole(ty, 63)]);
    let size = turned(text, ty, x, x_sign);
    let above = text.convert("uitofp", ty, size, floats);
    let first = text.op("fmul", floats, &[above, reciprocal]);
    let first = text.convert("fptoui", floats, first, ty);
    let product = text.op("mul", ty, &[first, by]);
    let rest = text.op("sub", ty, &[size, product]);
    let left = text.convert("sitofp", ty, rest, floats);
    let second = text.op("fmul", floats, &[left, reciprocal]);
    let second = text.intrinsic("floor", floats, &[second]);
    let second = text.convert("fptosi", floats, second, ty);
    let product = text.op("mul", ty, &[second, by]);
    let rest = text.op("sub", ty, &[rest, product]);
    let quotient = text.op("add", ty, &[first, second]);
    // One too many leaves less than nothing, one too few at least the divisor.
    let less = text.op("ashr", ty, &[rest, whole(ty, 63)]);
    let quotient = text.op("add", ty, &[quotient, less]);
    let back = text.op("and", ty, &[by, less]);
    let rest = text.op("add", ty, &[rest, back]);
    let few = text.op("icmp uge", ty, &[rest, by]);
    let raised = text.op("add", ty, &[quotient, whole(ty, 1)]);
    let quotient = text.select(few, ty, raised, quotient);
    let lowered = text.op("sub", ty, &[rest, by]);
    let rest = text.select(few, ty, lowered, rest);
    ends(text, op, ty, [quotient, rest, by], [x_sign, y.sign], y.by_zero)
}
