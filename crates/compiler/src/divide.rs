//! Division of integers, which never traps: by zero it gives 0, the smallest by -1 itself.
//!
//! Vectors have no such instruction, so there the quotient is one of floats. Why it is right:
//!
//! * Up to 32 bits in float64 (16 in float32). Say `x = q y + r`. Where `r` is 0 the float quotient is exact. Else the
//!   true one is at least `1 / |y|` away from both integers around it, and rounding moves it by at most
//!   `|x / y| 2^-53 < 2^32 2^-53 / |y|`, which is less. So what it truncates to, or its floor, is that of the true one.
//! * 64 bits, of absolute values `x, y <= 2^63`. The first estimate, truncated, is of `x / y` to within
//!   `3 * 2^-53` of its size, so `-3072 <= r < y + 3072` for what it leaves, and `r < 2^63`. The second, the floor of
//!   `r / y` in float64, is right or one too many: numbers below 2^53 are exact and rounding keeps order, and
//!   above, `r / y` lies between -1 and 2. What it leaves says which.

use ir::Op;
use memory::{DType, Kind};

use crate::op::{compare, whole};
use crate::text::{Operand, Text, Type};

/// A quotient or remainder of integers: `div`, `floor_div`, `rem` or `fmod`.
pub(crate) fn divide(text: &mut Text, op: Op, ty: Type, x: Operand, y: Operand) -> Operand {
    let signed = ty.dtype.kind() == Kind::Signed;
    match ty.dtype.size() {
        _ if ty.lanes == 1 || ty.dtype == DType::Bool => in_words(text, op, ty, x, y),
        1 | 2 => by_float(text, op, ty, DType::F32, x, y),
        4 => by_float(text, op, ty, DType::F64, x, y),
        _ if signed && text.wide => by_estimates(text, op, ty, x, y),
        _ => in_words(text, op, ty, x, y),
    }
}

/// Of integers that floats of this type hold twice over.
fn by_float(text: &mut Text, op: Op, ty: Type, float: DType, x: Operand, y: Operand) -> Operand {
    let signed = ty.dtype.kind() == Kind::Signed;
    let float = Type::new(float, ty.lanes);
    let (zero, one) = (whole(ty, 0), whole(ty, 1));
    let by_zero = compare(text, "eq", ty, y, zero);
    let by_minus_one = compare(text, "eq", ty, y, whole(ty, -1));
    // The smallest by -1 is no number of the type, so that is the negation, which wraps.
    let special = if signed {
        text.op("or", Type::new(DType::Bool, ty.lanes), &[by_zero, by_minus_one])
    } else {
        by_zero
    };
    let divisor = text.select(special, ty, one, y);
    let (to, from) = if signed { ("sitofp", "fptosi") } else { ("uitofp", "fptoui") };
    let [above, below] = [x, divisor].map(|it| text.convert(to, ty, it, float));
    let mut quotient = text.op("fdiv", float, &[above, below]);
    if signed && matches!(op, Op::FloorDiv | Op::Rem) {
        quotient = text.intrinsic("floor", float, &[quotient]);
    }
    let mut quotient = text.convert(from, float, quotient, ty);
    if matches!(op, Op::Div | Op::FloorDiv) {
        if signed {
            let negated = text.op("sub", ty, &[zero, x]);
            quotient = text.select(by_minus_one, ty, negated, quotient);
        }
        return text.select(by_zero, ty, zero, quotient);
    }
    // By 1 in place of 0 and of -1 nothing is left, as it should be.
    let product = text.op("mul", ty, &[quotient, divisor]);
    text.op("sub", ty, &[x, product])
}

/// Of signed 64-bit integers, by two quotients of floats.
fn by_estimates(text: &mut Text, op: Op, ty: Type, x: Operand, y: Operand) -> Operand {
    let float = Type::new(DType::F64, ty.lanes);
    let zero = whole(ty, 0);
    let by_zero = compare(text, "eq", ty, y, zero);
    let divisor = text.select(by_zero, ty, whole(ty, 1), y);
    let last = whole(ty, 63);
    let [x_sign, y_sign] = [x, divisor].map(|it| text.op("ashr", ty, &[it, last]));
    let size = turned(text, ty, x, x_sign);
    let by = turned(text, ty, divisor, y_sign);
    let [above, below] = [size, by].map(|it| text.convert("uitofp", ty, it, float));
    let first = text.op("fdiv", float, &[above, below]);
    let first = text.convert("fptoui", float, first, ty);
    let product = text.op("mul", ty, &[first, by]);
    let rest = text.op("sub", ty, &[size, product]);
    let left = text.convert("sitofp", ty, rest, float);
    let second = text.op("fdiv", float, &[left, below]);
    let second = text.intrinsic("floor", float, &[second]);
    let second = text.convert("fptosi", float, second, ty);
    let product = text.op("mul", ty, &[second, by]);
    let rest = text.op("sub", ty, &[rest, product]);
    let quotient = text.op("add", ty, &[first, second]);
    // -1 where the second was one too many.
    let less = text.op("ashr", ty, &[rest, last]);
    let quotient = text.op("add", ty, &[quotient, less]);
    let back = text.op("and", ty, &[by, less]);
    let rest = text.op("add", ty, &[rest, back]);
    ends(text, op, ty, [quotient, rest, by], [x_sign, y_sign], by_zero)
}

/// A value turned where its sign is -1; the smallest is 2^63 without a sign.
pub(crate) fn turned(text: &mut Text, ty: Type, value: Operand, sign: Operand) -> Operand {
    let flipped = text.op("xor", ty, &[value, sign]);
    text.op("sub", ty, &[flipped, sign])
}

/// What an op answers, of the quotient of absolute values, of what it leaves, and of the divisor's.
pub(crate) fn ends(
    text: &mut Text,
    op: Op,
    ty: Type,
    [quotient, rest, by]: [Operand; 3],
    [x_sign, y_sign]: [Operand; 2],
    by_zero: Operand,
) -> Operand {
    let zero = whole(ty, 0);
    let apart = text.op("xor", ty, &[x_sign, y_sign]);
    if op == Op::Fmod {
        return turned(text, ty, rest, x_sign);
    }
    let even = compare(text, "eq", ty, rest, zero);
    let lower = text.select(even, ty, zero, apart);
    if op == Op::Rem {
        let complement = text.op("sub", ty, &[by, rest]);
        let is_lower = compare(text, "slt", ty, lower, zero);
        let rest = text.select(is_lower, ty, complement, rest);
        return turned(text, ty, rest, y_sign);
    }
    let mut quotient = turned(text, ty, quotient, apart);
    if op == Op::FloorDiv {
        quotient = text.op("add", ty, &[quotient, lower]);
    }
    text.select(by_zero, ty, zero, quotient)
}

/// By the instructions of one lane.
fn in_words(text: &mut Text, op: Op, ty: Type, x: Operand, y: Operand) -> Operand {
    let signed = ty.dtype.kind() == Kind::Signed;
    let zero = whole(ty, 0);
    let one = whole(ty, 1);
    let by_zero = compare(text, "eq", ty, y, zero);
    if !signed {
        let divisor = text.select(by_zero, ty, one, y);
        let name = if matches!(op, Op::Div | Op::FloorDiv) { "udiv" } else { "urem" };
        let found = text.op(name, ty, &[x, divisor]);
        return text.select(by_zero, ty, zero, found);
    }
    let mask = Type::new(DType::Bool, ty.lanes);
    // By -1 is the negation, which wraps; LLVM's division would trap for the smallest.
    let by_minus_one = compare(text, "eq", ty, y, whole(ty, -1));
    let special = text.op("or", mask, &[by_zero, by_minus_one]);
    let divisor = text.select(special, ty, one, y);
    let quotient = text.op("sdiv", ty, &[x, divisor]);
    let rest = text.op("srem", ty, &[x, divisor]);
    let negated = text.op("sub", ty, &[zero, x]);
    let quotient = text.select(by_minus_one, ty, negated, quotient);
    if op == Op::Div {
        return text.select(by_zero, ty, zero, quotient);
    }
    if op == Op::Fmod {
        return text.select(special, ty, zero, rest);
    }
    // Python's: towards the lower, where something is left whose sign is not the divisor's.
    let uneven = compare(text, "ne", ty, rest, zero);
    let signs = text.op("xor", ty, &[rest, y]);
    let apart = compare(text, "slt", ty, signs, zero);
    let lower = text.op("and", mask, &[uneven, apart]);
    if op == Op::FloorDiv {
        let below = text.op("sub", ty, &[quotient, one]);
        let floor = text.select(lower, ty, below, quotient);
        let floor = text.select(by_minus_one, ty, negated, floor);
        return text.select(by_zero, ty, zero, floor);
    }
    let raised = text.op("add", ty, &[rest, y]);
    let modulo = text.select(lower, ty, raised, rest);
    text.select(special, ty, zero, modulo)
}
