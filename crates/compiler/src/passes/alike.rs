//! What both ways of a choice compute or check alike is done once, before it.
//!
//! `if c: x[k] = a; i += 1 else: x[k] = b; j += 1` asks in both ways whether `k` is inside of `x`. Asked before the choice,
//! the ways are stores to one place, which `join` makes one, and sums, which need no branch.

use ir::{BlockId, If, Kernel, Op, Operands, Statement, Value};

/// Take what both ways begin with out of the choices of a legal kernel.
pub fn alike(kernel: &mut Kernel) {
    kernel.roots().into_iter().for_each(|root| block(kernel, root));
}

fn block(kernel: &mut Kernel, id: BlockId) {
    let mut at = 0;
    while at < kernel.block(id).statements.len() {
        // Inner choices first: what they begin with may be what an outer one begins with.
        let inner: Vec<_> = kernel.block(id).statements[at].blocks().collect();
        for inner in inner {
            block(kernel, inner);
        }
        if let Statement::If(it) = &kernel.block(id).statements[at] {
            let it = it.clone();
            let mut before = ops(kernel, &it);
            while let Some(asked) = check(kernel, &it, id, &before) {
                before.push(asked);
            }
            let count = before.len();
            kernel.block_mut(id).statements.splice(at..at, before);
            at += count;
        }
        at += 1;
    }
}

/// Take out what both ways compute from values that both know.
fn ops(kernel: &mut Kernel, it: &If) -> Vec<Statement> {
    let mut taken = Vec::new();
    let mut place = 0;
    while let Some(statement) = kernel.block(it.then).statements.get(place) {
        place += 1;
        let &Statement::Op { result, op, operands } = statement else { continue };
        let key = (op, operands, kernel.dtype(result));
        let same = |other: &Statement| match *other {
            Statement::Op { result, op, operands } => key == (op, operands, kernel.dtype(result)),
            _ => false,
        };
        // Values of one way are unknown to the other, so equal operands are from outside.
        let Some(found) = kernel.block(it.otherwise).statements.iter().position(same) else {
            continue;
        };
        let other = kernel.block_mut(it.otherwise).statements.remove(found).results()[0];
        replace(kernel, it.otherwise, other, result);
        place -= 1;
        taken.push(kernel.block_mut(it.then).statements.remove(place));
    }
    taken
}

/// Put one value for another in a block and inside of it.
fn replace(kernel: &mut Kernel, id: BlockId, old: Value, new: Value) {
    let change = |value: &mut Value| {
        if *value == old {
            *value = new;
        }
    };
    let body = kernel.block_mut(id);
    body.yields.iter_mut().for_each(change);
    body.statements.iter_mut().for_each(|it| it.change_operands(change));
    let inner: Vec<_> = body.statements.iter().flat_map(Statement::blocks).collect();
    for inner in inner {
        replace(kernel, inner, old, new);
    }
}

/// Take out a check that both ways begin with; where it does not hold, the way says which of the two it is.
fn check(kernel: &mut Kernel, it: &If, around: BlockId, taken: &[Statement]) -> Option<Statement> {
    let first = |block: BlockId| {
        let statements = &kernel.block(block).statements;
        let place = statements.iter().position(|it| !is_pure(it))?;
        match statements[place] {
            Statement::Check { condition, code } => Some((place, condition, code)),
            _ => None,
        }
    };
    let (then, otherwise) = (first(it.then)?, first(it.otherwise)?);
    let condition = then.1;
    let is_own = |block: BlockId| {
        kernel.block(block).statements.iter().any(|it| it.results().contains(&condition))
    };
    if condition != otherwise.1 || is_own(it.then) || is_wrapped(kernel, around, taken, condition) {
        return None;
    }
    kernel.block_mut(it.then).statements.remove(then.0);
    kernel.block_mut(it.otherwise).statements.remove(otherwise.0);
    if then.2 == otherwise.2 {
        return Some(Statement::Check { condition, code: then.2 });
    }
    let [holds, fails, one, other] = [(); 4].map(|()| kernel.new_block());
    for (block, code) in [(one, then.2), (other, otherwise.2)] {
        kernel.block_mut(block).statements.push(Statement::Check { condition, code });
    }
    let which = If { condition: it.condition, then: one, otherwise: other, results: Vec::new() };
    kernel.block_mut(fails).statements.push(Statement::If(which));
    Some(Statement::If(If { condition, then: holds, otherwise: fails, results: Vec::new() }))
}

/// Whether a check asks of an index that may count from the end, which is asked where it is chosen.
fn is_wrapped(kernel: &Kernel, around: BlockId, taken: &[Statement], condition: Value) -> bool {
    let op = |value: Value| -> Option<(Op, Operands)> {
        kernel.block(around).statements.iter().chain(taken).find_map(|it| match *it {
            Statement::Op { result, op, operands } if result == value => Some((op, operands)),
            _ => None,
        })
    };
    match op(condition) {
        Some((Op::Lt, them)) => op(them[0]).is_some_and(|it| it.0 == Op::Select),
        _ => true,
    }
}

/// Whether a statement does nothing but compute.
pub(super) fn is_pure(statement: &Statement) -> bool {
    matches!(statement, Statement::Constant { .. } | Statement::Op { .. })
}
