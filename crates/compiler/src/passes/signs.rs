//! Floats that are never negative, as sums of squares are: `math.sqrt` need not ask them.

use std::collections::HashSet;

use ir::{BlockId, Op, Statement, Value};
use memory::Scalar;

use super::simplify::Walk;

/// How many ops a proof may chain.
const DEPTH: usize = 8;

/// What loops carry that is never negative, and what they leave of it.
#[derive(Debug, Default)]
pub(super) struct Signs(HashSet<Value>);

/// `0 <= v or isnan(v)` of what is never negative: what `sqrt` asks for.
pub(super) fn is_root_fine(walk: &Walk<'_>, x: Value, y: Value) -> bool {
    let (Some((Op::Le, compared)), Some((Op::IsNan, of))) = (walk.known.op(x), walk.known.op(y))
    else {
        return false;
    };
    let zero = walk.known.constant(compared[0]);
    let is_zero = zero.is_some_and(|it| it.dtype().is_float() && it == Scalar::zero(it.dtype()));
    is_zero && compared[1] == of[0] && never_negative(walk, &[], of[0], DEPTH)
}

/// Find what a loop carries that is never negative: what it starts with is not, and if what it carries is not,
/// neither is what it carries on.
pub(super) fn carried(
    walk: &mut Walk<'_>,
    start: &[Value],
    arguments: &[Value],
    results: &[Value],
    body: BlockId,
) {
    let is_float = |value: Value| walk.kernel.dtype(value).is_float();
    let mut good: Vec<_> = (0..start.len())
        .filter(|&at| is_float(start[at]) && never_negative(walk, &[], start[at], DEPTH))
        .collect();
    // All at once, and without those of which it is not so until that holds for all that are left.
    loop {
        walk.signs.0.extend(good.iter().map(|&at| arguments[at]));
        let yields = &walk.kernel.block(body).yields;
        let (kept, lost): (Vec<_>, Vec<_>) =
            good.iter().partition(|&&at| never_negative(walk, &[body], yields[at], DEPTH));
        if lost.is_empty() {
            break;
        }
        for at in good {
            walk.signs.0.remove(&arguments[at]);
        }
        good = kept;
    }
    walk.signs.0.extend(good.iter().map(|&at| results[at]));
}

/// Whether a floating point number is at least -0.0, or NaN.
///
/// The walk has not come to what stands in `blocks`.
fn never_negative(walk: &Walk<'_>, blocks: &[BlockId], value: Value, depth: usize) -> bool {
    let value = walk.resolve(value);
    if let Some(scalar) = walk.known.constant(value) {
        return scalar.dtype().is_float() && scalar.to_f64() >= 0.0;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    if walk.signs.0.contains(&value) {
        return true;
    }
    if let Some((op, operands)) = walk.known.op(value) {
        return by_op(walk, blocks, op, &operands, depth);
    }
    let statements = blocks.iter().flat_map(|&it| &walk.kernel.block(it).statements);
    match statements.into_iter().find(|it| it.results().contains(&value)) {
        Some(Statement::Constant { scalar, .. }) => {
            scalar.dtype().is_float() && scalar.to_f64() >= 0.0
        }
        Some(Statement::Op { op, operands, .. }) => by_op(walk, blocks, *op, operands, depth),
        Some(Statement::If(it)) => {
            let place = it.results.iter().position(|&result| result == value);
            [it.then, it.otherwise].into_iter().all(|inner| {
                let blocks: Vec<_> = blocks.iter().copied().chain([inner]).collect();
                place.is_some_and(|place| {
                    let next = walk.kernel.block(inner).yields[place];
                    never_negative(walk, &blocks, next, depth)
                })
            })
        }
        _ => false,
    }
}

fn by_op(walk: &Walk<'_>, blocks: &[BlockId], op: Op, operands: &[Value], depth: usize) -> bool {
    let same = |a: Value, b: Value| walk.resolve(a) == walk.resolve(b);
    let all = || operands.iter().all(|&it| never_negative(walk, blocks, it, depth));
    match op {
        Op::Abs | Op::Square | Op::Sqrt | Op::Exp => true,
        Op::Mul => same(operands[0], operands[1]) || all(),
        Op::Select => operands[1..].iter().all(|&it| never_negative(walk, blocks, it, depth)),
        Op::Add | Op::Min | Op::Max => all(),
        _ => false,
    }
}
