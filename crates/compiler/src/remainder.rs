//! Quotients and remainders of floating point numbers: `fmod`, `rem` and `floor_div`, to the bits of the
//! interpreter.
//!
//! Why they are right, with `x`, `y` not negative and `t` the true `x / y`:
//!
//! * Fast, where the rounded `t` is below `2^p`, `p` the bits of the format. `q`, what it truncates to, is the floor of `t`
//!   or one more: rounding keeps order, and whole numbers up to `2^p` are not rounded. What is left, `x - q y`, is a
//!   multiple of the last bit of `y` and not above `y`, so `fma` has it exactly, and adding `y` to one below zero is
//!   exact too. The quotient of Python is `q` then, or one more towards below: the steps of the interpreter are off by less
//!   than a half of a whole number where `t` is below `2^(p - 3)`, and round that away.
//! * Else the same again and again, in float64: of larger `t`, the leading fifty bits are a `q` in units of their last one.
//!   What is left is a multiple of the last bit of `y` units, and not above so many `y`.

use ir::Op;
use memory::{DType, Scalar};

use crate::op::{compare, of_width, whole};
use crate::text::{Operand, Text, Type};

/// Whether an op is one of these.
pub(crate) fn is_one(op: Op, dtype: DType) -> bool {
    dtype.is_float() && matches!(op, Op::Fmod | Op::Rem | Op::FloorDiv)
}

fn constant(ty: Type, value: f64) -> Operand {
    Operand::Constant(ty.dtype, Scalar::from_f64(ty.dtype, value).bits() as u64)
}

/// The op where the quotient is not huge, and in which lanes it is not.
pub(crate) fn fast(text: &mut Text, op: Op, ty: Type, [x, y]: [Operand; 2]) -> (Operand, Operand) {
    let bits = if ty.dtype == DType::F32 { 24 } else { 53 };
    let [size, by] = [x, y].map(|it| text.intrinsic("fabs", ty, &[it]));
    let plain = text.op("fdiv", ty, &[x, y]);
    let quotient = text.intrinsic("fabs", ty, &[plain]);
    let most = if op == Op::FloorDiv { bits - 3 } else { bits };
    // NaN is common, as far as speed goes.
    let common = compare(text, "ult", ty, quotient, constant(ty, 2f64.powi(most)));
    let quotient = text.intrinsic("trunc", ty, &[quotient]);
    let (rest, over) = left(text, ty, size, by, quotient, by);
    let found = if op == Op::FloorDiv {
        let one = constant(ty, 1.0);
        let less = text.op("fsub", ty, &[quotient, one]);
        let quotient = text.select(over, ty, less, quotient);
        let signed = text.intrinsic("copysign", ty, &[quotient, plain]);
        let rest = text.intrinsic("copysign", ty, &[rest, x]);
        let lower = is_lower(text, ty, y, rest);
        let below = text.op("fsub", ty, &[signed, one]);
        text.select(lower, ty, below, signed)
    } else {
        let rest = text.intrinsic("copysign", ty, &[rest, x]);
        if op == Op::Rem { modulo(text, ty, y, rest) } else { rest }
    };
    (number(text, ty, found, x, y), common)
}

/// The op for any operands.
pub(crate) fn exact(text: &mut Text, op: Op, ty: Type, [x, y]: [Operand; 2]) -> Operand {
    let wide = Type::new(DType::F64, ty.lanes);
    let [size, by] = [x, y].map(|it| {
        let size = text.intrinsic("fabs", ty, &[it]);
        if ty.dtype == DType::F64 { size } else { text.convert("fpext", ty, size, wide) }
    });
    let rest = long_division(text, wide, size, by);
    let rest = if ty.dtype == DType::F64 { rest } else { text.convert("fptrunc", wide, rest, ty) };
    let rest = text.intrinsic("copysign", ty, &[rest, x]);
    let found = match op {
        Op::Fmod => rest,
        Op::Rem => modulo(text, ty, y, rest),
        _ => floor(text, ty, [x, y], rest),
    };
    number(text, ty, found, x, y)
}

/// What `size`, which is finite, leaves once `count` times `by` is taken away, where that is `unit` too much at most;
/// and whether it was.
fn left(
    text: &mut Text,
    ty: Type,
    size: Operand,
    by: Operand,
    count: Operand,
    unit: Operand,
) -> (Operand, Operand) {
    let minus = text.op("fneg", ty, &[count]);
    let rest = text.intrinsic("fma", ty, &[minus, by, size]);
    let over = compare(text, "olt", ty, rest, constant(ty, 0.0));
    let back = text.op("fadd", ty, &[rest, unit]);
    let rest = text.select(over, ty, back, rest);
    // Also where `by` is infinite, and the product of it and zero no number.
    let all = compare(text, "olt", ty, size, by);
    (text.select(all, ty, size, rest), over)
}

/// `size` modulo `by`, both float64 and not negative; NaN where there is none.
fn long_division(text: &mut Text, ty: Type, size: Operand, by: Operand) -> Operand {
    let [zero, one, infinity, nan] = [0.0, 1.0, f64::INFINITY, f64::NAN].map(|it| constant(ty, it));
    let truth = Type::new(DType::Bool, ty.lanes);
    let word = Type::new(of_width(ty.dtype), ty.lanes);
    let finite = compare(text, "olt", ty, size, infinity);
    let some = compare(text, "ogt", ty, by, zero);
    let legal = text.op("and", truth, &[finite, some]);
    let first = text.select(legal, ty, size, zero);
    let by = text.select(legal, ty, by, one);

    let (head, done) = (text.label(), text.label());
    let before = text.here();
    text.jump(head);
    text.begin(head);
    let rest = text.register();
    let phi = text.reserve();
    // A quotient beyond all numbers becomes one of a larger divisor, twice if need be.
    let mut base = by;
    let mut quotient = text.op("fdiv", ty, &[rest, base]);
    for _ in 0..2 {
        let beyond = compare(text, "oeq", ty, quotient, infinity);
        let larger = text.op("fmul", ty, &[base, constant(ty, 2f64.powi(1000))]);
        base = text.select(beyond, ty, larger, base);
        quotient = text.op("fdiv", ty, &[rest, base]);
    }
    let huge = compare(text, "oge", ty, quotient, constant(ty, 2f64.powi(53)));
    let bits = text.convert("bitcast", ty, quotient, word);
    let leading = text.op("and", word, &[bits, whole(word, !7)]);
    let leading = text.convert("bitcast", word, leading, ty);
    let power = text.op("and", word, &[bits, whole(word, 0x7ff << 52)]);
    let power = text.convert("bitcast", word, power, ty);
    let last = text.op("fmul", ty, &[power, constant(ty, 2f64.powi(-49))]);
    let truncated = text.intrinsic("trunc", ty, &[quotient]);
    let count = text.select(huge, ty, leading, truncated);
    let last = text.select(huge, ty, last, one);
    let unit = text.op("fmul", ty, &[last, base]);
    let (next, _) = left(text, ty, rest, base, count, unit);
    let more = compare(text, "oge", ty, next, by);
    let more = any(text, truth, more);
    let latch = text.here();
    text.branch(more, head, done);
    text.begin(done);
    let [rest, first, shown] = [rest, first, next].map(|it| text.show(it, ty.lanes));
    text.fill(phi, format_args!("{rest} = phi {ty} [ {first}, %{before} ], [ {shown}, %{latch} ]"));
    text.select(legal, ty, next, nan)
}

/// Whether a truth value holds in some lane.
fn any(text: &mut Text, ty: Type, truth: Operand) -> Operand {
    if ty.lanes == 1 {
        return truth;
    }
    let (shown, lanes) = (text.show(truth, ty.lanes), ty.lanes);
    let bits = text.define(format_args!("bitcast {ty} {shown} to i{lanes}"));
    let bits = text.show(bits, 1);
    text.define(format_args!("icmp ne i{lanes} {bits}, 0"))
}

/// Whether the quotient of Python is one below that towards zero.
fn is_lower(text: &mut Text, ty: Type, y: Operand, rest: Operand) -> Operand {
    let truth = Type::new(DType::Bool, ty.lanes);
    let zero = constant(ty, 0.0);
    let [negative, left] = [y, rest].map(|it| compare(text, "olt", ty, it, zero));
    let apart = text.op("xor", truth, &[negative, left]);
    let uneven = compare(text, "one", ty, rest, zero);
    text.op("and", truth, &[uneven, apart])
}

/// The remainder of Python, which has the sign of `y`.
fn modulo(text: &mut Text, ty: Type, y: Operand, rest: Operand) -> Operand {
    let lower = is_lower(text, ty, y, rest);
    let raised = text.op("fadd", ty, &[rest, y]);
    let adjusted = text.select(lower, ty, raised, rest);
    let zero = constant(ty, 0.0);
    let even = compare(text, "oeq", ty, rest, zero);
    let signed = text.intrinsic("copysign", ty, &[zero, y]);
    text.select(even, ty, signed, adjusted)
}

/// The quotient of Python, by the steps of the interpreter.
fn floor(text: &mut Text, ty: Type, [x, y]: [Operand; 2], rest: Operand) -> Operand {
    let [zero, one, half] = [0.0, 1.0, 0.5].map(|it| constant(ty, it));
    let plain = text.op("fdiv", ty, &[x, y]);
    let even = text.op("fsub", ty, &[x, rest]);
    let quotient = text.op("fdiv", ty, &[even, y]);
    let lower = is_lower(text, ty, y, rest);
    let below = text.op("fsub", ty, &[quotient, one]);
    let quotient = text.select(lower, ty, below, quotient);
    let floor = text.intrinsic("floor", ty, &[quotient]);
    let fraction = text.op("fsub", ty, &[quotient, floor]);
    let up = compare(text, "ogt", ty, fraction, half);
    let above = text.op("fadd", ty, &[floor, one]);
    let found = text.select(up, ty, above, floor);
    let none = compare(text, "oeq", ty, quotient, zero);
    let signed = text.intrinsic("copysign", ty, &[zero, plain]);
    let found = text.select(none, ty, signed, found);
    let by_zero = compare(text, "oeq", ty, y, zero);
    text.select(by_zero, ty, plain, found)
}

/// What was found, and where that is no number always the same NaN: an operand that is one, the divisor first.
fn number(text: &mut Text, ty: Type, found: Operand, x: Operand, y: Operand) -> Operand {
    let is_number = compare(text, "ord", ty, found, found);
    let [first, second] = [x, y].map(|it| compare(text, "ord", ty, it, it));
    let nan = text.select(first, ty, constant(ty, f64::NAN), x);
    let nan = text.select(second, ty, nan, y);
    text.select(is_number, ty, found, nan)
}
