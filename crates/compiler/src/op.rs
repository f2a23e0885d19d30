//! Ops of the table as operations of LLVM, in one lane or many.

use ir::Op;
use memory::{DType, Kind, Scalar};

use crate::Unsupported;
use crate::divide::divide;
use crate::text::{Operand, Text, Type};

/// Emit an op that is not elementary. `dtype` is the type of its operands (of the last one, for
/// `select`), `result` that of what it gives.
pub(crate) fn emit(
    text: &mut Text,
    op: Op,
    dtype: DType,
    result: DType,
    lanes: u32,
    operands: &[Operand],
) -> Result<Operand, Unsupported> {
    if dtype.is_complex() || result.is_complex() {
        return Err(Unsupported::new(format!("{op} of complex numbers")));
    }
    let ty = Type::new(dtype, lanes);
    match op {
        Op::Cast => return Ok(cast(text, dtype, result, lanes, operands[0])),
        Op::Bitcast => {
            return Ok(text.convert("bitcast", ty, operands[0], Type::new(result, lanes)));
        }
        Op::Select => return Ok(text.select(operands[0], ty, operands[1], operands[2])),
        _ => {}
    }
    if dtype == DType::F16 {
        return half(text, op, result, lanes, operands);
    }
    let found = match dtype.kind() {
        Kind::Bool | Kind::Signed | Kind::Unsigned => integer(text, op, ty, operands),
        Kind::Float => float(text, op, ty, operands),
        Kind::Complex => None,
    };
    found.ok_or_else(|| Unsupported::new(format!("{op} of {}", dtype.short())))
}

/// The op in float32, rounded once more; what only looks at bits is not changed by that.
fn half(
    text: &mut Text,
    op: Op,
    result: DType,
    lanes: u32,
    operands: &[Operand],
) -> Result<Operand, Unsupported> {
    let wide: Vec<_> =
        operands.iter().map(|&it| cast(text, DType::F16, DType::F32, lanes, it)).collect();
    let wide_result = if result == DType::F16 { DType::F32 } else { result };
    let found = emit(text, op, DType::F32, wide_result, lanes, &wide)?;
    Ok(if result == DType::F16 { cast(text, DType::F32, DType::F16, lanes, found) } else { found })
}

/// The least float beyond an integer of 64 bits.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

fn constant(ty: Type, value: f64) -> Operand {
    Operand::Constant(ty.dtype, Scalar::from_f64(ty.dtype, value).bits() as u64)
}

pub(crate) fn whole(ty: Type, value: i64) -> Operand {
    Operand::Constant(ty.dtype, Scalar::from_i64(ty.dtype, value).bits() as u64)
}

pub(crate) fn compare(text: &mut Text, how: &str, ty: Type, a: Operand, b: Operand) -> Operand {
    let name = if ty.dtype.is_float() { "fcmp" } else { "icmp" };
    text.op(&format!("{name} {how}"), ty, &[a, b])
}

/// The lesser or larger of two floats: more instructions than a vector of them needs, but fewer of them one after the
/// other, for an `x` that waits for such an extreme itself.
pub(crate) fn extreme(text: &mut Text, op: Op, ty: Type, x: Operand, y: Operand) -> Operand {
    let first = compare(text, if op == Op::Min { "olt" } else { "ogt" }, ty, x, y);
    let nan = compare(text, "uno", ty, x, x);
    let take = text.op("or", Type::new(DType::Bool, ty.lanes), &[first, nan]);
    text.select(take, ty, x, y)
}

fn float(text: &mut Text, op: Op, ty: Type, operands: &[Operand]) -> Option<Operand> {
    let x = operands[0];
    let y = operands.get(1).copied().unwrap_or(Operand::Poison);
    let mask = Type::new(DType::Bool, ty.lanes);
    let zero = constant(ty, 0.0);
    Some(match op {
        Op::Neg => text.op("fneg", ty, &[x]),
        Op::Abs => text.intrinsic("fabs", ty, &[x]),
        Op::Sign => {
            let above = compare(text, "ogt", ty, x, zero);
            let below = compare(text, "olt", ty, x, zero);
            let number = compare(text, "ord", ty, x, x);
            let negative = text.select(below, ty, constant(ty, -1.0), zero);
            let sign = text.select(above, ty, constant(ty, 1.0), negative);
            text.select(number, ty, sign, x)
        }
        Op::Add => text.op("fadd", ty, &[x, y]),
        Op::Sub => text.op("fsub", ty, &[x, y]),
        Op::Mul => text.op("fmul", ty, &[x, y]),
        Op::Div => text.op("fdiv", ty, &[x, y]),
        Op::Square => text.op("fmul", ty, &[x, x]),
        Op::Reciprocal => text.op("fdiv", ty, &[constant(ty, 1.0), x]),
        Op::Sqrt => text.intrinsic("sqrt", ty, &[x]),
        Op::Fma => text.intrinsic("fma", ty, operands),
        Op::Floor => text.intrinsic("floor", ty, &[x]),
        Op::Ceil => text.intrinsic("ceil", ty, &[x]),
        Op::Trunc => text.intrinsic("trunc", ty, &[x]),
        Op::Rint => text.intrinsic("roundeven", ty, &[x]),
        Op::Min | Op::Max => {
            if ty.lanes == 1 {
                return Some(extreme(text, op, ty, x, y));
            }
            // Machines have the inner choice as one instruction, and the outer one as its mask.
            let first = compare(text, if op == Op::Min { "olt" } else { "ogt" }, ty, x, y);
            let found = text.select(first, ty, x, y);
            let number = compare(text, "ord", ty, x, x);
            text.select(number, ty, found, x)
        }
        Op::Fmin | Op::Fmax => {
            let how = if op == Op::Fmin { "ole" } else { "oge" };
            let first = compare(text, how, ty, x, y);
            let nan = compare(text, "uno", ty, y, y);
            let take = text.op("or", mask, &[first, nan]);
            text.select(take, ty, x, y)
        }
        Op::Eq => compare(text, "oeq", ty, x, y),
        Op::Ne => compare(text, "une", ty, x, y),
        Op::Lt => compare(text, "olt", ty, x, y),
        Op::Le => compare(text, "ole", ty, x, y),
        Op::Gt => compare(text, "ogt", ty, x, y),
        Op::Ge => compare(text, "oge", ty, x, y),
        Op::IsNan => compare(text, "uno", ty, x, x),
        Op::IsInf | Op::IsFinite => {
            let size = text.intrinsic("fabs", ty, &[x]);
            let how = if op == Op::IsInf { "oeq" } else { "olt" };
            compare(text, how, ty, size, constant(ty, f64::INFINITY))
        }
        Op::SignBit => {
            let bits = Type::new(of_width(ty.dtype), ty.lanes);
            let word = text.convert("bitcast", ty, x, bits);
            compare(text, "slt", bits, word, whole(bits, 0))
        }
        Op::CopySign => text.intrinsic("copysign", ty, &[x, y]),
        _ => return None,
    })
}

/// The signed integer as wide as a float.
pub(crate) fn of_width(dtype: DType) -> DType {
    match dtype.size() {
        2 => DType::I16,
        4 => DType::I32,
        _ => DType::I64,
    }
}

fn integer(text: &mut Text, op: Op, ty: Type, operands: &[Operand]) -> Option<Operand> {
    let x = operands[0];
    let y = operands.get(1).copied().unwrap_or(Operand::Poison);
    let signed = ty.dtype.kind() == Kind::Signed;
    let zero = whole(ty, 0);
    let order = |less: bool, or_equal: bool| match (signed, less, or_equal) {
        (true, true, false) => "slt",
        (true, true, true) => "sle",
        (true, false, false) => "sgt",
        (true, false, true) => "sge",
        (false, true, false) => "ult",
        (false, true, true) => "ule",
        (false, false, false) => "ugt",
        (false, false, true) => "uge",
    };
    Some(match op {
        Op::Neg => text.op("sub", ty, &[zero, x]),
        Op::Abs if signed => {
            let below = compare(text, "slt", ty, x, zero);
            let turned = text.op("sub", ty, &[zero, x]);
            text.select(below, ty, turned, x)
        }
        Op::Abs => x,
        Op::Sign => {
            let above = compare(text, order(false, false), ty, x, zero);
            let rest = if signed {
                let below = compare(text, "slt", ty, x, zero);
                text.select(below, ty, whole(ty, -1), zero)
            } else {
                zero
            };
            text.select(above, ty, whole(ty, 1), rest)
        }
        Op::Add => text.op("add", ty, &[x, y]),
        Op::Sub => text.op("sub", ty, &[x, y]),
        Op::Mul => text.op("mul", ty, &[x, y]),
        Op::MulHigh if ty.dtype == DType::U64 => multiply_high(text, ty, x, y),
        Op::Square => text.op("mul", ty, &[x, x]),
        Op::Div | Op::FloorDiv | Op::Rem | Op::Fmod => divide(text, op, ty, x, y),
        Op::Reciprocal => divide(text, Op::Div, ty, whole(ty, 1), x),
        Op::Min | Op::Max => {
            let first = compare(text, order(op == Op::Min, false), ty, x, y);
            text.select(first, ty, x, y)
        }
        Op::Eq => compare(text, "eq", ty, x, y),
        Op::Ne => compare(text, "ne", ty, x, y),
        Op::Lt => compare(text, order(true, false), ty, x, y),
        Op::Le => compare(text, order(true, true), ty, x, y),
        Op::Gt => compare(text, order(false, false), ty, x, y),
        Op::Ge => compare(text, order(false, true), ty, x, y),
        Op::And => text.op("and", ty, &[x, y]),
        Op::Or => text.op("or", ty, &[x, y]),
        Op::Xor => text.op("xor", ty, &[x, y]),
        Op::Not if ty.dtype == DType::Bool => {
            text.op("xor", ty, &[x, Operand::Constant(DType::Bool, 1)])
        }
        Op::Not => text.op("xor", ty, &[x, whole(ty, -1)]),
        Op::Shl | Op::Shr => {
            let width = whole(ty, ty.dtype.bits().into());
            let inside = compare(text, "ult", ty, y, width);
            if op == Op::Shr && signed {
                let most = text.select(inside, ty, y, whole(ty, i64::from(ty.dtype.bits()) - 1));
                return Some(text.op("ashr", ty, &[x, most]));
            }
            // A count that is too large would be poison, so it is none.
            let count = text.select(inside, ty, y, zero);
            let name = if op == Op::Shl { "shl" } else { "lshr" };
            let shifted = text.op(name, ty, &[x, count]);
            text.select(inside, ty, shifted, zero)
        }
        Op::CountOnes => text.intrinsic("ctpop", ty, &[x]),
        Op::LeadingZeros => text.zeros("ctlz", ty, x),
        Op::TrailingZeros => text.zeros("cttz", ty, x),
        _ => return None,
    })
}

/// The upper word of a product of two words.
fn multiply_high(text: &mut Text, ty: Type, x: Operand, y: Operand) -> Operand {
    let lanes = ty.lanes;
    let (wide, half) = match lanes {
        1 => ("i128".to_owned(), "64".to_owned()),
        _ => (format!("<{lanes} x i128>"), "splat (i128 64)".to_owned()),
    };
    let [x, y] = [x, y].map(|it| {
        let it = text.show(it, lanes);
        let widened = text.define(format_args!("zext {ty} {it} to {wide}"));
        text.show(widened, 1)
    });
    let product = text.define(format_args!("mul nuw {wide} {x}, {y}"));
    let product = text.show(product, 1);
    let upper = text.define(format_args!("lshr {wide} {product}, {half}"));
    let upper = text.show(upper, 1);
    text.define(format_args!("trunc {wide} {upper} to {ty}"))
}

fn cast(text: &mut Text, from: DType, to: DType, lanes: u32, x: Operand) -> Operand {
    let (source, target) = (Type::new(from, lanes), Type::new(to, lanes));
    if from == to {
        return x;
    }
    match (from.kind(), to.kind()) {
        (Kind::Float, Kind::Bool) => text.op("fcmp une", source, &[x, constant(source, 0.0)]),
        (_, Kind::Bool) => text.op("icmp ne", source, &[x, whole(source, 0)]),
        (Kind::Bool | Kind::Unsigned, Kind::Float) => text.convert("uitofp", source, x, target),
        (Kind::Signed, Kind::Float) => text.convert("sitofp", source, x, target),
        (Kind::Float, Kind::Float) if from == DType::F64 && to == DType::F16 => {
            let odd = round_to_odd(text, lanes, x);
            text.convert("fptrunc", Type::new(DType::F32, lanes), odd, target)
        }
        (Kind::Float, Kind::Float) => {
            let name = if from.size() < to.size() { "fpext" } else { "fptrunc" };
            text.convert(name, source, x, target)
        }
        (Kind::Float, Kind::Signed) if to == DType::I64 && from != DType::F16 => {
            clamped(text, source, x, target)
        }
        (Kind::Float, _) => {
            let name = if to.kind() == Kind::Signed { "fptosi" } else { "fptoui" };
            saturate(text, name, source, x, target)
        }
        _ if from.size() == to.size() && from != DType::Bool => x,
        _ if from == DType::Bool => text.convert("zext", source, x, target),
        _ if from.size() > to.size() => text.convert("trunc", source, x, target),
        (Kind::Signed, _) => text.convert("sext", source, x, target),
        _ => text.convert("zext", source, x, target),
    }
}

/// A float64 as a float32, inexact ones to the neighbour whose last bit is set: rounded once more, to
/// float16, that gives what one rounding would (Boldo and Melquiond, 2008). No cpu has the one rounding.
fn round_to_odd(text: &mut Text, lanes: u32, x: Operand) -> Operand {
    let [wide, narrow, bits, mask] =
        [DType::F64, DType::F32, DType::I32, DType::Bool].map(|it| Type::new(it, lanes));
    let nearest = text.convert("fptrunc", wide, x, narrow);
    let back = text.convert("fpext", narrow, nearest, wide);
    let inexact = text.op("fcmp one", wide, &[back, x]);
    let [size, given] = [back, x].map(|it| text.intrinsic("fabs", wide, &[it]));
    let above = text.op("fcmp ogt", wide, &[size, given]);
    let word = text.convert("bitcast", narrow, nearest, bits);
    // Numbers of one sign are ordered as their bits are.
    let step = text.convert("sext", mask, above, bits);
    let below = text.op("add", bits, &[word, step]);
    let last = text.convert("zext", mask, inexact, bits);
    let odd = text.op("or", bits, &[below, last]);
    text.convert("bitcast", bits, odd, narrow)
}

/// A float as an integer of 64 bits, clamped to its range; NaN is 0.
///
/// Machines convert vectors of numbers in range by one instruction, which LLVM does not use for `fptosi.sat`; and
/// where a check asks the same of the number, nothing else is left of this.
fn clamped(text: &mut Text, from: Type, x: Operand, to: Type) -> Operand {
    let mask = Type::new(DType::Bool, from.lanes);
    let (least, limit) = (constant(from, -TOO_LARGE), constant(from, TOO_LARGE));
    let above = compare(text, "oge", from, x, least);
    let below = compare(text, "olt", from, x, limit);
    let fits = text.op("and", mask, &[above, below]);
    let safe = text.select(fits, from, x, constant(from, 0.0));
    let found = text.convert("fptosi", from, safe, to);
    let over = compare(text, "oge", from, x, limit);
    let found = text.select(over, to, whole(to, i64::MAX), found);
    let under = compare(text, "olt", from, x, least);
    text.select(under, to, whole(to, i64::MIN), found)
}

/// A float as an integer, clamped to its range; NaN is 0.
fn saturate(text: &mut Text, name: &str, from: Type, x: Operand, to: Type) -> Operand {
    let (source, target) = (from.suffix(), to.suffix());
    text.outside.insert(format!("declare {to} @llvm.{name}.sat.{target}.{source}({from})"));
    let shown = text.show(x, from.lanes);
    text.define(format_args!("call {to} @llvm.{name}.sat.{target}.{source}({from} {shown})"))
}
