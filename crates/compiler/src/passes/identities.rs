//! Rules that make one op simpler.

use ir::{BlockId, Op, Operands, Statement, Value};
use memory::{DType, Scalar};

use super::signs;
use super::simplify::{Simpler, Walk};

/// A simpler op, constant or value, if a rule knows one.
pub(super) fn simpler(
    walk: &mut Walk<'_>,
    op: Op,
    operands: Operands,
    dtype: DType,
) -> Option<Simpler> {
    let x = operands[0];
    let of = walk.kernel.dtype(x);
    match op {
        Op::Gt => return Some(swapped(Op::Lt, &operands)),
        Op::Ge => return Some(swapped(Op::Le, &operands)),
        Op::Cast if of == dtype => return Some(Simpler::Value(x)),
        Op::Not => return not(walk, x, dtype),
        Op::Select => return select(walk, &operands, dtype),
        _ => {}
    }
    let &[x, y] = &*operands else { return None };
    let commutes = matches!(op, Op::Add | Op::Mul | Op::And | Op::Or | Op::Xor | Op::Eq | Op::Ne);
    // Constants stand behind, so that the rules below look there alone.
    let rank = |it: Value| (walk.known.constant(it).is_some(), it);
    if commutes && rank(x) > rank(y) {
        return Some(swapped(op, &operands));
    }
    if of.is_integer() || of == DType::Bool {
        whole(walk, op, x, y, dtype)
    } else {
        float(walk, op, x, y)
    }
}

fn swapped(op: Op, operands: &[Value]) -> Simpler {
    Simpler::Op(op, Operands::new(&[operands[1], operands[0]]))
}

fn not(walk: &mut Walk<'_>, x: Value, dtype: DType) -> Option<Simpler> {
    let (op, operands) = walk.known.op(x)?;
    let whole = || {
        let of = walk.kernel.dtype(operands[0]);
        dtype == DType::Bool && (of.is_integer() || of == DType::Bool)
    };
    match op {
        Op::Not => Some(Simpler::Value(operands[0])),
        Op::Lt if whole() => Some(swapped(Op::Le, &operands)),
        Op::Le if whole() => Some(swapped(Op::Lt, &operands)),
        Op::Eq if dtype == DType::Bool => Some(Simpler::Op(Op::Ne, operands)),
        Op::Ne if dtype == DType::Bool => Some(Simpler::Op(Op::Eq, operands)),
        _ => None,
    }
}

fn select(walk: &mut Walk<'_>, operands: &[Value], dtype: DType) -> Option<Simpler> {
    let (condition, x, y) = (operands[0], operands[1], operands[2]);
    if let Some(truth) = walk.known.constant(condition) {
        return Some(Simpler::Value(if truth.is_true() { x } else { y }));
    }
    if x == y {
        return Some(Simpler::Value(x));
    }
    if dtype != DType::Bool {
        return None;
    }
    if x == condition {
        return Some(Simpler::Op(Op::Or, Operands::new(&[condition, y])));
    }
    if y == condition {
        return Some(Simpler::Op(Op::And, Operands::new(&[condition, x])));
    }
    let truth = |it| walk.known.constant(it).map(Scalar::is_true);
    match (truth(x), truth(y)) {
        (Some(true), Some(false)) => Some(Simpler::Value(condition)),
        (Some(false), Some(true)) => Some(Simpler::Op(Op::Not, Operands::new(&[condition]))),
        (Some(true), None) => Some(Simpler::Op(Op::Or, Operands::new(&[condition, y]))),
        (None, Some(false)) => Some(Simpler::Op(Op::And, Operands::new(&[condition, x]))),
        _ => None,
    }
}

/// Integers and `bool`.
fn whole(walk: &mut Walk<'_>, op: Op, x: Value, y: Value, dtype: DType) -> Option<Simpler> {
    let constant = walk.known.constant(y).map(Scalar::to_i64);
    let zero = || Some(Simpler::Constant(Scalar::zero(dtype)));
    let same = Some(Simpler::Value(x));
    match (op, constant) {
        (Op::Add | Op::Sub | Op::Or | Op::Xor | Op::Shl | Op::Shr, Some(0))
        | (Op::Mul | Op::Div | Op::FloorDiv, Some(1)) => return same,
        (Op::And, Some(1)) if dtype == DType::Bool => return same,
        (Op::Mul | Op::And, Some(0)) | (Op::Rem | Op::Fmod, Some(1)) => return zero(),
        (Op::Or, Some(1)) if dtype == DType::Bool => {
            return Some(Simpler::Constant(Scalar::from(true)));
        }
        _ => {}
    }
    match op {
        Op::Or if signs::is_root_fine(walk, x, y) || signs::is_root_fine(walk, y, x) => {
            Some(Simpler::Constant(Scalar::from(true)))
        }
        Op::And | Op::Or | Op::Min | Op::Max if x == y => same,
        Op::Sub | Op::Xor if x == y => zero(),
        Op::Eq | Op::Le if x == y => Some(Simpler::Constant(Scalar::from(true))),
        Op::Ne | Op::Lt if x == y => Some(Simpler::Constant(Scalar::from(false))),
        _ if dtype != DType::I64 => None,
        Op::Sub if constant.is_some() => {
            let minus = constant.unwrap_or(0).wrapping_neg();
            let minus = walk.constant(Scalar::from(minus));
            Some(Simpler::Op(Op::Add, Operands::new(&[x, minus])))
        }
        Op::Add => {
            // (z + a) + b
            let (inner, parts) = walk.known.op(x)?;
            let first = walk.known.integer(*parts.get(1)?).filter(|_| inner == Op::Add)?;
            let sum = walk.constant(Scalar::from(first.wrapping_add(constant?)));
            Some(Simpler::Op(Op::Add, Operands::new(&[parts[0], sum])))
        }
        // Python's division is the machine's where nothing is negative.
        Op::FloorDiv if walk.known.range(x).0 >= 0 && walk.known.range(y).0 > 0 => {
            Some(Simpler::Op(Op::Div, Operands::new(&[x, y])))
        }
        Op::Rem if walk.known.range(x).0 >= 0 && walk.known.range(y).0 > 0 => {
            Some(if walk.known.proves(x, y, -1) {
                Simpler::Value(x)
            } else {
                Simpler::Op(Op::Fmod, Operands::new(&[x, y]))
            })
        }
        Op::Min if walk.known.proves(x, y, 0) => same,
        Op::Min if walk.known.proves(y, x, 0) => Some(Simpler::Value(y)),
        Op::Max if walk.known.proves(y, x, 0) => same,
        Op::Max if walk.known.proves(x, y, 0) => Some(Simpler::Value(y)),
        _ => None,
    }
}

/// Floating point and complex numbers: what is the same for every argument, zeros and NaN too.
fn float(walk: &Walk<'_>, op: Op, x: Value, y: Value) -> Option<Simpler> {
    let dtype = walk.kernel.dtype(x);
    let constant = walk.known.constant(y).filter(|_| dtype.is_float())?;
    let is = |number: f64| constant == Scalar::from_f64(dtype, number);
    match op {
        Op::Mul | Op::Div if is(1.0) => Some(Simpler::Value(x)),
        Op::Add if is(-0.0) => Some(Simpler::Value(x)),
        Op::Sub if is(0.0) => Some(Simpler::Value(x)),
        _ => None,
    }
}

/// Which way a carried number goes from one iteration to the next: -1 down, 0 nowhere, 1 up.
///
/// `next` is what the body yields for it, before the body was simplified.
pub(super) fn direction(
    walk: &Walk<'_>,
    body: BlockId,
    next: Value,
    argument: Value,
) -> Option<i64> {
    if next == argument {
        return Some(0);
    }
    let defined = walk.kernel.block(body).statements.iter().find(|it| it.results().contains(&next));
    match defined? {
        Statement::Op { op: op @ (Op::Add | Op::Sub), operands, .. } => {
            let by = if operands[0] == argument {
                walk.number(operands[1])?
            } else if operands[1] == argument && *op == Op::Add {
                walk.number(operands[0])?
            } else {
                return None;
            };
            let by = if *op == Op::Sub { -by } else { by };
            (by.abs() <= 256).then(|| by.signum())
        }
        Statement::Op { op: Op::Select, operands, .. } => {
            joined(operands[1..].iter().map(|&it| direction(walk, body, it, argument)))
        }
        Statement::If(it) => {
            let position = it.results.iter().position(|&result| result == next)?;
            joined([it.then, it.otherwise].into_iter().map(|block| {
                let next = walk.kernel.block(block).yields[position];
                direction(walk, block, next, argument)
            }))
        }
        _ => None,
    }
}

fn joined(mut ways: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    ways.try_fold(0, |all, way| match (all, way?) {
        (0, way) => Some(way),
        (all, 0) => Some(all),
        (all, way) => (all == way).then_some(all),
    })
}
