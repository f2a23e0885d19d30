//! What waits for the iteration before joins last.
//!
//! `min(up, left, corner)` in a table of dynamic programming: `left` is what the iteration before computed, so
//! each comparison after it is on the path that all iterations wait along. Minima and maxima of integers are the
//! same in any order; the order that has those comparisons first is shorter.

use std::collections::{HashMap, HashSet};

use ir::{BlockId, Kernel, Op, Operands, Statement, Value};

/// Reorder minima and maxima in the loops of a kernel that carry something.
pub(crate) fn shorten(kernel: &mut Kernel) {
    let bodies: Vec<(BlockId, usize)> = kernel
        .blocks
        .iter()
        .flat_map(|block| &block.statements)
        .filter_map(|it| match it {
            Statement::For(it) if !it.start.is_empty() => Some((it.body, it.axes.len())),
            _ => None,
        })
        .collect();
    for (body, axes) in bodies {
        block(kernel, body, axes);
    }
}

/// The smaller or larger one of two integers.
#[derive(Clone, Copy)]
struct End {
    op: Op,
    sides: [Value; 2],
}

fn block(kernel: &mut Kernel, body: BlockId, axes: usize) {
    let mut waits: HashSet<Value> = kernel.block(body).arguments[axes..].iter().copied().collect();
    let mut ends: HashMap<Value, End> = HashMap::new();
    let statements = std::mem::take(&mut kernel.block_mut(body).statements);
    let mut comparisons: HashMap<Value, (Op, Operands)> = HashMap::new();
    let mut out = Vec::with_capacity(statements.len());
    for statement in statements {
        let mut waiting = statement.blocks().next().is_some();
        statement.each_operand(|it| waiting |= waits.contains(&it));
        if waiting {
            waits.extend(statement.results());
        }
        let Statement::Op { result, op, operands } = statement else {
            out.push(statement);
            continue;
        };
        if matches!(op, Op::Lt | Op::Le) {
            comparisons.insert(result, (op, operands));
        }
        let Some(end) = end_of(kernel, &comparisons, result, op, &operands) else {
            out.push(statement);
            continue;
        };
        let end = sooner(kernel, &waits, &ends, end, &mut out);
        ends.insert(result, end);
        let operands = Operands::new(&end.sides);
        out.push(Statement::Op { result, op: end.op, operands });
    }
    kernel.block_mut(body).statements = out;
}

/// A minimum or maximum of integers, also where it is written as a choice.
fn end_of(
    kernel: &Kernel,
    comparisons: &HashMap<Value, (Op, Operands)>,
    result: Value,
    op: Op,
    operands: &Operands,
) -> Option<End> {
    if !kernel.dtype(result).is_integer() {
        return None;
    }
    match op {
        Op::Min | Op::Max => Some(End { op, sides: [operands[0], operands[1]] }),
        Op::Select => {
            let (_, compared) = comparisons.get(&operands[0])?;
            let sides = [operands[1], operands[2]];
            let compared = [compared[0], compared[1]];
            // Equal ones are the same, so it does not matter which is taken.
            match compared {
                it if it == sides => Some(End { op: Op::Min, sides }),
                [a, b] if [b, a] == sides => Some(End { op: Op::Max, sides }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The same with what waits for the iteration before as the last to join.
fn sooner(
    kernel: &mut Kernel,
    waits: &HashSet<Value>,
    ends: &HashMap<Value, End>,
    end: End,
    out: &mut Vec<Statement>,
) -> End {
    for [early, late] in [end.sides, [end.sides[1], end.sides[0]]] {
        let Some(inner) = ends.get(&late).filter(|it| it.op == end.op) else { continue };
        let there = inner.sides.map(|it| waits.contains(&it));
        if waits.contains(&early) || there[0] == there[1] {
            continue;
        }
        let (first, last) = if there[0] { (1, 0) } else { (0, 1) };
        let joined = kernel.new_value(kernel.dtype(early));
        let operands = Operands::new(&[inner.sides[first], early]);
        out.push(Statement::Op { result: joined, op: end.op, operands });
        return End { op: end.op, sides: [joined, inner.sides[last]] };
    }
    end
}
