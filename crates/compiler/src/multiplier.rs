//! Quotients, rounded down, and remainders of 8, 16 and 64-bit integers in lanes by one divisor: the upper half
//! of a product with a whole number, which is computed once.
//!
//! Why it is right, after Granlund and Montgomery (Division by invariant integers using multiplication, 1994):
//!
//! * Without signs, of `N` bits: with `l` so that `2^(l-1) < d <= 2^l` and `m = floor(2^N (2^l - d) / d) + 1`, the upper
//!   half `t` of `m x` gives `floor(x / d) = (t + (x - t >> 1)) >> l - 1`; by 1, `m` is 1 and `t` is 0.
//! * 8 bits are widened to 16, where `m = floor((2^16 - 1) / d) + 1` alone is enough: `m d - 2^16` is at most
//!   `d`, and `x d < 2^16`, so `m x / 2^16` is above `x / d` by less than `1 / d`.
//! * With signs: `floor(x / y)` is `floor(z / |y|)` for the `z` that is `x`, or `-x` where `y` is negative. For a negative
//!   `z` that is `-1 - floor((-1 - z) / |y|)`, and both subtractions from -1 flip all bits. `z` is `2^(N-1)` only for
//!   the smallest `x`, and has then, as a number without a sign, the quotient that wraps.

use ir::Op;
use memory::{DType, Kind};

use crate::op::{compare, whole};
use crate::text::{Operand, Text, Type};

/// Whether quotients of integers of a type are made like this.
pub(crate) fn is_for(dtype: DType) -> bool {
    dtype.is_integer() && dtype.size() != 4
}

/// What all lanes have in common, in each of them.
pub(crate) struct Multiplier {
    /// The type that is computed in.
    work: Type,
    /// The divisor, or 1 in place of zero; and where it is that.
    by: Operand,
    by_zero: Operand,
    number: Operand,
    /// `l - 1`, and a shift by one or none before.
    shift: Operand,
    first: Operand,
    /// -1 where the divisor is negative.
    turn: Operand,
    by_one: Operand,
}

impl Multiplier {
    /// For the divisor `y`, a scalar, of lanes of a type.
    pub(crate) fn new(text: &mut Text, ty: Type, y: Operand) -> Self {
        let signed = ty.dtype.kind() == Kind::Signed;
        let dtype = match ty.dtype.size() {
            1 | 2 => DType::U16,
            _ => DType::U64,
        };
        let work = Type::new(dtype, ty.lanes);
        let (one, truth) = (Type::new(ty.dtype, 1), Type::new(DType::Bool, ty.lanes));
        let by_zero = compare(text, "eq", one, y, whole(one, 0));
        let by = text.select(by_zero, one, whole(one, 1), y);
        // The absolute value, in 64 bits.
        let long = Type::new(DType::U64, 1);
        let wide = widened(text, one, by, long);
        let turn =
            if signed { text.op("ashr", long, &[wide, whole(long, 63)]) } else { whole(long, 0) };
        let flipped = text.op("xor", long, &[wide, turn]);
        let mut size = text.op("sub", long, &[flipped, turn]);
        if signed && ty.dtype.size() < 8 {
            size = text.op("and", long, &[size, whole(long, 0xffff)]);
        }
        let by_one = compare(text, "eq", long, size, whole(long, 1));
        let (number, shift) = match ty.dtype.size() {
            1 => {
                let floor = text.op("udiv", long, &[whole(long, 0xffff), size]);
                (text.op("add", long, &[floor, whole(long, 1)]), whole(long, 0))
            }
            _ => number(text, long, size, by_one, dtype.bits()),
        };
        let first = text.select(by_one, long, whole(long, 0), whole(long, 1));
        let mut in_lanes = |value: Operand| {
            let scalar = Type::new(dtype, 1);
            let value = if dtype == DType::U64 {
                value
            } else {
                text.convert("trunc", long, value, scalar)
            };
            text.splat(value, work)
        };
        let [number, shift, first, turn] = [number, shift, first, turn].map(&mut in_lanes);
        let [by_zero, by_one] = [by_zero, by_one].map(|it| text.splat(it, truth));
        let by = text.splat(by, ty);
        Self { work, by, by_zero, number, shift, first, turn, by_one }
    }

    /// `floor_div` or `rem` of `x`, in lanes.
    pub(crate) fn divide(&self, text: &mut Text, op: Op, ty: Type, x: Operand) -> Operand {
        let work = self.work;
        let signed = ty.dtype.kind() == Kind::Signed;
        let last = whole(work, i64::from(work.dtype.bits()) - 1);
        let wide = widened(text, ty, x, work);
        let (mut above, mut sign) = (wide, self.turn);
        if signed {
            let flipped = text.op("xor", work, &[wide, self.turn]);
            above = text.op("sub", work, &[flipped, self.turn]);
            let mut negative = above;
            if ty.dtype.size() > 1 {
                // Not so the smallest by a negative number, which wraps.
                let outside = text.op("and", work, &[wide, self.turn]);
                let inside = text.op("xor", work, &[outside, whole(work, -1)]);
                negative = text.op("and", work, &[above, inside]);
            }
            sign = text.op("ashr", work, &[negative, last]);
            above = text.op("xor", work, &[above, sign]);
        }
        let mut quotient = self.upper(text, above);
        if ty.dtype.size() == 1 {
            // The number for 1 would be 2^16.
            quotient = text.select(self.by_one, work, above, quotient);
        } else {
            let rest = text.op("sub", work, &[above, quotient]);
            let rest = text.op("lshr", work, &[rest, self.first]);
            let sum = text.op("add", work, &[quotient, rest]);
            quotient = text.op("lshr", work, &[sum, self.shift]);
        }
        if signed {
            quotient = text.op("xor", work, &[quotient, sign]);
        }
        if work.dtype.size() != ty.dtype.size() {
            quotient = text.convert("trunc", work, quotient, ty);
        }
        if op == Op::Rem {
            // By 1 in place of 0, and by -1, nothing is left, as it should be.
            let product = text.op("mul", ty, &[quotient, self.by]);
            return text.op("sub", ty, &[x, product]);
        }
        text.select(self.by_zero, ty, whole(ty, 0), quotient)
    }

    /// The upper half of the product with the number.
    fn upper(&self, text: &mut Text, x: Operand) -> Operand {
        let work = self.work;
        if work.dtype == DType::U16 {
            let twice = Type::new(DType::U32, work.lanes);
            let [x, number] = [x, self.number].map(|it| text.convert("zext", work, it, twice));
            let product = text.op("mul", twice, &[x, number]);
            let upper = text.op("lshr", twice, &[product, whole(twice, 16)]);
            return text.convert("trunc", twice, upper, work);
        }
        // Machines multiply the lower halves of lanes. To say here that nothing is above them tells LLVM so.
        let (half, mask) = (whole(work, 32), whole(work, 0xffff_ffff));
        let [low, number_low] = [x, self.number].map(|it| text.op("and", work, &[it, mask]));
        let [high, number_high] = [x, self.number].map(|it| text.op("lshr", work, &[it, half]));
        let lowest = text.op("mul", work, &[low, number_low]);
        let left = text.op("mul", work, &[high, number_low]);
        let right = text.op("mul", work, &[low, number_high]);
        let highest = text.op("mul", work, &[high, number_high]);
        let carried = text.op("lshr", work, &[lowest, half]);
        let left = text.op("add", work, &[left, carried]);
        let lower = text.op("and", work, &[left, mask]);
        let right = text.op("add", work, &[right, lower]);
        let [left, right] = [left, right].map(|it| text.op("lshr", work, &[it, half]));
        let sum = text.op("add", work, &[highest, left]);
        text.op("add", work, &[sum, right])
    }
}

/// Integers in a wider type, or as they are.
fn widened(text: &mut Text, from: Type, value: Operand, to: Type) -> Operand {
    if from.dtype.size() == to.dtype.size() {
        return value;
    }
    let name = if from.dtype.kind() == Kind::Signed { "sext" } else { "zext" };
    text.convert(name, from, value, to)
}

/// `m` and `l - 1` of `bits` bits for a divisor.
fn number(
    text: &mut Text,
    long: Type,
    size: Operand,
    by_one: Operand,
    bits: u32,
) -> (Operand, Operand) {
    let below = text.op("sub", long, &[size, whole(long, 1)]);
    let zeros = text.zeros("ctlz", long, below);
    let shift = text.op("sub", long, &[whole(long, 63), zeros]);
    let shift = text.select(by_one, long, whole(long, 0), shift);
    let power = text.op("shl", long, &[whole(long, 1), shift]);
    // In two steps, for the last one may shift all bits out.
    let power = text.op("shl", long, &[power, whole(long, 1)]);
    let power = text.select(by_one, long, whole(long, 1), power);
    let above = text.op("sub", long, &[power, size]);
    let floor = if bits == 64 {
        two_words(text, long, above, size)
    } else {
        let above = text.op("shl", long, &[above, whole(long, bits.into())]);
        text.op("udiv", long, &[above, size])
    };
    (text.op("add", long, &[floor, whole(long, 1)]), shift)
}

/// `2^64 above / size` for `above < size`, rounded down, digit by digit of 32 bits (Knuth, algorithm D).
fn two_words(text: &mut Text, long: Type, above: Operand, size: Operand) -> Operand {
    let half = whole(long, 32);
    let zeros = text.zeros("ctlz", long, size);
    let [above, size] = [above, size].map(|it| text.op("shl", long, &[it, zeros]));
    let high = text.op("lshr", long, &[size, half]);
    let low = text.op("and", long, &[size, whole(long, 0xffff_ffff)]);
    let mut digit = |above: Operand| {
        let mut quotient = text.op("udiv", long, &[above, high]);
        let product = text.op("mul", long, &[quotient, high]);
        let mut rest = text.op("sub", long, &[above, product]);
        // At most two too many.
        for _ in 0..2 {
            let product = text.op("mul", long, &[quotient, low]);
            let shifted = text.op("shl", long, &[rest, half]);
            let truth = Type::new(DType::Bool, 1);
            let short = compare(text, "ult", long, rest, whole(long, 1 << 32));
            let large = compare(text, "uge", long, quotient, whole(long, 1 << 32));
            let more = compare(text, "ugt", long, product, shifted);
            let many = text.op("or", truth, &[large, more]);
            let many = text.op("and", truth, &[short, many]);
            let fewer = text.op("sub", long, &[quotient, whole(long, 1)]);
            let raised = text.op("add", long, &[rest, high]);
            quotient = text.select(many, long, fewer, quotient);
            rest = text.select(many, long, raised, rest);
        }
        let product = text.op("mul", long, &[quotient, size]);
        let left = text.op("shl", long, &[above, half]);
        (quotient, text.op("sub", long, &[left, product]))
    };
    let (first, rest) = digit(above);
    let (second, _) = digit(rest);
    let first = text.op("shl", long, &[first, half]);
    text.op("add", long, &[first, second])
}
